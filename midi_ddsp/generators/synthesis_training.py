"""Training the Synthesis Generator on takes.

The loop itself is `musegen.engine.training`, what a run is `training_config`, what is
compared `synthesis_losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import TrainingError
from musegen.engine.seeds import generator
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.generators.synthesis_batches import (
    ControlRanges,
    TrainingLine,
    batch_of_crops,
)
from musegen.midi_ddsp.generators.training_config import SynthesisTrainingConfig
from musegen.midi_ddsp.inference.timed_loop import run_loop

# What Muon leaves to AdamW: vectors, and the layers that meet features and levels.
_NOT_HIDDEN_MATRICES = ("bias", "embed", "outputs", "norm")


def train_synthesis(
    train: Sequence[TrainingLine],
    valid: Sequence[TrainingLine],
    *,
    config: SynthesisTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[Any, TrainingResult]:
    """Train a network and return it with the best averaged weights.

    Args:
        train: What is learned from.
        valid: Takes of other pieces, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Returns:
        The Keras model from features to levels and pitch, and how the run ended.

    Raises:
        TrainingError: There is nothing to learn from, or the run cannot start or go on.
    """
    for lines, name in ((train, "train"), (valid, "valid")):
        if not lines:
            raise TrainingError(
                f"there is no take of the split '{name}': prepare more pieces"
            )
    claim_run_folder(run_dir, config, SynthesisTrainingConfig.from_json, resume=resume)
    network, model = compiled_networks(config)
    result = run_loop(
        model,
        minutes=config.minutes,
        config=config.loop,
        batch_at=_batches(train, config),
        validate=_validator(valid, config),
        run_dir=run_dir,
        resume=resume,
        progress=progress,
    )
    return network, result


def compiled_networks(config: SynthesisTrainingConfig) -> tuple[Any, Any]:
    """Build the network of a run, and the compiled model that compares."""
    import keras

    from musegen.engine.muon import Muon
    from musegen.midi_ddsp.generators.synthesis_losses import (
        LOSS_WEIGHTS,
        LOSSES,
        build_training_network,
        itself,
    )
    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network

    keras.utils.set_random_seed(config.seed)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        network = build_synthesis_network(config.network)
    finally:
        keras.config.set_dtype_policy(previous)
    model = build_training_network(network)
    weights = dict(LOSS_WEIGHTS)
    if not config.network.is_told_expression:
        weights["promise"] = 0.0  # it has promised nothing
    optimizer = Muon(
        learning_rate=config.loop.learning_rate,
        beta_2=0.98,
        global_clipnorm=config.clip_norm,
        weight_decay=0.01,
        orthogonal_dtype=config.precision.removeprefix("mixed_"),
        excluded=_NOT_HIDDEN_MATRICES,
    )
    model.compile(
        optimizer=optimizer,
        loss={name: itself for name in LOSSES},
        loss_weights=weights,
        jit_compile=False,
    )
    return network, model


def _batches(
    lines: Sequence[TrainingLine], config: SynthesisTrainingConfig
) -> Callable[[int], Batch]:
    ranges = ControlRanges(lines)
    is_told = config.network.is_told_expression

    def batch_at(step: int) -> Batch:
        inputs = batch_of_crops(
            lines,
            num_played=config.num_played,
            num_changed=config.num_changed if is_told else 0,
            crop_frames=config.crop_frames,
            ranges=ranges,
            generator=generator(config.seed, "batch", step),
        )
        return inputs, _nothing(len(inputs["features"])), None

    return batch_at


def _validator(
    lines: Sequence[TrainingLine], config: SynthesisTrainingConfig
) -> Callable[[Any], Mapping[str, float]]:
    """Return a function that compares the same crops each time."""
    from musegen.midi_ddsp.generators.synthesis_losses import LOSSES

    ranges = ControlRanges(lines)
    is_told = config.network.is_told_expression
    batches = [
        batch_of_crops(
            lines,
            num_played=config.num_played,
            num_changed=config.num_changed if is_told else 0,
            crop_frames=config.crop_frames,
            ranges=ranges,
            generator=generator(config.seed, "validation", index),
        )
        for index in range(config.num_validation_batches)
    ]

    def validate(model: Any) -> Mapping[str, float]:
        values: dict[str, list[float]] = {}
        for inputs in batches:
            model.reset_metrics()
            found = model.test_on_batch(
                inputs, _nothing(len(inputs["features"])), return_dict=True
            )
            for name, value in found.items():
                values.setdefault(name, []).append(float(value))
        return {
            "valid/loss": float(np.mean(values["loss"])),
            **{
                f"valid/{name}": float(np.mean(values[f"{name}_loss"]))
                for name in LOSSES
            },
        }

    return validate


def _nothing(size: int) -> dict[str, Any]:
    """Targets of losses that are losses already."""
    from musegen.midi_ddsp.generators.synthesis_losses import LOSSES

    return {name: np.zeros((size, 1), np.float32) for name in LOSSES}
