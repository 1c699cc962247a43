from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest

from musegen.cli._progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_nothing_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Working", 3) as advance:
        advance()
        advance(2)
    assert stream.getvalue() == ""


def test_without_a_terminal_rich_is_not_imported() -> None:
    script = (
        "import sys\n"
        "from musegen.cli._progress import progress\n"
        "with progress('Working', 3) as advance: advance()\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_bar_counts_its_steps_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Harmonizing [bold].mid", 3) as advance:
        advance()
        advance(2)
    assert "Harmonizing [bold].mid" in stream.getvalue()
    assert "3/3" in stream.getvalue()
    assert capsys.readouterr().out == ""


def test_where_the_number_of_steps_is_known_the_time_left_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Training", 4) as advance:
        advance(2)
        advance(2)
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", stream.getvalue())
    assert "0/4 0:00:00 -:--:-- left" in plain  # nothing is done: nothing is known
    assert re.search(r"4/4 \d:\d\d:\d\d 0:00:00 left", plain)


def test_without_a_total_there_is_no_count(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Loading the model") as advance:
        advance()
    assert "Loading the model" in stream.getvalue()
    assert "/" not in stream.getvalue().replace("\x1b[?25", "")
    assert "left" not in stream.getvalue()


def test_a_command_can_forbid_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Working", 3, is_shown=False) as advance:
        advance()
    assert stream.getvalue() == ""


def test_an_error_within_goes_on_and_the_bar_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises(KeyError), progress("Working", 3):
        raise KeyError
    assert sys.stderr is stream
