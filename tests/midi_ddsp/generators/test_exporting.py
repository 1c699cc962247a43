"""From networks to folders: the same numbers by ONNX and by Keras, and a card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import ModelFolderError, ModelNotFoundError
from musegen.engine.model_folder import ModelFolder
from musegen.engine.weights import rounded_weights
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.described import described
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.note_features import MEMORY_SIZE, NUM_NOTE_FEATURES
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel


def some(*shape: int) -> np.ndarray:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def assert_near(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(
            found[name], np.asarray(values), atol=1e-4, rtol=1e-4
        )


def test_synthesis_trained_in_mixed_precision_is_shipped_in_single(
    synthesis_folder: ModelFolder,
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    inputs = {"features": some(1, 24, NUM_FEATURES)}
    by_onnx = SynthesisModel.load(synthesis_folder.path, device="cpu").predictor
    by_keras = SynthesisModel.load(
        synthesis_folder.path, backend="keras", device="cpu", num_threads=None
    ).predictor
    assert_near(by_onnx(inputs), by_keras(inputs))
    with rounded_weights(synthesis_network):
        assert_near(by_onnx(inputs), synthesis_network(inputs))


def test_expression_is_the_same_by_onnx_and_by_keras(
    expression_model: ExpressionModel,
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    training, around, step = expression_networks
    with rounded_weights(training):
        notes = {"features": some(1, 9, NUM_NOTE_FEATURES)}
        assert_near(expression_model.context(notes), around(notes))
        note = {
            "context": some(1, 8),
            "memory": some(1, MEMORY_SIZE),
            "state": some(1, 8),
        }
        assert_near(expression_model.step(note), step(note))


def test_folders_say_what_they_are(
    synthesis_folder: ModelFolder,
    expression_folder: ModelFolder,
    scales: ExpressionScales,
) -> None:
    for folder, name, kind in (
        (synthesis_folder, "small_synthesis", "midi_ddsp_synthesis"),
        (expression_folder, "small_expression", "midi_ddsp_expression"),
    ):
        assert (folder.config.name, folder.config.kind) == (name, kind)
        assert folder.config.licence == "not stated"
        assert described(folder)[1:] == (("flute", "violin"), scales)
        assert "tones by formula (CC0)" in folder.card
        assert "1.250" in folder.card
    assert "Measured: nothing." in synthesis_folder.card


def test_cards_count_the_parameters(
    synthesis_folder: ModelFolder,
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
    expression_folder: ModelFolder,
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    for folder, model in (
        (synthesis_folder, synthesis_network),
        (expression_folder, expression_networks[0]),
    ):
        assert f"{model.count_params():,} parameters" in folder.card


def test_one_model_is_not_taken_for_the_other(
    synthesis_folder: ModelFolder, expression_folder: ModelFolder, tmp_path: Path
) -> None:
    with pytest.raises((ModelFolderError, ModelNotFoundError), match="midi_ddsp_"):
        SynthesisModel.load(expression_folder.path)
    with pytest.raises((ModelFolderError, ModelNotFoundError), match="midi_ddsp_"):
        ExpressionModel.load(synthesis_folder.path)
    with pytest.raises(ModelNotFoundError):
        SynthesisModel.load(tmp_path / "none")
