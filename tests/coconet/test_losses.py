"""The orderless loss, by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.losses import (
    CellCrossEntropy,
    cell_cross_entropy,
    orderless_weights,
)

Untyped = Any  # Keras has no type information; options are of many types


def as_array(tensor: Untyped) -> NDArray[Any]:
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def random_batch(seed: int = 0) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(3, 4, 4, 46)).astype(np.float32)
    pitch = rng.integers(-1, 46, (3, 4, 4)).astype(np.int32)
    is_hidden = rng.random(pitch.shape) < np.array([0.1, 0.5, 0.9])[:, None, None]
    is_hidden[:, 0, 0] = True
    return logits, pitch, is_hidden


def test_a_cell_costs_what_its_pitch_was_given() -> None:
    logits = np.log([[[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]]]).astype(np.float32)
    pitch = np.array([[[1, 2]]], dtype=np.int32)
    found = as_array(cell_cross_entropy(logits + 3.0, pitch))
    assert found[0, 0] == pytest.approx(-np.log([0.25, 0.8]), rel=1e-5)


def test_silence_costs_nothing() -> None:
    logits, pitch, _ = random_batch()
    found = as_array(cell_cross_entropy(logits, pitch))
    assert (pitch < 0).any()
    assert not found[pitch < 0].any()
    assert (found[pitch >= 0] > 0.0).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_scores_give_a_finite_float32_loss(dtype: str) -> None:
    scores = np.zeros((1, 1, 4, 46), dtype=np.float32)
    scores[..., 7] = 6e4
    logits = keras.ops.cast(scores, dtype)
    found = cell_cross_entropy(logits, np.array([[[7, 8, -1, 0]]], dtype=np.int32))
    assert keras.backend.standardize_dtype(found.dtype) == "float32"
    assert as_array(found)[0, 0] == pytest.approx([0.0, 6e4, 0.0, 6e4], rel=1e-2)


def test_weights_make_a_mean_over_cells_the_mean_of_each_examples_hidden_cells() -> (
    None
):
    logits, pitch, is_hidden = random_batch()
    cells = as_array(cell_cross_entropy(logits, pitch))
    weights = orderless_weights(is_hidden)
    assert weights.dtype == np.float32
    assert not weights[~is_hidden].any()
    assert weights.mean(axis=(1, 2)) == pytest.approx([1.0, 1.0, 1.0])
    expected = np.mean(
        [cell[hidden].mean() for cell, hidden in zip(cells, is_hidden, strict=True)]
    )
    assert (cells * weights).mean() == pytest.approx(expected, rel=1e-5)


def test_the_keras_loss_is_that_mean() -> None:
    logits, pitch, is_hidden = random_batch(1)
    weights = orderless_weights(is_hidden)
    cells = as_array(cell_cross_entropy(logits, pitch))
    found = float(CellCrossEntropy()(pitch, logits, sample_weight=weights))
    assert found == pytest.approx(float((cells * weights).mean()), rel=1e-5)
    assert as_array(CellCrossEntropy(reduction=None)(pitch, logits)) == pytest.approx(
        cells
    )


def test_nothing_hidden_weighs_nothing() -> None:
    assert not orderless_weights(np.zeros((1, 2, 4), dtype=bool)).any()


def test_the_loss_comes_back_from_its_config() -> None:
    data = keras.saving.serialize_keras_object(CellCrossEntropy(name="cells"))
    again = keras.saving.deserialize_keras_object(data)
    assert isinstance(again, CellCrossEntropy)
    assert again.name == "cells"
