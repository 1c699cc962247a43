"""The first Ctrl-C finishes with the best so far, the second ends at once."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from musegen.cli._interrupt import graceful_interrupt
from musegen.cli.main import run
from musegen.coconet import predicting
from musegen.data.midi import read_midi
from musegen.data.score import Score
from musegen.engine.recipe import read_recipe

Untyped = Any  # a network's arguments pass through


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_first_ctrl_c_is_a_wish_and_the_second_an_interrupt() -> None:
    told: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), graceful_interrupt(told.append) as stopped:
        assert not stopped()
        press_ctrl_c()
        assert stopped()
        assert len(told) == 1
        assert "Ctrl-C again" in told[0]
        press_ctrl_c()
    assert signal.getsignal(signal.SIGINT) is before


def test_signals_are_left_alone_outside_the_main_thread() -> None:
    answers: list[bool] = []

    def work() -> None:
        with graceful_interrupt(print) as is_stopped:
            answers.append(is_stopped())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]


@pytest.fixture
def presses(monkeypatch: pytest.MonkeyPatch, fake_model: object) -> set[int]:
    """Numbers of the forward passes during which Ctrl-C is pressed."""
    numbers: set[int] = set()
    load = predicting.load_coconet
    calls: list[int] = []

    def pressing(name: str, *, device: str, precision: str) -> predicting.CoconetModel:
        model = load(name, device=device, precision=precision)

        def network(*given: Untyped) -> predicting.Prediction:
            calls.append(1)
            if len(calls) in numbers:
                press_ctrl_c()
            return model.network(*given)

        return replace(model, network=network)

    monkeypatch.setattr(predicting, "load_coconet", pressing)
    return numbers


COMMANDS = {
    "harmonize": ["harmonize", "solo.mid", "song.mid"],
    "complete": ["complete", "song.mid", "solo.mid"],
    "revoice": ["complete", "song.mid", "solo.mid", "--bars", "1-2", "--revoice"],
    "compose": ["compose", "--bars", "4"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_interrupted_work_is_written_and_ends_with_130(
    name: str,
    presses: set[int],
    song: Score,
    capsys: pytest.CaptureFixture[str],
) -> None:
    presses.add(3)
    words = ["--seed", "0", "--steps", "30", "-d", "out", "--json"]
    assert run([*COMMANDS[name], *words]) == 130
    told = json.loads(capsys.readouterr().out)
    first = told["results"][0] if "results" in told else told
    (output,) = first["outputs"]
    assert "stopped" in [warning["code"] for warning in first["warnings"]]
    path = Path(output["path"])
    assert all(part.notes for part in read_midi(path).score.parts)
    recipe = read_recipe(path.with_suffix(".musegen.json"))
    assert "stopped" in [notice["code"] for notice in recipe.notices]
    if name != "compose":
        assert len(told["results"]) == 1
        (left,) = [w for w in told["warnings"] if w["code"] == "inputs-left"]
        assert "1 input was not begun" in left["message"]


@pytest.mark.parametrize("name", COMMANDS)
def test_second_ctrl_c_leaves_nothing(
    name: str, presses: set[int], song: Score, capsys: pytest.CaptureFixture[str]
) -> None:
    presses.update({2, 3})
    words = ["--seed", "0", "--steps", "30", "-d", "out"]
    assert run([*COMMANDS[name], *words]) == 130
    assert "musegen: interrupted" in capsys.readouterr().err
    assert not Path("out").exists()


def test_given_notes_come_back_from_interrupted_work(
    presses: set[int], song: Score
) -> None:
    presses.add(1)
    assert run(["harmonize", "solo.mid", "--seed", "0", "-o", "x.mid"]) == 130
    assert read_midi(Path("x.mid")).score.parts[0] == song.parts[0]
