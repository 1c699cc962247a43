"""What the presets do, in numbers; that they are found and composed is elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.expression import CONTROL_NAMES, compat_controls
from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.presets import preset_edits as edits
from musegen.midi_ddsp.presets.preset_edits import Edit
from musegen.midi_ddsp.synthesizing.parametric_performer import (
    synthesise_controls,
    synthesise_units,
)
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

ONSETS_S = (0.0, 1.0, 1.25, 2.0, 3.0)
LENGTHS_S = (1.0, 0.25, 0.75, 1.0, 1.0)
UNITS = {
    "volume_db": (-20.0, -26.0, -30.0, -24.0, -22.0),
    "volume_fluctuation_db": (0.5, 4.0, 1.0, 1.0, 2.0),
    "peak_position": (0.5, 0.2, 0.9, 0.5, 0.5),
    "vibrato_extent_cents": (20.0, 0.0, 0.0, 3.0, 10.0),
    "vibrato_rate_hz": (6.0, 0.0, 0.0, 5.0, 6.0),
    "vibrato_delay_s": (0.1, 0.0, 0.0, 0.2, 0.9),
    "mean_harmonic": (3.0, 4.0, 1.1, 0.0, 5.0),
    "spectral_centroid_hz": (1320.0, 1760.0, 484.0, 0.0, 2200.0),
    "attack_noise_db": (-70.0, -75.0, -80.0, -65.0, -70.0),
    "attack_noise_relative_db": (10.0, 5.0, 0.0, 15.0, 10.0),
    "intonation_cents": (5.0, -10.0, 0.0, 8.0, -4.0),
}
CONTROLS = {
    "volume": (0.9, 0.8, 0.7, 0.8, 0.85),
    "vol_fluc": (0.02, 0.3, 0.1, 0.1, 0.2),
    "vibrato": (0.5, 0.0, 0.0, 0.1, 0.3),
    "brightness": (0.3, 0.4, 0.1, 0.2, 0.4),
    "attack": (0.5, 0.4, 0.6, 0.5, 0.3),
    "vol_peak_pos": (0.5, 0.2, 0.9, 0.5, 0.5),
}


def notes() -> tuple[PlayedNote, ...]:
    return tuple(
        PlayedNote(pitch=69, onset_s=onset, offset_s=onset + length, velocity=80)
        for onset, length in zip(ONSETS_S, LENGTHS_S, strict=True)
    )


def table() -> NoteTable:
    return make_note_table(
        notes(),
        units=np.array([UNITS[name] for name in UNIT_NAMES]).T,
        controls=np.array([CONTROLS[name] for name in CONTROL_NAMES]).T,
    )


def after(edit: Edit, name: str, strength: float = 1.0) -> list[float]:
    changed = edit.changed(table(), strength)
    values: list[float] = np.asarray(changed[name]).round(6).tolist()
    return values


def steps(edit: Edit, name: str, strength: float = 1.0) -> list[float]:
    before = np.array((UNITS | CONTROLS)[name])
    moved: list[float] = (
        (np.array(after(edit, name, strength)) - before).round(6).tolist()
    )
    return moved


def test_more_vibrato_widens_and_gives_some_to_long_notes_without() -> None:
    assert after(edits.MORE_VIBRATO, "vibrato_extent_cents") == [30, 0, 10, 10, 15]
    assert after(edits.MORE_VIBRATO, "vibrato_rate_hz") == [6, 0, 6, 5, 6]
    assert after(edits.MORE_VIBRATO, "vibrato_delay_s") == [0.1, 0, 0.2, 0.2, 0.9]
    assert after(edits.MORE_VIBRATO, "vibrato") == pytest.approx(
        [0.75, 0, 10 / 27, 10 / 27, 0.45], abs=1e-6
    )


def test_less_vibrato_has_no_rate_where_it_is_not_heard() -> None:
    assert after(edits.LESS_VIBRATO, "vibrato_extent_cents") == [10, 0, 0, 1.5, 5]
    assert after(edits.LESS_VIBRATO, "vibrato_rate_hz") == [6, 0, 0, 0, 6]
    assert after(edits.LESS_VIBRATO, "vibrato_delay_s") == [0.1, 0, 0, 0, 0.9]


@pytest.mark.parametrize(("strength", "first"), [(0.25, 15.0), (1.0, 0.0), (4.0, 0.0)])
def test_no_vibrato_takes_it_out(strength: float, first: float) -> None:
    assert after(edits.NO_VIBRATO, "vibrato_extent_cents", strength)[0] == first


def test_late_vibrato_waits_but_not_until_the_note_is_over() -> None:
    assert after(edits.LATE_VIBRATO, "vibrato_delay_s") == [0.4, 0, 0, 0.5, 0.9]
    assert after(edits.LATE_VIBRATO, "vibrato_delay_s", 4.0) == [0.8, 0, 0, 0.8, 0.9]
    assert not edits.LATE_VIBRATO.control_names


@pytest.mark.parametrize(("edit", "sign"), [(edits.LOUDER, 1), (edits.SOFTER, -1)])
def test_louder_moves_the_note_and_its_attack(edit: Edit, sign: int) -> None:
    assert steps(edit, "volume_db", 0.5) == [sign * 3.0] * 5
    assert steps(edit, "attack_noise_db", 0.5) == [sign * 3.0] * 5
    assert steps(edit, "volume", 0.5) == pytest.approx([sign * 3 / 60] * 5)
    assert steps(edit, "attack", 0.5) == pytest.approx([sign * 3 / 40] * 5)


def test_dynamics_are_scaled_about_the_mean_of_the_time() -> None:
    mean = np.average(UNITS["volume_db"], weights=LENGTHS_S)
    deviation = np.array(UNITS["volume_db"]) - mean
    wider = np.array(after(edits.WIDER_DYNAMICS, "volume_db"))
    even = np.array(after(edits.EVEN_DYNAMICS, "volume_db"))
    np.testing.assert_allclose(wider - mean, 2 * deviation, atol=1e-5)
    np.testing.assert_allclose(even - mean, deviation / 2, atol=1e-5)
    controls = np.array(CONTROLS["volume"])
    middle = np.average(controls, weights=LENGTHS_S)
    np.testing.assert_allclose(
        np.array(after(edits.EVEN_DYNAMICS, "volume")) - middle,
        (controls - middle) / 2,
        atol=1e-6,
    )


def test_cadences_stand_out() -> None:
    louder = steps(edits.LOUDER_AT_THE_CADENCE, "volume_db")
    softer = steps(edits.SOFTER_AT_THE_CADENCE, "volume_db")
    assert louder == [0, 0, 2, 4, 6]
    assert softer == [0, 0, -2, -4, -6]


def test_a_hairpin_goes_straight_over_time() -> None:
    grown = steps(edits.CRESCENDO, "volume_db")
    assert grown == [-6, -2, -1, 2, 6]
    assert steps(edits.DIMINUENDO, "volume_db") == [-step for step in grown]
    one = make_note_table(notes()[:1], units=np.ones((1, 11)))
    assert edits.CRESCENDO.changed(one, 1.0)["volume_db"].tolist() == [1.0]


def test_brightness_is_a_ratio_and_never_below_the_first_harmonic() -> None:
    assert after(edits.BRIGHTER, "mean_harmonic") == [3.75, 5, 1.375, 0, 6.25]
    assert after(edits.DARKER, "mean_harmonic") == [2.4, 3.2, 1, 0, 4]
    assert after(edits.BRIGHTER, "spectral_centroid_hz")[:2] == [1650, 2200]
    assert after(edits.DARKER, "spectral_centroid_hz")[2] == 440.0
    assert after(edits.BRIGHTER, "brightness")[0] == 0.375


def test_attack_moves_the_noise_of_the_beginning() -> None:
    assert steps(edits.SHARPER_ATTACK, "attack_noise_db") == [6.0] * 5
    assert steps(edits.SHARPER_ATTACK, "attack_noise_relative_db") == [6.0] * 5
    assert steps(edits.SOFTER_ATTACK, "attack") == pytest.approx([-6 / 40] * 5)


def test_swelling_and_fading_place_the_peak_and_see_that_there_is_one() -> None:
    assert after(edits.SWELLING, "peak_position") == [0.8] * 5
    assert after(edits.SWELLING, "peak_position", 0.5)[:2] == [0.65, 0.5]
    assert after(edits.SWELLING, "volume_fluctuation_db") == [3, 4, 3, 3, 3]
    assert after(edits.FADING, "peak_position", 2.0) == [0.1] * 5
    assert after(edits.FADING, "vol_peak_pos") == [0.1] * 5
    assert after(edits.FADING, "vol_fluc")[:2] == [0.125, 0.3]


def test_in_tune_takes_mistuning_away() -> None:
    assert after(edits.IN_TUNE, "intonation_cents", 0.5) == [2.5, -5, 0, 4, -2]
    assert not any(after(edits.IN_TUNE, "intonation_cents", 3.0))


def test_what_a_preset_says_is_heard() -> None:
    long_notes = notes()[:1]
    span = note_frames(long_notes, 1000)
    names = {"volume_db": 6.0, "vibrato_extent_cents": 10.0}
    units = table().units()[:1]
    line = make_note_table(long_notes, units=units)
    for name, step in names.items():
        edit = edits.LOUDER if name == "volume_db" else edits.MORE_VIBRATO
        edited = units.copy()
        for changed, values in edit.changed(line, 1.0).items():
            edited[:, UNIT_NAMES.index(changed)] = values
        column = UNIT_NAMES.index(name)
        before, heard = (
            measure_notes(synthesise_units(long_notes, one, 1000), span)[0, column]
            for one in (units, edited)
        )
        assert heard - before == pytest.approx(step, abs=0.5)


def test_published_controls_say_the_same_in_their_own_numbers() -> None:
    line = make_note_table(notes(), controls=table().controls())
    edited = table().controls()
    for name, values in edits.LOUDER.changed(line, 1.0).items():
        edited[:, CONTROL_NAMES.index(name)] = values
    span = note_frames(notes(), 1000)
    before, heard = (
        compat_controls(synthesise_controls(notes(), one, 1000), span)[:, 0]
        for one in (table().controls(), edited)
    )
    np.testing.assert_allclose((heard - before) * 60.0, 6.0, atol=0.1)


def test_a_table_without_its_column_cannot_be_edited() -> None:
    assert edits.LOUDER.can_act({"volume_db"})
    assert edits.LOUDER.can_act({"volume"})
    assert not edits.LOUDER.can_act({"attack_noise_db", "attack"})
    assert not edits.IN_TUNE.can_act(set(CONTROL_NAMES))
    plain = make_note_table(notes())
    assert edits.LOUDER.changed(plain, 1.0) == {}
