"""Tells heard synthesis parameters from made ones, at three speeds; for training only.

It judges raw parameters (logits) and never sound. What its scores are used for is
`musegen.midi_ddsp.adversarial.losses`.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program. 9 316 611 parameters with its
    sizes.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig

NAME = "discriminator"
_POOL = 4
_KERNEL_DEVIATION = 0.02
_TAPS = 3
_LEAKY_SLOPE = 0.2


def build_discriminator(config: DiscriminatorConfig) -> keras.Model:
    """Build it with fresh weights.

    Inputs: `condition` [B, T, num_conditions] and `parameters`
    [B, T, num_parameters]. Outputs by name: `scores`, a list of S tensors
    [B, T_s, 1], the higher the more heard; and `features`, a list of S lists of
    tensors [B, T_sb, units], one a block. Scale s sees its inputs averaged s times,
    four frames at steps of two, each block halves the frames.
    """
    condition = keras.Input((None, config.num_conditions), name="condition")
    parameters = keras.Input((None, config.num_parameters), name="parameters")
    scores, features = [], []
    told, judged = condition, parameters
    for scale in range(config.num_scales):
        if scale:
            told, judged = (_averaged(stream) for stream in (told, judged))
        score, maps = _scale(told, judged, config, name=f"{NAME}.scale_{scale}")
        scores.append(score)
        features.append(maps)
    outputs = {"scores": scores, "features": features}
    return keras.Model([condition, parameters], outputs, name=NAME)


def judge_without_learning(discriminator: keras.Model, inputs: Any) -> Any:
    """Return its outputs, through which gradients reach the inputs and not its weights.

    Args:
        discriminator: Of `build_discriminator`.
        inputs: Condition and parameters.
    """
    held = [
        ops.stop_gradient(ops.convert_to_tensor(variable))
        for variable in discriminator.trainable_variables
    ]
    outputs, _ = discriminator.stateless_call(
        held,
        [variable.value for variable in discriminator.non_trainable_variables],
        inputs,
    )
    return outputs


def _averaged(stream: Any) -> Any:
    return keras.layers.AveragePooling1D(_POOL, strides=2, padding="same")(stream)


def _scale(
    told: Any, judged: Any, config: DiscriminatorConfig, *, name: str
) -> tuple[Any, list[Any]]:
    """The score and the feature maps of one speed."""
    features = []
    for block in range(config.num_blocks):
        inside = f"{name}.block_{block}"
        told = _convolution(config.units, name=f"{inside}.told_half", step=2)(told)
        judged = _convolution(config.units, name=f"{inside}.judged_half", step=2)(
            judged
        )
        judged = keras.layers.Add(name=f"{inside}.sum")([judged, told])
        told = _refined(told, config, name=f"{inside}.told")
        judged = _refined(judged, config, name=f"{inside}.judged")
        features.append(judged)
    both = keras.layers.Concatenate(name=f"{name}.both")([judged, told])
    return _convolution(1, name=f"{name}.score")(both), features


def _refined(stream: Any, config: DiscriminatorConfig, *, name: str) -> Any:
    hidden = keras.layers.LeakyReLU(_LEAKY_SLOPE, name=f"{name}.leaky")(stream)
    hidden = _convolution(config.units, name=f"{name}.convolution")(hidden)
    hidden = keras.layers.Add(name=f"{name}.skip")([stream, hidden])
    return keras.layers.LayerNormalization(name=f"{name}.norm")(hidden)


def _convolution(filters: int, *, name: str, step: int = 1) -> Any:
    return keras.layers.Conv1D(
        filters,
        _TAPS,
        strides=step,
        padding="same",
        kernel_initializer=keras.initializers.RandomNormal(stddev=_KERNEL_DEVIATION),
        name=name,
    )
