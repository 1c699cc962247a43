"""Training configs by name, for `musegen train coconet --preset`."""

from __future__ import annotations

from collections.abc import Mapping

from musegen.coconet.config import BROWSER, PAPER, BeatNetworkConfig, PaperNetworkConfig
from musegen.coconet.training import CoconetTrainingConfig
from musegen.engine.training import LoopConfig


def _as_published(
    network: PaperNetworkConfig, *, crop_steps: int
) -> CoconetTrainingConfig:
    """The published way to train: orderless masks, no transposition, batches of 20.

    Source:
        Huang et al., ISMIR 2017, and the released code. Differs: AdamW at a rate that a
        softmax over pitches bears in place of Adam at 2^-4, and a fixed length in place
        of patience; hidden cells only, as in the paper.
    """
    return CoconetTrainingConfig(
        network=network,
        loop=LoopConfig(num_steps=50_000, learning_rate=1e-3, validate_every=1000),
        batch_size=20,
        crop_steps=crop_steps,
        max_transposition=0,
        mask_mixture={"orderless": 1.0},
        optimizer="adamw",
        weight_decay=0.0,
    )


PRESETS: Mapping[str, CoconetTrainingConfig] = {
    # What we ship.
    "default": CoconetTrainingConfig(),
    # The released network of 64 layers: days on two cores, hours on a GPU.
    "paper": _as_published(PAPER, crop_steps=64),
    # The Bach Doodle's network.
    "browser": _as_published(BROWSER, crop_steps=32),
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
