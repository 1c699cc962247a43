"""`musegen evaluate coconet`: the report as a file, and going on after an end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.coconet import protocols
from musegen.engine.seeds import generator

WORDS = ("--protocol", "given-voices", "--draws", "4")

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")

NUM_STEPS = 8


def piece(index: int) -> list[list[int]]:
    """Eight sixteenths of four voices."""
    lows = np.array((67, 62, 55, 45))
    drawn = lows + generator(0, "piece", index).integers(0, 8, (NUM_STEPS, 4))
    return [[int(pitch) for pitch in step] for step in drawn]


@pytest.fixture(autouse=True)
def arrays(workplace: Path) -> None:
    """Pieces; the first of each split opens with the same tune."""
    splits = {
        split: [piece(0), *(piece(10 * place + i) for i in range(1, 4))]
        for place, split in enumerate(("train", "valid", "test"))
    }
    Path("arrays.json").write_text(json.dumps(splits), encoding="utf-8")


def evaluate(*arguments: str) -> int:
    return run(["evaluate", "coconet", "--data", "arrays.json", *WORDS, *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """The report without how long it took."""
    assert evaluate(*arguments, "--json") == 0
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    for row in loaded["figures"]:
        del row["seconds"]
    return loaded


def test_the_report_is_written_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("-o", "report.json") == 0
    assert capsys.readouterr().out.startswith("protocol")
    report = json.loads(Path("report.json").read_text())
    assert next(iter(report)) == "schema_version"
    for row in report["figures"]:
        del row["seconds"]
    told = document(capsys)
    assert report == {name: told[name] for name in report}
    assert evaluate("-d", "reports") == 0
    assert Path("reports/arrays.evaluation.json").exists()
    capsys.readouterr()
    assert evaluate("-o", "-") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["figures"]
    assert err.startswith("protocol")


def test_a_report_that_exists_is_kept_replaced_or_passed_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("report.json").write_text("mine")
    assert evaluate("-o", "report.json") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert evaluate("-o", "report.json", "--skip-existing") == 0
    assert "skipped" in capsys.readouterr().err
    assert Path("report.json").read_text() == "mine"
    assert evaluate("-o", "report.json", "--overwrite") == 0
    assert Path("report.json").read_text().startswith("{")


def test_data_are_never_overwritten_by_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = Path("arrays.json").read_bytes()
    assert evaluate("-o", "arrays.json", "--overwrite") == 2
    assert "input and an output" in capsys.readouterr().err
    assert Path("arrays.json").read_bytes() == before


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the pieces that are really measured; ends the program at a given one."""
    counted: list[int] = []
    measure = protocols.measure

    def counting(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
        if counted and counted[0] < 0:
            counted[0] += 1
            if not counted[0]:
                raise KeyboardInterrupt
        counted.append(1)
        return measure(*arguments, **options)

    monkeypatch.setattr(protocols, "measure", counting)
    return counted


def test_a_second_call_measures_nothing_again(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    plain = document(capsys)
    calls.clear()
    first = document(capsys, "--resume-file", "done.jsonl")
    assert len(calls) == 12  # three orders of four pieces
    calls.clear()
    again = document(capsys, "--resume-file", "done.jsonl")
    assert not calls
    assert plain == first == again


def test_more_pieces_and_protocols_go_on_in_the_same_file(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    resume = ("--resume-file", "done.jsonl")
    document(capsys, *resume, "--pieces", "2", "--order", "random")
    assert len(calls) == 2
    calls.clear()
    found = document(capsys, *resume)
    assert len(calls) == 10
    assert found == document(capsys)


def test_an_interrupt_keeps_what_is_done_and_says_how_to_go_on(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = document(capsys)
    calls[:] = [-7]  # the seventh piece is interrupted
    assert evaluate("--resume-file", "done.jsonl") == 130
    out, err = capsys.readouterr()
    assert "6 of 12 values are kept in done.jsonl" in err
    assert "the same command goes on from there" in err
    assert len(out.splitlines()) == 2  # the one order that was whole
    calls.clear()
    assert evaluate("--resume-file", "done.jsonl") == 0
    assert len(calls) == 6
    assert "6 values of done.jsonl are taken over" in capsys.readouterr().err
    assert document(capsys, "--resume-file", "done.jsonl") == whole


def test_an_interrupt_without_a_file_says_that_nothing_is_kept(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    calls[:] = [-2]
    assert evaluate("-o", "report.json", "--json") == 130
    out, err = capsys.readouterr()
    assert "nothing was kept: with --resume-file" in err
    told = json.loads(out)
    assert told["figures"] == []
    assert told["error"]["code"] == "interrupted"
    assert not Path("report.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "another"], "models coconet_jsb_base:"),
        (["--split", "test"], "split valid, not test"),
        (["--seed", "1"], "seed 0, not 1"),
        (["--draws", "5"], "draws 4, not 5"),
        (["--units", "3"], "units null, not 3"),
        (["--given", "bass"], "given [0], not [3]"),
        (["--voice-order", "SBAT"], "voice-order [0, 1, 2, 3], not [0, 3, 1, 2]"),
        (["--context", "4"], "context null, not 4"),
        (["--protocol", "framewise", "--orderings", "2"], "orderings 5, not 2"),
    ],
)
def test_a_file_of_another_measurement_is_refused(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate("--resume-file", "done.jsonl") == 0
    capsys.readouterr()
    before = Path("done.jsonl").read_bytes()
    assert evaluate("--resume-file", "done.jsonl", *arguments) == 1
    err = capsys.readouterr().err
    assert words in err
    assert "name another file" in err
    assert Path("done.jsonl").read_bytes() == before


def test_other_data_under_the_same_name_are_noticed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("--resume-file", "done.jsonl") == 0
    splits = json.loads(Path("arrays.json").read_text())
    splits["valid"][3][0][0] += 1
    Path("arrays.json").write_text(json.dumps(splits))
    assert evaluate("--resume-file", "done.jsonl") == 1
    assert "another evaluation (data " in capsys.readouterr().err


def test_a_damaged_last_line_is_measured_again_and_said(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = document(capsys, "--resume-file", "done.jsonl")
    file = Path("done.jsonl")
    file.write_bytes(file.read_bytes()[:-20])
    calls.clear()
    found = document(capsys, "--resume-file", "done.jsonl")
    assert len(calls) == 1
    assert [remark["code"] for remark in found["warnings"]] == ["damaged-last-line"]
    assert found["figures"] == whole["figures"]


def test_v_tells_each_piece_and_the_time_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("-v") == 0
    lines = [
        line
        for line in capsys.readouterr().err.splitlines()
        if line.startswith("musegen.evaluate: ")
    ]
    assert len(lines) == 12
    assert "given-voices, random: 1 of 4 pieces" in lines[0]
    assert lines[-1].endswith("about 0 s to go in all")
