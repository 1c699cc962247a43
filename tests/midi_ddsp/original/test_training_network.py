"""The network that hears itself: its losses and where their gradients go."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.original.judged_pitch import PitchTerm
from musegen.midi_ddsp.original.keras_config import SynthesisNetworkConfig
from musegen.midi_ddsp.original.training_batches import ClipPlace, clip_batch
from musegen.midi_ddsp.original.training_config import SynthesisTrainingConfig
from musegen.midi_ddsp.original.training_network import (
    CrossEntropy,
    build_training_network,
)
from musegen.midi_ddsp.takes.take import Take

Untyped = Any  # Keras and TensorFlow have no type information
FRAMES = 32
TINY = SynthesisTrainingConfig(
    network=SynthesisNetworkConfig(
        stack_units=6,
        stack_depth=1,
        condition_units=4,
        embedding_units=3,
        units=4,
        channels=5,
        num_stacks=1,
        layers_per_stack=2,
    ),
    clip_frames=FRAMES,
    discriminator_units=4,
    discriminator_scales=1,
    discriminator_blocks=1,
)


@pytest.fixture(scope="module")
def batch(takes: tuple[Take, ...]) -> dict[str, NDArray[Any]]:
    inputs = clip_batch(
        takes,
        [ClipPlace(take=0, first_frame=5), ClipPlace(take=1, first_frame=0)],
        clip_frames=FRAMES,
        generator=np.random.default_rng(0),
        compat=True,
    )
    return {**inputs, "judged": np.ones(2, np.float32)}


@pytest.fixture(scope="module")
def networks() -> tuple[Untyped, Untyped]:
    keras.utils.set_random_seed(1)
    return build_training_network(TINY)


def gradients(
    networks: tuple[Untyped, Untyped], batch: dict[str, NDArray[Any]]
) -> dict[str, dict[str, float]]:
    """The largest gradient of each loss in each part."""
    network, model = networks
    parts = {
        layer.name: [weight.value for weight in layer.trainable_variables]
        for layer in network.layers
        if layer.trainable_variables
    }
    judge = model.get_layer("judgement").discriminator
    parts["discriminator"] = [weight.value for weight in judge.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        losses = model(batch)
        totals = {name: keras.ops.mean(values) for name, values in losses.items()}
    return {
        name: {
            part: max(
                (
                    float(np.abs(tf.convert_to_tensor(gradient)).max())
                    for gradient in tape.gradient(total, weights)
                    if gradient is not None
                ),
                default=0.0,
            )
            for part, weights in parts.items()
        }
        for name, total in totals.items()
    }


def test_each_loss_moves_what_it_shall(
    networks: tuple[Untyped, Untyped], batch: dict[str, NDArray[Any]]
) -> None:
    found = gradients(networks, batch)
    moved = {
        name: {part for part, size in parts.items() if size > 0}
        for name, parts in found.items()
    }
    assert moved == {
        "cross_entropy": {"conditioner", "pitch_decoder"},
        "spectral": {"conditioner", "timbre_decoder"},
        "adversarial": {"conditioner", "timbre_decoder"},
        "discriminator": {"discriminator"},
    }


def test_a_loss_is_an_example_s_own_and_the_judgement_may_be_left_out(
    networks: tuple[Untyped, Untyped], batch: dict[str, NDArray[Any]]
) -> None:
    _, model = networks
    losses = model.predict_on_batch(batch)
    alone = model.predict_on_batch(
        {
            **{name: array[:1] for name, array in batch.items()},
            "judged": np.zeros(1, np.float32),
        }
    )
    assert alone.pop("adversarial") == 0
    for name, values in alone.items():
        assert losses[name].shape == (2,)
        np.testing.assert_allclose(values[0], losses[name][0], rtol=1e-4)


def test_a_room_is_heard_and_does_not_learn(
    networks: tuple[Untyped, Untyped], batch: dict[str, NDArray[Any]]
) -> None:
    config = dataclasses.replace(TINY, is_adversarial=False)
    taps = np.zeros((20, 100), np.float32)
    taps[:, 50] = 0.5
    network, model = build_training_network(config, reverbs=taps)
    for target, weight in zip(network.weights, networks[0].weights, strict=True):
        target.assign(weight)
    told = {tensor.name: batch[tensor.name] for tensor in model.inputs}
    wet, dry = model.predict_on_batch(told), networks[1].predict_on_batch(batch)
    assert (wet["spectral"] != dry["spectral"]).all()
    np.testing.assert_allclose(wet["cross_entropy"], dry["cross_entropy"], rtol=1e-5)
    assert not any("reverb" in weight.path for weight in model.trainable_variables)
    assert len(model.trainable_variables) == len(network.trainable_variables)


def test_frames_that_do_not_count_do_not_count() -> None:
    logits = np.zeros((1, 3, 5), np.float32)
    logits[0, 0, 2] = 50.0
    classes = np.array([[2, 0, 0]], np.int32)
    for counted, expected in (
        ([1, 0, 0], 0.0),
        ([1, 1, 0], np.log(5) / 2),
        ([0, 0, 0], 0.0),
    ):
        weights = np.array([counted], np.float32)
        loss = CrossEntropy()(classes, logits, weights)
        np.testing.assert_allclose(loss, [expected], atol=1e-6)


def test_a_config_gives_the_layer_back() -> None:
    copied = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(PitchTerm(compat=True))
    )
    assert copied.compat is True
