"""The log has whole lines, one a step, also after a kill."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from musegen.engine.run_log import RunLog


def lines(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_values_are_appended_a_line_each(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "new" / "run", use_tensorboard=False)
    log.write(1, {"loss": 2.5})
    log.write(2, {"loss": 1.5, "rate": 0.1})
    log.close()
    assert log.path.name == "metrics.jsonl"
    assert lines(log.path) == [
        {"step": 1, "loss": 2.5},
        {"step": 2, "loss": 1.5, "rate": 0.1},
    ]


def test_a_second_sitting_appends(tmp_path: Path) -> None:
    for step in (1, 2):
        log = RunLog(tmp_path, use_tensorboard=False)
        log.write(step, {"loss": 0.0})
        log.close()
    assert [line["step"] for line in lines(tmp_path / "metrics.jsonl")] == [1, 2]


def test_lines_past_a_step_and_torn_lines_are_dropped(tmp_path: Path) -> None:
    log = RunLog(tmp_path, use_tensorboard=False)
    for step in range(5):
        log.write(step, {"loss": float(step)})
    with log.path.open("a", encoding="utf-8") as file:
        file.write('{"step": 2, "lo')  # a kill in the middle of a line
    log.truncate_after(2)
    assert [line["step"] for line in lines(log.path)] == [0, 1, 2]
    log.write(3, {"loss": 9.0})
    assert lines(log.path)[-1] == {"step": 3, "loss": 9.0}


def test_there_need_be_nothing_to_drop(tmp_path: Path) -> None:
    log = RunLog(tmp_path, use_tensorboard=False)
    log.truncate_after(3)
    assert not log.path.exists()


def test_event_files_are_written_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="writes the event files")
    log = RunLog(tmp_path)
    log.write(5, {"train/loss": 0.25})
    log.close()
    (file,) = (tmp_path / "tensorboard").glob("events.out.tfevents.*")
    assert b"train/loss" in file.read_bytes()


def test_without_tensorboard_the_lines_are_still_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary", None)
    log = RunLog(tmp_path)
    log.write(1, {"loss": 1.0})
    log.close()
    assert len(lines(log.path)) == 1
    assert not (tmp_path / "tensorboard").exists()
