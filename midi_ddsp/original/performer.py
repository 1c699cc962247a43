"""The original MIDI-DDSP as one of the models that play single lines.

What `musegen.midi_ddsp.synthesizing.performers.Performer` asks for, by the networks of
`musegen.midi_ddsp.original.model`. It reads a part whole, so what it holds grows with
the length of the part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.original.model import OriginalModel
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.performers import PlayingChoices
from musegen.midi_ddsp.synthesizing.velocity_levels import play_velocities
from musegen.midi_ddsp.synthesizing.wheel_vibrato import moves_vibrato, widen_vibrato
from musegen.midi_ddsp.tables.note_table import NoteTable

BLOCK_FRAMES = 250  # a second at a time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OriginalPerformer:
    """A `Performer`: the original's networks, with velocities and the modulation wheel.

    Its expression is never drawn: the `variety` of the choices does nothing.

    Args:
        model: The networks.
    """

    model: OriginalModel

    @classmethod
    def load(cls, name_or_path: str | Path) -> Self:
        """Load a model by name or folder; see `OriginalModel.load`.

        Raises:
            ModelError: There is none, or its folder cannot be used.
        """
        return cls(model=OriginalModel.load(name_or_path))

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def digest(self) -> str:
        """SHA-256 of the folder's config, which holds those of its files."""
        return self.model.digest

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names of the instruments it plays."""
        return self.model.instruments

    @property
    def control_names(self) -> tuple[str, ...]:
        """Columns of the note table that it reads, beside the notes."""
        return CONTROL_NAMES

    def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
        """Return the controls that the Expression Generator predicts.

        Raises:
            UsageError: It does not play the part's instrument.
        """
        del choices  # nothing is drawn
        return self.model.predict_expression(part.notes, part.instrument.name)

    def playable(self, table: NoteTable) -> NoteTable:
        """Return the table itself: its networks are given whatever it says."""
        return table

    def parameters(
        self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
    ) -> Iterator[SynthesisParameters]:
        """Play a part; see `Performer.parameters`.

        The networks know nothing of velocities: these change the level alone.

        Raises:
            UsageError: It does not play the part's instrument.
            InputError: The table lacks a control.
        """
        notes = table.notes()
        played = self.model.perform(
            notes,
            part.instrument.name,
            expression=table,
            seed=choices.seed,
            argmax=choices.is_deterministic,
        ).parameters
        played = play_velocities(played, notes)
        factor = part.automation.vibrato_factor
        if moves_vibrato(factor):
            index = note_frames(notes, played.num_frames).note_index
            played = widen_vibrato(played, factor.at(0, played.num_frames), index)
        for first in range(0, played.num_frames, BLOCK_FRAMES):
            yield played.frames(first, first + BLOCK_FRAMES)

    def room(self, instrument: str) -> ImpulseResponse:
        """Return the reverb that was learned with an instrument.

        Raises:
            UsageError: It does not play the instrument.
        """
        return self.model.reverb(instrument)
