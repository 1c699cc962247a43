"""From frames to samples, as a Keras layer; `interpolation` does it in NumPy.

The harmonic bank does the same inside, without the array in between.
"""

# ruff: noqa: D102 - Keras says what call and get_config do; the class says the rest

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.midi_ddsp.dsp.interpolation import Method, raised_cosine
from musegen.midi_ddsp.dsp.phase_layers import hold_last_frame
from musegen.midi_ddsp.parameters import HOP_SAMPLES


@keras.saving.register_keras_serializable(package="musegen")
class Upsampling(keras.layers.Layer):
    """Repeats frames as samples, each a mixture of the frames around it.

    Input: [B, T, C]. Output: [B, T * hop, C]; the last frame is held.

    Args:
        hop_samples: Samples of a frame, at least 1.
        method: `linear`, or `window`: a raised cosine.

    Source:
        Engel et al., "DDSP", ICLR 2020, and its released code.
    """

    def __init__(
        self,
        *,
        hop_samples: int = HOP_SAMPLES,
        method: Method = "window",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hop_samples = hop_samples
        self.method = method
        position = np.arange(hop_samples) / hop_samples
        share = position if method == "linear" else raised_cosine(position)
        self._share = share.astype(np.float32)[:, None]

    def call(self, frames: Any) -> Any:
        following = hold_last_frame(frames)
        mixed = (1.0 - self._share) * frames[:, :, None] + self._share * following[
            :, :, None
        ]
        batch, channels = ops.shape(frames)[0], frames.shape[-1]
        return ops.reshape(mixed, (batch, -1, channels))

    def get_config(self) -> dict[str, Any]:
        config = {"hop_samples": self.hop_samples, "method": self.method}
        return {**super().get_config(), **config}
