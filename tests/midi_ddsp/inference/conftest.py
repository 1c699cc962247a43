"""A recording made of numbers, for tests of models."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

Recording = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


@pytest.fixture
def recording() -> Recording:
    """Sound [64 * 101 - 9], f0_hz [101] with a rest in it, loudness_db [101]."""
    generator = np.random.default_rng(5)
    audio = 0.1 * generator.normal(size=64 * 101 - 9)
    f0_hz = np.linspace(200, 500, 101)
    f0_hz[10:15] = 0.0
    loudness_db = generator.uniform(-60, 0, 101)
    return (
        audio.astype(np.float32),
        f0_hz.astype(np.float32),
        loudness_db.astype(np.float32),
    )
