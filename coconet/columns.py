"""What the voices of one step may be together: no crossing, and whole chords.

A column is one step of one item. Which tones have to sound, and whether voices may lie
beyond one another, is the caller's; how likely anything is does not matter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, NUM_VOICES, REST_CLASS

NUM_TONES = 12  # pitch classes
DRAWING_ORDER = (0, 3, 1, 2)
"""Outer voices first: the inner ones then complete a chord, as in part-writing."""

CLASS_TONES = (MIN_PITCH + np.arange(NUM_PITCHES)) % NUM_TONES
"""(pitch,): pitch class of each pitch that the network knows."""

_NO_CEILING, _NO_FLOOR = NUM_PITCHES, -1
_TOO_LOW, _TOO_HIGH = -1, NUM_PITCHES + 1  # a ceiling, a floor that cannot be met
_INDEX = np.arange(NUM_PITCHES)


class Columns:
    """Columns that are filled one voice after another, in any order.

    Args:
        pitch: (column, voice), index, -1 = silence; open cells are ignored.
        is_open: Same shape, which cells have no pitch yet.
        classes: (column, voice, class), what they may be.
        tones: (column, 12), pitch classes of which each has to sound in some voice.
        forbids_crossing: Whether a cell that is open here may not lie beyond a sounding
            neighbour. Cells that are not open are taken as they are.
    """

    def __init__(
        self,
        pitch: NDArray[np.int16],
        is_open: NDArray[np.bool_],
        classes: NDArray[np.bool_],
        *,
        tones: NDArray[np.bool_],
        forbids_crossing: bool,
    ) -> None:
        self._pitch = np.array(pitch)
        self._is_open = np.array(is_open)
        self._classes = classes
        self._forbids_crossing = forbids_crossing
        # The tones of a column are numbered; a set of them is a number, bit by bit.
        num_tones = tones.sum(axis=1)
        self._has_too_many = num_tones > NUM_VOICES
        self._num_tones = min(int(num_tones.max(initial=0)), NUM_VOICES)
        self._every = (1 << np.minimum(num_tones, self._num_tones)) - 1
        bits = np.where(tones, 1 << (tones.cumsum(axis=1) - tones), 0)
        bits &= self._every[:, None]
        self._bits = bits[:, CLASS_TONES]  # (column, pitch)

    def is_possible(self) -> NDArray[np.bool_]:
        """Return (column,): whether the open cells can be filled."""
        ceilings = self._ceilings(NUM_VOICES)
        found = ceilings[np.arange(len(ceilings)), self._every]
        return np.asarray((found > _TOO_LOW) & ~self._has_too_many)

    def fits(self, voice: int, is_asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return what an open voice may be, so that the others still can be filled.

        Args:
            voice: Which.
            is_asked: (column,), of which columns.

        Returns:
            (asked column, class), at least one class where the column is possible.
        """
        part = copy(self)
        part._pitch = self._pitch[is_asked]
        part._is_open = self._is_open[is_asked]
        part._classes = self._classes[is_asked]
        part._every = self._every[is_asked]
        part._bits = self._bits[is_asked]
        return part._fits(voice)

    def settle(
        self, voice: int, pitch: NDArray[np.int16], is_settled: NDArray[np.bool_]
    ) -> None:
        """Take a voice for known from now on, in some columns.

        Args:
            voice: Which.
            pitch: (column,), what it is.
            is_settled: (column,), where.
        """
        self._pitch[:, voice] = np.where(is_settled, pitch, self._pitch[:, voice])
        self._is_open[:, voice] &= ~is_settled

    def _fits(self, voice: int) -> NDArray[np.bool_]:
        """(column, class); see `fits`."""
        ceilings, floors = self._ceilings(voice), self._floors(voice)
        rows = np.arange(len(self._pitch))[:, None]
        below = self._every[:, None] & ~self._sets  # what is left for the voices below
        is_fit = np.zeros(self._classes[:, voice].shape, dtype=bool)
        for bit in self._tone_bits:
            floor = floors[rows, below & ~bit]
            has_room = ((ceilings > _TOO_LOW) & (floor < _TOO_HIGH)).any(axis=1)
            is_fit[:, :NUM_PITCHES] |= has_room[:, None] & (self._bits == bit)
            if bit == 0:
                is_fit[:, REST_CLASS] = has_room
        if self._forbids_crossing:
            is_between = np.zeros(self._bits.shape, dtype=bool)
            for above in self._sets:
                ceiling = ceilings[:, above, None]
                floor = floors[rows, below[:, above, None] & ~self._bits]
                is_between |= (ceiling >= _INDEX) & (floor <= _INDEX)
            is_fit[:, :NUM_PITCHES] = is_between
        return np.asarray(is_fit & self._classes[:, voice])

    @property
    def _sets(self) -> NDArray[np.int64]:
        """(set,): every set of tones, as numbers."""
        return np.arange(1 << self._num_tones)

    @property
    def _tone_bits(self) -> list[int]:
        """The empty set, and the sets of one tone."""
        return [0, *(1 << number for number in range(self._num_tones))]

    def _ceilings(self, voice: int) -> NDArray[np.int64]:
        """(column, set): how high a voice may be where those above sound that set."""
        ceilings = np.full((len(self._pitch), 1 << self._num_tones), _TOO_LOW)
        ceilings[:, 0] = _NO_CEILING
        for upper in range(voice):
            ceilings = np.where(
                self._is_open[:, upper, None],
                self._below_open(upper, ceilings),
                self._below_settled(upper, ceilings),
            )
        return ceilings

    def _floors(self, voice: int) -> NDArray[np.int64]:
        """(column, set): how low a voice may be where those below sound that set."""
        floors = np.full((len(self._pitch), 1 << self._num_tones), _TOO_HIGH)
        floors[:, 0] = _NO_FLOOR
        for lower in reversed(range(voice + 1, NUM_VOICES)):
            floors = np.where(
                self._is_open[:, lower, None],
                self._above_open(lower, floors),
                self._above_settled(lower, floors),
            )
        return floors

    def _below_open(self, voice: int, ceilings: NDArray[np.int64]) -> NDArray[np.int64]:
        """Ceilings below a voice that takes the highest pitch it can."""
        rows = np.arange(len(ceilings))
        result = np.full_like(ceilings, _TOO_LOW)
        for bit, is_meant in self._choices(voice):
            highest = np.full((len(ceilings), NUM_PITCHES + 2), _TOO_LOW)
            if self._forbids_crossing:
                highest[:, 1:-1] = np.where(is_meant, _INDEX, _TOO_LOW)
                highest = np.maximum.accumulate(highest, axis=1)
            else:
                highest[is_meant.any(axis=1), 1:] = _NO_CEILING
            for sounding in self._sets:
                found = highest[rows, ceilings[:, sounding & ~bit] + 1]
                result[:, sounding] = np.maximum(result[:, sounding], found)
        may_rest = self._classes[:, voice, REST_CLASS, None] & (ceilings > _TOO_LOW)
        return np.where(may_rest, _NO_CEILING, result)

    def _above_open(self, voice: int, floors: NDArray[np.int64]) -> NDArray[np.int64]:
        """Floors above a voice that takes the lowest pitch it can."""
        rows = np.arange(len(floors))
        result = np.full_like(floors, _TOO_HIGH)
        for bit, is_meant in self._choices(voice):
            lowest = np.full((len(floors), NUM_PITCHES + 3), _TOO_HIGH)
            if self._forbids_crossing:
                lowest[:, 1:-2] = np.where(is_meant, _INDEX, _TOO_HIGH)
                lowest = np.minimum.accumulate(lowest[:, ::-1], axis=1)[:, ::-1]
            else:
                lowest[is_meant.any(axis=1), :-1] = _NO_FLOOR
            for sounding in self._sets:
                found = lowest[rows, floors[:, sounding & ~bit] + 1]
                result[:, sounding] = np.minimum(result[:, sounding], found)
        may_rest = self._classes[:, voice, REST_CLASS, None] & (floors < _TOO_HIGH)
        return np.where(may_rest, _NO_FLOOR, result)

    def _below_settled(
        self, voice: int, ceilings: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Ceilings below a voice whose pitch is known."""
        pitch = self._pitch[:, voice, None].astype(np.int64)
        before = self._without(voice, ceilings)
        is_possible = before > _TOO_LOW
        if not self._forbids_crossing:
            return np.where(is_possible, _NO_CEILING, _TOO_LOW)
        if voice:
            is_possible &= (before >= pitch) | ~self._is_open[:, voice - 1, None]
        ceiling = np.where(pitch < 0, _NO_CEILING, pitch)
        return np.where(is_possible, ceiling, _TOO_LOW)

    def _above_settled(
        self, voice: int, floors: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Floors above a voice whose pitch is known."""
        pitch = self._pitch[:, voice, None].astype(np.int64)
        before = self._without(voice, floors)
        is_possible = before < _TOO_HIGH
        if not self._forbids_crossing:
            return np.where(is_possible, _NO_FLOOR, _TOO_HIGH)
        if voice + 1 < NUM_VOICES:
            is_possible &= (
                (before <= pitch) | (pitch < 0) | ~self._is_open[:, voice + 1, None]
            )
        return np.where(is_possible, pitch, _TOO_HIGH)

    def _without(self, voice: int, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Bounds where the other voices need not sound the tone of a known one."""
        pitch = self._pitch[:, voice].astype(np.int64)
        rows = np.arange(len(pitch))
        own = np.where(pitch < 0, 0, self._bits[rows, pitch])
        return np.asarray(bounds[rows[:, None], self._sets & ~own[:, None]])

    def _choices(self, voice: int) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """(bit, (column, pitch)): what a voice may be to sound one tone, or any."""
        may_be = self._classes[:, voice, :NUM_PITCHES]
        for bit in self._tone_bits:
            yield bit, may_be & (self._bits == bit) if bit else may_be
