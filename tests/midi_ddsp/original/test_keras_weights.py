"""Weights move between Keras and the files of the original, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, ModelFolderError
from musegen.midi_ddsp.original.keras_config import ExpressionNetworkConfig
from musegen.midi_ddsp.original.keras_expression_generator import (
    build_expression_network,
)
from musegen.midi_ddsp.original.keras_weights import (
    assign_checkpoint,
    checkpoint_tensors,
    model_tensors,
)
from musegen.midi_ddsp.original.weights import WeightReader

Untyped = Any  # Keras has no type information
TINY = ExpressionNetworkConfig(embedding_units=2, units=3, stack_units=4)


def tiny() -> Untyped:
    return build_expression_network(TINY)


def test_names_and_shapes_are_those_of_the_released_files(
    expression_weights: WeightReader,
) -> None:
    network = build_expression_network(ExpressionNetworkConfig())
    found = checkpoint_tensors(network, prefix="")
    released = {
        name: array.shape
        for name, array in expression_weights.tensors.items()
        if name in found
    }
    assert {name: array.shape for name, array in found.items()} == released
    assert len(found) == 28


def test_weights_given_and_taken_are_the_same() -> None:
    first, second = tiny(), tiny()
    tensors = checkpoint_tensors(first, prefix="here/")
    assign_checkpoint(second, tensors, prefix="here/")
    for name, array in checkpoint_tensors(second, prefix="here/").items():
        np.testing.assert_array_equal(array, tensors[name])


def test_a_missing_or_other_tensor_is_named() -> None:
    network = tiny()
    tensors = checkpoint_tensors(network, prefix="")
    other = {**tensors, "norm/scale": np.zeros((1, 1, 1, 9), np.float32)}
    with pytest.raises(FileFormatError, match=r"'norm/scale' has the shape \(1, 1"):
        assign_checkpoint(network, other, prefix="")
    del tensors["rnn1/cell/bias"]
    with pytest.raises(FileFormatError, match="'rnn1/cell/bias' is missing"):
        assign_checkpoint(network, tensors, prefix="")


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError):
        model_tensors(tmp_path)
