"""Parts are found by number, channel and name, and errors list what there is."""

from __future__ import annotations

import pytest

from musegen.data.errors import EmptyScoreError, VoiceNotFoundError
from musegen.data.part_labels import part_label
from musegen.data.score import Note, Part, Score
from musegen.data.voice_choice import Edge, choose_parts


def part(
    name: str = "",
    *pitches: int,
    channel: int | None = None,
    is_drum: bool = False,
    is_chordal: bool = False,
) -> Part:
    length = 0 if is_chordal else 480
    return Part(
        name=name,
        channel=channel,
        is_drum=is_drum,
        notes=tuple(
            Note(onset=index * length, duration=480, pitch=pitch)
            for index, pitch in enumerate(pitches)
        ),
    )


def piece(*parts: Part) -> Score:
    return Score(ticks_per_quarter=480, parts=parts)


CHOIR = piece(
    part("Soprano", 72, channel=0),
    part("Alto", 65, channel=1),
    part("Alto solo", 67, channel=1),
    part("", channel=4),
    part("Kit", 38, channel=9, is_drum=True),
)


@pytest.mark.parametrize(
    ("voice", "index", "edge"),
    [
        ("2", 1, None),
        ("track:2", 1, None),
        ("Track: 3 : bottom", 2, Edge.BOTTOM),
        ("track:1:TOP", 0, Edge.TOP),
        ("channel:1", 0, None),
        ("name:sopr", 0, None),
        ("name:ALTO", 1, None),  # the whole name goes before a part of one
        ("solo", 2, None),
        ("solo:top", 2, Edge.TOP),
    ],
)
def test_a_part_is_found(voice: str, index: int, edge: Edge | None) -> None:
    choice = choose_parts(CHOIR, voice)
    assert (choice.indices, choice.edge) == ((index,), edge)
    assert choice.notices == ()


@pytest.mark.parametrize("edge", list(Edge))
def test_top_and_bottom_are_of_all_pitched_parts(edge: Edge) -> None:
    choice = choose_parts(CHOIR, edge.upper())
    assert (choice.indices, choice.edge) == ((0, 1, 2), edge)


def test_a_part_may_be_called_top() -> None:
    score = piece(part("Top line", 72), part("Bottom", 48))
    assert choose_parts(score, "name:top").indices == (0,)


@pytest.mark.parametrize(
    "voice",
    ["0", "6", "track:", "track:x", "channel:8", "name:", "tuba", "", ":", "channel:x"],
)
def test_an_unknown_voice_lists_the_parts(voice: str) -> None:
    with pytest.raises(VoiceNotFoundError) as caught:
        choose_parts(CHOIR, voice)
    message = str(caught.value)
    assert f"no part is '{voice}'" in message
    assert "1 'Soprano' (channel 1, 1 notes)" in message
    assert "percussion" in message
    assert "track:2" in message


def test_an_ambiguous_voice_lists_the_parts_it_means() -> None:
    with pytest.raises(
        VoiceNotFoundError, match=r"part 2 'Alto', part 3 'Alto solo'.*track:2"
    ):
        choose_parts(CHOIR, "channel:2")
    with pytest.raises(VoiceNotFoundError, match="more than one part"):
        choose_parts(CHOIR, "name:o")


def test_percussion_and_empty_parts_are_no_voice() -> None:
    with pytest.raises(VoiceNotFoundError, match="part 5 'Kit' is percussion"):
        choose_parts(CHOIR, "5")
    with pytest.raises(EmptyScoreError, match="part 4 has no notes"):
        choose_parts(CHOIR, "4")


@pytest.mark.parametrize("voice", [None, "top", "1"])
def test_nothing_pitched_is_an_empty_score(voice: str | None) -> None:
    with pytest.raises(EmptyScoreError, match="there are no notes"):
        choose_parts(piece(part("Flute")), voice)
    with pytest.raises(EmptyScoreError, match="only percussion"):
        choose_parts(piece(part("Kit", 38, is_drum=True)), voice)


def test_the_only_part_is_the_melody_without_a_word() -> None:
    choice = choose_parts(piece(part("Kit", 38, is_drum=True), part("", 60)), None)
    assert (choice.indices, choice.notices) == ((1,), ())


@pytest.mark.parametrize(
    ("parts", "index", "why"),
    [
        ([part("Flute", 90), part("Main melody", 60)], 1, "by its name"),
        ([part("Lead", 90), part("Soprano", 60)], 1, "by its name"),
        ([part("Voice 1", 60), part("Voice 2", 64)], 1, "highest of the single voices"),
        ([part("a", 60), part("b", 72), part("c", 50)], 1, "highest of the single"),
        ([part("misleading", 60), part("b", 72)], 1, "highest of the single"),
        ([part("a", 80, 84, is_chordal=True), part("b", 60)], 1, "single voices"),
        (
            [
                part("a", 60, 64, is_chordal=True),
                part("b", 70, 74, is_chordal=True),
            ],
            1,
            "highest of the parts",
        ),
    ],
)
def test_the_melody_among_several_parts_is_said(
    parts: list[Part], index: int, why: str
) -> None:
    choice = choose_parts(piece(*parts), None)
    assert choice.indices == (index,)
    (notice,) = choice.notices
    assert notice.code == "voice-chosen"
    assert part_label(piece(*parts), index) in notice.message
    assert why in notice.message


def test_a_long_list_of_parts_is_shortened() -> None:
    score = piece(*(part(f"P{index}", 60) for index in range(30)))
    with pytest.raises(VoiceNotFoundError, match="and 10 more"):
        choose_parts(score, "tuba")
