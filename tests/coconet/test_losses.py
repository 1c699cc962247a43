"""The orderless loss, by hand."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.losses import (
    CellCrossEntropy,
    OnsetCrossEntropy,
    cell_cross_entropy,
    cell_weights,
    onset_weights,
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


def test_silence_costs_nothing_where_it_is_no_class() -> None:
    logits, pitch, _ = random_batch()
    found = as_array(cell_cross_entropy(logits, pitch))
    assert (pitch < 0).any()
    assert not found[pitch < 0].any()
    assert (found[pitch >= 0] > 0.0).all()


def test_silence_is_the_last_of_47_classes() -> None:
    logits, pitch, _ = random_batch()
    wide = np.concatenate([logits, logits[..., :1] + 0.5], axis=-1)
    found = as_array(cell_cross_entropy(wide, pitch))
    index = np.where(pitch < 0, 46, pitch)[..., None]
    odds = np.exp(wide.astype(np.float64))
    share = np.take_along_axis(odds, index, axis=-1)[..., 0] / odds.sum(axis=-1)
    assert found == pytest.approx(-np.log(share), rel=1e-4)
    assert (found[pitch < 0] > 0.0).all()


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
    weights = cell_weights(is_hidden)
    assert weights.dtype == np.float32
    assert not weights[~is_hidden].any()
    assert weights.mean(axis=(1, 2)) == pytest.approx([1.0, 1.0, 1.0])
    expected = np.mean(
        [cell[hidden].mean() for cell, hidden in zip(cells, is_hidden, strict=True)]
    )
    assert (cells * weights).mean() == pytest.approx(expected, rel=1e-5)


def test_the_keras_loss_is_that_mean() -> None:
    logits, pitch, is_hidden = random_batch(1)
    weights = cell_weights(is_hidden)
    cells = as_array(cell_cross_entropy(logits, pitch))
    found = float(CellCrossEntropy()(pitch, logits, sample_weight=weights))
    assert found == pytest.approx(float((cells * weights).mean()), rel=1e-5)
    assert as_array(CellCrossEntropy(reduction=None)(pitch, logits)) == pytest.approx(
        cells
    )


def test_nothing_hidden_weighs_nothing() -> None:
    assert not cell_weights(np.zeros((1, 2, 4), dtype=bool)).any()


def test_emphasis_shifts_weight_within_an_example_and_not_between_them() -> None:
    _, _, is_hidden = random_batch()
    emphasis = np.ones(is_hidden.shape, dtype=np.float32)
    emphasis[1, :2] = 8.0
    weights = cell_weights(is_hidden, emphasis)
    assert weights.dtype == np.float32
    assert not weights[~is_hidden].any()
    assert weights.sum(axis=(1, 2)) == pytest.approx([16.0] * 3)
    plain = cell_weights(is_hidden)
    for item in (0, 2):  # where emphasis is even, its size has no influence
        assert np.array_equal(weights[item], plain[item])
    early, late = weights[1, :2].max(), weights[1, 2:].max()
    assert early == pytest.approx(8.0 * late)
    assert cell_weights(is_hidden, emphasis * 3.0) == pytest.approx(weights)


def test_struck_notes_cost_what_their_odds_say() -> None:
    odds = np.log(np.array([[[3.0, 3.0, 1.0, 1e-9]]], dtype=np.float32))
    struck = np.array([[[1.0, 0.0, 1.0, 0.0]]], dtype=np.float32)
    found = as_array(OnsetCrossEntropy(reduction=None)(struck, odds))
    expected = -np.log([0.75, 0.25, 0.5, 1.0])
    assert found[0, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("share", [1.0, 0.1])
def test_onset_weights_make_a_mean_over_cells_a_share_of_that_over_cells_asked(
    share: float,
) -> None:
    rng = np.random.default_rng(0)
    is_asked = rng.random((3, 8, 4)) < 0.2
    losses = rng.random(is_asked.shape)
    weights = onset_weights(is_asked, share=share)
    assert weights.dtype == np.float32
    assert (losses * weights).mean() == pytest.approx(share * losses[is_asked].mean())


def test_where_no_onset_is_asked_none_counts() -> None:
    assert not onset_weights(np.zeros((1, 2, 4), dtype=bool)).any()


@pytest.mark.parametrize("cls", [CellCrossEntropy, OnsetCrossEntropy])
def test_a_loss_comes_back_from_its_config(cls: Untyped) -> None:
    data = keras.saving.serialize_keras_object(cls(name="cells"))
    again = keras.saving.deserialize_keras_object(data)
    assert type(again) is cls
    assert again.name == "cells"
