from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.midi_metre import join_pickup, pickup_from_tag, split_pickup
from musegen.data.score import Score, TimeSignature


def metre(tick: int, numerator: int, denominator: int) -> TimeSignature:
    return TimeSignature(tick=tick, numerator=numerator, denominator=denominator)


@pytest.mark.parametrize(
    ("signatures", "pickup"),
    [
        ((metre(0, 1, 4), metre(480, 4, 4)), 480),
        ((metre(0, 1, 8), metre(240, 6, 8), metre(3000, 2, 4)), 240),
        ((metre(0, 4, 4), metre(480, 4, 4)), 480),  # 4/4 cut short by a new bar 1
        ((metre(0, 3, 4), metre(1440, 4, 4)), 1440),
        ((metre(0, 4, 4), metre(1920, 3, 4)), 0),  # a whole bar, then a shorter metre
        ((metre(0, 1, 4), metre(960, 4, 4)), 0),  # two bars of 1/4
        ((metre(0, 4, 4), metre(1920, 4, 4)), 0),
        ((metre(0, 4, 4),), 0),
        ((metre(480, 1, 4), metre(960, 4, 4)), 0),  # nothing said at the start
        ((), 0),
    ],
)
def test_short_first_bar_is_a_pickup(
    signatures: tuple[TimeSignature, ...], pickup: int
) -> None:
    found, kept = split_pickup(signatures, ticks_per_quarter=480)
    assert found == pickup
    if pickup:
        second = signatures[1]
        assert kept[0] == metre(0, second.numerator, second.denominator)
        assert kept[1:] == signatures[2:]
    else:
        assert kept == signatures


def test_pickup_is_written_as_a_short_bar() -> None:
    score = Score(
        ticks_per_quarter=480,
        pickup=480,
        time_signatures=(metre(0, 4, 4), metre(4800, 3, 4)),
    )
    signatures, text = join_pickup(score)
    assert signatures == (metre(0, 1, 4), metre(480, 4, 4), metre(4800, 3, 4))
    assert text == ""


def test_pickup_smaller_than_a_beat_takes_a_smaller_denominator() -> None:
    score = Score(ticks_per_quarter=480, pickup=120, time_signatures=(metre(0, 2, 4),))
    assert join_pickup(score) == ((metre(0, 1, 16), metre(120, 2, 4)), "")


def test_pickup_that_no_bar_has_is_also_said_in_words() -> None:
    score = Score(ticks_per_quarter=480, pickup=2080, time_signatures=(metre(0, 4, 4),))
    signatures, text = join_pickup(score)
    assert signatures == (metre(0, 4, 4), metre(2080, 4, 4))
    assert pickup_from_tag(text) == 2080


def test_bar_that_only_looks_like_a_pickup_is_said_to_be_none() -> None:
    signatures = (metre(0, 1, 4), metre(480, 4, 4))
    score = Score(ticks_per_quarter=480, time_signatures=signatures)
    written, text = join_pickup(score)
    assert written == signatures
    assert pickup_from_tag(text) == 0


@pytest.mark.parametrize(
    "text", ["", "480", "musegen pickup_ticks=", "musegen pickup_ticks=-1", "pickup"]
)
def test_other_text_states_no_pickup(text: str) -> None:
    assert pickup_from_tag(text) is None


@given(
    pickup=st.integers(0, 4000),
    numerator=st.integers(1, 12),
    denominator=st.sampled_from([1, 2, 4, 8, 16]),
    later=st.lists(st.integers(4001, 99_999), max_size=3, unique=True),
    ticks_per_quarter=st.integers(1, 960),
)
def test_pickup_and_metre_come_back(
    pickup: int,
    numerator: int,
    denominator: int,
    later: list[int],
    ticks_per_quarter: int,
) -> None:
    score = Score(
        ticks_per_quarter=ticks_per_quarter,
        pickup=pickup,
        time_signatures=(
            metre(0, numerator, denominator),
            *(metre(tick, 3, 8) for tick in sorted(later)),
        ),
    )
    signatures, text = join_pickup(score)
    assert split_pickup(
        signatures,
        ticks_per_quarter=ticks_per_quarter,
        stated_pickup=pickup_from_tag(text),
    ) == (pickup, score.time_signatures)
