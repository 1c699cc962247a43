"""How well a line was played, heard from its sound: tuning, onsets, level, vibrato.

Functions on the audio of one voice and the notes that were written for it; for the
benchmarks that compare renderings. What a figure means, and how near it comes to the
truth, is in its function's words and in tests/benchmarks/test_performance_figures.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from onset_figures import OnsetFigures as OnsetFigures
from onset_figures import onset_errors_ms as onset_errors_ms
from onset_figures import summarise_onsets as summarise_onsets

from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, midi_to_hz
from musegen.midi_ddsp.vibrato import measure_vibrato

FloatArray = NDArray[np.float64]

SUSTAINED_S = 0.3
"""A note of this length or more is sustained."""

VIBRATO_CENTS = 5.0
"""A swing of this much to either side, or more, is a vibrato."""

_EDGE_S = 0.05  # left out at either end of a sustained note: attack, glide, release
_LEVEL_WINDOW_S = 0.05
_SILENCE_DB = -120.0


# === Tuning and vibrato ===


@dataclass(frozen=True, slots=True, kw_only=True)
class SustainedNote:
    """What was heard of a note that is long enough.

    Args:
        index: Which of the notes.
        error_cents: Where its pitch is centred, less the written pitch (and bend).
        vibrato_extent_cents: To either side of the centre.
        vibrato_rate_hz: 0 where there is none.
    """

    index: int
    error_cents: float
    vibrato_extent_cents: float
    vibrato_rate_hz: float


def sustained_notes(
    audio: NDArray[np.floating],
    sample_rate: int,
    notes: Sequence[PlayedNote],
    *,
    least_s: float = SUSTAINED_S,
    bend_cents: NDArray[np.floating] | None = None,
) -> list[SustainedNote]:
    """Measure the pitch of the notes that are held, without their edges.

    Args:
        audio: [N], one voice.
        sample_rate: In Hz.
        notes: What was written, one voice.
        least_s: Shorter notes are left out.
        bend_cents: [T] at 250 Hz, how far the score itself bends the pitch.

    Returns:
        Those of at least `least_s` whose pitch is heard for more than half.
    """
    track = track_known_pitch(audio, sample_rate, notes)
    num_frames = len(track.f0_hz)
    bend = np.zeros(num_frames)
    if bend_cents is not None:
        size = min(num_frames, len(bend_cents))
        bend[:size] = bend_cents[:size]
    found = []
    for index, note in enumerate(notes):
        first = round((note.onset_s + _EDGE_S) * FRAME_RATE_HZ)
        last = min(round((note.offset_s - _EDGE_S) * FRAME_RATE_HZ), num_frames)
        inside = slice(first, last)
        if note.duration_s < least_s or last - first < 2:
            continue
        if 2 * np.count_nonzero(track.voiced[inside]) <= last - first:
            continue
        written_hz = float(midi_to_hz(float(note.pitch)))
        heard_hz = track.f0_hz[inside].astype(np.float64)
        deviation = 1200.0 * np.log2(heard_hz / written_hz) - bend[inside]
        vibrato = measure_vibrato(deviation)
        found.append(
            SustainedNote(
                index=index,
                error_cents=vibrato.centre_cents,
                vibrato_extent_cents=vibrato.extent_cents,
                vibrato_rate_hz=vibrato.rate_hz,
            )
        )
    return found


def tuning_error_cents(notes: Sequence[SustainedNote]) -> float:
    """Return the median of the errors without their signs; NaN of no notes."""
    if not notes:
        return float("nan")
    return float(np.median([abs(note.error_cents) for note in notes]))


def vibrato_share(notes: Sequence[SustainedNote]) -> float:
    """Return the share of notes, 0 to 1, with `VIBRATO_CENTS` or more; NaN of none."""
    if not notes:
        return float("nan")
    return float(np.mean([n.vibrato_extent_cents >= VIBRATO_CENTS for n in notes]))


# === Level ===


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelFigures:
    """How loud a line or a piece is, in dB full scale.

    Args:
        rms_db: Of where notes are written.
        peak_db: Of the largest sample.
        range_db: From the softest to the loudest notes: 5th to 95th percentile of the
            notes' levels; NaN of no notes.
    """

    rms_db: float
    peak_db: float
    range_db: float


def note_levels_db(
    audio: NDArray[np.floating], sample_rate: int, notes: Sequence[PlayedNote]
) -> FloatArray:
    """Return [num_notes], each note's loudest 50 ms, RMS in dB full scale."""
    square = np.square(np.asarray(audio, np.float64))
    total = np.concatenate([[0.0], np.cumsum(square)])
    size = max(round(_LEVEL_WINDOW_S * sample_rate), 1)
    levels = np.full(len(notes), _SILENCE_DB)
    for index, note in enumerate(notes):
        first = min(round(note.onset_s * sample_rate), len(square))
        last = min(round(note.offset_s * sample_rate), len(square))
        width = min(size, last - first)
        if width > 0:
            sums = total[first + width : last + 1] - total[first : last + 1 - width]
            levels[index] = _power_db(float(sums.max()) / width)
    return levels


def level_figures(
    audio: NDArray[np.floating], sample_rate: int, notes: Sequence[PlayedNote]
) -> LevelFigures:
    """Measure how loud a sound is where notes are written.

    Args:
        audio: [N], mono.
        sample_rate: In Hz.
        notes: In any order; they may overlap.
    """
    is_written = np.zeros(len(audio), bool)
    for note in notes:
        first, last = (round(t * sample_rate) for t in (note.onset_s, note.offset_s))
        is_written[first:last] = True
    square = np.square(np.asarray(audio, np.float64))
    levels = note_levels_db(audio, sample_rate, notes)
    spread = np.subtract(*np.quantile(levels, [0.95, 0.05])) if len(levels) else np.nan
    inside = square[is_written]
    return LevelFigures(
        rms_db=_power_db(float(inside.mean()) if len(inside) else 0.0),
        peak_db=_power_db(float(square.max(initial=0.0))),
        range_db=float(spread),
    )


def _power_db(power: float) -> float:
    return max(float(10.0 * np.log10(power + 1e-30)), _SILENCE_DB)
