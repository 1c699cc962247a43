"""Frames depend on what is around them and on nothing else; outputs are decibels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.midi_ddsp.generators.config import SynthesisNetworkConfig
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.pitch_classes import NUM_CLASSES
from musegen.midi_ddsp.generators.synthesis_network import (
    NUM_LEVELS,
    Decibels,
    Fold,
    Unfold,
    build_synthesis_network,
)

DILATIONS = (1, 2)  # of the network of the fixture
REACH = 2 * sum(DILATIONS)


def some_features(num_frames: int, num_items: int = 1) -> np.ndarray:
    rng = np.random.default_rng(num_frames)
    return rng.normal(size=(num_items, num_frames, NUM_FEATURES)).astype(np.float32)


def outputs_of(
    network: Any,  # noqa: ANN401 - Keras has no types
    features: np.ndarray,
) -> np.ndarray:
    found = network({"features": features})
    return np.concatenate(
        [np.asarray(found["levels"]), np.asarray(found["pitch"])], axis=2
    )


def test_there_is_a_row_for_each_frame(
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    found = synthesis_network({"features": some_features(10, num_items=3)})
    assert found["levels"].shape == (3, 10, NUM_LEVELS)
    assert found["pitch"].shape == (3, 10, NUM_CLASSES)


def test_the_default_has_the_parameters_that_its_card_says() -> None:
    network = build_synthesis_network(SynthesisNetworkConfig())
    assert network.count_params() == 1_345_502


@pytest.mark.parametrize("frame", [30, 31])
def test_a_frame_reaches_its_context_in_pairs_of_frames(
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
    frame: int,
) -> None:
    features = some_features(64)
    changed = features.copy()
    changed[0, frame] += 1.0
    difference = np.abs(
        outputs_of(synthesis_network, changed) - outputs_of(synthesis_network, features)
    )
    expected = list(range(30 - REACH, 30 + REACH + 2))
    assert np.flatnonzero(difference.max(axis=(0, 2))).tolist() == expected
    assert SynthesisNetworkConfig(dilations=DILATIONS).context_frames == REACH


def test_batch_and_length_do_not_matter(
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    features = some_features(80, num_items=2)
    whole = outputs_of(synthesis_network, features)
    alone = outputs_of(synthesis_network, features[1:])
    np.testing.assert_allclose(alone, whole[1:], atol=1e-4)
    part = outputs_of(synthesis_network, features[:, 20:60])
    inside = slice(20 + REACH, 60 - REACH)
    np.testing.assert_allclose(
        part[:, REACH:-REACH], whole[:, inside], atol=1e-4, rtol=1e-5
    )


def test_folding_lays_pairs_side_by_side_and_back() -> None:
    frames = np.arange(24.0, dtype=np.float32).reshape(1, 8, 3)
    folded = np.asarray(Fold()(frames))
    assert folded.shape == (1, 4, 6)
    assert folded[0, 1].tolist() == [6, 7, 8, 9, 10, 11]
    np.testing.assert_array_equal(np.asarray(Unfold()(folded)), frames)


def test_untrained_outputs_lie_in_the_middle_of_what_is_heard() -> None:
    flat = np.asarray(Decibels()(np.zeros((1, 2, NUM_LEVELS), np.float32)))
    assert flat[0, 0, [0, 1, 60, 61, 125]].tolist() == [-40, -30, -30, -75, -75]
    config = SynthesisNetworkConfig(
        input_channels=16, channels=16, hidden_channels=16, dilations=(1,)
    )
    outputs = build_synthesis_network(config)({"features": some_features(20)})
    assert np.abs(np.asarray(outputs["levels"]) - flat[0, 0]).max() < 10.0
