from __future__ import annotations

import itertools

from musegen.data.score import KeySignature, Note, Part, Score
from musegen.render.layout import roll_layout
from musegen.render.note_boxes import MIN_NOTE_PX, NoteBox, label_size_px

TICKS = 24


def boxes_of(*parts: Part, **fields: object) -> list[NoteBox]:
    score = Score(ticks_per_quarter=TICKS, parts=parts, **fields)  # type: ignore[arg-type]
    return sorted(roll_layout(score).notes, key=lambda box: (box.x, box.y))


def line(*notes: tuple[int, int, int], name: str = "", is_drum: bool = False) -> Part:
    return Part(
        name=name,
        is_drum=is_drum,
        notes=tuple(Note(onset=o, duration=d, pitch=p) for o, d, p in notes),
    )


def test_note_of_no_length_can_be_seen() -> None:
    (box,) = boxes_of(line((3, 0, 60)))
    assert box.width == MIN_NOTE_PX


def test_unison_shares_the_row_for_as_long_as_it_lasts() -> None:
    boxes = boxes_of(line((0, 24, 60), (24, 24, 60)), line((0, 24, 60)))
    row = roll_layout(Score(ticks_per_quarter=TICKS, parts=(line((0, 24, 60)),))).row_px
    assert [box.height for box in boxes] == [row / 2, row / 2, row]
    assert boxes[1].y == boxes[0].y + row / 2
    assert boxes[2].y == boxes[0].y
    assert [box.voice for box in boxes] == [0, 1, 0]


def test_three_voices_on_one_pitch_do_not_overlap() -> None:
    boxes = boxes_of(*(line((i, 24, 60)) for i in range(3)))
    ranges = sorted((box.y, box.y + box.height) for box in boxes)
    assert all(a[1] <= b[0] + 1e-9 for a, b in itertools.pairwise(ranges))


def test_voice_with_itself_shares_no_row() -> None:
    boxes = boxes_of(line((0, 24, 60), (12, 24, 60)))
    assert len({box.height for box in boxes}) == 1
    assert len({box.y for box in boxes}) == 1


def test_drum_is_half_as_high_and_in_the_middle_of_its_row() -> None:
    drum, voice = sorted(
        boxes_of(line((0, 24, 60)), line((0, 24, 60), is_drum=True)),
        key=lambda box: box.height,
    )
    assert drum.height == voice.height / 2
    assert drum.y == voice.y + voice.height / 4


def test_label_is_written_where_it_fits() -> None:
    boxes = boxes_of(line((0, 24, 61), (24, 4, 61)))
    assert [bool(box.label) for box in boxes] == [True, False]


def test_label_needs_a_row_high_enough() -> None:
    wide = boxes_of(line((0, 24, 61), (24, 24, 120), (48, 24, 5)))
    assert [box.label for box in wide] == ["", "", ""]


def test_label_and_tooltip_use_the_key() -> None:
    key = KeySignature(tick=0, sharps=-3)
    (box,) = boxes_of(line((24, 24, 63), name="Flute"), key_signatures=(key,))
    assert box.label == "Eb4"
    assert box.tooltip == "Eb4, bar 1, beat 2, Flute"


def test_tooltip_tells_what_was_given() -> None:
    score = Score(ticks_per_quarter=TICKS, parts=(line((0, 24, 60), name="Cantus"),))
    (box,) = roll_layout(score, given_parts=frozenset({0})).notes
    assert box.tooltip == "C4, bar 1, beat 1, Cantus (given)"


def test_drum_is_named_by_its_key() -> None:
    (box,) = boxes_of(line((0, 48, 36), name="Kit", is_drum=True))
    assert box.tooltip == "key 36, bar 1, beat 1, Kit (drums)"
    assert box.label == ""


def test_label_shrinks_with_the_row() -> None:
    assert label_size_px(11.0) == 8.5
    assert label_size_px(6.0) == 3.5
