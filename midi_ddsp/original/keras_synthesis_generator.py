"""The original's Synthesis Generator as a Keras network, to be trained.

Teacher-forced: it is told the pitch of every frame. Playing, where each pitch is drawn
from the one before, is `musegen.midi_ddsp.original.synthesis_generator`, which takes
this network's weights (`musegen.midi_ddsp.original.keras_weights`).

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from musegen.midi_ddsp.inference.autoencoder_network import SameEveryFrame
from musegen.midi_ddsp.original.keras_config import SynthesisNetworkConfig
from musegen.midi_ddsp.original.keras_layers import (
    SequenceNorm,
    ShiftRight,
    WholeStepDropout,
    dense_stack,
    recurrent,
    recurrent_both_ways,
)
from musegen.midi_ddsp.original.pitch_bins import NUM_BINS
from musegen.midi_ddsp.original.synthesis_generator import MIDI_SCALE, NUM_CONDITIONS
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS

CHECKPOINT_PREFIX = "midi_decoder/"
NUM_LOGITS = 1 + NUM_HARMONICS + NUM_NOISE_BANDS  # amplitude, harmonics, noise
CONDITIONER = "conditioner"
PITCH_DECODER = "pitch_decoder"
TIMBRE_DECODER = "timbre_decoder"


def build_synthesis_network(config: SynthesisNetworkConfig) -> keras.Model:
    """Build the whole network with fresh weights.

    Inputs: `frames` [B, T, 10], columns as `conditioning.CONDITION_NAMES`; `instrument`
    [B, 1]; `bins` [B, T], the class of each frame's pitch; `pitch` [B, T, 1], MIDI
    scale. Outputs by name: `condition` [B, T, 320], `pitch_logits` [B, T, 201],
    `timbre_logits` [B, T, 126]. T is free.

    The timbre decoder is told the pitch and not the pitch decoder's answer: from the
    sound no gradient reaches that decoder.
    """
    frames = keras.Input((None, NUM_CONDITIONS), name="frames")
    instrument = keras.Input((1,), name="instrument", dtype="int32")
    bins = keras.Input((None,), name="bins", dtype="int32")
    pitch = keras.Input((None, 1), name="pitch")
    condition = build_conditioner(config)([frames, instrument])
    outputs = {
        "condition": condition,
        "pitch_logits": build_pitch_decoder(config)([condition, bins]),
        "timbre_logits": build_timbre_decoder(config)([condition, pitch]),
    }
    return keras.Model(
        [frames, instrument, bins, pitch], outputs, name="synthesis_generator"
    )


def condition_size(config: SynthesisNetworkConfig) -> int:
    """Return the channels of what both decoders read."""
    return config.condition_units + config.embedding_units


def build_conditioner(config: SynthesisNetworkConfig) -> keras.Model:
    """Build what both decoders read: `frames` and `instrument` to [B, T, 320]."""
    frames = keras.Input((None, NUM_CONDITIONS), name="frames")
    instrument = keras.Input((1,), name="instrument", dtype="int32")
    stack = "z_preconditioning_stack"
    hidden = dense_stack(
        frames,
        units=config.stack_units,
        depth=config.stack_depth,
        name=f"{stack}.stack",
    )
    condensed = keras.layers.Dense(config.condition_units, name=f"{stack}.dense_out")(
        hidden
    )
    embedding = keras.layers.Embedding(
        config.num_instruments, config.embedding_units, name="instrument_emb"
    )(instrument)
    everywhere = SameEveryFrame(name="instrument_frames")([embedding, frames])
    condition = keras.layers.Concatenate(name="z")([condensed, everywhere])
    return keras.Model([frames, instrument], condition, name=CONDITIONER)


def build_pitch_decoder(config: SynthesisNetworkConfig) -> keras.Model:
    """Build the pitch decoder: [B, T, 320] and `bins` [B, T] to logits [B, T, 201].

    A frame is told the classes of those before it only.
    """
    path = "decoder.midi_to_f0"
    condition = keras.Input((None, condition_size(config)), name="condition")
    bins = keras.Input((None,), name="bins", dtype="int32")
    common: dict[str, Any] = {
        "units": config.units,
        "dropout_rate": config.dropout_rate,
    }
    context = recurrent_both_ways(condition, name=f"{path}.birnn", **common)
    before = ShiftRight(name=f"{path}.before")(ops.one_hot(bins, NUM_BINS))
    before = WholeStepDropout(config.dropout_rate, name=f"{path}.forgotten")(before)
    hidden = keras.layers.Concatenate(name=f"{path}.inputs")([context, before])
    hidden = recurrent(hidden, name=f"{path}.rnn1", **common)
    hidden = recurrent(hidden, name=f"{path}.rnn2", **common)
    is_per_step = config.loop_norm == "step"
    hidden = SequenceNorm(is_per_step=is_per_step, name=f"{path}.norm")(hidden)
    logits = keras.layers.Dense(NUM_BINS, name=f"{path}.dense_out")(hidden)
    return keras.Model([condition, bins], logits, name=PITCH_DECODER)


def build_timbre_decoder(config: SynthesisNetworkConfig) -> keras.Model:
    """Build the rest: [B, T, 320] and `pitch` [B, T, 1] to logits [B, T, 126].

    Its norms are those of the whole sequence always, as it is played so.
    """
    path = "decoder.midi_f0_to_harmonic"
    condition = keras.Input((None, condition_size(config)), name="condition")
    pitch = keras.Input((None, 1), name="pitch")
    told = keras.layers.Dense(config.embedding_units, name="decoder.q_pitch_emb")(
        pitch * (1.0 / float(MIDI_SCALE))
    )
    hidden = keras.layers.Concatenate(name=f"{path}.inputs")([condition, told])
    hidden = _convolution(hidden, config, name=f"{path}.net.conv_in")
    for index in range(config.num_stacks * config.layers_per_stack):
        added = _convolution(
            keras.layers.ReLU(name=f"{path}.net.relu.{index}")(hidden),
            config,
            dilation=2 ** (index % config.layers_per_stack),
            name=f"{path}.net.layers.{index}.layer_with_weights-0",
        )
        added = SequenceNorm(name=f"{path}.net.norms.{index}")(added)
        hidden = keras.layers.Add(name=f"{path}.net.sum.{index}")([hidden, added])
    hidden = SequenceNorm(name=f"{path}.norm")(hidden)
    logits = keras.layers.Dense(NUM_LOGITS, name=f"{path}.dense_out")(hidden)
    return keras.Model([condition, pitch], logits, name=TIMBRE_DECODER)


def _convolution(
    inputs: Any, config: SynthesisNetworkConfig, *, name: str, dilation: int = 1
) -> Any:
    """Three taps over time, padded alike on both sides."""
    return keras.layers.Conv1D(
        config.channels, 3, padding="same", dilation_rate=dilation, name=name
    )(inputs)
