"""Our network of DDSP Inference: measured parameters, corrected.

It sees the levels that `musegen.midi_ddsp.inference.features` measures, a few frames
back and ahead, and adds to the measured logits what the measuring gets wrong. It begins
as the measurement itself. Nothing is normalised over time, so a recording may be worked
through in pieces.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.inference.config import NUM_LOGITS, CorrectionNetworkConfig
from musegen.midi_ddsp.inference.features import NUM_FEATURES

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
        return {**super().get_config(), "dilation": self.dilation}


def build_correction_network(config: CorrectionNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Inputs: `features` [B, T, NUM_FEATURES], `measured` [B, T, 126]. Output: `logits`
    [B, T, 126]. T is free.
    """
    features = keras.Input((None, NUM_FEATURES), name="features")
    measured = keras.Input((None, NUM_LOGITS), name="measured", dtype="float32")
    x = keras.layers.Dense(config.channels, name="embed")(features)
    for index, dilation in enumerate(config.dilations):
        y = keras.layers.LayerNormalization(
            epsilon=_EPSILON, name=f"block_{index}_norm"
        )(x)
        y = DilatedTaps(dilation, name=f"block_{index}_taps")(y)
        y = keras.layers.Dense(
            config.hidden_channels, activation="silu", name=f"block_{index}_mix"
        )(y)
        y = keras.layers.Dense(config.channels, name=f"block_{index}_out")(y)
        x = keras.layers.Add(name=f"block_{index}")([x, y])
    x = keras.layers.LayerNormalization(epsilon=_EPSILON, name="norm")(x)
    correction = keras.layers.Dense(
        NUM_LOGITS, kernel_initializer="zeros", dtype="float32", name="correction"
    )(x)
    logits = keras.layers.Add(name="logits", dtype="float32")([measured, correction])
    return keras.Model([features, measured], logits, name="correction")
