from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import ModelFolderError, NumericsError, UsageError
from musegen.engine.model_folder import ModelFolder, NetworkFile, write_model_folder
from musegen.engine.predictor import check_finite, check_inputs, load_predictor


@pytest.fixture
def folder(tmp_path: Path) -> ModelFolder:
    """A model whose network is no network."""
    return write_model_folder(
        tmp_path / "toy",
        name="toy",
        kind="coconet",
        version="1",
        architecture={},
        licence="CC0",
        summary="",
        weights=b"",
        networks={
            "expression": NetworkFile(file="e.onnx", inputs=("x",), outputs=("y",)),
            "synthesis": NetworkFile(file="s.onnx", inputs=("x",), outputs=("y",)),
        },
        onnx={"e.onnx": b"no graph", "s.onnx": b"no graph"},
        card="",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "tpu"}, "device must be one of auto, cpu, gpu; got 'tpu'"),
        ({"backend": "torch"}, "backend must be one of onnx, keras; got 'torch'"),
        ({"num_threads": 0}, "num_threads must be at least 1; received 0"),
        ({"backend": "keras", "network": "synthesis"}, "needs build="),
    ],
)
def test_options_are_checked(
    folder: ModelFolder, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        load_predictor(folder, **options)


def test_a_network_that_is_not_there_gets_the_list(folder: ModelFolder) -> None:
    with pytest.raises(ModelFolderError, match="it has expression, synthesis"):
        load_predictor(folder)


def test_a_damaged_network_is_named(folder: ModelFolder) -> None:
    with pytest.raises(ModelFolderError, match=r"cannot load .*e\.onnx"):
        load_predictor(folder, network="expression")


def test_a_missing_network_is_named(folder: ModelFolder) -> None:
    (folder.path / "s.onnx").unlink()
    with pytest.raises(ModelFolderError, match=r"s\.onnx is missing"):
        load_predictor(folder, network="synthesis")


def test_inputs_of_the_right_names_pass() -> None:
    check_inputs({"b": np.ones(1), "a": np.ones(1)}, ("a", "b"))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_counted(value: float) -> None:
    array = np.array([0.0, value, 2.0])
    with pytest.raises(NumericsError, match="in 1 of 3 values of 'logits'"):
        check_finite({"fine": np.zeros(2), "logits": array})
