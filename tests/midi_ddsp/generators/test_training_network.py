"""The network with its losses behind it: every weight is pulled, by its own side."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from musegen.midi_ddsp.generators.judged_levels import ADVERSARIAL_LOSSES
from musegen.midi_ddsp.generators.presets import SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.synthesis_losses import LOSSES
from musegen.midi_ddsp.generators.training_config import SynthesisTrainingConfig
from musegen.midi_ddsp.generators.training_network import (
    build_training_network,
    itself,
    loss_weights,
    supervised_loss,
)

Batch = dict[str, np.ndarray]
Untyped = Any  # Keras and TensorFlow have no type information
MINDED = np.ones((3, 1), np.float32)
PLAIN = SynthesisTrainingConfig()
JUDGED = dataclasses.replace(
    SYNTHESIS_PRESETS["gan"],
    discriminator_units=4,
    discriminator_scales=1,
    discriminator_blocks=2,
)


def gradients_of(
    network: Untyped, batch: Batch, config: SynthesisTrainingConfig, name: str
) -> dict[str, np.ndarray | None]:
    training = build_training_network(network, config)
    variables = training.trainable_variables
    everything = {**batch, "judged": MINDED}
    inputs = {key: tf.constant(everything[key]) for key in training.input}
    with tf.GradientTape() as tape:
        loss = itself(None, training(inputs, training=True)[name])
        total = tf.reduce_sum(loss)
    assert loss.shape == (3,)
    values = [variable.value for variable in variables]
    return {
        variable.path: None if gradient is None else np.asarray(gradient)
        for variable, gradient in zip(
            variables, tape.gradient(total, values), strict=True
        )
    }


@pytest.mark.parametrize("name", LOSSES)
def test_every_weight_is_pulled(
    batch: Batch, synthesis_network: Untyped, name: str
) -> None:
    gradients = gradients_of(synthesis_network, batch, PLAIN, name)
    assert len(gradients) == len(synthesis_network.trainable_variables)
    heads = {"pitch": "level_outputs"}.get(name, "pitch_class_outputs")
    for path, gradient in gradients.items():
        if heads in path:
            assert gradient is None, path  # the other's own
            continue
        assert gradient is not None, path
        assert np.isfinite(gradient).all(), path
        assert np.abs(gradient).max() > 0.0, path


@pytest.mark.parametrize("name", ADVERSARIAL_LOSSES)
def test_a_judge_and_who_is_judged_learn_by_losses_of_their_own(
    batch: Batch, synthesis_network: Untyped, name: str
) -> None:
    gradients = gradients_of(synthesis_network, batch, JUDGED, name)
    is_judge = name == "discriminator"
    pulled = {path for path, gradient in gradients.items() if gradient is not None}
    assert pulled
    assert all(("discriminator" in path) == is_judge for path in pulled)
    assert any("level_outputs" in path for path in pulled) == (not is_judge)


def test_nobody_is_judged_for_what_nobody_played(
    batch: Batch, synthesis_network: Untyped
) -> None:
    training = build_training_network(synthesis_network, JUDGED)
    losses = training({**batch, "judged": MINDED})
    for name in ADVERSARIAL_LOSSES:
        values = keras.ops.convert_to_numpy(losses[name])[:, 0]
        assert (values > 0).tolist() == [True, True, False]
    losses = training({**batch, "judged": 0.0 * MINDED})
    assert np.asarray(losses["adversarial"]).max() == 0.0
    assert np.asarray(losses["feature_matching"]).max() == 0.0
    assert np.asarray(losses["discriminator"]).max() > 0.0


def test_a_run_is_judged_by_what_it_is_for() -> None:
    assert set(loss_weights(PLAIN)) == set(LOSSES)
    weights = loss_weights(JUDGED)
    assert set(weights) == {*LOSSES, *ADVERSARIAL_LOSSES}
    assert (weights["discriminator"], weights["adversarial"]) == (1.0, 0.1)
    values = dict.fromkeys(weights, 2.0)
    assert supervised_loss(values, JUDGED) == supervised_loss(values, PLAIN) == 3.3
    network = dataclasses.replace(PLAIN.network, is_told_expression=False)
    untold = dataclasses.replace(PLAIN, network=network)
    assert loss_weights(untold)["promise"] == 0.0
