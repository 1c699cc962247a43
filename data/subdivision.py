"""How a tune divides its quarter notes: straight, in triplets, swung, or freely.

For telling the user what a grid of sixteenths will make of the timing. Nothing is
changed here, and no metre or tempo is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegen.data.notices import Notice
from musegen.data.score import Note

Kind = Literal["straight", "triplet", "swing", "mixed", "free"]

_STRAIGHT = np.asarray([1 / 4, 1 / 2, 3 / 4])
_TRIPLET = np.asarray([1 / 3, 2 / 3])
_ON_BEAT = 1 / 12  # of a quarter: nearer to the beat than to any division of it
_JITTER_RANGE = (0.008, 0.04)  # quarters: a grid with human timing, 4 to 20 ms at 120
_USUAL_JITTER = 0.02
_NUM_ROUNDS = 30
_MIXED_SHARE = 0.15
_FREE_SHARE = 0.5  # of the divided quarters
_FREE_SHARE_OF_ALL = 0.2  # below it: a few loose notes of a plain tune
# The second of two swung notes: later than the middle, earlier than a sixteenth before
# the next beat (ratios 1.2 to 2.6), alone in its beat and much the same throughout.
_SWING_RANGE = (0.55, 0.72)
_SECOND_NOTE_RANGE = (0.4, 0.85)
_SWING_SPREAD = 0.05
_SWING_SHARE = 0.75
_MIN_SWUNG_BEATS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Subdivision:
    """How the quarter notes of a tune are divided.

    Args:
        kind: `straight` (halves and quarters), `triplet`, `swing` (long and short),
            `mixed` (straight and triplets) or `free` (no grid fits).
        straight_share: Of the divided quarters, 0 to 1; 1 where none is divided.
        triplet_share: Of the divided quarters, 0 to 1.
        swing_ratio: Long to short, where the kind is `swing`: 2.0 is quarter and eighth
            of a triplet.
        num_divided: Quarters with an onset inside them.
    """

    kind: Kind
    straight_share: float
    triplet_share: float
    swing_ratio: float | None = None
    num_divided: int = 0

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        if self.kind == "straight":
            return "the quarter notes are divided straight, into halves and quarters"
        if self.kind == "triplet":
            return "the quarter notes are divided into triplets"
        if self.kind == "swing":
            return f"the eighths are swung, about {self.swing_ratio:.1f} to 1"
        if self.kind == "mixed":
            return (
                f"{self.triplet_share:.0%} of the divided quarter notes are triplets, "
                f"{self.straight_share:.0%} are divided straight"
            )
        return "the notes follow no grid of sixteenths or triplets"

    def notices(self) -> tuple[Notice, ...]:
        """Return a notice unless the tune is straight."""
        if self.kind == "straight":
            return ()
        return (Notice(code=f"subdivision-{self.kind}", message=self.sentence),)


def detect_subdivision(notes: Sequence[Note], *, ticks_per_quarter: int) -> Subdivision:
    """Find out how the quarter notes of a tune are divided.

    Onsets inside a quarter are compared with quarters, with thirds and with no grid at
    all, at the looseness with which the onsets on the beat are played; the shares of
    the three follow by expectation maximisation over the divided quarters.

    Args:
        notes: In any order; simultaneous onsets count once.
        ticks_per_quarter: Resolution of the score; quarters begin at its multiples.

    Source:
        Our own method; it is tested on onsets with random shifts.
    """
    onsets = np.unique(np.asarray([note.onset for note in notes], dtype=np.int64))
    positions = onsets / ticks_per_quarter
    quarters = np.floor(positions + _ON_BEAT).astype(np.int64)
    phases = positions - quarters
    is_inside = phases > _ON_BEAT
    if not is_inside.any():
        return Subdivision(kind="straight", straight_share=1.0, triplet_share=0.0)
    jitter = _jitter(phases[~is_inside])
    inside, rows = (
        phases[is_inside],
        np.unique(quarters[is_inside], return_inverse=True),
    )
    num_divided = len(rows[0])
    straight, triplet, free = _shares(inside, rows[1], num_divided, jitter=jitter)
    ratio = _swing_ratio(inside, rows[1], num_divided)
    loose_share = free * num_divided / len(np.unique(quarters))
    is_free = free > _FREE_SHARE and loose_share > _FREE_SHARE_OF_ALL
    return Subdivision(
        kind=_kind(straight, triplet, is_free=is_free, is_swing=ratio is not None),
        straight_share=straight,
        triplet_share=triplet,
        swing_ratio=ratio,
        num_divided=num_divided,
    )


def _kind(straight: float, triplet: float, *, is_free: bool, is_swing: bool) -> Kind:
    if is_swing:
        return "swing"
    if is_free:
        return "free"
    if min(straight, triplet) > _MIXED_SHARE:
        return "mixed"
    return "straight" if straight >= triplet else "triplet"


def _jitter(residuals: npt.NDArray[np.float64]) -> float:
    """Looseness of the onsets on the beat, in quarters (standard deviation)."""
    if len(residuals) < _MIN_SWUNG_BEATS:
        return _USUAL_JITTER
    return float(np.clip(np.std(residuals), *_JITTER_RANGE))


def _shares(
    inside: npt.NDArray[np.float64],
    rows: npt.NDArray[np.intp],
    num_divided: int,
    *,
    jitter: float,
) -> tuple[float, float, float]:
    """Shares of divided quarters that are straight, in triplets, on no grid.

    Args:
        inside: Places of the onsets in their quarters, (onset,), 0 to 1.
        rows: Which divided quarter each lies in, (onset,), from 0.
        num_divided: Divided quarters.
        jitter: Standard deviation around the places of a grid, in quarters.
    """
    densities = np.stack(
        [
            _density(inside, _STRAIGHT, jitter),
            _density(inside, _TRIPLET, jitter),
            np.full(len(inside), 1.0 / (1.0 - 2.0 * _ON_BEAT)),
        ]
    )
    likelihoods = np.zeros((3, num_divided))
    for kind in range(3):
        np.add.at(likelihoods[kind], rows, np.log(densities[kind] + 1e-12))
    likelihoods = np.exp(likelihoods - likelihoods.max(axis=0))
    shares = np.full(3, 1.0 / 3.0)
    for _ in range(_NUM_ROUNDS):
        beliefs = shares[:, None] * likelihoods
        shares = (beliefs / beliefs.sum(axis=0)).mean(axis=1)
    straight, triplet, free = shares.tolist()
    return straight, triplet, free


def _density(
    inside: npt.NDArray[np.float64], places: npt.NDArray[np.float64], jitter: float
) -> npt.NDArray[np.float64]:
    """Chance density of onsets around the places of a grid, (onset,)."""
    distance = (inside[:, None] - places[None, :]) / jitter
    bells = np.exp(-0.5 * distance**2) / (jitter * np.sqrt(2.0 * np.pi))
    return np.asarray(bells.mean(axis=1), dtype=np.float64)


def _swing_ratio(
    inside: npt.NDArray[np.float64], rows: npt.NDArray[np.intp], num_divided: int
) -> float | None:
    """Long to short, where nearly all divided quarters have the same late note."""
    is_alone = np.bincount(rows, minlength=num_divided)[rows] == 1
    low, high = _SECOND_NOTE_RANGE
    seconds = inside[is_alone & (inside > low) & (inside < high)]
    if len(seconds) < max(_MIN_SWUNG_BEATS, _SWING_SHARE * num_divided):
        return None
    middle = float(np.median(seconds))
    spread = 1.4826 * float(np.median(np.abs(seconds - middle)))
    earliest, latest = _SWING_RANGE
    if not (earliest <= middle <= latest and spread <= _SWING_SPREAD):
        return None
    return middle / (1.0 - middle)
