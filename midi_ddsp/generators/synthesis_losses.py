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
            "level": _level_loss(amplitude, shares, noise, wanted),
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


def _level_loss(amplitude: Any, shares: Any, noise: Any, wanted: Any) -> Any:
    target = wanted["wanted_levels"]
    weight = ops.cast(wanted["is_played"], "float32")[:, 0]
    difference = _distance(amplitude, target[..., :1], AMPLITUDE_FLOOR_DB)
    partials = amplitude + _DB_PER_NEPER * ops.log(shares + 1e-8)
    number = ops.arange(1, NUM_HARMONICS + 1, dtype="float32")
    is_heard = ops.cast(wanted["f0"] * number < SAMPLE_RATE_HZ / 2, "float32")
    is_heard *= ops.cast(wanted["f0"] > 0.0, "float32")
    apart = _distance(partials, target[..., 1 : 1 + NUM_HARMONICS], HARMONIC_FLOOR_DB)
    harmonic = ops.sum(apart * is_heard, axis=(1, 2)) / (
        ops.sum(is_heard, axis=(1, 2)) + 1.0
    )
    noisy = _distance(noise, target[..., 1 + NUM_HARMONICS :], NOISE_FLOOR_DB)
    total = ops.mean(difference, axis=(1, 2)) + harmonic + ops.mean(noisy, axis=(1, 2))
    return weight * total / _LEVEL_STEP_DB


def _distance(found: Any, target: Any, floor_db: float) -> Any:
    return ops.abs(ops.maximum(found, floor_db) - ops.maximum(target, floor_db))


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


def build_training_network(network: Any) -> keras.Model:
    """Return a model from everything a batch holds to the three losses [B, 1]."""
    inputs = training_inputs()
    outputs = network({"features": inputs["features"]})
    wanted = {name: value for name, value in inputs.items() if name != "features"}
    losses = SynthesisLosses(name="losses", dtype="float32")(
        outputs["levels"], outputs["pitch"], wanted
    )
    named = {
        name: keras.layers.Reshape((1,), name=name)(losses[name]) for name in LOSSES
    }
    return keras.Model(inputs, named, name="synthesis_training")


def itself(_target: Any, loss: Any) -> Any:
    """The loss of something that is a loss already."""
    return ops.mean(loss, axis=-1)
