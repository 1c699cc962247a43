"""From one trained generator of the original to a model folder, which needs both.

The other half is that of the model that the run began from; without one it has fresh
weights, and the card says so. So the two can be trained one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musegen.engine.model_folder import ModelFolder
from musegen.engine.models import find_model
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.original.exporting import PARTS, export_original
from musegen.midi_ddsp.original.exporting_card import Half, TakenHalf, TrainedHalf
from musegen.midi_ddsp.original.keras_config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import EXPRESSION, KIND, SYNTHESIS
from musegen.midi_ddsp.original.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)

OTHER_HALF = {SYNTHESIS: EXPRESSION, EXPRESSION: SYNTHESIS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """The model that a run begins from.

    Args:
        name: As in its folder.
        path: Its folder.
        digest: SHA-256 of its folder's config, which holds those of its files.
        licence: Of its weights.
        tensors: Weights of both halves, by half and path.
        rooms: [20, 48000], unfaded; None if all are silent.
        trainings: How the halves were trained, by half, where it is known.
        untrained: Halves with fresh weights.
    """

    name: str
    path: Path
    digest: str
    licence: str
    tensors: Mapping[str, Mapping[str, Array]]
    rooms: Array | None
    trainings: Mapping[str, str]
    untrained: frozenset[str]


def read_origin(name_or_path: str | Path) -> Origin:
    """Read a model to begin from.

    Args:
        name_or_path: A name of `musegen models list`, or a model folder: imported, or
            exported after a training.

    Raises:
        FileFormatError: The file is damaged.
        ModelFolderError: The folder is damaged or of another kind.
        ModelNotFoundError: No such model.
    """
    from musegen.midi_ddsp.original.keras_weights import model_tensors

    folder = find_model(name_or_path, kind=KIND)
    synthesis, expression, rooms = model_tensors(folder.path)
    described = folder.config.architecture
    told, untrained = described.get("training", {}), described.get("untrained", ())
    return Origin(
        name=folder.config.name,
        path=folder.path.resolve(),
        digest=folder.digest,
        licence=folder.config.licence,
        tensors={SYNTHESIS: synthesis, EXPRESSION: expression},
        rooms=rooms if rooms.any() else None,
        trainings={half: told[part] for half, part in PARTS.items() if part in told},
        untrained=frozenset(half for half, part in PARTS.items() if part in untrained),
    )


def is_left_untrained(half: str, origin: Origin | None) -> bool:
    """Return whether a half that a run does not train has fresh weights.

    Args:
        half: `synthesis` or `expression`.
        origin: What the run began from; None for nothing.
    """
    return origin is None or half in origin.untrained


def export_stage(
    network: Any,
    *,
    config: SynthesisTrainingConfig | ExpressionTrainingConfig,
    result: TrainingResult,
    origin: Origin | None,
    data: TrainingData,
    instruments: Sequence[str],
    folder: Path,
) -> ModelFolder:
    """Write a model folder of one trained half and the other half of its origin.

    A model whose Synthesis Generator was trained has no rooms, as it was trained
    without; otherwise it has those of the origin.

    Args:
        network: The half that was trained, of the published sizes.
        config: The run; says which half it is.
        result: How it ended.
        origin: What it began from; None for fresh weights.
        data: What was learned from.
        instruments: Those that were trained on.
        folder: Where; must not exist.

    Raises:
        OutputExistsError: The folder exists.
        UsageError: The network is not of the published sizes.
    """
    trained = SYNTHESIS if isinstance(config, SynthesisTrainingConfig) else EXPRESSION
    other = OTHER_HALF[trained]
    networks = {trained: network, other: _given_network(other, origin, config.seed)}
    halves: dict[str, Half | None] = {
        trained: TrainedHalf(
            config=config,
            result=result,
            begun_from="" if origin is None else origin.name,
        ),
        other: _taken(other, origin),
    }
    rooms = None if origin is None or trained == SYNTHESIS else origin.rooms
    return export_original(
        networks[SYNTHESIS],
        networks[EXPRESSION],
        folder=folder,
        data=data,
        start=None if origin is None else _starting_model(origin),
        instruments=instruments,
        reverbs=rooms,
        synthesis=halves[SYNTHESIS],
        expression=halves[EXPRESSION],
    )


def _starting_model(origin: Origin) -> StartingModel:
    return StartingModel(name=origin.name, digest=origin.digest, licence=origin.licence)


def _taken(half: str, origin: Origin | None) -> TakenHalf | None:
    if origin is None or is_left_untrained(half, origin):
        return None
    return TakenHalf(model=origin.name, told=origin.trainings.get(half, ""))


def _given_network(half: str, origin: Origin | None, seed: int) -> Any:
    """A half with the weights of the origin, or fresh ones."""
    import keras

    from musegen.midi_ddsp.original import (
        keras_expression_generator,
        keras_synthesis_generator,
    )
    from musegen.midi_ddsp.original.keras_weights import assign_checkpoint

    keras.utils.set_random_seed(seed)
    if half == SYNTHESIS:
        prefix = keras_synthesis_generator.CHECKPOINT_PREFIX
        network = keras_synthesis_generator.build_synthesis_network(
            SynthesisNetworkConfig()
        )
    else:
        prefix = keras_expression_generator.CHECKPOINT_PREFIX
        network = keras_expression_generator.build_expression_network(
            ExpressionNetworkConfig()
        )
    if origin is not None:
        assign_checkpoint(network, origin.tensors[half], prefix=prefix)
    return network
