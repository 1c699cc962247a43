from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from musegen.engine.seeds import derive_seed, generator

SEEDS = st.integers(min_value=0, max_value=2**63 - 1)
KEYS = st.lists(st.integers() | st.text(), max_size=4)


@given(SEEDS, KEYS)
def test_derived_seed_is_stable_and_in_range(seed: int, keys: list[int | str]) -> None:
    derived = derive_seed(seed, *keys)
    assert derived == derive_seed(seed, *keys)
    assert 0 <= derived < 2**63


def test_derived_seed_is_the_same_on_every_machine() -> None:
    assert derive_seed(0) == 3696793467068528757
    assert derive_seed(0, "batch", 3) == 2627462864584330505


def test_seed_zero_is_used() -> None:
    assert derive_seed(0, "item") != derive_seed(1, "item")


def test_a_number_and_its_digits_are_different_keys() -> None:
    assert derive_seed(5, 1) != derive_seed(5, "1")


def test_keys_depend_on_order_and_grouping() -> None:
    seeds = {
        derive_seed(5, "a", "b"),
        derive_seed(5, "b", "a"),
        derive_seed(5, "ab"),
        derive_seed(5),
    }
    assert len(seeds) == 4


def test_item_of_a_batch_does_not_depend_on_the_batch() -> None:
    small = [generator(7, "item", index).random() for index in range(2)]
    large = [generator(7, "item", index).random() for index in range(5)]
    assert small == large[:2]
    assert len(set(large)) == 5


def test_generator_draws_the_same_again() -> None:
    first, second = (generator(0, "voice").integers(0, 9, 50) for _ in range(2))
    np.testing.assert_array_equal(first, second)
