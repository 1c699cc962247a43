"""How the beat of a line is divided: straight, in triplets, or swung.

It is reported, not changed. Played timing works too: onsets count for the division that
they are nearest to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegen.data.score import Note

Kind = Literal["straight", "triplet", "swing", "mixed", "free"]

_STRAIGHT = (0.25, 0.5, 0.75)
_TRIPLET = (1 / 3, 2 / 3)
_TOLERANCE = 0.04  # of a quarter: half the distance between 1/4 and 1/3
_ON_BEAT = 0.09  # nearer to a beat than this is on it
_SWUNG = (0.56, 0.74)  # where the second of two swung eighths falls
_MOST = 0.7  # share that decides
_SOME = 0.15  # share that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdivision:
    """The division of the quarter in a line.

    Args:
        kind: `free` where onsets fit no division.
        straight_share: Of the onsets off the beat, 0 to 1.
        triplet_share: Same.
        swing_ratio: Long to short, above 1, where the line swings; None elsewhere.
    """

    kind: Kind
    straight_share: float
    triplet_share: float
    swing_ratio: float | None = None

    def __str__(self) -> str:
        return {
            "straight": "the beat is divided evenly in twos",
            "triplet": "the beat is divided in triplets: the melody keeps them, the "
            "other voices move on the beat's quarters",
            "swing": f"the eighths swing, {self.swing_ratio or 1:.1f} to 1: the melody "
            "keeps its timing",
            "mixed": "the beat is divided in twos and in triplets by turns: the melody "
            "keeps both",
            "free": "the timing fits no even division: the melody keeps it",
        }[self.kind]


def detect_subdivision(notes: Sequence[Note], *, ticks_per_quarter: int) -> Subdivision:
    """Tell how the quarter is divided.

    Args:
        notes: A line, in any order.
        ticks_per_quarter: Of their onsets.
    """
    onsets = np.array([note.onset for note in notes], dtype=float)
    place = (onsets / ticks_per_quarter) % 1.0
    off_beat = place[(place > _ON_BEAT) & (place < 1.0 - _ON_BEAT)]
    if not off_beat.size:
        return Subdivision(kind="straight", straight_share=1.0, triplet_share=0.0)
    straight = float(_is_near(off_beat, _STRAIGHT).mean())
    triplet = float(_is_near(off_beat, _TRIPLET).mean())
    is_swung = (off_beat >= _SWUNG[0]) & (off_beat <= _SWUNG[1])
    kind: Kind = "free"
    ratio = None
    if straight >= _MOST and triplet < _SOME:
        kind = "straight"
    elif is_swung.mean() >= _MOST and (off_beat < _SWUNG[0]).mean() < _SOME:
        kind = "swing"
        late = float(np.median(off_beat[is_swung]))
        ratio = late / (1.0 - late)
    elif triplet >= _MOST and straight < _SOME:
        kind = "triplet"
    elif straight + triplet >= _MOST:
        kind = "mixed"
    return Subdivision(
        kind=kind, straight_share=straight, triplet_share=triplet, swing_ratio=ratio
    )


def _is_near(
    place: npt.NDArray[np.float64], divisions: Sequence[float]
) -> npt.NDArray[np.bool_]:
    distance = np.abs(place[:, None] - np.array(divisions)[None, :])
    return np.asarray((distance <= _TOLERANCE).any(axis=1))
