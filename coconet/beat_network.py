"""The network we ship: four voices read at sixteenths, thought about in beats.

Sixteenth-note layers see, for each cell, the nearest visible notes of every voice and
the intervals between them; four steps are folded into one beat; residual convolutions
and attention work on beats (a quarter of the positions, so four times the width for the
same cost); the result is unfolded and each cell gets scores for absolute pitches and
for intervals from its neighbours.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from musegen.coconet.beat_features import (
    INTERVAL_REACH,
    NUM_INTERVALS,
    VOICE_PAIRS,
)
from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, BeatNetworkConfig
from musegen.coconet.layers import (
    LocalAttention,
    NearestNotes,
    NoIntervalToSilence,
    OnsetFeatures,
    RelativeLogits,
    RootMeanSquareNorm,
)
from musegen.coconet.planes import NUM_FERMATAS, NUM_METRES

_STEP_PLANES = {"metre": NUM_METRES, "fermata": NUM_FERMATAS}


def build_beat_network(config: BeatNetworkConfig) -> keras.Model:
    """Build the network.

    Returns:
        A model from `pitch` (batch, time, voice), an index above MIDI 36 or -1 for
        silence, `is_hidden` (batch, time, voice), 1 = hidden, and the planes of the
        config (`musegen.coconet.planes`) to `logits` (batch, time, voice, class) and,
        where the config asks for it, `onset_odds` (batch, time, voice): the log odds
        that a note which stays on its pitch is struck anew. float32. Time must be whole
        beats.
        Pitches and onsets of hidden cells have no influence.
    """
    pitch = keras.Input((None, NUM_VOICES), name="pitch", dtype="int32")
    is_hidden = keras.Input((None, NUM_VOICES), name="is_hidden", dtype="float32")
    planes = {name: _plane_input(name) for name in config.planes}

    # === Layers ===
    nearest, nearness = NearestNotes(config.fill_reach_steps, name="nearest_notes")(
        pitch, is_hidden
    )
    features = CellFeatures(name="cell_features")(pitch, is_hidden, nearest, nearness)
    if "onset" in planes:
        onset = OnsetFeatures(name="onset_features")(planes["onset"], is_hidden)
        features = layers.Concatenate(name="features")([features, onset])

    # === Functional Model ===
    steps = layers.Dense(config.step_channels, name="embed")(features)
    if config.knows_beat_position:
        steps = PhaseBias(config.steps_per_beat, name="phase")(steps)
    for name, num_codes in _STEP_PLANES.items():
        if name in planes:
            told = layers.Embedding(
                num_codes,
                config.step_channels,
                embeddings_initializer="zeros",
                name=f"{name}_bias",
            )
            steps = layers.Add(name=f"{name}_add")([steps, told(planes[name])])
    for index in range(config.num_step_blocks):
        steps = _residual_block(steps, 1, 0.0, f"read{index}")
    beats = FoldBeats(config.steps_per_beat, name="fold")(steps)
    beats = layers.Dense(config.beat_channels, name="to_beats")(beats)
    for index, dilation in enumerate(config.beat_dilations):
        beats = _residual_block(beats, dilation, config.dropout_rate, f"beat{index}")
        if index in config.attention_after:
            attended = LocalAttention(
                config.num_heads, config.attention_reach_beats, name=f"attend{index}"
            )(_norm(f"attend{index}_norm")(beats))
            beats = layers.Add(name=f"attend{index}_add")([beats, attended])
    beats = _norm("beats_norm")(beats)
    back = layers.Dense(
        config.step_channels * config.steps_per_beat, name="from_beats"
    )(beats)
    back = UnfoldBeats(config.steps_per_beat, name="unfold")(back)
    steps = layers.Add(name="join")([steps, back])
    for index in range(config.num_step_blocks):
        steps = _residual_block(steps, 1, 0.0, f"write{index}")
    steps = layers.Activation("silu", name="last_activation")(_norm("last_norm")(steps))
    outputs = {"logits": _head(steps, nearest, config)}
    if config.writes_onsets:
        outputs["onset_odds"] = layers.Dense(
            NUM_VOICES, dtype="float32", name="onset_scores"
        )(steps)
    inputs = {"pitch": pitch, "is_hidden": is_hidden, **planes}
    return keras.Model(inputs, outputs, name="coconet")


def _plane_input(name: str) -> Any:
    shape = (None, NUM_VOICES) if name == "onset" else (None,)
    return keras.Input(shape, name=name, dtype="int32")


def _head(steps: Any, nearest: Any, config: BeatNetworkConfig) -> Any:
    num_intervals = 2 * config.interval_reach + 1
    absolute = layers.Dense(NUM_VOICES * config.num_classes, name="pitch_scores")(steps)
    absolute = layers.Reshape((-1, NUM_VOICES, config.num_classes), name="pitch_grid")(
        absolute
    )
    relative = layers.Dense(NUM_VOICES * 2 * num_intervals, name="interval_scores")(
        steps
    )
    relative = layers.Reshape((-1, NUM_VOICES, 2, num_intervals), name="interval_grid")(
        relative
    )
    relative = RelativeLogits(NUM_PITCHES, config.interval_reach, name="relative")(
        relative, nearest
    )
    if config.writes_rests:
        relative = NoIntervalToSilence(name="with_rest")(relative)
    return layers.Add(name="logits", dtype="float32")([absolute, relative])


def _norm(name: str) -> Any:
    return RootMeanSquareNorm(name=name)


def _residual_block(x: Any, dilation: int, dropout_rate: float, name: str) -> Any:
    channels = x.shape[-1]
    hidden = _norm(f"{name}_norm")(x)
    hidden = layers.Conv1D(
        channels,
        3,
        padding="same",
        dilation_rate=dilation,
        activation="silu",
        name=f"{name}_conv",
    )(hidden)
    if dropout_rate:
        hidden = layers.Dropout(dropout_rate, name=f"{name}_dropout")(hidden)
    hidden = layers.Dense(channels, kernel_initializer="zeros", name=f"{name}_out")(
        hidden
    )
    return layers.Add(name=f"{name}_add")([x, hidden])


@keras.saving.register_keras_serializable(package="musegen")
class CellFeatures(keras.layers.Layer):
    """What is known about each step: nearest notes, intervals, what is hidden.

    Inputs as `NearestNotes` takes and gives them; output (batch, time, feature), mostly
    one-hot.
    """

    def call(self, pitch: Any, is_hidden: Any, nearest: Any, nearness: Any) -> Any:
        num_steps = ops.shape(pitch)[1]
        hidden = ops.cast(is_hidden, self.compute_dtype)
        is_silent = ops.cast(pitch < 0, self.compute_dtype) * (1.0 - hidden)
        before, after = nearest[..., 0], nearest[..., 1]
        parts = [
            ops.one_hot(nearest, NUM_PITCHES, dtype=self.compute_dtype),
            nearness,
            _interval_one_hot(after, before, self.compute_dtype),
            *(
                _interval_one_hot(
                    side[..., upper], side[..., lower], self.compute_dtype
                )
                for side in (before, after)
                for upper, lower in VOICE_PAIRS
            ),
        ]
        widths = (
            NUM_VOICES * 2 * NUM_PITCHES,
            NUM_VOICES * 2 * int(nearness.shape[-1]),
            NUM_VOICES * NUM_INTERVALS,
            *([NUM_INTERVALS] * 2 * len(VOICE_PAIRS)),
        )
        flat = [
            ops.reshape(part, (-1, num_steps, width))
            for part, width in zip(parts, widths, strict=True)
        ]
        return ops.concatenate([*flat, hidden, is_silent], axis=-1)


def _interval_one_hot(upper: Any, lower: Any, dtype: str) -> Any:
    """One-hot of the interval, clipped to the reach; the last class: a note missing."""
    interval = ops.clip(upper - lower, -INTERVAL_REACH, INTERVAL_REACH)
    is_missing = ops.logical_or(upper < 0, lower < 0)
    missing = NUM_INTERVALS - 1
    index = ops.where(is_missing, missing, interval + INTERVAL_REACH)
    return ops.one_hot(index, missing + 1, dtype=dtype)


@keras.saving.register_keras_serializable(package="musegen")
class PhaseBias(keras.layers.Layer):
    """Adds a learned vector for the position in the beat.

    (batch, time, channel) in and out.
    """

    def __init__(self, steps_per_beat: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps_per_beat = steps_per_beat

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(
            name="bias",
            shape=(self.steps_per_beat, input_shape[-1]),
            initializer="zeros",
        )
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        phase = ops.arange(ops.shape(x)[1]) % self.steps_per_beat
        return x + ops.cast(ops.take(self.bias, phase, axis=0), x.dtype)[None]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps_per_beat": self.steps_per_beat}


class _BeatFolding(keras.layers.Layer):
    def __init__(self, steps_per_beat: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps_per_beat = steps_per_beat

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps_per_beat": self.steps_per_beat}


@keras.saving.register_keras_serializable(package="musegen")
class FoldBeats(_BeatFolding):
    """(batch, time, channel) to (batch, beat, steps_per_beat * channel)."""

    def call(self, x: Any) -> Any:
        num_beats = ops.shape(x)[1] // self.steps_per_beat
        return ops.reshape(x, (-1, num_beats, self.steps_per_beat * x.shape[-1]))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], None, (input_shape[2] or 0) * self.steps_per_beat)


@keras.saving.register_keras_serializable(package="musegen")
class UnfoldBeats(_BeatFolding):
    """(batch, beat, steps_per_beat * channel) to (batch, time, channel)."""

    def call(self, x: Any) -> Any:
        num_steps = ops.shape(x)[1] * self.steps_per_beat
        return ops.reshape(x, (-1, num_steps, x.shape[-1] // self.steps_per_beat))

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], None, (input_shape[2] or 0) // self.steps_per_beat)
