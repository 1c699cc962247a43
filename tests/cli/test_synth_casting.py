"""The options on the score and its players as one object."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest
from click.testing import CliRunner

from musegen.cli._synth_casting import DEFAULTS, Casting, casting_options
from musegen.data.errors import UsageError
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.parts.voice_allocation import MAX_VOICES
from musegen.midi_ddsp.synthesizing.casting import PlanWishes

SCORE = Score(
    ticks_per_quarter=480,
    parts=(
        Part(
            notes=tuple(
                Note(onset=480 * i, duration=480, pitch=60 + i) for i in range(12)
            )
        ),
    ),
)


def parsed(*words: str) -> Casting:
    found: list[Casting] = []

    @click.command()
    @casting_options
    def command(casting: Casting) -> None:
        found.append(casting)

    result = CliRunner().invoke(
        command, words, catch_exceptions=False, standalone_mode=False
    )
    assert result.exception is None
    return found[0]


def test_defaults_are_those_of_the_library() -> None:
    assert DEFAULTS["max_voices"] == MAX_VOICES
    assert parsed() == Casting()
    assert parsed().plan_wishes() == PlanWishes()
    score, ticks = parsed().changed_score(SCORE)
    assert score is SCORE and ticks is None
    assert parsed().found_sound_font() is None


def test_parts_keep_all_but_the_last_sign_of_their_name() -> None:
    casting = parsed("--part", "a=b=oboe", "--part", " 2 = flute ")
    assert casting.parts == (("a=b", "oboe"), ("2", "flute"))
    assert casting.recipe()["part"] == ["a=b=oboe", "2=flute"]


@pytest.mark.parametrize(
    ("bars", "pitches", "recorded"),
    [
        ("2", [64, 65, 66, 67], "2"),
        ("2-3", [64, 65, 66, 67, 68, 69, 70, 71], "2-3"),
        ("3-", [68, 69, 70, 71], "3-"),
        ("-1", [60, 61, 62, 63], "0-1"),
    ],
)
def test_bars(bars: str, pitches: list[int], recorded: str) -> None:
    casting = parsed("--bars", bars)
    score, ticks = casting.changed_score(SCORE)
    assert [note.pitch for note in score.parts[0].notes] == pitches
    assert ticks is not None
    assert casting.recipe()["bars"] == recorded


def test_all_wishes_come_together() -> None:
    casting = parsed("--transpose", "2", "--speed", "2", "--bars", "3")
    score, ticks = casting.changed_score(SCORE)
    assert [note.pitch for note in score.parts[0].notes] == [70, 71, 72, 73]
    assert score.tempos[0].qpm == 240
    assert ticks is not None and ticks.first == 2 * 1920


@pytest.mark.parametrize("text", ["oboe", "=oboe", "1=", "="])
def test_a_part_without_a_player_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="PART=INSTRUMENT"):
        parsed("--part", text)


def test_options_that_cannot_act_are_refused() -> None:
    with pytest.raises(UsageError, match="given twice"):
        parsed("--part", "Bass=tuba", "--part", "bass=cello")


def test_players_are_checked_by_what_the_model_plays() -> None:
    casting = parsed("--instrument", "oboe", "--part", "1=skip", "--part", "2=vc")
    assert casting.players == ("oboe", "vc")
    oboe, cello = instrument_named("oboe"), instrument_named("cello")
    casting.check([oboe, cello])
    with pytest.raises(UsageError, match=r"no voice for the cello .* of: oboe"):
        casting.check([oboe])
    Casting().check([])


def test_each_wish_can_be_left_out() -> None:
    casting = parsed("--speed", "2", "--part", "1=oboe", "--drums", "fluidsynth")
    plain = dict(casting.without_each())
    assert plain == {
        "--part": replace(casting, parts=()),
        "--speed": replace(casting, speed=1.0),
    }
    assert dict(Casting().without_each()) == {}
