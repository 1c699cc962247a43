"""Muon: momentum whose update is made orthogonal, for the matrices inside a network.

Keras has an optimiser of this name that leaves convolutions to Adam and works in the
precision of the weights; here convolution kernels count as matrices, and the
orthogonalisation may run in bfloat16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

# Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks",
# 2024: the quintic whose slope at zero is steepest.
_QUINTIC = (3.4445, -4.7750, 2.0315)


@keras.saving.register_keras_serializable(package="musegen")
class Muon(keras.optimizers.AdamW):
    """Muon for hidden matrices, AdamW for everything else.

    Args:
        momentum: Share of the old momentum kept, in [0, 1).
        num_iterations: Newton-Schulz iterations.
        matrix_rate: Size of a matrix's update, root mean square, as a share of the
            learning rate times the root of its larger side; 0.2 matches AdamW's.
        orthogonal_dtype: Precision of the iterations: `float32` or `bfloat16`.
        excluded: Parts of paths of matrices that AdamW updates: what reads one-hot
            input, and what makes the logits.
        **kwargs: Of `keras.optimizers.AdamW`.

    Source:
        Jordan et al., 2024; the scale and weight decay of Liu et al., "Muon is Scalable
        for LLM Training", 2025.
    """

    def __init__(
        self,
        *,
        momentum: float = 0.95,
        num_iterations: int = 5,
        matrix_rate: float = 0.2,
        orthogonal_dtype: str = "float32",
        excluded: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.num_iterations = num_iterations
        self.matrix_rate = matrix_rate
        self.orthogonal_dtype = orthogonal_dtype
        self.excluded = tuple(excluded)

    def build(self, variables: Sequence[Any]) -> None:
        """Make the momenta; see the class for which variables are matrices."""
        if not self.built:
            self.is_matrix = tuple(
                len(variable.shape) >= 2
                and not any(part in variable.path for part in self.excluded)
                for variable in variables
            )
        super().build(variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable; see the class."""
        index = self._get_variable_index(variable)
        if not self.is_matrix[index]:
            super().update_step(gradient, variable, learning_rate)
            return
        average = self._momentums[index]
        gradient = ops.cast(gradient, variable.dtype)
        self.assign(average, self.momentum * average + gradient)
        columns = variable.shape[-1]
        rows = int(np.prod(variable.shape[:-1]))
        update = orthogonalized(
            ops.reshape(gradient + self.momentum * average, (rows, columns)),
            num_iterations=self.num_iterations,
            dtype=self.orthogonal_dtype,
        )
        scale = self.matrix_rate * max(rows, columns) ** 0.5
        step = ops.cast(learning_rate, variable.dtype) * scale
        update = ops.reshape(ops.cast(update, variable.dtype), variable.shape)
        self.assign_sub(variable, step * update)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {
            **super().get_config(),
            "momentum": self.momentum,
            "num_iterations": self.num_iterations,
            "matrix_rate": self.matrix_rate,
            "orthogonal_dtype": self.orthogonal_dtype,
            "excluded": self.excluded,
        }


def orthogonalized(matrix: Any, *, num_iterations: int, dtype: str) -> Any:
    """Bring all singular values of a matrix near 1.

    Args:
        matrix: (rows, columns).
        num_iterations: Of Newton-Schulz; 5 bring them into about 0.7 to 1.2.
        dtype: Precision of the products.

    Returns:
        Same shape, in `dtype`.
    """
    rows, columns = matrix.shape
    is_tall = rows > columns
    a, b, c = _QUINTIC
    matrix = ops.transpose(matrix) if is_tall else matrix
    norm = ops.sqrt(ops.sum(ops.square(matrix))) + 1e-7
    x = ops.cast(matrix / norm, dtype)
    for _ in range(num_iterations):
        square = ops.matmul(x, ops.transpose(x))
        x = a * x + ops.matmul(b * square + c * ops.matmul(square, square), x)
    return ops.transpose(x) if is_tall else x
