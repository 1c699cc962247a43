"""The interface to networks: what goes in, what comes out, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from musegen.coconet import network
from musegen.coconet.config import BeatNetworkConfig, NetworkConfig, config_to_json
from musegen.coconet.predicting import (
    KIND,
    CoconetModel,
    build_from_model_config,
    check_shape,
    load_coconet,
    log_probabilities,
    logits_function,
)
from musegen.data.errors import ModelFolderError

Untyped = Any  # Keras has no type information; options are of many types


def fake_predictor(inputs: dict[str, Any]) -> dict[str, Any]:
    assert inputs["pitch"].dtype == np.int32
    assert inputs["is_hidden"].dtype == np.float32
    shape = (*inputs["pitch"].shape, 46)
    scores = inputs["pitch"][..., None] + 100.0 * inputs["is_hidden"][..., None]
    return {"logits": np.broadcast_to(scores, shape).astype(np.float64)}


def test_log_probabilities_are_a_softmax_in_double_precision() -> None:
    scores = np.array([[[[0.0, np.log(3.0)], [1000.0, 1000.0]]]], dtype=np.float32)
    found = log_probabilities(scores)
    assert found.dtype == np.float64
    assert found[0, 0] == pytest.approx(np.log([[0.25, 0.75], [0.5, 0.5]]), rel=1e-6)


def test_a_predictor_is_asked_in_its_own_types() -> None:
    pitch = np.array([[[3, 5, -1, 7]]], dtype=np.int16)
    is_hidden = np.array([[[False, True, False, False]]])
    found = logits_function(fake_predictor)(pitch, is_hidden)  # type: ignore[arg-type]
    assert found.shape == (1, 1, 4, 46)
    assert found.dtype == np.float32
    assert found[0, 0, :, 0].tolist() == [3.0, 105.0, -1.0, 7.0]


@pytest.mark.parametrize(
    ("pitch_shape", "hidden_shape"),
    [((4, 4), (4, 4)), ((1, 4, 3), (1, 4, 3)), ((1, 4, 4), (1, 8, 4))],
)
def test_arrays_that_are_no_grids_are_refused(
    pitch_shape: tuple[int, ...], hidden_shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"must both be \(batch, time, 4\); received"):
        check_shape(np.zeros(pitch_shape, np.int16), np.zeros(hidden_shape, np.bool_))


@pytest.mark.parametrize("index", [-2, 46])
def test_an_index_that_is_no_pitch_is_refused(index: int) -> None:
    pitch = np.zeros((1, 4, 4), dtype=np.int16)
    pitch[0, 1, 2] = index
    with pytest.raises(ValueError, match="a pitch index is -1 to 45; received"):
        check_shape(pitch, pitch < 0)


@pytest.mark.parametrize("num_steps", [0, 4])
def test_grids_are_let_through(num_steps: int) -> None:
    pitch = np.full((2, num_steps, 4), -1, dtype=np.int16)
    check_shape(pitch, pitch < 0)


def install_engine(patch: pytest.MonkeyPatch, architecture: object) -> dict[str, Any]:
    """Stand-ins for the engine that keep what they were asked for."""
    asked: dict[str, Any] = {}
    folder = SimpleNamespace(
        path=Path("models/toy"),
        config=SimpleNamespace(name="toy", architecture=architecture),
        digest="abc",
    )

    def find_model(name_or_path: str | Path, *, kind: str) -> SimpleNamespace:
        asked.update(name_or_path=name_or_path, kind=kind)
        return folder

    def load_predictor(found: SimpleNamespace, **options: Untyped) -> Untyped:
        assert found is folder
        asked.update(options)
        return fake_predictor

    models = ModuleType("musegen.engine.models")
    models.__dict__["find_model"] = find_model
    predictor = ModuleType("musegen.engine.predictor")
    predictor.__dict__["load_predictor"] = load_predictor
    patch.setitem(sys.modules, models.__name__, models)
    patch.setitem(sys.modules, predictor.__name__, predictor)
    return asked


def test_a_model_is_loaded_by_name_with_the_options_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = BeatNetworkConfig(step_channels=8)
    asked = install_engine(monkeypatch, config_to_json(config))
    model = load_coconet("toy", device="gpu", backend="keras", num_threads=3)
    assert (model.name, model.digest, model.config) == ("toy", "abc", config)
    assert (model.lowest_pitch, model.highest_pitch) == (36, 81)
    assert asked.pop("build") is build_from_model_config
    assert asked == {
        "name_or_path": "toy",
        "kind": KIND,
        "device": "gpu",
        "backend": "keras",
        "num_threads": 3,
    }
    pitch = np.zeros((1, 4, 4), dtype=np.int16)
    assert model.logits(pitch, pitch < 0).shape == (1, 4, 4, 46)


@pytest.mark.parametrize(
    "architecture",
    [{}, {"architecture": "doodle"}, {"architecture": "beat", "beat_dilations": 3}],
)
def test_a_folder_of_another_network_is_refused_by_its_path(
    monkeypatch: pytest.MonkeyPatch, architecture: object
) -> None:
    install_engine(monkeypatch, architecture)
    words = r"toy/config\.json describes no Coconet network .*--model"
    with pytest.raises(ModelFolderError, match=words):
        load_coconet("toy")


def test_the_network_of_a_folder_is_built_from_its_config(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[NetworkConfig] = []
    monkeypatch.setattr(network, "build_network", built.append)
    config = BeatNetworkConfig(step_channels=8)
    folder_config: Any = SimpleNamespace(architecture=config_to_json(config))
    build_from_model_config(folder_config)
    assert built == [config]


def test_a_model_is_a_function_with_a_name() -> None:
    model = CoconetModel(
        name="fake",
        digest="0",
        config=BeatNetworkConfig(),
        logits=lambda pitch, _hidden: np.zeros((*pitch.shape, 46), np.float32),
    )
    assert model.highest_pitch - model.lowest_pitch == 45
