"""The narrow interface between networks and what asks them: a function to logits.

Samplers and evaluators know this function and nothing of weights, files or frameworks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    PLANES,
    NetworkConfig,
    config_from_json,
)
from musegen.coconet.planes import Planes
from musegen.data.errors import ModelFolderError

if TYPE_CHECKING:
    from pathlib import Path

    import keras

    from musegen.engine.model_folder import ModelConfig, ModelFolder
    from musegen.engine.predictor import Predictor

PitchIndex = NDArray[np.int16]  # (batch, time, voice): pitch - MIN_PITCH, -1 = silence
IsHidden = NDArray[np.bool_]  # (batch, time, voice): True = not shown to the network
Logits = NDArray[np.float32]  # (batch, time, voice, class): pitches, then silence
LogitsFunction = Callable[[PitchIndex, IsHidden], Logits]

KIND = "coconet"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """What a network says of a batch.

    Args:
        logits: (batch, time, voice, class): the pitches and, where the network writes
            rests, silence.
        onset_odds: (batch, time, voice), log odds that a note which stays on its pitch
            is struck anew; None where the network does not say.
    """

    logits: Logits
    onset_odds: NDArray[np.float32] | None = None


Network = Callable[[PitchIndex, IsHidden, Planes], Prediction]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoconetModel:
    """A trained network ready to be asked.

    Args:
        name: As in its folder.
        digest: SHA-256 of its folder's config, which holds those of its files.
        config: Architecture.
        network: From (pitch index, is_hidden, planes) to a prediction; time in whole
            beats for `beat` networks.
    """

    name: str
    digest: str
    config: NetworkConfig
    network: Network

    @property
    def lowest_pitch(self) -> int:
        """Lowest MIDI pitch the network knows, inclusive."""
        return MIN_PITCH

    @property
    def highest_pitch(self) -> int:
        """Highest MIDI pitch the network knows, inclusive."""
        return MIN_PITCH + NUM_PITCHES - 1

    def logits(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        """Return logits, nothing being told beside the pitches."""
        planes = Planes.unknown(pitch.shape[1])
        return self.network(pitch, is_hidden, planes).logits

    def told(self, planes: Planes) -> ToldNetwork:
        """Return the network as it answers for a score of which this is known."""
        return ToldNetwork(network=self.network, planes=planes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToldNetwork:
    """A network and what it is told about one score; a `LogitsFunction`.

    Args:
        network: Asked.
        planes: Of the whole score, or of the window that is looked at; one item serves
            a batch of any size.
    """

    network: Network
    planes: Planes

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        """Return logits (batch, time, voice, class)."""
        planes = self.planes.spread(len(pitch))
        return self.network(pitch, is_hidden, planes).logits

    def window(self, steps: slice) -> ToldNetwork:
        """Return the network for some steps of the score."""
        return replace(self, planes=self.planes.window(steps))

    def onset_odds(
        self, pitch: PitchIndex, onset: NDArray[np.int8]
    ) -> NDArray[np.float32] | None:
        """Return the log odds that notes are struck, all pitches being shown.

        Args:
            pitch: (batch, time, voice).
            onset: Same shape, what is known of onsets in place of the planes'.
        """
        planes = replace(self.planes.spread(len(pitch)), onset=onset)
        is_hidden = np.zeros(pitch.shape, dtype=bool)
        return self.network(pitch, is_hidden, planes).onset_odds


class WindowedLogits(Protocol):
    """A `LogitsFunction` for a whole score that can be narrowed to some steps."""

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        """Return logits (batch, time, voice, class)."""

    def window(self, steps: slice) -> LogitsFunction:
        """Return the function for some steps."""


@dataclass(frozen=True, slots=True)
class SameEverywhere:
    """A `LogitsFunction` that is told nothing, as `WindowedLogits`."""

    function: LogitsFunction

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        """Return the function's logits."""
        return self.function(pitch, is_hidden)

    def window(self, steps: slice) -> LogitsFunction:
        """Return the function itself."""
        del steps
        return self.function


def network_of(logits: LogitsFunction) -> Network:
    """Make a network of a function that hears of nothing beside the pitches."""

    def predict(pitch: PitchIndex, is_hidden: IsHidden, planes: Planes) -> Prediction:
        del planes
        return Prediction(logits=logits(pitch, is_hidden))

    return predict


def network_inputs(
    pitch: PitchIndex, is_hidden: IsHidden, planes: Planes, names: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Return the arrays that an exported network takes.

    Args:
        pitch: (batch, time, voice).
        is_hidden: Same shape.
        planes: Of each item of the batch.
        names: Of the planes that the network takes.
    """
    return {
        "pitch": np.asarray(pitch, dtype=np.int32),
        "is_hidden": np.asarray(is_hidden, dtype=np.float32),
        **{name: np.asarray(getattr(planes, name), dtype=np.int32) for name in names},
    }


def predictor_network(predictor: Predictor) -> Network:
    """Wrap an engine predictor; it hears of the planes that it takes."""
    planes_taken = [name for name in PLANES if name in predictor.input_names]

    def predict(pitch: PitchIndex, is_hidden: IsHidden, planes: Planes) -> Prediction:
        told = planes.spread(len(pitch))
        outputs = predictor(network_inputs(pitch, is_hidden, told, planes_taken))
        return Prediction(
            logits=outputs["logits"], onset_odds=outputs.get("onset_odds")
        )

    return predict


def build_from_model_config(config: ModelConfig) -> keras.Model:
    """Build the Keras network of a model folder, for `musegen.engine.predictor`."""
    from musegen.coconet.network import build_network

    return build_network(config_from_json(config.architecture))


def load_coconet(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    backend: str = "onnx",
    precision: str = "float32",
    num_threads: int | None = None,
) -> CoconetModel:
    """Load a Coconet model by name or folder.

    Args:
        name_or_path: A name of `musegen models list`, or a model folder.
        device: `auto`, `cpu` or `gpu`.
        backend: `onnx` (fast to start) or `keras`.
        precision: `float32`, `int8` or `auto`; see `load_predictor`.
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
        precision=precision,
        num_threads=num_threads,
        build=build_from_model_config,
    )
    return CoconetModel(
        name=folder.config.name,
        digest=folder.digest,
        config=network_config(folder),
        network=predictor_network(predictor),
    )


def network_config(folder: ModelFolder) -> NetworkConfig:
    """Return the architecture of a model folder.

    Raises:
        ModelFolderError: It describes no Coconet network.
    """
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
