"""From trained generators to model folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen.engine.model_folder import ModelFolder, NetworkFile, write_model_folder
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training_facts import facts_of_run, weights_licence
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.card import render_card
from musegen.midi_ddsp.generators.described import (
    EXPRESSION_KIND,
    SYNTHESIS_KIND,
    architecture_of,
)
from musegen.midi_ddsp.generators.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
    TrainingConfig,
)

if TYPE_CHECKING:
    from musegen.engine.training import TrainingResult

VERSION = "1"
_SUMMARIES = {
    SYNTHESIS_KIND: "Synthesis Generator: notes and expression to sound",
    EXPRESSION_KIND: "Expression Generator: notes to expression",
}


def export_synthesis(
    network: Any,
    *,
    config: SynthesisTrainingConfig,
    result: TrainingResult,
    data: TrainingData,
    scales: ExpressionScales,
    folder: Path,
    measured: str = "",
) -> ModelFolder:
    """Write a model folder named after `folder`, with a card.

    Args:
        network: With the weights to ship, in any precision.
        config: Its training.
        result: How the training ended.
        data: What was learned from.
        scales: Of the notes it learned from; they name its instruments.
        folder: Where; must not exist.
        measured: For the card, see `render_card`.
    """
    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network

    plain = build_synthesis_network(config.network)  # mixed precision is for training
    for target, variable in zip(plain.weights, network.weights, strict=True):
        target.assign(variable)
    return _written(
        SYNTHESIS_KIND,
        plain,
        {"network": plain},
        config=config,
        result=result,
        data=data,
        scales=scales,
        folder=folder,
        measured=measured,
    )


def export_expression(
    networks: tuple[Any, Any, Any],
    *,
    config: ExpressionTrainingConfig,
    result: TrainingResult,
    data: TrainingData,
    scales: ExpressionScales,
    folder: Path,
    measured: str = "",
) -> ModelFolder:
    """Write a model folder named after `folder`, with a card.

    Args:
        networks: As `build_expression_networks` gives them, with the weights to ship.
        config: Their training.
        result: How the training ended.
        data: What was learned from.
        scales: Of the notes they learned from; they name the instruments.
        folder: Where; must not exist.
        measured: For the card, see `render_card`.
    """
    whole, context, step = networks
    return _written(
        EXPRESSION_KIND,
        whole,
        {"context": context, "step": step},
        config=config,
        result=result,
        data=data,
        scales=scales,
        folder=folder,
        measured=measured,
    )


def _written(
    kind: str,
    whole: Any,
    networks: Mapping[str, Any],
    *,
    config: TrainingConfig,
    result: TrainingResult,
    data: TrainingData,
    scales: ExpressionScales,
    folder: Path,
    measured: str,
) -> ModelFolder:
    from musegen.engine.export import onnx_bytes
    from musegen.engine.keras_predictor import input_names, output_names
    from musegen.engine.weights import weights_bytes

    facts = facts_of_run(config, whole, result, data=data)
    files = {role: f"{role}.onnx" for role in networks}
    return write_model_folder(
        folder,
        name=folder.name,
        kind=kind,
        version=VERSION,
        architecture=architecture_of(
            config.network, tuple(sorted(scales.by_instrument)), scales
        ),
        licence=weights_licence(data),
        summary=_SUMMARIES[kind],
        weights=weights_bytes(whole),
        networks={
            role: NetworkFile(
                file=files[role],
                inputs=tuple(input_names(network)),
                outputs=tuple(output_names(network)),
            )
            for role, network in networks.items()
        },
        onnx={files[role]: onnx_bytes(network) for role, network in networks.items()},
        card=render_card(folder.name, facts, measured=measured),
    )
