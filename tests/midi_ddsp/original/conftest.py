"""Recorded outputs of the original program, and networks with its weights or any."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.seeds import generator
from musegen.engine.tensorflow_bundle import open_bundle
from musegen.midi_ddsp.original.expression_generator import ExpressionGenerator
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.synthesis_generator import SynthesisGenerator
from musegen.midi_ddsp.original.weights import WeightReader, by_path

PARITY = Path(__file__).parents[3] / "../shared/parity/midi_ddsp"


def read_checkpoint(name: str) -> WeightReader:
    if not PARITY.is_dir():
        pytest.skip("the recorded outputs of the original program are not here")
    bundle = open_bundle(PARITY / name)
    readable = [key for key, entry in bundle.entries.items() if entry.is_readable]
    return WeightReader(tensors=by_path(bundle.tensors(readable)), where=name)


@pytest.fixture(scope="session")
def expected() -> Mapping[str, NDArray[Any]]:
    if not PARITY.is_dir():
        pytest.skip("the recorded outputs of the original program are not here")
    with np.load(PARITY / "expected.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def synthesis_weights() -> WeightReader:
    return read_checkpoint("synthesis_generator")


@pytest.fixture(scope="session")
def synthesis_generator(synthesis_weights: WeightReader) -> SynthesisGenerator:
    return SynthesisGenerator.from_weights(synthesis_weights)


@pytest.fixture(scope="session")
def expression_weights() -> WeightReader:
    return read_checkpoint("expression_generator")


@pytest.fixture(scope="session")
def expression_generator(expression_weights: WeightReader) -> ExpressionGenerator:
    return ExpressionGenerator.from_weights(expression_weights)


class AnyWeights(WeightReader):
    """Small numbers for every tensor that is asked for."""

    def below(self, path: str) -> AnyWeights:
        return AnyWeights(tensors={}, where=self.where, prefix=f"{self.prefix}{path}/")

    def array(self, path: str, shape: tuple[int, ...]) -> Array:
        if path.endswith(("gamma", "scale")):
            return np.ones(shape, dtype=np.float32)
        numbers = generator(0, self.where, self.prefix + path).standard_normal(shape)
        scale = math.sqrt(math.prod(shape[:-1]))
        return np.asarray(numbers / scale, dtype=np.float32)


@pytest.fixture(scope="session")
def any_model() -> OriginalModel:
    """A model of the right size that was never trained."""
    return OriginalModel.from_weights(
        AnyWeights(tensors={}, where="synthesis"),
        AnyWeights(tensors={}, where="expression"),
        name="untrained",
    )
