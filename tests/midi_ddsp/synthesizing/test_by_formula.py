"""The performer without a network keeps to the protocol, in time and in tune."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi
from musegen.midi_ddsp.parts.automation import Automation, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.by_formula import BLOCK_FRAMES, FormulaPerformer
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices
from musegen.midi_ddsp.tables.note_table import PartialNoteTable
from musegen.midi_ddsp.tables.note_table_merging import merge

PERFORMER: Performer = FormulaPerformer()
PART = PlayablePart(
    name="Solo",
    instrument=instrument_named("violin"),
    notes=(
        PlayedNote(pitch=67, onset_s=0.1, offset_s=1.3, velocity=100),
        PlayedNote(pitch=72, onset_s=1.3, offset_s=1.5, velocity=60),
        PlayedNote(pitch=60, onset_s=2.0, offset_s=2.6),
    ),
    legato_in=(False, True, False),
    automation=Automation(),
    part_index=0,
    voice_index=0,
)


def joined(blocks: Iterator[SynthesisParameters]) -> SynthesisParameters:
    parts = list(blocks)
    assert all(0 < part.num_frames <= BLOCK_FRAMES for part in parts)
    return SynthesisParameters(
        f0_hz=np.concatenate([part.f0_hz for part in parts]),
        amplitude=np.concatenate([part.amplitude for part in parts]),
        harmonics=np.concatenate([part.harmonics for part in parts]),
        noise=np.concatenate([part.noise for part in parts]),
    )


def play(part: PlayablePart = PART, **choices: float) -> SynthesisParameters:
    chosen = PlayingChoices(**choices)  # type: ignore[arg-type]
    table = PERFORMER.expression(part, chosen)
    return joined(PERFORMER.parameters(part, table, chosen))


def test_notes_sound_where_they_are_written() -> None:
    played = play(is_deterministic=True)
    assert played.num_frames == 650 + 250
    is_sounding = played.amplitude > 0
    assert is_sounding.nonzero()[0][[0, -1]].tolist() == [25, 649]
    assert not is_sounding[375:500].any()
    frames = note_frames(PART.notes, played.num_frames)
    pitch = hz_to_midi(played.f0_hz)
    for index, note in enumerate(PART.notes):
        here = pitch[frames.note_index == index]
        assert np.median(here) == pytest.approx(note.pitch, abs=0.1)


def test_what_the_table_says_is_measured_again() -> None:
    table = PERFORMER.expression(PART, PlayingChoices(seed=4))
    played = joined(PERFORMER.parameters(PART, table, PlayingChoices()))
    found = measure_notes(played, note_frames(PART.notes, played.num_frames))
    for name, tolerance in (("volume_db", 0.1), ("mean_harmonic", 0.05)):
        column = UNIT_NAMES.index(name)
        np.testing.assert_allclose(found[:, column], table[name], atol=tolerance)


def test_an_edited_note_is_played_as_edited() -> None:
    table = PERFORMER.expression(PART, PlayingChoices(seed=4))
    cells = {"note": [3.0], "pitch": [64.0], "onset_s": [1.8], "volume_db": [-40.0]}
    edit = PartialNoteTable(
        columns={name: np.array(values) for name, values in cells.items()},
        row_labels=("row 1",),
    )
    played = joined(PERFORMER.parameters(PART, merge(table, edit), PlayingChoices()))
    assert played.amplitude[450:650].max() == pytest.approx(0.01, rel=0.5)
    assert hz_to_midi(played.f0_hz[500]) == pytest.approx(64, abs=0.3)


def test_chance_is_seeded_and_can_be_taken_out() -> None:
    seeded, same, other = (play(seed=seed).f0_hz for seed in (1, 1, 2))
    np.testing.assert_array_equal(seeded, same)
    assert not np.array_equal(seeded, other)
    still, flat = play(seed=1, is_deterministic=True), play(seed=2, variety=0.0)
    np.testing.assert_array_equal(still.f0_hz, flat.f0_hz)


def test_the_wheel_widens_the_vibrato() -> None:
    automation = Automation(vibrato_factor=constant_curve(3.0))
    plain, wide = (
        play(part, is_deterministic=True).f0_hz[100:250]
        for part in (PART, replace(PART, automation=automation))
    )
    assert np.ptp(wide) > 2 * np.ptp(plain)


def test_it_says_who_it_is() -> None:
    assert PERFORMER.name == "none"
    assert len(PERFORMER.digest) == 64
    assert "violin" in PERFORMER.instruments
    assert set(PERFORMER.control_names) < set(UNIT_NAMES)
    assert PERFORMER.room("violin") is None
