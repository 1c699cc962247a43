"""The cells of a score while hard constraints are applied to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.columns import CLASS_TONES, NUM_TONES
from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    REST_CLASS,
    VOICE_NAMES,
)
from musegen.coconet.drawing import NUM_CLASSES, Allowed, has_room
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
        spell: Names a MIDI pitch.
        is_later: Same shape as `is_free`, cells that are written afterwards; None:
            there are none.
        is_given: Same shape, cells that nobody writes; None: all that are neither free
            nor written afterwards.
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
        spell: Callable[[int], str] = pitch_name,
        is_later: NDArray[np.bool_] | None = None,
        is_given: NDArray[np.bool_] | None = None,
    ) -> None:
        self.classes = np.ones((*pitch.shape, NUM_CLASSES), dtype=bool)
        self.classes[..., REST_CLASS] = allow_rests
        self.writes_rests = writes_rests
        self.place = place
        self._pitch = pitch
        self._is_free = is_free
        self._is_later = np.zeros_like(is_free) if is_later is None else is_later
        is_known = ~is_free & ~self._is_later
        self._is_given = is_known if is_given is None else is_given
        self._shift = shift
        self._spell = spell
        self._tones = np.zeros((len(pitch), NUM_TONES), dtype=bool)
        self._fewest_tones = self._tones.copy()
        self._needs: list[tuple[slice, str]] = []
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
        return f"{self.name(low)} to {self.name(high)}"

    def name(self, pitch: int) -> str:
        """Name a MIDI pitch as stated, `F#4`."""
        return self._spell(pitch)

    def names(self, pitch_classes: Iterable[int]) -> str:
        """Name pitch classes as stated, `D F# A`."""
        return " ".join(
            self._spell(60 + tone % NUM_TONES)[:-1] for tone in pitch_classes
        )

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
        given = self._pitch[steps, voice]
        is_wrong = ~is_meant[np.where(given < 0, REST_CLASS, given)]
        is_wrong &= self._is_given[steps, voice]
        if is_wrong.any():
            step = steps.start + int(is_wrong.argmax())
            raise UsageError(
                f"{self.place(step)}: {words}, but the {VOICE_NAMES[voice]} is given "
                f"there as {self._name_index(int(self._pitch[step, voice]))}: "
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

    def require(self, steps: slice, pitch_classes: tuple[int, ...], words: str) -> None:
        """Have notes of a chord sound in each of some steps, in whichever voice.

        Where a given voice moves on from its note of the chord and no other can take
        that over, it need not sound after the first step.

        Args:
            steps: Of the chord.
            pitch_classes: As stated, 0 = C to 11 = B.
            words: What needs them, `the chord D7`.
        """
        self._needs.append((steps, words))
        is_needed = np.zeros(NUM_TONES, dtype=bool)
        is_needed[[(tone + self._shift) % NUM_TONES for tone in pitch_classes]] = True
        self._tones[steps] |= is_needed
        self._fewest_tones[steps.start] |= is_needed
        later = slice(steps.start + 1, steps.stop)
        self._fewest_tones[later] |= is_needed & ~self._given_tones(steps.start)

    def allowed(self, *, forbids_crossing: bool) -> Allowed:
        """Return what is left, for drawing.

        Args:
            forbids_crossing: Whether voices may not lie beyond their neighbours.

        Raises:
            UsageError: The voices of a step cannot all be what they have to be.
        """
        found = Allowed(
            classes=self.classes[None],
            forbids_crossing=forbids_crossing,
            tones=self._tones[None],
            is_later=self._is_later[None],
        )
        is_possible = self._has_room(found)
        tones = np.where(is_possible[:, None], self._tones, self._fewest_tones)
        found = replace(found, tones=tones[None])
        is_possible = self._has_room(found)
        if not is_possible.all():
            self._refuse(int(is_possible.argmin()), found)
        return found

    def _has_room(self, allowed: Allowed) -> NDArray[np.bool_]:
        """(time,): where the voices can be what they have to be."""
        found = has_room(self._pitch[None], self._is_free[None], allowed)
        return np.asarray(found[0])

    def _refuse(self, step: int, allowed: Allowed) -> NoReturn:
        """Say what is impossible in a step."""
        tones = allowed.needed_tones[0, step]
        is_whole = self._has_room(replace(allowed, tones=None))[step]
        if not (tones.any() and is_whole):
            raise UsageError(
                f"{self.place(step)}: the free voices cannot be filled without "
                "crossing a neighbour: allow crossing, or change what is given or "
                "pinned there"
            )
        missing = np.flatnonzero(tones & ~self._given_tones(step))
        is_open = self._is_free[step] | self._is_later[step]
        in_reach = self.classes[step, is_open, :NUM_PITCHES].any(axis=0)
        reached = CLASS_TONES[np.flatnonzero(in_reach)]
        beyond = [tone for tone in missing if tone not in reached]
        words = "the free voices cannot sound {} together"
        if beyond:
            words = "no free voice can sound {}"
        elif self._has_room(replace(allowed, forbids_crossing=False))[step]:
            words += " without crossing"
        named = self.names(int(tone) - self._shift for tone in beyond or missing)
        needs = " and ".join(
            what for steps, what in self._needs if steps.start <= step < steps.stop
        )
        raise UsageError(
            f"{self.place(step)}: {words.format(named)}, as has to be for {needs}: "
            "ask for another chord, or change what is given, pinned or kept to a range "
            "there"
        )

    def _given_tones(self, step: int) -> NDArray[np.bool_]:
        """(12,): pitch classes, as the network sees them, of given voices in a step."""
        sounding = self._pitch[step, self._is_given[step] & (self._pitch[step] >= 0)]
        tones = np.zeros(NUM_TONES, dtype=bool)
        tones[CLASS_TONES[sounding]] = True
        return tones

    def _said_before(self, voice: int, step: int) -> str:
        for voices, steps, words in reversed(self._said):
            if voice in voices and steps.start <= step < steps.stop:
                return f", while {words}"
        return ""

    def _name_index(self, index: int) -> str:
        if index < 0:
            return "silence"
        return self.name(index + MIN_PITCH - self._shift)
