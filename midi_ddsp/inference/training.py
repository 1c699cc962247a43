"""Training DDSP Inference on clips: what is heard is compared with what was recorded.

The loop itself is `musegen.engine.training`, what a run is
`musegen.midi_ddsp.inference.training_config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musegen.engine.seeds import generator
from musegen.engine.timed_loop import run_loop
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.midi_ddsp.inference.batches import (
    TrainingClip,
    batch_of,
    draw_crops,
    usable_clips,
)
from musegen.midi_ddsp.inference.training_config import (
    InferenceTrainingConfig,
    claim_folder,
)

# What Muon leaves to AdamW: vectors, tables, and what makes the logits.
_NOT_HIDDEN_MATRICES = ("embedding", "bias", "correction", "logits", "reverb")


def train_inference(
    train: Sequence[TrainingClip],
    valid: Sequence[TrainingClip],
    *,
    config: InferenceTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[Any, TrainingResult]:
    """Train a network and return it with the best averaged weights.

    Args:
        train: What is learned from.
        valid: Clips of other pieces, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Returns:
        The Keras model from the network's inputs to logits, without the synthesizer,
        and how the run ended.

    Raises:
        TrainingError: No clip is long enough, or the run cannot start or go on.
    """
    train = usable_clips(train, config.crop_frames, "training")
    valid = usable_clips(valid, config.crop_frames, "validation")
    claim_folder(run_dir, config, resume=resume)
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


def compiled_networks(config: InferenceTrainingConfig) -> tuple[Any, Any]:
    """Build the network of a run, and the compiled model that hears it."""
    import keras

    from musegen.midi_ddsp.inference.building import build_network
    from musegen.midi_ddsp.inference.synthesis_network import (
        MultiScaleSpectralLoss,
        build_training_network,
    )

    keras.utils.set_random_seed(config.seed)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        network = build_network(config.network)
    finally:
        keras.config.set_dtype_policy(previous)
    model = build_training_network(
        network,
        crop_frames=config.crop_frames,
        num_reverbs=config.num_reverbs,
        seed=config.seed,
    )
    model.compile(
        optimizer=_optimizer(config), loss=MultiScaleSpectralLoss(), jit_compile=False
    )
    return network, model


def _optimizer(config: InferenceTrainingConfig) -> Any:
    import keras

    from musegen.engine.muon import Muon

    common: dict[str, Any] = {
        "learning_rate": config.loop.learning_rate,
        "beta_2": 0.98,
        "global_clipnorm": config.clip_norm,
    }
    if config.optimizer == "adam":
        return keras.optimizers.Adam(**common)
    return Muon(**common, weight_decay=0.01, excluded=_NOT_HIDDEN_MATRICES)


def _batches(
    clips: Sequence[TrainingClip], config: InferenceTrainingConfig
) -> Callable[[int], Batch]:
    def batch_at(step: int) -> Batch:
        crops = draw_crops(
            clips,
            batch_size=config.batch_size,
            crop_frames=config.crop_frames,
            max_gain_db=config.max_gain_db,
            generator=generator(config.seed, "batch", step),
        )
        return (
            *batch_of(
                clips, crops, crop_frames=config.crop_frames, network=config.network
            ),
            None,
        )

    return batch_at


def _validator(
    clips: Sequence[TrainingClip], config: InferenceTrainingConfig
) -> Callable[[Any], Mapping[str, float]]:
    """Return a function that listens to the same crops each time."""
    crops = draw_crops(
        clips,
        batch_size=config.num_validation_crops,
        crop_frames=config.crop_frames,
        max_gain_db=0.0,
        generator=generator(config.seed, "validation"),
    )
    size = config.batch_size
    batches = [
        batch_of(
            clips,
            crops[first : first + size],
            crop_frames=config.crop_frames,
            network=config.network,
        )
        for first in range(0, len(crops), size)
    ]

    def validate(model: Any) -> Mapping[str, float]:
        losses = []
        for inputs, audio in batches:
            model.reset_metrics()
            values = model.test_on_batch(inputs, audio)
            losses += [float(np.ravel(values)[0])] * len(audio)
        return {"valid/loss": float(np.mean(losses))}

    return validate
