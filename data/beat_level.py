"""Which note value is to carry one harmony: what plays a chorale's quarter.

A network that learned chorales changes harmony about once a quarter, at a walking pace.
A reel written in eighths and a hymn written in halves have to be read at that pace. The
choice is a guess that the user can overrule; it changes no note.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from musegen.data.errors import UsageError
from musegen.data.score import Note, Score, TimeSignature

NAMED_LEVELS: Mapping[str, Fraction] = {
    "sixteenth": Fraction(1, 4),
    "dotted-sixteenth": Fraction(3, 8),
    "eighth": Fraction(1, 2),
    "dotted-eighth": Fraction(3, 4),
    "quarter": Fraction(1),
    "dotted-quarter": Fraction(3, 2),
    "half": Fraction(2),
    "dotted-half": Fraction(3),
    "whole": Fraction(4),
}
"""Names of note values and their lengths in quarters."""

# How often a note of a melody lasts so many beats. Source: our reading of the soprano
# in the transition table of the 229 training chorales (a change on 68 % of the beats,
# on 9 % of the off-beat eighths, under 1 % between), with more room for sixteenths and
# triplets, which tunes have and chorales have not.
_SHARE_OF_LENGTH: Mapping[Fraction, float] = {
    Fraction(1, 4): 0.06,
    Fraction(1, 3): 0.15,
    Fraction(1, 2): 0.20,
    Fraction(2, 3): 0.15,
    Fraction(3, 4): 0.05,
    Fraction(1): 0.60,
    Fraction(3, 2): 0.06,
    Fraction(2): 0.12,
    Fraction(3): 0.03,
    Fraction(4): 0.02,
}
_SHARE_OF_OTHERS = 0.005
_LENGTH_TOLERANCE = 0.06  # of a beat; played notes are not exact
# Chorales are sung at about 75 beats a minute; most tempi lie within a factor of 1.6.
_BEATS_PER_MINUTE = 75.0
_TEMPO_SPREAD = 0.45  # of the natural logarithm


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatLevel:
    """The note value of one harmonic beat.

    Args:
        quarters: Its length in quarter notes.
        reason: One sentence for the user.
    """

    quarters: Fraction
    reason: str


def choose_beat_level(notes: Sequence[Note], score: Score) -> BeatLevel:
    """Choose the note value that plays the part of a chorale's quarter.

    Args:
        notes: The melody, at least one note.
        score: Where it stands; the metre and the tempo at its first note count.

    Returns:
        The likeliest of the note values around the metre's beat, by the lengths of the
        notes and by the tempo.
    """
    first = min(note.onset for note in notes)
    signature = score.time_signature_at(max(first, score.pickup))
    qpm = score.tempo_at(first)
    lengths = _lengths_quarters(notes, score)
    candidates = _candidates(signature)
    best = max(candidates, key=lambda beat: (_log_share(beat, lengths, qpm), -beat))
    return BeatLevel(quarters=best, reason=_reason(best, lengths, qpm))


def parse_beat_level(text: str) -> Fraction:
    """Read what a user calls a note value.

    Args:
        text: A name of `NAMED_LEVELS`, or a share of a whole note such as `1/4`, `3/8`.

    Returns:
        Quarters.

    Raises:
        UsageError: It is neither.
    """
    name = text.strip().lower().replace(" ", "-").replace("_", "-")
    if name in NAMED_LEVELS:
        return NAMED_LEVELS[name]
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", name)
    if match and int(match[1]) and int(match[2]):
        return Fraction(int(match[1]), int(match[2])) * 4
    raise UsageError(
        f"{text!r} is no beat level: use {', '.join(NAMED_LEVELS)}, or a share of a "
        "whole note such as 1/4 or 3/8"
    )


def level_name(quarters: Fraction) -> str:
    """Return the name of a note value: `dotted quarter`, or `5/8 note`."""
    for name, length in NAMED_LEVELS.items():
        if length == quarters:
            return name.replace("-", " ")
    return f"{quarters / 4} note"


def _candidates(signature: TimeSignature) -> tuple[Fraction, ...]:
    """Note values about the metre's beat, no longer than a bar."""
    is_compound = signature.numerator % 3 == 0 and signature.numerator > 3
    if is_compound:
        beat = Fraction(12, signature.denominator)
        values = (beat / 2, beat, beat * 2)
    else:
        values = (Fraction(1, 2), Fraction(1), Fraction(2))
    bar = signature.quarters_per_bar
    fitting = tuple(value for value in values if value <= bar)
    return fitting or (bar,)


def _lengths_quarters(notes: Sequence[Note], score: Score) -> list[float]:
    """From onset to onset, the last note as it is; chords count once."""
    onsets = sorted({note.onset for note in notes})
    last = max(notes, key=lambda note: note.onset)
    spans = [later - earlier for earlier, later in pairwise(onsets)]
    spans.append(max(1, last.duration))
    return [span / score.ticks_per_quarter for span in spans]


def _log_share(beat: Fraction, lengths: Sequence[float], qpm: float) -> float:
    """Mean log share of the notes' lengths, and of the tempo, if `beat` is the beat."""
    total = sum(math.log(_share(length / float(beat))) for length in lengths)
    distance = math.log(qpm / float(beat) / _BEATS_PER_MINUTE) / _TEMPO_SPREAD
    return total / len(lengths) - distance**2 / 2


def _share(beats: float) -> float:
    nearest = min(_SHARE_OF_LENGTH, key=lambda value: abs(beats - float(value)))
    if abs(beats - float(nearest)) <= _LENGTH_TOLERANCE:
        return _SHARE_OF_LENGTH[nearest]
    return _SHARE_OF_OTHERS


def _reason(beat: Fraction, lengths: Sequence[float], qpm: float) -> str:
    rounded = Counter(Fraction(round(length * 12), 12) for length in lengths)
    usual = rounded.most_common(1)[0][0]
    per_minute = round(qpm / float(beat))
    return (
        f"one harmony to a {level_name(beat)} ({per_minute} a minute), as most notes "
        f"of the melody are {level_name(usual)}s; --beat-level says otherwise"
    )
