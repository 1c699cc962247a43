"""`musegen evaluate coconet`: protocols, options and what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.engine.seeds import generator

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
    return run(["evaluate", "coconet", "--data", "arrays.json", *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert evaluate("--draws", "4", "--orderings", "1", *arguments, "--json") == 0
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


def figures(
    capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[dict[str, Any]]:
    """The rows without how long they took."""
    rows: list[dict[str, Any]] = document(capsys, *arguments)["figures"]
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def test_table_has_a_row_for_each_protocol_and_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert evaluate("--draws", "4") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["protocol", "order", "nats"]
    assert [tuple(line.split()[:2]) for line in lines[1:]] == [
        ("framewise", "random"),
        ("framewise", "chronological"),
        ("lower-voices", "random"),
    ]
    assert all(float(line.split()[2]) > 0 for line in lines[1:])


def test_json_says_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "--split", "test", "--seed", "3")
    assert (told["command"], told["split"], told["seed"]) == (
        "evaluate coconet",
        "test",
        3,
    )
    assert told["model"]["name"] == "coconet_jsb_base"
    assert not told["leak_free"]
    first = told["figures"][0]
    assert (first["num_pieces"], first["num_units"]) == (4, 4 * NUM_STEPS)
    assert first["unit"] == "frame"


def test_same_seed_gives_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert figures(capsys) == figures(capsys)


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        (["--split", "valid"], ["--split", "test"]),
        (["--protocol", "framewise"], ["--protocol", "notewise"]),
        (["--order", "random"], ["--order", "chronological"]),
        (["--orderings", "1"], ["--orderings", "2"]),
        (["--draws", "4"], ["--draws", "5"]),
        (["--pieces", "1"], ["--pieces", "2"]),
        (["--units", "2"], ["--units", "3"]),
        ([], ["--leak-free"]),
        (["--seed", "0"], ["--seed", "1"]),
        ([], ["--model", "another"]),
    ],
    ids=str,
)
def test_option_changes_the_figures(
    arguments: list[str], others: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert figures(capsys, *arguments) != figures(capsys, *others)


def test_leak_free_leaves_out_known_tunes(capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = figures(capsys, "--leak-free", "--protocol", "lower-voices")
    assert row["num_pieces"] == 3
    (row,) = figures(capsys, "--protocol", "lower-voices")
    assert row["num_pieces"] == 4


def test_device_reaches_the_model(fake_model: list[tuple[str, str]]) -> None:
    words = ["--protocol", "lower-voices", "--draws", "1", "--device", "cpu"]
    assert evaluate(*words) == 0
    assert fake_model == [("coconet_jsb_base", "cpu")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--protocol", "lower-voices", "--order", "random"],
            ["--order does nothing", "lower-voices"],
        ),
        (
            ["--protocol", "lower-voices", "--units", "3"],
            ["--units does nothing", "lower-voices"],
        ),
        (["--leak-free", "--split", "train"], ["--leak-free", "choose another"]),
        (["--split", "all"], ["all", "valid"]),
        (["--draws", "0"], ["0", "--draws"]),
    ],
)
def test_options_that_cannot_act_are_refused(
    arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (None, 2, ["arrays.json"]),
        ("", 1, ["arrays.json", "empty"]),
        ("{}", 1, ["arrays.json", "train, valid, test"]),
        ('{"train": [], "valid": [[[1, 2]]], "test": []}', 1, ["valid 0", "4 pitches"]),
        (
            '{"train": [], "valid": [[[90, 60, 50, 40]]], "test": []}',
            1,
            ["pitch 90", "36 to 81"],
        ),
    ],
)
def test_data_that_cannot_be_used_is_told(
    content: str | None,
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is None:
        Path("arrays.json").unlink()
    else:
        Path("arrays.json").write_text(content, encoding="utf-8")
    assert evaluate() == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "internal error" not in err
    for word in words:
        assert word in err


def test_split_without_pieces_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("arrays.json").write_text('{"train": [], "valid": [], "test": []}')
    assert evaluate() == 1
    err = capsys.readouterr().err
    assert "internal error" not in err
    assert "valid" in err


def test_chorales_of_music21_are_the_default(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("music21", reason="the extra 'score'")
    words = ["--protocol", "lower-voices", "--pieces", "2", "--draws", "2", "--json"]
    assert run(["evaluate", "coconet", *words]) == 0
    (row,) = json.loads(capsys.readouterr().out)["figures"]
    assert row["num_pieces"] == 2
