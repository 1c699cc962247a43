"""Streams pulled in step, each ahead of its turn, in a few threads.

Only when the blocks are made depends on the threads, never what is in them: each stream
is run by one thread at a time and cut into blocks of one length.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from types import GeneratorType

import numpy as np
from numpy.typing import NDArray

from musegen.engine.threads import num_threads
from musegen.midi_ddsp.mixing.blocks import BlockQueue

Floats = NDArray[np.float32]

BLOCKS_AHEAD = 16  # of each stream that wait to be taken


def pull_together(
    streams: Sequence[Iterable[Floats]],
    *,
    block_samples: int,
    num_workers: int | None = None,
) -> Generator[list[Floats], None, None]:
    """Yield the next block of every stream, until all have ended.

    Streams that are generators are closed at the end, also when that comes early.

    Args:
        streams: Mono pieces of any length.
        block_samples: Length of a block, at least 1. Shorter is only the last block of
            a stream; after its end a stream gives empty ones.
        num_workers: Threads, at least 0; 0 is the caller's own, None one a core.

    Yields:
        One array [n] a stream.

    Raises:
        Exception: What a stream raised, when its block's turn comes.
    """
    blocks = [_cut(stream, block_samples) for stream in streams]
    wanted = num_threads() if num_workers is None else num_workers
    wanted = min(wanted, len(streams))
    try:
        if wanted:
            yield from _pulled_in_threads(blocks, wanted)
        else:
            yield from _pulled(blocks)
    finally:
        for stream in (*blocks, *streams):
            # One that runs is left: a second Ctrl-C did not wait for its thread.
            if isinstance(stream, GeneratorType) and not stream.gi_running:
                stream.close()


def _cut(stream: Iterable[Floats], block_samples: int) -> Generator[Floats, None, None]:
    queue = BlockQueue(block_samples)
    for piece in stream:
        yield from queue.push(piece)
    rest = queue.rest()
    if len(rest):
        yield rest


def _pulled(blocks: Sequence[Iterator[Floats]]) -> Iterator[list[Floats]]:
    nothing = np.zeros(0, np.float32)
    while any(map(len, (row := [next(b, nothing) for b in blocks]))):
        yield row


def _pulled_in_threads(
    blocks: Sequence[Iterator[Floats]], num_workers: int
) -> Iterator[list[Floats]]:
    pool = _Pool(blocks)
    workers = [
        threading.Thread(target=pool.work, name=f"stems-{index}", daemon=True)
        for index in range(num_workers)
    ]
    try:
        for worker in workers:
            worker.start()
        while any(map(len, (row := pool.take_row()))):
            yield row
    finally:
        pool.stop()
        for worker in workers:
            if worker.ident is not None:
                worker.join()


class _Source:
    """One stream: what is ready of it, and whether a thread is at it."""

    def __init__(self, blocks: Iterator[Floats]) -> None:
        self.blocks = blocks
        self.ready: deque[Floats] = deque()
        self.is_busy = False
        self.has_ended = False
        self.error: BaseException | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether a thread may pull its next block."""
        is_open = not (self.is_busy or self.has_ended)
        return is_open and len(self.ready) < BLOCKS_AHEAD


class _Pool:
    """What threads and taker share; all of it is guarded by one condition."""

    def __init__(self, streams: Sequence[Iterator[Floats]]) -> None:
        self._sources = [_Source(stream) for stream in streams]
        self._condition = threading.Condition()
        self._is_stopped = False

    def work(self) -> None:
        """Pull blocks until all streams have ended or the pool is stopped."""
        while (source := self._next_source()) is not None:
            block: Floats | None = None
            error: BaseException | None = None
            try:
                block = next(source.blocks, None)
            except BaseException as raised:  # handed over, and raised by the taker
                error = raised
            with self._condition:
                if block is not None:
                    source.ready.append(block)
                source.error = error
                source.has_ended = block is None
                source.is_busy = False
                self._condition.notify_all()

    def take_row(self) -> list[Floats]:
        """Return the next block of every stream, empty after its end."""
        return [self._take(source) for source in self._sources]

    def stop(self) -> None:
        """Let the threads end after the block that they are at."""
        with self._condition:
            self._is_stopped = True
            self._condition.notify_all()

    def _take(self, source: _Source) -> Floats:
        with self._condition:
            self._condition.wait_for(lambda: source.ready or source.has_ended)
            if source.ready:
                block = source.ready.popleft()
                self._condition.notify_all()
                return block
            error, source.error = source.error, None
        if error is not None:
            raise error
        return np.zeros(0, np.float32)

    def _next_source(self) -> _Source | None:
        """Wait for work: the stream with the fewest blocks ready; None at the end."""
        with self._condition:
            while not self._is_stopped:
                if all(source.has_ended for source in self._sources):
                    return None
                wanted = [source for source in self._sources if source.is_wanted]
                if wanted:
                    source = min(wanted, key=lambda source: len(source.ready))
                    source.is_busy = True
                    return source
                self._condition.wait()
            return None
