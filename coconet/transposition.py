"""Bringing given voices to where the network has learned them, and back.

All given voices move by one shift, so that what sounds together stays together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES
from musegen.data.errors import PitchRangeError
from musegen.data.score import Note, Score
from musegen.data.spelling import pitch_name

MAX_PITCH = MIN_PITCH + NUM_PITCHES - 1  # inclusive
# Lowest and highest pitch of soprano, alto, tenor and bass.
# Source: the 382 chorales of Jsb16thSeparated (coconet.md, 1.1).
VOICE_RANGES = ((60, 81), (52, 74), (46, 69), (36, 66))
# An octave keeps the key; the network knows all keys nearly alike.
_KEY_CHANGE_COST = 0.02
_SEMITONE_COST = 0.005
# Of several voices together wider than the network: share of the time in which notes
# must be read an octave off counts so many times as much as lying out of range.
_FOLDED_COST = 4.0
_OCTAVE = 12


def shift_for_voices(lines: Mapping[int, Sequence[Note]], score: Score) -> int:
    """Choose the transposition under which the network sees the given voices.

    Args:
        lines: Notes by voice, 0 = soprano; a voice may have none.
        score: Where they stand, for the place in the error.

    Returns:
        Semitones to add for inference and to take away after: 0 where all notes lie in
        the ranges of Bach's voices, else what brings most of them there by the
        shortest way; an octave, which keeps the key, counts as eight semitones. 0 where
        nothing is given.

    Raises:
        PitchRangeError: One of the voices spans more than the network's 46 pitches.
    """
    sounding = {voice: notes for voice, notes in lines.items() if notes}
    if not sounding:
        return 0
    for notes in sounding.values():
        _check_span(notes, score)
    pitches = np.array([n.pitch for notes in sounding.values() for n in notes])
    weights = np.array(
        [max(1, n.duration) for notes in sounding.values() for n in notes], dtype=float
    )
    weights /= weights.sum()
    ranges = [VOICE_RANGES[voice] for voice, notes in sounding.items() for _ in notes]
    low, high = np.array(ranges).T
    lowest, highest = MIN_PITCH - int(pitches.min()), MAX_PITCH - int(pitches.max())
    if lowest > highest:  # together too wide: some notes will be read octaves off
        lowest, highest = highest, lowest

    def cost(shift: int) -> float:
        moved = pitches + shift
        outside = float(weights[(moved < low) | (moved > high)].sum())
        folded = float(weights[(moved < MIN_PITCH) | (moved > MAX_PITCH)].sum())
        key_change = _KEY_CHANGE_COST if shift % _OCTAVE else 0.0
        return (
            outside + _FOLDED_COST * folded + key_change + _SEMITONE_COST * abs(shift)
        )

    return min(range(lowest, highest + 1), key=lambda shift: (cost(shift), abs(shift)))


def pitch_indices(pitch: NDArray[np.int16], shift: int) -> NDArray[np.int16]:
    """Return what the network is shown of given cells.

    Args:
        pitch: (time, voice) MIDI pitches as written, -1 = silence.
        shift: Semitones to add.

    Returns:
        Same shape, indices or -1; a pitch beyond the network's is folded back by
        octaves (`num_folded` counts these).
    """
    index = pitch.astype(np.int64) + shift - MIN_PITCH
    top = NUM_PITCHES - 1
    index = np.where(index < 0, index % _OCTAVE, index)
    index = np.where(index > top, top - (top - index) % _OCTAVE, index)
    return np.where(pitch < 0, -1, index).astype(np.int16)


def num_folded(pitch: NDArray[np.int16], shift: int) -> int:
    """Return how many cells `pitch_indices` folds by octaves."""
    moved = pitch.astype(np.int64) + shift
    is_beyond = (moved < MIN_PITCH) | (moved > MAX_PITCH)
    return int((is_beyond & (pitch >= 0)).sum())


def describe_shift(shift: int) -> str:
    """Say a transposition, not 0, in words: `2 octaves down`, `3 semitones up`."""
    direction = "up" if shift > 0 else "down"
    octaves, rest = divmod(abs(shift), _OCTAVE)
    if not rest:
        return f"{octaves} octave{'s' if octaves > 1 else ''} {direction}"
    return f"{abs(shift)} semitone{'s' if abs(shift) > 1 else ''} {direction}"


def _check_span(notes: Sequence[Note], score: Score) -> None:
    low = min(notes, key=lambda note: note.pitch)
    high = max(notes, key=lambda note: note.pitch)
    if high.pitch - low.pitch < NUM_PITCHES:
        return
    raise PitchRangeError(
        f"the melody spans {high.pitch - low.pitch} semitones, from "
        f"{pitch_name(low.pitch)} ({score.bar_beat(low.onset)}) to "
        f"{pitch_name(high.pitch)} ({score.bar_beat(high.onset)}), and the model "
        f"knows {NUM_PITCHES} pitches: bring the outlying notes closer by octaves, "
        "or choose another line with --voice"
    )
