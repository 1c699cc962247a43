"""Taps lie where they are said to, and blocks look no further than their dilations."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from musegen.midi_ddsp.dilated_taps import DilatedTaps, dilated_blocks

CHANNELS = 4


def blocks(*dilations: int) -> Any:  # noqa: ANN401 - Keras has no types
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, CHANNELS))
    outputs = dilated_blocks(
        inputs, channels=CHANNELS, hidden_channels=6, dilations=dilations
    )
    return keras.Model(inputs, outputs)


def some_input(num_frames: int, num_items: int = 1) -> np.ndarray:
    rng = np.random.default_rng(num_frames)
    return rng.normal(size=(num_items, num_frames, CHANNELS)).astype(np.float32)


@pytest.mark.parametrize("dilation", [1, 3, 9])
def test_each_frame_stands_beside_earlier_and_later_ones(dilation: int) -> None:
    inputs = some_input(7)
    found = np.asarray(DilatedTaps(dilation)(inputs))
    padded = np.pad(inputs, [(0, 0), (dilation, dilation), (0, 0)])
    expected = np.concatenate(
        [padded[:, k * dilation : k * dilation + 7] for k in range(3)], axis=2
    )
    np.testing.assert_array_equal(found, expected)


def test_a_layer_comes_back_from_its_config() -> None:
    config = DilatedTaps(5, name="taps").get_config()
    assert DilatedTaps.from_config(config).dilation == 5


@pytest.mark.parametrize("dilations", [(1,), (1, 2, 4)])
def test_a_frame_depends_on_all_within_the_dilations_and_nothing_beyond(
    dilations: tuple[int, ...],
) -> None:
    model, inputs = blocks(*dilations), some_input(40)
    changed = inputs.copy()
    changed[0, 20, 0] += 3.0
    difference = np.abs(np.asarray(model(changed)) - np.asarray(model(inputs)))
    reach = sum(dilations)
    expected = list(range(20 - reach, 20 + reach + 1))
    assert np.flatnonzero(difference.max(axis=(0, 2)) > 0.0).tolist() == expected


def test_a_sequence_may_be_worked_through_in_pieces() -> None:
    model, inputs = blocks(1, 2), some_input(50)
    whole = np.asarray(model(inputs))
    part = np.asarray(model(inputs[:, 10:40]))
    np.testing.assert_allclose(part[:, 3:-3], whole[:, 13:37], atol=1e-5)


def test_items_of_a_batch_know_nothing_of_each_other() -> None:
    model, inputs = blocks(1, 2), some_input(20, num_items=3)
    together = np.asarray(model(inputs))
    alone = np.asarray(model(inputs[1:2]))
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)
