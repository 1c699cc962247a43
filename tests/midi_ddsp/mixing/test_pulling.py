"""Streams in step: same blocks whatever the threads, and nothing left running."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.mixing.pulling import BLOCKS_AHEAD, pull_together

Floats = NDArray[np.float32]
WORKERS = [0, 1, 2, 5, None]
each_pool = pytest.mark.parametrize("num_workers", WORKERS)


def counting(first: int, length: int, piece: int) -> Iterator[Floats]:
    numbers = np.arange(first, first + length, dtype=np.float32)
    for start in range(0, length, piece):
        yield numbers[start : start + piece]


def threads_of_stems() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("stems-")]


@each_pool
def test_every_stream_comes_whole_and_in_step(num_workers: int | None) -> None:
    streams = [counting(100 * k, 30 + 7 * k, 3 + k) for k in range(4)]
    rows = list(pull_together(streams, block_samples=8, num_workers=num_workers))
    assert len(rows) == 7
    for k, blocks in enumerate(zip(*rows, strict=True)):
        sizes = [len(block) for block in blocks]
        assert sizes == [min(8, max(30 + 7 * k - 8 * row, 0)) for row in range(7)]
        expected = np.arange(100 * k, 100 * k + 30 + 7 * k)
        assert (np.concatenate(blocks) == expected).all()
    assert threads_of_stems() == []


@each_pool
def test_without_streams_or_sound_there_is_nothing(num_workers: int | None) -> None:
    assert list(pull_together([], block_samples=8, num_workers=num_workers)) == []
    silent = [iter([np.zeros(0, np.float32)])]
    assert list(pull_together(silent, block_samples=8, num_workers=num_workers)) == []


@each_pool
def test_an_error_is_raised_once_when_its_turn_comes(num_workers: int | None) -> None:
    was_closed = []

    def failing() -> Iterator[Floats]:
        yield np.ones(16, np.float32)
        raise ValueError("out of breath")

    def endless() -> Iterator[Floats]:
        try:
            while True:
                yield np.ones(5, np.float32)
        finally:
            was_closed.append(True)

    rows = pull_together(
        [endless(), failing()], block_samples=8, num_workers=num_workers
    )
    assert [len(next(rows)), len(next(rows))] == [2, 2]
    with pytest.raises(ValueError, match="out of breath"):
        next(rows)
    assert list(rows) == []
    assert was_closed == [True]
    assert threads_of_stems() == []


@each_pool
def test_closing_early_closes_the_streams_and_ends_the_threads(
    num_workers: int | None,
) -> None:
    was_closed = []

    def endless() -> Generator[Floats, None, None]:
        try:
            while True:
                yield np.ones(5, np.float32)
        finally:
            was_closed.append(threading.current_thread())

    with closing(
        pull_together(
            [endless() for _ in range(3)], block_samples=8, num_workers=num_workers
        )
    ) as rows:
        next(rows)
    assert was_closed == [threading.current_thread()] * 3
    assert threads_of_stems() == []


@pytest.mark.parametrize("num_workers", [1, 3])
def test_no_stream_runs_far_ahead(num_workers: int) -> None:
    num_pulled = [0, 0]

    def told(index: int) -> Iterator[Floats]:
        while True:
            num_pulled[index] += 1
            yield np.ones(8, np.float32)

    with closing(
        pull_together([told(0), told(1)], block_samples=8, num_workers=num_workers)
    ) as rows:
        for num_taken in range(1, 30):
            next(rows)
            # Those that wait, and one that is being made.
            assert max(num_pulled) <= num_taken + BLOCKS_AHEAD + 1


def test_streams_are_computed_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=20.0)

    def meets() -> Iterator[Floats]:
        meeting.wait()  # breaks unless the other comes too
        yield np.ones(4, np.float32)

    rows = list(pull_together([meets(), meets()], block_samples=4, num_workers=2))
    assert len(rows) == 1


def test_what_is_no_generator_will_do() -> None:
    pieces = [np.ones(3, np.float32)] * 3
    rows = list(pull_together([pieces], block_samples=4, num_workers=1))
    assert [len(row[0]) for row in rows] == [4, 4, 1]
