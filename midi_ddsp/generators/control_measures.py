"""Controls measured in a training graph: what a note's frames came to, with gradients.

The definitions are those of `musegen.midi_ddsp.expression_units`; only the five
controls that levels decide are here, since pitch is made from its controls.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.expression import ATTACK_FRAMES
from musegen.midi_ddsp.expression_units import (
    NOTE_RANGE_DB,
    PEAK_RANGE_DB,
    QUIET_DB,
)

_SILENT_DB = -1e4
_SMALL = 1e-9
_DB_PER_NEPER_OF_POWER = 4.342944819032518  # 10 / ln 10


@keras.saving.register_keras_serializable(package="musegen")
class ControlMeasures(keras.layers.Layer):
    """Measures the notes of a batch of crops.

    Inputs: amplitude [B, T, 1] in dB; harmonics [B, T, 60], rows of sum 1; noise
    [B, T, 65] in dB; spans [B, N, 2], first frames and the frames after the last; a
    note of no frames gives 0. Output: [B, N, 5], in the order of `controls.MEASURED`.
    """

    def call(self, amplitude_db: Any, harmonics: Any, noise_db: Any, spans: Any) -> Any:
        """Return [B, N, 5]."""
        starts, ends = spans[..., 0:1], spans[..., 1:2]
        edges = ops.minimum(ATTACK_FRAMES, (ends - starts) // 4)
        num_frames = ops.shape(amplitude_db)[1]
        body = _mask(starts + edges, ends - edges, num_frames)
        size = ops.maximum(ops.sum(body, axis=2), 1.0)
        level = _held(ops.maximum(amplitude_db[..., 0], QUIET_DB), body)
        volume = ops.sum(level * body, axis=2) / size
        offset = (level - volume[..., None]) * body
        fluctuation = ops.sqrt(ops.sum(offset**2, axis=2) / size + _SMALL)
        peak = _peak_position(level, body, starts + edges, size)
        number = _mean_number(harmonics)[:, None, :]
        brightness = ops.sum(number * body, axis=2) / size
        attack = _mask(starts, ops.minimum(starts + ATTACK_FRAMES, ends), num_frames)
        noise = _attack_noise(noise_db, attack)
        values = [volume, fluctuation, peak, brightness, noise]
        is_there = ops.cast(ends[..., 0] > starts[..., 0], "float32")
        return ops.stack(values, axis=-1) * is_there[..., None]


def _mask(starts: Any, ends: Any, num_frames: Any) -> Any:
    """[B, N, T]: 1 in frames from `starts` to before `ends`, both [B, N, 1]."""
    frame = ops.arange(num_frames, dtype="int32")
    return ops.cast((frame >= starts) & (frame < ends), "float32")


def _held(level: Any, body: Any) -> Any:
    """[B, N, T]: levels [B, T], none far below the loudest of the note's body."""
    levels = level[:, None, :]
    loudest = ops.max(ops.where(body > 0.0, levels, _SILENT_DB), axis=2, keepdims=True)
    return ops.maximum(levels, loudest - NOTE_RANGE_DB) * body + _SILENT_DB * (
        1.0 - body
    )


def _peak_position(level: Any, body: Any, first: Any, size: Any) -> Any:
    loudest = ops.max(level, axis=2, keepdims=True)
    weights = ops.maximum(1.0 - (loudest - level) / PEAK_RANGE_DB, 0.0) * body
    frame = ops.cast(ops.arange(ops.shape(level)[2], dtype="int32"), "float32")
    place = (frame - ops.cast(first, "float32") + 0.5) / size[..., None]
    return ops.sum(weights * place, axis=2) / (ops.sum(weights, axis=2) + _SMALL)


def _mean_number(harmonics: Any) -> Any:
    number = ops.arange(1, harmonics.shape[-1] + 1, dtype="float32")
    return ops.sum(harmonics * number, axis=-1)


def _attack_noise(noise_db: Any, attack: Any) -> Any:
    power = ops.mean(ops.exp(noise_db / _DB_PER_NEPER_OF_POWER), axis=-1)
    size = ops.maximum(ops.sum(attack, axis=2), 1.0)
    mean = ops.sum(power[:, None, :] * attack, axis=2) / size
    return _DB_PER_NEPER_OF_POWER * ops.log(mean + 10.0 ** (QUIET_DB / 10.0))
