"""Joined notes: one phase, an even level, nothing that depends on history."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.engine.seeds import generator
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.curves import Curves, make_curves
from musegen.midi_ddsp.player.performer import interpret
from musegen.midi_ddsp.player.sound_fonts import find_sound_font
from musegen.midi_ddsp.player.straightening import FLAT_RMS, smoothed
from musegen.midi_ddsp.player.styles import STYLES
from musegen.midi_ddsp.player.tone import SampleBank, join_notes

RATE_HZ = 16_000


def perform(tune: tuple[PlayedNote, ...]) -> tuple[tuple[PlayedNote, ...], Curves]:
    character = character_of(instrument_named("trumpet"))
    played = interpret(
        tune, style=STYLES["romantic"], character=character, rng=generator(1)
    )
    assert any(item.is_legato for item in played.expression)
    curves = make_curves(played, character=character, rng=generator(2))
    return played.notes, curves


def test_joined_notes_have_one_level_and_no_holes(
    sound_font: Path, tune: tuple[PlayedNote, ...]
) -> None:
    notes, curves = perform(tune)
    bank = SampleBank(sound_font, sample_rate=RATE_HZ)
    num_samples = 16 * len(curves.f0_hz)
    tone, presence = join_notes(
        notes, curves, bank, program=56, num_samples=num_samples
    )
    assert presence.min() >= 0.0
    assert presence.max() < 1.0 + 1e-5
    for span, after in zip(curves.spans, curves.spans[1:], strict=False):
        if after.join:
            assert presence[16 * span.last - 16 * after.join :][0] > 0.99
    power = smoothed(np.square(tone, dtype=np.float64), 0.04 * RATE_HZ)
    full = smoothed(np.square(presence, dtype=np.float64), 0.04 * RATE_HZ) > 0.9999
    level = np.sqrt(power[full]) / FLAT_RMS
    assert np.quantile(level, 0.05) > 0.75
    assert np.quantile(level, 0.95) < 1.2


def test_a_note_does_not_depend_on_what_the_bank_holds(sound_font: Path) -> None:
    one = SampleBank(sound_font, sample_rate=RATE_HZ)
    other = SampleBank(sound_font, sample_rate=RATE_HZ)
    other.note(64, program=73, duration_s=5.0)
    first = one.note(64, program=73, duration_s=1.0)
    second = other.note(64, program=73, duration_s=2.0)
    np.testing.assert_array_equal(first.samples, second.samples)
    assert one.note(64, program=73, duration_s=2.9) is first


def likeness(audio: NDArray[np.float64], lag: int) -> float:
    """Correlation of a stretch with itself, so many samples later."""
    here, there = audio[:-lag], audio[lag:]
    return float(here @ there / np.sqrt((here @ here) * (there @ there)))


def _best_sound_font(bundled: Path) -> Path:
    """FluidR3 where it is installed: its tenor saxophone begins an octave below."""
    try:
        return find_sound_font().path
    except InputError:
        return bundled


@pytest.mark.parametrize(
    ("name", "pitch"),
    [("tenor saxophone", p) for p in (62, 65, 66, 67, 74)]
    + [("bassoon", 59), ("viola", 64), ("trumpet", 60)],
)
def test_detached_notes_begin_at_their_pitch_and_not_an_octave_below(
    name: str, pitch: int, sound_font: Path
) -> None:
    instrument = instrument_named(name)
    bank = SampleBank(_best_sound_font(sound_font), sample_rate=RATE_HZ)
    straight = bank.note(pitch, program=instrument.gm_program, duration_s=1.0)
    first = np.interp(straight.speech_s, straight.times_s, straight.cycles)
    period = 128
    part = straight.read(first + np.arange(6 * period) / period).astype(np.float64)
    assert likeness(part, 2 * period) < likeness(part, period) + 0.15
