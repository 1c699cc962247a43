from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.event_path import event_starts

NO_ENTRY = np.zeros(30, np.float32)


def costs(kinds: list[int], num_kinds: int) -> np.ndarray:
    """1 a frame for every kind but the true one."""
    return (1 - np.eye(num_kinds, dtype=np.float32))[kinds]


def test_events_begin_where_the_frames_change() -> None:
    cost = costs([0] * 10 + [1] * 15 + [2] * 5, 3)
    starts, mean_cost = event_starts(
        cost, np.array([0, 1, 2]), np.zeros(3, bool), NO_ENTRY
    )
    assert starts.tolist() == [0, 10, 25]
    assert mean_cost == 0


@pytest.mark.parametrize("has_rest", [True, False])
def test_an_optional_event_is_left_out_where_it_is_not(has_rest: bool) -> None:
    cost = costs([0] * 10 + [2 if has_rest else 1] * 10 + [1] * 10, 3)
    optional = np.array([False, True, False])
    starts, _ = event_starts(cost, np.array([0, 2, 1]), optional, NO_ENTRY)
    assert starts.tolist() == ([0, 10, 20] if has_rest else [0, -1, 10])


def test_a_repeated_event_begins_where_entering_is_cheap() -> None:
    entry = np.ones(30, np.float32)
    entry[17] = 0
    starts, _ = event_starts(
        costs([0] * 30, 1), np.array([0, 0]), np.zeros(2, bool), entry
    )
    assert starts.tolist() == [0, 17]


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer frames"):
        event_starts(costs([0], 1), np.array([0, 0]), np.zeros(2, bool), NO_ENTRY[:1])
