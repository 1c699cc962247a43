"""Stages of training: each has its presets, its options, and its way to a folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from musegen.cli import _train_stages as stages
from musegen.cli._output import Output
from musegen.data.errors import TrainingError, UsageError
from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.generators import (
    exporting,
    expression_training,
    material,
    synthesis_training,
)
from musegen.midi_ddsp.generators.material import Material
from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS, SYNTHESIS_PRESETS

CLIPS = TrainingData(
    source="clips.parquet",
    path=Path("some/clips.parquet"),
    options=("--data", "clips"),
)
RESULT = TrainingResult(state=RunState(step=9), stopped_early=False, metrics={})
GENERATORS = {
    "synthesis": (SYNTHESIS_PRESETS, "num_played"),
    "expression": (EXPRESSION_PRESETS, "batch_size"),
}


class Paper:
    """An output that keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.tasks: list[tuple[str, int | None, list[int]]] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def progress(
        self, name: str, length: int | None = None
    ) -> Iterator[Callable[[int], None]]:
        done: list[int] = []
        self.tasks.append((name, length, done))
        yield done.append


@pytest.fixture
def paper() -> Paper:
    return Paper()


def output(paper: Paper) -> Output:
    return cast("Output", paper)


@pytest.mark.parametrize("name", stages.STAGES)
def test_every_stage_has_a_default_that_options_change(name: str) -> None:
    stage = stages.stage_named(name)
    for preset in ("default", "tiny"):
        config = stage.preset(preset)
        assert stage.changed(config, None, None) == config
        changed = stage.changed(config, 5, 7)
        size = "num_played" if name == "synthesis" else "batch_size"
        assert changed == dataclasses.replace(config, seed=7, **{size: 5})
        assert stage.changed(config, None, 0).seed == 0


@pytest.mark.parametrize("name", stages.STAGES)
def test_presets_that_a_stage_has_not_are_a_sentence(name: str) -> None:
    stage = stages.stage_named(name)
    refused = 0
    for preset in stages.PRESETS:
        try:
            stage.preset(preset)
        except UsageError as error:
            refused += 1
            assert f"--stage {name} has no preset '{preset}': choose" in str(error)
            assert "default" in str(error)
    assert refused < len(stages.PRESETS) - 1
    with pytest.raises(UsageError, match="no preset 'none'") as caught:
        stage.preset("none")
    for preset in stages.PUBLISHED_PRESETS.get(name, ()):
        assert preset in str(caught.value)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_run_remembers_its_config(name: str, tmp_path: Path) -> None:
    stage = stages.stage_named(name)
    config = stage.preset("tiny")
    claim_run_folder(tmp_path, config, type(config).from_json, resume=False)
    assert stage.stored(tmp_path) == config
    other = next(key for key in GENERATORS if key != name)
    with pytest.raises(TrainingError, match="no training config of this version"):
        stages.stage_named(other).stored(tmp_path)
    with pytest.raises(TrainingError, match="holds no run to resume"):
        stage.stored(tmp_path / "none")


def test_only_networks_that_learn_from_sound_heard_hear_it() -> None:
    hears = {name: stages.stage_named(name).hears_clips for name in stages.STAGES}
    assert hears == {"inference": False, "synthesis": True, "expression": True}
    assert not any(stages.stage_named(name).begins_from_models for name in hears)


# === From clips to a folder ===


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Everything but hearing and training: what it is asked for."""
    calls: dict[str, Any] = {}

    def hear(path: Path, model: str, **options: Any) -> Material[str]:  # noqa: ANN401
        options.pop("tell")(1, 2)
        calls["hear"] = (path, model, options)
        return Material(train=("one", "two"), valid=("three",), scales=cast("Any", 0))

    def train(
        train: tuple[str, ...],
        valid: tuple[str, ...],
        **options: Any,  # noqa: ANN401 - the run's own arguments pass through
    ) -> tuple[str, TrainingResult]:
        calls["train"] = (train, valid, options)
        return "network", RESULT

    def export(network: str, **options: Any) -> None:  # noqa: ANN401
        calls["export"] = (network, options)

    for module, name, function in (
        (material, "hear_lines", hear),
        (material, "hear_notes", hear),
        (synthesis_training, "train_synthesis", train),
        (expression_training, "train_expression", train),
        (exporting, "export_synthesis", export),
        (exporting, "export_expression", export),
    ):
        monkeypatch.setattr(module, name, function)
    return calls


@pytest.mark.parametrize("name", GENERATORS)
def test_what_was_heard_is_trained_on_and_exported(
    name: str, calls: dict[str, Any], paper: Paper
) -> None:
    stage = stages.stage_named(name)
    config = stage.preset("tiny")
    run = stages.Run(
        config=config,
        data=CLIPS,
        run_dir=Path("run"),
        export_dir=Path("made"),
        resume=True,
        inference_model="ears",
    )
    assert stage.train(run, output(paper)) is RESULT
    assert calls["hear"][:2] == (Path("some/clips.parquet"), "ears")
    train, valid, options = calls["train"]
    assert (train, valid) == (("one", "two"), ("three",))
    assert (options["config"], options["resume"]) == (config, True)
    assert options["run_dir"] == Path("run")
    network, options = calls["export"]
    assert (network, options["folder"]) == ("network", Path("made"))
    assert options["result"] is RESULT
    assert options["data"].source == (
        "clips.parquet, pieces of the split train (2 recordings)"
    )
    assert options["data"].options == ("--data", "clips", "--inference-model", "ears")
    hearing, training, _ = paper.tasks
    assert hearing[2] == [1]
    assert training[:2] == ("Training", config.loop.num_steps)


def test_the_baseline_is_told_nothing_of_expression(
    calls: dict[str, Any], paper: Paper
) -> None:
    stage = stages.stage_named("synthesis")
    for preset, is_told in (("baseline", False), ("default", True)):
        run = stages.Run(
            config=stage.preset(preset),
            data=CLIPS,
            run_dir=Path("run"),
            export_dir=Path("made"),
            resume=False,
            inference_model="ears",
        )
        stage.train(run, output(paper))
        assert calls["hear"][2] == {"is_told_expression": is_told}
        assert paper.tasks[-2][1] is None  # by time, so no number of steps
