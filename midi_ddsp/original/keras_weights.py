"""Weights of the Keras generators by their names in the released checkpoints.

So they move both ways: an imported model can be fine-tuned, and what was trained can be
played by `musegen.midi_ddsp.original.model`, which needs no Keras.

Source:
    The object paths of the checkpoints that the public program of Wu et al. writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import FileFormatError
from musegen.engine.model_folder import WEIGHTS_FILE
from musegen.engine.models import find_model
from musegen.engine.safetensors_reading import read_tensors
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import EXPRESSION, KIND, REVERB_PATH, SYNTHESIS


def checkpoint_tensors(network: Any, *, prefix: str) -> dict[str, Array]:
    """Return a network's weights by path and in the shapes of the checkpoints.

    Args:
        network: Of `keras_synthesis_generator` or `keras_expression_generator`, or a
            part of one.
        prefix: Put before every path: the `CHECKPOINT_PREFIX` of its module.
    """
    from keras import ops

    return {
        prefix + path: np.array(ops.convert_to_numpy(variable.value)).reshape(shape)
        for path, variable, shape in _weights(network)
    }


def assign_checkpoint(
    network: Any, tensors: Mapping[str, Array], *, prefix: str
) -> None:
    """Give a network the weights of a checkpoint.

    Args:
        network: See `checkpoint_tensors`, like `prefix`.
        tensors: By path; others are left alone.
        prefix: What the paths begin with.

    Raises:
        FileFormatError: A tensor is missing or has another shape.
    """
    for path, variable, shape in _weights(network):
        name = prefix + path
        array = tensors.get(name)
        if array is None or tuple(array.shape) != shape:
            found = "is missing" if array is None else f"has the shape {array.shape}"
            raise FileFormatError(
                f"the weights are of another network: '{name}' {found}, needed is "
                f"{shape}; take the sizes from the config that they were trained with"
            )
        variable.assign(np.asarray(array, np.float32).reshape(variable.shape))


def model_tensors(
    name_or_path: str | Path,
) -> tuple[dict[str, Array], dict[str, Array], Array]:
    """Return the weights of an imported or exported model, to go on from.

    Args:
        name_or_path: A name of `musegen models list`, or a model folder.

    Returns:
        Those of the Synthesis Generator and of the Expression Generator by path, and
        the rooms [20, 48000], without fade.

    Raises:
        FileFormatError: The file is damaged.
        ModelFolderError: The folder is damaged or of another kind.
        ModelNotFoundError: No such model.
    """
    folder = find_model(name_or_path, kind=KIND)
    where = str(folder.path / WEIGHTS_FILE)
    tensors = read_tensors(folder.read(WEIGHTS_FILE), where=where)
    synthesis, expression = (
        {
            name.removeprefix(f"{half}/"): array
            for name, array in tensors.items()
            if name.startswith(f"{half}/")
        }
        for half in (SYNTHESIS, EXPRESSION)
    )
    if REVERB_PATH not in synthesis:
        raise FileFormatError(f"{where} has no rooms: it is no complete model")
    return synthesis, expression, synthesis.pop(REVERB_PATH)


def _weights(network: Any) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    """Path, variable and shape in a checkpoint of every weight."""
    import keras

    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _weights(layer)
            continue
        path = layer.name.replace(".", "/")
        if isinstance(layer, keras.layers.GRU):
            path = f"{path}/cell"
        for variable in layer.weights:
            shape = tuple(int(size) for size in variable.shape)
            yield f"{path}/{variable.name}", variable, _stored_shape(layer, shape)


def _stored_shape(layer: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The library works on images of one row: time, 1, channels."""
    import keras

    from musegen.midi_ddsp.original.keras_layers import SequenceNorm

    if isinstance(layer, SequenceNorm):
        return (1, 1, 1, *shape)
    if isinstance(layer, keras.layers.Conv1D) and len(shape) == 3:
        return (shape[0], 1, *shape[1:])
    return shape
