"""Dilated convolutions over frames, as taps that dense layers weigh.

Three taps and a dense layer are a convolution of kernel 3; written so, they run fast in
TensorFlow and in ONNX Runtime whatever the dilation. Norms are over the channels of one
frame, so that a long sequence may be worked through in pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

_EPSILON = 1e-5


@keras.saving.register_keras_serializable(package="musegen")
class DilatedTaps(keras.layers.Layer):
    """Each frame beside those `dilation` before and after it; silence at the ends.

    Input: [B, T, C]. Output: [B, T, 3 C], earlier, same, later.
    """

    def __init__(self, dilation: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dilation = dilation

    def call(self, inputs: Any) -> Any:
        """Return [B, T, 3 C]."""
        num_frames = ops.shape(inputs)[1]
        gap = self.dilation
        padded = ops.pad(inputs, [[0, 0], [gap, gap], [0, 0]])
        return ops.concatenate(
            [
                padded[:, :num_frames],
                inputs,
                padded[:, 2 * gap :],
            ],
            axis=-1,
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "dilation": self.dilation}


def dilated_blocks(
    x: Any, *, channels: int, hidden_channels: int, dilations: Sequence[int]
) -> Any:
    """Lay residual blocks over a tensor, and a last norm.

    Args:
        x: [B, T, channels].
        channels: Of the trunk.
        hidden_channels: Inside a block.
        dilations: Frames between the taps of each block.

    Returns:
        [B, T, channels]; a frame depends on `sum(dilations)` frames on either side.
    """
    for index, dilation in enumerate(dilations):
        y = keras.layers.LayerNormalization(
            epsilon=_EPSILON, name=f"block_{index}_norm"
        )(x)
        y = DilatedTaps(dilation, name=f"block_{index}_taps")(y)
        y = keras.layers.Dense(
            hidden_channels, activation="silu", name=f"block_{index}_mix"
        )(y)
        y = keras.layers.Dense(channels, name=f"block_{index}_out")(y)
        x = keras.layers.Add(name=f"block_{index}")([x, y])
    return keras.layers.LayerNormalization(epsilon=_EPSILON, name="norm")(x)
