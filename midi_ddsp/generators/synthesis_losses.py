"""What the Synthesis Generator is trained on: levels, pitch, and keeping its word.

Levels and pitch are compared with what DDSP Inference heard in the recording. The
promise compares each note's controls, measured in the output, with those asked for;
it also holds for controls that nobody played, and so makes every control answer.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from musegen.midi_ddsp.generators.control_measures import ControlMeasures
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.synthesis_network import NUM_LEVELS
from musegen.midi_ddsp.parameters import NUM_HARMONICS, SAMPLE_RATE_HZ

LOSSES = ("level", "pitch", "promise")
LOSS_WEIGHTS = {"level": 1.0, "pitch": 0.15, "promise": 0.5}

# Levels below these are as good as silence and are not told apart.
AMPLITUDE_FLOOR_DB = -80.0
HARMONIC_FLOOR_DB = -90.0
NOISE_FLOOR_DB = -100.0
# An error of this much in a control counts as 1: dB, dB, place, harmonic number, dB.
_CONTROL_STEPS = (2.0, 0.7, 0.08, 0.25, 2.0)
_LEVEL_STEP_DB = 5.0
_MASKED = -1e9
_DB_PER_NEPER = 8.685889638065037  # 20 / ln 10


@keras.saving.register_keras_serializable(package="musegen")
class SynthesisLosses(keras.layers.Layer):
    """The three losses of each crop, [B] each, by name.

    Inputs: `levels` and `pitch` of the network; a dictionary of what is wanted, as
    `training_inputs` says.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.measures = ControlMeasures()

    def call(self, levels: Any, pitch: Any, wanted: Any) -> Any:
        """Return [B] of each loss, by name."""
        amplitude, noise = levels[..., :1], levels[..., 1 + NUM_HARMONICS :]
        shares = below_nyquist_shares(levels[..., 1 : 1 + NUM_HARMONICS], wanted["f0"])
        controls = self.measures(amplitude, shares, noise, wanted["spans"])
        return {
            "level": _level_loss(levels, wanted),
            "pitch": _pitch_loss(pitch, wanted),
            "promise": _promise_loss(controls, wanted),
        }


def below_nyquist_shares(harmonics_db: Any, f0_hz: Any) -> Any:
    """Return shares [B, T, 60] of sum 1, none at or above half the sample rate."""
    number = ops.arange(1, NUM_HARMONICS + 1, dtype="float32")
    is_heard = f0_hz * number < SAMPLE_RATE_HZ / 2
    return ops.softmax(
        ops.where(is_heard, harmonics_db / _DB_PER_NEPER, _MASKED), axis=-1
    )


def comparable_levels(levels: Any, f0_hz: Any) -> tuple[Any, Any, Any]:
    """Return amplitude [B, T, 1], harmonics [B, T, 60] and noise [B, T, 65], in dB.

    Harmonics absolute; nothing lies below the floors, nor does a harmonic that cannot
    sound.

    Args:
        levels: [B, T, 126] of the network.
        f0_hz: [B, T, 1], 0 where there is no pitch.
    """
    amplitude, noise = levels[..., :1], levels[..., 1 + NUM_HARMONICS :]
    shares = below_nyquist_shares(levels[..., 1 : 1 + NUM_HARMONICS], f0_hz)
    partials = amplitude + _DB_PER_NEPER * ops.log(shares + 1e-8)
    return _floored(amplitude, partials, noise, f0_hz)


def wanted_levels(wanted: Any) -> tuple[Any, Any, Any]:
    """Return what `comparable_levels` is to be, see `training_inputs`."""
    target = wanted["wanted_levels"]
    return _floored(
        target[..., :1],
        target[..., 1 : 1 + NUM_HARMONICS],
        target[..., 1 + NUM_HARMONICS :],
        wanted["f0"],
    )


def _floored(
    amplitude: Any, partials: Any, noise: Any, f0_hz: Any
) -> tuple[Any, Any, Any]:
    partials = ops.maximum(partials, HARMONIC_FLOOR_DB)
    return (
        ops.maximum(amplitude, AMPLITUDE_FLOOR_DB),
        ops.where(_can_sound(f0_hz), partials, HARMONIC_FLOOR_DB),
        ops.maximum(noise, NOISE_FLOOR_DB),
    )


def _can_sound(f0_hz: Any) -> Any:
    """[B, T, 60], whether a harmonic is there and below half the sample rate."""
    number = ops.arange(1, NUM_HARMONICS + 1, dtype="float32")
    return ops.logical_and(f0_hz > 0.0, f0_hz * number < SAMPLE_RATE_HZ / 2)


def _level_loss(levels: Any, wanted: Any) -> Any:
    weight = ops.cast(wanted["is_played"], "float32")[:, 0]
    found = comparable_levels(levels, wanted["f0"])
    amplitude, partials, noise = (
        ops.abs(one - other)
        for one, other in zip(found, wanted_levels(wanted), strict=True)
    )
    is_heard = ops.cast(_can_sound(wanted["f0"]), "float32")
    harmonic = ops.sum(partials, axis=(1, 2)) / (ops.sum(is_heard, axis=(1, 2)) + 1.0)
    total = ops.mean(amplitude, axis=(1, 2)) + harmonic + ops.mean(noise, axis=(1, 2))
    return weight * total / _LEVEL_STEP_DB


def _pitch_loss(logits: Any, wanted: Any) -> Any:
    log_shares = ops.log_softmax(logits, axis=-1)
    lower = wanted["pitch_class"][..., None]
    upper_share = wanted["pitch_share"]
    low = ops.take_along_axis(log_shares, lower, axis=-1)[..., 0]
    high = ops.take_along_axis(log_shares, lower + 1, axis=-1)[..., 0]
    entropy = -(1.0 - upper_share) * low - upper_share * high
    weight = wanted["pitch_weight"]
    return ops.sum(entropy * weight, axis=1) / (ops.sum(weight, axis=1) + 1.0)


def _promise_loss(found: Any, wanted: Any) -> Any:
    spans = wanted["spans"]
    is_there = ops.cast(spans[..., 1] > spans[..., 0], "float32")[..., None]
    error = ops.abs(found - wanted["controls"]) / np.array(_CONTROL_STEPS, np.float32)
    # Straight far from the aim, round near it, so that small errors still count little.
    loss = ops.where(error < 1.0, 0.5 * error**2, error - 0.5) * is_there
    count = ops.sum(is_there, axis=(1, 2)) * len(_CONTROL_STEPS)
    return ops.sum(loss, axis=(1, 2)) / (count + 1.0)


def training_inputs() -> dict[str, Any]:
    """Return the Keras inputs of training, by name.

    `features` [B, T, F]; `wanted_levels` [B, T, 126] in dB, harmonics absolute; `f0`
    [B, T, 1] in Hz; `pitch_class` [B, T] and `pitch_share` [B, T], the wanted deviation
    between two classes, `pitch_weight` [B, T], 0 where there is no pitch; `spans`
    [B, N, 2], frames of the notes that are whole; `controls` [B, N, 5], what they were
    asked to come to; `is_played` [B, 1], 0 where nobody played it so.
    """
    return {
        "features": keras.Input((None, NUM_FEATURES), name="features"),
        "wanted_levels": keras.Input((None, NUM_LEVELS), name="wanted_levels"),
        "f0": keras.Input((None, 1), name="f0"),
        "pitch_class": keras.Input((None,), dtype="int32", name="pitch_class"),
        "pitch_share": keras.Input((None,), name="pitch_share"),
        "pitch_weight": keras.Input((None,), name="pitch_weight"),
        "spans": keras.Input((None, 2), dtype="int32", name="spans"),
        "controls": keras.Input((None, 5), name="controls"),
        "is_played": keras.Input((1,), name="is_played"),
    }
