"""A line as the Synthesis Generator reads it: features of every frame.

Everything in a frame comes from the notes around it and absolute time, so that any
stretch of frames has the features that the whole has there, however long the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    WIDEST_TOLD_CENTS,
    to_scale,
    told_controls,
)
from musegen.midi_ddsp.instruments import INSTRUMENTS
from musegen.midi_ddsp.note_frames import frame_spans
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

INSTRUMENT_NAMES = tuple(instrument.name for instrument in INSTRUMENTS)
NUM_INSTRUMENTS = 32
"""Slots for instruments; more than there are, so that a model can learn new ones."""

# Time constants, in s, by which a network is told how long ago or ahead something is.
_ONSET_TIMES_S = np.array([0.01, 0.03, 0.1, 0.3, 1.0])
_OTHER_TIMES_S = np.array([0.01, 0.03, 0.1, 0.3])
_PITCHES = np.arange(27.0, 106.0, 2.0)
_PITCH_WIDTH = 1.5
_PEAK_WIDTH = 0.2
_FAR_S = 1e3
_NEIGHBOURS = ("volume_db", "mean_harmonic")

NUM_FEATURES = (
    1
    + 2 * len(_ONSET_TIMES_S)
    + 2 * len(_OTHER_TIMES_S)
    + 4  # place in the note, length, nearness to the peak and distance from it
    + 5  # pitch, intervals and slurs
    + len(_PITCHES)
    + NUM_CONTROLS
    + 2 * len(_NEIGHBOURS)
    + 2
    + NUM_INSTRUMENTS
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """The notes of one part and how they shall be played, N notes in order of time.

    Args:
        spans: [N, 2], first frames and the frames after the last; N is at least 1.
        pitches: [N], written.
        is_slurred: [N], whether a note grows out of the one before.
        controls: [N, 9], in units.
        instrument: Name.
    """

    spans: NDArray[np.int64]
    pitches: NDArray[np.int64]
    is_slurred: NDArray[np.bool_]
    controls: FloatArray
    instrument: str

    def notes_at(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the note that sounds, or has last begun, in each frame.

        Before the first note it is the first.
        """
        begun = np.searchsorted(self.spans[:, 0], frames, side="right") - 1
        return np.maximum(begun, 0)

    def with_controls(self, controls: FloatArray) -> Line:
        """Return the line with other controls [N, 9]."""
        return Line(
            spans=self.spans,
            pitches=self.pitches,
            is_slurred=self.is_slurred,
            controls=controls,
            instrument=self.instrument,
        )

    def features(self, first: int, last: int, swing: FloatArray) -> NDArray[np.float32]:
        """Return what the network reads.

        A pitch that moves further than pitches do is told as one that moves as far as
        they do: whoever plays adds the rest.

        Args:
            first: First frame; may be negative: before the score begins is silence.
            last: Frame after the last.
            swing: [last - first, 2], vibrato in cents, as of `swing`.

        Returns:
            [last - first, NUM_FEATURES].
        """
        frames = np.arange(first, last)
        note = self.notes_at(frames)
        parts = [
            self._times(frames, note),
            self._places(frames, note),
            self._pitches(note),
            self._controls(note),
            _told_swing(swing),
            self._instrument(len(frames)),
        ]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _times(self, frames: NDArray[np.int64], note: NDArray[np.int64]) -> FloatArray:
        start, end = self.spans[note].T
        since_on = (frames - start) / FRAME_RATE_HZ
        until_off = (end - frames) / FRAME_RATE_HZ
        is_sounding = (since_on >= 0.0) & (until_off > 0.0)
        has_ended = until_off <= 0.0
        after = np.append(self.spans[1:, 0], np.iinfo(np.int64).max // 2)[note]
        following = np.where(since_on < 0.0, start, after)
        until_next = np.minimum((following - frames) / FRAME_RATE_HZ, _FAR_S)
        return np.concatenate(
            [
                is_sounding[:, None],
                _nearness(since_on, _ONSET_TIMES_S, since_on >= 0.0),
                _nearness(until_off, _ONSET_TIMES_S, is_sounding),
                _nearness(-until_off, _OTHER_TIMES_S, has_ended),
                _nearness(until_next, _OTHER_TIMES_S, until_next >= 0.0),
            ],
            axis=1,
        )

    def _places(self, frames: NDArray[np.int64], note: NDArray[np.int64]) -> FloatArray:
        start, end = self.spans[note].T
        length = np.maximum(end - start, 1)
        place = (frames - start + 0.5) / length
        is_inside = (frames >= start) & (frames < end)
        from_peak = place - self.controls[note, COLUMNS["peak_position"]]
        near_peak = np.exp(-((from_peak / _PEAK_WIDTH) ** 2))
        length_code = np.log2(length / FRAME_RATE_HZ / 0.5) / 4.0
        columns = [
            place * is_inside,
            length_code,
            near_peak * is_inside,
            np.clip(from_peak, -1.0, 1.0) * is_inside,
        ]
        return np.stack(columns, axis=1)

    def _pitches(self, note: NDArray[np.int64]) -> FloatArray:
        steps = np.diff(self.pitches).astype(np.float64)
        intervals = np.clip(steps / 12.0, -2.0, 2.0)
        before = np.concatenate([[0.0], intervals])
        after = np.append(intervals, 0.0)
        slurred = self.is_slurred.astype(np.float64)
        pitch = self.pitches.astype(np.float64)
        columns = [
            (pitch - 60.0) / 24.0,
            before,
            after,
            slurred,
            np.append(slurred[1:], 0.0),
        ]
        plain = np.stack(columns, axis=1)
        near = np.exp(-(((pitch[:, None] - _PITCHES) / _PITCH_WIDTH) ** 2))
        return np.concatenate([plain, near], axis=1)[note]

    def _controls(self, note: NDArray[np.int64]) -> FloatArray:
        scaled = to_scale(told_controls(self.controls))
        columns = [COLUMNS[name] for name in _NEIGHBOURS]
        shared = scaled[:, columns]
        before = np.concatenate([shared[:1], shared[:-1]])
        after = np.concatenate([shared[1:], shared[-1:]])
        return np.concatenate([scaled, before, after], axis=1)[note]

    def _instrument(self, num_frames: int) -> FloatArray:
        codes = np.zeros((num_frames, NUM_INSTRUMENTS))
        codes[:, INSTRUMENT_NAMES.index(self.instrument)] = 1.0
        return codes


def make_line(
    notes: Sequence[PlayedNote],
    controls: NDArray[np.floating],
    *,
    instrument: str,
    is_slurred: Sequence[bool] | NDArray[np.bool_],
) -> Line:
    """Return a line of notes in order of time.

    Args:
        notes: One voice, at least one note, in order of time, none overlapping.
        controls: [N, 9], in units.
        instrument: Name, of `INSTRUMENTS`.
        is_slurred: [N].

    Raises:
        PolyphonyError: Two notes begin at the same time.
    """
    return Line(
        spans=frame_spans(notes),
        pitches=np.array([note.pitch for note in notes], dtype=np.int64),
        is_slurred=np.asarray(is_slurred, dtype=np.bool_),
        controls=np.asarray(controls, dtype=np.float64),
        instrument=instrument,
    )


def joined(spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return [N]: which notes begin in the very frame in which the one before ends."""
    touches = spans[1:, 0] <= spans[:-1, 1]
    return np.concatenate([[False], touches])


def _told_swing(swing: FloatArray) -> FloatArray:
    """Return [T, 2]: the swing as a share of the widest that is told, 1 at most."""
    widths = np.hypot(swing[:, 0], swing[:, 1])
    told: FloatArray = swing / np.maximum(widths, WIDEST_TOLD_CENTS)[:, None]
    return told


def _nearness(
    time_s: FloatArray, constants_s: FloatArray, applies: NDArray[np.bool_]
) -> FloatArray:
    """Return [T, C]: from 1 at the moment itself to 0 far from it."""
    decays = np.exp(-np.maximum(time_s, 0.0)[:, None] / constants_s)
    return np.where(applies[:, None], decays, 0.0)
