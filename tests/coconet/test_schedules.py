"""Annealing schedules: where they begin and end, and what they sum up to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.schedules import (
    MAGENTA,
    PYTORCH_PORT,
    AnySchedule,
    ConstantSchedule,
    CosineSchedule,
    LinearSchedule,
)

Untyped = Any  # one of several config classes


def rates(schedule: AnySchedule, num_steps: int) -> list[float]:
    return [schedule.rate_at(step, num_steps) for step in range(num_steps)]


def test_the_released_values_by_hand() -> None:
    found = rates(MAGENTA, 10)
    assert found[0] == 0.9
    assert found[1] == pytest.approx(0.9 - 0.8 / 7)
    assert found[7:] == pytest.approx([0.1, 0.1, 0.1])
    assert rates(PYTORCH_PORT, 4) == pytest.approx(
        [0.999, 0.999 - 0.998 / 3, 0.999 - 2 * 0.998 / 3, 0.001]
    )


def test_the_average_share_of_the_released_schedule() -> None:
    # 0.7 of the steps at 0.5 on average, the rest at 0.1.
    found = rates(MAGENTA, 10_000)
    assert sum(found) / len(found) == pytest.approx(0.7 * 0.5 + 0.3 * 0.1, abs=1e-3)


@pytest.mark.parametrize("num_steps", [1, 2, 9, 100])
def test_a_wave_sums_up_to_the_mean_of_its_ends(num_steps: int) -> None:
    found = rates(CosineSchedule(highest_rate=0.8, lowest_rate=0.2), num_steps)
    if num_steps > 1:
        assert sum(found) / num_steps == pytest.approx(0.5)
        assert found[-1] == pytest.approx(0.2)
    assert found[0] == pytest.approx(0.8)


def test_a_constant_share_sums_up_to_steps_times_rate() -> None:
    assert sum(rates(ConstantSchedule(rate=0.3), 20)) == pytest.approx(6.0)


@given(
    num_steps=st.integers(1, 60),
    ends=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    share=st.floats(0.05, 1.0),
)
def test_shares_fall_and_stay_between_their_ends(
    num_steps: int, ends: list[float], share: float
) -> None:
    low, high = ends
    for schedule in (
        LinearSchedule(highest_rate=high, lowest_rate=low, annealed_share=share),
        CosineSchedule(highest_rate=high, lowest_rate=low),
    ):
        found = rates(schedule, num_steps)
        assert found[0] == pytest.approx(high)
        assert all(low - 1e-12 <= rate <= high + 1e-12 for rate in found)
        assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("build", "changed", "words"),
    [
        (LinearSchedule, {"highest_rate": 1.1}, "lowest_rate <= highest_rate <= 1"),
        (LinearSchedule, {"lowest_rate": -0.1}, "0 <= lowest_rate"),
        (LinearSchedule, {"highest_rate": 0.05}, "received 0.1 and 0.05"),
        (LinearSchedule, {"annealed_share": 0.0}, r"annealed_share must lie in \(0, 1"),
        (LinearSchedule, {"annealed_share": 1.1}, r"annealed_share must lie in \(0, 1"),
        (CosineSchedule, {"lowest_rate": 0.95}, "received 0.95 and 0.9"),
        (ConstantSchedule, {"rate": 1.5}, "received 1.5"),
    ],
)
def test_a_schedule_names_what_is_wrong(
    build: Untyped, changed: dict[str, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        build(**changed)
