"""Who plays what, in words and in JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from musegen.cli._synth_cast import (
    cast_list,
    cast_notices,
    part_facts,
    skipped_facts,
)
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.synthesizing.casting import (
    PlanWishes,
    SoundFontPart,
    plan_synthesis,
)

NOTE = Note(onset=0, duration=480, pitch=60)
CHORD = (NOTE, replace(NOTE, pitch=64))
SCORE = Score(
    ticks_per_quarter=480,
    parts=(
        Part(notes=CHORD, name="Keys", program=0),
        Part(notes=(NOTE,), name="Tune", program=73),
        Part(notes=(NOTE,), name="Kit", is_drum=True),
    ),
)
PLAN = plan_synthesis(SCORE, PlanWishes())
KEYS = dict.fromkeys(PLAN.keys[:2], Path("keys.parquet"))
KIT = SoundFontPart(name="Kit", part_index=2, notes=(NOTE,))


def codes(given: dict[str, Path]) -> list[str]:
    return [notice.code for notice in cast_notices(PLAN, SCORE, given)]


def test_a_player_is_named_only_where_somebody_plays() -> None:
    whole = replace(PLAN, sound_font_parts=(KIT,))
    assert cast_list(whole).endswith("; Tune by flute; Kit by the sound font")
    assert cast_list(PLAN, KEYS) == (
        f"{PLAN.parts[0].name} from keys.parquet; "
        f"{PLAN.parts[1].name} from keys.parquet; Tune by flute"
    )


def test_nothing_is_told_of_players_that_nobody_hears() -> None:
    assert codes({}) == ["chord-voices", "nearest-instrument", "skipped-drums"]
    assert codes(KEYS) == ["chord-voices", "skipped-drums"]
    one_voice = {PLAN.keys[0]: Path("keys.parquet")}
    assert codes(one_voice) == codes({})


def test_json_has_a_file_in_the_place_of_a_player() -> None:
    facts = part_facts(replace(PLAN, sound_font_parts=(KIT,)), KEYS)
    assert [fact.get("instrument") for fact in facts] == [
        None,
        None,
        "flute",
        "sound font",
    ]
    assert facts[0]["parameters"] == "keys.parquet"
    assert (facts[1]["part"], facts[1]["voice"], facts[1]["notes"]) == (1, 2, 1)
    assert [fact["key"] for fact in facts] == [*PLAN.keys, "kit"]


def test_the_skipped_are_listed() -> None:
    kit = {"name": "Kit", "part": 3, "reason": "drums", "notes": 1}
    assert skipped_facts(PLAN, SCORE) == [kit]
