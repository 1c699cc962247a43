"""The one interface through which a trained network is asked, and how one is loaded.

A predictor maps named arrays to named arrays. `OnnxPredictor` starts in a fraction of a
second and is what commands use; `KerasPredictor` needs the `train` extra. On the same
model folder they agree to 1e-4. Samplers know neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError, NumericsError, UsageError
from musegen.engine.model_folder import (
    WEIGHTS_FILE,
    ModelConfig,
    ModelFolder,
    NetworkFile,
)

Device = Literal["auto", "cpu", "gpu"]
Backend = Literal["onnx", "keras"]
Precision = Literal["float32", "int8", "auto"]
BuildNetwork = Callable[[ModelConfig], Any]  # to a keras.Model


class Predictor(Protocol):
    """A network that can be asked."""

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the arrays it takes."""

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the arrays it gives."""

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Return the outputs for a batch.

        Args:
            inputs: One array for each of `input_names`, batch first, as the model's
                package says; other number types are converted.

        Returns:
            One array for each of `output_names`, all values finite.

        Raises:
            NumericsError: A value is NaN or infinite.
            ValueError: An input is missing or unknown.
        """


def load_predictor(
    folder: ModelFolder,
    *,
    network: str = "network",
    device: str = "auto",
    backend: str = "onnx",
    precision: str = "float32",
    num_threads: int | None = None,
    build: BuildNetwork | None = None,
) -> Predictor:
    """Load one network of a model folder.

    Args:
        folder: The model.
        network: Its role in the folder's `config.json`.
        device: `auto` (a GPU if there is one), `cpu` or `gpu`.
        backend: `onnx`, or `keras` with `build`.
        precision: `float32`; `int8`, products of 8-bit numbers, for networks that were
            exported with them; `auto`, the latter where there are such and a CPU runs
            them.
        num_threads: CPU threads of one call, at least 1; None lets the runtime choose.
        build: Makes the untrained Keras network from the folder's config. Where a
            folder has several networks their weights are found under `ROLE/`.

    Raises:
        MissingPackageError: `keras` without the `train` extra.
        ModelFolderError: No such network, or its file is missing or damaged.
        UsageError: An unknown device, backend or precision, no GPU where one is asked
            for, no 8-bit network where one is asked for, fewer than one thread.
    """
    _check_choice("device", device, get_args(Device))
    _check_choice("backend", backend, get_args(Backend))
    _check_choice("precision", precision, get_args(Precision))
    if num_threads is not None and num_threads < 1:
        raise UsageError(f"num_threads must be at least 1; received {num_threads}")
    file = _network_file(folder, network)
    if backend == "onnx":
        from musegen.engine.onnx_predictor import OnnxPredictor, takes_gpu

        if precision == "auto":
            is_small = file.eight_bits is not None and not takes_gpu(device)
            precision = "int8" if is_small else "float32"
        name = _file_of(file, precision, folder)
        return OnnxPredictor(
            folder.read(name),
            device=device,
            num_threads=num_threads,
            where=str(folder.path / name),
        )
    if precision == "int8":
        raise UsageError("8-bit products are for the onnx backend")
    if build is None:
        raise UsageError("the keras backend needs build=, which makes the network")
    from musegen.engine.keras_predictor import KerasPredictor
    from musegen.engine.weights import load_weights

    predictor = KerasPredictor(
        lambda: build(folder.config), device=device, num_threads=num_threads
    )
    load_weights(
        predictor.model,
        folder.read(WEIGHTS_FILE),
        prefix=f"{network}/" if len(folder.config.networks) > 1 else "",
        where=str(folder.path / WEIGHTS_FILE),
    )
    return predictor


def check_inputs(inputs: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> None:
    """Refuse a set of arrays that is not exactly what a network takes.

    Raises:
        ValueError: One is missing or unknown.
    """
    if set(inputs) != set(names):
        raise ValueError(
            f"the network takes the inputs {sorted(names)}; received {sorted(inputs)}"
        )


def check_finite(outputs: Mapping[str, NDArray[Any]]) -> None:
    """Refuse outputs with a value that is no number.

    Raises:
        NumericsError: A value is NaN or infinite.
    """
    for name, array in outputs.items():
        if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
            count = int(array.size - np.isfinite(array).sum())
            raise NumericsError(
                f"the network gave NaN or infinity in {count} of {array.size} values "
                f"of '{name}': the model is damaged or was badly trained; try another"
            )


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UsageError(f"{option} must be one of {', '.join(choices)}; got '{value}'")


def _file_of(file: NetworkFile, precision: str, folder: ModelFolder) -> str:
    if precision == "float32":
        return file.file
    if file.eight_bits is None:
        raise UsageError(
            f"the model {folder.config.name} has no network in 8 bits: give the "
            "precision float32"
        )
    return file.eight_bits


def _network_file(folder: ModelFolder, role: str) -> NetworkFile:
    networks = folder.config.networks
    if role not in networks:
        raise ModelFolderError(
            f"the model {folder.path} has no network '{role}'; it has "
            f"{', '.join(sorted(networks))}"
        )
    return networks[role]
