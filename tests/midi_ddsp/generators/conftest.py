"""Takes made by formula, and tiny models with random weights, for tests of models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.engine.checkpoints import RunState
from musegen.engine.model_folder import ModelFolder
from musegen.engine.run_inputs import TrainingData
from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.expression_scale import ExpressionScales, fit_scales
from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.model import PerformerModel
from musegen.midi_ddsp.generators.synthesis_batches import (
    ControlRanges,
    batch_of_crops,
    prepare,
)
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.generators.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.takes.take import Take

MakeTake = Callable[..., Take]

# Between what the controls of the notes lie, in the order of `UNIT_NAMES`; the vibrato
# rate is of every second note.
LOW = (-32.0, 1.0, 0.3, 5.0, 4.5, 0.15, 2.0, 0.0, -70.0, 5.0, -10.0)
HIGH = (-14.0, 4.0, 0.7, 30.0, 6.5, 0.3, 6.0, 0.0, -50.0, 20.0, 10.0)
OF_VIBRATO = [UNIT_NAMES.index(name) for name in UNIT_NAMES if "vibrato" in name]


def notes_and_units(
    num_notes: int, rng: np.random.Generator
) -> tuple[tuple[PlayedNote, ...], NDArray[np.float64]]:
    """Notes of 0.3 to 0.9 s, some of which touch, and how they are played."""
    notes, time_s = [], 0.1
    for index in range(num_notes):
        end_s = time_s + float(rng.uniform(0.3, 0.9))
        pitch = int(rng.integers(60, 80))
        notes.append(PlayedNote(pitch=pitch, onset_s=time_s, offset_s=end_s))
        time_s = end_s + (0.2 if index % 3 == 2 else 0.0)
    units = rng.uniform(LOW, HIGH, (num_notes, len(UNIT_NAMES)))
    units[1::2, OF_VIBRATO] = 0.0
    return tuple(notes), units


@pytest.fixture(scope="session")
def make_take() -> MakeTake:
    """Makes a take: `(seed=0, *, num_notes=6, **changes)`."""

    def make(seed: int = 0, *, num_notes: int = 6, **changes: str) -> Take:
        rng = np.random.default_rng(seed)
        notes, played = notes_and_units(num_notes, rng)
        num_frames = round((notes[-1].offset_s + 0.3) * 250)
        parameters = synthesise_units(notes, played, num_frames)
        frames = note_frames(notes, num_frames)
        sound = render(parameters, seed=seed)
        texts = {
            "piece": f"piece {seed}",
            "recording": f"recording {seed}",
            "split": "train",
            "instrument": "violin",
        }
        return Take(
            **{**texts, **changes},
            notes=notes,
            parameters=parameters,
            units=measure_notes(parameters, frames).astype(np.float32),
            controls=compat_controls(parameters, frames).astype(np.float32),
            audio=np.round(32767 * np.clip(sound, -1, 1)).astype(np.int16),
        )

    return make


@pytest.fixture(scope="session")
def takes(make_take: MakeTake) -> tuple[Take, ...]:
    """Three takes: two violins and a flute."""
    return make_take(1), make_take(2, num_notes=9), make_take(3, instrument="flute")


@pytest.fixture(scope="session")
def scales(takes: tuple[Take, ...]) -> ExpressionScales:
    """Of the three takes."""
    names = [take.instrument for take in takes for _ in take.notes]
    return fit_scales(np.concatenate([take.units for take in takes]), names)


@pytest.fixture(scope="session")
def batch(takes: tuple[Take, ...]) -> dict[str, NDArray[Any]]:
    """Two crops as they were played and one with other controls."""
    lines = [prepare(take) for take in takes]
    found = batch_of_crops(
        lines,
        num_played=2,
        num_changed=1,
        crop_frames=300,
        ranges=ControlRanges(lines),
        generator=np.random.default_rng(0),
    )
    return {name: np.asarray(values) for name, values in found.items()}


# === Models ===


class Echo:
    """A network without one: steady tones, a little softer where no note sounds."""

    input_names = ("features",)
    output_names = ("levels", "pitch")

    def __call__(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        sounds = inputs["features"][..., :1]
        num_frames = sounds.shape[1]
        harmonics = np.tile(-6.0 * np.arange(60.0), (1, num_frames, 1))
        noise = np.full((1, num_frames, 65), -70.0)
        pitch = np.where(np.arange(161) == 80, 40.0, -40.0)
        return {
            "levels": np.concatenate([10.0 * sounds - 30.0, harmonics, noise], axis=2),
            "pitch": np.tile(pitch, (1, num_frames, 1)),
        }


@pytest.fixture(scope="session")
def echo_model(scales: ExpressionScales) -> SynthesisModel:
    """A Synthesis Generator whose notes sound at -20 dB, and all else at -30 dB."""
    return SynthesisModel(
        name="echo",
        digest="none",
        config=_SYNTHESIS.network,
        instruments=("flute", "violin"),
        scales=scales,
        predictor=Echo(),
    )


def shaken(model: Any, seed: int) -> Any:  # noqa: ANN401 - Keras has no types
    """Give a network weights that make every input count."""
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        size = 1.0 / np.sqrt(variable.shape[0])
        variable.assign(rng.normal(scale=size, size=variable.shape))
    return model


@pytest.fixture(scope="session")
def result() -> TrainingResult:
    """How a run might have ended."""
    return TrainingResult(
        state=RunState(step=30, best_step=20, seconds=90.0),
        stopped_early=False,
        metrics={"valid/loss": 1.25},
    )


@pytest.fixture(scope="session")
def synthesis_network() -> Any:  # noqa: ANN401 - Keras has no types
    """A tiny Keras network, as exported in `synthesis_folder`."""
    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network

    return shaken(build_synthesis_network(_SYNTHESIS.network), 0)


@pytest.fixture(scope="session")
def expression_networks() -> Any:  # noqa: ANN401 - Keras has no types
    """The tiny Keras networks, as exported in `expression_folder`."""
    from musegen.midi_ddsp.generators.expression_network import (
        build_expression_networks,
    )

    networks = build_expression_networks(_EXPRESSION.network)
    shaken(networks[0], 1)
    return networks


_SYNTHESIS = SynthesisTrainingConfig(
    network=SynthesisNetworkConfig(
        input_channels=12, channels=8, hidden_channels=10, dilations=(1, 2)
    )
)
_EXPRESSION = ExpressionTrainingConfig(network=ExpressionNetworkConfig(units=8))


@pytest.fixture(scope="session")
def synthesis_folder(
    tmp_path_factory: pytest.TempPathFactory,
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
    scales: ExpressionScales,
    result: TrainingResult,
) -> ModelFolder:
    """A tiny Synthesis Generator, as if trained in mixed precision."""
    import keras

    from musegen.midi_ddsp.generators.exporting import export_synthesis
    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network

    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        mixed = build_synthesis_network(_SYNTHESIS.network)
    finally:
        keras.config.set_dtype_policy("float32")
    for target, variable in zip(mixed.weights, synthesis_network.weights, strict=True):
        target.assign(variable)
    return export_synthesis(
        mixed,
        config=_SYNTHESIS,
        result=result,
        data=TrainingData(source="tones by formula (CC0)"),
        scales=scales,
        folder=tmp_path_factory.mktemp("models") / "small_synthesis",
        measured="Measured: nothing.",
    )


@pytest.fixture(scope="session")
def expression_folder(
    tmp_path_factory: pytest.TempPathFactory,
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
    scales: ExpressionScales,
    result: TrainingResult,
) -> ModelFolder:
    """A tiny Expression Generator with random weights."""
    from musegen.midi_ddsp.generators.exporting import export_expression

    return export_expression(
        expression_networks,
        config=_EXPRESSION,
        result=result,
        data=TrainingData(source="tones by formula (CC0)"),
        scales=scales,
        folder=tmp_path_factory.mktemp("models") / "small_expression",
    )


@pytest.fixture(scope="session")
def synthesis_model(synthesis_folder: ModelFolder) -> SynthesisModel:
    """The tiny Synthesis Generator, loaded."""
    return SynthesisModel.load(synthesis_folder.path, device="cpu")


@pytest.fixture(scope="session")
def expression_model(expression_folder: ModelFolder) -> ExpressionModel:
    """The tiny Expression Generator, loaded."""
    return ExpressionModel.load(expression_folder.path)


@pytest.fixture(scope="session")
def performer(
    synthesis_model: SynthesisModel, expression_model: ExpressionModel
) -> PerformerModel:
    """Both of them."""
    return PerformerModel(synthesis=synthesis_model, expression_model=expression_model)
