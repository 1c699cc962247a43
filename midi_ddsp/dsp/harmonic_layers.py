"""The harmonic oscillator bank as a Keras layer, for training."""

# ruff: noqa: D102 - Keras says what call and get_config do; the class says the rest

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.interpolation import raised_cosine
from musegen.midi_ddsp.dsp.phase_layers import fundamental_cycles, hold_last_frame
from musegen.midi_ddsp.parameters import HOP_SAMPLES, SAMPLE_RATE_HZ


@keras.saving.register_keras_serializable(package="musegen")
class HarmonicBank(keras.layers.Layer):
    """Sum of sines at the multiples of a gliding fundamental.

    Input: f0 in Hz [B, T, 1]; amplitude [B, T, 1]; harmonics [B, T, K], shares of the
    amplitude. Output: audio [B, T * hop]. Frequency is interpolated linearly between
    frames, amplitude by a raised cosine; the last frame is held.

    A harmonic is silent at a frame beside which it reaches half the sample rate, and
    so is a fundamental of 0 Hz. With `compat` the sound is the original's: phase one
    sample ahead, harmonics cut at the sample where they reach the limit, 0 Hz a
    frequency like any other. Both equal `musegen.midi_ddsp.dsp.harmonic` to 1e-4.

    One array of the size [B, T * hop, K] is made, the sines: within a span the sound
    is two sums over harmonics, with the levels at its ends, and one fade between them.

    Source:
        Engel et al., "DDSP", ICLR 2020; the phase and the silences are ours.
    """

    def __init__(
        self,
        *,
        hop_samples: int = HOP_SAMPLES,
        sample_rate: int = SAMPLE_RATE_HZ,
        compat: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.hop_samples = hop_samples
        self.sample_rate = sample_rate
        self.compat = compat

    def call(self, f0_hz: Any, amplitude: Any, harmonics: Any) -> Any:
        left_hz, levels = f0_hz[..., 0], amplitude * harmonics
        right_hz = hold_last_frame(left_hz)
        ends = ops.stack([levels, hold_last_frame(levels)], axis=-1)
        if not self.compat:
            left_hz, right_hz, is_sounding = self._steady(left_hz, levels.shape[-1])
            ends = ends * is_sounding
        cycles = fundamental_cycles(
            left_hz,
            right_hz,
            hop_samples=self.hop_samples,
            sample_rate=self.sample_rate,
        )
        number = ops.arange(1, levels.shape[-1] + 1, dtype="float32")
        if self.compat:
            hz = self._sample_hz(left_hz, right_hz)
            cycles = cycles + hz * (1.0 / self.sample_rate)
        waves = ops.sin((cycles * (2.0 * math.pi))[..., None] * number)
        if self.compat:
            is_below = hz[..., None] * number < self.sample_rate / 2
            waves = waves * ops.cast(is_below, waves.dtype)
        sums = ops.matmul(waves, ends)
        fade_in = raised_cosine(self._inside()).astype("float32")
        audio = sums[..., 0] + fade_in * (sums[..., 1] - sums[..., 0])
        return ops.reshape(audio, (ops.shape(audio)[0], -1))

    def _steady(self, f0_hz: Any, num_harmonics: int) -> tuple[Any, Any, Any]:
        """Where the fundamental goes from each frame, and what may sound there.

        Returns the frequency at both ends of each span [B, T], with 0 Hz replaced by
        the other end's, and 1 or 0 for each harmonic at both ends [B, T, K, 2].
        """
        following = hold_last_frame(f0_hz)
        left_hz = ops.where(f0_hz > 0.0, f0_hz, following)
        right_hz = ops.where(following > 0.0, following, f0_hz)
        highest = ops.maximum(left_hz, right_hz)
        # Of each frame and of the one that is held after the last.
        beside_hz = ops.maximum(
            ops.pad(highest, [[0, 0], [1, 0]]),
            ops.concatenate([highest, highest[:, -1:]], axis=1),
        )
        is_tone = ops.concatenate([f0_hz, f0_hz[:, -1:]], axis=1) > 0.0
        number = ops.arange(1, num_harmonics + 1, dtype="float32")
        is_sounding = ops.logical_and(
            beside_hz[..., None] * number < self.sample_rate / 2, is_tone[..., None]
        )
        is_sounding = ops.cast(is_sounding, "float32")
        ends = ops.stack([is_sounding[:, :-1], is_sounding[:, 1:]], axis=-1)
        return left_hz, right_hz, ends

    def _sample_hz(self, left_hz: Any, right_hz: Any) -> Any:
        inside = self._inside()
        return left_hz[..., None] + (right_hz - left_hz)[..., None] * inside

    def _inside(self) -> NDArray[np.float32]:
        inside = np.arange(self.hop_samples) / self.hop_samples
        return inside.astype(np.float32)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hop_samples": self.hop_samples,
            "sample_rate": self.sample_rate,
            "compat": self.compat,
        }
