"""Loudness and log-mel spectrogram as Keras functions, with gradients.

Equal to `musegen.midi_ddsp.dsp.loudness` and `.mel`, which read recordings.
"""

from __future__ import annotations

import math
from typing import Any

from keras import ops

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.loudness import (
    AMPLITUDE_FLOOR,
    NEW_FFT_SIZE,
    NEW_FLOOR_DB,
    OLD_FFT_SIZE,
    OLD_FLOOR_DB,
    OLD_REFERENCE_DB,
    LoudnessDefinition,
    bin_weights_db,
    mean_power_weights,
)
from musegen.midi_ddsp.dsp.mel import MEL_FFT_SIZE, MEL_FRAME_SAMPLES, mel_weights
from musegen.midi_ddsp.dsp.spectral_layers import magnitude, safe_log, stft_power
from musegen.midi_ddsp.parameters import HOP_SAMPLES

_DECIBELS_A_NEPER_OF_POWER = 10.0 / math.log(10.0)


def loudness_db(audio: Any, *, definition: LoudnessDefinition = "new") -> Any:
    """Return the A-weighted loudness of each frame, as `loudness.loudness_db`.

    Args:
        audio: Tensor [B, N] at 16 kHz, N known when the graph is built.
        definition: `new`, or `old`, that of the paper and of its released weights.

    Returns:
        Tensor [B, ceil(N / 64)], dB.

    Raises:
        UsageError: The definition is neither.
    """
    if definition == "new":
        power = stft_power(
            audio,
            frame_samples=NEW_FFT_SIZE,
            hop_samples=HOP_SAMPLES,
            lead_samples=NEW_FFT_SIZE // 2,
        )
        mean_power = ops.sum(power * mean_power_weights(NEW_FFT_SIZE), axis=-1)
        return ops.maximum(_decibels(mean_power, NEW_FLOOR_DB), NEW_FLOOR_DB)
    if definition == "old":
        power = stft_power(audio, frame_samples=OLD_FFT_SIZE, hop_samples=HOP_SAMPLES)
        weights_db = (bin_weights_db(OLD_FFT_SIZE) - OLD_REFERENCE_DB).astype("float32")
        floor_db = 20.0 * math.log10(AMPLITUDE_FLOOR)
        decibels = _decibels(power, max(floor_db, -360.0)) + weights_db
        return ops.mean(ops.maximum(decibels, OLD_FLOOR_DB), axis=-1)
    raise UsageError(f"The loudness definition is {definition!r}; take 'new' or 'old'.")


def log_mel(audio: Any) -> Any:
    """Return the natural logarithm of mel magnitudes, as `mel.log_mel`.

    Args:
        audio: Tensor [B, N] at 16 kHz, N known when the graph is built.

    Returns:
        Tensor [B, ceil(N / 64), 64].
    """
    power = stft_power(
        audio,
        frame_samples=MEL_FRAME_SAMPLES,
        hop_samples=HOP_SAMPLES,
        fft_size=MEL_FFT_SIZE,
    )
    return safe_log(ops.matmul(magnitude(power), mel_weights()))


def _decibels(power: Any, floor_db: float) -> Any:
    floor = 10.0 ** (floor_db / 10.0)
    return ops.log(ops.maximum(power, floor)) * _DECIBELS_A_NEPER_OF_POWER
