"""`musegen evaluate`: what the group offers, and what it takes for scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.cli.main import run


def test_help_lists_what_can_be_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "--help"]) == 0
    out = capsys.readouterr().out
    for words in (
        "Usage: musegen evaluate [OPTIONS] SCORES...",
        "Usage: musegen evaluate COMMAND [ARGS]...",
        "musegen evaluate coconet --data",
        "musegen evaluate scores --help",
        "scores ",
        "coconet ",
    ):
        assert words in out


def test_short_help_is_the_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "-h"]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_nothing_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate"]) == 2
    assert "Usage: musegen evaluate" in capsys.readouterr().err


def test_unknown_measure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "coconnet"]) == 2
    err = capsys.readouterr().err
    assert "coconnet" in err
    assert "Did you mean 'coconet'?" in err


def test_a_file_may_be_called_nearly_like_a_command(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("score").write_bytes(b"not music")
    assert run(["evaluate", "score"]) == 1
    assert "Did you mean" not in capsys.readouterr().err


def test_any_other_word_is_a_score(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "tune.mid"]) == 2
    assert "tune.mid: no such file" in capsys.readouterr().err
