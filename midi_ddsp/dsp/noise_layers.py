"""Noise through a filter that changes from frame to frame, as a Keras layer."""

# ruff: noqa: D102 - Keras says what call and get_config do; the class says the rest

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.interpolation import raised_cosine
from musegen.midi_ddsp.dsp.noise import COMPAT_DELAY_SAMPLES
from musegen.midi_ddsp.dsp.noise_filters import filter_basis
from musegen.midi_ddsp.parameters import HOP_SAMPLES


@keras.saving.register_keras_serializable(package="musegen")
class FilteredNoise(keras.layers.Layer):
    """White noise shaped by the magnitudes of bands from 0 Hz to half the sample rate.

    Input: magnitudes [B, T, M], linear, at least 0; `noise` [B, T * hop], uniform in
    [-1, 1], drawn afresh where None. Output: audio [B, T * hop]. A frame's filter has
    2 (M - 1) taps, symmetric about lag 0.

    By default frame t's filter stands at sample hop * t and hands over to the next
    under a raised cosine, without delay; the last frame is held. With `compat` the
    filters change abruptly at the frame and the noise comes 2 samples late, as in the
    original. Both equal `musegen.midi_ddsp.dsp.noise` to 1e-5.

    Source:
        Engel et al., "DDSP", ICLR 2020: frequency sampling, Hann window.
    """

    def __init__(
        self,
        *,
        hop_samples: int = HOP_SAMPLES,
        compat: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.hop_samples = hop_samples
        self.compat = compat
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, magnitudes: Any, noise: Any = None) -> Any:
        hop, reach = self.hop_samples, magnitudes.shape[-1] - 1
        num_samples = ops.shape(magnitudes)[1] * hop
        if noise is None:
            noise = keras.random.uniform(
                (ops.shape(magnitudes)[0], num_samples),
                -1.0,
                1.0,
                seed=self.seed_generator,
            )
        if not self.compat:
            magnitudes = ops.concatenate([magnitudes, magnitudes[:, -1:]], axis=1)
        pieces = self._pieces(noise)
        # Room for the filter's reach before and after each piece.
        fft_size = _fft_size(pieces.shape[-1] + 2 * reach, hop)
        behind = fft_size - pieces.shape[-1] - reach
        pieces = ops.pad(pieces, [[0, 0], [0, 0], [reach, behind]])
        response = ops.matmul(magnitudes, _responses(reach + 1, fft_size))
        real, imaginary = ops.rfft(pieces)
        filtered = (real * response, imaginary * response)
        audio = overlap_add(ops.irfft(filtered, fft_length=fft_size), hop)
        start = reach - COMPAT_DELAY_SAMPLES if self.compat else reach + hop
        return audio[:, start : start + num_samples]

    def _pieces(self, noise: Any) -> Any:
        """Cut [B, T * hop] into [B, T, hop], or [B, T + 1, 2 hop] under windows."""
        hop = self.hop_samples
        blocks = ops.reshape(noise, (ops.shape(noise)[0], -1, hop))
        if self.compat:
            return blocks
        fade_in = raised_cosine(np.arange(hop) / hop).astype(np.float32)
        arriving = ops.pad(blocks * fade_in, [[0, 0], [1, 0], [0, 0]])
        leaving = ops.pad(blocks * (1.0 - fade_in), [[0, 0], [0, 1], [0, 0]])
        # Piece t arrives in the block before frame t and leaves in the one after it.
        return ops.concatenate([arriving, leaving], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hop_samples": self.hop_samples,
            "compat": self.compat,
            "seed": self.seed,
        }


def overlap_add(frames: Any, hop_samples: int) -> Any:
    """Adds frames [B, T, L], L some hops long, to audio [B, T * hop + L - hop]."""
    batch, num_frames = ops.shape(frames)[:2]
    num_blocks = frames.shape[-1] // hop_samples
    blocks = ops.reshape(frames, (batch, num_frames, num_blocks, hop_samples))
    total = ops.zeros((batch, num_frames + num_blocks - 1, hop_samples))
    for block in range(num_blocks):
        padding = [[0, 0], [block, num_blocks - 1 - block], [0, 0]]
        total = total + ops.pad(blocks[:, :, block], padding)
    return ops.reshape(total, (batch, -1))


def _responses(num_bands: int, fft_size: int) -> NDArray[np.float32]:
    rate = 2  # any, where what is filtered is at the model's own rate
    return filter_basis(num_bands, fft_size, sample_rate=rate, model_rate=rate)


def _fft_size(needed: int, hop_samples: int) -> int:
    """A size of 2^n hops that holds the samples needed."""
    size = hop_samples
    while size < needed:
        size *= 2
    return size
