"""Means and variances of batch norm, measured for the weights that a network has.

What batch norm gathers while a network learns belongs to the weights it had then. The
averaged weights that are validated and shipped need statistics of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class PopulationStatistics:
    """Measures the statistics of all batch norms in a model; does nothing without any.

    Args:
        model: Keras model, built.

    Source:
        The released code of Huang et al., ISMIR 2017: before each validation, batch
        means and batch variances over some epochs of fresh batches, each batch with
        equal weight. Differs: a number of batches in place of epochs.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._norms = tuple(_batch_norms(model))
        self._training_pass: Any = None

    @contextmanager
    def measured(self, batches: Iterable[Any]) -> Iterator[None]:
        """Give the model statistics of its present weights for a `with` block.

        Args:
            batches: Inputs as the model takes them, at least one; not looked at where
                there is no batch norm.
        """
        if not self._norms:
            yield
            return
        variables = list(self._model.non_trainable_variables)
        before = [_array(variable) for variable in variables]
        statistics = [
            variable
            for norm in self._norms
            for variable in (norm.moving_mean, norm.moving_variance)
        ]
        try:
            means = self._means(statistics, batches)
            _assign(variables, before)  # of dropout, too: measuring draws nothing
            _assign(statistics, means)
            yield
        finally:
            _assign(variables, before)

    def _means(self, statistics: list[Any], batches: Iterable[Any]) -> list[Array]:
        """Return the mean over batches of what each is in a batch."""
        sums = [np.zeros(variable.shape) for variable in statistics]
        count = 0
        momenta = [norm.momentum for norm in self._norms]
        try:
            for norm in self._norms:
                norm.momentum = 0.0  # then what is gathered is the last batch alone
            if self._training_pass is None:
                self._training_pass = _training_pass(self._model)
            for inputs in batches:
                self._training_pass.predict_on_batch(inputs)
                count += 1
                for total, variable in zip(sums, statistics, strict=True):
                    total += _array(variable)
        finally:
            for norm, momentum in zip(self._norms, momenta, strict=True):
                norm.momentum = momentum
        return [total / count for total in sums]


def _training_pass(model: Any) -> Any:
    """Return a model that runs another one as in training, compiled."""
    import keras

    class TrainingPass(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def call(self, inputs: Any) -> Any:
            return self.model(inputs, training=True)

    training_pass = TrainingPass()
    training_pass.compile(jit_compile=False)
    return training_pass


def _batch_norms(model: Any) -> Iterator[Any]:
    import keras

    for layer in getattr(model, "layers", ()):
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
        else:
            yield from _batch_norms(layer)


def _array(variable: Any) -> Array:
    from keras import ops

    return np.array(ops.convert_to_numpy(variable.value))


def _assign(variables: Iterable[Any], arrays: Iterable[Array]) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
