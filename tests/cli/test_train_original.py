"""The published generators: which runs they are, what they begin from and leave."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from musegen.cli import _train_stages as stages
from musegen.cli._output import Output
from musegen.cli._train_original import OriginalStage, chosen_stage
from musegen.data.errors import TrainingError, UsageError
from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.generators.presets import SYNTHESIS_PRESETS as OUR_PRESETS
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.original import (
    exporting_stage,
    training_config,
    training_expression,
    training_synthesis,
)
from musegen.midi_ddsp.original.exporting_stage import Origin
from musegen.midi_ddsp.takes import reading

RESULT = TrainingResult(state=RunState(step=9), stopped_early=False, metrics={})
PRESETS: dict[str, Any] = {
    "synthesis": training_config.SYNTHESIS_PRESETS,
    "expression": training_config.EXPRESSION_PRESETS,
}


class Paper:
    """An output that keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, notice: object) -> None:
        self.notices.append(str(notice))

    def progress(
        self, name: str, length: int | None = None
    ) -> nullcontext[Any]:  # an `Advance`
        return nullcontext(lambda _count: None)


@dataclass(kw_only=True)
class Calls:
    origins: list[Path | str] = field(default_factory=list)
    trained: dict[str, Any] = field(default_factory=dict)
    exported: dict[str, Any] = field(default_factory=dict)
    instruments: tuple[str, ...] = ("violin", "flute", "violin")
    origin: Origin


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Calls:
    """Everything but hearing and training: what it is asked for."""
    calls = Calls(
        origin=Origin(
            name="given",
            path=tmp_path / "given",
            digest="1234",
            licence="free",
            tensors={
                "synthesis": {"s": np.zeros(1, np.float32)},
                "expression": {"e": np.ones(1, np.float32)},
            },
            rooms=np.ones((20, 3), np.float32),
            trainings={},
            untrained=frozenset(),
        )
    )

    def hear(
        path: Path, model: str, *, splits: tuple[str, ...], tell: Callable[..., None]
    ) -> Iterator[object]:
        assert (path.name, model) == ("clips.parquet", "ears loaded")
        assert splits == ("train", "valid")
        for index, name in enumerate(calls.instruments):
            yield SimpleNamespace(
                recording=f"recording {index}",
                instrument=name,
                split="valid" if index == 2 else "train",
                notes=("a note",),
            )
        yield SimpleNamespace(instrument="kazoo", split="train", notes=())
        tell(1, 1)

    def train(half: str) -> Any:  # noqa: ANN401 - a function
        def trainer(train: list[Any], valid: list[Any], **options: object) -> object:
            calls.trained = {"half": half, "train": train, "valid": valid, **options}
            return "network", RESULT

        return trainer

    def export(network: str, **options: object) -> None:
        calls.exported = {"network": network, **options}

    def read(name_or_path: str | Path) -> Origin:
        calls.origins.append(name_or_path)
        return calls.origin

    for owner, name, function in (
        (InferenceModel, "load", lambda name, num_threads: f"{name} loaded"),
        (reading, "iterate_takes", hear),
        (training_synthesis, "train_original_synthesis", train("synthesis")),
        (training_expression, "train_original_expression", train("expression")),
        (exporting_stage, "export_stage", export),
        (exporting_stage, "read_origin", read),
    ):
        monkeypatch.setattr(owner, name, function)
    return calls


def trained(
    half: str, run_dir: Path, *, resume: bool = False, begun_from: str | None = None
) -> list[str]:
    """Run a stage; return what was remarked."""
    paper = Paper()
    run = stages.Run(
        config=PRESETS[half]["paper"],
        data=TrainingData(
            source="clips.parquet", path=Path("some/clips.parquet"), sha256="1"
        ),
        run_dir=run_dir,
        export_dir=Path("made"),
        resume=resume,
        inference_model="ears",
        begun_from=begun_from,
    )
    assert OriginalStage(half).train(run, cast("Output", paper)) is RESULT
    return paper.notices


# === Which network a command means ===


@pytest.mark.parametrize("half", PRESETS)
def test_presets_say_which_network_is_meant(half: str) -> None:
    assert tuple(PRESETS[half]) == stages.PUBLISHED_PRESETS[half]
    for preset, config in PRESETS[half].items():
        stage = chosen_stage(half, preset, None)
        assert stage.preset(preset) == config
        assert stage.begins_from_models
        assert stage.changed(config, None, None) == config
        assert stage.changed(config, 5, 0) == dataclasses.replace(
            config, batch_size=5, seed=0
        )
    for other in (None, "default", "tiny"):
        assert not chosen_stage(half, other, None).begins_from_models
    assert not chosen_stage("inference", "paper", None).begins_from_models


@pytest.mark.parametrize("half", PRESETS)
def test_a_run_that_goes_on_says_which_network_is_meant(
    half: str, tmp_path: Path
) -> None:
    config = PRESETS[half]["paper"]
    claim_run_folder(tmp_path, config, type(config).from_json, resume=False)
    assert chosen_stage(half, None, tmp_path).stored(tmp_path) == config
    for other in set(stages.STAGES) - {half}:
        with pytest.raises(UsageError, match=f"resume it with --stage {half}"):
            chosen_stage(other, None, tmp_path)


def test_runs_of_ours_and_no_runs_are_ours(tmp_path: Path) -> None:
    ours = OUR_PRESETS["tiny"]
    claim_run_folder(tmp_path / "run", ours, type(ours).from_json, resume=False)
    stage = chosen_stage("synthesis", None, tmp_path / "run")
    assert stage.stored(tmp_path / "run") == ours
    with pytest.raises(TrainingError, match="no training config of this version"):
        OriginalStage("synthesis").stored(tmp_path / "run")
    with pytest.raises(TrainingError, match="holds no run to resume"):
        chosen_stage("synthesis", None, tmp_path).stored(tmp_path)


# === From clips to a folder ===


@pytest.mark.parametrize(
    ("half", "other"), [("synthesis", "expression"), ("expression", "synthesis")]
)
def test_without_a_model_to_begin_from_the_other_half_is_said_to_be_untrained(
    half: str, other: str, calls: Calls, tmp_path: Path
) -> None:
    (notice,) = trained(half, tmp_path)
    assert f"the {other} half of the model stays untrained" in notice
    assert f"--stage {other} --preset paper --from" in notice
    assert calls.trained["half"] == half
    assert calls.trained["initial"] is None
    assert calls.trained["config"] == PRESETS[half]["paper"]
    assert [take.recording for take in calls.trained["train"]] == [
        "recording 0",
        "recording 1",
    ]
    assert len(calls.trained["valid"]) == 1
    assert calls.exported["network"] == "network"
    assert calls.exported["origin"] is None
    assert calls.exported["result"] is RESULT
    assert calls.exported["folder"] == Path("made")
    assert calls.exported["instruments"] == ("flute", "violin")
    assert calls.exported["data"].source == (
        "clips.parquet, pieces of the split train (2 recordings)"
    )


@pytest.mark.parametrize("half", PRESETS)
def test_a_run_begins_from_a_model_and_remembers_it(
    half: str, calls: Calls, tmp_path: Path
) -> None:
    notices = trained(half, tmp_path, begun_from="given")
    assert all("rooms" in notice for notice in notices)
    assert len(notices) == (half == "synthesis")
    assert calls.trained["initial"] is calls.origin.tensors[half]
    assert calls.exported["origin"] is calls.origin
    trained(half, tmp_path, resume=True)
    assert calls.origins == ["given", calls.origin.path]
    assert calls.trained["resume"]
    assert calls.exported["origin"] is calls.origin
    calls.origin = dataclasses.replace(calls.origin, digest="5678")
    with pytest.raises(TrainingError, match="has changed since"):
        trained(half, tmp_path, resume=True)


def test_a_half_that_is_untrained_in_the_model_begun_from_stays_so(
    calls: Calls, tmp_path: Path
) -> None:
    calls.origin = dataclasses.replace(
        calls.origin, untrained=frozenset({"expression"}), rooms=None
    )
    (notice,) = trained("synthesis", tmp_path, begun_from="given")
    assert "the expression half of the model stays untrained" in notice
    assert trained("expression", tmp_path / "other", begun_from="given") == []


def test_a_new_run_forgets_what_one_that_never_began_began_from(
    calls: Calls, tmp_path: Path
) -> None:
    trained("expression", tmp_path, begun_from="given")
    trained("expression", tmp_path)
    trained("expression", tmp_path, resume=True)
    assert calls.exported["origin"] is None


def test_a_damaged_remark_of_what_a_run_began_from_is_a_sentence(
    calls: Calls, tmp_path: Path
) -> None:
    trained("expression", tmp_path, begun_from="given")
    (path,) = tmp_path.iterdir()
    for text in ("{", json.dumps({"model": "given"}), json.dumps({"model": 3})):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(TrainingError, match="does not say what the run began from"):
            trained("expression", tmp_path, resume=True)


def test_instruments_without_a_slot_are_told_before_the_training(
    calls: Calls, tmp_path: Path
) -> None:
    calls.instruments = ("alto saxophone",)
    with pytest.raises(TrainingError, match="no slot"):
        trained("expression", tmp_path)
    assert not calls.trained
