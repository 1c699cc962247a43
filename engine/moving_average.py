"""Exponential moving average of weights, kept beside the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray


class MovingAverage:
    """Averages the trainable weights of a Keras model.

    Batch norm needs statistics of its own for them
    (`musegen.engine.population_statistics`).

    Args:
        model: Its `trainable_variables` are followed.
        decay: Share of the old average kept at each optimiser step, in [0, 1).
        update_every: Optimiser steps between updates; the decay is raised to that
            power.
    """

    def __init__(self, model: Any, *, decay: float, update_every: int = 8) -> None:
        if not 0.0 <= decay < 1.0:
            raise ValueError(f"decay must lie in [0, 1); received {decay}")
        self._variables = list(model.trainable_variables)
        self._decay = decay
        self._update_every = update_every
        self.arrays: list[NDArray[Any]] = self._current()

    def update(self, step: int) -> None:
        """Average in the weights after optimiser step number `step` (from 1)."""
        if step % self._update_every:
            return
        # Early on the average would remember the random start: average what there is.
        decay = min(
            self._decay**self._update_every, step / (step + 10 * self._update_every)
        )
        for average, current in zip(self.arrays, self._current(), strict=True):
            average *= decay
            average += (1.0 - decay) * current

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Set the average, as saved in a checkpoint."""
        self.arrays = [np.array(array) for array in arrays]

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the model the averaged weights for the length of a `with` block."""
        current = self._current()
        self._assign(self.arrays)
        try:
            yield
        finally:
            self._assign(current)

    def _current(self) -> list[NDArray[Any]]:
        from keras import ops

        return [np.array(ops.convert_to_numpy(v.value)) for v in self._variables]

    def _assign(self, arrays: Sequence[NDArray[Any]]) -> None:
        for variable, array in zip(self._variables, arrays, strict=True):
            variable.assign(array)
