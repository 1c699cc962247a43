"""Which notes of a chord go on which lines, without crossing: a small alignment.

For `musegen.midi_ddsp.parts.voice_allocation`.
"""

from __future__ import annotations

from collections.abc import Sequence


def match_lines(costs: Sequence[Sequence[float | None]]) -> list[int | None]:
    """Give as many notes as possible a line of their own, at the least cost.

    Notes keep the order of the lines: a later note never gets an earlier line.

    Args:
        costs: [notes, lines], what it costs to put a note on a line; None where it
            cannot be. Both from the highest pitch to the lowest.

    Returns:
        The line of each note, None for those that get none.

    >>> match_lines([[0.0, 5.0], [4.0, 2.0]])
    [0, 1]
    """
    num_lines = len(costs[0]) if costs else 0
    if not num_lines:
        return [None] * len(costs)
    # best[i][j]: (notes without a line, cost) of the first i notes on the first j lines
    best = [[(0, 0.0)] * (num_lines + 1)]
    for row in costs:
        above, here = best[-1], [(best[-1][0][0] + 1, best[-1][0][1])]
        for line, cost in enumerate(row):
            missing, total = above[line + 1]
            options = [(missing + 1, total), here[line]]
            if cost is not None:
                options.append((above[line][0], above[line][1] + cost))
            here.append(min(options))
        best.append(here)
    return _read_back(costs, best)


def _read_back(
    costs: Sequence[Sequence[float | None]], best: Sequence[Sequence[tuple[int, float]]]
) -> list[int | None]:
    """Walk from the end of the table to its beginning."""
    chosen: list[int | None] = [None] * len(costs)
    note, line = len(costs), len(costs[0])
    while note and line:
        value, cost = best[note][line], costs[note - 1][line - 1]
        missing, total = best[note - 1][line - 1]
        if cost is not None and value == (missing, total + cost):
            note, line = note - 1, line - 1
            chosen[note] = line
        elif value == best[note][line - 1]:
            line -= 1
        else:
            note -= 1
    return chosen
