"""Trained generators become a model folder that plays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import OutputExistsError, UsageError
from musegen.engine.checkpoints import RunState
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.exporting import export_original, trained_model
from musegen.midi_ddsp.original.exporting_card import TrainedHalf
from musegen.midi_ddsp.original.keras_config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.original.keras_expression_generator import (
    build_expression_network,
)
from musegen.midi_ddsp.original.keras_synthesis_generator import (
    CHECKPOINT_PREFIX,
    build_synthesis_network,
)
from musegen.midi_ddsp.original.keras_weights import (
    assign_checkpoint,
    checkpoint_tensors,
    model_tensors,
)
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.original.training_config import SynthesisTrainingConfig

Untyped = Any  # Keras has no type information
NOTES = (
    PlayedNote(pitch=67, onset_s=0.02, offset_s=0.1),
    PlayedNote(pitch=69, onset_s=0.1, offset_s=0.2),
)
SAID: dict[str, Any] = {
    "data": TrainingData(source="tones of our own", weights_licence="CC0-1.0"),
    "instruments": ["violin"],
}


@pytest.fixture(scope="module")
def networks() -> tuple[Untyped, Untyped]:
    return (
        build_synthesis_network(SynthesisNetworkConfig()),
        build_expression_network(ExpressionNetworkConfig()),
    )


def test_an_exported_model_plays_and_can_be_trained_on(
    networks: tuple[Untyped, Untyped], tmp_path: Path
) -> None:
    rooms = np.zeros((20, 100), np.float32)
    rooms[0, 7] = 0.25
    half = TrainedHalf(
        config=SynthesisTrainingConfig(),
        result=TrainingResult(
            state=RunState(step=12, best_step=8),
            stopped_early=False,
            metrics={"valid/loss": 3.25},
        ),
    )
    folder = export_original(
        *networks, folder=tmp_path / "ours", reverbs=rooms, synthesis=half, **SAID
    )
    folder.verify()
    assert "12 steps of 16" in folder.card
    assert "3.2500" in folder.card
    assert folder.config.licence == "CC0-1.0"
    assert list(folder.config.architecture["training"]) == ["Synthesis Generator"]
    assert folder.config.architecture["untrained"] == ["Expression Generator"]
    model = OriginalModel.load(folder.path)
    played = model.perform(NOTES, "violin", argmax=True)
    same = trained_model(*networks, reverbs=rooms).perform(NOTES, "violin", argmax=True)
    np.testing.assert_array_equal(played.parameters.noise, same.parameters.noise)
    assert played.reverb.taps[7] == 0.25
    assert np.abs(played.render()).max() > 0
    synthesis, expression, taps = model_tensors(folder.path)
    assert taps.shape == (20, 48_000)
    fresh = build_synthesis_network(SynthesisNetworkConfig())
    assign_checkpoint(fresh, synthesis, prefix=CHECKPOINT_PREFIX)
    for one, other in zip(fresh.weights, networks[0].weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert set(expression) == set(checkpoint_tensors(networks[1], prefix=""))
    with pytest.raises(OutputExistsError):
        export_original(*networks, folder=tmp_path / "ours", **SAID)


def test_networks_of_other_sizes_are_not_exported(
    networks: tuple[Untyped, Untyped], tmp_path: Path
) -> None:
    small = build_expression_network(ExpressionNetworkConfig(units=4))
    with pytest.raises(UsageError, match="only networks of the published sizes"):
        export_original(networks[0], small, folder=tmp_path / "small", **SAID)
    assert not (tmp_path / "small").exists()


def test_rooms_of_another_shape_are_refused(
    networks: tuple[Untyped, Untyped],
) -> None:
    with pytest.raises(UsageError, match=r"got \[21, 5\]"):
        trained_model(*networks, reverbs=np.zeros((21, 5), np.float32))
