"""Which lines are which voices: by specification, by name, by height."""

from __future__ import annotations

import pytest

from musegen.coconet.given import (
    GivenLines,
    all_lines,
    find_lines,
    parse_voice,
    parse_voices,
)
from musegen.data.errors import (
    EmptyScoreError,
    PolyphonyError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.score import Note, Part, Score


def part(pitch: int, name: str = "", *, is_drum: bool = False) -> Part:
    notes = (Note(onset=0, duration=4, pitch=pitch),)
    return Part(notes=notes, name=name, is_drum=is_drum)


def score(*parts: Part) -> Score:
    return Score(ticks_per_quarter=4, parts=parts)


def chosen(found: GivenLines) -> dict[int, int]:
    """The part of each voice."""
    return {line.voice: line.extracted.part_index for line in found.lines}


QUARTET = score(part(48), part(72), part(60), part(67))


def test_a_soprano_alone_is_the_melody_that_is_found() -> None:
    found = find_lines(score(part(60), part(72), part(48)), [0])
    assert chosen(found) == {0: 1}
    assert [notice.code for notice in found.notices] == ["voice-chosen"]


def test_voices_are_found_by_their_names() -> None:
    named = score(part(70, "Bass"), part(50, "Soprano 1"), part(60, "Flute"))
    found = find_lines(named, [0, 3])
    assert chosen(found) == {0: 1, 3: 0}
    assert found.notices == ()


def test_as_many_parts_as_voices_go_by_height() -> None:
    found = find_lines(score(part(50), part(70)), [3, 1])
    assert chosen(found) == {1: 1, 3: 0}
    assert [notice.code for notice in found.notices] == ["voices-chosen"]
    assert "part 2 is the alto, part 1 is the bass" in found.notices[0].message


def test_of_four_parts_the_voices_go_by_height() -> None:
    assert chosen(find_lines(QUARTET, [1, 2])) == {1: 3, 2: 2}


def test_of_other_parts_only_the_outer_ones_are_plain() -> None:
    trio = score(part(48), part(72), part(60))
    assert chosen(find_lines(trio, [3])) == {3: 0}
    assert chosen(find_lines(trio, [0, 3])) == {0: 1, 3: 0}
    with pytest.raises(VoiceNotFoundError, match="which part is the tenor: the parts"):
        find_lines(trio, [2])


def test_lines_are_taken_as_named() -> None:
    assert chosen(find_lines(QUARTET, [3, 0], ["4", "3"])) == {0: 2, 3: 3}
    chords = Part(notes=tuple(Note(onset=0, duration=4, pitch=p) for p in (48, 72)))
    found = find_lines(score(chords), [0, 3], ["top", "bottom"])
    assert [line.extracted.notes[0].pitch for line in found.lines] == [72, 48]


@pytest.mark.parametrize(
    ("voices", "specs", "words"),
    [
        ([0, 3], ["1"], "2 voices .soprano, bass. and --voice 1 line:"),
        ([0], ["1", "2"], "1 voice .soprano. and --voice 2 lines"),
        ([0, 3], ["1", "1"], "one line cannot be two voices"),
    ],
)
def test_lines_and_voices_have_to_match(
    voices: list[int], specs: list[str], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        find_lines(QUARTET, voices, specs)


def test_a_score_without_notes_has_no_lines() -> None:
    with pytest.raises(EmptyScoreError):
        find_lines(score(), [3])
    with pytest.raises(EmptyScoreError):
        all_lines(score(part(36, is_drum=True)))


def test_all_four_parts_go_by_height() -> None:
    assert chosen(all_lines(QUARTET)) == {0: 1, 1: 3, 2: 2, 3: 0}


def test_all_parts_go_by_their_names_before_their_height() -> None:
    named = score(part(72, "Bass"), part(48, "S"), part(60, "Alto"))
    assert chosen(all_lines(named)) == {0: 1, 1: 2, 3: 0}


@pytest.mark.parametrize(
    ("pitches", "voices"),
    [((72,), (0,)), ((50,), (3,)), ((72, 48), (0, 3)), ((65, 58), (1, 2))],
)
def test_fewer_parts_go_by_the_usual_ranges(
    pitches: tuple[int, ...], voices: tuple[int, ...]
) -> None:
    found = all_lines(score(*[part(pitch) for pitch in pitches]))
    assert tuple(chosen(found)) == voices


def test_drums_and_empty_parts_are_no_lines() -> None:
    found = all_lines(score(part(36, is_drum=True), Part(), part(72)))
    assert chosen(found) == {0: 2}


def test_all_lines_can_be_named_and_given_voices() -> None:
    assert chosen(all_lines(QUARTET, voices=(3, 2, 1, 0))) == {0: 3, 1: 2, 2: 1, 3: 0}
    assert chosen(all_lines(QUARTET, voices=(3,), specs=("2",))) == {3: 1}
    with pytest.raises(UsageError, match="names 2 voices and the score gives 4 lines"):
        all_lines(QUARTET, voices=(0, 1))


def test_more_lines_than_voices_are_refused() -> None:
    five = score(*[part(50 + index) for index in range(5)])
    with pytest.raises(VoiceNotFoundError, match=r"5 parts have notes .* --voice"):
        all_lines(five)
    with pytest.raises(UsageError, match="5 lines were named"):
        all_lines(five, specs=("1", "2", "3", "4", "5"))
    assert len(all_lines(five, specs=("1", "2")).lines) == 2


def test_chords_are_no_line() -> None:
    chords = Part(notes=tuple(Note(onset=0, duration=4, pitch=p) for p in (48, 72)))
    with pytest.raises(PolyphonyError):
        all_lines(score(chords))


def test_voices_are_read_by_name_or_letter() -> None:
    assert parse_voices("soprano, Bass") == (0, 3)
    assert parse_voices("t,a") == (2, 1)
    assert parse_voice(" Alto ") == 1
    for text in ("viola", "", "sop"):
        with pytest.raises(UsageError, match="is no voice: choose from soprano"):
            parse_voice(text)
    with pytest.raises(UsageError, match="twice"):
        parse_voices("a,alto")
