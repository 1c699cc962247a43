"""From a trained network of DDSP Inference to a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musegen.engine.model_folder import ModelFolder, NetworkFile, write_model_folder
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training_facts import facts_of_run, weights_licence
from musegen.midi_ddsp.inference.building import INSTRUMENTS_KEY, build_network
from musegen.midi_ddsp.inference.card import render_card
from musegen.midi_ddsp.inference.config import NetworkConfig, config_to_json
from musegen.midi_ddsp.inference.model import KIND
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig

if TYPE_CHECKING:
    import keras

    from musegen.engine.training import TrainingResult

VERSION = "1"
NETWORK_FILE = "network.onnx"


def export_inference(
    network: keras.Model,
    *,
    config: InferenceTrainingConfig,
    result: TrainingResult,
    data: TrainingData,
    folder: Path,
    instruments: Sequence[str] = (),
    measured: str = "",
) -> ModelFolder:
    """Write a model folder named after `folder`, with a card.

    Args:
        network: With the weights to ship, in any precision, without the synthesizer.
        config: Its training.
        result: How the training ended.
        data: What it learned from.
        folder: Where; must not exist.
        instruments: Names by slot.
        measured: For the card, see `render_card`.
    """
    from musegen.engine.export import onnx_bytes
    from musegen.engine.weights import weights_bytes

    plain = _in_single_precision(network, config.network)
    facts = facts_of_run(config, plain, result, data=data)
    architecture = config_to_json(config.network)
    if "instrument" in config.network.inputs:
        architecture[INSTRUMENTS_KEY] = list(instruments)
    return write_model_folder(
        folder,
        name=folder.name,
        kind=KIND,
        version=VERSION,
        architecture=architecture,
        licence=weights_licence(data),
        summary="DDSP Inference: recordings to synthesis parameters",
        weights=weights_bytes(plain),
        networks={
            "network": NetworkFile(
                file=NETWORK_FILE, inputs=config.network.inputs, outputs=("logits",)
            )
        },
        onnx={NETWORK_FILE: onnx_bytes(plain)},
        card=render_card(folder.name, facts, measured=measured),
    )


def _in_single_precision(network: keras.Model, config: NetworkConfig) -> Any:
    """Rebuild the network in float32: mixed precision is for training."""
    plain = build_network(config)
    for target, variable in zip(plain.weights, network.weights, strict=True):
        target.assign(variable)
    return plain
