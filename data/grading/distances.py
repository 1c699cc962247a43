"""How far a histogram is from a reference: two kinds of Wasserstein distance.

Pure functions on histograms; what is counted is in `musegen.data.grading.features`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from itertools import pairwise
from typing import TypeVar

Category = TypeVar("Category", bound=Hashable)


def normalized(histogram: Mapping[Category, float]) -> dict[Category, float]:
    """Return a histogram that adds up to one.

    Args:
        histogram: Counts or weights by category, none negative.

    Raises:
        ValueError: Nothing was counted.
    """
    total = sum(histogram.values())
    if total <= 0:
        raise ValueError("nothing was counted")
    return {category: weight / total for category, weight in histogram.items()}


def ranked(histogram: Mapping[Category, float]) -> dict[Category, float]:
    """Return a histogram that adds up to one, the most frequent category first.

    Args:
        histogram: Counts or weights by category; of equals the first stays first.
    """
    return dict(sorted(normalized(histogram).items(), key=lambda item: -item[1]))


def rank_distance(
    histogram: Mapping[Category, float], reference: Mapping[Category, float]
) -> float:
    """Return the Wasserstein-1 distance where categories lie by their rank.

    Category k of the reference lies at k on a line; categories that it lacks follow,
    the rarest first.

    Args:
        histogram: Counts or weights of the piece by category.
        reference: Probabilities by category, the most frequent first.

    Returns:
        0 for equal histograms; at most the number of categories less one.

    Raises:
        ValueError: Nothing was counted in one of them.

    Source:
        Fang, Liu, Seetharaman and Pardo, "Bach or Mock? A Grading Function for Chorales
        in the Style of J. S. Bach", 2020. The positions are ranks and mean nothing
        musical, so that a category foreign to Bach costs most.
    """
    piece, bach = normalized(histogram), normalized(reference)
    foreign = sorted(
        (category for category in piece if category not in bach),
        key=lambda category: piece[category],
    )
    distance = excess = 0.0
    for category in [*bach, *foreign]:
        excess += piece.get(category, 0.0) - bach.get(category, 0.0)
        distance += abs(excess)
    return distance


def length_distance(
    histogram: Mapping[int, float], reference: Mapping[int, float]
) -> float:
    """Return the Wasserstein-1 distance of two histograms of lengths, in their unit.

    Args:
        histogram: Counts or weights of the piece by length.
        reference: Probabilities by length.

    Raises:
        ValueError: Nothing was counted in one of them.
    """
    piece, bach = normalized(histogram), normalized(reference)
    distance = excess = 0.0
    for length, next_length in pairwise(sorted(piece.keys() | bach.keys())):
        excess += piece.get(length, 0.0) - bach.get(length, 0.0)
        distance += abs(excess) * (next_length - length)
    return distance
