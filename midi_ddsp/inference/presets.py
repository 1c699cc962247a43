"""Training configs of DDSP Inference by name, for `musegen train midi-ddsp`."""

from __future__ import annotations

from collections.abc import Mapping

from musegen.engine.training import LoopConfig
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CompatNetworkConfig,
    CorrectionNetworkConfig,
)
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig

PRESETS: Mapping[str, InferenceTrainingConfig] = {
    # What we ship: half an hour on one core.
    "default": InferenceTrainingConfig(),
    # What it is compared with: the original DDSP autoencoder, given the same time.
    "baseline": InferenceTrainingConfig(
        network=AutoencoderNetworkConfig(),
        loop=LoopConfig(
            num_steps=20_000,
            learning_rate=1e-3,
            warmup_steps=50,
            hold_share=0.3,
            final_rate=0.02,
            average_decay=0.99,
            log_every=20,
            validate_every=30,
            checkpoint_every=30,
        ),
    ),
    # As published: days on two cores, hours on a GPU.
    # Source: Wu et al., ICLR 2022, and its released code.
    "paper": InferenceTrainingConfig(
        network=CompatNetworkConfig(),
        loop=LoopConfig(
            num_steps=10_000,
            learning_rate=3e-4,
            warmup_steps=1,
            hold_share=0.0,
            final_rate=0.9,
            average_decay=0.0,
        ),
        minutes=0.0,
        batch_size=16,
        crop_frames=1000,
        max_gain_db=0.0,
        num_reverbs=20,
    ),
    # For trying out the command: a minute, and little learned.
    "tiny": InferenceTrainingConfig(
        network=CorrectionNetworkConfig(
            channels=24, hidden_channels=32, dilations=(1, 2)
        ),
        loop=LoopConfig(
            num_steps=30,
            learning_rate=2e-3,
            warmup_steps=5,
            average_decay=0.9,
            log_every=5,
            validate_every=10,
            checkpoint_every=10,
        ),
        minutes=0.0,
        batch_size=4,
        crop_frames=125,
        num_validation_crops=8,
    ),
}
