"""Classes of pitch: nothing is rounded, and distributions are read as they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.generators.pitch_classes import (
    NUM_CLASSES,
    RANGE_CENTS,
    class_centres,
    class_shares,
    likeliest_cents,
    quantile_cents,
)

MIDDLE = NUM_CLASSES // 2


def bell(centre: int, width: float = 2.0) -> np.ndarray:
    """Logits [1, 161] of classes around one."""
    classes = np.arange(NUM_CLASSES)
    return np.asarray(-0.5 * ((classes - centre) / width) ** 2)[None]


def test_centres_are_fine_at_the_note_and_reach_an_octave() -> None:
    centres = class_centres()
    assert centres[0] == -RANGE_CENTS
    assert centres[-1] == pytest.approx(RANGE_CENTS)
    assert centres[MIDDLE] == 0.0
    assert centres[MIDDLE + 1] == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(centres, -centres[::-1], atol=1e-9)
    assert (np.diff(np.diff(centres)[MIDDLE:]) > 0.0).all()


@settings(max_examples=30)
@given(st.lists(st.floats(-RANGE_CENTS, RANGE_CENTS), min_size=1, max_size=9))
def test_the_mean_of_both_classes_is_the_value(cents: list[float]) -> None:
    values = np.array(cents)
    lower, share = class_shares(values)
    assert ((lower >= 0) & (lower <= NUM_CLASSES - 2)).all()
    assert ((share >= 0.0) & (share <= 1.0)).all()
    centres = class_centres()
    mean = (1.0 - share) * centres[lower] + share * centres[lower + 1]
    np.testing.assert_allclose(mean, values, atol=1e-6)


def test_what_is_beyond_an_octave_is_an_octave() -> None:
    lower, share = class_shares(np.array([-5000.0, 5000.0]))
    assert lower.tolist() == [0, NUM_CLASSES - 2]
    np.testing.assert_allclose(share, [0.0, 1.0], atol=1e-9)


@settings(max_examples=30)
@given(st.floats(-1000.0, 1000.0))
def test_a_value_shared_by_two_classes_is_the_likeliest(cents: float) -> None:
    lower, share = class_shares(np.array([cents]))
    shares = np.full((1, NUM_CLASSES), 1e-30)
    shares[0, lower[0]] += 1.0 - share[0]
    shares[0, lower[0] + 1] += share[0]
    assert likeliest_cents(np.log(shares))[0] == pytest.approx(cents, abs=1e-6)


def test_the_likeliest_of_two_hills_is_on_the_higher_one() -> None:
    two = np.logaddexp(bell(40), bell(120) + 1.0)
    assert likeliest_cents(two)[0] == pytest.approx(class_centres()[120], rel=0.02)


@pytest.mark.parametrize("best", [0, NUM_CLASSES - 1])
def test_the_likeliest_at_an_edge_lies_within_the_range(best: int) -> None:
    logits = np.full((1, NUM_CLASSES), -50.0)
    logits[0, best] = 50.0
    assert likeliest_cents(logits)[0] == pytest.approx(class_centres()[best])


def test_the_median_of_what_is_symmetric_is_its_centre() -> None:
    for width in (0.1, 2.0, 20.0):
        found = quantile_cents(bell(MIDDLE, width), np.array([0.5]))
        assert found[0] == pytest.approx(0.0, abs=1e-9)


def test_quantiles_rise_and_enclose_what_they_say() -> None:
    shares = np.linspace(0.01, 0.99, 99)
    logits = np.repeat(bell(MIDDLE, 10.0), 99, axis=0)
    cents = quantile_cents(logits, shares)
    assert (np.diff(cents) > 0.0).all()
    np.testing.assert_allclose(cents, -cents[::-1], atol=1e-9)
    # Of a normal distribution 16 % lie more than a deviation below its centre; classes
    # are about a cent wide there.
    assert np.interp(-10.5, cents, shares) == pytest.approx(0.15, abs=0.02)


def test_each_frame_has_its_own_distribution_and_quantile() -> None:
    logits = np.concatenate([bell(MIDDLE), bell(MIDDLE + 30)])
    cents = quantile_cents(logits, np.array([0.5, 0.5]))
    assert cents[0] == pytest.approx(0.0, abs=1e-9)
    assert cents[1] == pytest.approx(class_centres()[MIDDLE + 30], rel=0.02)


def test_quantiles_at_the_edges_stay_within_the_range() -> None:
    for best in (0, NUM_CLASSES - 1):
        logits = np.full((3, NUM_CLASSES), -50.0)
        logits[:, best] = 50.0
        found = quantile_cents(logits, np.array([0.05, 0.5, 0.95]))
        assert (np.abs(found) <= RANGE_CENTS + 1e-9).all()
        assert (np.abs(found - class_centres()[best]) < 60.0).all()
