"""The original MIDI-DDSP with imported weights: notes of a part to a performance.

Both generators and the rooms of a model folder, without TensorFlow. Making such a
folder is `musegen.midi_ddsp.original.importing`.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from musegen.data.errors import UsageError
from musegen.engine.model_folder import WEIGHTS_FILE
from musegen.engine.models import find_model
from musegen.engine.safetensors_reading import read_tensors
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.expression_generator import ExpressionGenerator
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.note_rows import note_rows, row_frames
from musegen.midi_ddsp.original.performing import (
    Expression,
    OriginalPerformance,
    given_controls,
    likeliest,
    nucleus_choice,
    one_voice,
    placed_table,
    predict_controls,
    synthesis_parameters,
)
from musegen.midi_ddsp.original.pitch_bins import NUCLEUS
from musegen.midi_ddsp.original.synthesis_generator import (
    NUM_INSTRUMENTS,
    SynthesisGenerator,
)
from musegen.midi_ddsp.original.weights import WeightReader
from musegen.midi_ddsp.tables.note_table import NoteTable

KIND = "midi_ddsp_original"
SYNTHESIS, EXPRESSION = "synthesis", "expression"  # what names in the file begin with
REVERB_PATH = "reverb_module/magnitudes_embedding/embeddings"
NUM_REVERB_TAPS = 48_000  # 3 s

PLAYED = tuple(
    instrument for instrument in INSTRUMENTS if instrument.urmp_id is not None
)
"""The thirteen instruments that the weights were trained on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OriginalModel:
    """The networks, ready to play; `load` makes one.

    Args:
        name: As in its folder.
        digest: SHA-256 of its folder's config, which holds those of its files.
        expression_generator: From notes to controls.
        synthesis_generator: From controls to synthesis parameters.
        reverbs: [20, 48000], the room of each slot, without fade.
    """

    name: str
    digest: str
    expression_generator: ExpressionGenerator
    synthesis_generator: SynthesisGenerator
    reverbs: Array

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Load a model by name or folder.

        Args:
            name_or_path: A name of `musegen models list`, or a model folder.

        Raises:
            ModelNotFoundError: No such model.
            ModelFolderError: The folder is damaged or of another kind.
            FileFormatError: The weights are not those of this network.
        """
        folder = find_model(name_or_path, kind=KIND)
        where = str(folder.path / WEIGHTS_FILE)
        tensors = read_tensors(folder.read(WEIGHTS_FILE), where=where)
        reader = WeightReader(tensors=tensors, where=where)
        return cls.from_weights(
            reader.below(SYNTHESIS),
            reader.below(EXPRESSION),
            name=folder.config.name,
            digest=folder.digest,
        )

    @classmethod
    def from_weights(
        cls,
        synthesis: WeightReader,
        expression: WeightReader,
        *,
        name: str = "",
        digest: str = "",
    ) -> Self:
        """Build the networks.

        Args:
            synthesis: At the root of the Synthesis Generator's file.
            expression: At the root of the Expression Generator's file.
            name: Of the model.
            digest: Of its folder.

        Raises:
            FileFormatError: A tensor is missing or has another shape.
        """
        return cls(
            name=name,
            digest=digest,
            expression_generator=ExpressionGenerator.from_weights(expression),
            synthesis_generator=SynthesisGenerator.from_weights(synthesis),
            reverbs=synthesis.array(REVERB_PATH, (NUM_INSTRUMENTS, NUM_REVERB_TAPS)),
        )

    @property
    def instruments(self) -> tuple[str, ...]:
        """The names of the instruments that it plays, by slot."""
        return tuple(instrument.name for instrument in PLAYED)

    def reverb(self, instrument: str) -> ImpulseResponse:
        """Return the room of an instrument, with the fade of inference.

        Raises:
            UsageError: See `perform`.
        """
        return ImpulseResponse(taps=self.reverbs[self._played(instrument)[1]]).faded()

    def predict_expression(
        self, notes: Sequence[PlayedNote], instrument: str, *, compat: bool = False
    ) -> NoteTable:
        """Return the notes with the controls that the model would play them with.

        Edited (`note_table_merging.merge`) it goes back to `perform`, whose notes are
        then `table.notes()`.

        Args:
            notes: See `perform`, like the errors.
            instrument: See `perform`.
            compat: See `perform`.
        """
        chosen, slot = self._played(instrument)
        voice, _ = one_voice(notes, compat=compat)
        rows = note_rows(voice, compat=compat)
        controls = predict_controls(self.expression_generator, rows, slot)
        return placed_table(
            voice, rows, controls, instrument=chosen.name, compat=compat
        )

    def perform(
        self,
        notes: Sequence[PlayedNote],
        instrument: str,
        *,
        expression: Expression | None = None,
        seed: int = 0,
        argmax: bool = False,
        top_p: float = NUCLEUS,
        compat: bool = False,
    ) -> OriginalPerformance:
        """Play one part.

        Args:
            notes: One voice, overlaps allowed; with `compat` any notes.
            instrument: Its name: one of `instruments`, or another name of one.
            expression: Controls of each note, sorted by onset (with `compat` in the
                order of `notes`); None lets the model predict them, within 0 to 1.
            seed: Of the pitch; each part needs its own.
            argmax: Take the likeliest pitch of each frame, not a drawn one.
            top_p: Mass of the classes that are drawn from, above 0, at most 1.
            compat: Do as the released code does: times that accumulate, flags on rests,
                no position after 100 rows, 8.66 Hz in rests.

        Raises:
            EmptyScoreError: There are no notes.
            InputError: The expression is not of these notes.
            PolyphonyError: There is a chord, without `compat`.
            UsageError: An instrument that it does not play, or a wrong `top_p`.
        """
        chosen, slot = self._played(instrument)
        choose = likeliest if argmax else nucleus_choice(seed, top_p)
        voice, notices = one_voice(notes, compat=compat)
        rows = note_rows(voice, compat=compat)
        controls = (
            predict_controls(self.expression_generator, rows, slot)
            if expression is None
            else given_controls(expression, len(voice))
        )
        return OriginalPerformance(
            table=placed_table(
                voice, rows, controls, instrument=chosen.name, compat=compat
            ),
            parameters=synthesis_parameters(
                self.synthesis_generator,
                row_frames(rows, compat=compat),
                controls,
                slot,
                choose=choose,
                compat=compat,
            ),
            reverb=self.reverb(chosen.name),
            compat=compat,
            notices=notices,
        )

    def _played(self, name: str) -> tuple[Instrument, int]:
        """The instrument of a name and its slot."""
        try:
            instrument = instrument_named(name)
        except UsageError:
            instrument = None
        if instrument is None or instrument.urmp_id is None:
            raise UsageError(
                f'the model {self.name} plays no "{name}": it plays '
                f"{', '.join(self.instruments)}"
            )
        return instrument, instrument.urmp_id
