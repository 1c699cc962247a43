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
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.expression_generator import ExpressionGenerator
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.synthesis_generator import SynthesisGenerator
from musegen.midi_ddsp.original.weights import WeightReader, by_path
from musegen.midi_ddsp.parameters import SynthesisParameters, midi_to_hz
from musegen.midi_ddsp.takes.take import Take

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


def steady_take(seed: int, *, num_frames: int = 160, piece: str = "") -> Take:
    """A few steady notes with rests between, rendered; louder ones are brighter."""
    draws = generator(seed, "take")
    notes = tuple(
        PlayedNote(
            pitch=int(draws.integers(60, 72)), onset_s=start, offset_s=start + 0.14
        )
        for start in np.arange(0.02, num_frames / 250 - 0.16, 0.16).tolist()
    )
    frames = note_frames(notes, num_frames)
    f0_hz = midi_to_hz(frames.pitch + 0.205 * (frames.pitch > 0))
    shares = 0.6 ** np.arange(60) * (f0_hz[:, None] * np.arange(1, 61) < 8000)
    parameters = SynthesisParameters(
        f0_hz=f0_hz.astype(np.float32),
        amplitude=0.3 * (frames.pitch > 0),
        harmonics=shares / shares.sum(axis=1, keepdims=True),
        noise=np.full((num_frames, 65), 1e-3),
    )
    sound = render(parameters, seed=seed)
    return Take(
        piece=piece or f"piece {seed}",
        recording=f"recording {seed}",
        split="train",
        instrument=("violin", "flute")[seed % 2],
        notes=notes,
        parameters=parameters,
        units=np.zeros((len(notes), 11), np.float32),
        controls=compat_controls(parameters, frames).astype(np.float32),
        audio=(sound * 32767).astype(np.int16),
    )


@pytest.fixture(scope="session")
def takes() -> tuple[Take, ...]:
    return tuple(steady_take(seed) for seed in range(3))
