"""The cheapest way through a row of events, each in its place, over time.

For the alignment: dynamic time warping in which a note may last as long as the sound
says. What a frame costs is the caller's matter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def event_starts(
    cost: NDArray[np.float32],
    column: NDArray[np.intp],
    optional: NDArray[np.bool_],
    entry: NDArray[np.float32],
) -> tuple[NDArray[np.intp], float]:
    """Find where each event of a row begins.

    Args:
        cost: [T, C] of a frame under each kind of event, at least 0.
        column: [E] the kind of each event.
        optional: [E] whether an event may be left out; never two in a row.
        entry: [T] cost of beginning an event that is not optional at a frame.

    Returns:
        [E] first frame of each event, -1 where it is left out; and the mean cost a
        frame.

    Raises:
        ValueError: There are fewer frames than events that must be.
    """
    num_frames, num_events = len(cost), len(column)
    if num_frames < np.sum(~optional):
        raise ValueError("fewer frames than events")
    skippable = np.append(False, optional[:-1])
    steps = np.zeros((2, num_frames, -(-num_events // 8)), np.uint8)
    total = np.full(num_events, np.inf, np.float32)
    total[0] = 0
    if optional[0] and num_events > 1:
        total[1] = 0
    total += cost[0][column]
    one, two = np.full((2, num_events), np.inf, np.float32)
    for frame in range(1, num_frames):
        price = np.where(optional, np.float32(0), entry[frame])
        one[1:] = total[:-1] + price[1:]
        two[2:] = np.where(skippable[2:], total[:-2] + price[2:], np.inf)
        is_two = two < one
        np.minimum(one, two, out=one)
        moves = one < total
        steps[0, frame] = np.packbits(moves)
        steps[1, frame] = np.packbits(is_two)
        np.minimum(total, one, out=total)
        total += cost[frame][column]
    event = num_events - 1
    if optional[-1] and num_events > 1 and total[-2] < total[-1]:
        event -= 1
    mean_cost = float(total[event]) / num_frames
    return _trace(steps, event, num_events), mean_cost


def _trace(steps: NDArray[np.uint8], event: int, num_events: int) -> NDArray[np.intp]:
    starts = np.full(num_events, -1, np.intp)
    for frame in range(steps.shape[1] - 1, 0, -1):
        byte, bit = divmod(event, 8)
        if steps[0, frame, byte] >> (7 - bit) & 1:
            starts[event] = frame
            event -= 1 + int(steps[1, frame, byte] >> (7 - bit) & 1)
    starts[event] = 0
    return starts
