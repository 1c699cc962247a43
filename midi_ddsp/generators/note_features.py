"""Notes of a line as the Expression Generator reads them, and what it remembers.

Everything is known before a note is played, but for the memory of how the notes before
it were played.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.generators.controls import NUM_CONTROLS
from musegen.midi_ddsp.generators.line import INSTRUMENT_NAMES, NUM_INSTRUMENTS
from musegen.midi_ddsp.medians import medians
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.note_context import context_of

# Nearly one for each semitone: a recorded voice differs from note to note.
_PITCHES = np.arange(25.0, 107.0)
_PITCH_WIDTH = 0.7
_LONGEST_S = 8.0
_SHORTEST_S = 0.03
_NO_NEIGHBOUR_S = 2.0

# A gap of less than this share of the time between two onsets may be articulation.
_ARTICULATED_SHARE = 0.62
_CONTEXT = (
    "length",
    "relative_length",
    "height",
    "place",
    "begins",
    "ends",
    "after_step",
    "after_leap",
    "contrast",
    "passing",
    "leads_up",
    "leads_down",
    "rising_semitone",
    "is_even_run",
)

NUM_NOTE_FEATURES = 14 + 2 * (len(_CONTEXT) + 1) + len(_PITCHES) + NUM_INSTRUMENTS
MEMORY_SIZE = 2 * NUM_CONTROLS + 1

FloatArray = NDArray[np.float64]


def note_features(
    notes: Sequence[PlayedNote],
    is_slurred: NDArray[np.bool_],
    instrument: str,
    *,
    transposed: int = 0,
) -> NDArray[np.float32]:
    """Return [N, NUM_NOTE_FEATURES].

    Args:
        notes: One voice in order of time, N at least 1.
        is_slurred: [N], whether a note grows out of the one before.
        instrument: Name.
        transposed: Semitones by which all notes are read higher.
    """
    pitch = np.array([note.pitch for note in notes], dtype=np.float64) + transposed
    onset = np.array([note.onset_s for note in notes])
    offset = np.array([note.offset_s for note in notes])
    apart = np.diff(onset)
    gap = np.maximum(onset[1:] - offset[:-1], 0.0)
    step = np.diff(pitch)
    slurred = is_slurred.astype(np.float64)
    length = _time_code(offset - onset)
    columns = [
        (pitch - 60.0) / 24.0,
        (pitch - pitch.mean()) / 12.0,
        length,
        _before(np.diff(length), 0.0),
        _after(-np.diff(length), 0.0),
        _before(_time_code(apart), _time_code(np.array([_NO_NEIGHBOUR_S]))[0]),
        _after(_time_code(apart), _time_code(np.array([_NO_NEIGHBOUR_S]))[0]),
        np.minimum(_before(gap, _NO_NEIGHBOUR_S), _NO_NEIGHBOUR_S),
        np.minimum(_after(gap, _NO_NEIGHBOUR_S), _NO_NEIGHBOUR_S),
        np.clip(_before(step, 0.0) / 12.0, -2.0, 2.0),
        np.clip(_after(step, 0.0) / 12.0, -2.0, 2.0),
        slurred,
        np.append(slurred[1:], 0.0),
        length - medians(length),
    ]
    near = np.exp(-(((pitch[:, None] - _PITCHES) / _PITCH_WIDTH) ** 2))
    codes = np.zeros((len(notes), NUM_INSTRUMENTS))
    codes[:, INSTRUMENT_NAMES.index(instrument)] = 1.0
    plain = np.stack(columns, axis=1)
    read = _contexts(pitch, onset, offset)
    return np.concatenate([plain, *read, near, codes], axis=1).astype(np.float32)


def _contexts(
    pitch: FloatArray, onset: FloatArray, offset: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return [N, 15] twice: the notes as a musician reads them.

    Once with the rests that there are, once with small ones taken for articulation.
    """
    apart = np.append(np.diff(onset), np.inf)
    following = np.append(onset[1:], np.inf)
    gap = following - offset
    joined = np.where(gap < _ARTICULATED_SHARE * apart, following, offset)
    return _context(pitch, onset, offset), _context(pitch, onset, joined)


def _context(pitch: FloatArray, onset: FloatArray, ends: FloatArray) -> FloatArray:
    context = context_of(pitch.astype(np.int64), onset, ends)
    columns = [np.asarray(getattr(context, name), np.float64) for name in _CONTEXT]
    return np.stack([*columns, np.sin(np.pi * context.place)], axis=1)


def memories(scaled: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return what is remembered before each note, [N, 19].

    The note before, the mean of all before, and how many there are; 0 before the first.

    Args:
        scaled: [N, 9], how the notes were played, on the networks' scale.
    """
    values = np.asarray(scaled, dtype=np.float64)
    before = np.concatenate([np.zeros((1, NUM_CONTROLS)), values[:-1]])
    count = np.arange(len(values), dtype=np.float64)
    mean = np.cumsum(before, axis=0) / np.maximum(count, 1.0)[:, None]
    trust = count / (count + 4.0)
    return np.concatenate([before, mean, trust[:, None]], axis=1).astype(np.float32)


class Memory:
    """The same, note by note."""

    def __init__(self) -> None:
        self._last = np.zeros(NUM_CONTROLS)
        self._total = np.zeros(NUM_CONTROLS)
        self._count = 0

    def recall(self) -> NDArray[np.float32]:
        """Return [19], what is remembered now."""
        mean = self._total / max(self._count, 1)
        trust = self._count / (self._count + 4.0)
        return np.concatenate([self._last, mean, [trust]]).astype(np.float32)

    def add(self, scaled: NDArray[np.floating]) -> None:
        """Remember how a note was played, [9], on the networks' scale."""
        self._last = np.asarray(scaled, dtype=np.float64)
        self._total += self._last
        self._count += 1


def _time_code(time_s: FloatArray) -> FloatArray:
    """Return about -1 to 1: a time on a scale of octaves."""
    limited = np.clip(time_s, _SHORTEST_S, _LONGEST_S)
    code: FloatArray = np.log2(limited / 0.5) / 4.0
    return code


def _before(between: FloatArray, first: float) -> FloatArray:
    return np.concatenate([[first], between])


def _after(between: FloatArray, last: float) -> FloatArray:
    return np.append(between, last)
