"""Pieces come back in order, a few at a time, and errors in their turn."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from musegen.engine.threads import (
    map_in_threads,
    matmul_in_one_thread,
    num_threads,
)


def test_results_come_in_the_order_of_the_items() -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0.0)
        return item * item

    assert list(map_in_threads(slow_first, range(9))) == [n * n for n in range(9)]
    assert list(map_in_threads(slow_first, [])) == []


def test_pieces_are_begun_only_as_they_are_needed() -> None:
    begun: list[int] = []
    lock = threading.Lock()

    def note(item: int) -> int:
        with lock:
            begun.append(item)
        return item

    results = map_in_threads(note, range(100))
    assert next(results) == 0
    assert len(begun) <= 2 * num_threads() + 1
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 2 * num_threads() + 1


def test_an_error_is_raised_when_its_turn_comes() -> None:
    results = map_in_threads(lambda item: 1 // item, [1, 1, 0])
    assert [next(results), next(results)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("shape", [(0, 3, 2), (1, 1, 1), (700, 60, 189), (5, 900, 900)])
def test_a_product_in_slices_is_the_product(shape: tuple[int, int, int]) -> None:
    rows, inner, columns = shape
    generator = np.random.default_rng(0)
    left = generator.normal(size=(rows, inner)).astype(np.float32)
    right = generator.normal(size=(inner, columns)).astype(np.float32)
    found = matmul_in_one_thread(left, right)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, left @ right, rtol=1e-4, atol=1e-3)
