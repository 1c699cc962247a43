"""From trained generators to a model folder that `OriginalModel.load` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import FileFormatError, UsageError
from musegen.engine.model_folder import ModelFolder, write_model_folder
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.safetensors_writing import safetensors_bytes
from musegen.engine.training_facts import weights_licence
from musegen.midi_ddsp.original.exporting_card import (
    ExportFacts,
    Half,
    render_export_card,
    trainings,
)
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.model import (
    EXPRESSION,
    KIND,
    NUM_REVERB_TAPS,
    REVERB_PATH,
    SYNTHESIS,
    OriginalModel,
)
from musegen.midi_ddsp.original.synthesis_generator import NUM_INSTRUMENTS
from musegen.midi_ddsp.original.weights import WeightReader
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SAMPLE_RATE_HZ

VERSION = "1"
PARTS = {SYNTHESIS: "Synthesis Generator", EXPRESSION: "Expression Generator"}
"""The two halves, as cards name them."""


def export_original(
    synthesis_network: Any,
    expression_network: Any,
    *,
    folder: Path,
    data: TrainingData,
    instruments: Sequence[str],
    start: StartingModel | None = None,
    reverbs: Array | None = None,
    synthesis: Half | None = None,
    expression: Half | None = None,
    measured: str = "",
) -> ModelFolder:
    """Write a model folder named after `folder`, with a card.

    Args:
        synthesis_network: Keras network of the published sizes.
        expression_network: Likewise.
        folder: Where; must not exist.
        data: What was learned from.
        instruments: Those that were trained on.
        start: The model whose weights the last run began with; None for fresh ones.
        reverbs: [20, up to 48000], the rooms, unfaded; None for none.
        synthesis: Where the Synthesis Generator comes from, for the card; None if it
            is untrained.
        expression: Likewise.
        measured: Figures for the card.

    Raises:
        OutputExistsError: The folder exists.
        UsageError: A network or the rooms are not of the published sizes.
    """
    tensors = trained_tensors(synthesis_network, expression_network, reverbs=reverbs)
    halves = {PARTS[SYNTHESIS]: synthesis, PARTS[EXPRESSION]: expression}
    facts = ExportFacts(
        data=data,
        start=start,
        instruments=instruments,
        has_rooms=reverbs is not None,
        num_parameters={
            PARTS[SYNTHESIS]: synthesis_network.count_params(),
            PARTS[EXPRESSION]: expression_network.count_params(),
        },
        halves={name: half for name, half in halves.items() if half is not None},
        measured=measured,
    )
    return write_model_folder(
        folder,
        name=folder.name,
        kind=KIND,
        version=VERSION,
        architecture={
            "network": "original",
            "instruments": list(instruments),
            "sample_rate_hz": SAMPLE_RATE_HZ,
            "frame_rate_hz": FRAME_RATE_HZ,
            "training": trainings(facts),
            "untrained": [name for name, half in halves.items() if half is None],
        },
        licence=weights_licence(data, start),
        summary=f"MIDI-DDSP as published, trained on {len(instruments)} instruments",
        weights=safetensors_bytes(tensors),
        networks={},
        onnx={},
        card=render_export_card(folder.name, facts),
    )


def trained_model(
    synthesis_network: Any,
    expression_network: Any,
    *,
    reverbs: Array | None = None,
    name: str = "trained",
) -> OriginalModel:
    """Return trained networks ready to play, without a folder.

    Args:
        synthesis_network: See `export_original`, like the others and the errors.
        expression_network: As there.
        reverbs: As there.
        name: Of the model.
    """
    tensors = trained_tensors(synthesis_network, expression_network, reverbs=reverbs)
    return _model(tensors, name)


def trained_tensors(
    synthesis_network: Any, expression_network: Any, *, reverbs: Array | None = None
) -> dict[str, Array]:
    """Return what the weights file of a model folder holds, by name.

    Args:
        synthesis_network: See `export_original`, like the others and the errors.
        expression_network: As there.
        reverbs: As there.
    """
    from musegen.midi_ddsp.original import (
        keras_expression_generator,
        keras_synthesis_generator,
    )
    from musegen.midi_ddsp.original.keras_weights import checkpoint_tensors

    synthesis = checkpoint_tensors(
        synthesis_network, prefix=keras_synthesis_generator.CHECKPOINT_PREFIX
    )
    expression = checkpoint_tensors(
        expression_network, prefix=keras_expression_generator.CHECKPOINT_PREFIX
    )
    synthesis[REVERB_PATH] = _whole_rooms(reverbs)
    tensors = {
        **{f"{SYNTHESIS}/{path}": array for path, array in synthesis.items()},
        **{f"{EXPRESSION}/{path}": array for path, array in expression.items()},
    }
    _model(tensors, "")  # checks every name and shape
    return tensors


def _model(tensors: Mapping[str, Array], name: str) -> OriginalModel:
    reader = WeightReader(tensors=tensors, where="the trained networks")
    try:
        return OriginalModel.from_weights(
            reader.below(SYNTHESIS), reader.below(EXPRESSION), name=name
        )
    except FileFormatError as error:
        raise UsageError(
            f"only networks of the published sizes can be played ({error}): train with "
            "the sizes that are the configs' defaults"
        ) from error


def _whole_rooms(reverbs: Array | None) -> Array:
    """[20, 48000]; where nothing is said there is no room."""
    whole = np.zeros((NUM_INSTRUMENTS, NUM_REVERB_TAPS), np.float32)
    if reverbs is None:
        return whole
    rooms = np.asarray(reverbs, np.float32)
    if rooms.ndim != 2 or len(rooms) > len(whole) or rooms.shape[1] > NUM_REVERB_TAPS:
        raise UsageError(
            f"reverbs must have the shape [20, 48000] at most; got {list(rooms.shape)}"
        )
    whole[: len(rooms), : rooms.shape[1]] = rooms
    return whole
