"""A performer without a network: expression and sound by formula.

For hearing a score, its parts and its timing before there is a model, for tests and for
measuring all but the networks. It imitates no instrument: families differ in colour
only. Instruments are for `musegen.midi_ddsp.generators`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musegen.engine.digests import sha256_of
from musegen.engine.seeds import generator
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.instruments import INSTRUMENTS
from musegen.midi_ddsp.note_frames import frame_spans
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    SynthesisParameters,
)
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.synthesizing.performers import TAIL_S, PlayingChoices
from musegen.midi_ddsp.synthesizing.wheel_vibrato import moves_vibrato, widen_vibrato
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

NAME = "none"
BLOCK_FRAMES = 250
MIN_VIBRATO_S = 0.4  # shorter notes have none

_VERSION = 1  # of the formulas, for recipes
_MEAN_HARMONIC = {"strings": 4.5, "woodwind": 3.0, "brass": 4.0}
_LOUDEST_DB, _DB_PER_VELOCITY = -16.0, 0.2
_SPREAD = {  # standard deviation of what is drawn, at a variety of 1
    "volume_db": 1.0,
    "vibrato_extent_cents": 3.0,
    "vibrato_rate_hz": 0.2,
    "mean_harmonic": 0.2,
    "intonation_cents": 2.0,
}
_LEAST = {"vibrato_extent_cents": 0.0, "mean_harmonic": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPerformer:
    """A `Performer` that needs no weights."""

    @property
    def name(self) -> str:
        """The model's name."""
        return NAME

    @property
    def digest(self) -> str:
        """Of the version of the formulas."""
        return sha256_of(f"{NAME} {_VERSION}".encode())

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names of the instruments it plays: all."""
        return tuple(instrument.name for instrument in INSTRUMENTS)

    @property
    def control_names(self) -> tuple[str, ...]:
        """Columns of the note table that it reads."""
        return tuple(name for name in UNIT_NAMES if name != "spectral_centroid_hz")

    def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
        """Return how each note shall be played: by velocity, length and some chance."""
        units = np.array(
            [_units(note, part.instrument.family) for note in part.notes], np.float64
        )
        if not choices.is_deterministic:
            drawn = generator(choices.seed, "expression").standard_normal(units.shape)
            spread = np.array([_SPREAD.get(name, 0.0) for name in UNIT_NAMES])
            units += choices.variety * spread * drawn
            least = np.array([_LEAST.get(name, -np.inf) for name in UNIT_NAMES])
            units = np.maximum(units, least)
        columns = [UNIT_NAMES.index(name) for name in self.control_names]
        return make_note_table(
            part.notes,
            instrument=part.instrument.name,
            units=units[:, columns],
            unit_names=self.control_names,
        )

    def playable(self, table: NoteTable) -> NoteTable:
        """Return a table whose tones are made of harmonics that there are."""
        held = np.clip(table["mean_harmonic"], 1.0, NUM_HARMONICS)
        return table.with_columns({"mean_harmonic": held})

    def parameters(
        self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
    ) -> Iterator[SynthesisParameters]:
        """Play a part note by note; see `Performer.parameters`."""
        del choices  # all is in the table
        first = 0
        for played in _notes_played(table, self.control_names):
            factor = part.automation.vibrato_factor
            last = first + played.num_frames
            if moves_vibrato(factor):
                index = np.zeros(played.num_frames, np.int32)
                played = widen_vibrato(played, factor.at(first, last), index)
            for start in range(0, played.num_frames, BLOCK_FRAMES):
                yield played.frames(start, start + BLOCK_FRAMES)
            first = last

    def room(self, instrument: str) -> ImpulseResponse | None:
        """Return None: there is nothing to learn a room from."""
        del instrument
        return None


def _units(note: PlayedNote, family: str) -> list[float]:
    """How a note is played, in the order of `UNIT_NAMES`."""
    has_vibrato = note.duration_s >= MIN_VIBRATO_S and family == "strings"
    values = {
        "volume_db": _LOUDEST_DB - _DB_PER_VELOCITY * (127 - note.velocity),
        "volume_fluctuation_db": 1.5,
        "peak_position": 0.4,
        "vibrato_extent_cents": 15.0 if has_vibrato else 0.0,
        "vibrato_rate_hz": 5.5,
        "vibrato_delay_s": 0.15,
        "mean_harmonic": _MEAN_HARMONIC[family],
        "attack_noise_db": -75.0,
        "attack_noise_relative_db": 10.0,
    }
    return [values.get(name, 0.0) for name in UNIT_NAMES]


def _notes_played(
    table: NoteTable, read_names: Sequence[str]
) -> Iterator[SynthesisParameters]:
    """Yield what sounds until each next note begins, from the score's beginning."""
    notes = table.notes()
    units = np.zeros((len(notes), len(UNIT_NAMES)))
    for name in read_names:
        units[:, UNIT_NAMES.index(name)] = table[name]
    spans = frame_spans(notes)
    ends = [*spans[1:, 0].tolist(), int(spans[-1, 1] + TAIL_S * FRAME_RATE_HZ)]
    if spans[0, 0] > 0:
        yield _silence(int(spans[0, 0]))
    for note, row, (onset, offset), end in zip(
        notes, units, spans.tolist(), ends, strict=True
    ):
        alone = replace(note, onset_s=0.0, offset_s=(offset - onset) / FRAME_RATE_HZ)
        yield synthesise_units([alone], row[None], end - onset)


def _silence(num_frames: int) -> SynthesisParameters:
    return SynthesisParameters(
        f0_hz=np.zeros(num_frames, np.float32),
        amplitude=np.zeros(num_frames, np.float32),
        harmonics=np.zeros((num_frames, NUM_HARMONICS), np.float32),
        noise=np.zeros((num_frames, NUM_NOISE_BANDS), np.float32),
    )
