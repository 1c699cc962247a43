from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.adapters.notation_content import (
    Content,
    Heard,
    PartContent,
    result_of,
)
from musegen.data.notices import Notice
from musegen.data.score import (
    BarBeat,
    KeySignature,
    Note,
    Part,
    Tempo,
    TextEvent,
    TimeSignature,
)

ZERO = Fraction(0)


def heard(
    start: Fraction | int,
    end: Fraction | int,
    *,
    pitch: int = 60,
    tie: str = "",
    voice: str = "",
    velocity: int = 80,
) -> Heard:
    return Heard(
        start=Fraction(start),
        end=Fraction(end),
        pitch=pitch,
        velocity=velocity,
        tie=tie,
        voice=voice,
    )


def content_of(*notes: Heard) -> Content:
    return Content(parts=[PartContent(heard=list(notes))])


def spans(*notes: Heard) -> list[tuple[int, Fraction | int, Fraction | int]]:
    """(pitch, onset, length in quarters) of the notes that are made of these."""
    score = result_of(content_of(*notes)).score
    return [
        (
            note.pitch,
            Fraction(note.onset, score.ticks_per_quarter),
            Fraction(note.duration, score.ticks_per_quarter),
        )
        for note in score.parts[0].notes
    ]


def notices(content: Content) -> tuple[Notice, ...]:
    return result_of(content).notices


def test_nothing_is_an_empty_score_without_remarks() -> None:
    result = result_of(Content())
    assert result.score.parts == ()
    assert result.score.ticks_per_quarter == 480
    assert result.notices == ()


def test_tied_notes_are_one_in_whatever_order_they_come() -> None:
    tied = [
        heard(0, 2, tie="start", velocity=90),
        heard(2, 6, tie="continue", velocity=20),
        heard(6, 7, tie="stop", velocity=30),
    ]
    (note,) = result_of(content_of(*reversed(tied))).score.parts[0].notes
    assert note == Note(onset=0, duration=7 * 480, pitch=60, velocity=90)


def test_only_a_note_of_that_pitch_that_ends_there_goes_on() -> None:
    first = heard(0, 2, tie="start")
    assert spans(first, heard(3, 4, tie="stop")) == [(60, 0, 2), (60, 3, 1)]
    assert spans(first, heard(2, 4, pitch=62, tie="stop")) == [(60, 0, 2), (62, 2, 2)]
    assert spans(heard(0, 2), heard(2, 4, tie="stop")) == [(60, 0, 2), (60, 2, 2)]
    assert spans(first, heard(2, 4)) == [(60, 0, 2), (60, 2, 2)]


def test_a_tie_goes_on_in_its_own_voice() -> None:
    long, short = heard(0, 4, tie="start", voice="1"), heard(2, 4, tie="start")
    ends = [heard(4, 5, tie="stop"), heard(4, 8, tie="stop", voice="1")]
    for order in (ends, ends[::-1]):
        assert spans(long, short, *order) == [(60, 0, 8), (60, 2, 3)]


def test_a_tie_into_another_voice_takes_the_first_that_waits() -> None:
    waiting = [heard(0, 4, tie="start", voice="1"), heard(2, 4, tie="start", voice="2")]
    ends = [heard(4, 5, tie="stop", voice="7"), heard(4, 8, tie="stop", voice="8")]
    assert spans(*waiting, *ends) == [(60, 0, 5), (60, 2, 6)]


PLACES = st.builds(Fraction, st.integers(0, 60), st.sampled_from([1, 2, 3, 4, 5, 6, 7]))


@given(places=st.lists(PLACES, min_size=2, max_size=6, unique=True).map(sorted))
def test_any_usual_division_is_exact_in_whole_ticks(places: list[Fraction]) -> None:
    pairs = list(pairwise(places))
    assert spans(*(heard(start, end) for start, end in pairs)) == [
        (60, start, end - start) for start, end in pairs
    ]


@pytest.mark.parametrize(
    ("kept", "divisions", "expected"),
    [
        (None, [2], 480),
        (220, [4], 220),  # the file's own resolution holds every place
        (220, [3], 480),
        (None, [7], 3360),
        (None, [11 * 13], 143),  # 480 times that is more than MIDI counts
    ],
)
def test_resolution_is_one_in_which_every_place_is_whole(
    kept: int | None, divisions: Sequence[int], expected: int
) -> None:
    content = content_of(*(heard(0, Fraction(1, n)) for n in divisions))
    content.ticks_per_quarter = kept
    assert result_of(content).score.ticks_per_quarter == expected
    assert notices(content) == ()


@pytest.mark.parametrize("what", ["tempos", "metres", "keys", "markers", "pickup"])
def test_resolution_holds_what_stands_beside_the_notes(what: str) -> None:
    place = Fraction(1, 7)
    content = content_of(heard(0, 4))
    match what:
        case "tempos":
            content.tempos[place] = 90.0
        case "metres":
            content.metres[place] = (3, 4)
        case "keys":
            content.keys[place] = (1, False)
        case "markers":
            content.markers.append((place, "A"))
        case _:
            content.pickup = place
    assert result_of(content).score.ticks_per_quarter == 7 * 480


def test_what_no_midi_resolution_holds_is_rounded_and_said() -> None:
    lengths = [Fraction(1, n) for n in (11, 13, 17, 19)]
    content = content_of(*(heard(0, length) for length in lengths))
    result = result_of(content)
    assert result.score.ticks_per_quarter == 480
    found = sorted(note.duration for note in result.score.parts[0].notes)
    assert found == sorted(round(480 * length) for length in lengths)
    (notice,) = result.notices
    assert notice.code == "rounded-times"
    assert notice.place is None


def test_everything_comes_at_its_tick_and_in_order() -> None:
    content = content_of(heard(0, 8))
    content.parts[0] = PartContent(
        name="Alt",
        program=19,
        channel=3,
        is_drum=True,
        heard=[heard(0, 8)],
        lyrics=[(Fraction(1, 2), "la")],
        fermatas=[Fraction(4), ZERO, Fraction(4)],
    )
    content.tempos = {Fraction(4): 90.0, ZERO: 60.0}
    content.metres = {Fraction(4): (3, 8), ZERO: (4, 4)}
    content.keys = {Fraction(4): (-2, True), ZERO: (1, False)}
    content.markers = [(Fraction(4), "B"), (ZERO, "A")]
    content.title = "Lied"
    score = result_of(content).score
    assert score.parts == (
        Part(
            notes=(Note(onset=0, duration=3840, pitch=60, velocity=80),),
            name="Alt",
            program=19,
            channel=3,
            is_drum=True,
            lyrics=(TextEvent(tick=240, text="la"),),
            fermatas=(0, 1920),
        ),
    )
    assert score.tempos == (Tempo(tick=0, qpm=60.0), Tempo(tick=1920, qpm=90.0))
    assert score.time_signatures == (
        TimeSignature(tick=0, numerator=4, denominator=4),
        TimeSignature(tick=1920, numerator=3, denominator=8),
    )
    assert score.key_signatures == (
        KeySignature(tick=0, sharps=1),
        KeySignature(tick=1920, sharps=-2, is_minor=True),
    )
    assert [(m.tick, m.text) for m in score.markers] == [(0, "A"), (1920, "B")]
    assert score.title == "Lied"


def test_a_fermata_inside_a_tied_note_is_a_whole_tick() -> None:
    content = content_of(heard(0, Fraction(1, 7), tie="start"))
    content.parts[0].heard.append(heard(Fraction(1, 7), 1, tie="stop"))
    content.parts[0].fermatas = [Fraction(1, 7)]
    score = result_of(content).score
    assert score.parts[0].fermatas == (score.ticks_per_quarter // 7,)
    assert score.ticks_per_quarter % 7 == 0


def test_markers_of_one_place_keep_their_order() -> None:
    content = content_of(heard(0, 4))
    content.markers = [(ZERO, "B"), (ZERO, "A")]
    assert [m.text for m in result_of(content).score.markers] == ["B", "A"]


def test_remarks_are_said_once_for_each_place_by_bar_and_beat() -> None:
    content = content_of(heard(0, 9))
    content.pickup = Fraction(1)
    for place in (Fraction(2), Fraction(2), Fraction(5), None):
        content.remark("grace-note", "left out", place)
    found = notices(content)
    assert {notice.code for notice in found} == {"grace-note"}
    assert [notice.place for notice in found] == [
        BarBeat(bar=1, beat=Fraction(2)),
        BarBeat(bar=2, beat=Fraction(1)),
        None,
    ]


def test_what_is_left_out_is_named_in_one_sentence() -> None:
    content = content_of(heard(0, 4))
    content.left_out.update({"slurs": 3, "dynamics": 1, "articulations": 0})
    (notice,) = notices(content)
    assert notice.code == "left-out"
    assert notice.message.endswith(": dynamics, slurs")


def test_bars_of_another_length_than_the_metres_are_said_where_the_first_begins() -> (
    None
):
    content = content_of(heard(0, 16))
    content.bar_starts = [Fraction(at) for at in (0, 4, 7, 9, 12)]
    (notice,) = notices(content)
    assert notice.code == "uneven-bars"
    assert notice.place == BarBeat(bar=2, beat=Fraction(4))


@pytest.mark.parametrize("starts", [(0, 4, 8, 12), (0, 4, 8, 11)])
def test_bars_that_follow_the_metre_or_begin_after_the_music_are_not_said(
    starts: tuple[int, ...],
) -> None:
    content = content_of(heard(0, 10))
    content.bar_starts = [Fraction(at) for at in starts]
    assert notices(content) == ()
