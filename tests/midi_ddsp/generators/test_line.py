"""What a frame is told comes from the notes around it, wherever a stretch is cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import PolyphonyError
from musegen.midi_ddsp.generators.controls import COLUMNS, NUM_CONTROLS, from_scale
from musegen.midi_ddsp.generators.line import (
    INSTRUMENT_NAMES,
    NUM_FEATURES,
    NUM_INSTRUMENTS,
    Line,
    joined,
    make_line,
)
from musegen.midi_ddsp.notes import PlayedNote

NOTES = (
    PlayedNote(pitch=60, onset_s=0.2, offset_s=0.6),
    PlayedNote(pitch=67, onset_s=0.6, offset_s=1.0),
    PlayedNote(pitch=64, onset_s=1.4, offset_s=1.404),
    PlayedNote(pitch=65, onset_s=1.6, offset_s=3.0),
)
END = 800


def make(num_notes: int = len(NOTES), instrument: str = "violin") -> Line:
    rng = np.random.default_rng(0)
    return make_line(
        NOTES[:num_notes],
        from_scale(rng.uniform(0.1, 0.9, (num_notes, NUM_CONTROLS))),
        instrument=instrument,
        is_slurred=[False, True, False, False][:num_notes],
    )


def features(line: Line, first: int, last: int) -> np.ndarray:
    swing = np.stack([np.arange(first, last), -np.arange(first, last)], axis=1) / 50.0
    return line.features(first, last, swing)


@settings(max_examples=30)
@given(st.integers(-60, END), st.integers(1, 200), st.integers(1, 4))
def test_a_stretch_has_the_features_of_the_whole(
    first: int, size: int, num_notes: int
) -> None:
    line = make(num_notes)
    whole = features(line, -100, END + 250)
    part = features(line, first, first + size)
    np.testing.assert_array_equal(part, whole[first + 100 : first + 100 + size])


def test_features_have_their_size_and_are_moderate_numbers() -> None:
    found = features(make(), -100, END)
    assert found.shape == (END + 100, NUM_FEATURES)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() < 20.0
    assert len(INSTRUMENT_NAMES) <= NUM_INSTRUMENTS


def test_the_first_feature_says_where_notes_sound() -> None:
    sounds = features(make(), -100, END)[:, 0] > 0.5
    expected = np.zeros(END + 100, np.bool_)
    for start, end in make().spans + 100:
        expected[start:end] = True
    np.testing.assert_array_equal(sounds, expected)


def test_the_note_of_a_frame_is_the_last_begun_and_at_first_the_first() -> None:
    frames = np.array([-50, 0, 49, 50, 149, 150, 250, 349, 350, 351, 399, 400, 9999])
    expected = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert make().notes_at(frames).tolist() == expected


def test_silence_before_the_first_note_knows_only_that_it_comes() -> None:
    line = make()
    silence = line.features(-400, 50, np.zeros((450, 2)))
    changing = np.flatnonzero(np.ptp(silence, axis=0))
    assert 1 <= len(changing) <= 4  # how near the onset is, on four scales of time
    assert (np.diff(silence[:, changing], axis=0) >= 0.0).all()


def test_after_the_last_note_nothing_more_is_expected() -> None:
    line = make()
    late = line.features(5000, 5100, np.zeros((100, 2)))
    later = line.features(90_000, 90_100, np.zeros((100, 2)))
    np.testing.assert_allclose(late, later, atol=1e-4)


def test_a_control_is_heard_of_in_its_note_and_by_its_neighbours() -> None:
    line = make()
    for name, is_shared in (("volume_db", True), ("attack_noise_db", False)):
        controls = line.controls.copy()
        controls[1, COLUMNS[name]] += 5.0
        changed = features(line.with_controls(controls), 0, END) != features(
            line, 0, END
        )
        notes = np.unique(line.notes_at(np.flatnonzero(changed.any(axis=1))))
        assert notes.tolist() == ([0, 1, 2] if is_shared else [1])


def test_a_pitch_that_moves_too_far_is_told_as_one_that_moves_far() -> None:
    wide, widest = (
        make().with_controls(
            make().controls + cents * np.eye(NUM_CONTROLS)[COLUMNS[name]]
        )
        for name in ("vibrato_extent_cents",)
        for cents in (60.0, 250.0)
    )
    np.testing.assert_array_equal(features(wide, 0, END), features(widest, 0, END))
    angle = np.linspace(0.0, 20.0, END)
    turning = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    line = make()
    near, far, farther = (
        line.features(0, END, cents * turning) for cents in (49.0, 50.0, 200.0)
    )
    np.testing.assert_allclose(farther, far, atol=1e-6)  # the phase is still told
    assert (near != far).any()


def test_instrument_pitch_and_slurs_are_told() -> None:
    line = make()
    plain = features(line, 0, END)
    flute = features(make(instrument="flute"), 0, END)
    assert (plain != flute).sum(axis=1).tolist() == [2] * END
    higher = replace(line, pitches=line.pitches + np.array([0, 0, 1, 0]))
    moved = (features(higher, 0, END) != plain).any(axis=1)
    assert np.unique(line.notes_at(np.flatnonzero(moved))).tolist() == [1, 2, 3]
    unslurred = replace(line, is_slurred=np.zeros(4, np.bool_))
    moved = (features(unslurred, 0, END) != plain).any(axis=1)
    assert np.unique(line.notes_at(np.flatnonzero(moved))).tolist() == [0, 1]


def test_other_controls_leave_the_line_as_it_was() -> None:
    line = make()
    other = line.with_controls(line.controls + 1.0)
    assert other.spans is line.spans
    assert (other.instrument, len(other.pitches)) == ("violin", 4)
    np.testing.assert_allclose(other.controls - line.controls, 1.0)


def test_notes_join_where_one_begins_in_the_frame_in_which_another_ends() -> None:
    spans = np.array([[0, 10], [10, 20], [21, 30], [30, 31]])
    assert joined(spans).tolist() == [False, True, False, True]
    assert joined(spans[:1]).tolist() == [False]


def test_a_chord_is_no_line() -> None:
    with pytest.raises(PolyphonyError, match="single voice"):
        make_line(
            [NOTES[0], NOTES[0]],
            np.zeros((2, NUM_CONTROLS)),
            instrument="violin",
            is_slurred=[False, False],
        )
