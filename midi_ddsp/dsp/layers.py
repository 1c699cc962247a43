"""The synthesizer as one Keras layer, and the names of all differentiable layers.

For training. Rendering without Keras is `musegen.midi_ddsp.dsp.rendering`.
"""

# ruff: noqa: D102 - Keras says what call and get_config do; the class says the rest

from __future__ import annotations

from typing import Any

import keras

from musegen.midi_ddsp.dsp.control_layers import (
    SynthesisControls,
    exp_sigmoid,
    harmonic_distribution,
)
from musegen.midi_ddsp.dsp.feature_layers import log_mel, loudness_db
from musegen.midi_ddsp.dsp.harmonic_layers import HarmonicBank
from musegen.midi_ddsp.dsp.loss_layers import (
    multi_scale_spectral_loss,
    spectral_loss_parts,
)
from musegen.midi_ddsp.dsp.noise_layers import FilteredNoise
from musegen.midi_ddsp.dsp.reverb_layers import Reverb
from musegen.midi_ddsp.dsp.upsampling_layers import Upsampling
from musegen.midi_ddsp.parameters import HOP_SAMPLES, SAMPLE_RATE_HZ

__all__ = [
    "FilteredNoise",
    "HarmonicBank",
    "Reverb",
    "SynthesisControls",
    "Synthesizer",
    "Upsampling",
    "exp_sigmoid",
    "harmonic_distribution",
    "log_mel",
    "loudness_db",
    "multi_scale_spectral_loss",
    "spectral_loss_parts",
]


@keras.saving.register_keras_serializable(package="musegen")
class Synthesizer(keras.layers.Layer):
    """Dry audio from controls: the harmonic bank plus the filtered noise.

    Input: f0 in Hz [B, T, 1]; amplitude [B, T, 1]; harmonics [B, T, K]; noise
    magnitudes [B, T, M]; `noise` [B, T * hop] in [-1, 1], drawn where None. Output:
    audio [B, T * hop]. The reverb is a layer of its own: `Reverb`.
    """

    def __init__(
        self,
        *,
        hop_samples: int = HOP_SAMPLES,
        sample_rate: int = SAMPLE_RATE_HZ,
        compat: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.hop_samples = hop_samples
        self.sample_rate = sample_rate
        self.compat = compat
        self.seed = seed
        self.harmonic_bank = HarmonicBank(
            hop_samples=hop_samples, sample_rate=sample_rate, compat=compat
        )
        self.filtered_noise = FilteredNoise(
            hop_samples=hop_samples, compat=compat, seed=seed
        )

    def call(
        self,
        f0_hz: Any,
        amplitude: Any,
        harmonics: Any,
        noise_magnitudes: Any,
        noise: Any = None,
    ) -> Any:
        return self.harmonic_bank(f0_hz, amplitude, harmonics) + self.filtered_noise(
            noise_magnitudes, noise
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "hop_samples": self.hop_samples,
            "sample_rate": self.sample_rate,
            "compat": self.compat,
            "seed": self.seed,
        }
