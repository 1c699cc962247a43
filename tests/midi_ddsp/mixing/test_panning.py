"""Places between left and right."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import UsageError
from musegen.midi_ddsp.mixing.panning import Panner, pan_gains, seats
from musegen.midi_ddsp.parts.automation import Curve, constant_curve

RATE = 44_100  # 176.4 samples a frame


def wandering() -> Curve:
    return Curve(
        frames=np.array([0, 3, 4, 20], np.int64), values=np.array([-1.0, 0.5, 1.0, 0.0])
    )


def ones(count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.ones(count, np.float32)


@pytest.mark.parametrize(
    ("pan", "left", "right"),
    [(-1.0, 1.0, 0.0), (0.0, 0.5**0.5, 0.5**0.5), (1.0, 0.0, 1.0)],
)
def test_a_place_has_its_gains(pan: float, left: float, right: float) -> None:
    placed = Panner(pan, sample_rate=RATE).process(ones(3))
    assert placed.shape == (3, 2)
    np.testing.assert_allclose(placed, [[left, right]] * 3, atol=1e-7)


def test_the_power_is_constant_wherever_it_stands() -> None:
    gains = pan_gains(np.linspace(-1.0, 1.0, 101))
    np.testing.assert_allclose((gains**2).sum(axis=1), 1.0, atol=1e-6)
    assert (np.diff(gains[:, 0]) < 0).all()


def test_the_centre_is_exactly_alike_on_both_sides() -> None:
    placed = Panner(0.0, sample_rate=RATE).process(ones(1))
    assert placed[0, 0] == placed[0, 1]


def test_a_curve_passes_its_frames_in_straight_lines() -> None:
    placed = Panner(wandering(), sample_rate=48_000).process(ones(192 * 5))
    angle = np.arctan2(placed[:, 1], placed[:, 0])
    places = angle / (np.pi / 4) - 1.0
    assert places[[0, 192 * 3, 192 * 4]] == pytest.approx([-1.0, 0.5, 1.0], abs=1e-6)
    assert places[96] == pytest.approx(-0.75, abs=1e-6)
    np.testing.assert_allclose((placed**2).sum(axis=1), 1.0, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4000), max_size=8))
def test_no_bit_depends_on_the_pieces(cuts: list[int]) -> None:
    sound = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    whole = Panner(wandering(), sample_rate=RATE).process(sound)
    panner = Panner(wandering(), sample_rate=RATE)
    edges = [0, *sorted(cuts), 4000]
    pieces = [panner.process(sound[first:last]) for first, last in pairwise(edges)]
    assert (np.concatenate(pieces) == whole).all()


def test_a_level_curve_is_a_number() -> None:
    sound = np.random.default_rng(0).normal(size=500).astype(np.float32)
    by_curve = Panner(constant_curve(0.3), sample_rate=RATE).process(sound)
    assert (
        by_curve == Panner(float(np.float32(0.3)), sample_rate=RATE).process(sound)
    ).all()


def test_spread_draws_places_to_the_centre() -> None:
    near = Panner(-0.8, sample_rate=RATE, spread=0.5).process(ones(1))
    assert (near == Panner(-0.4, sample_rate=RATE).process(ones(1))).all()
    flat = Panner(wandering(), sample_rate=RATE, spread=0.0).process(ones(2000))
    assert (flat[:, 0] == flat[:, 1]).all()


def test_a_curve_beyond_the_ends_stays_there() -> None:
    placed = Panner(constant_curve(7.0), sample_rate=RATE).process(ones(1))
    assert placed[0] == pytest.approx([0.0, 1.0], abs=1e-7)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="a place is -1"):
        Panner(1.5, sample_rate=RATE)
    with pytest.raises(UsageError, match="a spread is 0 to 1"):
        Panner(0.0, sample_rate=RATE, spread=2.0)


@pytest.mark.parametrize(
    ("instruments", "places"),
    [
        ([], []),
        (["tuba"], [0.0]),
        (["flute", "oboe"], [-0.25, 0.25]),
        (["violin", "violin", "viola", "cello"], [-0.5, -1 / 6, 1 / 6, 0.5]),
        (["cello", "violin", "viola"], [0.5, -0.5, 0.0]),
        (["cello", "hurdy-gurdy", "flute"], [0.5, 0.0, -0.5]),
    ],
)
def test_high_instruments_sit_left(instruments: list[str], places: list[float]) -> None:
    assert seats(instruments) == pytest.approx(places)
