"""The original's Expression Generator: six controls for each note of a part.

Autoregressive over notes, deterministic. 541 062 parameters.

Source:
    Wu et al., MIDI-DDSP, ICLR 2022, and its public program.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.layers import (
    Array,
    BidirectionalGru,
    Dense,
    Gru,
    NormedDense,
    SequenceNorm,
)
from musegen.midi_ddsp.original.weights import WeightReader

NUM_CONTROLS = 6
NUM_PITCHES = 128
NUM_INSTRUMENTS = 20
_EMBEDDING = 64
_UNITS = 128
_DEPTH = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExpressionGenerator:
    """The network; `from_weights` makes one.

    Args:
        pitch_embedding: [128, 64].
        duration: Of seconds.
        instrument_embedding: [20, 64].
        context: Reads all notes both ways.
        first: Reads the context and the controls of the note before.
        second: Reads the first.
        norm: In the loop, of one note.
        stack: Two normed layers.
        output: To the six controls.
    """

    pitch_embedding: Array
    duration: Dense
    instrument_embedding: Array
    context: BidirectionalGru
    first: Gru
    second: Gru
    norm: SequenceNorm
    stack: tuple[NormedDense, ...]
    output: Dense

    @classmethod
    def from_weights(cls, reader: WeightReader) -> ExpressionGenerator:
        """Build the network.

        Raises:
            FileFormatError: A tensor is missing or has another shape.
        """
        return cls(
            pitch_embedding=reader.array(
                "pitch_emb/embeddings", (NUM_PITCHES, _EMBEDDING)
            ),
            duration=reader.dense("duration_emb", 1, _EMBEDDING),
            instrument_embedding=reader.array(
                "instrument_emb/embeddings", (NUM_INSTRUMENTS, _EMBEDDING)
            ),
            context=reader.bidirectional("birnn", 3 * _EMBEDDING, _UNITS),
            first=reader.gru("rnn1", 2 * _UNITS + NUM_CONTROLS, _UNITS),
            second=reader.gru("rnn2", _UNITS, _UNITS),
            norm=reader.norm("norm", _UNITS),
            stack=tuple(
                reader.stack("dense_out/dense_out/stack", _UNITS, _UNITS, _DEPTH)
            ),
            output=reader.dense("dense_out/dense_out/dense_out", _UNITS, NUM_CONTROLS),
        )

    def __call__(
        self,
        pitch: NDArray[np.integer],
        length_s: NDArray[np.floating],
        instrument_id: int,
    ) -> Array:
        """Return the controls of each note, unclipped; those of rests are 0.

        Args:
            pitch: [notes], 0 = rest.
            length_s: [notes], in seconds.
            instrument_id: 0..19.

        Returns:
            [notes, 6]: volume, fluctuation, vibrato, brightness, attack, peak position.
        """
        lengths = np.asarray(length_s, dtype=np.float32)[:, None]
        instrument = self.instrument_embedding[instrument_id]
        inputs = np.concatenate(
            [
                self.pitch_embedding[pitch],
                self.duration(lengths),
                np.broadcast_to(instrument, (len(pitch), len(instrument))),
            ],
            axis=-1,
        )
        context = self.context(inputs)
        controls = np.zeros((len(pitch), NUM_CONTROLS), dtype=np.float32)
        before = np.zeros(NUM_CONTROLS, dtype=np.float32)
        state, upper = self.first.zero_state(), self.second.zero_state()
        for index, note_context in enumerate(context):
            projected = self.first.project(np.concatenate([note_context, before]))
            state = self.first.step(projected, state)
            upper = self.second.step(self.second.project(state), upper)
            hidden = self.norm(upper)
            for layer in self.stack:
                hidden = layer(hidden)
            if pitch[index]:  # a rest has no controls, and tells none
                controls[index] = self.output(hidden)
            before = controls[index]
        return controls
