"""What results have to satisfy: read once, and recorded as it was typed."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from musegen.cli._wish_options import Asked, refuse_idle_key, wish_options
from musegen.coconet.wish_words import parse_key
from musegen.coconet.wishes import Wishes
from musegen.data.errors import UsageError


def read(*arguments: str, cadence: str = "none") -> Asked:
    """What a command is given."""
    told: dict[str, Any] = {}

    @click.command()
    @wish_options(cadence=cadence, key="found")
    def command(asked: Asked) -> None:
        told["asked"] = asked

    outcome = CliRunner().invoke(command, list(arguments))
    if outcome.exception is not None:
        raise outcome.exception
    found = told["asked"]
    assert isinstance(found, Asked)
    return found


def test_nothing_is_asked_by_default() -> None:
    assert read().wishes == Wishes()
    assert read(cadence="authentic").wishes.cadence == "authentic"
    assert read("--cadence", "none", cadence="authentic").wishes == Wishes()


def test_recipe_has_words_as_they_were_typed() -> None:
    asked = read(
        *["--pin", "alto@1:1=C4", "--pin", "b@1=rest", "--chord", "2=Am"],
        *["--range", "b=C2..C3", "--cadence", "half", "--key", "Em"],
    )
    assert asked.recipe() == {
        "pin": ["alto@1:1=C4", "b@1=rest"],
        "chord": ["2=Am"],
        "range": ["b=C2..C3"],
        "cadence": "half",
        "key": "Em",
    }
    wishes = asked.wishes
    assert [pin.pitch for pin in wishes.pins] == [60, None]
    assert (wishes.cadence, wishes.key) == ("half", parse_key("Em"))
    assert (len(wishes.chords), len(wishes.ranges)) == (1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pin", "nonsense"],
        ["--chord", "nonsense"],
        ["--range", "nonsense"],
        ["--key", "nonsense"],
        ["--pin", "a@1=C4", "--pin", "a@1=D4"],
    ],
)
def test_wrong_words_are_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        read(*arguments)


def test_a_key_needs_a_cadence() -> None:
    with pytest.raises(UsageError, match="--key does nothing without --cadence"):
        refuse_idle_key(read("--key", "G"))
    refuse_idle_key(read("--key", "G", "--cadence", "plagal"))
    refuse_idle_key(read())
