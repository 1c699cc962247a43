"""The file that makes an evaluation resumable, and the files it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from musegen.coconet.evaluation_log import EvaluationLog
from musegen.coconet.likelihood import PieceSums
from musegen.coconet.protocols import Task
from musegen.data.errors import FileFormatError, InputError, OutputError

SETTINGS = {"models": "mine:1234", "seed": 3, "given": (0, 3), "units": None}
TASK = Task(protocol="notewise", order="random")
OTHER = Task(protocol="notewise", order="chronological")


def sums(loss: float = 0.1 + 0.2) -> PieceSums:
    return PieceSums(
        num_units=4,
        num_sounding_units=3,
        loss=loss,
        single_loss=1 / 3,
        voice_cells=(1, 1, 1, 0),
        voice_losses=(0.1, 0.2, 0.3, 0.0),
        voice_hits=(0.2, 1.0, 0.0, 0.0),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log of three values."""
    file = tmp_path / "done.jsonl"
    log = EvaluationLog(file, SETTINGS)
    log.add("1234", TASK, 0, sums())
    log.add("1234", TASK, 1, sums(2.0))
    log.add("1234", OTHER, 0, sums(3.0))
    return file


def test_what_was_kept_is_found_again_exactly(path: Path) -> None:
    log = EvaluationLog(path, SETTINGS)
    assert len(log) == 3
    assert not log.has_dropped_line
    assert log.get("1234", TASK, 0) == sums()
    assert log.get("1234", OTHER, 0) == sums(3.0)
    assert log.get("1234", TASK, 2) is None
    assert log.get("9999", TASK, 0) is None


def test_the_file_grows_by_a_line_a_value(path: Path) -> None:
    before = path.read_bytes()
    EvaluationLog(path, SETTINGS).add("1234", OTHER, 5, sums())
    after = path.read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == 5
    assert json.loads(after.splitlines()[-1])["piece"] == 5


@pytest.mark.parametrize("tail", [b'{"model": "12', b'{"model": "12\n', b"\0\0\0\n"])
def test_a_last_line_that_was_cut_off_is_dropped(path: Path, tail: bytes) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    log = EvaluationLog(path, SETTINGS)
    assert log.has_dropped_line
    assert len(log) == 3
    assert path.read_bytes() == whole
    log.add("1234", TASK, 2, sums())
    assert len(EvaluationLog(path, SETTINGS)) == 4


def test_a_kill_at_any_moment_leaves_a_file_that_can_be_gone_on_with(
    path: Path,
) -> None:
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        log = EvaluationLog(path, SETTINGS)
        assert len(log) == max(0, whole[:length].count(b"\n") - 1)
        log.add("1234", OTHER, 9, sums())
        assert EvaluationLog(path, SETTINGS).get("1234", OTHER, 9) == sums()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": "theirs:99"}, "models mine:1234, not theirs:99"),
        ({"seed": 4}, "seed 3, not 4"),
        ({"given": (0,)}, r"given \[0, 3\], not \[0\]"),
        ({"units": 7}, "units null, not 7"),
    ],
)
def test_a_file_of_other_settings_is_refused_and_left_alone(
    path: Path, change: dict[str, Any], words: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(InputError, match=words):
        EvaluationLog(path, {**SETTINGS, **change})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        b"some words",
        b"some words\n",
        b"[1, 2]\n",
        b'{"kind": "recipe", "settings": {}}\n',
        b"MThd\0\0\0\6\0\1",
    ],
)
def test_a_file_of_another_kind_is_refused_and_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "tune.mid"
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"tune\.mid is not a file"):
        EvaluationLog(file, SETTINGS)
    assert file.read_bytes() == content


def test_another_version_is_refused(path: Path) -> None:
    first, *rest = path.read_text().splitlines()
    changed = json.dumps({**json.loads(first), "schema_version": 99})
    path.write_text("\n".join([changed, *rest]) + "\n")
    with pytest.raises(FileFormatError, match="version 99"):
        EvaluationLog(path, SETTINGS)


@pytest.mark.parametrize("line", ["{", "[]", '{"model": "1234"}'])
def test_damage_before_the_last_line_is_named(path: Path, line: str) -> None:
    lines = path.read_text().splitlines()
    lines[2] = line
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(FileFormatError, match="line 3 is damaged"):
        EvaluationLog(path, SETTINGS)


def test_places_that_cannot_be_written_or_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        EvaluationLog(tmp_path / "absent" / "done.jsonl", SETTINGS)
    with pytest.raises(InputError, match="cannot be read"):
        EvaluationLog(tmp_path, SETTINGS)
