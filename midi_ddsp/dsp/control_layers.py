"""From a network's raw outputs to synthesis controls, as Keras layers."""

# ruff: noqa: D102 - Keras says what call and get_config do; the class says the rest

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.dsp.nonlinearity import (
    EXPONENT,
    MAX_VALUE,
    NOISE_BIAS,
    THRESHOLD,
)
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ


def exp_sigmoid(logits: Any) -> Any:
    """Maps any number to (0, 2]: 2 sigmoid(x)^(ln 10) + 1e-7, of any shape.

    Source:
        Engel et al., "DDSP", ICLR 2020. The power is taken of the log-sigmoid, so that
        the gradient stays finite for very negative logits.
    """
    return MAX_VALUE * ops.exp(EXPONENT * ops.log_sigmoid(logits)) + THRESHOLD


def harmonic_distribution(
    logits: Any, f0_hz: Any, *, sample_rate: int = SAMPLE_RATE_HZ
) -> Any:
    """Shares of the harmonics that lie below half the sample rate.

    Args:
        logits: Tensor [B, T, K], any number.
        f0_hz: Tensor [B, T, 1]; 0 keeps every harmonic.
        sample_rate: Samples a second.

    Returns:
        Tensor [B, T, K]: each row sums to 1, or is 0 where no harmonic is left.
    """
    shares = exp_sigmoid(logits)
    number = ops.arange(1, logits.shape[-1] + 1, dtype="float32")
    is_audible = ops.cast(f0_hz * number < sample_rate / 2, shares.dtype)
    shares = shares * is_audible
    total = ops.sum(shares, axis=-1, keepdims=True)
    return shares / ops.where(total > 0.0, total, THRESHOLD)


@keras.saving.register_keras_serializable(package="musegen")
class SynthesisControls(keras.layers.Layer):
    """Turns logits into the controls of the synthesizer.

    Input: f0 in Hz [B, T, 1]; amplitude logits [B, T, 1]; harmonic logits [B, T, K];
    noise logits [B, T, M]. Output: amplitude [B, T, 1], harmonics [B, T, K], noise
    magnitudes [B, T, M], all linear.

    Source:
        Engel et al., "DDSP", ICLR 2020; noise logits are lowered by 5.
    """

    def __init__(self, *, sample_rate: int = SAMPLE_RATE_HZ, **kwargs: Any) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.sample_rate = sample_rate

    def call(
        self,
        f0_hz: Any,
        amplitude_logits: Any,
        harmonic_logits: Any,
        noise_logits: Any,
    ) -> tuple[Any, Any, Any]:
        harmonics = harmonic_distribution(
            harmonic_logits, f0_hz, sample_rate=self.sample_rate
        )
        noise = exp_sigmoid(noise_logits + NOISE_BIAS)
        return exp_sigmoid(amplitude_logits), harmonics, noise

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sample_rate": self.sample_rate}
