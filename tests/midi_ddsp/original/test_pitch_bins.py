"""Classes of the original's pitch, as the specification's examples have them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.midi_ddsp.original.pitch_bins import (
    bin_to_deviation,
    deviation_to_bin,
    nucleus_probabilities,
)


@pytest.mark.parametrize(
    ("semitones", "expected"),
    [
        (-3.0, 0),
        (-1.0, 0),
        (-0.5, 50),
        (0.0, 100),
        (0.0099, 100),
        (0.29, 129),
        (0.999, 199),
        (1.0, 200),
        (5.0, 200),
    ],
)
def test_a_deviation_has_its_class(semitones: float, expected: int) -> None:
    assert deviation_to_bin(np.array(semitones)) == expected


@given(st.integers(0, 200))
def test_a_class_comes_back(index: int) -> None:
    bins = np.array(index)
    assert deviation_to_bin(bin_to_deviation(bins)) == index
    centre = bin_to_deviation(bins, centred=True)
    assert centre - bin_to_deviation(bins) == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("probabilities", "num_kept"),
    [((0.5, 0.3, 0.16, 0.03, 0.01), 3), ((0.96, 0.03, 0.01), 1), ((1.0, 0.0), 1)],
    ids=["three", "one", "certain"],
)
def test_the_nucleus_keeps_what_has_less_before_it(
    probabilities: tuple[float, ...], num_kept: int
) -> None:
    with np.errstate(divide="ignore"):
        logits = np.log(np.array(probabilities[::-1], dtype=np.float32))
    kept = nucleus_probabilities(np.maximum(logits, -1e4), 0.95)[::-1]
    assert (kept > 0).sum() == num_kept
    assert kept.sum() == pytest.approx(1.0)
    expected = np.array(probabilities[:num_kept]) / sum(probabilities[:num_kept])
    np.testing.assert_allclose(kept[:num_kept], expected, rtol=1e-5)


def test_all_are_kept_when_all_are_asked_for() -> None:
    logits = np.array([0.0, 1.0, -3.0], dtype=np.float32)
    assert (nucleus_probabilities(logits, 1.0) > 0).all()
