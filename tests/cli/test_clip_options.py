from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from musegen.cli._clip_options import ClipWishes, clip_options
from musegen.data.errors import UsageError


def wishes_of(*arguments: str) -> ClipWishes:
    found: list[ClipWishes] = []

    @click.command()
    @click.argument("collection")
    @clip_options
    def command(collection: str, wishes: ClipWishes) -> None:
        assert collection == "x"
        found.append(wishes)

    result = CliRunner().invoke(command, ["x", *arguments])
    assert result.exit_code == 0, result.output
    return found[0]


def test_defaults_are_not_given() -> None:
    wishes = wishes_of()
    assert wishes.given == ()
    assert (wishes.clip_seconds, wishes.hop_seconds, wishes.seed) == (4.0, None, 0)
    assert wishes.split_shares == (0.8, 0.1, 0.1)
    assert (wishes.notes, wishes.workers, wishes.align) == ("auto", 1, False)


def test_what_is_given_is_known_as_it_is_typed() -> None:
    wishes = wishes_of(
        *("--minutes", "10", "--instrument", "vn", "--instrument", "cello"),
        *("--split-shares", "0.5, 0.5,0", "--test-piece", "01_*", "--dry-run"),
    )
    assert set(wishes.given) == {
        "--minutes",
        "--instrument",
        "--split-shares",
        "--test-piece",
        "--dry-run",
    }
    assert wishes.instruments == ("vn", "cello")
    assert wishes.split_shares == (0.5, 0.5, 0.0)
    assert wishes.test_pieces == ("01_*",)
    assert wishes.is_dry_run


def test_options_without_effect_are_refused() -> None:
    wishes = wishes_of("--align", "--minutes", "3")
    wishes.refuse_given(frozenset({"--seed"}), because="is useless")
    with pytest.raises(UsageError, match="--align is useless"):
        wishes.refuse_given(frozenset({"--seed", "--align"}), because="is useless")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--split-shares", "1,2"),
        ("--split-shares", "a,b,c"),
        ("--minutes", "0"),
        ("--workers", "0"),
        ("--seed", "-1"),
        ("--notes", "some"),
        ("--clip-seconds", "0"),
    ],
)
def test_wrong_values_fail_at_once(arguments: tuple[str, str]) -> None:
    @click.command()
    @clip_options
    def command(wishes: ClipWishes) -> None:
        raise AssertionError(wishes)

    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.output
