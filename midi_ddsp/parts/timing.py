"""Ticks to seconds for a whole score at once, and places in it by name.

For planning parts. `Score.seconds_at` is right for a tick or two; here a tempo map is
summed up once, so that an hour of rubato is as quick as a tune.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable

from musegen.data.constants import DEFAULT_TEMPO_QPM
from musegen.data.errors import InputError
from musegen.data.score import Score

MAX_SCORE_S = 24 * 3600.0  # longer than this is a damaged file and no music
_SECONDS_PER_MINUTE = 60.0
_PLACES_NAMED = 3


class TempoMap:
    """Absolute times of ticks: each from the last tempo change, never summed by note.

    Args:
        score: Whose tempos to take.

    Raises:
        InputError: A tempo is not above 0, or the last note ends later than a day.
    """

    def __init__(self, score: Score) -> None:
        self._ticks = [0]
        self._seconds = [0.0]
        self._per_tick = [_seconds_per_tick(score, DEFAULT_TEMPO_QPM)]
        for tempo in score.tempos:
            if not 0.0 < tempo.qpm < math.inf:
                raise InputError(
                    f"a tempo is above 0 quarters a minute; at {tempo.qpm} from "
                    f"{score.bar_beat(tempo.tick)} on nothing can be played: "
                    "correct it in the score"
                )
            self._seconds.append(self.seconds_at(tempo.tick))
            self._ticks.append(tempo.tick)
            self._per_tick.append(_seconds_per_tick(score, tempo.qpm))
        end_s = self.seconds_at(score.end)
        if end_s > MAX_SCORE_S:
            late = next(
                note
                for part in score.parts
                for note in part.notes
                if self.seconds_at(note.end) > MAX_SCORE_S
            )
            raise InputError(
                f"the score lasts {end_s / 3600:.6g} hours, more than a day: the "
                f"note that begins at {score.bar_beat(late.onset)} ends too late; "
                "correct its end or the tempo"
            )

    def seconds_at(self, tick: int) -> float:
        """Return the time of a tick, in seconds from the start."""
        index = max(0, bisect.bisect_right(self._ticks, tick) - 1)
        return (
            self._seconds[index] + (tick - self._ticks[index]) * (self._per_tick[index])
        )


def _seconds_per_tick(score: Score, qpm: float) -> float:
    return _SECONDS_PER_MINUTE / (qpm * score.ticks_per_quarter)


def name_places(score: Score, ticks: Iterable[int]) -> str:
    """Name the first few places of a score by bar and beat.

    Args:
        score: Where the ticks are.
        ticks: At least one, in order; a place that comes twice is named once.

    Returns:
        Such as `bar 1, beat 1; bar 2, beat 3; and 7 more`.
    """
    places = list(dict.fromkeys(ticks))
    names = [str(score.bar_beat(tick)) for tick in places[:_PLACES_NAMED]]
    more = len(places) - len(names)
    return "; ".join(names) + (f"; and {more} more" if more else "")
