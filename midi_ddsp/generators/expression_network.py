"""Our Expression Generator: notes to the distribution of their controls.

A context of the notes around, to both sides, and a recurrent player who remembers how
the notes before were played. For training the player runs over a whole window; when
performing, note by note (`build_step_network`), with the same layers.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.dilated_taps import dilated_blocks
from musegen.midi_ddsp.generators.config import ExpressionNetworkConfig
from musegen.midi_ddsp.generators.controls import NUM_CONTROLS
from musegen.midi_ddsp.generators.note_features import MEMORY_SIZE, NUM_NOTE_FEATURES

_DILATIONS = (1, 2, 4, 8)
_EMBED_UNITS = 3  # times as wide: instruments and pitches meet there
# Logarithms of the least and greatest standard deviation on the networks' scale.
_LEAST_SPREAD, _MOST_SPREAD = -5.0, 0.5


@keras.saving.register_keras_serializable(package="musegen")
class Spread(keras.layers.Layer):
    """From any number to the logarithm of a standard deviation within bounds."""

    def call(self, inputs: Any) -> Any:
        """Return a tensor of the same shape."""
        width = _MOST_SPREAD - _LEAST_SPREAD
        return _LEAST_SPREAD + width * ops.sigmoid(inputs)


class ExpressionLayers:
    """The layers of one generator, shared by its two networks.

    Args:
        config: Their sizes.
    """

    def __init__(self, config: ExpressionNetworkConfig) -> None:
        units = config.units
        self.config = config
        self.cell = keras.layers.GRUCell(units, name="player_cell")
        self.join = keras.layers.Dense(units, activation="silu", name="join")
        self.think = keras.layers.Dense(units, activation="silu", name="think")
        self.mean = keras.layers.Dense(NUM_CONTROLS, name="mean_outputs")
        self.spread = keras.layers.Dense(NUM_CONTROLS, name="spread_outputs")
        self.bound = Spread(name="spread")

    def context(self, features: Any) -> Any:
        """Return [B, N, units] of note features."""
        units = self.config.units
        wide = _EMBED_UNITS * units
        x = keras.layers.Dense(wide, activation="silu", name="embed")(features)
        x = keras.layers.Dense(units, name="embed_out")(x)
        x = keras.layers.Dropout(self.config.dropout, name="embed_dropout")(x)
        return dilated_blocks(
            x, channels=units, hidden_channels=units, dilations=_DILATIONS
        )

    def outcome(self, context: Any, played: Any) -> tuple[Any, Any]:
        """Return mean and logarithm of the spread of what the player does."""
        x = self.think(keras.layers.Concatenate(axis=-1)([context, played]))
        return self.mean(x), self.bound(self.spread(x))


def build_expression_networks(
    config: ExpressionNetworkConfig,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Build the networks with fresh, shared weights.

    Returns:
        For training, from `features` [B, N, F] and `memory` [B, N, 19] to `outcome`
        [B, N, 18], means and logarithms of the spreads; the context of notes, from
        `features` to `context` [B, N, units]; and one note's step, from `context`
        [B, units], `memory` [B, 19] and `state` [B, units] to `mean`, `spread`
        [B, 9] and `next_state`.
    """
    layers = ExpressionLayers(config)
    features = keras.Input((None, NUM_NOTE_FEATURES), name="features")
    memory = keras.Input((None, MEMORY_SIZE), name="memory")
    context = layers.context(features)
    joined = layers.join(keras.layers.Concatenate(axis=-1)([context, memory]))
    joined = keras.layers.Dropout(config.dropout, name="player_dropout")(joined)
    played = keras.layers.RNN(layers.cell, return_sequences=True, name="player")(joined)
    mean, spread = layers.outcome(context, played)
    outcome = keras.layers.Concatenate(axis=-1, name="outcome")([mean, spread])
    training = keras.Model({"features": features, "memory": memory}, outcome)
    named = keras.layers.Identity(name="context")(context)
    around = keras.Model({"features": features}, {"context": named}, name="context")
    return training, around, _build_step(layers)


def _build_step(layers: ExpressionLayers) -> keras.Model:
    units = layers.config.units
    context = keras.Input((units,), name="context")
    memory = keras.Input((MEMORY_SIZE,), name="memory")
    state = keras.Input((units,), name="state")
    joined = layers.join(keras.layers.Concatenate(axis=-1)([context, memory]))
    played, states = layers.cell(joined, [state])
    mean, spread = layers.outcome(context, played)
    outputs = {
        "mean": keras.layers.Identity(name="mean")(mean),
        "spread": keras.layers.Identity(name="spread_log")(spread),
        "next_state": keras.layers.Identity(name="next_state")(states[0]),
    }
    return keras.Model(
        {"context": context, "memory": memory, "state": state}, outputs, name="step"
    )
