"""The discriminator beside our Synthesis Generator: what it sees, and its losses.

Levels that are trained to lie near those heard come out smoother than any that were
heard; a judge that knows how levels move in recordings minds that. It sees decibels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig
from musegen.midi_ddsp.adversarial.discriminator import build_discriminator
from musegen.midi_ddsp.adversarial.losses import AdversarialLosses
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.synthesis_losses import (
    comparable_levels,
    wanted_levels,
)
from musegen.midi_ddsp.generators.synthesis_network import NUM_LEVELS
from musegen.midi_ddsp.generators.training_config import SynthesisTrainingConfig

ADVERSARIAL_LOSSES = ("discriminator", "adversarial", "feature_matching")
# What the judge sees is about 0 in the middle and 1 a good deal away.
_MIDDLE_DB = -60.0
_STEP_DB = 20.0


@keras.saving.register_keras_serializable(package="musegen")
class JudgedLevels(keras.layers.Layer):
    """Levels as the judge sees them: heard and made, [B, T, 126] each.

    Inputs: `levels` of the network; a dictionary of what is wanted, as
    `synthesis_losses.training_inputs` says.
    """

    def call(self, levels: Any, wanted: Any) -> tuple[Any, Any]:
        """Return what was heard and what is made."""
        heard = ops.concatenate(wanted_levels(wanted), axis=-1)
        made = ops.concatenate(comparable_levels(levels, wanted["f0"]), axis=-1)
        return tuple((part - _MIDDLE_DB) / _STEP_DB for part in (heard, made))


def adversarial_losses(
    config: SynthesisTrainingConfig,
    features: Any,
    levels: Any,
    wanted: Mapping[str, Any],
    judged: Any,
) -> dict[str, Any]:
    """Build a discriminator and return the losses of both sides by name, [B] each.

    Crops that nobody played are not judged: nothing was heard to hold against them.

    Args:
        config: The run.
        features: Keras tensor [B, T, NUM_FEATURES].
        levels: Of the network, [B, T, 126].
        wanted: As `synthesis_losses.training_inputs` says.
        judged: [B, 1], how much the generator minds the judgement.
    """
    judge = build_discriminator(
        DiscriminatorConfig(
            num_conditions=NUM_FEATURES,
            num_parameters=NUM_LEVELS,
            units=config.discriminator_units,
            num_scales=config.discriminator_scales,
            num_blocks=config.discriminator_blocks,
        )
    )
    heard, made = JudgedLevels(name="judged_levels", dtype="float32")(levels, wanted)
    of_judge, of_maker, of_features = AdversarialLosses(judge, name="judgement")(
        features, heard, made
    )
    is_played, minds = wanted["is_played"][:, 0], judged[:, 0]
    return {
        "discriminator": of_judge * is_played,
        "adversarial": of_maker * is_played * minds,
        "feature_matching": of_features * is_played * minds,
    }
