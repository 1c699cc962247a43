from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from musegen.data.errors import ModelFolderError, NumericsError, UsageError
from musegen.engine import onnx_predictor
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
            "synthesis": NetworkFile(
                file="s.onnx", inputs=("x",), outputs=("y",), eight_bits="s8.onnx"
            ),
        },
        onnx={name: b"no graph" for name in ("e.onnx", "s.onnx", "s8.onnx")},
        card="",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "tpu"}, "device must be one of auto, cpu, gpu; got 'tpu'"),
        ({"backend": "torch"}, "backend must be one of onnx, keras; got 'torch'"),
        ({"precision": "int4"}, "precision must be one of .*; got 'int4'"),
        ({"precision": "int8", "network": "expression"}, "has no network in 8 bits"),
        ({"precision": "int8", "network": "synthesis", "backend": "keras"}, "onnx"),
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


@pytest.mark.parametrize(
    ("precision", "device", "has_gpu", "file"),
    [
        ("float32", "cpu", False, "s.onnx"),
        ("int8", "cpu", False, "s8.onnx"),
        ("auto", "cpu", True, "s8.onnx"),
        ("auto", "auto", False, "s8.onnx"),
        ("auto", "auto", True, "s.onnx"),
    ],
)
def test_eight_bits_are_taken_where_a_cpu_computes(
    folder: ModelFolder,
    monkeypatch: pytest.MonkeyPatch,
    precision: str,
    device: str,
    has_gpu: bool,
    file: str,
) -> None:
    taken: list[str] = []

    def predictor(content: bytes, *, where: str, **others: object) -> str:
        taken.append(Path(where).name)
        return "a predictor"

    providers = ["CUDAExecutionProvider"] if has_gpu else []
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: providers)
    monkeypatch.setattr(onnx_predictor, "OnnxPredictor", predictor)
    load_predictor(folder, network="synthesis", precision=precision, device=device)
    assert taken == [file]


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
