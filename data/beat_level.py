"""Which note value of a melody is to serve as the beat of a chorale.

Harmony moves about once in a beat, 50 to 100 times a minute, whether the tune is
written in eighths or in halves. Only the choice is made here; `musegen.data.grids`
lays the grid.
"""

from __future__ import annotations

import bisect
import contextlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from statistics import median

import numpy as np
import numpy.typing as npt

from musegen.data.constants import DEFAULT_TEMPO_QPM
from musegen.data.errors import UsageError
from musegen.data.grids import is_dotted_beat
from musegen.data.score import Note, Score, TimeSignature

_NAMES = {
    Fraction(1, 4): "sixteenth",
    Fraction(3, 8): "dotted sixteenth",
    Fraction(1, 2): "eighth",
    Fraction(3, 4): "dotted eighth",
    Fraction(1): "quarter",
    Fraction(3, 2): "dotted quarter",
    Fraction(2): "half",
    Fraction(3): "dotted half",
    Fraction(4): "whole",
    Fraction(6): "dotted whole",
}
_OTHER_INTERVALS = {
    Fraction(1, 8): "thirty-second",
    Fraction(1, 6): "triplet sixteenth",
    Fraction(1, 3): "triplet eighth",
    Fraction(2, 3): "triplet quarter",
}
_SIMPLE_BEATS = tuple(Fraction(quarters) for quarters in (0.25, 0.5, 1, 2, 4))
_LONGEST_BEAT = Fraction(8)
_SHORTEST_BEAT = Fraction(1, 8)

# Where in the beat soprano notes begin: (share of the beat, chance). The chorales
# change pitch on 68 % of beats, 9 % of second eighths, under 1 % of the sixteenths
# (coconet.md, 1.1); repeated notes are added by estimate. Of dotted beats there is no
# such count: our own estimate from hymns in 6/8.
_EVEN_ONSETS = ((0.0, 0.75), (0.25, 0.004), (0.5, 0.12), (0.75, 0.01))
_DOTTED_ONSETS = ((0.0, 0.75), (1 / 3, 0.15), (2 / 3, 0.40), (5 / 6, 0.03))
_ELSEWHERE = 0.002
_TOLERANCE_BEATS = 1 / 16  # human timing

# A melody is plain (it fits the chances above) or figured (it fits no level of beat).
_FIGURED_SHARE = 0.25
# Beats a minute: log-normal. Chorales are sung at 50 to 100.
_USUAL_BPM = 72.0
_BPM_SPREAD = 0.45
_BPM_SPREAD_UNSTATED = 0.90  # the file gives no tempo: 120 is then a guess
# Nats. In metres of three and in bars that a beat does not fill, another beat than the
# one the metre counts needs a strong reason; elsewhere a weak one, where a tempo is
# given.
_UNUSUAL_BEAT_PENALTY = 0.6
_OTHER_BEAT_PENALTY = 0.15
_OTHER_BEAT_PENALTY_UNSTATED = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatLevel:
    """The note value that a chorale's quarter note stands for.

    Args:
        quarters: Its length in quarter notes.
        reason: Why, in one sentence for musicians.
    """

    quarters: Fraction
    reason: str


def note_value_name(quarters: Fraction) -> str:
    """Return what musicians call a length: `dotted quarter`; else its share of a whole.

    Args:
        quarters: Length in quarter notes.
    """
    return _NAMES.get(quarters, f"{quarters / 4} of a whole")


def parse_beat_level(text: str) -> Fraction:
    """Return the length in quarter notes of a beat named by a user.

    Args:
        text: `eighth`, `quarter`, `half`, `dotted-quarter` and their like, or a
            fraction of a whole note such as `1/4` or `3/8`.

    Raises:
        UsageError: The text is neither, or no plain or dotted note value from 1/32 to
            2/1.

    Example:
        >>> parse_beat_level("dotted-quarter")
        Fraction(3, 2)
    """
    wanted = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
    wanted = wanted.removesuffix(" note")
    for quarters, name in _NAMES.items():
        if wanted == name:
            return quarters
    quarters = Fraction(0)
    if "e" not in text.lower():  # 1e999999999 would take all memory
        with contextlib.suppress(ValueError, ZeroDivisionError):
            quarters = Fraction(text.strip()) * 4
    base = quarters / 3 if quarters.numerator % 3 == 0 else quarters
    is_binary = all(
        part > 0 and part & (part - 1) == 0
        for part in (base.numerator, base.denominator)
    )
    if not (is_binary and _SHORTEST_BEAT <= quarters <= _LONGEST_BEAT):
        names = ", ".join(name.replace(" ", "-") for name in _NAMES.values())
        raise UsageError(
            f"'{text}' is no note value for a beat: use one of {names}, or a plain or "
            "dotted fraction of a whole note such as 1/4 or 3/8"
        )
    return quarters


def choose_beat_level(notes: Sequence[Note], score: Score) -> BeatLevel:
    """Choose the beat at whose speed the harmony is to move.

    Every note value that the metre allows is scored by how like a chorale soprano the
    melody moves at it and by how usual its speed is; the best is taken.

    Args:
        notes: The melody, in any order.
        score: Gives metre, tempo and pickup.

    Returns:
        The beat and the reason.

    Source:
        Our own rule; the chances are those of `coconet.md`, 1.1.
    """
    ordered = sorted(notes)
    signature = _usual_metre(ordered, score)
    candidates = _candidates(signature, is_tempo_given=bool(score.tempos))
    if not ordered:
        unit = candidates[0][0]
        return BeatLevel(
            quarters=unit,
            reason=f"beat = {note_value_name(unit)} note: there are no melody notes",
        )
    qpm = _usual_tempo(ordered, score)
    positions = _quarters_after_bar_line(ordered, score)
    intervals = _intervals(ordered, score, signature)
    spread = _BPM_SPREAD if score.tempos else _BPM_SPREAD_UNSTATED
    best, best_score = candidates[0][0], -math.inf
    for beat, penalty in candidates:
        octaves = math.log(qpm / float(beat) / _USUAL_BPM) / spread
        value = -0.5 * octaves**2 - penalty
        value += _likeness(
            positions / float(beat),
            num_beats=sum(intervals) / float(beat),
            is_dotted=is_dotted_beat(signature, beat),
        )
        if value > best_score:
            best, best_score = beat, value
    return BeatLevel(
        quarters=best,
        reason=_reason(best, intervals, signature, qpm if score.tempos else None),
    )


def _usual_metre(notes: Sequence[Note], score: Score) -> TimeSignature:
    """The metre in which most notes begin."""
    signatures = score.time_signatures
    if len(signatures) < 2:
        return score.time_signature_at(signatures[0].tick if signatures else 0)
    ticks = [signature.tick for signature in signatures]
    counts = Counter(
        max(bisect.bisect_right(ticks, note.onset) - 1, 0) for note in notes
    )
    return signatures[counts.most_common(1)[0][0] if counts else 0]


def _usual_tempo(notes: Sequence[Note], score: Score) -> float:
    """Median of quarter notes a minute at the notes."""
    ticks = [tempo.tick for tempo in score.tempos]
    tempos = [DEFAULT_TEMPO_QPM, *(tempo.qpm for tempo in score.tempos)]
    return median(tempos[bisect.bisect_right(ticks, note.onset)] for note in notes)


def _candidates(
    signature: TimeSignature, *, is_tempo_given: bool
) -> list[tuple[Fraction, float]]:
    """(beat in quarters, penalty) for the metre; the beat it counts comes first."""
    unit = Fraction(4, signature.denominator)
    bar = signature.quarters_per_bar
    if signature.numerator % 3 == 0 and signature.numerator > 3:
        beats = [(3 * unit, 0.0), (unit, _UNUSUAL_BEAT_PENALTY)]
        if bar % (6 * unit) == 0:
            beats.append((6 * unit, _UNUSUAL_BEAT_PENALTY))
        return beats
    other = _OTHER_BEAT_PENALTY if is_tempo_given else _OTHER_BEAT_PENALTY_UNSTATED
    beats = [(unit, 0.0)]
    for beat in _SIMPLE_BEATS:
        leftover = bar % beat
        if beat == unit or beat > bar:
            continue
        if not leftover:
            beats.append((beat, other))
        elif signature.numerator % 3 and 2 * leftover >= beat:
            beats.append((beat, _UNUSUAL_BEAT_PENALTY))
    if signature.numerator == 3:
        beats.append((bar, _UNUSUAL_BEAT_PENALTY))
    return beats


def _quarters_after_bar_line(
    notes: Sequence[Note], score: Score
) -> npt.NDArray[np.float64]:
    """Distance of every onset from its bar line; negative in a pickup, (note,)."""
    onsets = np.unique([note.onset for note in notes])
    bars = np.asarray([score.pickup, *score.bar_starts(int(onsets[-1]) + 1)])
    indices = np.searchsorted(bars, onsets, side="right") - 1
    ticks = onsets - bars[np.maximum(indices, 0)]
    return np.asarray(ticks / score.ticks_per_quarter, dtype=np.float64)


def _intervals(
    notes: Sequence[Note], score: Score, signature: TimeSignature
) -> list[float]:
    """Quarters from each onset to the next, a bar at most; the last by its length."""
    onsets = sorted({note.onset for note in notes})
    end = max(notes[-1].end, onsets[-1] + 1)
    longest = float(max(signature.quarters_per_bar, Fraction(4)))
    return [
        min((later - earlier) / score.ticks_per_quarter, longest)
        for earlier, later in pairwise([*onsets, end])
    ]


def _likeness(
    positions: npt.NDArray[np.float64], *, num_beats: float, is_dotted: bool
) -> float:
    """How like a chorale soprano the onsets lie, at most 0 (nats, of a whole melody).

    Args:
        positions: Onsets in beats after a bar line, (note,).
        num_beats: Beats in which the melody sounds, above 0.
        is_dotted: Whether the beat falls into three.
    """
    table = _DOTTED_ONSETS if is_dotted else _EVEN_ONSETS
    phases = positions % 1.0
    total, plainest, is_elsewhere = 0.0, 0.0, np.ones(len(phases), dtype=bool)
    for share, chance in table:
        distance = np.abs(phases - share)
        is_here = np.minimum(distance, 1.0 - distance) <= _TOLERANCE_BEATS
        is_here &= is_elsewhere
        is_elsewhere &= ~is_here
        begins = min(float(is_here.sum()) / num_beats, 1.0)
        total += begins * math.log(chance) + (1.0 - begins) * math.log(1.0 - chance)
        plainest += math.log(max(chance, 1.0 - chance))
    total += float(is_elsewhere.sum()) / num_beats * math.log(_ELSEWHERE)
    plain = math.exp(min(total - plainest, 0.0))
    return math.log((1.0 - _FIGURED_SHARE) * plain + _FIGURED_SHARE)


def _reason(
    beat: Fraction,
    intervals: Sequence[float],
    signature: TimeSignature,
    qpm: float | None,
) -> str:
    """One sentence: the beat, its speed, and the note values that led to it."""
    names = _NAMES | _OTHER_INTERVALS
    lengths = Counter(
        min(names, key=lambda value: abs(math.log(interval / float(value))))
        for interval in intervals
    )
    length, count = lengths.most_common(1)[0]
    plural = f"{names[length].replace('half', 'halve')}s"
    share = "most" if 2 * count > len(intervals) else "the commonest"
    most = f"{share} melody notes are {plural}"
    metre = f"{signature.numerator}/{signature.denominator}"
    name = f"beat = {note_value_name(beat)} note"
    if qpm is None:
        return f"{name}: {most} in {metre}, and no tempo is given"
    return (
        f"{name}, {qpm / float(beat):.0f} a minute: {most} "
        f"at {qpm / float(length):.0f} a minute, in {metre}"
    )
