"""A spectrogram over musical pitch instead of frequency, for looking at.

For: the picture of `musegen analyse`. Not for: networks or losses, which have their own
spectra (`musegen.midi_ddsp.dsp`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ, midi_to_hz

Floats = NDArray[np.float32]

LOWEST_PITCH = 24  # C1, 33 Hz
HIGHEST_PITCH = 118  # 7.5 kHz
ROWS_PER_SEMITONE = 3
WINDOW_SAMPLES = 2048  # 128 ms: separates semitones from 260 Hz on
LONG_WINDOW_SAMPLES = 8192  # for what lies below, where music moves more slowly
LONG_BELOW_PITCH = 60.0
FLOOR_DB = -120.0
LONG_STRIDE = 4  # columns that share one long window
MAX_COLUMNS = 18_000  # about what the picture of a long recording has room for
FINEST_COLUMN_SAMPLES = 160  # 10 ms
_BLOCK_COLUMNS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchSpectrogram:
    """Levels over time and pitch.

    Args:
        levels_db: 0 dB is a sine of amplitude 1, [columns, rows], low rows first.
        columns_per_s: Columns a second; the first stands at 0 s.
        lowest_pitch: MIDI pitch of the first row.
        rows_per_semitone: Rows a semitone.
    """

    levels_db: Floats
    columns_per_s: float
    lowest_pitch: float = float(LOWEST_PITCH)
    rows_per_semitone: int = ROWS_PER_SEMITONE


def pitch_spectrogram(
    audio: Floats, *, advance: Callable[[int], None] | None = None
) -> PitchSpectrogram:
    """Return the levels of a recording over pitch.

    Args:
        audio: Mono, 16 kHz, [N], N at least 1.
        advance: Told of the samples just done.
    """
    hop = max(FINEST_COLUMN_SAMPLES, -(-len(audio) // MAX_COLUMNS))
    num_columns = -(-len(audio) // hop)
    num_rows = (HIGHEST_PITCH - LOWEST_PITCH) * ROWS_PER_SEMITONE + 1
    pitches = LOWEST_PITCH + np.arange(num_rows) / ROWS_PER_SEMITONE
    is_low = pitches < LONG_BELOW_PITCH
    levels = np.empty((num_columns, num_rows), dtype=np.float32)
    for first in range(0, num_columns, _BLOCK_COLUMNS):
        last = min(first + _BLOCK_COLUMNS, num_columns)
        count = last - first
        short = _frames(audio, first * hop, count, hop, WINDOW_SAMPLES)
        levels[first:last, ~is_low] = _levels(short, pitches[~is_low])
        stride = hop * LONG_STRIDE
        middle = first * hop + (stride - hop) // 2  # of the columns that share it
        num_long = -(-count // LONG_STRIDE)
        long = _frames(audio, middle, num_long, stride, LONG_WINDOW_SAMPLES)
        shared = np.repeat(_levels(long, pitches[is_low]), LONG_STRIDE, axis=0)
        levels[first:last, is_low] = shared[:count]
        if advance is not None:
            advance(min(last * hop, len(audio)) - first * hop)
    return PitchSpectrogram(levels_db=levels, columns_per_s=SAMPLE_RATE_HZ / hop)


def _frames(audio: Floats, start: int, count: int, hop: int, window: int) -> Floats:
    """Return windows centred on every column, [count, window]; silence all around."""
    left = start - window // 2
    right = left + (count - 1) * hop + window
    padded = np.zeros(right - left, dtype=np.float32)
    inside = audio[max(left, 0) : max(right, 0)]
    offset = max(-left, 0)
    padded[offset : offset + len(inside)] = inside
    frames: Floats = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    return frames


def _levels(frames: Floats, pitches: NDArray[np.float64]) -> Floats:
    """Return the level of each frame at each pitch in dB, [count, rows]."""
    window = frames.shape[1]
    weights = np.hanning(window + 1)[:-1].astype(np.float32)
    magnitude = np.abs(np.fft.rfft(frames * weights, axis=1)) * (4 / window)
    place = midi_to_hz(pitches) * (window / SAMPLE_RATE_HZ)
    below = np.minimum(place.astype(np.int64), window // 2 - 1)
    share = place - below
    between = (1 - share) * magnitude[:, below] + share * magnitude[:, below + 1]
    floor = 10.0 ** (FLOOR_DB / 20)
    levels: Floats = (20 * np.log10(np.maximum(between, floor))).astype(np.float32)
    return levels
