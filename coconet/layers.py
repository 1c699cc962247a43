"""Keras layers of the beat network: nearest notes, relative logits, attention.

Written with `keras.ops` only, so that they train on every backend and export with free
time axes.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.coconet.beat_features import CODE_BASE, DECAYS
from musegen.coconet.config import NUM_VOICES
from musegen.coconet.planes import NUM_ONSETS


@keras.saving.register_keras_serializable(package="musegen")
class NearestNotes(keras.layers.Layer):
    """For each cell the nearest visible note before and after it in its own voice.

    Input: pitch index (batch, time, voice), -1 = silent; is_hidden (batch, time,
    voice), 1 = hidden.
    Output: pitch index of the nearest note (batch, time, voice, 2), -1 = none within
    reach; and how near it is (batch, time, voice, 2, 4): three decays of the distance
    and a flag for `found`. Index 0 of the side axis looks back, 1 ahead; a visible note
    is its own neighbour both ways. The look is made in strides of 1, 2, 4 ... up to
    `reach_steps`, so that it ends at their sum: 255 steps for 128.
    """

    def __init__(self, reach_steps: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reach_steps = reach_steps

    def call(self, pitch: Any, is_hidden: Any) -> tuple[Any, Any]:
        pitch = ops.cast(pitch, "float32")
        is_note = ops.cast(is_hidden, "float32") < 0.5
        is_note = ops.logical_and(is_note, pitch >= 0.0)
        sides = [
            self._look_back(pitch, is_note),
            [
                ops.flip(x, axis=1)
                for x in self._look_back(
                    ops.flip(pitch, axis=1), ops.flip(is_note, axis=1)
                )
            ],
        ]
        nearest = ops.stack([side[0] for side in sides], axis=-1)
        distance = ops.stack([side[1] for side in sides], axis=-1)
        found = ops.cast(nearest >= 0.0, "float32")
        nearness = ops.stack(
            [found * ops.exp(-distance / decay) for decay in DECAYS] + [found],
            axis=-1,
        )
        return ops.cast(nearest, "int32"), ops.cast(nearness, self.compute_dtype)

    def _look_back(self, pitch: Any, is_note: Any) -> tuple[Any, Any]:
        num_steps = ops.shape(pitch)[1]
        step = ops.cast(ops.arange(num_steps), "float32")[None, :, None] + 1.0
        code = ops.where(is_note, step * CODE_BASE + pitch, ops.zeros_like(pitch))
        shift = 1
        while shift <= self.reach_steps:
            earlier = ops.pad(code, [[0, 0], [shift, 0], [0, 0]])[:, :num_steps]
            code = ops.maximum(code, earlier)
            shift *= 2
        found_step = ops.floor(code / CODE_BASE)
        nearest = ops.where(
            found_step > 0.0, code - found_step * CODE_BASE, -ops.ones_like(code)
        )
        return nearest, step - found_step

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "reach_steps": self.reach_steps}


@keras.saving.register_keras_serializable(package="musegen")
class RelativeLogits(keras.layers.Layer):
    """Turns scores of intervals from two neighbouring notes into scores of pitches.

    Input: interval scores (batch, time, voice, side, 2 * reach + 1), low to high; the
    notes they are measured from (batch, time, voice, side), -1 = none. Output: (batch,
    time, voice, pitch), 0 where no interval reaches. Transposing the notes transposes
    the output.
    """

    def __init__(self, num_pitches: int, reach: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_pitches = num_pitches
        self.reach = reach

    def call(self, scores: Any, anchor: Any) -> Any:
        # Beyond the reach, or without an anchor, an index points at the zero column.
        zero_column = 2 * self.reach + 1
        padded = ops.pad(scores, [[0, 0]] * 4 + [[0, 1]])
        interval = ops.arange(self.num_pitches) - anchor[..., None] + self.reach
        is_reached = ops.logical_and(interval >= 0, interval < zero_column)
        is_reached = ops.logical_and(is_reached, anchor[..., None] >= 0)
        index = ops.where(is_reached, interval, zero_column)
        # One flat look-up: many times faster than one along an axis.
        row = ops.reshape(ops.arange(ops.size(anchor)), ops.shape(anchor))
        flat_index = row[..., None] * (zero_column + 1) + index
        found = ops.take(ops.reshape(padded, (-1,)), flat_index, axis=0)
        return ops.sum(found, axis=3)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_pitches": self.num_pitches,
            "reach": self.reach,
        }


@keras.saving.register_keras_serializable(package="musegen")
class NoIntervalToSilence(keras.layers.Layer):
    """Appends a score of 0 for silence: (..., pitch) to (..., pitch + 1)."""

    def call(self, scores: Any) -> Any:
        return ops.pad(scores, [[0, 0]] * 3 + [[0, 1]])


@keras.saving.register_keras_serializable(package="musegen")
class OnsetFeatures(keras.layers.Layer):
    """One-hot of what is known of onsets; hidden cells tell nothing.

    Input: onset codes (batch, time, voice), see `musegen.coconet.planes`; is_hidden of
    the same shape. Output: (batch, time, 3 * voice).
    """

    def call(self, onset: Any, is_hidden: Any) -> Any:
        known = ops.where(ops.cast(is_hidden, "float32") < 0.5, onset, 0)
        codes = ops.one_hot(known, NUM_ONSETS, dtype=self.compute_dtype)
        shape = (-1, ops.shape(onset)[1], NUM_ONSETS * NUM_VOICES)
        return ops.reshape(codes, shape)


@keras.saving.register_keras_serializable(package="musegen")
class RootMeanSquareNorm(keras.layers.Layer):
    """Scales each position to unit root mean square; no weights. Shape in and out: any.

    Two passes over memory where layer normalisation takes five: on CPUs that is what
    counts. The layer that follows holds the gain.

    Source:
        Zhang and Sennrich, "Root Mean Square Layer Normalization", NeurIPS 2019;
        without gain.
    """

    def call(self, x: Any) -> Any:
        mean_square = ops.mean(ops.square(x), axis=-1, keepdims=True)
        return x * ops.rsqrt(mean_square + 1e-5)


@keras.saving.register_keras_serializable(package="musegen")
class LocalAttention(keras.layers.Layer):
    """Self-attention over neighbouring beats with a learned bias for each distance.

    Input and output: (batch, beat, channel). Beats further than `reach` away are not
    seen, so the result for a beat depends on a bounded window whatever the length of
    the piece.
    """

    def __init__(self, num_heads: int, reach: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.reach = reach

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        channels = input_shape[-1]
        assert channels is not None
        self.head_channels = channels // self.num_heads
        self.project_in = keras.layers.Dense(
            3 * channels, use_bias=False, dtype=self.dtype_policy, name="in"
        )
        self.project_in.build(input_shape)
        self.project_out = keras.layers.Dense(
            channels,
            kernel_initializer="zeros",
            dtype=self.dtype_policy,
            name="out",
        )
        self.project_out.build(input_shape)
        self.distance_bias = self.add_weight(
            name="distance_bias",
            shape=(2 * self.reach + 1, self.num_heads),
            initializer="zeros",
        )
        super().build(input_shape)

    def call(self, x: Any) -> Any:
        num_beats = ops.shape(x)[1]
        heads = ops.reshape(
            self.project_in(x), (-1, num_beats, 3, self.num_heads, self.head_channels)
        )
        query, key, value = (heads[:, :, part] for part in range(3))
        scores = ops.einsum("bqhc,bkhc->bhqk", query, key)
        scores = ops.cast(scores, "float32") * self.head_channels**-0.5
        scores = ops.softmax(scores + self._bias(num_beats), axis=-1)
        mixed = ops.einsum("bhqk,bkhc->bqhc", ops.cast(scores, value.dtype), value)
        return self.project_out(
            ops.reshape(mixed, (-1, num_beats, self.num_heads * self.head_channels))
        )

    def _bias(self, num_beats: Any) -> Any:
        position = ops.arange(num_beats)
        distance = position[None, :] - position[:, None]
        index = ops.clip(distance + self.reach, 0, 2 * self.reach)
        bias = ops.take(ops.cast(self.distance_bias, "float32"), index, axis=0)
        is_far = ops.cast(ops.abs(distance) > self.reach, "float32")
        return ops.transpose(bias, (2, 0, 1))[None] - 1e9 * is_far

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "reach": self.reach,
        }
