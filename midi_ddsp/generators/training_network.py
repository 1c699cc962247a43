"""The Synthesis Generator with its losses behind it, for training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.generators.judged_levels import (
    ADVERSARIAL_LOSSES,
    adversarial_losses,
)
from musegen.midi_ddsp.generators.synthesis_losses import (
    LOSS_WEIGHTS,
    LOSSES,
    SynthesisLosses,
    training_inputs,
)
from musegen.midi_ddsp.generators.training_config import SynthesisTrainingConfig


def build_training_network(
    network: Any, config: SynthesisTrainingConfig
) -> keras.Model:
    """Return a model from everything a batch holds to losses [B, 1] by name.

    With a discriminator a batch holds `judged` [B, 1] too, how much the generator minds
    what the discriminator says.
    """
    inputs = training_inputs()
    outputs = network({"features": inputs["features"]})
    wanted = {name: value for name, value in inputs.items() if name != "features"}
    losses = SynthesisLosses(name="losses", dtype="float32")(
        outputs["levels"], outputs["pitch"], wanted
    )
    if config.is_adversarial:
        inputs["judged"] = keras.Input((1,), name="judged")
        losses = losses | adversarial_losses(
            config, inputs["features"], outputs["levels"], wanted, inputs["judged"]
        )
    named = {
        name: keras.layers.Reshape((1,), name=name)(losses[name])
        for name in loss_weights(config)
    }
    return keras.Model(inputs, named, name="synthesis_training")


def loss_weights(config: SynthesisTrainingConfig) -> Mapping[str, float]:
    """Return what each loss of a run counts, by name."""
    weights = dict(LOSS_WEIGHTS)
    if not config.network.is_told_expression:
        weights["promise"] = 0.0  # it has promised nothing
    if config.is_adversarial:
        weights |= dict.fromkeys(ADVERSARIAL_LOSSES, config.adversarial_weight)
        weights["discriminator"] = 1.0  # it learns by itself, at a rate of its own
    return weights


def supervised_loss(
    values: Mapping[str, float], config: SynthesisTrainingConfig
) -> float:
    """Return what a run is judged by: the weighted losses without a discriminator's.

    Args:
        values: Mean losses by name.
        config: The run.
    """
    weights = loss_weights(config)
    return sum(weights[name] * values[name] for name in LOSSES)


def itself(_target: Any, loss: Any) -> Any:
    """The loss of something that is a loss already."""
    return ops.mean(loss, axis=-1)
