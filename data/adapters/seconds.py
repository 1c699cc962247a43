"""Ticks from seconds and back, for libraries that keep time in seconds."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from musegen.data.constants import DEFAULT_TEMPO_QPM
from musegen.data.score import Tempo


@dataclass(frozen=True, kw_only=True)
class TempoMap:
    """A tempo map that goes both ways.

    Args:
        ticks_per_quarter: Resolution.
        tempos: Sorted by tick; 120 before the first.
    """

    ticks_per_quarter: int
    tempos: Sequence[Tempo]
    _marks: tuple[tuple[float, int, float], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        marks = [(0.0, 0, self._tick_seconds(DEFAULT_TEMPO_QPM))]
        for tempo in self.tempos:
            seconds, tick, tick_seconds = marks[-1]
            at = seconds + (tempo.tick - tick) * tick_seconds
            mark = (at, tempo.tick, self._tick_seconds(tempo.qpm))
            if tempo.tick == tick:
                marks.pop()
            marks.append(mark)
        object.__setattr__(self, "_marks", tuple(marks))

    def _tick_seconds(self, qpm: float) -> float:
        return 60.0 / (qpm * self.ticks_per_quarter)

    @property
    def tick_scales(self) -> tuple[tuple[int, float], ...]:
        """(first tick, seconds a tick) of every tempo, the first at tick 0."""
        return tuple((tick, tick_seconds) for _, tick, tick_seconds in self._marks)

    def seconds_at(self, tick: int) -> float:
        """Return the time of a tick in seconds."""
        index = bisect.bisect_right(self._marks, tick, key=lambda mark: mark[1]) - 1
        seconds, first, tick_seconds = self._marks[index]
        return seconds + (tick - first) * tick_seconds

    def tick_at(self, seconds: float) -> int:
        """Return the tick nearest to a time in seconds, at least 0."""
        index = bisect.bisect_right(self._marks, seconds, key=lambda mark: mark[0]) - 1
        start, first, tick_seconds = self._marks[max(index, 0)]
        return max(0, first + round((seconds - start) / tick_seconds))


def tempo_map_from_seconds(
    changes: Iterable[tuple[float, float]], *, ticks_per_quarter: int
) -> TempoMap:
    """Return the tempo map that has given tempos from given times on.

    Args:
        changes: (seconds, quarters a minute) each, in any order.
        ticks_per_quarter: Resolution of the ticks to find.
    """
    tempos: list[Tempo] = []
    tempo_map = TempoMap(ticks_per_quarter=ticks_per_quarter, tempos=())
    for seconds, qpm in sorted(changes):
        tempo = Tempo(tick=tempo_map.tick_at(seconds), qpm=qpm)
        if tempos and tempos[-1].tick == tempo.tick:
            tempos.pop()
        tempos.append(tempo)
        tempo_map = TempoMap(ticks_per_quarter=ticks_per_quarter, tempos=tempos)
    return tempo_map
