"""Training Coconet on four-part grids: crops, transposition, masks, validation.

The loop itself is `musegen.engine.training`. Everything drawn for a batch derives from
the run's seed and the step, so a resumed run goes on with the same batches.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    NUM_VOICES,
    BeatNetworkConfig,
    NetworkConfig,
    config_from_json,
    config_to_json,
)
from musegen.coconet.masks import KINDS, check_mixture, draw_mask
from musegen.data.errors import TrainingError
from musegen.engine.seeds import derive_seed
from musegen.engine.training import (
    Batch,
    LoopConfig,
    Progress,
    TrainingLoop,
    TrainingResult,
    require_no_run,
)

Grid = NDArray[np.int16]  # (time, voice), MIDI pitch, -1 = silence
CONFIG_NAME = "config.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoconetTrainingConfig:
    """One training run; the defaults train the model we ship.

    Args:
        network: What is trained.
        loop: Steps and rates.
        batch_size: Crops in a batch.
        crop_steps: Sixteenths in a crop, whole beats; shorter pieces are left out.
        max_transposition: Semitones either way, within the network's range.
        mask_mixture: Weight of each kind of mask (`musegen.coconet.masks.KINDS`).
        weight_decay: Decoupled.
        precision: `mixed_bfloat16` or `float32`.
        seed: Of everything random.
    """

    network: NetworkConfig = field(default_factory=BeatNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(num_steps=6200, learning_rate=2e-3)
    )
    batch_size: int = 32
    crop_steps: int = 96
    max_transposition: int = 6
    mask_mixture: Mapping[str, float] = field(
        default_factory=lambda: {
            "orderless": 0.25,
            "frames": 0.2,
            "future": 0.15,
            "voices": 0.3,
            "spans": 0.1,
        }
    )
    weight_decay: float = 0.02
    precision: str = "mixed_bfloat16"
    seed: int = 0

    def __post_init__(self) -> None:
        check_mixture(self.mask_mixture)
        if self.crop_steps < 4 or self.crop_steps % 4:
            raise ValueError(
                "crop_steps must be a positive multiple of 4; received "
                f"{self.crop_steps}"
            )
        if self.batch_size < 1:
            raise ValueError(
                f"batch_size must be at least 1; received {self.batch_size}"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        data = {
            item.name: getattr(self, item.name) for item in dataclasses.fields(self)
        }
        data["network"] = config_to_json(self.network)
        data["loop"] = dataclasses.asdict(self.loop)
        data["mask_mixture"] = dict(self.mask_mixture)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CoconetTrainingConfig:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: An unknown key, or a value out of range.
        """
        fields = dict(data)
        known = {item.name for item in dataclasses.fields(cls)}
        if unknown := sorted(set(fields) - known):
            raise ValueError(f"unknown keys in the config: {', '.join(unknown)}")
        try:
            if "network" in fields:
                fields["network"] = config_from_json(fields["network"])
            if "loop" in fields:
                fields["loop"] = LoopConfig(**fields["loop"])
            return cls(**fields)
        except TypeError as error:
            raise ValueError(f"the config does not fit: {error}") from error


PRESETS: Mapping[str, CoconetTrainingConfig] = {
    # What we ship: 6200 steps, about 80 minutes on two cores with bfloat16 units.
    "default": CoconetTrainingConfig(),
    # For trying out the command: a minute, and no music worth hearing.
    "tiny": CoconetTrainingConfig(
        network=BeatNetworkConfig(
            step_channels=32,
            beat_channels=40,
            num_step_blocks=1,
            beat_dilations=(1, 2),
            attention_after=(1,),
        ),
        loop=LoopConfig(
            num_steps=100,
            learning_rate=3e-3,
            warmup_steps=20,
            log_every=10,
            validate_every=50,
            checkpoint_every=50,
        ),
        batch_size=8,
        precision="float32",
    ),
}


def read_run_config(run_dir: Path) -> CoconetTrainingConfig:
    """Read the config of a run from its folder.

    Raises:
        TrainingError: There is none, or it is not of this version.
    """
    path = run_dir / CONFIG_NAME
    try:
        return CoconetTrainingConfig.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise TrainingError(
            f"{run_dir} holds no run to resume: start it without --resume, or name the "
            "run's folder with --run"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is no training config of this version ({error}): start a new run"
        ) from error


def draw_batch(
    pieces: Sequence[Grid],
    *,
    config: CoconetTrainingConfig,
    mixture: Mapping[str, float],
    max_transposition: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Draw crops and masks.

    Returns:
        Pitch index (batch, time, voice), -1 = silence, and is_hidden of the same shape.
        Crops begin on a beat.
    """
    crops, masks = [], []
    for _ in range(config.batch_size):
        piece = pieces[int(generator.integers(len(pieces)))]
        num_starts = (len(piece) - config.crop_steps) // 4 + 1
        start = 4 * int(generator.integers(num_starts))
        crop = np.asarray(piece[start : start + config.crop_steps], dtype=np.int32)
        crops.append(_transposed(crop, max_transposition, generator))
        masks.append(draw_mask(config.crop_steps, mixture, generator=generator))
    return np.stack(crops), np.stack(masks)


def _transposed(
    crop: NDArray[np.int32], limit: int, generator: np.random.Generator
) -> NDArray[np.int32]:
    """Return pitch indices, transposed by a uniform interval that stays in range."""
    is_note = crop >= 0
    index = np.where(is_note, crop - MIN_PITCH, -1)
    if not is_note.any():
        return index
    lowest, highest = int(index[is_note].min()), int(index.max())
    low, high = max(-limit, -lowest), min(limit, NUM_PITCHES - 1 - highest)
    shift = int(generator.integers(low, high + 1)) if low <= high else 0
    return np.where(is_note, index + shift, -1)


def keras_batch(pitch: NDArray[np.int32], is_hidden: NDArray[np.bool_]) -> Batch:
    """Return inputs, targets and weights as a compiled model takes them."""
    from musegen.coconet.losses import orderless_weights

    return (
        {"pitch": pitch, "is_hidden": is_hidden.astype(np.float32)},
        {"logits": pitch},
        {"logits": orderless_weights(is_hidden)},
    )


def train_coconet(
    train: Sequence[Grid],
    valid: Sequence[Grid],
    *,
    config: CoconetTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    progress: Progress | None = None,
) -> tuple[Any, TrainingResult]:
    """Train a network and return it with the best averaged weights.

    Args:
        train: Grids (time, voice), MIDI pitch or -1.
        valid: Same, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        progress: Called after each step.

    Returns:
        The Keras model and how the run ended.

    Raises:
        TrainingError: No piece is long enough, or the run cannot start or go on.
    """
    train = _usable(train, config.crop_steps, "training")
    valid = _usable(valid, config.crop_steps, "validation")
    _claim_folder(run_dir, config, resume=resume)
    model = compiled_network(config)

    def batch_at(step: int) -> Batch:
        generator = np.random.default_rng(derive_seed(config.seed, "batch", step))
        return keras_batch(
            *draw_batch(
                train,
                config=config,
                mixture=config.mask_mixture,
                max_transposition=config.max_transposition,
                generator=generator,
            )
        )

    loop = TrainingLoop(
        model,
        batch_at=batch_at,
        validate=_validator(valid, config),
        config=config.loop,
        run_dir=run_dir,
        progress=progress,
    )
    result = loop.run(resume=resume)
    loop.load_best()
    return model, result


def compiled_network(config: CoconetTrainingConfig) -> Any:
    """Build and compile the network of a run, in its precision."""
    import keras

    from musegen.coconet.losses import CellCrossEntropy
    from musegen.coconet.network import build_network

    keras.utils.set_random_seed(config.seed)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        model = build_network(config.network)
    finally:
        keras.config.set_dtype_policy(previous)
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate=config.loop.learning_rate,
            weight_decay=config.weight_decay,
            beta_2=0.98,
            clipnorm=1.0,
        ),
        loss={"logits": CellCrossEntropy()},
        jit_compile=False,
    )
    return model


def _validator(
    valid: Sequence[Grid], config: CoconetTrainingConfig
) -> Callable[[Any], dict[str, float]]:
    """Fixed crops and masks of each kind, drawn once; values in nats a hidden cell."""
    batches: dict[str, list[Batch]] = {}
    for kind in KINDS:
        generator = np.random.default_rng(derive_seed(config.seed, "valid", kind))
        batches[kind] = [
            keras_batch(
                *draw_batch(
                    valid,
                    config=config,
                    mixture={kind: 1.0},
                    max_transposition=0,
                    generator=generator,
                )
            )
            for _ in range(4)
        ]
    batches["lower_voices"] = [_lower_voices_hidden(b) for b in batches["voices"]]

    def validate(model: Any) -> dict[str, float]:
        values = {}
        for kind, kind_batches in batches.items():
            losses = []
            for inputs, targets, weights in kind_batches:
                model.reset_metrics()
                losses.append(
                    float(model.test_on_batch(inputs, targets, sample_weight=weights))
                )
            values[f"valid/{kind}"] = float(np.mean(losses))
        mixture = config.mask_mixture
        total = sum(mixture.values())
        values["valid/loss"] = sum(
            values[f"valid/{kind}"] * weight / total for kind, weight in mixture.items()
        )
        return values

    return validate


def _lower_voices_hidden(batch: Batch) -> Batch:
    pitch = batch[0]["pitch"]
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[:, :, 1:NUM_VOICES] = True
    return keras_batch(pitch, is_hidden)


def _usable(pieces: Sequence[Grid], crop_steps: int, what: str) -> list[Grid]:
    """Pieces that are long enough; every pitch must be one of the network's."""
    kept = [piece for piece in pieces if len(piece) >= crop_steps]
    if not kept:
        raise TrainingError(
            f"no {what} piece is {crop_steps} sixteenths long: give more data or lower "
            "crop_steps in the config"
        )
    highest = MIN_PITCH + NUM_PITCHES - 1
    for index, piece in enumerate(kept):
        for pitch in np.unique(piece[piece >= 0]).tolist():
            if not MIN_PITCH <= pitch <= highest:
                raise TrainingError(
                    f"{what} piece {index + 1} has pitch {pitch}, and the network "
                    f"knows {MIN_PITCH} to {highest}: transpose it or leave it out"
                )
    return kept


def _claim_folder(
    run_dir: Path, config: CoconetTrainingConfig, *, resume: bool
) -> None:
    """Write the config beside the run; only `loop` may differ when a run goes on."""
    path = run_dir / CONFIG_NAME
    data = config.to_json()
    if not resume:
        require_no_run(run_dir)
    elif path.exists():
        _require_same_config(path, json.loads(json.dumps(data)))
    run_dir.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _require_same_config(path: Path, data: Mapping[str, Any]) -> None:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        differing = [
            key
            for key, value in data.items()
            if key != "loop" and key in stored and stored[key] != value
        ]
    except (TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is damaged ({error}): remove it to resume without this check"
        ) from error
    if differing:
        raise TrainingError(
            f"the run was started with another {', '.join(differing)}: resume with the "
            f"values of {path}, or start a new run"
        )
