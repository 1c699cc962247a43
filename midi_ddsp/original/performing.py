"""From the notes of one part to what the synthesizer plays, by the original's networks.

The steps of a performance; `musegen.midi_ddsp.original.model` puts them together. Notes
of several parts never meet here, so that a part does not depend on the others.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import EmptyScoreError, InputError, UsageError
from musegen.data.notices import Notice
from musegen.engine.seeds import generator
from musegen.midi_ddsp.dsp.rendering import DEFAULT_OPTIONS, RenderOptions, render
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.expression import CONTROL_NAMES, spread
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.notes import PlayedNote, monophonic
from musegen.midi_ddsp.original.conditioning import conditioning
from musegen.midi_ddsp.original.expression_generator import ExpressionGenerator
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.note_rows import NoteRows
from musegen.midi_ddsp.original.pitch_bins import (
    NUM_BINS,
    bin_to_deviation,
    nucleus_probabilities,
)
from musegen.midi_ddsp.original.rests import hold_pitch, rest_gate
from musegen.midi_ddsp.original.synthesis_generator import Choose, SynthesisGenerator
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    from_logits,
    midi_to_hz,
)
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

FloatArray = NDArray[np.float64]
Expression = NoteTable | NDArray[np.floating]
"""Controls of each note: a table, or [notes, 6] in the order of `CONTROL_NAMES`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OriginalPerformance:
    """A part as it is played; `OriginalModel.perform` makes one.

    Args:
        table: The notes as they are timed, with their controls. Notes that the released
            code leaves without a frame are not in it.
        parameters: T frames, to the end of a rest of a second.
        reverb: The room, with the fade of inference.
        compat: Whether it is to sound as the released code would play it.
        notices: What was changed in the notes.
    """

    table: NoteTable
    parameters: SynthesisParameters
    reverb: ImpulseResponse
    compat: bool = False
    notices: tuple[Notice, ...] = ()

    def render(
        self,
        *,
        sample_rate: int = SAMPLE_RATE_HZ,
        seed: int = 0,
        options: RenderOptions = DEFAULT_OPTIONS,
    ) -> NDArray[np.float32]:
        """Return the sound, see `musegen.midi_ddsp.dsp.rendering.render`.

        Args:
            sample_rate: Samples a second; with `compat` only 16 000.
            seed: Which noise.
            options: Gains and the reverb's tail; `reverb_gain=0` is dry.

        Raises:
            UsageError: `compat` at another sample rate.
        """
        return render(
            self.parameters,
            sample_rate=sample_rate,
            reverb=self.reverb,
            compat=self.compat,
            seed=seed,
            options=options,
        )


# === Notes and their controls ===


def one_voice(
    notes: Sequence[PlayedNote], *, compat: bool = False
) -> tuple[tuple[PlayedNote, ...], tuple[Notice, ...]]:
    """Return the notes to play, and what was changed.

    A later onset ends the note before. With `compat` nothing is changed: the released
    code plays chords and overlaps as one note after the other.

    Args:
        notes: Of one part.
        compat: Whether to do as the released code does.

    Raises:
        EmptyScoreError: There are no notes.
        PolyphonyError: There is a chord, without `compat`.
    """
    if not notes:
        raise EmptyScoreError("the part has no notes to play; choose another part")
    return (tuple(notes), ()) if compat else monophonic(notes, chords="refuse")


def predict_controls(
    network: ExpressionGenerator, rows: NoteRows, instrument_id: int
) -> FloatArray:
    """Return what the Expression Generator says of each note, held within 0 to 1.

    Args:
        network: The Expression Generator.
        rows: Notes and rests.
        instrument_id: 0..19.

    Returns:
        [num_notes, 6] in the order of `CONTROL_NAMES`.
    """
    of_rows = network(rows.pitch, rows.length / FRAME_RATE_HZ, instrument_id)
    is_note = rows.note_index >= 0
    controls = np.zeros((rows.num_notes, len(CONTROL_NAMES)))
    controls[rows.note_index[is_note]] = np.clip(of_rows[is_note], 0.0, 1.0)
    return controls


def given_controls(expression: Expression, num_notes: int) -> FloatArray:
    """Return controls that the user gives, [num_notes, 6]; they may leave 0 to 1.

    Raises:
        InputError: They are not of that many notes, not finite, or a column is missing.
    """
    if isinstance(expression, NoteTable):
        expression = expression.controls()
    controls = np.asarray(expression, dtype=np.float64)
    if controls.shape != (num_notes, len(CONTROL_NAMES)):
        raise InputError(
            f"the expression has the shape {list(controls.shape)}, and there are "
            f"{num_notes} notes of {len(CONTROL_NAMES)} controls: give a row a note"
        )
    if not np.isfinite(controls).all():
        row = int(np.flatnonzero(~np.isfinite(controls).all(axis=1))[0])
        raise InputError(
            f"the expression of note {row + 1} has a value that is no number: give one"
        )
    return controls


def placed_table(
    notes: Sequence[PlayedNote],
    rows: NoteRows,
    controls: FloatArray,
    *,
    instrument: str,
    compat: bool = False,
) -> NoteTable:
    """Return the table of the notes, with `compat` timed as the rows are.

    Args:
        notes: One voice.
        rows: Made of them.
        controls: [num_notes, 6].
        instrument: Its name.
        compat: Whether to take times from the rows and leave out empty notes.
    """
    if not compat:
        return make_note_table(notes, instrument=instrument, controls=controls)
    is_kept = (rows.note_index >= 0) & (rows.length > 0)
    kept = rows.note_index[is_kept]
    spans = zip(rows.onset[is_kept], rows.offset[is_kept], strict=True)
    placed = [
        PlayedNote(
            pitch=notes[index].pitch,
            onset_s=float(onset / FRAME_RATE_HZ),
            offset_s=float(offset / FRAME_RATE_HZ),
            velocity=notes[index].velocity,
        )
        for index, (onset, offset) in zip(kept, spans, strict=True)
    ]
    return make_note_table(placed, instrument=instrument, controls=controls[kept])


# === Frames ===


def likeliest(logits: Array) -> int:
    """Return the likeliest class of a frame; a `Choose`."""
    return int(logits.argmax())


def nucleus_choice(seed: int, top_p: float) -> Choose:
    """Return a `Choose` that draws from the nucleus, with a generator of its own.

    Args:
        seed: Any integer. Two parts of the same notes and seed are played alike, so
            give each its own: `derive_seed(seed, part)`.
        top_p: Above 0, at most 1.

    Raises:
        UsageError: `top_p` is out of range.
    """
    if not 0.0 < top_p <= 1.0:
        raise UsageError(f"top_p is above 0 and at most 1; got {top_p}")
    draws = generator(seed, "pitch of the original MIDI-DDSP")

    def choose(logits: Array) -> int:
        mass = np.cumsum(nucleus_probabilities(logits, top_p), dtype=np.float64)
        drawn = int(np.searchsorted(mass, draws.random() * mass[-1], side="right"))
        return min(drawn, NUM_BINS - 1)

    return choose


def synthesis_parameters(
    network: SynthesisGenerator,
    frames: NoteFrames,
    controls: FloatArray,
    instrument_id: int,
    *,
    choose: Choose,
    compat: bool = False,
) -> SynthesisParameters:
    """Return what the synthesizer plays.

    Without `compat` a class of the pitch means its centre, rests hold the pitch of the
    note before, and what sounds in them fades.

    Args:
        network: The Synthesis Generator.
        frames: Which note sounds in each of T frames.
        controls: [num_notes, 6].
        instrument_id: 0..19.
        choose: Picks the pitch of each frame.
        compat: Whether to do as the released code does.
    """
    condition = network.condition(
        conditioning(frames, spread(controls, frames)), instrument_id
    )
    bins, _ = network.pitch(condition, choose)
    pitch = frames.pitch + bin_to_deviation(bins, centred=not compat)
    if not compat:
        pitch = hold_pitch(pitch, frames.note_index)
    raw = network.timbre(condition, pitch.astype(np.float32))
    sound = from_logits(midi_to_hz(pitch), raw.amplitude, raw.harmonics, raw.noise)
    if compat:
        return sound
    gate = rest_gate(frames.note_index)
    return SynthesisParameters(
        f0_hz=sound.f0_hz,
        amplitude=sound.amplitude * gate,
        harmonics=sound.harmonics,
        noise=sound.noise * gate[:, None],
    )
