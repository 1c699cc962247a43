"""Training the Expression Generator on takes: notes, and how they were played.

The loop itself is `musegen.engine.training`, what a run is `training_config`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.engine.seeds import generator
from musegen.engine.timed_loop import run_loop
from musegen.engine.training import Batch, Progress, TrainingResult
from musegen.engine.training_configs import claim_run_folder
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    controls_of_units,
    to_scale,
)
from musegen.midi_ddsp.generators.line import joined
from musegen.midi_ddsp.generators.note_features import memories, note_features
from musegen.midi_ddsp.generators.training_config import ExpressionTrainingConfig
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.takes.take import Take

_FORGOTTEN_SHARE = 0.1  # of the notes before which nothing is remembered, in training
# Rate and delay say nothing about notes without vibrato.
_OF_VIBRATO = (COLUMNS["vibrato_rate_hz"], COLUMNS["vibrato_delay_s"])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlayedLine:
    """A take's notes, and how they were played.

    Args:
        notes: N, in order of time.
        is_slurred: [N].
        instrument: Name.
        controls: [N, 9], in units, as measured.
    """

    notes: tuple[PlayedNote, ...]
    is_slurred: NDArray[np.bool_]
    instrument: str
    controls: NDArray[np.float64]


def played_line(take: Take) -> PlayedLine:
    """Return what the Expression Generator learns from a take."""
    return PlayedLine(
        notes=take.notes,
        is_slurred=joined(take.frames().spans()),
        instrument=take.instrument,
        controls=controls_of_units(take.units),
    )


def train_expression(
    train: Sequence[PlayedLine],
    valid: Sequence[PlayedLine],
    *,
    config: ExpressionTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[Any, TrainingResult]:
    """Train the networks and return them with the best averaged weights.

    Args:
        train: What is learned from.
        valid: Of other pieces, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Returns:
        The three networks of `build_expression_networks`, and how the run ended.

    Raises:
        TrainingError: There is nothing to learn from, or the run cannot start or go on.
    """
    for lines, name in ((train, "train"), (valid, "valid")):
        if not lines:
            raise TrainingError(
                f"there is no take of the split '{name}': prepare more pieces"
            )
    claim_run_folder(run_dir, config, ExpressionTrainingConfig.from_json, resume=resume)
    networks = compiled_networks(config)
    result = run_loop(
        networks[0],
        minutes=config.minutes,
        config=config.loop,
        batch_at=_batches(train, config),
        validate=_validator(valid),
        run_dir=run_dir,
        resume=resume,
        progress=progress,
    )
    return networks, result


def compiled_networks(config: ExpressionTrainingConfig) -> Any:
    """Build the networks of a run, the first compiled."""
    import keras

    from musegen.midi_ddsp.generators.expression_network import (
        build_expression_networks,
    )

    keras.utils.set_random_seed(config.seed)
    networks = build_expression_networks(config.network)
    networks[0].compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=config.loop.learning_rate,
            weight_decay=0.01,
            global_clipnorm=config.clip_norm,
        ),
        loss=likelihood_loss,
        jit_compile=False,
    )
    return networks


def likelihood_loss(target: Any, outcome: Any) -> Any:
    """Return [B, N]: negative log-likelihood of normal distributions.

    Where the spread is small, errors weigh less than the likelihood says (by the spread
    itself), so that the means are learned everywhere. Source: Seitzer et al., "On the
    pitfalls of heteroscedastic uncertainty estimation", ICLR 2022.

    Args:
        target: [B, N, 18]: values on the networks' scale, and the weight of each.
        outcome: [B, N, 18].
    """
    from keras import ops

    value, weight = target[..., :NUM_CONTROLS], target[..., NUM_CONTROLS:]
    mean, spread = outcome[..., :NUM_CONTROLS], outcome[..., NUM_CONTROLS:]
    loss = 0.5 * ((value - mean) * ops.exp(-spread)) ** 2 + spread
    loss = loss * ops.stop_gradient(ops.exp(spread)) * weight
    return ops.sum(loss, axis=-1) / NUM_CONTROLS


def weights_of(controls: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return [N, 9]: 0 for a control that says nothing about its note, else 1."""
    weights = np.ones(controls.shape, np.float32)
    has_none = controls[:, COLUMNS["vibrato_rate_hz"]] <= 0.0
    for column in _OF_VIBRATO:
        weights[has_none, column] = 0.0
    return weights


def _batches(
    lines: Sequence[PlayedLine], config: ExpressionTrainingConfig
) -> Callable[[int], Batch]:
    sizes = np.array([len(line.notes) for line in lines], dtype=np.float64)
    moves = config.max_transposition
    prepared = [
        {
            move: note_features(
                line.notes, line.is_slurred, line.instrument, transposed=move
            )
            for move in range(-moves, moves + 1)
        }
        for line in lines
    ]
    targets = [_target(line) for line in lines]

    def batch_at(step: int) -> Batch:
        draw = generator(config.seed, "batch", step)
        chosen = draw.choice(len(lines), config.batch_size, p=sizes / sizes.sum())
        features, remembered, wanted = [], [], []
        for index in chosen.tolist():
            move = int(draw.integers(-moves, moves + 1))
            size = config.window_notes
            first = int(draw.integers(0, max(len(targets[index]) - size, 0) + 1))
            window = slice(first, first + size)
            target = targets[index][window]
            memory = memories(target[:, :NUM_CONTROLS])
            memory[draw.random(len(memory)) < _FORGOTTEN_SHARE] = 0.0
            features.append(_filled(prepared[index][move][window], size))
            remembered.append(_filled(memory, size))
            wanted.append(_filled(target, size))
        inputs = {"features": np.stack(features), "memory": np.stack(remembered)}
        return inputs, np.stack(wanted), None

    return batch_at


def _target(line: PlayedLine) -> NDArray[np.float32]:
    scaled = to_scale(line.controls).astype(np.float32)
    return np.concatenate([scaled, weights_of(line.controls)], axis=1)


def _filled(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.pad(values, [(0, size - len(values)), (0, 0)])


def _validator(
    lines: Sequence[PlayedLine],
) -> Callable[[Any], Mapping[str, float]]:
    """Return a function that hears whole held-out lines, told what came before."""
    targets = [_target(line) for line in lines]
    size = max(len(target) for target in targets)
    wanted = np.stack([_filled(target, size) for target in targets])
    features = [
        note_features(line.notes, line.is_slurred, line.instrument) for line in lines
    ]
    remembered = [memories(target[:, :NUM_CONTROLS]) for target in targets]
    inputs = {
        "features": np.stack([_filled(rows, size) for rows in features]),
        "memory": np.stack([_filled(rows, size) for rows in remembered]),
    }
    value, weight = np.split(wanted, 2, axis=-1)  # notes that fill up weigh nothing
    count = np.maximum(weight.sum(axis=(0, 1)), 1.0)

    def validate(model: Any) -> Mapping[str, float]:
        mean, spread = np.split(model.predict_on_batch(inputs), 2, axis=-1)
        error = value - mean
        share = (error**2 * weight).sum(axis=(0, 1)) / count
        likelihood = 0.5 * (error * np.exp(-spread)) ** 2 + spread
        return {
            "valid/loss": float(np.sqrt(share).mean()),
            "valid/likelihood": float(-(likelihood * weight).sum() / weight.sum()),
        }

    return validate
