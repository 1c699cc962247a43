"""One training run of DDSP Inference as data, and how it is read and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musegen.engine import training_configs
from musegen.engine.training import LoopConfig
from musegen.midi_ddsp.inference.config import (
    CorrectionNetworkConfig,
    NetworkConfig,
    config_from_json,
    config_to_json,
)

PRECISIONS = ("float32", "mixed_bfloat16")
OPTIMIZERS = ("adam", "muon")


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceTrainingConfig:
    """One training run; the defaults train the model we ship.

    Args:
        network: What is trained.
        loop: Steps and rates; the steps are an upper bound where `minutes` is given.
        minutes: Length of the run over all sittings, 0 for as many steps as `loop`
            says. The rate falls with the time.
        batch_size: Crops in a batch.
        crop_frames: Length of a crop, 250 a second.
        max_gain_db: Crops are made louder or softer by up to this.
        num_validation_crops: Of held-out clips, always the same ones.
        clip_norm: Largest norm of the gradient.
        optimizer: One of `OPTIMIZERS`.
        num_reverbs: Slots of learned rooms, by instrument; 0 for dry recordings.
        precision: Of the network; synthesis and loss are in float32 always.
        seed: Of everything random.
    """

    network: NetworkConfig = field(default_factory=CorrectionNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(
            num_steps=20_000,
            learning_rate=1e-3,
            warmup_steps=50,
            hold_share=0.3,
            final_rate=0.02,
            average_decay=0.99,
            log_every=20,
            validate_every=60,
            checkpoint_every=60,
        )
    )
    minutes: float = 25.0
    batch_size: int = 8
    crop_frames: int = 250
    max_gain_db: float = 12.0
    num_validation_crops: int = 32
    clip_norm: float = 2.5
    optimizer: str = "adam"
    num_reverbs: int = 0
    precision: str = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("batch_size", "crop_frames", "num_validation_crops"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1; received {getattr(self, name)}"
                )
        for name in ("minutes", "max_gain_db", "num_reverbs"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"{name} must not be negative; received {getattr(self, name)}"
                )
        for name, choices in (("optimizer", OPTIMIZERS), ("precision", PRECISIONS)):
            if getattr(self, name) not in choices:
                raise ValueError(
                    f"{name} must be one of {', '.join(choices)}; received "
                    f"{getattr(self, name)!r}"
                )
        if self.num_reverbs and "instrument" not in self.network.inputs:
            raise ValueError(
                f"num_reverbs is {self.num_reverbs}, and a network of the architecture "
                f"'{self.network.architecture}' is not told the instrument"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        data = {
            item.name: getattr(self, item.name) for item in dataclasses.fields(self)
        }
        data["network"] = config_to_json(self.network)
        data["loop"] = dataclasses.asdict(self.loop)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> InferenceTrainingConfig:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: An unknown key, or a value out of range.
        """
        readers = {"network": config_from_json}
        return training_configs.training_config_from_json(cls, data, readers)


def read_run_config(run_dir: Path) -> InferenceTrainingConfig:
    """Read the config of a run from its folder.

    Raises:
        TrainingError: There is none, or it is not of this version.
    """
    return training_configs.read_run_config(run_dir, InferenceTrainingConfig.from_json)


def claim_folder(
    run_dir: Path, config: InferenceTrainingConfig, *, resume: bool
) -> None:
    """Write the config beside the run; only its length may differ when it goes on.

    Raises:
        TrainingError: There is a run already, or one with another config.
    """
    training_configs.claim_run_folder(
        run_dir, config, InferenceTrainingConfig.from_json, resume=resume
    )
