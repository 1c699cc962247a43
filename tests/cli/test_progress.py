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


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def lines(
    capsys: pytest.CaptureFixture[str],
    steps: list[tuple[float, int]],
    total: int | None,
) -> list[str]:
    """What is printed by steps that end at times after the start."""
    clock = Clock()
    with progress("Hearing a.wav", total, style="lines", clock=clock) as advance:
        for at_s, num_steps in steps:
            clock.now_s = 100.0 + at_s
            advance(num_steps)
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()


def test_without_a_terminal_a_line_comes_every_ten_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = [(float(second), 1) for second in range(1, 51)]
    assert lines(capsys, steps, 50) == [
        "Hearing a.wav: 20 %, 40 s left",
        "Hearing a.wav: 40 %, 30 s left",
        "Hearing a.wav: 60 %, 20 s left",
        "Hearing a.wav: 80 %, 10 s left",
    ]


def test_a_job_of_less_than_ten_seconds_has_no_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lines(capsys, [(4.0, 1), (9.9, 1)], 3) == []
    assert lines(capsys, [(4.0, 1), (9.9, 1)], None) == []


def test_the_last_step_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(capsys, [(30.0, 2)], 2) == []


@pytest.mark.parametrize(
    ("at_s", "left"), [(10.0, "30 s"), (60.0, "3 min"), (2500.0, "2 h 5 min")]
)
def test_long_times_are_told_in_minutes_and_hours(
    at_s: float, left: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lines(capsys, [(at_s, 1)], 4) == [f"Hearing a.wav: 25 %, {left} left"]


def test_without_a_total_a_line_counts(capsys: pytest.CaptureFixture[str]) -> None:
    steps = [(6.0, 300), (12.0, 300), (18.0, 300), (24.0, 300)]
    assert lines(capsys, steps, None) == [
        "Hearing a.wav: 600 done in 12 s",
        "Hearing a.wav: 1200 done in 24 s",
    ]


def test_lines_are_what_a_stream_without_a_terminal_gets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, clock = io.StringIO(), Clock()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("Working", 2, clock=clock) as advance:
        clock.now_s += 11.0
        advance()
    assert stream.getvalue() == "Working: 50 %, 11 s left\n"


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
    clock = Clock()
    with progress("Working", 3, style="none", clock=clock) as advance:
        clock.now_s += 11.0
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
