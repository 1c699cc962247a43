"""The weights of the original generators by their names in its checkpoints.

A `WeightReader` hands out layers by path and checks every shape; what is asked for and
not there is named. Reading the files is `musegen.engine.tensorflow_bundle`.

Source:
    The object paths of the checkpoints that the public program of Wu et al. writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.original.layers import (
    Array,
    BidirectionalGru,
    Convolution,
    Dense,
    Gru,
    NormedDense,
    SequenceNorm,
)

TENSOR_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightReader:
    """Layers by their paths.

    Args:
        tensors: Arrays by path, without `TENSOR_SUFFIX`.
        where: Names the file in messages.
        prefix: Put before every path.
    """

    tensors: Mapping[str, Array]
    where: str
    prefix: str = ""

    def below(self, path: str) -> WeightReader:
        """Return a reader of everything below a path."""
        return WeightReader(
            tensors=self.tensors, where=self.where, prefix=f"{self.prefix}{path}/"
        )

    def array(self, path: str, shape: tuple[int, ...]) -> Array:
        """Return one array.

        Raises:
            FileFormatError: It is missing, or has another shape.
        """
        name = self.prefix + path
        if name not in self.tensors:
            raise FileFormatError(
                f"{self.where} has no tensor {name}: it is no complete MIDI-DDSP "
                "checkpoint; fetch it again"
            )
        array = self.tensors[name]
        if array.shape != shape:
            raise FileFormatError(
                f"{self.where}: {name} has shape {array.shape}, MIDI-DDSP's has "
                f"{shape}; networks of other sizes cannot be imported"
            )
        return np.ascontiguousarray(array, dtype=np.float32)

    def dense(self, path: str, num_in: int, num_out: int) -> Dense:
        """Return a dense layer."""
        return Dense(
            kernel=self.array(f"{path}/kernel", (num_in, num_out)),
            bias=self.array(f"{path}/bias", (num_out,)),
        )

    def stack(self, path: str, num_in: int, size: int, depth: int) -> list[NormedDense]:
        """Return dense layers with norms, one after another."""
        layers = []
        for index in range(depth):
            inside = f"{path}/layer_with_weights-{index}/layer_with_weights"
            layers.append(
                NormedDense(
                    dense=self.dense(f"{inside}-0", size if index else num_in, size),
                    gamma=self.array(f"{inside}-1/gamma", (size,)),
                    beta=self.array(f"{inside}-1/beta", (size,)),
                )
            )
        return layers

    def norm(self, path: str, size: int) -> SequenceNorm:
        """Return a norm over time and channels."""
        shape = (1, 1, 1, size)
        return SequenceNorm(
            scale=self.array(f"{path}/scale", shape).reshape(size),
            shift=self.array(f"{path}/shift", shape).reshape(size),
        )

    def gru(self, path: str, num_in: int, units: int) -> Gru:
        """Return a recurrent layer."""
        cell = f"{path}/cell"
        return Gru(
            kernel=self.array(f"{cell}/kernel", (num_in, 3 * units)),
            recurrent_kernel=self.array(f"{cell}/recurrent_kernel", (units, 3 * units)),
            bias=self.array(f"{cell}/bias", (2, 3 * units)),
        )

    def bidirectional(self, path: str, num_in: int, units: int) -> BidirectionalGru:
        """Return a recurrent layer that runs both ways."""
        return BidirectionalGru(
            forward=self.gru(f"{path}/forward_layer", num_in, units),
            backward=self.gru(f"{path}/backward_layer", num_in, units),
        )

    def convolution(
        self, path: str, num_in: int, num_out: int, *, dilation: int = 1
    ) -> Convolution:
        """Return a convolution of three taps over time."""
        kernel = self.array(f"{path}/kernel", (3, 1, num_in, num_out))
        return Convolution(
            kernel=np.ascontiguousarray(kernel[:, 0]),
            bias=self.array(f"{path}/bias", (num_out,)),
            dilation=dilation,
        )


def by_path(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """Return arrays by path alone, from arrays by the names in a checkpoint."""
    return {name.removesuffix(TENSOR_SUFFIX): array for name, array in tensors.items()}
