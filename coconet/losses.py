"""Losses of orderless training: values per cell first, reductions as a named step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES


def cell_cross_entropy(logits: Any, pitch: Any) -> Any:
    """Negative log likelihood of each cell, in nats.

    Args:
        logits: (batch, time, voice, class), the pitches and, where the network writes
            rests, silence.
        pitch: (batch, time, voice) index of the true pitch, -1 = silence: 0 where the
            network has no class for it.

    Returns:
        (batch, time, voice), float32, at least 0.
    """
    logits = ops.cast(logits, "float32")
    pitch = ops.cast(pitch, "int32")
    num_classes = logits.shape[-1]
    log_normalizer = ops.logsumexp(logits, axis=-1)
    if num_classes > NUM_PITCHES:
        index = ops.where(pitch < 0, NUM_PITCHES, pitch)
        target = ops.one_hot(index, num_classes, dtype="float32")
        return log_normalizer - ops.sum(target * logits, axis=-1)
    is_note = ops.cast(pitch >= 0, "float32")
    target = ops.one_hot(ops.maximum(pitch, 0), num_classes, dtype="float32")
    return is_note * (log_normalizer - ops.sum(target * logits, axis=-1))


@keras.saving.register_keras_serializable(package="musegen")
class CellCrossEntropy(keras.losses.Loss):
    """`cell_cross_entropy` as Keras takes it; weight cells with `cell_weights`."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return nats a cell, (batch, time, voice), before weights and reduction."""
        return cell_cross_entropy(y_pred, y_true)


@keras.saving.register_keras_serializable(package="musegen")
class OnsetCrossEntropy(keras.losses.Loss):
    """Cross entropy of "struck anew", in nats; weight cells by `onset_weights`."""

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return nats a cell, (batch, time, voice), before weights and reduction."""
        struck = ops.cast(y_true, "float32")
        odds = ops.cast(y_pred, "float32")
        return ops.softplus(odds) - struck * odds


def cell_weights(
    is_hidden: NDArray[np.bool_], emphasis: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Weights that turn a plain mean over cells into the orderless loss.

    Args:
        is_hidden: (batch, time, voice), True = hidden, at least one an example.
        emphasis: Same shape, how much each hidden cell counts beside the others of its
            example; None counts all alike.

    Returns:
        Same shape, 0 for visible cells. The weights of each example sum to its number
        of cells, so that each counts alike. Without emphasis the loss estimates the
        joint likelihood over all orders, in nats a cell.

    Source:
        Huang et al., ISMIR 2017; only hidden cells count, as in the paper (the released
        code's default also counts visible ones).
    """
    num_cells = is_hidden.shape[1] * is_hidden.shape[2]
    wanted = is_hidden.astype(np.float64)
    if emphasis is not None:
        wanted *= emphasis
    total = wanted.sum(axis=(1, 2), keepdims=True)
    weights = wanted * (num_cells / np.maximum(total, 1e-9))
    return np.asarray(weights, dtype=np.float32)


def onset_weights(
    is_asked: NDArray[np.bool_], *, share: float = 1.0
) -> NDArray[np.float32]:
    """Weights that turn a mean over cells into `share` x the mean over cells asked.

    Args:
        is_asked: (batch, time, voice): which onsets count.
        share: Weight of the whole.
    """
    weight = share * is_asked.size / max(1, int(is_asked.sum()))
    return np.asarray(is_asked * weight, dtype=np.float32)
