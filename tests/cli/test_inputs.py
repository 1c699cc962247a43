from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from musegen.cli._inputs import Source, expand_inputs
from musegen.cli.main import run
from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.notices import Notice


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> list[str]:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")
    return list(names)


def test_inputs_keep_their_order_and_names() -> None:
    sources = expand_inputs(make("b.mid", "a/a.mid"))
    assert [source.name for source in sources] == ["b.mid", str(Path("a/a.mid"))]
    assert [source.stem for source in sources] == ["b", "a"]
    assert sources[0].content() == Path("b.mid")
    assert sources[0].read_bytes() == b"x"


def test_a_folder_stands_for_its_scores_in_order() -> None:
    make("in/b.MID", "in/a.musicxml", "in/readme.txt", "in/deep/c.mid")
    names = [Path(source.name).name for source in expand_inputs(["in"])]
    assert names == ["a.musicxml", "b.MID"]


def test_a_folder_can_be_asked_for_other_files() -> None:
    make("in/a.mid", "in/readme.txt")
    (source,) = expand_inputs(["in"], suffixes=[".txt"])
    assert Path(source.name).name == "readme.txt"


def test_a_folder_without_scores_is_an_error() -> None:
    make("in/readme.txt")
    with pytest.raises(EmptyScoreError, match=r"in: no \.mid"):
        expand_inputs(["in"])


def names_and_notices(*arguments: str) -> tuple[list[str], list[str]]:
    heard: list[Notice] = []
    sources = expand_inputs(arguments, own_label="sung", tell=heard.append)
    return [Path(source.name).name for source in sources], [n.message for n in heard]


def test_results_of_the_command_itself_do_not_count_in_a_folder() -> None:
    make("in/a.mid", "in/a.sung.mid", "in/b.sung.12.musicxml", "in/sung.mid")
    make("in/a.unsung.mid", "in/a.sung.b.mid", "in/a.sung.txt", "more/c.sung.mid")
    make("more/c.mid")
    names, notices = names_and_notices("in", "more")
    assert names == ["a.mid", "a.sung.b.mid", "a.unsung.mid", "sung.mid", "c.mid"]
    (notice,) = notices
    assert notice.startswith("3 files such as in")
    assert "name a file to have it taken" in notice


def test_a_result_that_is_named_itself_is_taken() -> None:
    make("in/a.mid", "in/a.sung.mid", "in/b.sung.mid")
    a, b = str(Path("in/a.sung.mid")), str(Path("in/b.sung.mid"))
    names, notices = names_and_notices("in", a)
    assert names == ["a.mid", "a.sung.mid"]
    assert [notice.partition(" is ")[0] for notice in notices] == [b]
    assert names_and_notices("in", a, b)[1] == []


def test_a_folder_of_nothing_but_results_is_an_error() -> None:
    make("in/a.sung.mid", "in/b.sung.mid")
    with pytest.raises(EmptyScoreError, match="no other input: 2 files such as in"):
        names_and_notices("in")


@pytest.mark.parametrize(
    ("command", "result"),
    [
        ("harmonize", "a.harmonized.2.mid"),
        ("complete", "a.completed.musicxml"),
        ("synth", "a.synth.mid"),
        ("resynth", "a.resynth.wav"),
    ],
)
def test_commands_know_their_own_results(
    command: str, result: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make(f"in/{result}")
    assert run([command, "in"]) == 1
    assert f"{result} is named like a result of this command" in capsys.readouterr().err


def test_a_missing_input_is_named() -> None:
    with pytest.raises(UsageError, match=r"gone\.mid: no such file"):
        expand_inputs(["gone.mid"])


def test_an_unreadable_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    make("a.mid")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageError, match=r"a\.mid: it cannot be read"):
        expand_inputs(["a.mid"])


def test_an_input_given_twice_is_refused() -> None:
    make("a.mid")
    with pytest.raises(UsageError, match="given twice"):
        expand_inputs(["a.mid", "./a.mid"])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"MThd")))
    (source,) = expand_inputs(["-"])
    assert source == Source(name="-", path=None)
    assert source.stem == "stdin"
    assert source.content() == b"MThd"
    assert source.read_bytes() == b""
    with pytest.raises(UsageError, match="given twice"):
        expand_inputs(["-", "-"])


def test_standard_input_from_a_keyboard_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(UsageError, match="is a terminal"):
        expand_inputs(["-"])
