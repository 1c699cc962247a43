"""The original's Expression Generator as a Keras network, to be trained.

Teacher-forced: each note is told the controls of the note before. Playing is
`musegen.midi_ddsp.original.expression_generator`, which takes this network's weights
(`musegen.midi_ddsp.original.keras_weights`).

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
"""

from __future__ import annotations

from typing import Any

import keras

from musegen.midi_ddsp.inference.autoencoder_network import SameEveryFrame
from musegen.midi_ddsp.original.expression_generator import NUM_CONTROLS, NUM_PITCHES
from musegen.midi_ddsp.original.keras_config import ExpressionNetworkConfig
from musegen.midi_ddsp.original.keras_layers import (
    SequenceNorm,
    ShiftRight,
    WholeStepDropout,
    dense_stack,
    recurrent,
    recurrent_both_ways,
)

CHECKPOINT_PREFIX = ""


def build_expression_network(config: ExpressionNetworkConfig) -> keras.Model:
    """Build the network with fresh weights.

    Inputs: `note_pitch` [B, L], 0 for rests; `length_s` [B, L, 1]; `instrument` [B, 1];
    `controls` [B, L, 6], those of every row, of which each row is told the one before.
    Output: [B, L, 6], of rests too, unclipped. L is free.
    """
    pitch = keras.Input((None,), name="note_pitch", dtype="int32")
    length_s = keras.Input((None, 1), name="length_s")
    instrument = keras.Input((1,), name="instrument", dtype="int32")
    controls = keras.Input((None, NUM_CONTROLS), name="controls")
    size = config.embedding_units
    pitch_embedding = keras.layers.Embedding(NUM_PITCHES, size, name="pitch_emb")
    slots = keras.layers.Embedding(config.num_instruments, size, name="instrument_emb")
    everywhere = SameEveryFrame(name="instrument_notes")([slots(instrument), length_s])
    told = keras.layers.Concatenate(name="notes")(
        [
            pitch_embedding(pitch),
            keras.layers.Dense(size, name="duration_emb")(length_s),
            everywhere,
        ]
    )
    common: dict[str, Any] = {
        "units": config.units,
        "dropout_rate": config.dropout_rate,
    }
    context = recurrent_both_ways(told, name="birnn", **common)
    before = ShiftRight(name="before")(controls)
    before = WholeStepDropout(config.dropout_rate, name="forgotten")(before)
    hidden = keras.layers.Concatenate(name="inputs")([context, before])
    hidden = recurrent(hidden, name="rnn1", **common)
    hidden = recurrent(hidden, name="rnn2", **common)
    is_per_step = config.loop_norm == "step"
    hidden = SequenceNorm(is_per_step=is_per_step, name="norm")(hidden)
    inside = "dense_out.dense_out"
    hidden = dense_stack(
        hidden,
        units=config.stack_units,
        depth=config.stack_depth,
        name=f"{inside}.stack",
    )
    outputs = keras.layers.Dense(NUM_CONTROLS, name=f"{inside}.dense_out")(hidden)
    inputs = [pitch, length_s, instrument, controls]
    return keras.Model(inputs, outputs, name="expression_generator")
