"""The room of each instrument: learned impulse responses, as a Keras layer."""

# ruff: noqa: D102 - Keras says what build and call do; the class says the rest

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.reverb import inference_fade
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ

NUM_TAPS = 3 * SAMPLE_RATE_HZ


@keras.saving.register_keras_serializable(package="musegen")
class Reverb(keras.layers.Layer):
    """Adds to dry audio its convolution with the instrument's impulse response.

    Input: audio [B, N]; instrument [B] int. Output: audio [B, N], dry + wet, cut to N
    samples, N known when the graph is built. Tap 0 counts as 0, so the dry sound is
    neither doubled nor delayed. In training the taps are used as learned, otherwise
    under the fade of `musegen.midi_ddsp.dsp.reverb.inference_fade`.

    With `is_decaying` the taps are a learned carrier under an exponential decay that
    each instrument learns, of `decay_taps` to begin with, and no other fade: so the
    tail cannot take over what belongs to the notes.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022; the decaying variant is ours.
    """

    def __init__(
        self,
        num_instruments: int,
        *,
        num_taps: int = NUM_TAPS,
        is_decaying: bool = False,
        decay_taps: float = 4000.0,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", "float32")
        super().__init__(**kwargs)
        self.num_instruments = num_instruments
        self.num_taps = num_taps
        self.is_decaying = is_decaying
        self.decay_taps = decay_taps

    def build(self, *_: Any) -> None:
        self.taps = self.add_weight(
            name="taps",
            shape=(self.num_instruments, self.num_taps),
            initializer=keras.initializers.RandomNormal(stddev=1e-6),
        )
        if self.is_decaying:
            self.log_decay_taps = self.add_weight(
                name="log_decay_taps",
                shape=(self.num_instruments, 1),
                initializer=keras.initializers.Constant(float(np.log(self.decay_taps))),
            )
        self.built = True

    def call(self, audio: Any, instrument: Any, training: bool = False) -> Any:
        taps = self.impulse_response(instrument, training=training)
        num_samples = audio.shape[1]
        if num_samples is not None:
            taps = taps[:, :num_samples]
        return audio + convolve(audio, taps)

    def impulse_response(self, instrument: Any, *, training: bool = False) -> Any:
        """The taps in use, [B, taps], of instruments [B]; tap 0 is 0."""
        taps = ops.take(self.taps, instrument, axis=0)
        if self.is_decaying:
            reach = ops.exp(ops.take(self.log_decay_taps, instrument, axis=0))
            taps = taps * ops.exp(-ops.arange(self.num_taps, dtype="float32") / reach)
        return taps * self._fixed_envelope(training)

    def _fixed_envelope(self, training: bool) -> NDArray[np.float32]:
        is_faded = not (training or self.is_decaying)
        envelope = np.ones(self.num_taps, np.float32)
        if is_faded:
            envelope *= inference_fade(self.num_taps)
        envelope[0] = 0.0
        return envelope

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_instruments": self.num_instruments,
            "num_taps": self.num_taps,
            "is_decaying": self.is_decaying,
            "decay_taps": self.decay_taps,
        }


def convolve(audio: Any, taps: Any) -> Any:
    """Convolves [B, N] with taps [B, R] by one FFT, cut to N samples."""
    num_samples = audio.shape[1]
    needed = num_samples + taps.shape[1] - 1
    fft_size = 1 << (needed - 1).bit_length()
    audio_real, audio_imaginary = ops.rfft(audio, fft_length=fft_size)
    taps_real, taps_imaginary = ops.rfft(taps, fft_length=fft_size)
    product = (
        audio_real * taps_real - audio_imaginary * taps_imaginary,
        audio_real * taps_imaginary + audio_imaginary * taps_real,
    )
    return ops.irfft(product, fft_length=fft_size)[:, :num_samples]
