"""One training run of a generator of the original as data, and how it is kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from musegen.engine import training_configs
from musegen.engine.architectures import require_at_least
from musegen.engine.training import LoopConfig
from musegen.engine.training_configs import Reader, training_config_from_json
from musegen.midi_ddsp.original.keras_config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
    network_config_from_json,
    network_config_to_json,
)

STAGE_KEY = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrainingConfig:
    """What both runs have; see the classes below."""

    stage: ClassVar[str]

    network: SynthesisNetworkConfig | ExpressionNetworkConfig
    loop: LoopConfig
    decay: float = 0.99
    minutes: float = 0.0
    seed: int = 1111

    def _check(self, *at_least_one: str) -> None:
        for name in at_least_one:
            require_at_least(name, getattr(self, name), 1)
        if not 0.0 < self.decay <= 1.0:
            raise ValueError(f"decay must lie in (0, 1]; received {self.decay}")
        if self.minutes < 0:
            raise ValueError(f"minutes must not be negative; received {self.minutes}")

    def to_json(self) -> dict[str, Any]:
        """Return the config as JSON data."""
        data = {
            item.name: getattr(self, item.name) for item in dataclasses.fields(self)
        }
        data["network"] = network_config_to_json(self.network)
        data["loop"] = dataclasses.asdict(self.loop)
        return {STAGE_KEY: self.stage, **data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Build a config from JSON data, the exact inverse of `to_json`.

        Raises:
            ValueError: Another stage, an unknown key, or a value out of range.
        """
        fields = dict(data)
        if (stage := fields.pop(STAGE_KEY, cls.stage)) != cls.stage:
            raise ValueError(f"it trains '{stage}' and not '{cls.stage}'")
        readers: dict[str, Reader] = {
            "network": network_config_from_json,
            "duration_factors": tuple,
        }
        return training_config_from_json(cls, fields, readers)


def _published_loop(num_steps: int, learning_rate: float, every: int) -> LoopConfig:
    return LoopConfig(
        num_steps=num_steps,
        learning_rate=learning_rate,
        warmup_steps=1,
        hold_share=1.0,
        average_decay=0.0,
        validate_every=every,
        checkpoint_every=every,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisTrainingConfig(_TrainingConfig):
    """A run of the Synthesis Generator; the defaults are the published ones.

    Args:
        network: What is trained.
        loop: Steps and rates; the steps are an upper bound where `minutes` is given.
        decay: What the rate is multiplied by in 1000 steps, beside the loop's own
            schedule.
        minutes: Length of the run over all sittings, 0 for as many steps as `loop`
            says.
        batch_size: Clips in a batch.
        clip_frames: Length of a clip, 250 a second.
        num_validation_clips: Of held-out takes, always the same ones.
        clip_norm: Largest norm of the generator's gradient.
        is_adversarial: Whether a discriminator judges.
        adversarial_from_step: From which step of the run on the generator minds it.
        discriminator_units: Its channels.
        discriminator_scales: Speeds at which it looks.
        discriminator_blocks: Of each speed.
        discriminator_rate: Its learning rate.
        compat: Whether notes that a clip cuts are measured and counted in the clip,
            rests count in the loss of the pitch, and the discriminator's pitch term is
            the released program's.
        seed: Of everything random.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program. Its 40 000 steps follow
        10 000 of DDSP Inference, in which the rate fell already.
    """

    stage: ClassVar[str] = "original_synthesis"

    network: SynthesisNetworkConfig = field(default_factory=SynthesisNetworkConfig)
    loop: LoopConfig = field(
        default_factory=lambda: _published_loop(40_000, 3e-4, 1000)
    )
    batch_size: int = 16
    clip_frames: int = 1000
    num_validation_clips: int = 32
    clip_norm: float = 2.5
    is_adversarial: bool = True
    adversarial_from_step: int = 0
    discriminator_units: int = 256
    discriminator_scales: int = 3
    discriminator_blocks: int = 4
    discriminator_rate: float = 1e-4
    compat: bool = True

    def __post_init__(self) -> None:
        self._check(
            "batch_size",
            "clip_frames",
            "num_validation_clips",
            "discriminator_units",
            "discriminator_scales",
            "discriminator_blocks",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionTrainingConfig(_TrainingConfig):
    """A run of the Expression Generator; the defaults are the published ones.

    Args:
        network: What is trained.
        loop: See `SynthesisTrainingConfig`, like `decay`, `minutes` and `seed`.
        decay: As there.
        minutes: As there.
        batch_size: Windows in a batch.
        window_rows: Notes and rests of a window.
        num_validation_windows: Of held-out takes, always the same ones.
        clip_norm: Largest norm of the gradient.
        max_transposition: Batches are moved by up to this many semitones.
        duration_factors: What lengths of a batch may be multiplied by.
        seed: As there.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
    """

    stage: ClassVar[str] = "original_expression"

    network: ExpressionNetworkConfig = field(default_factory=ExpressionNetworkConfig)
    loop: LoopConfig = field(default_factory=lambda: _published_loop(5000, 1e-4, 500))
    batch_size: int = 256
    window_rows: int = 64
    num_validation_windows: int = 256
    clip_norm: float = 1.0
    max_transposition: int = 3
    duration_factors: tuple[float, ...] = (0.9, 0.95, 1.0, 1.05, 1.1)

    def __post_init__(self) -> None:
        self._check("batch_size", "window_rows", "num_validation_windows")
        if self.max_transposition < 0:
            raise ValueError(
                "max_transposition must not be negative; received "
                f"{self.max_transposition}"
            )
        if not self.duration_factors or min(self.duration_factors) <= 0:
            raise ValueError(
                f"duration_factors must be positive; received {self.duration_factors}"
            )


SYNTHESIS_PRESETS: Mapping[str, SynthesisTrainingConfig] = {
    # As published, judged by its losses alone.
    "paper": SynthesisTrainingConfig(is_adversarial=False),
    # As published, with the discriminator.
    "paper-gan": SynthesisTrainingConfig(is_adversarial=True),
}

EXPRESSION_PRESETS: Mapping[str, ExpressionTrainingConfig] = {
    "paper": ExpressionTrainingConfig(),
}

Config = TypeVar("Config", SynthesisTrainingConfig, ExpressionTrainingConfig)


def read_run_config(run_dir: Path, cls: type[Config]) -> Config:
    """Read the config of a run from its folder.

    Args:
        run_dir: The folder.
        cls: What kind of run it must be.

    Raises:
        TrainingError: There is none, or it is of another stage or version.
    """
    return training_configs.read_run_config(run_dir, cls.from_json)


def claim_folder(run_dir: Path, config: Config, *, resume: bool) -> None:
    """Write the config beside the run; only its length may differ when it goes on.

    Raises:
        TrainingError: There is a run already, or one with another config.
    """
    training_configs.claim_run_folder(
        run_dir, config, type(config).from_json, resume=resume
    )
