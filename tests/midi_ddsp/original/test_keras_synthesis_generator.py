"""The Synthesis Generator in Keras is that of the original, number for number."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from musegen.midi_ddsp.original.keras_config import SynthesisNetworkConfig
from musegen.midi_ddsp.original.keras_synthesis_generator import (
    CHECKPOINT_PREFIX,
    build_synthesis_network,
)
from musegen.midi_ddsp.original.keras_weights import (
    assign_checkpoint,
    checkpoint_tensors,
)
from musegen.midi_ddsp.original.synthesis_generator import SynthesisGenerator
from musegen.midi_ddsp.original.weights import WeightReader
from musegen.midi_ddsp.parameters import hz_to_midi

Untyped = Any  # Keras has no type information
Recorded = Mapping[str, NDArray[Any]]
TINY = SynthesisNetworkConfig(
    stack_units=6,
    stack_depth=1,
    condition_units=4,
    embedding_units=3,
    units=4,
    channels=5,
    num_stacks=1,
    layers_per_stack=2,
)


@pytest.fixture(scope="module")
def published() -> Untyped:
    return build_synthesis_network(SynthesisNetworkConfig())


@pytest.fixture(scope="module")
def released(published: Untyped, synthesis_weights: WeightReader) -> Untyped:
    assign_checkpoint(published, synthesis_weights.tensors, prefix=CHECKPOINT_PREFIX)
    return published


def inputs(frames: int = 6) -> list[NDArray[Any]]:
    draws = np.random.default_rng(0)
    return [
        draws.normal(size=(2, frames, 10)).astype(np.float32),
        np.array([[0], [4]], np.int32),
        draws.integers(0, 201, (2, frames)).astype(np.int32),
        draws.uniform(50, 80, (2, frames, 1)).astype(np.float32),
    ]


def changed(part: Untyped, arrays: list[NDArray[Any]], place: int) -> Untyped:
    """How much each output moves, by name, when one of the inputs is another."""
    other = list(arrays)
    other[place] = np.roll(arrays[place], 1, axis=0)
    before, after = (part.predict_on_batch(told) for told in (arrays, other))
    return {name: np.abs(after[name] - before[name]).max() for name in before}


def test_every_part_has_the_size_of_the_original(published: Untyped) -> None:
    sizes: dict[str, int] = {}
    for name, array in checkpoint_tensors(published, prefix="").items():
        part = name.split("/")[0 if name[0] in "zi" else 1]
        sizes[part] = sizes.get(part, 0) + array.size
    assert sizes == {
        "z_preconditioning_stack": 1_192_704,
        "instrument_emb": 1_280,
        "midi_to_f0": 2_080_457,
        "midi_f0_to_harmonic": 1_154_814,
        "q_pitch_emb": 128,
    }
    assert published.count_params() == 4_429_383


def test_the_recorded_logits_of_known_pitches_come_out(
    released: Untyped, expected: Recorded
) -> None:
    condition, bins = expected["z_midi_decoder"][None], expected["forced_bins"][None]
    logits = released.get_layer("pitch_decoder").predict_on_batch([condition, bins])
    np.testing.assert_allclose(logits[0], expected["forced_f0_logits"], atol=1e-4)


def test_the_recorded_timbre_comes_out(released: Untyped, expected: Recorded) -> None:
    pitch = hz_to_midi(expected["argmax_f0_hz"])[None].astype(np.float32)
    condition = expected["z_midi_decoder"][None]
    logits = released.get_layer("timbre_decoder")([condition, pitch])
    recorded = [
        expected[f"argmax_{name}"].reshape(len(pitch[0]), -1)
        for name in ("amplitudes", "harmonic_distribution", "noise_magnitudes")
    ]
    np.testing.assert_allclose(logits[0], np.concatenate(recorded, axis=1), atol=1e-4)


def test_with_norms_of_steps_it_is_the_loop(
    synthesis_weights: WeightReader, expected: Recorded
) -> None:
    network = build_synthesis_network(SynthesisNetworkConfig(loop_norm="step"))
    assign_checkpoint(network, synthesis_weights.tensors, prefix=CHECKPOINT_PREFIX)
    recorded = expected["argmax_f0_logits"]
    bins = recorded.argmax(axis=-1)[None]
    condition = expected["z_midi_decoder"][None]
    logits = network.get_layer("pitch_decoder").predict_on_batch([condition, bins])
    np.testing.assert_allclose(logits[0], recorded, atol=1e-4)


def test_any_weights_give_what_they_give_without_keras(published: Untyped) -> None:
    tensors = checkpoint_tensors(published, prefix=CHECKPOINT_PREFIX)
    plain = SynthesisGenerator.from_weights(
        WeightReader(tensors=tensors, where="the network")
    )
    arrays = inputs(frames=12)
    frames, instrument, bins, pitch = (array[1] for array in arrays)
    outputs = published.predict_on_batch(arrays)
    condition = plain.condition(frames, int(instrument[0]))
    np.testing.assert_allclose(outputs["condition"][1], condition, atol=1e-4)
    np.testing.assert_allclose(
        outputs["pitch_logits"][1], plain.pitch.forced(condition, bins), atol=1e-4
    )
    raw = plain.timbre(condition, pitch[:, 0])
    amplitude = outputs["timbre_logits"][1, :, 0]
    np.testing.assert_allclose(amplitude, raw.amplitude, atol=1e-3)


def test_each_output_depends_on_what_it_is_told() -> None:
    network, arrays = build_synthesis_network(TINY), inputs()
    assert min(changed(network, arrays, 0).values()) > 0
    assert min(changed(network, arrays, 1).values()) > 0
    of_bins, of_pitch = changed(network, arrays, 2), changed(network, arrays, 3)
    assert of_bins["pitch_logits"] > 0 == of_bins["timbre_logits"]
    assert of_pitch["timbre_logits"] > 0 == of_pitch["pitch_logits"]


def test_a_pitch_is_not_told_itself() -> None:
    config = dataclasses.replace(TINY, loop_norm="step")
    network, arrays = build_synthesis_network(config), inputs()
    before = network.predict_on_batch(arrays)["pitch_logits"]
    arrays[2][:, 3] = (arrays[2][:, 3] + 77) % 201
    after = network.predict_on_batch(arrays)["pitch_logits"]
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert (before[:, 4] != after[:, 4]).any()


def test_the_timbre_has_no_gradient_to_the_pitch_decoder() -> None:
    network = build_synthesis_network(TINY)
    with tf.GradientTape() as tape:
        total = keras.ops.sum(network(inputs())["timbre_logits"])
    decoder = network.get_layer("pitch_decoder").trainable_variables
    other = network.get_layer("conditioner").trainable_variables
    gradients = tape.gradient(total, [v.value for v in [*decoder, *other]])
    assert all(gradient is None for gradient in gradients[: len(decoder)])
    assert all(gradient is not None for gradient in gradients[len(decoder) :])
