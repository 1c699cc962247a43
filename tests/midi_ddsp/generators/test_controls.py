"""Controls go from units to the networks' scale and back, within what can be played."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError
from musegen.midi_ddsp.expression_scale import NATURAL_RANGES
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    CONTROL_NAMES,
    MEASURED,
    NUM_CONTROLS,
    controls_of_table,
    controls_of_units,
    from_scale,
    playable,
    playable_table,
    to_scale,
    told_controls,
    units_of_controls,
    untold_controls,
)
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.tables.note_table import make_note_table

numbers = st.floats(-1e4, 1e4)


def some_controls(num_notes: int = 3) -> np.ndarray:
    rng = np.random.default_rng(num_notes)
    return from_scale(rng.uniform(0.1, 0.9, (num_notes, NUM_CONTROLS)))


@settings(max_examples=30)
@given(st.lists(numbers, min_size=9, max_size=9))
def test_the_scale_is_undone_exactly(values: list[float]) -> None:
    controls = np.array([values])
    np.testing.assert_allclose(from_scale(to_scale(controls)), controls, atol=1e-9)


def test_the_natural_ranges_are_0_to_1() -> None:
    edges = np.array([NATURAL_RANGES[name] for name in CONTROL_NAMES]).T
    np.testing.assert_allclose(to_scale(edges[0]), 0.0, atol=1e-12)
    np.testing.assert_allclose(to_scale(edges[1]), 1.0)


def test_units_hold_every_control_and_what_follows_from_them() -> None:
    controls = some_controls()
    units = units_of_controls(controls, [69, 57, 81])
    assert units.shape == (3, len(UNIT_NAMES))
    np.testing.assert_array_equal(controls_of_units(units), controls)
    centroid = units[:, UNIT_NAMES.index("spectral_centroid_hz")]
    expected = controls[:, COLUMNS["mean_harmonic"]] * [440.0, 220.0, 880.0]
    np.testing.assert_allclose(centroid, expected)
    assert not units[:, UNIT_NAMES.index("attack_noise_relative_db")].any()


def test_what_can_be_measured_are_controls() -> None:
    assert set(MEASURED) < set(CONTROL_NAMES)
    assert len(COLUMNS) == NUM_CONTROLS == 9


def test_a_table_gives_its_controls_back_within_what_can_be_played() -> None:
    notes = [
        PlayedNote(pitch=60 + k, onset_s=float(k), offset_s=k + 0.5) for k in range(3)
    ]
    controls = some_controls()
    table = make_note_table(notes, units=units_of_controls(controls, [60, 61, 62]))
    np.testing.assert_allclose(controls_of_table(table), controls)
    controls[1, COLUMNS["volume_db"]] = 40.0
    table = make_note_table(notes, units=units_of_controls(controls, [60, 61, 62]))
    assert controls_of_table(table)[1, COLUMNS["volume_db"]] == 6.0
    with pytest.raises(InputError, match="volume_db"):
        controls_of_table(make_note_table(notes))


@settings(max_examples=30)
@given(st.lists(numbers, min_size=9, max_size=9))
def test_playable_controls_are_left_alone(values: list[float]) -> None:
    limited = playable(np.array([values]))
    np.testing.assert_array_equal(playable(limited), limited)
    of = {name: limited[0, column] for name, column in COLUMNS.items()}
    assert 0.0 <= of["peak_position"] <= 1.0
    assert 1.0 <= of["mean_harmonic"] <= 60.0
    assert of["vibrato_extent_cents"] >= 0.0
    assert of["vibrato_rate_hz"] >= 0.0
    assert of["vibrato_delay_s"] >= 0.0
    assert of["volume_fluctuation_db"] >= 0.0


def test_notes_as_they_are_played_are_playable() -> None:
    np.testing.assert_array_equal(playable(some_controls(50)), some_controls(50))


def test_a_table_of_what_can_be_played_is_left_alone_and_any_other_limited() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=0.0, offset_s=0.5),
        PlayedNote(pitch=60, onset_s=1.0, offset_s=4.0),
    ]
    asked = some_controls(2)
    plain = make_note_table(notes, units=asked, unit_names=CONTROL_NAMES)
    for name in plain.names:
        assert playable_table(plain)[name].tolist() == plain[name].tolist()
    asked[:, COLUMNS["vibrato_delay_s"]] = (0.9, 9.0)
    asked[:, COLUMNS["vibrato_extent_cents"]] = (400.0, 40.0)
    beyond = make_note_table(notes, units=asked, unit_names=CONTROL_NAMES)
    played = playable_table(beyond)
    assert played["vibrato_delay_s"].tolist() == [0.9, 3.0]
    assert played["vibrato_extent_cents"].tolist() == [300.0, 40.0]
    with pytest.raises(InputError, match="volume_db"):
        playable_table(make_note_table(notes))


def test_networks_are_told_of_no_pitch_that_moves_further_than_pitches_do() -> None:
    beyond = np.full((1, NUM_CONTROLS), 1e4)
    for sign in (-1.0, 1.0):
        told = told_controls(sign * beyond)[0]
        for name, column in COLUMNS.items():
            is_of_pitch = name not in MEASURED
            assert (told[column] != sign * 1e4) == is_of_pitch, name
            assert abs(to_scale(told[None])[0, column]) <= 4.0 or not is_of_pitch
    np.testing.assert_array_equal(told_controls(some_controls()), some_controls())
    silent = np.zeros((1, NUM_CONTROLS))  # no vibrato has neither rate nor delay
    np.testing.assert_array_equal(told_controls(silent), silent)


def test_who_is_told_nothing_plays_straight_and_in_tune() -> None:
    untold = untold_controls(3)
    assert untold.shape == (3, NUM_CONTROLS)
    assert (untold == untold[0]).all()
    assert not untold[:, COLUMNS["vibrato_extent_cents"]].any()
    assert not untold[:, COLUMNS["intonation_cents"]].any()
    np.testing.assert_array_equal(playable(untold), untold)
    others = np.delete(to_scale(untold), COLUMNS["vibrato_extent_cents"], axis=1)
    np.testing.assert_allclose(others, 0.5)
