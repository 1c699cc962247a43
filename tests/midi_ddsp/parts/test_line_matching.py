"""Notes of a chord on lines, without crossing."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.parts.line_matching import match_lines

COSTS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(0, 9).map(float)),
            min_size=width,
            max_size=width,
        ),
        min_size=1,
        max_size=4,
    )
)


def best_by_trying(costs: list[list[float | None]]) -> tuple[int, float]:
    """(notes without a line, cost) of the best choice, over all choices."""
    num_notes, num_lines = len(costs), len(costs[0])
    found = []
    for size in range(min(num_notes, num_lines) + 1):
        for notes in combinations(range(num_notes), size):
            for lines in combinations(range(num_lines), size):
                pairs = [costs[n][m] for n, m in zip(notes, lines, strict=True)]
                values = [cost for cost in pairs if cost is not None]
                if len(values) == size:
                    found.append((num_notes - size, sum(values)))
    return min(found)


@settings(max_examples=30, deadline=None)
@given(costs=COSTS)
def test_as_many_notes_as_possible_at_the_least_cost(
    costs: list[list[float | None]],
) -> None:
    chosen = match_lines(costs)
    placed = [(n, line) for n, line in enumerate(chosen) if line is not None]
    lines = [line for _, line in placed]
    assert lines == sorted(set(lines))
    values = [costs[note][line] for note, line in placed]
    total = sum(value for value in values if value is not None)
    assert None not in values
    expected = best_by_trying(costs)
    assert (len(costs) - len(placed), total) == pytest.approx(expected)


def test_without_lines_no_note_has_one() -> None:
    assert match_lines([[], []]) == [None, None]
    assert match_lines([]) == []
