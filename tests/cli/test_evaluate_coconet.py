"""`musegen evaluate coconet`: protocols, options and what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.coconet import predicting
from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.engine.seeds import generator

GIVEN = ("--protocol", "given-voices")
IN_TIME = ("--protocol", "notewise", "--order", "chronological")

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")

NUM_STEPS = 8


def piece(index: int) -> list[list[int]]:
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
    assert evaluate(*arguments, "--json") == 0
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
        ("given-voices", "random"),
        ("given-voices", "chronological"),
        ("given-voices", "one-shot"),
    ]
    assert all(float(line.split()[2]) > 0 for line in lines[1:])


def test_json_says_what_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, "--split", "test", "--seed", "3")
    assert (told["command"], told["split"], told["seed"]) == (
        "evaluate coconet",
        "test",
        3,
    )
    (model,) = told["models"]
    assert model["name"] == "coconet_jsb_base"
    assert told["data"]["name"] == "arrays.json"
    assert not told["only_leak_free"]
    first = told["figures"][0]
    assert (first["unit"], first["orderings"]) == ("frame", 5)
    every, free = first["all"], first["leak_free"]
    assert (every["num_pieces"], every["num_units"]) == (4, 4 * NUM_STEPS)
    assert free["num_pieces"] == 3
    assert every["piece"]["mean"] != free["piece"]["mean"]
    assert every["piece"]["standard_error"] > 0
    assert list(every["voices"]) == ["soprano", "alto", "tenor", "bass"]
    assert 0 <= every["accuracy"]["mean"] <= 1
    assert [piece["index"] for piece in first["pieces"]] == [0, 1, 2, 3]
    means = [piece["nats"] for piece in first["pieces"]]
    assert np.mean(means) == pytest.approx(every["piece"]["mean"])


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
        (["--context", "0"], ["--context", "4"]),
        ([], ["--given", "bass"]),
        (["--given", "soprano, bass"], ["--given", "bass"]),
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


def test_the_order_of_voices_changes_the_chain_rule(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    load = predicting.load_coconet

    def load_honest(name_or_path: str, **options: Any) -> CoconetModel:  # noqa: ANN401
        """The stand-in, but it does not look at a soprano that is hidden."""
        model = load(name_or_path, **options)

        def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
            return model.logits(np.where(is_hidden, -1, pitch), is_hidden)

        return replace(model, network=network_of(logits))

    monkeypatch.setattr(predicting, "load_coconet", load_honest)

    def nats(*arguments: str) -> float:
        (row,) = figures(capsys, *IN_TIME, *arguments)
        mean: float = row["all"]["piece"]["mean"]
        return mean

    assert nats() == nats("--voice-order", "SATB") == nats("--voice-order", "satb")
    assert nats() != nats("--voice-order", "BTAS")


def test_pieces_do_not_depend_on_which_others_are_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def nats(*arguments: str) -> list[dict[int, float]]:
        return [
            {piece["index"]: piece["nats"] for piece in row["pieces"]}
            for row in figures(capsys, *arguments)
        ]

    every, two, free = nats(), nats("--pieces", "2"), nats("--leak-free")
    for row, some, others in zip(every, two, free, strict=True):
        assert some == {index: row[index] for index in (0, 1)}
        assert others == {index: row[index] for index in (1, 2, 3)}


def test_leak_free_leaves_out_known_tunes(capsys: pytest.CaptureFixture[str]) -> None:
    row, *_ = figures(capsys, "--leak-free", "--protocol", "given-voices")
    assert row["all"] == row["leak_free"]
    assert row["all"]["num_pieces"] == 3
    whole, *_ = figures(capsys, "--protocol", "given-voices")
    assert whole["all"]["num_pieces"] == 4
    assert whole["leak_free"] == row["all"]


def test_device_reaches_the_model(fake_model: list[tuple[str, str]]) -> None:
    words = ["--protocol", "given-voices", "--draws", "1", "--device", "cpu"]
    assert evaluate(*words) == 0
    assert fake_model == [("coconet_jsb_base", "cpu")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--order", "one-shot"], ["--order one-shot does nothing", "framewise"]),
        (
            [*GIVEN, "--order", "random", "--units", "3"],
            ["--units does nothing", "given-voices, random"],
        ),
        ([*GIVEN, "--order", "one-shot", "--context", "4"], ["--context does nothing"]),
        ([*GIVEN, "--orderings", "2"], ["--orderings does nothing", "given-voices"]),
        (
            [*IN_TIME, "--orderings", "2"],
            ["--orderings does nothing", "notewise, chronological"],
        ),
        ([*IN_TIME, "--draws", "2"], ["--draws does nothing"]),
        ([*IN_TIME, "--given", "bass"], ["--given does nothing"]),
        (
            ["--protocol", "framewise", "--voice-order", "SBAT"],
            ["--voice-order does nothing", "framewise, random"],
        ),
        (
            [*GIVEN, "--given", "soprano,alto,bass", "--voice-order", "SBAT"],
            ["--voice-order does nothing"],
        ),
        ([*IN_TIME, "--voice-order", "SSAT"], ["SSAT", "each of S, A, T and B once"]),
        (["--given", "viola"], ["'viola' is no voice", "soprano, alto"]),
        (["--given", "soprano,alto,tenor,bass"], ["nothing is left to predict"]),
        (["--context", "6"], ["6 is not whole beats"]),
        (["--overwrite"], ["--overwrite does nothing"]),
        (["--skip-existing"], ["--skip-existing does nothing"]),
        (["-o", "report.mid"], ["report.mid", "JSON"]),
        (["-o", "-", "--json"], ["-o -", "stdout"]),
        (["--model", "mine", "--model", "mine"], ["mine", "leave one of them out"]),
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
            ["piece 0 of valid", "pitch 90", "36 to 81"],
        ),
        (
            '{"train": [], "valid": [[[70, 60, 50, 40]]], "test": []}',
            1,
            ["piece 0 of valid", "1 steps", "beats of 4"],
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
    words = [*GIVEN, "--order", "one-shot", "--pieces", "2", "--json"]
    assert run(["evaluate", "coconet", *words]) == 0
    (row,) = json.loads(capsys.readouterr().out)["figures"]
    assert row["all"]["num_pieces"] == 2
    assert list(row["all"]["voices"]) == ["alto", "tenor", "bass"]


def test_leak_free_needs_training_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    splits = json.loads(Path("arrays.json").read_text())
    Path("arrays.json").write_text(json.dumps({**splits, "train": []}))
    assert evaluate("--leak-free") == 2
    assert "no training pieces to compare with" in capsys.readouterr().err
    assert all(row["leak_free"] is None for row in figures(capsys))


def test_one_order_of_time_is_run_once_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = document(capsys, *IN_TIME)
    assert told["figures"][0]["orderings"] == 1
    (remark,) = told["warnings"]
    assert remark["code"] == "one-ordering"
    assert "once, not 5 times" in remark["message"]


def test_a_limited_context_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    told = document(capsys, *IN_TIME, "--context", "4")
    assert told["figures"][0]["context_steps"] == 4
    assert "limited-context" in [remark["code"] for remark in told["warnings"]]


def test_models_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    words = (*GIVEN, "--model", "mine", "--model", "theirs")
    rows = figures(capsys, *words)
    assert [(row["model"], row["order"]) for row in rows[:3]] == [
        ("mine", "random"),
        ("theirs", "random"),
        ("mine", "chronological"),
    ]
    first, second = (row["all"]["piece"]["mean"] for row in rows[:2])
    assert "difference_to_first" not in rows[0]
    percent = rows[1]["difference_to_first"]["percent"]
    assert percent == pytest.approx(100 * (second / first - 1))
    alone = figures(capsys, *GIVEN, "--model", "theirs")
    assert alone[0]["all"] == rows[1]["all"]
    assert evaluate(*words) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[4:] == ["mine", "+-", "theirs", "+-", "%"]
    assert lines[0].split()[-1] == f"{percent:+.1f}"
    assert len(lines) == 3


def plane_reader(
    pitch: PitchIndex, is_hidden: IsHidden, planes: Planes
) -> predicting.Prediction:
    """A network that is surer of pitch 30 where it hears of a bar line or an end."""
    del is_hidden
    logits = np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)
    logits[..., 30] += (planes.metre + planes.fermata)[..., None]
    return predicting.Prediction(logits=logits)


def test_what_is_told_changes_the_figures(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("music21", reason="the chorales are read from music21")
    load = predicting.load_coconet
    monkeypatch.setattr(
        predicting,
        "load_coconet",
        lambda *given, **named: replace(load(*given, **named), network=plane_reader),
    )
    command = ["evaluate", "coconet", *GIVEN, "--order", "one-shot", "--pieces", "1"]
    means = []
    for option in ([], ["--told"]):
        assert run([*command, *option, "--json"]) == 0
        (figure,) = json.loads(capsys.readouterr().out)["figures"]
        means.append(figure["all"]["piece"]["mean"])
    assert means[0] == pytest.approx(np.log(NUM_PITCHES))
    assert means[0] != means[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--told",), "needs data with metre and fermatas"),
        (("--told", "--context", "8"), "leave --context out"),
    ],
)
def test_telling_what_cannot_be_told_is_refused(
    options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(*options) == 2
    assert message in capsys.readouterr().err


def test_telling_a_deaf_model_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("music21", reason="the chorales are read from music21")
    load = predicting.load_coconet
    monkeypatch.setattr(
        predicting,
        "load_coconet",
        lambda *given, **named: replace(
            load(*given, **named), config=BeatNetworkConfig(planes=())
        ),
    )
    assert run(["evaluate", "coconet", "--told"]) == 2
    assert "none of the models hears" in capsys.readouterr().err
