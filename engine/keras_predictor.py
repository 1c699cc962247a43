"""A network run by Keras, on any of its backends, and the names of its arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.engine.predictor import check_finite, check_inputs
from musegen.engine.quiet import import_keras


class KerasPredictor:
    """A `Predictor` on a Keras functional model.

    Args:
        build: Makes the model; called once, on the device.
        device: `auto`, `cpu` or `gpu`; see `load_predictor`.
        num_threads: CPU threads of one operation; only with TensorFlow, and before it
            has computed anything. None lets it choose.

    Raises:
        MissingPackageError: Keras or its backend is not installed.
        UsageError: No GPU where one is asked for, or the threads cannot be set.
    """

    def __init__(
        self,
        build: Callable[[], Any],
        *,
        device: str = "auto",
        num_threads: int | None = None,
    ) -> None:
        keras = import_keras()
        self._is_tensorflow = keras.backend.backend() == "tensorflow"
        if num_threads is not None:
            _set_threads(num_threads, is_tensorflow=self._is_tensorflow)
        self._device = _device_name(keras, device)
        with keras.device(self._device):
            self.model = build()
        self._input_names = input_names(self.model)
        self._output_names = output_names(self.model)
        self._call = self._compiled()

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the arrays it takes."""
        return self._input_names

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the arrays it gives."""
        return self._output_names

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See `Predictor`."""
        import keras

        check_inputs(inputs, self._input_names)
        arrays = [
            np.asarray(inputs[name], dtype=tensor.dtype)
            for name, tensor in zip(self._input_names, self.model.inputs, strict=True)
        ]
        with keras.device(self._device):
            values = self._call(*[keras.ops.convert_to_tensor(a) for a in arrays])
        outputs = {
            name: np.asarray(keras.ops.convert_to_numpy(value))
            for name, value in zip(self._output_names, values, strict=True)
        }
        check_finite(outputs)
        return outputs

    def _compiled(self) -> Callable[..., Sequence[Any]]:
        """Return the network as a function of flat tensors.

        With TensorFlow the axes of unknown length stay free, so that a piece of another
        length does not trace the network again.
        """

        def call(*tensors: Any) -> list[Any]:
            return call_flat(self.model, tensors)

        if not self._is_tensorflow:
            return call
        import tensorflow as tf

        signature = [
            tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in self.model.inputs
        ]
        compiled: Callable[..., Sequence[Any]] = tf.function(
            call, input_signature=signature, autograph=False
        )
        return compiled


def input_names(model: Any) -> tuple[str, ...]:
    """Return the names of a model's inputs, in the order of `model.inputs`."""
    return tuple(_leaf_names(model.input, [tensor.name for tensor in model.inputs]))


def output_names(model: Any) -> tuple[str, ...]:
    """Return the names of its outputs, in the order of `model.outputs`.

    Keys where the outputs are a dictionary, else names of the layers they come from.
    """
    return tuple(_leaf_names(model.output, list(model.output_names)))


def call_flat(model: Any, tensors: Sequence[Any]) -> list[Any]:
    """Return a model's outputs for inputs in the order of `model.inputs`."""
    import keras

    inputs = keras.tree.pack_sequence_as(model.input, list(tensors))
    flat: list[Any] = keras.tree.flatten(model(inputs, training=False))
    return flat


def _leaf_names(structure: Any, fallback: list[str]) -> list[str]:
    """Return the keys of a flat dictionary in the order in which Keras flattens it."""
    import keras

    if not isinstance(structure, dict):
        return fallback
    names = keras.tree.pack_sequence_as(structure, list(range(len(fallback))))
    return sorted(names, key=lambda name: int(names[name]))


def _device_name(keras: Any, device: str) -> str:
    gpus = [] if device == "cpu" else keras.distribution.list_devices("gpu")
    if device == "gpu" and not gpus:
        raise UsageError(
            f"Keras on {keras.backend.backend()} finds no GPU: run  pip install "
            '"musegen[gpu]"  or use --device cpu'
        )
    return "gpu:0" if gpus else "cpu:0"


def _set_threads(num_threads: int, *, is_tensorflow: bool) -> None:
    if not is_tensorflow:
        raise UsageError("the number of threads can be set for TensorFlow only")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(num_threads)
    except RuntimeError as error:
        raise UsageError(
            "TensorFlow has already started, its number of threads is fixed: leave "
            "num_threads out"
        ) from error
