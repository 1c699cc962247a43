"""Training the original's Synthesis Generator on takes.

What a run is: `musegen.midi_ddsp.original.training_config`. A run that is resumed goes
on at its step, that of the rates and of the discriminator too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musegen.engine.seeds import generator
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.training_batches import (
    Inputs,
    clip_batch,
    draw_places,
    usable_takes,
)
from musegen.midi_ddsp.original.training_config import (
    SynthesisTrainingConfig,
    claim_folder,
)
from musegen.midi_ddsp.original.training_loop import (
    compile_losses,
    loss_batch,
    loss_validator,
    run_loop,
)
from musegen.midi_ddsp.takes.take import Take


def train_original_synthesis(
    train: Sequence[Take],
    valid: Sequence[Take],
    *,
    config: SynthesisTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
    initial: Mapping[str, Array] | None = None,
    reverbs: Array | None = None,
) -> tuple[Any, TrainingResult]:
    """Train a network and return it with the best averaged weights.

    Args:
        train: What is learned from.
        valid: Takes of other pieces, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.
        initial: Weights to begin from, see `keras_weights.model_tensors`; None for
            fresh ones. A run that is resumed has its own.
        reverbs: [slots, taps], the rooms in which the recordings were made; they do
            not learn. None for dry recordings.

    Returns:
        The Keras network of `keras_synthesis_generator`, without the synthesizer, and
        how the run ended.

    Raises:
        FileFormatError: `initial` is of another network.
        TrainingError: No take is long enough, an instrument has no slot, or the run
            cannot start or go on.
    """
    train = usable_takes(train, config.clip_frames, "training")
    valid = usable_takes(valid, config.clip_frames, "validation")
    claim_folder(run_dir, config, resume=resume)
    network, model = compiled_synthesis(config, initial=initial, reverbs=reverbs)
    from musegen.midi_ddsp.original.training_network import SUPERVISED_TERMS

    result = run_loop(
        model,
        config=config,
        batch_at=_batches(model, train, config),
        validate=loss_validator(_validation(valid, config), SUPERVISED_TERMS),
        run_dir=run_dir,
        resume=resume,
        progress=progress,
    )
    return network, result


def compiled_synthesis(
    config: SynthesisTrainingConfig,
    *,
    initial: Mapping[str, Array] | None = None,
    reverbs: Array | None = None,
) -> tuple[Any, Any]:
    """Build the network of a run, and the compiled model that hears it.

    Args:
        config: The run.
        initial: See `train_original_synthesis`, like `reverbs`.
        reverbs: As there.
    """
    import keras

    from musegen.midi_ddsp.original.keras_synthesis_generator import CHECKPOINT_PREFIX
    from musegen.midi_ddsp.original.keras_weights import assign_checkpoint
    from musegen.midi_ddsp.original.training_network import build_training_network

    keras.utils.set_random_seed(config.seed)
    network, model = build_training_network(config, reverbs=reverbs)
    if initial is not None:
        assign_checkpoint(network, initial, prefix=CHECKPOINT_PREFIX)
    compile_losses(model, _optimizer(config))
    return network, model


def judgement_weight(step: int, config: SynthesisTrainingConfig) -> float:
    """Return how much the generator minds the discriminator in a step of the run."""
    return float(step >= config.adversarial_from_step)


def _optimizer(config: SynthesisTrainingConfig) -> Any:
    import keras

    from musegen.midi_ddsp.adversarial.optimizers import AdversarialAdam

    rate = config.loop.learning_rate
    if not config.is_adversarial:
        return keras.optimizers.Adam(rate, global_clipnorm=config.clip_norm)
    return AdversarialAdam(
        learning_rate=rate,
        clip_norm=config.clip_norm,
        rival_rate=config.discriminator_rate,
    )


def _with_judgement(
    inputs: Inputs, weight: float, config: SynthesisTrainingConfig
) -> Inputs:
    """The arrays that the model takes."""
    if config.is_adversarial:
        judged = np.full(len(inputs["bins"]), weight, np.float32)
        return {**inputs, "judged": judged}
    return {name: array for name, array in inputs.items() if name != "heard_logits"}


def _batches(
    model: Any, takes: Sequence[Take], config: SynthesisTrainingConfig
) -> Callable[[int], Batch]:
    def batch_at(step: int) -> Batch:
        draws = generator(config.seed, "batch", step)
        places = draw_places(
            takes,
            count=config.batch_size,
            clip_frames=config.clip_frames,
            generator=draws,
        )
        inputs = clip_batch(
            takes,
            places,
            clip_frames=config.clip_frames,
            generator=draws,
            compat=config.compat,
        )
        weight = judgement_weight(step, config)
        return loss_batch(model, _with_judgement(inputs, weight, config))

    return batch_at


def _validation(
    takes: Sequence[Take], config: SynthesisTrainingConfig
) -> list[Mapping[str, Any]]:
    """The same clips and noise each time."""
    draws = generator(config.seed, "validation")
    places = draw_places(
        takes,
        count=config.num_validation_clips,
        clip_frames=config.clip_frames,
        generator=draws,
    )
    size = config.batch_size
    return [
        _with_judgement(
            clip_batch(
                takes,
                places[first : first + size],
                clip_frames=config.clip_frames,
                generator=draws,
                compat=config.compat,
            ),
            1.0,
            config,
        )
        for first in range(0, len(places), size)
    ]
