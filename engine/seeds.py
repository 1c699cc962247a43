"""Seeds that depend on names, not on order.

Item k of a batch does not depend on the batch: each draws from a seed of its own.
"""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *keys: int | str) -> int:
    """Return a seed for one purpose of a run.

    Args:
        seed: The run's seed, any integer; 0 is a seed like any other.
        keys: What the seed is for: names and indices.

    Returns:
        An integer in 0..2**63 - 1; different keys give independent seeds.
    """
    text = "\x1f".join(f"{type(key).__name__}:{key}" for key in (seed, *keys))
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(seed: int, *keys: int | str) -> np.random.Generator:
    """Return a generator seeded by `derive_seed`."""
    return np.random.default_rng(derive_seed(seed, *keys))
