from __future__ import annotations

import io
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import click
import pytest

from musegen.cli._output import Output, Report, table
from musegen.data.errors import FileFormatError, ModelNotFoundError, UsageError
from musegen.data.notices import Notice
from musegen.data.score import BarBeat

NOTICE = Notice(
    code="unclosed-note",
    message="a note never ends",
    place=BarBeat(bar=9, beat=Fraction(3, 2)),
)


def the_object(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    document: dict[str, Any] = json.loads(lines[0])
    assert next(iter(document)) == "schema_version"
    assert document["schema_version"] == 1
    return document


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(), 0),
        (Report(done=2), 0),
        (Report(skipped=2), 0),
        (Report(done=1, failure_codes=[1]), 3),
        (Report(skipped=1, failure_codes=[4]), 3),
        (Report(failure_codes=[4]), 4),
        (Report(failure_codes=[2, 2]), 2),
        (Report(failure_codes=[1, 4]), 1),
    ],
)
def test_the_report_is_the_exit_code(report: Report, code: int) -> None:
    assert report.exit_code == code


def test_the_report_reads_as_counts() -> None:
    report = Report(done=3, skipped=1, failure_codes=[1, 4])
    assert str(report) == "3 done, 1 skipped, 2 failed"


def test_human_mode_puts_data_on_stdout_and_words_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Output() as output:
        output.note("reading")
        output.notice(NOTICE)
        output.result({"bars": 4}, human="4 bars")
        output.path(Path("a.mid"))
    out, err = capsys.readouterr()
    assert out == "4 bars\na.mid\n"
    assert err == "reading\nmusegen: note: bar 9, beat 1.5: a note never ends\n"


def test_first_words_are_said_as_the_work_begins(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Output() as output:
        output.begin_with("seed 3")
        with output.item("a.mid"):
            assert capsys.readouterr().err == "seed 3\n"
        output.note("done")
    assert capsys.readouterr().err == "done\n"
    with Output() as output:
        output.begin_with("seed 3")
    assert capsys.readouterr().err == "seed 3\n"


def test_first_words_are_left_out_where_all_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(UsageError), Output() as output:
        output.begin_with("seed 3")
        raise UsageError("no")
    assert capsys.readouterr().err == ""


def test_quiet_prints_only_paths(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(quiet=True) as output:
        output.note("reading")
        output.notice(NOTICE)
        output.result({"bars": 4}, human="4 bars")
        output.path(Path("a.mid"))
        output.expect(2)
    assert capsys.readouterr() == ("a.mid\n", "")


def test_quiet_still_gives_the_data_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Output(quiet=True).data("the script")
    Output(json=True).data("nothing of this")
    assert capsys.readouterr() == ("the script\n", "")


def test_json_is_one_object_and_words_stay_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Output(json=True, command="show") as output:
        output.note("reading")
        output.notice(NOTICE)
        output.result({"bars": 4}, human="4 bars")
        output.path(Path("a.mid"))
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "schema_version": 1,
        "command": "show",
        "bars": 4,
        "warnings": [
            {
                "code": "unclosed-note",
                "bar": 9,
                "beat": 1.5,
                "message": "a note never ends",
            }
        ],
    }
    assert "reading" in err


def test_json_of_one_input_stands_at_the_top(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_notice = Notice(code="slow", message="no GPU")
    with Output(json=True, command="harmonize") as output:
        output.expect(1)
        output.notice(run_notice)
        with output.item("tune.mid") as item:
            item.notice(NOTICE)
            item.output(Path("tune.harmonized.mid"), format="midi", seed=17)
            item.set(seconds=4.2)
    document = the_object(capsys)
    assert document["command"] == "harmonize"
    assert document["input"] == "tune.mid"
    assert document["status"] == "done"
    assert document["outputs"] == [
        {"path": "tune.harmonized.mid", "format": "midi", "seed": 17}
    ]
    assert document["seconds"] == 4.2
    assert [w["code"] for w in document["warnings"]] == ["slow", "unclosed-note"]


def test_json_of_several_inputs_is_a_list_with_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Output(json=True) as output:
        output.expect(3)
        with output.item("a.mid") as item:
            item.output(None, format="midi")
        with output.item("b.mid") as item:
            item.skip("its outputs exist")
        with output.item("c.mid"):
            raise FileFormatError("c.mid: not a MIDI file")
    document = the_object(capsys)
    assert document["counts"] == {"done": 1, "skipped": 1, "failed": 1}
    first, second, third = document["results"]
    assert first["outputs"] == [{"path": "-", "format": "midi"}]
    assert (second["status"], second["reason"]) == ("skipped", "its outputs exist")
    assert third["error"] == {
        "code": "file-format",
        "message": "c.mid: not a MIDI file",
        "exit_code": 1,
    }
    assert output.exit_code == 3


def test_a_batch_ends_with_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    with Output() as output:
        output.expect(2)
        with output.item("a.mid") as item:
            item.output(Path("a.out.mid"))
        with output.item("b.mid") as item:
            item.skip("its outputs exist")
    out, err = capsys.readouterr()
    assert out == "a.out.mid\n"
    assert err == "b.mid: skipped, its outputs exist\n1 done, 1 skipped, 0 failed\n"


def test_a_failing_input_is_named_once_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Output(quiet=True) as output:
        with output.item("a.mid"):
            raise FileFormatError("a.mid: not a MIDI file")
        with output.item("b.mid"):
            raise FileFormatError("no header")
        with output.item("-"):
            raise FileFormatError("standard input is empty")
        with output.item("c.mid"):
            pass
    assert capsys.readouterr().err.splitlines() == [
        "musegen: a.mid: not a MIDI file",
        "musegen: b.mid: no header",
        "musegen: standard input is empty",
    ]
    assert output.exit_code == 3


def test_the_single_failure_gives_its_own_exit_code() -> None:
    output = Output()
    with output.item("a.mid"):
        raise ModelNotFoundError("no model 'bahc'")
    assert output.exit_code == 4


def test_a_fault_of_ours_in_one_input_is_told_and_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output()
    with output.item("a.mid"):
        raise ZeroDivisionError
    err = capsys.readouterr().err
    assert err.startswith("musegen: a.mid: internal error (ZeroDivisionError)")
    assert "Traceback" not in err
    assert output.exit_code == 1


def test_debug_shows_the_traceback_of_an_input(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = Output(debug=True)
    with output.item("a.mid"):
        raise ZeroDivisionError
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "kind", [KeyboardInterrupt, BrokenPipeError, click.exceptions.Exit]
)
def test_what_ends_the_program_is_not_swallowed(kind: type[BaseException]) -> None:
    output = Output()
    with pytest.raises(kind), output.item("a.mid"):
        raise kind
    assert output.report.failed == 0


def test_an_error_of_the_whole_run_is_in_the_json_and_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(UsageError), Output(json=True, command="show"):
        raise UsageError("-o and -d contradict one another")
    document = the_object(capsys)
    assert document["error"] == {
        "code": "usage",
        "message": "-o and -d contradict one another",
        "exit_code": 2,
    }


def test_an_early_end_is_not_an_error_in_the_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(click.exceptions.Exit), Output(json=True):
        raise click.exceptions.Exit(0)
    assert "error" not in the_object(capsys)


def test_nothing_is_printed_into_a_closed_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BrokenPipeError), Output(json=True):
        raise BrokenPipeError
    assert capsys.readouterr().out == ""


def test_stdout_that_carries_a_file_carries_nothing_else(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    with Output() as output:
        output.binary(b"MThd\xff\x00")
        output.result(human="4 bars")
        output.path(Path("a.svg"))
    out, err = capfdbinary.readouterr()
    assert out == b"MThd\xff\x00"
    assert err == b"4 bars\na.svg\n"


@pytest.mark.parametrize(
    ("json_", "quiet", "terminal", "style"),
    [
        (False, False, True, "bar"),
        (True, False, True, "none"),
        (False, True, True, "none"),
        (False, False, False, "lines"),
        (True, False, False, "lines"),
        (False, True, False, "none"),
    ],
)
def test_a_bar_is_for_people_at_a_terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    json_: bool,
    quiet: bool,
    terminal: bool,
    style: str,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(sys, "stderr", stream)
    output = Output(json=json_, quiet=quiet)
    assert output.progress_style == style
    with output.progress("Working", 2) as advance:
        advance(2)
    assert ("Working" in stream.getvalue()) is (style == "bar")
    assert capsys.readouterr().out == ""


def test_a_table_is_aligned_and_has_no_trailing_blanks() -> None:
    assert table(("NAME", "SIZE"), [("a", "10"), ("longer", "2")]) == (
        "NAME    SIZE\na       10\nlonger  2"
    )
    assert table(("A", "B"), []) == "A  B"
