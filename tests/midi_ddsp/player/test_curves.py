"""Curves hold what the performer meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.curves import SILENCE_DB, Curves, ease, make_curves
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.performer import Interpretation

VIOLIN = character_of(instrument_named("violin"))
PLAIN = NoteExpression(
    volume_db=-20.0,
    rise_db=0.0,
    fall_db=0.0,
    peak_position=0.5,
    flutter_db=0.0,
    tremolo_db=0.0,
    vibrato_extent_cents=0.0,
    vibrato_rate_hz=5.0,
    vibrato_delay_s=0.1,
    vibrato_growth_s=0.1,
    intonation_cents=0.0,
    attack_s=0.05,
    attack_noise_db=-30.0,
    attack_noise_decay_s=0.02,
    release_s=0.1,
    noise_db=-40.0,
    brightness_db_per_octave=0.0,
    is_legato=False,
    glide_s=0.0,
    dip_db=0.0,
    onset_shift_s=0.0,
    sounding_share=1.0,
)
NOTES = (
    PlayedNote(pitch=69, onset_s=0.5, offset_s=1.5),
    PlayedNote(pitch=72, onset_s=1.5, offset_s=2.5),
)


def curves_of(first: NoteExpression, second: NoteExpression) -> Curves:
    played = Interpretation(notes=NOTES, expression=(first, second))
    return make_curves(played, character=VIOLIN, rng=np.random.default_rng(0))


def one(**changes: float) -> Curves:
    """Curves of one plain note from 0.5 to 1.5 s, changed in some controls."""
    item = replace(PLAIN, is_legato=False, **changes)
    played = Interpretation(notes=NOTES[:1], expression=(item,))
    return make_curves(played, character=VIOLIN, rng=np.random.default_rng(0))


def test_level_is_the_volume_inside_and_silence_outside() -> None:
    level = one().level_db
    assert level[560:1490] == pytest.approx(-20.0)
    assert np.all(level[:500] == SILENCE_DB)
    assert level[500] == pytest.approx(-50.0)
    assert level[1550] == pytest.approx(-50.0)  # half of a release of 60 dB
    assert level[-1] == SILENCE_DB


@pytest.mark.parametrize("peak", [0.0, 0.25, 0.7, 1.0])
def test_the_level_peaks_where_it_is_asked_to(peak: float) -> None:
    level = one(peak_position=peak, rise_db=8.0, fall_db=6.0, attack_s=0.001).level_db
    inside = level[502:1499]
    assert (np.argmax(inside) + 2) / 1000 == pytest.approx(peak, abs=0.005)
    assert inside.max() == pytest.approx(-20.0, abs=0.1)


def test_vibrato_has_its_extent_rate_and_delay() -> None:
    curves = one(vibrato_extent_cents=30.0)
    cents = 100.0 * (hz_to_midi(curves.f0_hz) - 69.0)
    assert cents[500:600] == pytest.approx(0.0, abs=1e-6)
    assert cents[700:1500].max() == pytest.approx(30.0, abs=0.1)
    assert cents[700:1500].min() == pytest.approx(-30.0, abs=0.1)
    turns = np.flatnonzero(np.diff(np.sign(cents[600:1500] + 1e-9)))
    assert np.diff(turns) == pytest.approx(100.0, abs=1.0)


def test_intonation_shifts_the_pitch() -> None:
    curves = one(intonation_cents=-12.0)
    assert hz_to_midi(curves.f0_hz[1000]) == pytest.approx(68.88)


def test_a_legato_note_is_reached_by_a_glide_around_its_onset() -> None:
    joined = replace(PLAIN, is_legato=True, glide_s=0.1, dip_db=4.0)
    curves = curves_of(replace(PLAIN, release_s=0.0), joined)
    pitch = hz_to_midi(curves.f0_hz)
    assert pitch[1449] == pytest.approx(69.0)
    assert pitch[1551] == pytest.approx(72.0)
    assert pitch[1500] == pytest.approx(70.5, abs=0.1)
    assert np.all(np.diff(pitch[1449:1552]) >= 0.0)
    assert curves.level_db[1500] == pytest.approx(-24.0, abs=0.05)
    assert curves.level_db[1440:1560].min() > -24.1
    assert curves.spans[1].join == 100
    assert curves.spans[0].last - curves.spans[1].first == 100


def test_louder_means_a_flatter_spectrum() -> None:
    tilt = one(volume_db=-15.0).tilt_db_per_octave
    softer = one(volume_db=-35.0).tilt_db_per_octave
    assert tilt[1000] - softer[1000] == pytest.approx(20.0 * VIOLIN.brightening)


def test_noise_follows_the_tone_and_bursts_at_the_onset() -> None:
    noise = one().noise_db
    assert noise[1300] == pytest.approx(-60.0, abs=0.1)
    assert noise[500] == pytest.approx(-50.0, abs=0.5)
    assert noise[400] == SILENCE_DB


def test_the_pitch_sounds_from_the_onset_into_the_release() -> None:
    sounding = np.flatnonzero(one().is_sounding)
    assert sounding[0] == 500
    assert 1570 <= sounding[-1] <= 1576


def test_easing_is_even() -> None:
    assert ease(5) + ease(5)[::-1] == pytest.approx(np.ones(5))
    assert len(ease(0)) == 0
