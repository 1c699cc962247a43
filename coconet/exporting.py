"""From a trained network to a model folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musegen.coconet.card import render_card
from musegen.coconet.config import PaperNetworkConfig, config_to_json
from musegen.coconet.predicting import KIND
from musegen.coconet.training import CoconetTrainingConfig
from musegen.coconet.training_data import CHORALES
from musegen.engine.model_folder import ModelFolder, NetworkFile, write_model_folder
from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training_facts import facts_of_run, weights_licence

if TYPE_CHECKING:
    import keras

    from musegen.engine.eight_bits import Inputs
    from musegen.engine.training import TrainingResult

VERSION = "1"
NETWORK = "network"
NETWORK_FILE = "network.onnx"
EIGHT_BITS_FILE = "network.int8.onnx"


def export_coconet(
    model: keras.Model,
    *,
    config: CoconetTrainingConfig,
    result: TrainingResult,
    data: TrainingData,
    folder: Path,
    start: StartingModel | None = None,
    calibration: Iterable[Inputs] | None = None,
    measured: str = "",
) -> ModelFolder:
    """Write a model folder named after `folder`, with a card.

    Args:
        model: Network with the weights to ship, in any precision.
        config: Its training.
        result: How the training ended.
        data: What it learned from.
        folder: Where; must not exist.
        start: The model whose weights the run began with; None for fresh ones.
        calibration: Inputs by name, see `musegen.coconet.calibration`: with them a
            network that consists of products is written in 8 bits, too.
        measured: For the card, see `render_card`.
    """
    from musegen.engine.weights import weights_bytes

    plain = _in_single_precision(model, config)
    facts = facts_of_run(config, plain, result, data=data, start=start)
    networks = _networks(plain, config, calibration)
    return write_model_folder(
        folder,
        name=folder.name,
        kind=KIND,
        version=VERSION,
        architecture=config_to_json(config.network),
        licence=weights_licence(data, start),
        summary=_summary(data),
        weights=weights_bytes(plain),
        networks={
            NETWORK: NetworkFile(
                file=NETWORK_FILE,
                inputs=("pitch", "is_hidden", *config.network.planes),
                outputs=_outputs(config),
                eight_bits=EIGHT_BITS_FILE if EIGHT_BITS_FILE in networks else None,
            )
        },
        onnx=networks,
        card=render_card(folder.name, facts, measured=measured),
    )


def _summary(data: TrainingData) -> str:
    if data.collection == CHORALES:
        return "Four-part harmony after Bach's chorales"
    return f"Four-part harmony, trained on {data.source}"


def _networks(
    plain: keras.Model,
    config: CoconetTrainingConfig,
    calibration: Iterable[Inputs] | None,
) -> dict[str, bytes]:
    """Every `.onnx` file by name."""
    content = _network_bytes(plain, config)
    networks = {NETWORK_FILE: content}
    # The convolutions of the published networks are no products that could be rounded.
    if calibration is not None and not isinstance(config.network, PaperNetworkConfig):
        from musegen.engine.eight_bits import eight_bit_network

        networks[EIGHT_BITS_FILE] = eight_bit_network(content, calibration)
    return networks


def _outputs(config: CoconetTrainingConfig) -> tuple[str, ...]:
    return ("logits", "onset_odds") if config.network.writes_onsets else ("logits",)


def _network_bytes(plain: keras.Model, config: CoconetTrainingConfig) -> bytes:
    """Return the network as the content of an `.onnx` file, weights as in the folder.

    Both kinds are written operator by operator: faster than what a converter makes.
    """
    from keras import ops

    from musegen.engine.weights import rounded_weights

    with rounded_weights(plain):
        weights = {
            weight.path: np.array(ops.convert_to_numpy(weight.value))
            for weight in plain.weights
        }
    if isinstance(config.network, PaperNetworkConfig):
        from musegen.coconet.paper_onnx import paper_onnx_bytes

        return paper_onnx_bytes(config.network, weights)
    from musegen.coconet.beat_onnx import beat_onnx_bytes

    return beat_onnx_bytes(config.network, weights)


def _in_single_precision(model: keras.Model, config: CoconetTrainingConfig) -> Any:
    """Rebuild the network in float32: mixed precision is for training."""
    from musegen.coconet.network import build_network

    plain = build_network(config.network)
    for target, variable in zip(plain.weights, model.weights, strict=True):
        target.assign(variable)
    return plain
