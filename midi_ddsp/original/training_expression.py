"""Training the original's Expression Generator on takes.

What a run is: `musegen.midi_ddsp.original.training_config`.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program: squared errors of all rows,
    those of rests from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musegen.engine.seeds import generator
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.training_config import (
    ExpressionTrainingConfig,
    claim_folder,
)
from musegen.midi_ddsp.original.training_loop import (
    compile_losses,
    loss_batch,
    loss_validator,
    run_loop,
)
from musegen.midi_ddsp.original.training_windows import (
    Augmentation,
    ExpressionRows,
    draw_augmentation,
    draw_windows,
    rows_of_takes,
    window_batch,
)
from musegen.midi_ddsp.takes.take import Take

SQUARED_ERROR = "squared_error"


def train_original_expression(
    train: Sequence[Take],
    valid: Sequence[Take],
    *,
    config: ExpressionTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
    initial: Mapping[str, Array] | None = None,
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

    Returns:
        The Keras network of `keras_expression_generator`, and how the run ended.

    Raises:
        FileFormatError: `initial` is of another network.
        TrainingError: No take has notes, an instrument has no slot, or the run cannot
            start or go on.
    """
    pieces = rows_of_takes(train, "training")
    held_out = rows_of_takes(valid, "validation")
    claim_folder(run_dir, config, resume=resume)
    network, model = compiled_expression(config, initial=initial)
    result = run_loop(
        model,
        config=config,
        batch_at=_batches(model, pieces, config),
        validate=loss_validator(_validation(held_out, config), (SQUARED_ERROR,)),
        run_dir=run_dir,
        resume=resume,
        progress=progress,
    )
    return network, result


def compiled_expression(
    config: ExpressionTrainingConfig, *, initial: Mapping[str, Array] | None = None
) -> tuple[Any, Any]:
    """Build the network of a run, and the compiled model of its loss.

    Args:
        config: The run.
        initial: See `train_original_expression`.
    """
    import keras
    from keras import ops

    from musegen.midi_ddsp.original.keras_expression_generator import (
        CHECKPOINT_PREFIX,
        build_expression_network,
    )
    from musegen.midi_ddsp.original.keras_weights import assign_checkpoint

    keras.utils.set_random_seed(config.seed)
    network = build_expression_network(config.network)
    if initial is not None:
        assign_checkpoint(network, initial, prefix=CHECKPOINT_PREFIX)
    counted = keras.Input((None,), name="counted")
    told = {tensor.name: tensor for tensor in network.inputs}
    found = network(network.inputs)
    errors = ops.mean(ops.square(found - told["controls"]), axis=-1) * counted
    rows = ops.maximum(ops.sum(counted, axis=-1), 1.0)
    loss = ops.sum(errors, axis=-1) / rows
    model = keras.Model({**told, "counted": counted}, {SQUARED_ERROR: loss})
    optimizer = keras.optimizers.Adam(
        config.loop.learning_rate, global_clipnorm=config.clip_norm
    )
    compile_losses(model, optimizer)
    return network, model


def _batches(
    model: Any, pieces: Sequence[ExpressionRows], config: ExpressionTrainingConfig
) -> Callable[[int], Batch]:
    def batch_at(step: int) -> Batch:
        draws = generator(config.seed, "batch", step)
        windows = draw_windows(
            pieces,
            count=config.batch_size,
            window_rows=config.window_rows,
            generator=draws,
        )
        augmentation = draw_augmentation(
            max_transposition=config.max_transposition,
            duration_factors=config.duration_factors,
            generator=draws,
        )
        inputs = window_batch(
            pieces,
            windows,
            window_rows=config.window_rows,
            augmentation=augmentation,
        )
        return loss_batch(model, inputs)

    return batch_at


def _validation(
    pieces: Sequence[ExpressionRows], config: ExpressionTrainingConfig
) -> list[Mapping[str, Any]]:
    """The same windows each time, unchanged."""
    windows = draw_windows(
        pieces,
        count=config.num_validation_windows,
        window_rows=config.window_rows,
        generator=generator(config.seed, "validation"),
    )
    size = config.batch_size
    return [
        window_batch(
            pieces,
            windows[first : first + size],
            window_rows=config.window_rows,
            augmentation=Augmentation(),
        )
        for first in range(0, len(windows), size)
    ]
