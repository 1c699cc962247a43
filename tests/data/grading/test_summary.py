"""Figures over grades."""

from __future__ import annotations

import math

import pytest

from musegen.data.errors import InputError
from musegen.data.grading.grade import FEATURES, Grade
from musegen.data.grading.summary import summarize_grades


def grade(total: float) -> Grade:
    return Grade(
        key="C major",
        failure=None if math.isfinite(total) else "too short",
        **dict.fromkeys(FEATURES, total / 9),
    )


def test_quartiles_lie_between_neighbours() -> None:
    summary = summarize_grades([grade(total) for total in (9, 18, 27, 90)])
    assert summary.num_grades == 4
    assert summary.median == pytest.approx(22.5)
    assert summary.lower_quartile == pytest.approx(15.75)
    assert summary.upper_quartile == pytest.approx(42.75)
    assert summary.mean == pytest.approx(36)
    assert summary.failed_share == 0
    assert summary.feature_medians == pytest.approx(dict.fromkeys(FEATURES, 2.5))


def test_failures_count_as_infinite() -> None:
    summary = summarize_grades([grade(9), grade(18), grade(math.inf)])
    assert summary.median == pytest.approx(18)
    assert summary.mean == pytest.approx(13.5)
    assert summary.failed_share == pytest.approx(1 / 3)
    assert math.isinf(summary.upper_quartile)


def test_failures_alone_have_no_mean() -> None:
    summary = summarize_grades([grade(math.inf)] * 2)
    assert math.isinf(summary.median)
    assert math.isnan(summary.mean)


def test_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="at least one"):
        summarize_grades([])
