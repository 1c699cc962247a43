"""Training configs of our generators by name, for `musegen train midi-ddsp`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from musegen.engine.training import LoopConfig
from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.generators.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)

_SHORT = LoopConfig(
    num_steps=30,
    learning_rate=2e-3,
    warmup_steps=5,
    average_decay=0.9,
    log_every=5,
    validate_every=10,
    checkpoint_every=10,
)
_DEFAULT_SYNTHESIS = SynthesisTrainingConfig()

SYNTHESIS_PRESETS: Mapping[str, SynthesisTrainingConfig] = {
    # What we ship: most of an hour on one core.
    "default": _DEFAULT_SYNTHESIS,
    # What it is compared with: the same network, told nothing of expression.
    "baseline": replace(
        _DEFAULT_SYNTHESIS, network=SynthesisNetworkConfig(is_told_expression=False)
    ),
    # The same beside a discriminator, as Wu et al. train theirs.
    "gan": replace(_DEFAULT_SYNTHESIS, is_adversarial=True),
    # For trying out the command: a minute, and little learned.
    "tiny": SynthesisTrainingConfig(
        network=SynthesisNetworkConfig(
            input_channels=32, channels=24, hidden_channels=32, dilations=(1, 2)
        ),
        loop=_SHORT,
        minutes=0.0,
        num_played=3,
        num_changed=1,
        crop_frames=250,
        num_validation_batches=2,
    ),
}

EXPRESSION_PRESETS: Mapping[str, ExpressionTrainingConfig] = {
    # What we ship: some minutes on one core.
    "default": ExpressionTrainingConfig(),
    "tiny": ExpressionTrainingConfig(
        network=ExpressionNetworkConfig(units=16),
        loop=_SHORT,
        minutes=0.0,
        batch_size=4,
        window_notes=12,
    ),
}
