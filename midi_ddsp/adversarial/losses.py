"""What the discriminator loses, and what a generator loses by it.

Each is a tensor [B], a value an example: their mean is the loss of the batch.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, equation 2, and its program: least squares, and
    feature matching as high as ten times the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.adversarial.discriminator import judge_without_learning

FEATURE_WEIGHT = 10.0
_BLOCK_SHARE = 4.0  # over the blocks and one: 4/5 of the mean over four blocks' sum


def discriminator_loss(heard: Sequence[Any], made: Sequence[Any]) -> Any:
    """Return the sum over scales of mean (D(made))^2 + mean (D(heard) - 1)^2, [B].

    Args:
        heard: Scores [B, T_s, 1] of each scale, of what was heard in recordings.
        made: Scores of what a generator made.
    """
    return sum(
        _example_mean(ops.square(fake)) + _example_mean(ops.square(real - 1.0))
        for real, fake in zip(heard, made, strict=True)
    )


def generator_loss(made: Sequence[Any]) -> Any:
    """Return the sum over scales of mean (D(made) - 1)^2, [B].

    Args:
        made: Scores [B, T_s, 1] of each scale.
    """
    return sum(_example_mean(ops.square(fake - 1.0)) for fake in made)


def feature_matching_loss(
    heard: Sequence[Sequence[Any]], made: Sequence[Sequence[Any]]
) -> Any:
    """Return how far features lie apart, [B].

    The sum of mean |difference| over S scales and K blocks, times 10 / S * 4 / (K + 1).

    Args:
        heard: Feature maps [B, T_sb, units] by scale and block.
        made: As many.
    """
    num_scales, num_blocks = len(heard), len(heard[0])
    total = sum(
        _example_mean(ops.abs(fake - real))
        for real_maps, fake_maps in zip(heard, made, strict=True)
        for real, fake in zip(real_maps, fake_maps, strict=True)
    )
    return total * (FEATURE_WEIGHT / num_scales * _BLOCK_SHARE / (num_blocks + 1))


@keras.saving.register_keras_serializable(package="musegen")
class AdversarialLosses(keras.layers.Layer):
    """The losses of both sides from one pass of the generator.

    Input: condition [B, T, C], heard and made parameters [B, T, P]. Output: three
    losses [B]: the discriminator's, the generator's, and feature matching. One gradient
    step on their sum moves both sides, each by its own loss alone: the first has no
    gradient to what was made, nor any to the condition; the others have none to the
    discriminator's weights.

    Args:
        discriminator: Of `build_discriminator`.
        **kwargs: Of Keras.
    """

    def __init__(self, discriminator: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.discriminator = discriminator

    def call(self, condition: Any, heard: Any, made: Any) -> tuple[Any, Any, Any]:
        """Return the three losses."""
        condition, heard = ops.stop_gradient(condition), ops.stop_gradient(heard)
        of_heard = self.discriminator([condition, heard])
        of_made = self.discriminator([condition, ops.stop_gradient(made)])
        learned = discriminator_loss(of_heard["scores"], of_made["scores"])
        judged = judge_without_learning(self.discriminator, [condition, made])
        wanted = keras.tree.map_structure(ops.stop_gradient, of_heard["features"])
        return (
            learned,
            generator_loss(judged["scores"]),
            feature_matching_loss(wanted, judged["features"]),
        )

    def get_config(self) -> dict[str, Any]:
        """Return what it is made of."""
        return {
            **super().get_config(),
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> AdversarialLosses:
        """Make it from what `get_config` gave."""
        kwargs = dict(config)
        discriminator = keras.saving.deserialize_keras_object(
            kwargs.pop("discriminator")
        )
        return cls(discriminator, **kwargs)


def _example_mean(values: Any) -> Any:
    """[B, T, C] to [B]."""
    return ops.mean(values, axis=(1, 2))
