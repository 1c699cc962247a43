"""Expression as rows of values that people look at, and what a performance sounds like.

For: `musegen show --expression`. Not for: measuring notes
(`musegen.midi_ddsp.expression_units`) or drawing (`musegen.render`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.analysing import Analysis
from musegen.midi_ddsp.analysis.pitch_spectrogram import (
    PitchSpectrogram,
    pitch_spectrogram,
)
from musegen.midi_ddsp.dsp.rendering import Renderer, render_blocks
from musegen.midi_ddsp.edits.level import level_db
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import measure_notes
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    hz_to_midi,
)
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

Scale = Literal["from_zero", "about_zero", "free", "share"]
Kind = Literal["level", "pitch", "tone", "attack"]
Floats = NDArray[np.float32]

_PIECE_SAMPLES = 10 * SAMPLE_RATE_HZ
AUDIBLE_RANGE_DB = 60.0  # pitch further below the loudest frame is not shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionRow:
    """A column of a note table as people see it.

    Args:
        name: Of the column.
        label: What it is, in a word or two.
        unit: What it counts.
        kind: What it belongs to.
        scale: Whether it counts from 0, about 0, freely (levels), or from 0 to 1.
        values: [N].
    """

    name: str
    label: str
    unit: str
    kind: Kind
    scale: Scale
    values: NDArray[np.float64]


_Look = tuple[str, str, str, Kind, Scale]
_UNITS: tuple[_Look, ...] = (
    ("volume_db", "volume", "dB", "level", "free"),
    ("volume_fluctuation_db", "fluctuation", "dB", "level", "from_zero"),
    ("peak_position", "loudest at", "0 start, 1 end", "level", "share"),
    ("vibrato_extent_cents", "vibrato", "cents", "pitch", "from_zero"),
    ("vibrato_rate_hz", "vibrato rate", "Hz", "pitch", "from_zero"),
    ("vibrato_delay_s", "vibrato delay", "s", "pitch", "from_zero"),
    ("intonation_cents", "intonation", "cents", "pitch", "about_zero"),
    ("mean_harmonic", "brightness", "mean harmonic", "tone", "from_zero"),
    ("attack_noise_db", "attack noise", "dB", "attack", "free"),
)
_CONTROLS: tuple[_Look, ...] = (
    ("volume", "volume", "control, 0 to 1", "level", "share"),
    ("vol_fluc", "fluctuation", "control, 0 to 1", "level", "share"),
    ("vol_peak_pos", "loudest at", "0 start, 1 end", "level", "share"),
    ("vibrato", "vibrato", "control, 0 to 1", "pitch", "share"),
    ("brightness", "brightness", "control, 0 to 1", "tone", "share"),
    ("attack", "attack noise", "control, 0 to 1", "attack", "share"),
)


def expression_rows(table: NoteTable) -> tuple[ExpressionRow, ...]:
    """Return the expression of a table: in units where it has any, else the controls.

    Args:
        table: At least one note.

    Raises:
        InputError: The table holds notes but no expression.
    """
    for looks in (_UNITS, _CONTROLS):
        rows = tuple(
            ExpressionRow(
                name=name,
                label=label,
                unit=unit,
                kind=kind,
                scale=scale,
                values=table[name],
            )
            for name, label, unit, kind, scale in looks
            if name in table.names
        )
        if rows:
            return rows
    raise InputError(
        "the note table holds notes but no expression: it needs at least one of the "
        f"columns {', '.join(name for name, *_ in _UNITS)}, or of the published "
        f"model's {', '.join(CONTROL_NAMES)}"
    )


def measured_table(
    notes: Sequence[PlayedNote],
    blocks: Iterable[SynthesisParameters],
    *,
    instrument: str,
) -> NoteTable:
    """Return the expression, in units, of notes as parameters play them.

    Args:
        notes: One voice, by time.
        blocks: At least one, of one form, from the same beginning.
        instrument: Its name.
    """
    parameters = _joined(tuple(blocks))
    units = measure_notes(parameters, note_frames(notes, parameters.num_frames))
    return make_note_table(notes, instrument=instrument, units=units)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardSound:
    """What a performance sounds like; frame t stands at t / 250 s.

    Args:
        duration_s: How long.
        pitch: MIDI pitch, NaN where there is none, [T].
        level_db: [T].
        level_label: What `level_db` is, in a word.
        spectrogram: Levels over pitch.
    """

    duration_s: float
    pitch: Floats
    level_db: Floats
    level_label: str
    spectrogram: PitchSpectrogram


def heard_in_parameters(blocks: Iterable[SynthesisParameters]) -> HeardSound:
    """Return what synthesis parameters sound like, without reverb.

    Args:
        blocks: At least one; they are not kept.

    Raises:
        InputError: They have another frame rate than 250 Hz.
    """
    f0_hz: list[Floats] = []
    levels: list[NDArray[np.float64]] = []

    def passing() -> Iterator[SynthesisParameters]:
        for block in blocks:
            _check_frame_rate(block)
            f0_hz.append(block.f0_hz)
            levels.append(level_db(block))
            yield block

    renderer = Renderer(sample_rate=SAMPLE_RATE_HZ)
    audio = np.concatenate(
        list(render_blocks(passing(), block_samples=_PIECE_SAMPLES, renderer=renderer))
    )
    level, pitch_hz = np.concatenate(levels), np.concatenate(f0_hz)
    is_heard = (pitch_hz > 0.0) & (level > level.max() - AUDIBLE_RANGE_DB)
    return HeardSound(
        duration_s=len(level) / FRAME_RATE_HZ,
        pitch=_pitch_where(is_heard, pitch_hz),
        level_db=level.astype(np.float32),
        level_label="level",
        spectrogram=pitch_spectrogram(audio),
    )


def heard_in_recording(analysis: Analysis, audio: Floats) -> HeardSound:
    """Return what a recording sounds like.

    Args:
        analysis: Of the recording.
        audio: The recording, mono, 16 kHz, [N].
    """
    return HeardSound(
        duration_s=analysis.duration_s,
        pitch=_pitch_where(analysis.voiced, analysis.f0_hz),
        level_db=analysis.loudness_db,
        level_label="loudness",
        spectrogram=pitch_spectrogram(audio),
    )


def _joined(blocks: tuple[SynthesisParameters, ...]) -> SynthesisParameters:
    if len(blocks) == 1:
        return blocks[0]
    return replace(
        blocks[0],
        f0_hz=np.concatenate([block.f0_hz for block in blocks]),
        amplitude=np.concatenate([block.amplitude for block in blocks]),
        harmonics=np.concatenate([block.harmonics for block in blocks]),
        noise=np.concatenate([block.noise for block in blocks]),
    )


def _check_frame_rate(parameters: SynthesisParameters) -> None:
    if parameters.frame_rate_hz != FRAME_RATE_HZ:
        raise InputError(
            f"the parameters have {parameters.frame_rate_hz:g} frames a second; only "
            f"those with {FRAME_RATE_HZ:g} can be shown"
        )


def _pitch_where(is_heard: NDArray[np.bool_], f0_hz: Floats) -> Floats:
    return np.where(is_heard, hz_to_midi(f0_hz), np.nan).astype(np.float32)
