"""Where a melody is harmonised: in range as it is, else octaves before other keys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.transposition import (
    MAX_PITCH,
    VOICE_RANGES,
    describe_shift,
    num_folded,
    pitch_indices,
    shift_for_voices,
)
from musegen.data.errors import PitchRangeError
from musegen.data.score import Note, Score

SCORE = Score(ticks_per_quarter=4)
SOPRANO_LOWEST, SOPRANO_HIGHEST = VOICE_RANGES[0]
BASS_LOWEST, BASS_HIGHEST = VOICE_RANGES[3]


def melody(*pitches: int) -> list[Note]:
    return [
        Note(onset=4 * index, duration=4, pitch=pitch)
        for index, pitch in enumerate(pitches)
    ]


def shift(*pitches: int) -> int:
    return shift_for_voices({0: melody(*pitches)}, SCORE)


@given(st.lists(st.integers(SOPRANO_LOWEST, SOPRANO_HIGHEST), min_size=1))
def test_a_melody_in_range_stays(pitches: list[int]) -> None:
    assert shift(*pitches) == 0


@pytest.mark.parametrize(
    ("pitches", "expected"),
    [
        ((48, 52, 55), 12),
        ((36, 43, 47), 24),
        ((127,), -48),
        ((89, 93), -12),
        ((0,), 60),
        ((48, 69), 12),  # exactly Bach's range, an octave up
    ],
)
def test_a_melody_elsewhere_moves_by_octaves(
    pitches: tuple[int, ...], expected: int
) -> None:
    assert shift(*pitches) == expected


def test_another_key_serves_where_no_octave_does() -> None:
    assert shift(54, 75) == 6


def test_another_key_is_chosen_where_an_octave_is_much_further() -> None:
    assert shift(84, 88) == -7
    assert shift(84, 89) == -8
    assert shift(84, 90) == -12


def test_a_single_outlying_note_does_not_move_a_long_melody() -> None:
    assert shift(*[65] * 40, 59) == 0
    assert shift(59, 65) == 1


def test_long_notes_weigh_more() -> None:
    def shift_of(low_ticks: int, high_ticks: int) -> int:
        low = Note(onset=0, duration=low_ticks, pitch=59)
        high = Note(onset=low_ticks, duration=high_ticks, pitch=65)
        return shift_for_voices({0: [low, high]}, SCORE)

    assert shift_of(low_ticks=4, high_ticks=4) == 1
    assert shift_of(low_ticks=1, high_ticks=100) == 0
    assert shift_of(low_ticks=0, high_ticks=0) == 1


@given(st.integers(0, 82), st.lists(st.integers(0, 45), min_size=1))
def test_every_note_is_brought_to_a_pitch_the_network_knows(
    lowest: int, above: list[int]
) -> None:
    pitches = [lowest, *(lowest + interval for interval in above)]
    moved = [pitch + shift(*pitches) for pitch in pitches]
    assert min(moved) >= 36
    assert max(moved) <= MAX_PITCH == 81


def test_too_wide_a_melody_names_both_ends() -> None:
    words = (
        r"spans 46 semitones, from C2 \(bar 1, beat 2\) to Bb5 \(bar 1, beat 3\), "
        "and the model knows 46 pitches: .* --voice"
    )
    with pytest.raises(PitchRangeError, match=words):
        shift(60, 36, 82)


@pytest.mark.parametrize(
    ("semitones", "words"),
    [
        (12, "1 octave up"),
        (-24, "2 octaves down"),
        (1, "1 semitone up"),
        (-7, "7 semitones down"),
    ],
)
def test_a_shift_in_words(semitones: int, words: str) -> None:
    assert describe_shift(semitones) == words


@given(st.lists(st.integers(BASS_LOWEST, BASS_HIGHEST), min_size=1))
def test_a_bass_in_range_stays(pitches: list[int]) -> None:
    assert shift_for_voices({3: melody(*pitches)}, SCORE) == 0


def test_a_bass_elsewhere_moves_by_octaves() -> None:
    assert shift_for_voices({3: melody(27, 31, 33)}, SCORE) == 12
    assert shift_for_voices({3: melody(72, 76)}, SCORE) == -12


def test_all_voices_move_together() -> None:
    lines = {0: melody(60, 64, 67), 3: melody(27, 31, 33)}
    assert shift_for_voices(lines, SCORE) == 12
    assert shift_for_voices({0: melody(60, 64), 3: []}, SCORE) == 0


def test_nothing_given_is_not_moved() -> None:
    assert shift_for_voices({}, SCORE) == 0
    assert shift_for_voices({0: []}, SCORE) == 0


def test_voices_wider_than_the_network_are_read_octaves_off() -> None:
    lines = {0: melody(72, 84), 3: melody(*[48] * 8, 24)}
    shift = shift_for_voices(lines, SCORE)
    pitch = np.array([[84, -1, -1, 24], [72, -1, -1, 48]], dtype=np.int16)
    index = pitch_indices(pitch, shift)
    assert num_folded(pitch, shift) > 0
    assert index.dtype == np.int16
    assert (index[pitch >= 0] >= 0).all()
    assert index.max() <= 45
    assert (index[pitch < 0] == -1).all()
    assert ((index + 36 - shift - pitch)[pitch >= 0] % 12 == 0).all()


@given(st.integers(36, 81))
def test_a_pitch_that_the_network_knows_is_only_shifted(pitch: int) -> None:
    grid = np.array([[pitch, -1, -1, -1]], dtype=np.int16)
    assert pitch_indices(grid, 0)[0, 0] == pitch - 36
    assert num_folded(grid, 0) == 0
