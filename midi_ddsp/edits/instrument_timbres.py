"""The colours of the instruments by name, measured once and shipped as a table.

For: `--timbre violin`. Not for: a recording's own (`musegen.midi_ddsp.edits.timbre`).

Source: spectra of the FluidR3 GM sound font (MIT licence, Frank Wen), played by
`musegen.midi_ddsp.player` and measured by `measure_instruments`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import UsageError
from musegen.midi_ddsp.analysis.harmonic_analysis import HarmonicEstimator
from musegen.midi_ddsp.edits.timbre import Timbre, measure_timbre
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.notes import PlayedNote

TABLE = Path(__file__).with_name("instrument_timbres.json")
SCALE_STEP = 2  # semitones between the notes that are measured
ROW_STEP = 2  # every so many rows of a measured timbre are kept
NOTE_S, REST_S = 1.2, 0.3
FLOOR_DB = -100
_DB = 20 / np.log(10)


def instrument_timbre(name: str) -> Timbre:
    """Return the colour of an instrument.

    Args:
        name: As in `instrument_named`.

    Raises:
        UsageError: There is no such instrument, or no colour of it.
    """
    instrument = instrument_named(name)
    tables = json.loads(TABLE.read_text(encoding="utf-8"))["instruments"]
    table = tables.get(instrument.name)
    if table is None:
        raise UsageError(
            f"there is no timbre of the {instrument.name}; there are those of "
            f"{', '.join(tables)}: or give a recording of one"
        )
    return Timbre(
        pitches=np.array(table["pitches"], dtype=np.float64),
        harmonics=np.array(table["harmonics_db"], dtype=np.float64) / _DB,
        noise=np.array(table["noise_db"], dtype=np.float64) / _DB,
    )


def measure_instruments(
    sound_font: Path, instruments: Iterable[Instrument] = INSTRUMENTS
) -> str:
    """Return the text of the table, measured on scales played by a sound font.

    Args:
        sound_font: An .sf2 file, named in the table.
        instruments: Which of them.

    Raises:
        MissingPackageError: FluidSynth is not installed.
    """
    tables = {one.name: _measured(one, sound_font) for one in instruments}
    document = {"source": sound_font.name, "instruments": tables}
    return json.dumps(document, separators=(",", ":")).replace('"},', '"},\n') + "\n"


def _measured(instrument: Instrument, sound_font: Path) -> dict[str, Any]:
    from musegen.midi_ddsp.player.playing import play

    lowest, highest = (
        instrument.comfortable_lowest_pitch,
        instrument.comfortable_highest_pitch,
    )
    pitches = range(lowest, highest + 1, SCALE_STEP)
    notes = [
        PlayedNote(
            pitch=pitch,
            onset_s=index * (NOTE_S + REST_S),
            offset_s=index * (NOTE_S + REST_S) + NOTE_S,
        )
        for index, pitch in enumerate(pitches)
    ]
    played = play(notes, instrument, style="plain", seed=0, sound_font=sound_font)
    found = HarmonicEstimator().estimate(
        played.audio, played.f0_hz, np.zeros_like(played.f0_hz)
    )
    timbre = measure_timbre(found)
    return {
        "pitches": timbre.pitches[::ROW_STEP].astype(int).tolist(),
        "harmonics_db": _decibels(timbre.harmonics),
        "noise_db": _decibels(timbre.noise),
    }


def _decibels(rows: np.ndarray) -> list[list[int]]:
    levels = np.maximum(np.rint(rows[::ROW_STEP] * _DB), FLOOR_DB)
    whole: list[list[int]] = levels.astype(int).tolist()
    return whole
