from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.adapters.seconds import TempoMap, tempo_map_from_seconds
from musegen.data.score import Score, Tempo

TEMPOS = st.dictionaries(st.integers(0, 5_000), st.floats(10, 500), max_size=6).map(
    lambda found: tuple(Tempo(tick=t, qpm=q) for t, q in sorted(found.items()))
)


@settings(max_examples=50, deadline=None)
@given(tempos=TEMPOS, tick=st.integers(0, 9_000))
def test_ticks_come_back_from_seconds(tempos: tuple[Tempo, ...], tick: int) -> None:
    tempo_map = TempoMap(ticks_per_quarter=480, tempos=tempos)
    seconds = tempo_map.seconds_at(tick)
    score = Score(ticks_per_quarter=480, tempos=tempos)
    assert seconds == pytest.approx(score.seconds_at(tick))
    assert tempo_map.tick_at(seconds) == tick


@settings(max_examples=50, deadline=None)
@given(tempos=TEMPOS)
def test_the_map_is_recovered_from_its_seconds(tempos: tuple[Tempo, ...]) -> None:
    tempo_map = TempoMap(ticks_per_quarter=480, tempos=tempos)
    changes = [(tempo_map.seconds_at(tempo.tick), tempo.qpm) for tempo in tempos]
    back = tempo_map_from_seconds(reversed(changes), ticks_per_quarter=480)
    assert tuple(back.tempos) == tempos


def test_of_two_tempos_at_one_tick_the_later_holds() -> None:
    back = tempo_map_from_seconds([(1.0, 60.0), (1.0, 90.0)], ticks_per_quarter=100)
    assert tuple(back.tempos) == (Tempo(tick=200, qpm=90.0),)


def test_times_before_the_start_are_the_start() -> None:
    assert TempoMap(ticks_per_quarter=480, tempos=()).tick_at(-0.25) == 0
