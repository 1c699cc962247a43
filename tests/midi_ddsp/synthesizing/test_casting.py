"""Who plays each part: performers, a sound font, or nobody; and all is said aloud."""

from __future__ import annotations

from typing import Any

import pytest

from musegen.data.errors import EmptyScoreError, UsageError, VoiceNotFoundError
from musegen.data.score import Note, Part, ProgramChange, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS
from musegen.midi_ddsp.synthesizing.casting import (
    PlanWishes,
    SynthesisPlan,
    part_keys,
    plan_synthesis,
    players,
)

VIOLIN, FLUTE, PIANO, GUNSHOT = 40, 73, 0, 127


def part(name: str, program: int, *, drums: bool = False, notes: int = 2) -> Part:
    return Part(
        notes=tuple(
            Note(onset=480 * i, duration=480, pitch=67 + i) for i in range(notes)
        ),
        name=name,
        program=program,
        is_drum=drums,
        channel=9 if drums else None,
    )


def plan(*parts: Part, **wishes: object) -> SynthesisPlan:
    score = Score(ticks_per_quarter=480, parts=parts)
    return plan_synthesis(score, PlanWishes(**wishes))  # type: ignore[arg-type]


def cast(found: SynthesisPlan) -> list[tuple[str, str]]:
    played = [(part.name, part.instrument.name) for part in found.parts]
    return played + [(part.name, "font") for part in found.sound_font_parts]


def said(found: SynthesisPlan) -> str:
    return "\n".join(str(notice) for notice in found.notices)


SONG = (part("Tune", VIOLIN), part("Keys", PIANO), part("Kit", 0, drums=True))


def test_drums_are_skipped_and_named_unless_a_sound_font_is_asked_for() -> None:
    skipped = plan(*SONG)
    assert [name for name, _ in cast(skipped)] == ["Tune", "Keys"]
    assert [(s.part_index, s.reason) for s in skipped.skipped] == [(2, "drums")]
    assert "part 3 'Kit' is percussion: skipped" in said(skipped)
    played = plan(*SONG, drums="fluidsynth")
    assert cast(played)[-1] == ("Kit", "font")
    assert played.skipped == ()
    assert "part 3 'Kit': percussion is played by the sound font" in said(played)
    assert "no notes" not in said(played)


def test_unsupported_parts_go_where_they_are_sent() -> None:
    nearest, skipped, font = (
        plan(*SONG[:2], unsupported=wish) for wish in ("nearest", "skip", "fluidsynth")
    )
    assert len(nearest.parts) == 2
    assert "nearest instrument" in said(nearest)
    assert cast(skipped) == [("Tune", "violin")]
    assert [(s.part_index, s.num_notes) for s in skipped.skipped] == [(1, 2)]
    assert "(program 0): 2 notes skipped" in said(skipped)
    assert cast(font) == [("Tune", "violin"), ("Keys", "font")]
    assert "(program 0) is played by the sound font" in said(font)


def test_of_a_part_with_two_programs_only_the_unsupported_notes_are_taken() -> None:
    both = Part(
        notes=part("Both", VIOLIN, notes=3).notes,
        name="Both",
        program=VIOLIN,
        program_changes=(ProgramChange(tick=960, program=PIANO),),
    )
    found = plan(both, unsupported="fluidsynth")
    assert [note.pitch for note in found.parts[0].notes] == [67, 68]
    assert [note.pitch for note in found.sound_font_parts[0].notes] == [69]
    assert len(set(found.keys)) == 2


def test_a_part_that_is_named_is_played_by_whom_it_is_given_to() -> None:
    found = plan(
        *SONG,
        unsupported="skip",
        drums="fluidsynth",
        overrides={"Keys": "oboe", "3": "tuba"},
    )
    assert cast(found) == [("Tune", "violin"), ("Keys", "oboe"), ("Kit", "tuba")]


def test_one_instrument_for_all_plays_every_pitched_part() -> None:
    found = plan(*SONG, instrument="cello", overrides={"1": "skip"})
    assert cast(found) == [("Keys", "cello")]
    assert "part 1 'Tune' is left out, as asked: skipped" in said(found)


def test_a_sound_font_may_play_all_and_the_rest_is_still_named() -> None:
    empty = Part(name="Silent")
    found = plan(empty, part("Kit", 0, drums=True), drums="fluidsynth")
    assert cast(found) == [("Kit", "font")]
    assert said(found).splitlines() == [
        "part 2 'Kit': percussion is played by the sound font",
        "part 1 'Silent' has no notes: skipped",
    ]
    assert [s.part_index for s in found.skipped] == [0]


def test_effects_go_to_the_sound_font_too() -> None:
    found = plan(part("Bang", GUNSHOT), unsupported="fluidsynth")
    assert cast(found) == [("Bang", "font")]
    with pytest.raises(EmptyScoreError, match="Bang"):
        plan(part("Bang", GUNSHOT))


def test_nothing_to_play_is_refused_with_the_reasons() -> None:
    with pytest.raises(EmptyScoreError, match="'Kit' is percussion"):
        plan(part("Kit", 0, drums=True))
    with pytest.raises(EmptyScoreError, match="no parts"):
        plan()


def test_a_part_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(VoiceNotFoundError, match=r"'4'; the parts are: .*'Tune'"):
        plan(*SONG, overrides={"4": "violin"}, drums="fluidsynth")


@pytest.mark.parametrize("wish", [{"drums": "nearest"}, {"unsupported": "play"}])
def test_an_unknown_choice_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="is one of"):
        PlanWishes(**wish)


def test_keys_are_readable_and_never_the_same() -> None:
    names = ["Violin I", "violin-i", "Häuser/Ö, voice 2", "  ", "Violin I-2"]
    assert part_keys(names) == (
        "violin-i",
        "violin-i-2",
        "häuser-ö-voice-2",
        "part",
        "violin-i-2-2",
    )


def test_keys_are_short_enough_for_file_names() -> None:
    first, second = part_keys(["x" * 300, "x" * 200])
    assert len(first) == 40 and second == f"{first}-2"


def test_players_stand_in_the_order_of_the_table() -> None:
    found = players(["flute", "violin"])
    assert [player.name for player in found] == ["violin", "flute"]
    assert players([item.name for item in INSTRUMENTS]) == INSTRUMENTS
