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
from musegen.engine.timed_loop import run_loop
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.generators.synthesis_batches import (
    ControlRanges,
    TrainingLine,
    batch_of_crops,
)
from musegen.midi_ddsp.generators.training_config import SynthesisTrainingConfig

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

    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network
    from musegen.midi_ddsp.generators.training_network import (
        build_training_network,
        itself,
        loss_weights,
    )

    keras.utils.set_random_seed(config.seed)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        network = build_synthesis_network(config.network)
    finally:
        keras.config.set_dtype_policy(previous)
    model = build_training_network(network, config)
    weights = loss_weights(config)
    model.compile(
        optimizer=_optimizer(config),
        loss={name: itself for name in weights},
        loss_weights=dict(weights),
        jit_compile=False,
    )
    return network, model


def _optimizer(config: SynthesisTrainingConfig) -> Any:
    from musegen.engine.muon import Muon
    from musegen.midi_ddsp.adversarial.optimizers import AdversarialMuon

    arguments: dict[str, Any] = {
        "learning_rate": config.loop.learning_rate,
        "beta_2": 0.98,
        "weight_decay": 0.01,
        "orthogonal_dtype": config.precision.removeprefix("mixed_"),
        "excluded": _NOT_HIDDEN_MATRICES,
    }
    if not config.is_adversarial:
        return Muon(global_clipnorm=config.clip_norm, **arguments)
    return AdversarialMuon(
        clip_norm=config.clip_norm, rival_rate=config.discriminator_rate, **arguments
    )


def _batches(
    lines: Sequence[TrainingLine], config: SynthesisTrainingConfig
) -> Callable[[int], Batch]:
    ranges = ControlRanges(lines)

    def batch_at(step: int) -> Batch:
        draws = generator(config.seed, "batch", step)
        is_minded = step >= config.adversarial_from_step
        inputs = _inputs(lines, ranges, config, draws, is_minded=is_minded)
        return inputs, _nothing(inputs, config), None

    return batch_at


def _inputs(
    lines: Sequence[TrainingLine],
    ranges: ControlRanges,
    config: SynthesisTrainingConfig,
    draws: np.random.Generator,
    *,
    is_minded: bool,
) -> dict[str, Any]:
    """One batch; `is_minded` is whether the generator minds the discriminator."""
    is_told = config.network.is_told_expression
    inputs: dict[str, Any] = batch_of_crops(
        lines,
        num_played=config.num_played,
        num_changed=config.num_changed if is_told else 0,
        crop_frames=config.crop_frames,
        ranges=ranges,
        generator=draws,
    )
    if config.is_adversarial:
        inputs["judged"] = np.full_like(inputs["is_played"], float(is_minded))
    return inputs


def _validator(
    lines: Sequence[TrainingLine], config: SynthesisTrainingConfig
) -> Callable[[Any], Mapping[str, float]]:
    """Return a function that compares the same crops each time."""
    from musegen.midi_ddsp.generators.training_network import (
        loss_weights,
        supervised_loss,
    )

    ranges = ControlRanges(lines)
    batches = [
        _inputs(
            lines,
            ranges,
            config,
            generator(config.seed, "validation", index),
            is_minded=True,
        )
        for index in range(config.num_validation_batches)
    ]

    def validate(model: Any) -> Mapping[str, float]:
        found: dict[str, list[float]] = {name: [] for name in loss_weights(config)}
        for inputs in batches:
            model.reset_metrics()
            values = model.test_on_batch(
                inputs, _nothing(inputs, config), return_dict=True
            )
            for name, heard in found.items():
                heard.append(float(values[f"{name}_loss"]))
        means = {name: float(np.mean(heard)) for name, heard in found.items()}
        return {
            "valid/loss": supervised_loss(means, config),
            **{f"valid/{name}": value for name, value in means.items()},
        }

    return validate


def _nothing(
    inputs: Mapping[str, Any], config: SynthesisTrainingConfig
) -> dict[str, Any]:
    """Targets of losses that are losses already."""
    from musegen.midi_ddsp.generators.training_network import loss_weights

    size = len(inputs["features"])
    return {name: np.zeros((size, 1), np.float32) for name in loss_weights(config)}
