"""Losses of orderless training: values per cell first, reductions as a named step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


def cell_cross_entropy(logits: Any, pitch: Any) -> Any:
    """Negative log likelihood of each cell, in nats.

    Args:
        logits: (batch, time, voice, pitch).
        pitch: (batch, time, voice) index of the true pitch; -1 (silence) gives 0.

    Returns:
        (batch, time, voice), float32, at least 0.
    """
    logits = ops.cast(logits, "float32")
    pitch = ops.cast(pitch, "int32")
    is_note = ops.cast(pitch >= 0, "float32")
    target = ops.one_hot(ops.maximum(pitch, 0), logits.shape[-1], dtype="float32")
    log_normalizer = ops.logsumexp(logits, axis=-1)
    return is_note * (log_normalizer - ops.sum(target * logits, axis=-1))


@keras.saving.register_keras_serializable(package="musegen")
class CellCrossEntropy(keras.losses.Loss):
    """`cell_cross_entropy` as Keras takes it; weight cells with `orderless_weights`."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return nats a cell, (batch, time, voice), before weights and reduction."""
        return cell_cross_entropy(y_pred, y_true)


def orderless_weights(is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Weights that turn a plain mean over cells into the orderless loss.

    Args:
        is_hidden: (batch, time, voice), True = hidden, at least one an example.

    Returns:
        Same shape, 0 for visible cells; for hidden ones the number of cells over the
        number hidden, so that each example counts alike and the loss estimates the
        joint likelihood over all orders, in nats a cell.

    Source:
        Huang et al., ISMIR 2017; only hidden cells count, as in the paper (the released
        code's default also counts visible ones).
    """
    num_cells = is_hidden.shape[1] * is_hidden.shape[2]
    num_hidden = is_hidden.sum(axis=(1, 2), keepdims=True)
    weights = is_hidden * (num_cells / np.maximum(num_hidden, 1))
    return np.asarray(weights, dtype=np.float32)
