"""Played notes: what one is, one voice of several, and scores in and out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import (
    EmptyScoreError,
    InputError,
    PolyphonyError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.files import read_score
from musegen.data.midi_writer import write_midi
from musegen.data.score import Note, Part, Score, Tempo
from musegen.midi_ddsp.notes import (
    ChordChoice,
    PlayedNote,
    monophonic,
    notes_from_score,
    score_from_notes,
)


def note(onset_s: float, offset_s: float, pitch: int = 60) -> PlayedNote:
    return PlayedNote(pitch=pitch, onset_s=onset_s, offset_s=offset_s)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"pitch": -1}, "a pitch is 0 to 127; got -1"),
        ({"pitch": 128}, "got 128"),
        ({"onset_s": -0.1}, "onset -0.1 s"),
        ({"offset_s": 1.0}, "ends after it begins"),
        ({"offset_s": float("inf")}, "offset inf s"),
        ({"onset_s": float("nan")}, "onset nan s"),
        ({"velocity": 0}, "a velocity is 1 to 127; got 0"),
    ],
)
def test_impossible_note_is_refused(change: dict[str, Any], sentence: str) -> None:
    values: dict[str, Any] = {"pitch": 60, "onset_s": 1.0, "offset_s": 2.0}
    with pytest.raises(InputError, match=sentence):
        PlayedNote(**values | change)


def test_duration_is_offset_less_onset() -> None:
    assert note(1.0, 2.5).duration_s == 1.5


# === One voice ===


def test_one_voice_stays_as_it_is_without_notices() -> None:
    notes = (note(0.0, 0.5), note(0.5, 1.0, 62), note(1.5, 2.0, 64))
    assert monophonic(notes) == (notes, ())


def test_later_onset_ends_the_earlier_note() -> None:
    voice, notices = monophonic([note(0.0, 0.54), note(0.5, 1.0, 62)])
    assert voice == (note(0.0, 0.5), note(0.5, 1.0, 62))
    assert [notice.code for notice in notices] == ["overlap-ended"]
    assert str(notices[0]) == "notes ended where the next one begins: 1 (at 0.00 s)"


@pytest.mark.parametrize(("chords", "pitch"), [("top", 67), ("bottom", 60)])
def test_chord_keeps_the_note_that_was_chosen(chords: ChordChoice, pitch: int) -> None:
    chord = [note(1.0, 2.0, 64), note(1.01, 2.0, 67), note(1.02, 2.1, 60)]
    voice, notices = monophonic(chord, chords=chords)
    assert [kept.pitch for kept in voice] == [pitch]
    assert notices[0].code == "chord-reduced"
    assert "at 1.00 s" in notices[0].message


def test_chords_can_be_refused() -> None:
    chords = [note(k, k + 1.0, pitch) for k in range(5) for pitch in (60, 64)]
    with pytest.raises(PolyphonyError, match=r"5 chords \(at 0\.00 s; .* and 2 more"):
        monophonic(chords, chords="refuse")


def test_unknown_choice_is_refused() -> None:
    with pytest.raises(UsageError, match="got 'middle'"):
        monophonic([], chords="middle")  # type: ignore[arg-type]


def test_grace_note_is_no_chord() -> None:
    voice, _ = monophonic([note(0.0, 0.03), note(0.025, 1.0, 62)])
    assert [kept.pitch for kept in voice] == [60, 62]


def test_longest_of_equal_notes_is_kept() -> None:
    voice, _ = monophonic([note(0.0, 0.5), note(0.0, 1.0)])
    assert voice == (note(0.0, 1.0),)


@settings(max_examples=30)
@given(
    drawn=st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 40), st.integers(0, 127)),
        max_size=30,
    )
)
def test_result_is_always_one_voice(drawn: list[tuple[int, int, int]]) -> None:
    notes = [note(on / 10, (on + long) / 10, pitch) for on, long, pitch in drawn]
    voice, _ = monophonic(notes)
    for before, after in pairwise(voice):
        assert before.offset_s <= after.onset_s
    assert {kept.onset_s for kept in voice} == {one.onset_s for one in notes}
    assert monophonic(voice) == (voice, ())


# === Scores ===


def score_of(*notes: Note, is_drum: bool = False) -> Score:
    return Score(
        ticks_per_quarter=480,
        parts=(Part(), Part(notes=notes, name="Oboe", is_drum=is_drum)),
        tempos=(Tempo(tick=0, qpm=120.0), Tempo(tick=480, qpm=60.0)),
    )


def test_score_is_timed_by_its_tempo_map() -> None:
    score = score_of(
        Note(onset=0, duration=480, pitch=60, velocity=33),
        Note(onset=480, duration=480, pitch=62),
    )
    voice, notices = notes_from_score(score, 1)
    assert voice == (
        PlayedNote(pitch=60, onset_s=0.0, offset_s=0.5, velocity=33),
        note(0.5, 1.5, 62),
    )
    assert notices == ()


def test_chords_and_empty_notes_of_a_score_are_named_by_bar_and_beat() -> None:
    score = score_of(
        Note(onset=480, duration=480, pitch=60),
        Note(onset=480, duration=480, pitch=64),
        Note(onset=1920, duration=0, pitch=64),
    )
    voice, notices = notes_from_score(score, 1)
    assert [kept.pitch for kept in voice] == [64]
    assert [str(notice) for notice in notices] == [
        "bar 2, beat 1: notes of no length, left out: 1",
        "bar 1, beat 2: chords of which the top note was kept: 1 (bar 1, beat 2)",
    ]


def test_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(VoiceNotFoundError, match="no part 3: the score has 2"):
        notes_from_score(score_of(), 2)


def test_part_without_notes_or_pitch_is_refused() -> None:
    with pytest.raises(EmptyScoreError, match=r"part 2 \(Oboe\) has no notes"):
        notes_from_score(score_of(), 1)
    drums = score_of(Note(onset=0, duration=1, pitch=40), is_drum=True)
    with pytest.raises(InputError, match="percussion"):
        notes_from_score(drums, 1)


@settings(max_examples=30)
@given(
    lengths=st.lists(
        st.tuples(st.integers(0, 100), st.integers(1, 500)), min_size=1, max_size=20
    ),
    tempo_qpm=st.floats(40.0, 250.0),
)
def test_notes_come_back_from_a_score_to_half_a_tick(
    lengths: list[tuple[int, int]], tempo_qpm: float
) -> None:
    notes, frame = [], 0
    for gap, length in lengths:
        onset = frame + gap
        notes.append(note(onset / 250, (onset + length) / 250))
        frame = onset + length
    score = score_from_notes(notes, tempo_qpm=tempo_qpm)
    voice, _ = notes_from_score(score, 0)
    half_tick_s = 0.5 * 60.0 / (score.tempos[0].qpm * 960)
    assert len(voice) == len(notes)
    for read, written in zip(voice, notes, strict=True):
        assert read.onset_s == pytest.approx(written.onset_s, abs=1.01 * half_tick_s)
        assert read.offset_s == pytest.approx(written.offset_s, abs=1.01 * half_tick_s)


def test_notes_go_through_a_midi_file_without_drift(tmp_path: Path) -> None:
    notes = [note(k * 1.25, k * 1.25 + 1.0, 40 + k % 50) for k in range(500)]
    score = score_from_notes(notes, program=40, name="Violin", tempo_qpm=97.0)
    write_midi(score, tmp_path / "notes.mid")
    read = read_score(tmp_path / "notes.mid").score
    assert (read.parts[0].program, read.parts[0].name) == (40, "Violin")
    voice, notices = notes_from_score(read, 0)
    assert notices == ()
    for one, other in zip(voice, notes, strict=True):
        assert one.pitch == other.pitch
        assert one.onset_s == pytest.approx(other.onset_s, abs=4e-4)


@pytest.mark.parametrize("tempo_qpm", [0.0, -3.0, float("nan"), float("inf")])
def test_tempo_that_is_none_is_refused(tempo_qpm: float) -> None:
    with pytest.raises(UsageError, match="a tempo is above 0"):
        score_from_notes([note(0.0, 1.0)], tempo_qpm=tempo_qpm)
