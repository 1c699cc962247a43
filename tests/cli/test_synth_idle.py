"""Options that can do nothing to a score, once it is known who plays it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from musegen.cli import _synth_playing
from musegen.cli._synth_casting import Casting
from musegen.cli._synth_idle import (
    Heard,
    check_automation,
    idle_expression,
    idle_without_lines,
    refuse_idle,
    refuse_idle_casting,
)
from musegen.cli._synth_playing import Playing
from musegen.data.errors import EmptyScoreError, InputError, UsageError
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.parts.automation import Automation
from musegen.midi_ddsp.synthesizing.casting import (
    PlanWishes,
    SoundFontPart,
    SynthesisPlan,
    plan_synthesis,
)
from musegen.midi_ddsp.tables.automation_files import AutomationTable

NOTES = (Note(onset=0, duration=480, pitch=60),)
SCORE = Score(
    ticks_per_quarter=480,
    parts=(
        Part(notes=NOTES, name="High", program=40),
        Part(notes=NOTES, name="Low", program=42),
        Part(notes=NOTES, name="Kit", is_drum=True),
        Part(notes=NOTES, name="Quiet", program=40),
    ),
)
KIT = SoundFontPart(name="Kit", part_index=2, notes=NOTES)
PLAN = replace(
    plan_synthesis(SCORE, PlanWishes(overrides={"4": "skip"})), sound_font_parts=(KIT,)
)
FILE = Path("high.parquet")
HEARD = Heard(plan=PLAN, given={"high": FILE})


@pytest.fixture(autouse=True)
def no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was given as an option of its own: there is no command line."""
    monkeypatch.setattr(_synth_playing, "is_given", lambda name: False)


def playing(**fields: object) -> Playing:
    plain: dict[str, object] = dict.fromkeys(Playing.__slots__)
    plain |= {"deterministic": False, "variety": 1.0, "tuning": 440.0, "presets": ()}
    # Fields are of many types.
    return Playing(**(plain | {"device": "auto"} | fields))  # type: ignore[arg-type]


def alone(plan: SynthesisPlan) -> SynthesisPlan:
    return replace(plan, sound_font_parts=())


def table(*names: str) -> AutomationTable:
    return AutomationTable(by_part={name: Automation() for name in names}, source="a")


def test_lines_that_sound_from_files_are_played_by_nobody() -> None:
    assert list(HEARD.played) == ["low"]


@pytest.mark.parametrize(
    "fields",
    [
        {"save_expression": "e.csv"},
        {"save_parameters": "p.parquet"},
        {"expression": "e.csv"},
        {"automation": Path("a.csv")},
        {"parameters": "p.parquet"},
    ],
)
def test_files_for_nobody_are_refused(fields: dict[str, object]) -> None:
    option = "--" + next(iter(fields)).replace("_", "-")
    with pytest.raises(UsageError, match=f"{option} .* does nothing here"):
        idle_without_lines(playing(**fields), 1)


def test_wishes_for_nobody_are_said() -> None:
    (told,) = idle_without_lines(playing(presets=("softer",)), 1)
    assert "--preset does nothing here" in told.message
    assert len(idle_without_lines(playing(deterministic=True), 2)) == 2
    assert idle_without_lines(playing(tuning=430.0), 1) == ()


def test_options_act_as_long_as_one_line_is_played() -> None:
    wishes = playing(parameters="{part}.parquet", presets=("softer",), tuning=430.0)
    refuse_idle(HEARD, wishes, 1)
    given = {"high": FILE, "low": FILE}
    with pytest.raises(UsageError, match="--preset does nothing with --parameters"):
        refuse_idle(Heard(plan=PLAN, given=given), wishes, 1)


def test_a_sound_font_is_tuned_too() -> None:
    wishes = playing(parameters="{part}.parquet", tuning=430.0)
    given = {"high": FILE, "low": FILE}
    refuse_idle(Heard(plan=PLAN, given=given), wishes, 1)
    with pytest.raises(UsageError, match="--tuning does nothing"):
        refuse_idle(Heard(plan=alone(PLAN), given=given), wishes, 1)


def test_wishes_on_the_score_are_refused_where_they_change_nothing() -> None:
    wishes = playing(parameters="p.parquet")
    with pytest.raises(UsageError, match="--speed does nothing with --parameters"):
        refuse_idle_casting(Casting(speed=2.0), wishes, lambda casting: "the same")
    refuse_idle_casting(
        Casting(max_voices=1), wishes, lambda casting: casting.max_voices
    )
    refuse_idle_casting(Casting(), wishes, lambda casting: "the same")


def test_what_makes_a_score_playable_acts() -> None:
    def planned(casting: Casting) -> str:
        if casting.parts:
            return "played"
        raise EmptyScoreError("nothing to play")

    casting = Casting(parts=(("1", "violin"),))
    refuse_idle_casting(casting, playing(parameters="p.parquet"), planned)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("3", "is played by the sound font"),
        ("kit", "is played by the sound font"),
        ("High", "sounds from high.parquet"),
        ("4", "is not played"),
    ],
)
def test_automation_of_a_part_that_it_cannot_move_is_refused(
    name: str, why: str
) -> None:
    with pytest.raises(InputError, match=f"a: column 'part': the part '{name}' {why}"):
        check_automation(table(name), HEARD, SCORE)


def test_automation_of_all_says_which_parts_it_leaves() -> None:
    (told,) = check_automation(table(""), HEARD, SCORE)
    assert "High sounds from high.parquet; Kit is played by" in told.message
    assert check_automation(table("low", "2"), HEARD, SCORE) == ()
    assert check_automation(table(""), Heard(plan=alone(PLAN), given={}), SCORE) == ()


def test_a_part_that_is_nowhere_is_for_the_table_to_refuse() -> None:
    assert check_automation(table("9"), HEARD, SCORE) == ()


def test_expression_of_what_sounds_from_a_file_is_said() -> None:
    (told,) = idle_expression(["high", "low"], HEARD)
    assert "given for high does nothing" in told.message
