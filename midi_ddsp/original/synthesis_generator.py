"""The original's Synthesis Generator: from conditioning to synthesis parameters.

The pitch is autoregressive over frames (one of 201 cents around the note), the rest a
dilated convolutional network that sees the whole sequence. 4 429 383 parameters.

Source:
    Wu et al., MIDI-DDSP, ICLR 2022, and its public program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.layers import (
    Array,
    BidirectionalGru,
    Convolution,
    Dense,
    Gru,
    NormedDense,
    SequenceNorm,
)
from musegen.midi_ddsp.original.pitch_bins import NUM_BINS
from musegen.midi_ddsp.original.weights import WeightReader
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS

NUM_CONDITIONS = 10
NUM_INSTRUMENTS = 20
MIDI_SCALE = np.float32(127.0)
_STACK = 512
_Z = 256
_EMBEDDING = 64
_CONDITION = _Z + _EMBEDDING
_UNITS = 256
_CHANNELS = 128
_NUM_LAYERS = 20
_LAYERS_PER_STACK = 5
_NUM_OUTPUTS = 1 + NUM_HARMONICS + NUM_NOISE_BANDS

Choose = Callable[[Array], int]
"""Takes the logits [201] of a frame and returns the class."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawParameters:
    """What the network says of each frame, before the exp-sigmoid.

    Args:
        amplitude: [T].
        harmonics: [T, 60].
        noise: [T, 65].
    """

    amplitude: Array
    harmonics: Array
    noise: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PitchDecoder:
    """The pitch of each frame, one after another.

    Args:
        context: Reads the conditioning both ways.
        first: Reads the context and the class of the frame before.
        second: Reads the first.
        norm: In the loop, of one frame.
        output: To the classes.
    """

    context: BidirectionalGru
    first: Gru
    second: Gru
    norm: SequenceNorm
    output: Dense

    def __call__(
        self, condition: Array, choose: Choose
    ) -> tuple[NDArray[np.int64], Array]:
        """Return the classes [T] and the logits [T, 201].

        Args:
            condition: [T, 320].
            choose: Asked at each frame.
        """
        context = self.context(condition)
        size = context.shape[-1]
        # The class before is one-hot: its product with the kernel is a row of it.
        projected = context @ self.first.kernel[:size] + self.first.bias[0]
        rows = self.first.kernel[size:]
        state, upper = self.first.zero_state(), self.second.zero_state()
        bins = np.zeros(len(condition), dtype=np.int64)
        logits = np.empty((len(condition), NUM_BINS), dtype=np.float32)
        for index, frame in enumerate(projected):
            gates = frame + rows[bins[index - 1]] if index else frame
            state = self.first.step(gates, state)
            upper = self.second.step(self.second.project(state), upper)
            logits[index] = self.output(self.norm(upper))
            bins[index] = choose(logits[index])
        return bins, logits

    def forced(self, condition: Array, bins: NDArray[np.integer]) -> Array:
        """Return the logits [T, 201] when the classes are known.

        As in training: the norm has the statistics of the whole sequence, so that these
        are not the logits of the loop. The error of a sequence is measured by them.

        Args:
            condition: [T, 320].
            bins: [T], the class of each frame.
        """
        context = self.context(condition)
        before = np.zeros((len(bins), NUM_BINS), dtype=np.float32)
        before[np.arange(1, len(bins)), bins[:-1]] = 1
        states = self.first.run(np.concatenate([context, before], axis=-1))
        return self.output(self.norm(self.second.run(states)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimbreDecoder:
    """Amplitude, harmonics and noise of the whole sequence at once.

    Args:
        pitch: Of the pitch over 127.
        first: To the channels of the network.
        layers: Dilated convolutions.
        norms: One a layer.
        norm: After the last.
        output: To amplitude, harmonics, noise.
    """

    pitch: Dense
    first: Convolution
    layers: tuple[Convolution, ...]
    norms: tuple[SequenceNorm, ...]
    norm: SequenceNorm
    output: Dense

    def __call__(self, condition: Array, pitch: Array) -> RawParameters:
        """Return the raw parameters.

        Args:
            condition: [T, 320].
            pitch: [T], MIDI scale, 0 where there is none.
        """
        scaled = np.asarray(pitch, dtype=np.float32)[:, None] / MIDI_SCALE
        hidden = self.first(np.concatenate([condition, self.pitch(scaled)], axis=-1))
        for layer, norm in zip(self.layers, self.norms, strict=True):
            hidden = hidden + norm(layer(np.maximum(hidden, 0)))
        raw = self.output(self.norm(hidden))
        return RawParameters(
            amplitude=raw[:, 0],
            harmonics=raw[:, 1 : 1 + NUM_HARMONICS],
            noise=raw[:, 1 + NUM_HARMONICS :],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SynthesisGenerator:
    """The network; `from_weights` makes one.

    Args:
        stack: Normed layers over the conditioning of each frame.
        condense: What follows them.
        instrument_embedding: [20, 64].
        pitch: The pitch decoder.
        timbre: The decoder of everything else.
    """

    stack: tuple[NormedDense, ...]
    condense: Dense
    instrument_embedding: Array
    pitch: PitchDecoder
    timbre: TimbreDecoder

    @classmethod
    def from_weights(cls, reader: WeightReader) -> SynthesisGenerator:
        """Build the network.

        Args:
            reader: At the root of the synthesis generator's file.

        Raises:
            FileFormatError: A tensor is missing or has another shape.
        """
        inside = reader.below("midi_decoder")
        before = "z_preconditioning_stack"
        return cls(
            stack=tuple(inside.stack(f"{before}/stack", NUM_CONDITIONS, _STACK, 5)),
            condense=inside.dense(f"{before}/dense_out", _STACK, _Z),
            instrument_embedding=inside.array(
                "instrument_emb/embeddings", (NUM_INSTRUMENTS, _EMBEDDING)
            ),
            pitch=_pitch_decoder(inside.below("decoder/midi_to_f0")),
            timbre=_timbre_decoder(inside.below("decoder")),
        )

    def condition(self, frames: Array, instrument_id: int) -> Array:
        """Return what both decoders read, [T, 320].

        Args:
            frames: [T, 10], the conditioning of each frame.
            instrument_id: 0..19.
        """
        hidden = np.asarray(frames, dtype=np.float32)
        for layer in self.stack:
            hidden = layer(hidden)
        instrument = self.instrument_embedding[instrument_id]
        repeated = np.broadcast_to(instrument, (len(frames), len(instrument)))
        return np.concatenate([self.condense(hidden), repeated], axis=-1)


def _pitch_decoder(reader: WeightReader) -> PitchDecoder:
    return PitchDecoder(
        context=reader.bidirectional("birnn", _CONDITION, _UNITS),
        first=reader.gru("rnn1", 2 * _UNITS + NUM_BINS, _UNITS),
        second=reader.gru("rnn2", _UNITS, _UNITS),
        norm=reader.norm("norm", _UNITS),
        output=reader.dense("dense_out", _UNITS, NUM_BINS),
    )


def _timbre_decoder(reader: WeightReader) -> TimbreDecoder:
    inside = reader.below("midi_f0_to_harmonic")
    return TimbreDecoder(
        pitch=reader.dense("q_pitch_emb", 1, _EMBEDDING),
        first=inside.convolution("net/conv_in", _CONDITION + _EMBEDDING, _CHANNELS),
        layers=tuple(
            inside.convolution(
                f"net/layers/{index}/layer_with_weights-0",
                _CHANNELS,
                _CHANNELS,
                dilation=2 ** (index % _LAYERS_PER_STACK),
            )
            for index in range(_NUM_LAYERS)
        ),
        norms=tuple(
            inside.norm(f"net/norms/{index}", _CHANNELS) for index in range(_NUM_LAYERS)
        ),
        norm=inside.norm("norm", _CHANNELS),
        output=inside.dense("dense_out", _CHANNELS, _NUM_OUTPUTS),
    )
