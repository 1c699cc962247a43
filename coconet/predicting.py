"""The narrow interface between networks and what asks them: a function to logits.

Samplers and evaluators know this function and nothing of weights, files or frameworks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    NetworkConfig,
    config_from_json,
)
from musegen.data.errors import ModelFolderError

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from musegen.engine.model_folder import ModelConfig, ModelFolder
    from musegen.engine.predictor import Predictor

PitchIndex = NDArray[np.int16]  # (batch, time, voice): pitch - MIN_PITCH, -1 = silence
IsHidden = NDArray[np.bool_]  # (batch, time, voice): True = not shown to the network
Logits = NDArray[np.float32]  # (batch, time, voice, pitch)
LogitsFunction = Callable[[PitchIndex, IsHidden], Logits]

KIND = "coconet"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoconetModel:
    """A trained network ready to be asked.

    Args:
        name: As in its folder.
        digest: SHA-256 of its folder's config, which holds those of its files.
        config: Architecture.
        logits: From (pitch index, is_hidden) to logits; time in whole beats for `beat`
            networks.
    """

    name: str
    digest: str
    config: NetworkConfig
    logits: LogitsFunction

    @property
    def lowest_pitch(self) -> int:
        """Lowest MIDI pitch the network knows, inclusive."""
        return MIN_PITCH

    @property
    def highest_pitch(self) -> int:
        """Highest MIDI pitch the network knows, inclusive."""
        return MIN_PITCH + NUM_PITCHES - 1


def logits_function(predictor: Predictor) -> LogitsFunction:
    """Wrap an engine predictor of a Coconet network."""

    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        outputs = predictor(
            {
                "pitch": np.asarray(pitch, dtype=np.int32),
                "is_hidden": np.asarray(is_hidden, dtype=np.float32),
            }
        )
        return np.asarray(outputs["logits"], dtype=np.float32)

    return logits


def build_from_model_config(config: ModelConfig) -> keras.Model:
    """Build the Keras network of a model folder, for `musegen.engine.predictor`."""
    from musegen.coconet.network import build_network

    return build_network(config_from_json(config.architecture))


def load_coconet(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    backend: str = "onnx",
    num_threads: int | None = None,
) -> CoconetModel:
    """Load a Coconet model by name or folder.

    Args:
        name_or_path: A name of `musegen models list`, or a model folder.
        device: `auto`, `cpu` or `gpu`.
        backend: `onnx` (fast to start) or `keras`.
        num_threads: Of one forward pass; None lets the runtime choose.

    Raises:
        ModelNotFoundError: No such model.
        ModelFolderError: The folder is damaged or of another kind.
    """
    from musegen.engine.models import find_model
    from musegen.engine.predictor import load_predictor

    folder = find_model(name_or_path, kind=KIND)
    predictor = load_predictor(
        folder,
        device=device,
        backend=backend,
        num_threads=num_threads,
        build=build_from_model_config,
    )
    return CoconetModel(
        name=folder.config.name,
        digest=folder.digest,
        config=_network_config(folder),
        logits=logits_function(predictor),
    )


def _network_config(folder: ModelFolder) -> NetworkConfig:
    try:
        return config_from_json(folder.config.architecture)
    except (TypeError, ValueError) as error:
        raise ModelFolderError(
            f"{folder.path}/config.json describes no Coconet network ({error}): fetch "
            "the model again or name another with --model"
        ) from error


def log_probabilities(logits: Logits) -> NDArray[np.float64]:
    """Return the log of the softmax over pitches, in float64, same shape."""
    wide = np.asarray(logits, dtype=np.float64)
    wide = wide - wide.max(axis=-1, keepdims=True)
    return np.asarray(wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True)))


def check_shape(pitch: PitchIndex, is_hidden: IsHidden) -> None:
    """Refuse arrays that are no batch of four-voice grids.

    Raises:
        ValueError: Wrong rank, voices or pitch range.
    """
    if (
        pitch.ndim != 3
        or pitch.shape[2] != NUM_VOICES
        or pitch.shape != is_hidden.shape
    ):
        raise ValueError(
            f"pitch and is_hidden must both be (batch, time, {NUM_VOICES}); received "
            f"{pitch.shape} and {is_hidden.shape}"
        )
    if pitch.size and (pitch.min() < -1 or pitch.max() >= NUM_PITCHES):
        raise ValueError(
            f"a pitch index is -1 to {NUM_PITCHES - 1}; received {pitch.min()} to "
            f"{pitch.max()}"
        )
