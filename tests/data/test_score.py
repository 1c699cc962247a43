from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.score import (
    BarBeat,
    Note,
    Part,
    Score,
    Tempo,
    TimeSignature,
    is_drum_channel,
    sorted_notes,
)


def metre(tick: int, numerator: int, denominator: int) -> TimeSignature:
    return TimeSignature(tick=tick, numerator=numerator, denominator=denominator)


@pytest.mark.parametrize(
    ("onset", "duration", "pitch", "velocity"),
    [
        (-1, 0, 60, 80),
        (0, -1, 60, 80),
        (0, 0, -1, 80),
        (0, 0, 128, 80),
        (0, 0, 60, 0),
        (0, 0, 60, 128),
    ],
)
def test_impossible_note_is_refused(
    onset: int, duration: int, pitch: int, velocity: int
) -> None:
    with pytest.raises(ValueError, match="got"):
        Note(onset=onset, duration=duration, pitch=pitch, velocity=velocity)


@pytest.mark.parametrize(("ticks_per_quarter", "pickup"), [(0, 0), (480, -1)])
def test_impossible_score_is_refused(ticks_per_quarter: int, pickup: int) -> None:
    with pytest.raises(ValueError, match="got"):
        Score(ticks_per_quarter=ticks_per_quarter, pickup=pickup)


def test_ends_and_counts() -> None:
    long = Note(onset=0, duration=50, pitch=60)
    short = Note(onset=10, duration=0, pitch=127)
    part = Part(notes=(long, short))
    score = Score(ticks_per_quarter=480, parts=(part, Part()))
    assert (long.end, part.end, score.end, score.num_notes) == (50, 50, 50, 2)
    assert Part().end == Score(ticks_per_quarter=1).end == 0


def test_notes_sort_by_onset_then_length_then_pitch() -> None:
    keys = [(1, 0, 0), (0, 2, 5), (0, 1, 9), (0, 1, 7)]
    notes = sorted_notes(Note(onset=o, duration=d, pitch=p) for o, d, p in keys)
    assert [(n.onset, n.duration, n.pitch) for n in notes] == sorted(keys)


def test_metre_and_tempo_hold_from_their_tick_on() -> None:
    score = Score(
        ticks_per_quarter=480,
        time_signatures=(metre(100, 3, 4), metre(200, 5, 8)),
        tempos=(Tempo(tick=100, qpm=60.0), Tempo(tick=200, qpm=90.0)),
    )
    found = [score.time_signature_at(tick).numerator for tick in (0, 99, 100, 200)]
    assert found == [4, 4, 3, 5]
    assert [score.tempo_at(tick) for tick in (0, 99, 100, 200)] == [120, 120, 60, 90]


def test_quarters_in_a_bar_of_six_eight() -> None:
    assert metre(0, 6, 8).quarters_per_bar == 3
    assert metre(0, 5, 16).quarters_per_bar == Fraction(5, 4)


@pytest.mark.parametrize(
    ("tick", "bar", "beat"),
    [
        (0, 0, Fraction(4)),
        (240, 0, Fraction(9, 2)),
        (480, 1, Fraction(1)),
        (480 + 1920, 2, Fraction(1)),
        (480 + 2 * 1920, 3, Fraction(1)),  # 3/8 begins
        (480 + 2 * 1920 + 240, 3, Fraction(2)),
        (480 + 2 * 1920 + 720, 4, Fraction(1)),
    ],
)
def test_places_count_from_the_pickup_through_changes_of_metre(
    tick: int, bar: int, beat: Fraction
) -> None:
    score = Score(
        ticks_per_quarter=480,
        pickup=480,
        time_signatures=(metre(0, 4, 4), metre(480 + 2 * 1920, 3, 8)),
    )
    assert score.bar_beat(tick) == BarBeat(bar=bar, beat=beat)


def test_bar_cut_short_by_a_new_metre_counts_as_a_bar() -> None:
    score = Score(
        ticks_per_quarter=480, time_signatures=(metre(0, 4, 4), metre(960, 3, 4))
    )
    assert score.bar_beat(960) == BarBeat(bar=2, beat=Fraction(1))
    assert list(score.bar_starts(4000)) == [0, 960, 2400, 3840]


def test_bar_starts_begin_after_the_pickup_and_end_with_the_music() -> None:
    part = Part(notes=(Note(onset=0, duration=2000, pitch=60),))
    score = Score(ticks_per_quarter=480, pickup=240, parts=(part,))
    assert list(score.bar_starts()) == [240]
    assert list(score.bar_starts(5000)) == [240, 2160, 4080]


def test_seconds_follow_the_tempo_map() -> None:
    score = Score(
        ticks_per_quarter=480,
        tempos=(Tempo(tick=480, qpm=60.0), Tempo(tick=960, qpm=240.0)),
    )
    seconds = [score.seconds_at(tick) for tick in (0, 480, 960, 1440)]
    assert seconds == pytest.approx([0.0, 0.5, 1.5, 1.75])


@given(
    ticks=st.lists(st.integers(0, 10_000), min_size=2, max_size=6),
    changes=st.lists(
        st.tuples(st.integers(1, 9000), st.integers(1, 9), st.sampled_from([2, 4, 8])),
        max_size=4,
        unique_by=lambda change: change[0],
    ),
    pickup=st.integers(0, 480),
)
def test_places_never_go_back(
    ticks: list[int], changes: list[tuple[int, int, int]], pickup: int
) -> None:
    score = Score(
        ticks_per_quarter=480,
        pickup=pickup,
        time_signatures=tuple(metre(*change) for change in sorted(changes)),
    )
    places = [score.bar_beat(tick) for tick in sorted(ticks)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("beat", "text"),
    [
        (Fraction(2), "bar 1, beat 2"),
        (Fraction(5, 2), "bar 1, beat 2.5"),
        (Fraction(4, 3), "bar 1, beat 1.33"),
    ],
)
def test_place_reads_as_bar_and_beat(beat: Fraction, text: str) -> None:
    assert str(BarBeat(bar=1, beat=beat)) == text


def test_only_the_tenth_channel_is_percussion() -> None:
    assert [c for c in (None, *range(16)) if is_drum_channel(c)] == [9]
