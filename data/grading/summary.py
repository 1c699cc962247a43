"""What grades of many pieces come to: the figures that a report needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musegen.data.errors import InputError
from musegen.data.grading.grade import FEATURES, Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeSummary:
    """Figures over grades; those without a grade count as infinite.

    Args:
        num_grades: How many there are.
        median: Of the totals.
        lower_quartile: A quarter of the totals lie below.
        upper_quartile: A quarter of the totals lie above.
        mean: Of the totals that are finite; NaN where none is.
        failed_share: Those without a grade, 0 to 1.
        feature_medians: Of each sub-grade.
    """

    num_grades: int
    median: float
    lower_quartile: float
    upper_quartile: float
    mean: float
    failed_share: float
    feature_medians: dict[str, float]


def summarize_grades(grades: Sequence[Grade]) -> GradeSummary:
    """Return the figures over grades.

    Args:
        grades: At least one.

    Raises:
        InputError: There is none.

    Source:
        The protocol of published figures: un-selected, infinite grades counted in
        median and quartiles.
    """
    if not grades:
        raise InputError("there is no grade to summarise: give at least one")
    totals = [grade.total for grade in grades]
    finite = [total for total in totals if math.isfinite(total)]
    return GradeSummary(
        num_grades=len(totals),
        median=_quantile(totals, 0.5),
        lower_quartile=_quantile(totals, 0.25),
        upper_quartile=_quantile(totals, 0.75),
        mean=float(np.mean(finite)) if finite else math.nan,
        failed_share=1 - len(finite) / len(totals),
        feature_medians={
            name: _quantile([grade.features[name] for grade in grades], 0.5)
            for name in FEATURES
        },
    )


def _quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share lies, between neighbours; infinity may be one."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    lower, upper = ordered[math.floor(place)], ordered[math.ceil(place)]
    return lower if lower == upper else lower + (upper - lower) * (place % 1)
