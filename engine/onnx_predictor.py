"""A network run by ONNX Runtime: what commands that only use a model go through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError, UsageError
from musegen.engine.predictor import check_finite, check_inputs

_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_ERRORS_ONLY = 3  # severity of ONNX Runtime's own log
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(bool)": np.bool_,
}


class OnnxPredictor:
    """A `Predictor` on the content of an `.onnx` file.

    Args:
        content: The file.
        device: `auto`, `cpu` or `gpu`; see `load_predictor`.
        num_threads: CPU threads of one call; None lets ONNX Runtime choose.
        where: What errors call the file.

    Raises:
        ModelFolderError: ONNX Runtime cannot read it.
        UsageError: A GPU is asked for and there is none that ONNX Runtime can use.
    """

    def __init__(
        self,
        content: bytes,
        *,
        device: str = "auto",
        num_threads: int | None = None,
        where: str = "the network",
    ) -> None:
        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
        providers = _providers(device)
        try:
            self._session = onnxruntime.InferenceSession(
                content, _options(num_threads), providers=providers
            )
        except Exception as error:  # its exceptions share no public root
            raise ModelFolderError(
                f"ONNX Runtime cannot load {where} ({error}): install the model "
                "again, or a newer onnxruntime"
            ) from error
        if device == "gpu" and self.provider != _CUDA:
            raise UsageError(
                "ONNX Runtime could not start CUDA on this machine: check the NVIDIA "
                "driver and CUDA libraries, or use --device cpu"
            )
        self._types = {
            value.name: _TYPES[value.type] for value in self._session.get_inputs()
        }
        self._output_names = tuple(value.name for value in self._session.get_outputs())

    @property
    def provider(self) -> str:
        """The execution provider in use, for reports."""
        return str(self._session.get_providers()[0])

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the arrays it takes."""
        return tuple(self._types)

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the arrays it gives."""
        return self._output_names

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """See `Predictor`."""
        check_inputs(inputs, self.input_names)
        feed: dict[str, NDArray[Any]] = {
            name: np.ascontiguousarray(inputs[name], dtype=dtype)
            for name, dtype in self._types.items()
        }
        values = self._session.run(list(self._output_names), feed)
        outputs = dict(zip(self._output_names, values, strict=True))
        check_finite(outputs)
        return outputs


def _options(num_threads: int | None) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.inter_op_num_threads = 1
    if num_threads is not None:
        options.intra_op_num_threads = num_threads
    # Lengths vary: the arena would keep the largest of every shape it has seen.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    return options


def takes_gpu(device: str) -> bool:
    """Return whether a network would be run on a GPU, with `device` as given."""
    return device != "cpu" and _CUDA in onnxruntime.get_available_providers()


def _providers(device: str) -> list[str]:
    has_cuda = _CUDA in onnxruntime.get_available_providers()
    if device == "gpu" and not has_cuda:
        raise UsageError(
            "--device gpu needs an ONNX Runtime with CUDA: run  pip install "
            '"musegen[gpu]"  or use --device cpu'
        )
    return [_CUDA, _CPU] if has_cuda and device != "cpu" else [_CPU]
