from __future__ import annotations

from pathlib import Path

import click
import pytest

from musegen.cli._edit_options import Wishes, edit_options
from musegen.data.errors import UsageError


def wishes_of(*words: str) -> Wishes:
    got: list[Wishes] = []

    @click.command()
    @edit_options
    def command(wishes: Wishes) -> None:
        got.append(wishes)

    command.main(list(words), standalone_mode=False)
    return got[0]


def test_without_options_nothing_is_changed() -> None:
    assert wishes_of().edits().changed == ()


@pytest.mark.parametrize(
    "name",
    [
        "transpose",
        "vibrato",
        "tune",
        "volume",
        "dynamics",
        "brightness",
        "noise",
        "dry",
        "stretch",
    ],
)
def test_every_option_is_an_edit(name: str) -> None:
    wishes = wishes_of(f"--{name}", "0.5")
    assert wishes.edits().changed == (name,)
    assert wishes.recipe()[name] == 0.5


def test_formants_need_a_transposition() -> None:
    with pytest.raises(UsageError, match="--formants does nothing"):
        wishes_of("--formants", "follow").edits()
    edits = wishes_of("--formants", "follow", "--transpose", "3").edits()
    assert edits.formants == "follow"


@pytest.mark.parametrize("words", [("--dry", "2"), ("--stretch", "0")])
def test_value_out_of_bounds_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=words[0].strip("-")):
        wishes_of(*words).edits()


@pytest.mark.parametrize(
    ("timbre", "is_file"),
    [("violin", False), ("alto-sax", False), ("x.wav", True), ("a/b", True)],
)
def test_timbre_is_an_instrument_or_a_recording(timbre: str, is_file: bool) -> None:
    expected = Path(timbre) if is_file else None
    assert wishes_of("--timbre", timbre).timbre_file() == expected
