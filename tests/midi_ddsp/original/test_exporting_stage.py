"""One trained half becomes a model with the other half of what it began from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.original import exporting_stage
from musegen.midi_ddsp.original.exporting_card import TakenHalf, TrainedHalf
from musegen.midi_ddsp.original.exporting_stage import (
    Origin,
    export_stage,
    is_left_untrained,
    read_origin,
)
from musegen.midi_ddsp.original.keras_config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.original.keras_expression_generator import (
    build_expression_network,
)
from musegen.midi_ddsp.original.keras_synthesis_generator import (
    CHECKPOINT_PREFIX,
    build_synthesis_network,
)
from musegen.midi_ddsp.original.keras_weights import checkpoint_tensors
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.training_config import (
    EXPRESSION_PRESETS,
    SYNTHESIS_PRESETS,
)

Untyped = Any  # Keras has no type information
RESULT = TrainingResult(
    state=RunState(step=12, best_step=8), stopped_early=False, metrics={}
)


@pytest.fixture(scope="module")
def networks() -> dict[str, Untyped]:
    return {
        "synthesis": build_synthesis_network(SynthesisNetworkConfig()),
        "expression": build_expression_network(ExpressionNetworkConfig()),
    }


def exported(
    half: str, network: Untyped, origin: Origin | None, folder: Path
) -> tuple[Origin, str]:
    """A model of one trained half, read again, and its card in one line."""
    presets: dict[str, Any] = {
        "synthesis": SYNTHESIS_PRESETS,
        "expression": EXPRESSION_PRESETS,
    }
    written = export_stage(
        network,
        config=presets[half]["paper"],
        result=RESULT,
        origin=origin,
        data=TrainingData(source=f"{half} clips", weights_licence="Apache-2.0"),
        instruments=["violin"],
        folder=folder,
    )
    assert OriginalModel.load(written.path).name == folder.name
    return read_origin(written.path), " ".join(written.card.split())


def assert_same(tensors: Untyped, network: Untyped, prefix: str) -> None:
    expected = checkpoint_tensors(network, prefix=prefix)
    assert set(tensors) == set(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(tensors[name], array)


def test_the_two_halves_are_trained_one_after_the_other(
    networks: dict[str, Untyped], tmp_path: Path
) -> None:
    first, card = exported("synthesis", networks["synthesis"], None, tmp_path / "first")
    assert "Expression Generator: the expression half is untrained" in card
    assert "The weights are under Apache-2.0." in card
    assert first.untrained == {"expression"}
    assert is_left_untrained("expression", first)
    assert is_left_untrained("expression", None)
    assert_same(first.tensors["synthesis"], networks["synthesis"], CHECKPOINT_PREFIX)
    fresh = first.tensors["expression"]["birnn/forward_layer/cell/kernel"]
    assert fresh.any()

    both, card = exported(
        "expression", networks["expression"], first, tmp_path / "both"
    )
    assert "untrained" not in card
    assert "Synthesis Generator: taken from 'first' as it was. 12 steps of 16" in card
    assert "Data: synthesis clips (violin)." in card
    assert "begun from the weights of 'first'" in card
    assert both.untrained == frozenset()
    assert not is_left_untrained("synthesis", both)
    assert_same(both.tensors["synthesis"], networks["synthesis"], CHECKPOINT_PREFIX)
    assert_same(both.tensors["expression"], networks["expression"], "")


CLIPS = TrainingData(source="clips", weights_licence="Apache-2.0")
START = StartingModel(name="given", digest="0", licence="not stated")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a model would be written with, without networks."""
    said: dict[str, Any] = {}

    def export(*networks: str, **arguments: object) -> None:
        said.update(arguments, networks=networks)

    def given(half: str, origin: Origin | None, seed: int) -> str:
        return f"{half} given"

    monkeypatch.setattr(exporting_stage, "export_original", export)
    monkeypatch.setattr(exporting_stage, "_given_network", given)
    return said


def origin_with(**changes: Any) -> Origin:  # noqa: ANN401 - fields of any type
    fields: dict[str, Any] = {
        "name": "given",
        "path": Path("given"),
        "digest": "0",
        "licence": "not stated",
        "tensors": {},
        "rooms": np.ones((20, 48_000), np.float32),
        "trainings": {"synthesis": "7 steps."},
        "untrained": frozenset({"expression"}),
    }
    return Origin(**{**fields, **changes})


def test_an_origin_lends_its_half_and_rooms_and_its_licence_holds(
    said: dict[str, Any],
) -> None:
    origin = origin_with()
    common: dict[str, Any] = {
        "result": RESULT,
        "origin": origin,
        "data": CLIPS,
        "instruments": ["violin"],
        "folder": Path("made"),
    }
    export_stage("net", config=SYNTHESIS_PRESETS["paper"], **common)
    assert said["networks"] == ("net", "expression given")
    assert said["reverbs"] is None  # it was trained without
    assert said["start"] == START
    assert said["expression"] is None  # untrained there, so untrained here
    assert said["synthesis"].begun_from == "given"
    export_stage("net", config=EXPRESSION_PRESETS["paper"], **common)
    assert said["networks"] == ("synthesis given", "net")
    assert said["reverbs"] is origin.rooms
    assert said["synthesis"] == TakenHalf(model="given", told="7 steps.")
    common["origin"] = origin_with(trainings={}, untrained=frozenset())
    export_stage("net", config=SYNTHESIS_PRESETS["paper"], **common)
    assert said["expression"] == TakenHalf(model="given")
    common["origin"] = None
    export_stage("net", config=EXPRESSION_PRESETS["paper"], **common)
    assert said["start"] is None
    assert said["data"] is CLIPS
    assert said["expression"] == TrainedHalf(
        config=EXPRESSION_PRESETS["paper"], result=RESULT
    )
    assert said["synthesis"] is None
