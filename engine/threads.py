"""Work on many pieces in a few threads, in order and in bounded memory.

For functions that spend their time in NumPy, ONNX Runtime or a codec, which let go of
the interpreter. Not for Python loops: threads do not help those.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Result = TypeVar("Result")

Floats = NDArray[np.float32]

MAX_THREADS = 4  # more only fight for memory
MAX_PRODUCT = 250_000  # multiplications; OpenBLAS begins to spread work at 262 144


def num_threads() -> int:
    """Return how many threads work at once: the cores, four at most."""
    return min(MAX_THREADS, os.cpu_count() or 1)


def map_in_threads(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield the results in the order of the items.

    No more than twice `num_threads` pieces are begun and not yet taken. An error of a
    piece is raised when its turn comes.

    Args:
        function: Called once an item, from any thread.
        items: Taken as threads become free.
    """
    remaining = iter(items)
    with ThreadPoolExecutor(max_workers=num_threads()) as pool:
        begun: deque[Future[Result]] = deque(
            pool.submit(function, item) for item in islice(remaining, 2 * num_threads())
        )
        while begun:
            result = begun.popleft().result()
            begun.extend(pool.submit(function, item) for item in islice(remaining, 1))
            yield result


def matmul_in_one_thread(left: Floats, right: Floats) -> Floats:
    """Return `left @ right`, computed in slices that stay in this thread.

    A BLAS spreads larger products over threads of its own, which fight with ours and
    spin between them.

    Args:
        left: [rows, inner].
        right: [inner, columns], best no larger than a few thousand numbers.
    """
    rows = max(1, MAX_PRODUCT // max(right.size, 1))
    product = np.empty((len(left), right.shape[1]), dtype=np.float32)
    for first in range(0, len(left), rows):
        np.matmul(left[first : first + rows], right, out=product[first : first + rows])
    return product
