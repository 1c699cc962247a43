"""Four voices out of a score: which, where, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.data.errors import (
    InputError,
    PolyphonyError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.grading.grade import grade_grid, grade_score
from musegen.data.grading.reading import grade_voices, read_voices, written_grade
from musegen.data.score import Note, Part, Score, TimeSignature

TICKS = 480
TUNE = [(72, 67, 64, 48), (74, 65, 62, 43), (76, 67, 60, 48), (74, 67, 59, 43)] * 3
NAMES = ("Soprano", "Alto", "Tenor", "Bass")


def part(pitches: list[int], name: str = "", length: int = TICKS) -> Part:
    return Part(
        name=name,
        notes=tuple(
            Note(onset=TICKS * place, duration=length, pitch=pitch)
            for place, pitch in enumerate(pitches)
        ),
    )


def quartet(length: int = TICKS) -> Score:
    """Three bars in quarters."""
    return Score(
        ticks_per_quarter=TICKS,
        parts=tuple(
            part([chord[voice] for chord in TUNE], name, length)
            for voice, name in enumerate(NAMES)
        ),
    )


def shifted(score: Score, ticks: int) -> Score:
    """The third note of the alto begins later."""
    notes = list(score.parts[1].notes)
    notes[2] = replace(
        notes[2], onset=notes[2].onset + ticks, duration=notes[2].duration - ticks
    )
    alto = replace(score.parts[1], notes=tuple(notes))
    return replace(score, parts=(score.parts[0], alto, *score.parts[2:]))


def test_sixteenths_of_a_score() -> None:
    read = read_voices(quartet())
    assert read.pitch.tolist() == np.repeat(np.array(TUNE), 4, axis=0).tolist()
    assert read.is_onset.sum() == 4 * len(TUNE)
    assert read.names[0] == "part 1 'Soprano'"
    assert read.first_phase == 0


def test_parts_named_after_voices_come_in_their_order() -> None:
    score = quartet()
    turned = replace(score, parts=score.parts[::-1])
    assert np.array_equal(read_voices(turned).pitch, read_voices(score).pitch)
    nameless = replace(
        turned, parts=tuple(replace(part, name="") for part in turned.parts)
    )
    assert read_voices(nameless).pitch[0].tolist() == [48, 64, 67, 72]


def test_further_parts_do_no_harm_where_voices_are_named() -> None:
    score = quartet()
    larger = replace(score, parts=(part([60]), *score.parts))
    assert np.array_equal(read_voices(larger).pitch, read_voices(score).pitch)


def test_drums_and_empty_parts_are_passed_over() -> None:
    score = quartet()
    more = (Part(name="empty"), replace(part([36]), is_drum=True))
    assert read_voices(replace(score, parts=(*more, *score.parts))).pitch.shape[1] == 4


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 parts"), (1, "1 part with"), (3, "3 parts"), (9, "...")]
)
def test_other_numbers_of_parts_are_refused(count: int, words: str) -> None:
    score = Score(ticks_per_quarter=TICKS, parts=tuple([part([60, 62])] * count))
    with pytest.raises(InputError, match="--voices") as caught:
        read_voices(score)
    assert words in str(caught.value)


def test_voices_are_named_by_number_and_line() -> None:
    score = quartet()
    upper = Part(notes=tuple(sorted(score.parts[0].notes + score.parts[1].notes)))
    lower = Part(notes=tuple(sorted(score.parts[2].notes + score.parts[3].notes)))
    staves = replace(score, parts=(upper, lower))
    names = ["1:top", "1:bottom", "2:top", "2:bottom"]
    assert np.array_equal(
        read_voices(staves, voices=names).pitch, read_voices(score).pitch
    )
    assert read_voices(score, voices=["4", "3", "2", "1"]).pitch[0, 0] == 48
    with pytest.raises(InputError, match="got 2: 1, 2"):
        read_voices(score, voices=["1", "2"])


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        ("1,1,1,1", "1", "1"),
        ("1,2,3,Tenor", "3", "Tenor"),
        ("1,2,3,3:top", "3", "3:top"),
    ],
)
def test_a_line_is_graded_once(names: str, first: str, second: str) -> None:
    words = f"--voices {names}: '{first}' and '{second}' are the same line"
    with pytest.raises(UsageError, match=words):
        read_voices(quartet(), voices=names.split(","))


def test_two_parts_in_unison_are_two_lines() -> None:
    score = quartet()
    doubled = replace(score, parts=(*score.parts[:3], score.parts[2]))
    assert read_voices(doubled, voices=["1", "2", "3", "4"]).pitch.shape == (48, 4)


def test_chords_in_a_voice_are_refused_with_their_place() -> None:
    score = quartet()
    notes = (*score.parts[0].notes, Note(onset=4 * TICKS, duration=TICKS, pitch=80))
    thick = replace(
        score,
        parts=(replace(score.parts[0], notes=tuple(sorted(notes))), *score.parts[1:]),
    )
    with pytest.raises(PolyphonyError, match=r"'Soprano', bar 2, beat 1: .* 1:top"):
        read_voices(thick)
    with pytest.raises(PolyphonyError, match="--voices 1,2,3,4"):
        read_voices(thick, voices=["1", "2", "3", "4"])


def test_a_voice_that_is_not_there_is_told() -> None:
    with pytest.raises(VoiceNotFoundError, match="no part is '7'"):
        read_voices(quartet(), voices=["1", "2", "3", "7"])


def test_notes_between_sixteenths_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match=r"'Alto', bar 1, beat 3.12: .* --quantize"):
        read_voices(shifted(quartet(), 60))
    assert read_voices(shifted(quartet(), 120)).pitch.shape == (48, 4)


def test_notes_between_sixteenths_are_moved_when_asked() -> None:
    moved = read_voices(shifted(quartet(), 20), is_quantized=True)
    straight = read_voices(quartet(), is_quantized=True)
    assert grade_voices(moved) == grade_voices(straight)


@pytest.mark.parametrize("length", [TICKS - 1, TICKS * 95 // 100])
def test_articulation_is_no_rest(length: int) -> None:
    detached, written = read_voices(quartet(length)), read_voices(quartet())
    assert np.array_equal(detached.pitch, written.pitch)
    assert grade_voices(detached) == grade_voices(written)


def test_a_legato_overlap_ends_with_the_next_note() -> None:
    legato = read_voices(quartet(TICKS + 30))
    assert np.array_equal(legato.pitch[:48], read_voices(quartet()).pitch)


def test_a_gap_of_a_sixteenth_is_a_rest() -> None:
    assert (read_voices(quartet(TICKS * 3 // 4)).pitch[3] == -1).all()


def test_a_pickup_moves_the_beat() -> None:
    metre = (TimeSignature(tick=0, numerator=4, denominator=4),)
    for pickup, phase in ((TICKS, 0), (TICKS // 2, 2), (TICKS // 4, 3)):
        score = replace(quartet(), pickup=pickup, time_signatures=metre)
        assert read_voices(score).first_phase == phase


def test_whole_scores_have_their_exact_grade() -> None:
    assert grade_voices(read_voices(quartet())) == (grade_score(quartet()),)


def test_windows_adjoin_and_the_rest_is_left_out() -> None:
    read = read_voices(quartet())
    grades = grade_voices(read, window_steps=20)
    assert len(grades) == 2
    assert grades[1] == grade_grid(read.pitch[20:40], is_onset=read.is_onset[20:40])
    with pytest.raises(InputError, match="48 sixteenths, fewer than a window of 49"):
        grade_voices(read, window_steps=49)


def test_a_raster_does_not_know_repeated_notes() -> None:
    read = read_voices(quartet())
    (raster,) = grade_voices(read, is_raster=True)
    assert raster == grade_grid(read.pitch)
    assert (raster,) != grade_voices(read)
    (window,) = grade_voices(read, is_raster=True, window_steps=48)
    assert window == raster


def test_spelling_changes_the_grade_of_a_transposed_score() -> None:
    score = quartet()
    parts = tuple(
        replace(
            part,
            notes=tuple(replace(note, pitch=note.pitch + 1) for note in part.notes),
        )
        for part in score.parts
    )
    read = read_voices(replace(score, parts=parts))
    assert grade_voices(read) != grade_voices(read, spelling="naive")


def test_a_written_score_has_the_grade_of_its_file() -> None:
    score = quartet()
    assert written_grade(score) == grade_voices(read_voices(score))[0]
    assert written_grade(score) == grade_score(score)
    off = shifted(score, 60)
    assert written_grade(off) == grade_voices(read_voices(off, is_quantized=True))[0]


def test_what_cannot_be_graded_has_no_written_grade() -> None:
    assert written_grade(replace(quartet(), parts=quartet().parts[:3])) is None
