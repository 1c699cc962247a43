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
    assert read().default_cadence is None


def test_a_default_cadence_is_told_from_one_that_is_asked_for() -> None:
    default = read(cadence="authentic")
    assert (default.wishes, default.default_cadence) == (Wishes(), "authentic")
    said = read("--cadence", "authentic", cadence="authentic")
    assert (said.wishes.cadence, said.default_cadence) == ("authentic", None)
    none = read("--cadence", "none", cadence="authentic")
    assert (none.wishes, none.default_cadence) == (Wishes(), None)
    assert default.recipe() == said.recipe()


def test_recipe_has_words_as_they_were_typed() -> None:
    asked = read(
        *["--pin", "alto@1:1=C4", "--pin", "b@1=rest", "--chord", "2=Am"],
        *["--range", "b=C2..C3", "--cadence", "half", "--key", "Em"],
        *["--forbid", "a=C4..E4", "--forbid", "a=A4..B4", "--no-crossing"],
    )
    assert asked.recipe() == {
        "pin": ["alto@1:1=C4", "b@1=rest"],
        "chord": ["2=Am"],
        "range": ["b=C2..C3"],
        "forbid": ["a=C4..E4", "a=A4..B4"],
        "crossing": False,
        "cadence": "half",
        "key": "Em",
    }
    wishes = asked.wishes
    assert [pin.pitch for pin in wishes.pins] == [60, None]
    assert (wishes.cadence, wishes.key) == ("half", parse_key("Em"))
    assert (len(wishes.chords), len(wishes.ranges)) == (1, 1)
    assert [one.lowest for one in wishes.forbidden] == [60, 69]
    assert wishes.forbids_crossing
    assert not read("--crossing").wishes.forbids_crossing


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pin", "nonsense"],
        ["--chord", "nonsense"],
        ["--range", "nonsense"],
        ["--forbid", "nonsense"],
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
