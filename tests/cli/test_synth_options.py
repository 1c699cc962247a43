"""The options of the sound as one object."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from musegen.cli._synth_options import (
    DEFAULT_ROOM,
    ROOMS,
    SAMPLE_RATES,
    Sound,
    is_given,
    sound_options,
)
from musegen.data.errors import UsageError
from musegen.midi_ddsp.mixing.limiting import DEFAULT_CEILING_DB
from musegen.midi_ddsp.mixing.rooms import ROOM_NAMES


def parsed(*words: str, **environment: str) -> tuple[Sound, bool]:
    found: list[tuple[Sound, bool]] = []

    @click.command(context_settings={"auto_envvar_prefix": "MUSEGEN_SYNTH"})
    @sound_options
    def command(sound: Sound) -> None:
        found.append((sound, is_given("spread")))

    result = CliRunner().invoke(
        command, words, env=environment, catch_exceptions=False, standalone_mode=False
    )
    assert result.exception is None
    return found[0]


def test_defaults_are_those_of_the_library() -> None:
    sound, _ = parsed()
    assert sound.ceiling == DEFAULT_CEILING_DB
    assert sound.sample_rate == int(SAMPLE_RATES[0]) == 16_000
    assert set(ROOMS[1:]) == set(ROOM_NAMES)
    options = sound.mix_options(has_learned_rooms=False)
    assert options.room is not None and options.room.name == DEFAULT_ROOM
    assert sound.mix_options(has_learned_rooms=True).room is None


def test_a_value_from_the_environment_is_given_too() -> None:
    assert not parsed()[1]
    assert parsed("--spread", "1")[1]
    assert parsed(MUSEGEN_SYNTH_SPREAD="0.5")[1]


@pytest.mark.parametrize(
    ("words", "knows_rooms", "is_learned"),
    [
        ((), True, True),
        ((), False, False),
        (("--reverb", "learned"), True, True),
        (("--reverb", "hall"), True, False),
        (("--dry",), True, False),
        (("--reverb", "none"), True, False),
    ],
)
def test_learned_rooms_are_taken_where_there_are_any(
    words: tuple[str, ...], knows_rooms: bool, is_learned: bool
) -> None:
    sound, _ = parsed(*words)
    assert sound.has_learned_rooms(knows_rooms=knows_rooms) is is_learned


def test_learned_rooms_that_are_not_there_are_refused() -> None:
    with pytest.raises(UsageError, match="chamber"):
        parsed("--reverb", "learned")[0].has_learned_rooms(knows_rooms=False)


@pytest.mark.parametrize(("text", "level"), [("none", None), ("-3", -3.0), ("0", 0.0)])
def test_ceilings(text: str, level: float | None) -> None:
    assert parsed("--ceiling", text)[0].ceiling == level


@pytest.mark.parametrize("text", ["1", "loud", "nan", "-70"])
def test_wrong_ceilings_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no level"):
        parsed("--ceiling", text)


def test_the_recipe_has_every_option() -> None:
    recipe = parsed("--ceiling", "none", "--reverb-level", "6")[0].recipe()
    assert recipe["ceiling"] == "none"
    assert recipe["reverb_level"] == 6.0
    assert parsed("--reverb-level", "20")[0].reverb_gain == pytest.approx(10)
