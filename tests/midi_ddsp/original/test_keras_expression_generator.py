"""The Expression Generator in Keras is that of the original, number for number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.keras_config import ExpressionNetworkConfig
from musegen.midi_ddsp.original.keras_expression_generator import (
    CHECKPOINT_PREFIX,
    build_expression_network,
)
from musegen.midi_ddsp.original.keras_weights import assign_checkpoint
from musegen.midi_ddsp.original.weights import WeightReader

FRAME_S = 0.004


def test_it_has_the_size_of_the_original() -> None:
    network = build_expression_network(ExpressionNetworkConfig())
    assert network.count_params() == 541_062


def test_told_what_it_said_it_says_it_again(
    expression_weights: WeightReader, expected: Mapping[str, NDArray[Any]]
) -> None:
    network = build_expression_network(ExpressionNetworkConfig(loop_norm="step"))
    assign_checkpoint(network, expression_weights.tensors, prefix=CHECKPOINT_PREFIX)
    lengths = expected["note_length_frames"] * np.float32(FRAME_S)
    controls = network.predict_on_batch(
        [
            expected["note_pitch"][None],
            lengths[None, :, None].astype(np.float32),
            expected["instrument_id"].reshape(1, 1),
            expected["expression_raw"][None],
        ]
    )
    is_note = expected["note_pitch"] > 0
    found = controls[0]
    np.testing.assert_allclose(
        found[is_note], expected["expression_raw"][is_note], atol=1e-5
    )


def test_a_note_is_told_the_controls_before_and_not_its_own() -> None:
    config = ExpressionNetworkConfig(units=3, embedding_units=2, loop_norm="step")
    network = build_expression_network(config)
    pitch = np.array([[60, 62, 64]], np.int32)
    arrays = [pitch, np.ones((1, 3, 1), np.float32), np.zeros((1, 1), np.int32)]
    controls = np.zeros((1, 3, 6), np.float32)
    before = network.predict_on_batch([*arrays, controls])
    controls[0, 1] = 1.0
    after = network.predict_on_batch([*arrays, controls])
    np.testing.assert_array_equal(before[:, :2], after[:, :2])
    assert (before[:, 2] != after[:, 2]).any()
