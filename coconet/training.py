"""Training Coconet on four-part grids: crops, transposition, masks, validation.

The loop itself is `musegen.engine.training`. Everything drawn for a batch derives from
the run's seed and the step, so a resumed run goes on with the same batches.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from musegen.coconet.batches import Telling, draw_batch, keras_batch
from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    BeatNetworkConfig,
    NetworkConfig,
    config_from_json,
    config_to_json,
)
from musegen.coconet.masks import check_mixture
from musegen.coconet.planes import Piece
from musegen.coconet.validation import validator
from musegen.data.errors import TrainingError
from musegen.engine.devices import gpu_names, spread_batches
from musegen.engine.model_folder import WEIGHTS_FILE, ModelFolder
from musegen.engine.run_inputs import (
    StartingModel,
    TrainingData,
    keep_data,
    keep_start,
    require_same_data,
)
from musegen.engine.seeds import derive_seed
from musegen.engine.training import (
    Batch,
    LoopConfig,
    Progress,
    TrainingLoop,
    TrainingResult,
    require_no_run,
)
from musegen.engine.training_configs import (
    read_json_object,
    training_config_from_json,
)
from musegen.engine.weights import load_weights

CONFIG_NAME = "config.json"
OPTIMIZERS = ("muon", "adamw")
DEFAULT_MIXTURE: Mapping[str, float] = {
    "orderless": 0.12,
    "beats": 0.12,
    "frames": 0.08,
    "future": 0.28,
    "voices": 0.25,
    "spans": 0.05,
    "bars": 0.05,
    "cadence": 0.05,
}
# What Muon leaves to AdamW: what reads one-hot features, and what makes the scores.
_NOT_HIDDEN_MATRICES = ("embed/", "_scores", "bias")


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
        telling: How often the network is told what is known beside the pitches.
        onset_share: Weight of the onsets beside the pitches in the loss.
        optimizer: One of `OPTIMIZERS`.
        weight_decay: Decoupled.
        precision: `mixed_bfloat16` or `float32`.
        seed: Of everything random.
    """

    network: NetworkConfig = field(default_factory=BeatNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(
            num_steps=7400,
            learning_rate=3e-3,
            hold_share=0.5,
            final_rate=0.01,
            validate_every=500,
        )
    )
    batch_size: int = 32
    crop_steps: int = 96
    max_transposition: int = 6
    mask_mixture: Mapping[str, float] = field(default_factory=lambda: DEFAULT_MIXTURE)
    telling: Telling = field(default_factory=Telling)
    onset_share: float = 0.1
    optimizer: str = "muon"
    weight_decay: float = 0.05
    precision: str = "mixed_bfloat16"
    seed: int = 0

    def __post_init__(self) -> None:
        check_mixture(self.mask_mixture)
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(
                f"optimizer must be one of {', '.join(OPTIMIZERS)}; received "
                f"{self.optimizer!r}"
            )
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
        data["telling"] = dataclasses.asdict(self.telling)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CoconetTrainingConfig:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: An unknown key, or a value out of range.
        """
        readers = {
            "network": config_from_json,
            "telling": lambda value: Telling(**value),
        }
        return training_config_from_json(cls, data, readers)


def read_config(path: Path) -> CoconetTrainingConfig:
    """Read a config from a JSON file.

    Raises:
        TrainingError: It is not one of this version.
        FileNotFoundError: There is no such file.
    """
    try:
        return CoconetTrainingConfig.from_json(read_json_object(path))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is no training config of this version ({error}): see config.json "
            "in the folder of a new run for what belongs in one"
        ) from error


def read_run_config(run_dir: Path) -> CoconetTrainingConfig:
    """Read the config of a run from its folder.

    Raises:
        TrainingError: There is none, or it is not of this version.
    """
    try:
        return read_config(run_dir / CONFIG_NAME)
    except FileNotFoundError as error:
        raise TrainingError(
            f"{run_dir} holds no run to resume: start it without --resume, or name the "
            "run's folder with --run"
        ) from error


def train_coconet(
    train: Sequence[Piece],
    valid: Sequence[Piece],
    *,
    config: CoconetTrainingConfig,
    run_dir: Path,
    resume: bool = False,
    start: ModelFolder | None = None,
    data: TrainingData | None = None,
    progress: Progress | None = None,
) -> tuple[Any, TrainingResult]:
    """Train a network and return it with the best averaged weights.

    Args:
        train: What is learned from.
        valid: Same, never trained on.
        config: The run.
        run_dir: Folder for checkpoints and logs.
        resume: Go on from the folder's last checkpoint.
        start: Begin with the weights of this model, of the same architecture, in place
            of random ones; does nothing when a run is resumed.
        data: What the pieces are; a run that is resumed must have begun with the same.
        progress: Called after each step.

    Returns:
        The Keras model and how the run ended.

    Raises:
        ModelFolderError: The weights to start with are of another architecture.
        TrainingError: No piece is long enough, or the run cannot start or go on.
        UsageError: Several GPUs cannot share the batches.
    """
    train = _usable(train, config.crop_steps, "training")
    valid = _usable(valid, config.crop_steps, "validation")
    _claim_folder(run_dir, config, resume=resume, data=data)
    if not resume:
        keep_start(run_dir, None if start is None else StartingModel.of(start))
    with spread_batches(config.batch_size, gpu_names()):
        model = compiled_network(config)
        if start is not None:
            load_weights(
                model, start.read(WEIGHTS_FILE), where=str(start.path / WEIGHTS_FILE)
            )
        return _trained(model, train, valid, config, run_dir, resume, progress)


def _trained(
    model: Any,
    train: Sequence[Piece],
    valid: Sequence[Piece],
    config: CoconetTrainingConfig,
    run_dir: Path,
    resume: bool,
    progress: Progress | None,
) -> tuple[Any, TrainingResult]:
    onset_share = config.onset_share if config.network.writes_onsets else None

    def batch_at(step: int) -> Batch:
        draw = draw_batch(
            train,
            batch_size=config.batch_size,
            crop_steps=config.crop_steps,
            mixture=config.mask_mixture,
            max_transposition=config.max_transposition,
            telling=config.telling,
            generator=np.random.default_rng(derive_seed(config.seed, "batch", step)),
        )
        return keras_batch(draw, planes=config.network.planes, onset_share=onset_share)

    loop = TrainingLoop(
        model,
        batch_at=batch_at,
        validate=validator(
            valid,
            network=config.network,
            mixture=config.mask_mixture,
            batch_size=config.batch_size,
            crop_steps=config.crop_steps,
            seed=config.seed,
        ),
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

    from musegen.coconet.losses import CellCrossEntropy, OnsetCrossEntropy
    from musegen.coconet.network import build_network

    keras.utils.set_random_seed(config.seed)
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(config.precision)
    try:
        model = build_network(config.network)
    finally:
        keras.config.set_dtype_policy(previous)
    losses: dict[str, Any] = {"logits": CellCrossEntropy()}
    if config.network.writes_onsets:
        losses["onset_odds"] = OnsetCrossEntropy()
    model.compile(optimizer=_optimizer(config), loss=losses, jit_compile=False)
    return model


def _optimizer(config: CoconetTrainingConfig) -> Any:
    import keras

    from musegen.engine.muon import Muon

    common: dict[str, Any] = {
        "learning_rate": config.loop.learning_rate,
        "weight_decay": config.weight_decay,
        "beta_2": 0.98,
        "global_clipnorm": 1.0,
    }
    if config.optimizer == "adamw":
        return keras.optimizers.AdamW(**common)
    is_mixed = config.precision == "mixed_bfloat16"
    return Muon(
        **common,
        excluded=_NOT_HIDDEN_MATRICES,
        orthogonal_dtype="bfloat16" if is_mixed else "float32",
    )


def _usable(pieces: Sequence[Piece], crop_steps: int, what: str) -> list[Piece]:
    """Pieces that are long enough; every pitch must be one of the network's."""
    kept = [piece for piece in pieces if len(piece.pitch) >= crop_steps]
    if not kept:
        raise TrainingError(
            f"no {what} piece is {crop_steps} sixteenths long: give more data or lower "
            "crop_steps in the config"
        )
    highest = MIN_PITCH + NUM_PITCHES - 1
    for index, piece in enumerate(kept):
        for pitch in np.unique(piece.pitch[piece.pitch >= 0]).tolist():
            if not MIN_PITCH <= pitch <= highest:
                raise TrainingError(
                    f"{what} piece {index + 1} has pitch {pitch}, and the network "
                    f"knows {MIN_PITCH} to {highest}: transpose it or leave it out"
                )
    return kept


def _claim_folder(
    run_dir: Path,
    config: CoconetTrainingConfig,
    *,
    resume: bool,
    data: TrainingData | None,
) -> None:
    """Write config and data beside the run; only `loop` may differ when it goes on."""
    path = run_dir / CONFIG_NAME
    text = json.dumps(config.to_json(), indent=2) + "\n"
    if not resume:
        require_no_run(run_dir)
    elif path.exists():
        _require_same_config(path, json.loads(text))
    if resume and data is not None:
        require_same_data(run_dir, data)
    run_dir.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if data is not None or not resume:
        keep_data(run_dir, data)


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
