"""Trained as a whole and played note by note: the same layers, the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from musegen.midi_ddsp.generators.controls import NUM_CONTROLS
from musegen.midi_ddsp.generators.note_features import MEMORY_SIZE, NUM_NOTE_FEATURES

NUM_NOTES = 40
REACH = 15  # notes on either side that the context sees


def some_input() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = {"features": NUM_NOTE_FEATURES, "memory": MEMORY_SIZE}
    return {
        name: rng.normal(size=(2, NUM_NOTES, size)).astype(np.float32)
        for name, size in sizes.items()
    }


def test_playing_note_by_note_is_playing_the_whole(
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    training, around, step = expression_networks
    inputs = some_input()
    expected = np.asarray(training(inputs))
    context = np.asarray(around({"features": inputs["features"]})["context"])
    state = np.zeros((2, context.shape[2]), np.float32)
    for note in range(NUM_NOTES):
        outputs = step(
            {
                "context": context[:, note],
                "memory": inputs["memory"][:, note],
                "state": state,
            }
        )
        state = np.asarray(outputs["next_state"])
        found = np.concatenate([outputs["mean"], outputs["spread"]], axis=1)
        np.testing.assert_allclose(found, expected[:, note], atol=1e-5)


def test_what_comes_after_is_read_but_how_it_is_played_is_not_known(
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    training = expression_networks[0]
    inputs = some_input()
    plain = np.asarray(training(inputs))
    for name, first in (("features", 20 - REACH), ("memory", 20)):
        changed = {**inputs, name: inputs[name].copy()}
        changed[name][:, 20] += 1.0
        difference = np.abs(np.asarray(training(changed)) - plain).max(axis=(0, 2))
        assert np.flatnonzero(difference)[0] == first, name


def test_spreads_keep_within_their_bounds(
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    training = expression_networks[0]
    inputs = {name: 1e3 * values for name, values in some_input().items()}
    outcome = np.asarray(training(inputs))
    assert outcome.shape == (2, NUM_NOTES, 2 * NUM_CONTROLS)
    spread = outcome[..., NUM_CONTROLS:]
    assert spread.min() >= -5.0
    assert spread.max() <= 0.5
    assert np.ptp(spread) > 0.1


def test_every_weight_of_training_is_one_of_playing(
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    training, around, step = expression_networks
    playing = {weight.path for weight in (*around.weights, *step.weights)}
    assert {weight.path for weight in training.weights} == playing
