"""The log-mel spectrogram that DDSP Inference hears, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.midi_ddsp.dsp.spectra import magnitude_blocks, safe_log
from musegen.midi_ddsp.parameters import HOP_SAMPLES, SAMPLE_RATE_HZ

NUM_MEL_BANDS = 64
MEL_FRAME_SAMPLES = 128
MEL_FFT_SIZE = 1024
LOWEST_HZ = 40.0
HIGHEST_HZ = 8000.0

# The mel scale of the Hidden Markov Model Toolkit (HTK).
_MELS_A_NEPER = 1127.0
_BREAK_HZ = 700.0


def log_mel(audio: ArrayLike) -> NDArray[np.float32]:
    """Return the natural logarithm of mel magnitudes, at least ln 1e-5.

    Frames of 128 samples begin at sample 64 t; the last ones read zeros past the end.

    Args:
        audio: [N] at 16 kHz, any N.

    Returns:
        [ceil(N / 64), 64].

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, the released program; the logarithm is the
        clamped one.
    """
    weights = mel_weights()
    rows = [np.zeros((0, NUM_MEL_BANDS), np.float32)]
    for magnitudes in magnitude_blocks(
        audio,
        frame_samples=MEL_FRAME_SAMPLES,
        hop_samples=HOP_SAMPLES,
        fft_size=MEL_FFT_SIZE,
    ):
        rows.append(safe_log(magnitudes @ weights))
    return np.concatenate(rows)


def mel_weights() -> NDArray[np.float32]:
    """Return the triangles, even on the mel scale, from bins to bands: [513, 64]."""
    bins = _hz_to_mel(np.fft.rfftfreq(MEL_FFT_SIZE, 1.0 / SAMPLE_RATE_HZ))[:, None]
    ends = _hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    edges = np.linspace(ends[0], ends[1], NUM_MEL_BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins - low) / (centre - low)
    falling = (high - bins) / (high - centre)
    weights: NDArray[np.float64] = np.maximum(np.minimum(rising, falling), 0.0)
    return weights.astype(np.float32)


def _hz_to_mel(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    ratio = np.asarray(frequency_hz, dtype=np.float64) / _BREAK_HZ
    return _MELS_A_NEPER * np.log1p(ratio)
