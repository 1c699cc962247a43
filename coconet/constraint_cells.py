"""The cells of a score while hard constraints are applied to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    REST_CLASS,
    VOICE_NAMES,
)
from musegen.coconet.drawing import NUM_CLASSES
from musegen.coconet.predicting import PitchIndex
from musegen.data.errors import UsageError
from musegen.data.spelling import pitch_name

ALL_VOICES = tuple(range(NUM_VOICES))
SILENCE = np.arange(NUM_CLASSES) == REST_CLASS  # (class,)
_PITCHES = np.arange(NUM_PITCHES) + MIN_PITCH


class Cells:
    """The cells of a score while statements are applied to them, one after another.

    Args:
        pitch: (time, voice), index of given cells.
        is_free: Same shape.
        shift: Semitones from stated to seen pitches.
        allow_rests: Whether free cells may be silent to begin with.
        writes_rests: Whether the network can draw silence.
        place: Names the bar and beat of a step.
        checked_voices: Voices whose given cells have to fulfil what is stated.
    """

    def __init__(
        self,
        pitch: PitchIndex,
        is_free: NDArray[np.bool_],
        *,
        shift: int,
        allow_rests: bool,
        writes_rests: bool,
        place: Callable[[int], str],
        checked_voices: tuple[int, ...] = ALL_VOICES,
    ) -> None:
        self.classes = np.ones((*pitch.shape, NUM_CLASSES), dtype=bool)
        self.classes[..., REST_CLASS] = allow_rests
        self.writes_rests = writes_rests
        self.place = place
        self._given = np.where(pitch < 0, REST_CLASS, pitch)
        self._is_free = is_free
        self._shift = shift
        self._checked_voices = checked_voices
        self._said: list[tuple[tuple[int, ...], slice, str]] = []

    def pitches(
        self, is_meant: Callable[[NDArray[np.int64]], NDArray[np.bool_]]
    ) -> NDArray[np.bool_]:
        """Return (class,): for which stated pitches a condition holds; no silence."""
        classes = np.zeros(NUM_CLASSES, dtype=bool)
        classes[:NUM_PITCHES] = is_meant(_PITCHES - self._shift)
        return classes

    def reach(self) -> str:
        """Name the pitches that the network knows, as stated."""
        low, high = (int(pitch) - self._shift for pitch in _PITCHES[[0, -1]])
        return f"{pitch_name(low)} to {pitch_name(high)}"

    def steps(self, start: int, end: int | None) -> slice:
        """Return steps as a slice.

        Raises:
            UsageError: They are none, or lie outside of the score.
        """
        last = len(self.classes) if end is None else end
        if not 0 <= start < last <= len(self.classes):
            raise UsageError(
                f"steps {start + 1} to {last} are not in the score, which has "
                f"{len(self.classes)}: name bars that exist"
            )
        return slice(start, last)

    def allow_silence(self, voices: tuple[int, ...], steps: slice) -> None:
        """Let cells be silent."""
        self.classes[steps, voices, REST_CLASS] = True

    def check_given(
        self, voice: int, steps: slice, is_meant: NDArray[np.bool_], words: str
    ) -> None:
        """Refuse a statement about given cells that they do not fulfil.

        Raises:
            UsageError: A given cell is none of the classes meant.
        """
        if voice not in self._checked_voices:
            return
        is_wrong = ~self._is_free[steps, voice] & ~is_meant[self._given[steps, voice]]
        if is_wrong.any():
            step = steps.start + int(is_wrong.argmax())
            raise UsageError(
                f"{self.place(step)}: {words}, but the {VOICE_NAMES[voice]} is given "
                f"there as {self._name(int(self._given[step, voice]))}: "
                "change one of the two"
            )

    def keep(
        self,
        voices: tuple[int, ...],
        steps: slice,
        is_meant: NDArray[np.bool_],
        words: str,
    ) -> None:
        """Leave only some classes to free cells.

        Raises:
            UsageError: Nothing is left for one of them.
        """
        for voice in voices:
            self.classes[steps, voice] &= is_meant
            is_empty = ~self.classes[steps, voice].any(axis=-1)
            is_empty &= self._is_free[steps, voice]
            if is_empty.any():
                step = steps.start + int(is_empty.argmax())
                raise UsageError(
                    f"{self.place(step)}: nothing is left for the "
                    f"{VOICE_NAMES[voice]}, for {words}"
                    f"{self._said_before(voice, step)}: change one of the two"
                )
        self._said.append((voices, steps, words))

    def _said_before(self, voice: int, step: int) -> str:
        for voices, steps, words in reversed(self._said):
            if voice in voices and steps.start <= step < steps.stop:
                return f", while {words}"
        return ""

    def _name(self, index: int) -> str:
        if index == REST_CLASS:
            return "silence"
        return pitch_name(index + MIN_PITCH - self._shift)
