"""Training runs of our generators as data, and how they are read and written."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from musegen.engine.training import LoopConfig
from musegen.engine.training_configs import training_config_from_json
from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
    config_from_json,
    config_to_json,
)

PRECISIONS = ("float32", "mixed_bfloat16")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisTrainingConfig:
    """One training run of the Synthesis Generator; the defaults train what we ship.

    Args:
        network: What is trained.
        loop: Steps and rates; the steps are an upper bound where `minutes` is given.
        minutes: Length of the run over all sittings, 0 for as many steps as `loop`
            says. The rate falls with the time.
        num_played: Crops of a batch as they were played.
        num_changed: Crops of a batch with controls that nobody played.
        crop_frames: Length of a crop, 250 a second, even.
        num_validation_batches: Of held-out takes, always the same ones.
        clip_norm: Largest norm of the gradient.
        precision: Of the network; the losses are in float32 always.
        is_adversarial: Whether a discriminator judges the levels.
        adversarial_from_step: From where on the generator minds what it says; it learns
            from the first step.
        adversarial_weight: What its judgement counts beside the other losses.
        discriminator_units: Channels of its convolutions.
        discriminator_scales: Speeds at which it looks, each half the one before.
        discriminator_blocks: Of each.
        discriminator_rate: Its learning rate, constant.
        seed: Of everything random.
    """

    network: SynthesisNetworkConfig = field(default_factory=SynthesisNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(
            num_steps=100_000,
            learning_rate=2e-3,
            warmup_steps=100,
            hold_share=0.2,
            final_rate=0.01,
            average_decay=0.995,
            log_every=25,
            validate_every=200,
            checkpoint_every=200,
        )
    )
    minutes: float = 40.0
    num_played: int = 8
    num_changed: int = 4
    crop_frames: int = 750
    num_validation_batches: int = 6
    clip_norm: float = 1.0
    precision: str = "float32"
    is_adversarial: bool = False
    adversarial_from_step: int = 200
    adversarial_weight: float = 0.1
    discriminator_units: int = 64
    discriminator_scales: int = 3
    discriminator_blocks: int = 4
    discriminator_rate: float = 3e-4
    seed: int = 0

    def __post_init__(self) -> None:
        for name in (
            "num_played",
            "crop_frames",
            "num_validation_batches",
            "discriminator_units",
            "discriminator_scales",
            "discriminator_blocks",
        ):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1; received {getattr(self, name)}"
                )
        if self.crop_frames % 2:
            raise ValueError(f"crop_frames must be even; received {self.crop_frames}")
        for name in (
            "minutes",
            "num_changed",
            "adversarial_from_step",
            "adversarial_weight",
            "discriminator_rate",
        ):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"{name} must not be negative; received {getattr(self, name)}"
                )
        if self.precision not in PRECISIONS:
            raise ValueError(
                f"precision must be one of {', '.join(PRECISIONS)}; received "
                f"{self.precision!r}"
            )

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SynthesisTrainingConfig:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: An unknown key, or a value out of range.
        """
        return training_config_from_json(cls, data, {"network": config_from_json})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionTrainingConfig:
    """One training run of the Expression Generator; the defaults train what we ship.

    Args:
        network: What is trained.
        loop: Steps and rates; the steps are an upper bound where `minutes` is given.
        minutes: Length of the run over all sittings, 0 for as many steps as `loop`
            says.
        batch_size: Windows in a batch.
        window_notes: Notes in a window.
        max_transposition: Windows are moved by up to this many semitones; level and
            brightness of a recorded voice hang on the pitch itself, so not by default.
        clip_norm: Largest norm of the gradient.
        seed: Of everything random.
    """

    network: ExpressionNetworkConfig = field(default_factory=ExpressionNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(
            num_steps=20_000,
            learning_rate=3e-3,
            warmup_steps=50,
            hold_share=0.2,
            final_rate=0.01,
            average_decay=0.99,
            log_every=20,
            validate_every=100,
            checkpoint_every=100,
        )
    )
    minutes: float = 5.0
    batch_size: int = 32
    window_notes: int = 48
    max_transposition: int = 0
    clip_norm: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("batch_size", "window_notes"):
            if getattr(self, name) < 1:
                raise ValueError(
                    f"{name} must be at least 1; received {getattr(self, name)}"
                )
        for name in ("minutes", "max_transposition"):
            if getattr(self, name) < 0:
                raise ValueError(
                    f"{name} must not be negative; received {getattr(self, name)}"
                )

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ExpressionTrainingConfig:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: An unknown key, or a value out of range.
        """
        return training_config_from_json(cls, data, {"network": config_from_json})


TrainingConfig = SynthesisTrainingConfig | ExpressionTrainingConfig


def _to_json(config: TrainingConfig) -> dict[str, Any]:
    data = {
        item.name: getattr(config, item.name) for item in dataclasses.fields(config)
    }
    data["network"] = config_to_json(config.network)
    data["loop"] = dataclasses.asdict(config.loop)
    return data
