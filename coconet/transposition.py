"""Bringing a melody to where the network has learned sopranos, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.data.errors import PitchRangeError
from musegen.data.score import Note, Score
from musegen.data.spelling import pitch_name

MAX_PITCH = MIN_PITCH + NUM_PITCHES - 1  # inclusive
# Source: the soprano of the 382 chorales of Jsb16thSeparated lies in 60..81.
SOPRANO_LOWEST, SOPRANO_HIGHEST = 60, 81
# An octave keeps the key; the network knows all keys nearly alike.
_KEY_CHANGE_COST = 0.02
_SEMITONE_COST = 0.005


def shift_for_soprano(notes: Sequence[Note], score: Score) -> int:
    """Choose the transposition under which the network harmonises a melody.

    Args:
        notes: The melody, at least one note.
        score: Where it stands, for the place in the error.

    Returns:
        Semitones to add for inference and to take away after: 0 where all notes lie in
        Bach's soprano range, else what brings most of the melody into it by the
        shortest way; an octave, which keeps the key, counts as eight semitones.

    Raises:
        PitchRangeError: The melody spans more than the network's 46 pitches.
    """
    pitches = np.array([note.pitch for note in notes])
    weights = np.array([max(1, note.duration) for note in notes], dtype=float)
    weights /= weights.sum()
    if int(pitches.max() - pitches.min()) >= NUM_PITCHES:
        low = min(notes, key=lambda note: note.pitch)
        high = max(notes, key=lambda note: note.pitch)
        raise PitchRangeError(
            f"the melody spans {high.pitch - low.pitch} semitones, from "
            f"{pitch_name(low.pitch)} ({score.bar_beat(low.onset)}) to "
            f"{pitch_name(high.pitch)} ({score.bar_beat(high.onset)}), and the model "
            f"knows {NUM_PITCHES} pitches: bring the outlying notes closer by octaves, "
            "or choose another line with --voice"
        )

    def cost(shift: int) -> float:
        moved = pitches + shift
        outside = (moved < SOPRANO_LOWEST) | (moved > SOPRANO_HIGHEST)
        key_change = _KEY_CHANGE_COST if shift % 12 else 0.0
        return float(weights[outside].sum()) + key_change + _SEMITONE_COST * abs(shift)

    lowest = MIN_PITCH - int(pitches.min())
    highest = MAX_PITCH - int(pitches.max())
    return min(range(lowest, highest + 1), key=lambda shift: (cost(shift), abs(shift)))


def describe_shift(shift: int) -> str:
    """Say a transposition, not 0, in words: `2 octaves down`, `3 semitones up`."""
    direction = "up" if shift > 0 else "down"
    octaves, rest = divmod(abs(shift), 12)
    if not rest:
        return f"{octaves} octave{'s' if octaves > 1 else ''} {direction}"
    return f"{abs(shift)} semitone{'s' if abs(shift) > 1 else ''} {direction}"
