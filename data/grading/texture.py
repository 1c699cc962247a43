"""How the four voices of grids lie and move: ranges, spacing, leaps, rests, rhythm.

Facts to set beside Bach's (`BACH_TEXTURE`); nothing is forbidden and nothing is graded.
Parallels and crossings of a single grid are in `musegen.data.grading.voice_leading`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.corpora.jsb_arrays import NUM_VOICES
from musegen.data.errors import InputError
from musegen.data.grading.voice_leading import voice_leading

BACH_RANGES = ((60, 81), (52, 74), (46, 69), (36, 66))
"""Lowest and highest MIDI pitch of each voice, inclusive.

Source: measured over the 382 pieces of Jsb16thSeparated.
"""

LARGEST_STEPWISE_LEAP = 7
"""Semitones; a melodic move beyond a fifth is counted as a leap. Our own choice."""

_WIDE_SEMITONES = (12, 12, 19)  # between neighbours: octave, octave, twelfth

Shares = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texture:
    """Facts of one or several grids; a share is 0 to 1.

    Shares of pairs are of steps in which all voices sound, in the order soprano-alto,
    alto-tenor, tenor-bass; shares of voices are in the order soprano to bass.

    Args:
        num_beats: Length of all grids, in beats.
        fifths_per_1000_beats: Parallel fifths (see `voice_leading`).
        octaves_per_1000_beats: Parallel octaves and unisons.
        crossings: A voice lies above its upper neighbour.
        unisons: Neighbours sound one pitch.
        wide: Neighbours lie more than an octave apart, tenor and bass a twelfth.
        outside_range: Notes outside of `BACH_RANGES`.
        leaps: Melodic moves beyond a fifth.
        largest_leaps: Largest melodic move in semitones.
        repeated_chords: Beats that begin with the pitch classes of the beat before.
        moves: For each position in the beat, how often soprano, alto, tenor, bass and
            any voice differ from their step before.
        rests: Silent steps.
    """

    num_beats: float
    fifths_per_1000_beats: float
    octaves_per_1000_beats: float
    crossings: Shares
    unisons: Shares
    wide: Shares
    outside_range: Shares
    leaps: Shares
    largest_leaps: tuple[int, ...]
    repeated_chords: float
    moves: tuple[Shares, ...]
    rests: Shares


def texture(
    grids: Sequence[npt.ArrayLike],
    *,
    steps_per_beat: int = STEPS_PER_QUARTER,
    first_phases: Sequence[int] | None = None,
) -> Texture:
    """Return the facts of grids taken together, each step weighing the same.

    Args:
        grids: At least one, each (time, voice) MIDI pitches, -1 for silence.
        steps_per_beat: Steps in a beat.
        first_phases: For each grid the position of its first step in a beat; None: all
            begin on a beat.

    Raises:
        InputError: No grid, or one without four voices.
    """
    pitches = [np.asarray(grid, dtype=np.int64) for grid in grids]
    if not pitches or any(p.ndim != 2 or p.shape[1] != NUM_VOICES for p in pitches):
        raise InputError(f"texture is measured on grids of {NUM_VOICES} voices")
    phases = [
        (np.arange(len(pitch)) + first) % steps_per_beat
        for pitch, first in zip(
            pitches, first_phases or [0] * len(pitches), strict=True
        )
    ]
    found = [
        voice_leading(pitch.astype(np.int16), steps_per_beat=steps_per_beat)
        for pitch in pitches
    ]
    num_beats = sum(item.num_beats for item in found)
    steps = np.concatenate(pitches)
    full = steps[(steps >= 0).all(axis=1)]
    gaps = full[:, :-1] - full[:, 1:]
    leaps = [_melodic_moves(pitches, voice) for voice in range(NUM_VOICES)]
    return Texture(
        num_beats=num_beats,
        fifths_per_1000_beats=_per_1000(
            sum(item.parallel_fifths for item in found), num_beats
        ),
        octaves_per_1000_beats=_per_1000(
            sum(item.parallel_octaves for item in found), num_beats
        ),
        crossings=_shares(gaps < 0),
        unisons=_shares(gaps == 0),
        wide=_shares(gaps > np.array(_WIDE_SEMITONES)),
        outside_range=_outside_range(pitches),
        leaps=tuple(_share(moves > LARGEST_STEPWISE_LEAP) for moves in leaps),
        largest_leaps=tuple(int(moves.max(initial=0)) for moves in leaps),
        repeated_chords=_repeated_chords(pitches, phases),
        moves=_moves(pitches, phases, steps_per_beat),
        rests=_shares(steps < 0),
    )


def _per_1000(count: int, num_beats: float) -> float:
    return 1000 * count / num_beats if num_beats else 0.0


def _share(is_true: npt.NDArray[np.bool_]) -> float:
    return float(is_true.mean()) if is_true.size else 0.0


def _shares(is_true: npt.NDArray[np.bool_]) -> Shares:
    """The share of each column."""
    return tuple(_share(is_true[:, column]) for column in range(is_true.shape[1]))


def _notes(line: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Pitches of a voice, -1 for rests; equal neighbouring steps are one note."""
    begins = np.ones(len(line), dtype=np.bool_)
    begins[1:] = line[1:] != line[:-1]
    return line[begins]


def _melodic_moves(
    pitches: Sequence[npt.NDArray[np.int64]], voice: int
) -> npt.NDArray[np.int64]:
    """Semitones between adjoining notes of a voice."""
    moves = [np.zeros(0, dtype=np.int64)]
    for pitch in pitches:
        notes = _notes(pitch[:, voice])
        adjoin = (notes[1:] >= 0) & (notes[:-1] >= 0)
        moves.append(np.abs(np.diff(notes))[adjoin])
    return np.concatenate(moves)


def _outside_range(pitches: Sequence[npt.NDArray[np.int64]]) -> Shares:
    shares = []
    for voice, (lowest, highest) in enumerate(BACH_RANGES):
        notes = np.concatenate([_notes(pitch[:, voice]) for pitch in pitches])
        notes = notes[notes >= 0]
        shares.append(_share((notes < lowest) | (notes > highest)))
    return tuple(shares)


def _repeated_chords(
    pitches: Sequence[npt.NDArray[np.int64]], phases: Sequence[npt.NDArray[np.int64]]
) -> float:
    num_beats = num_repeated = 0
    for pitch, phase in zip(pitches, phases, strict=True):
        chords = [
            frozenset(value % 12 for value in step if value >= 0)
            for step in pitch[phase == 0].tolist()
        ]
        for before, chord in pairwise(chords):
            num_beats += bool(chord)
            num_repeated += bool(chord) and chord == before
    return num_repeated / num_beats if num_beats else 0.0


def _moves(
    pitches: Sequence[npt.NDArray[np.int64]],
    phases: Sequence[npt.NDArray[np.int64]],
    steps_per_beat: int,
) -> tuple[Shares, ...]:
    """Shares of change by position in the beat, the first step of a grid left out."""
    differs = np.concatenate([np.diff(pitch, axis=0) for pitch in pitches]) != 0
    any_differs = differs.any(axis=1, keepdims=True)
    differs = np.concatenate([differs, any_differs], axis=1)
    phase = np.concatenate([phase[1:] for phase in phases])
    return tuple(_shares(differs[phase == place]) for place in range(steps_per_beat))
