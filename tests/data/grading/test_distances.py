"""Wasserstein distances by hand, and against a search for the cheapest transport."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.grading.distances import (
    length_distance,
    normalized,
    rank_distance,
    ranked,
)

histograms = st.dictionaries(st.integers(0, 12), st.integers(1, 9), min_size=1)


def test_equal_histograms_are_at_no_distance() -> None:
    assert rank_distance({"a": 2, "b": 1}, {"a": 4, "b": 2}) == pytest.approx(0)
    assert length_distance({3: 2, 8: 1}, {3: 4, 8: 2}) == pytest.approx(0)


def test_ranks_are_the_positions() -> None:
    reference = {"first": 0.6, "second": 0.3, "third": 0.1}
    assert rank_distance({"first": 1}, reference) == pytest.approx(0.5)
    assert rank_distance({"third": 1}, reference) == pytest.approx(1.5)


def test_foreign_categories_follow_the_rarest_first() -> None:
    reference = {"first": 1.0}
    found = {"often": 3, "rarely": 1}
    assert rank_distance(found, reference) == pytest.approx(0.25 * 1 + 0.75 * 2)


def test_lengths_are_metric() -> None:
    assert length_distance({4: 1}, {8: 1}) == pytest.approx(4)
    assert length_distance({0: 1}, {4: 1, 8: 1}) == pytest.approx(6)


@given(histograms, histograms)
def test_length_distance_is_the_distance_of_quantiles(
    first: dict[int, int], second: dict[int, int]
) -> None:
    one = sorted(k for k, n in first.items() for _ in range(n * sum(second.values())))
    other = sorted(k for k, n in second.items() for _ in range(n * sum(first.values())))
    expected = sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)
    assert length_distance(first, second) == pytest.approx(expected)
    assert length_distance(second, first) == pytest.approx(expected)


def test_ranked_puts_the_most_frequent_first() -> None:
    assert list(ranked({"a": 1, "b": 5, "c": 1})) == ["b", "a", "c"]
    assert sum(ranked({"a": 1, "b": 5}).values()) == pytest.approx(1)


def test_nothing_has_no_distribution() -> None:
    with pytest.raises(ValueError, match="nothing was counted"):
        normalized({})
