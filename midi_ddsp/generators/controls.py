"""What our generators are told of a note: nine controls in units, and their scale.

They are those of `musegen.midi_ddsp.expression_units` that say something of their own;
the other two follow from them. A network reads them on one fixed scale for all
instruments, people in dB, cents, seconds and harmonic numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.expression_scale import NATURAL_RANGES
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.tables.note_table import NoteTable
from musegen.midi_ddsp.vibrato import HIGHEST_RATE_HZ

CONTROL_NAMES = (
    "volume_db",
    "volume_fluctuation_db",
    "peak_position",
    "vibrato_extent_cents",
    "vibrato_rate_hz",
    "vibrato_delay_s",
    "mean_harmonic",
    "attack_noise_db",
    "intonation_cents",
)
NUM_CONTROLS = len(CONTROL_NAMES)
# Those that levels decide; pitch is made from the others, and so keeps to them.
MEASURED = (
    "volume_db",
    "volume_fluctuation_db",
    "peak_position",
    "mean_harmonic",
    "attack_noise_db",
)
COLUMNS = {name: column for column, name in enumerate(CONTROL_NAMES)}

_IN_UNITS = [UNIT_NAMES.index(name) for name in CONTROL_NAMES]
_LOW = np.array([NATURAL_RANGES[name][0] for name in CONTROL_NAMES])
_WIDTH = np.array([NATURAL_RANGES[name][1] for name in CONTROL_NAMES]) - _LOW
# What a performer cannot go below or above, whatever is asked for.
_LEAST = np.array([-90.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, -120.0, -1200.0])
_MOST = np.array([6.0, 40.0, 1.0, 300.0, 12.0, 3600.0, 60.0, 0.0, 1200.0])
_ANY_DELAY_S = 1.0
WIDEST_TOLD_CENTS = NATURAL_RANGES["vibrato_extent_cents"][1]
"""The widest vibrato that networks are told of."""
# Between what networks are told how a pitch moves: the notes that they learn from lie
# there. What is asked for beyond is made from the controls, and the network left to
# what it knows. Of delays it is our own choice.
_TOLD = {
    "vibrato_extent_cents": (0.0, WIDEST_TOLD_CENTS),
    "vibrato_rate_hz": (0.0, HIGHEST_RATE_HZ),
    "vibrato_delay_s": (0.0, 4.0),
    "intonation_cents": NATURAL_RANGES["intonation_cents"],
}

FloatArray = NDArray[np.float64]


def controls_of_units(units: NDArray[np.floating]) -> FloatArray:
    """Return the controls [N, 9] among units [N, 11]."""
    return np.asarray(units, dtype=np.float64)[:, _IN_UNITS]


def units_of_controls(
    controls: NDArray[np.floating], pitches: Sequence[int] | NDArray[np.integer]
) -> FloatArray:
    """Return units [N, 11] of controls [N, 9].

    The centroid follows from harmonic number and written pitch; the noise of the attack
    against the rest is not known before the note is played, and is given as 0.
    """
    units = np.zeros((len(controls), len(UNIT_NAMES)))
    units[:, _IN_UNITS] = controls
    f0_hz = 440.0 * 2.0 ** ((np.asarray(pitches, dtype=np.float64) - 69.0) / 12.0)
    units[:, UNIT_NAMES.index("spectral_centroid_hz")] = (
        units[:, UNIT_NAMES.index("mean_harmonic")] * f0_hz
    )
    return units


def controls_of_table(table: NoteTable) -> FloatArray:
    """Return the controls [N, 9] of a note table, within what can be played.

    Raises:
        InputError: A column is missing.
    """
    columns = [np.asarray(table[name], dtype=np.float64) for name in CONTROL_NAMES]
    return playable(np.stack(columns, axis=1))


def playable_table(table: NoteTable) -> NoteTable:
    """Return a table whose controls can be played.

    No vibrato sets in after its note. Below a second a delay may be longer than the
    note, as predictions have it of notes too short to vibrate: none is heard.

    Raises:
        InputError: A column is missing.
    """
    controls = controls_of_table(table)
    delay_s = controls[:, COLUMNS["vibrato_delay_s"]]
    length_s = table["offset_s"] - table["onset_s"]
    np.minimum(delay_s, np.maximum(length_s, _ANY_DELAY_S), out=delay_s)
    return table.with_columns(
        {name: controls[:, column] for name, column in COLUMNS.items()}
    )


def playable(controls: NDArray[np.floating]) -> FloatArray:
    """Return controls [N, 9] within what can be played at all."""
    limited: FloatArray = np.clip(controls, _LEAST, _MOST)
    return limited


def told_controls(controls: NDArray[np.floating]) -> FloatArray:
    """Return controls [N, 9] of which networks are told in place of those asked for.

    How a pitch moves is held within what notes do; levels are as they are.
    """
    told = np.array(controls, dtype=np.float64)
    for name, (lowest, highest) in _TOLD.items():
        told[:, COLUMNS[name]] = np.clip(told[:, COLUMNS[name]], lowest, highest)
    return told


def untold_controls(num_notes: int) -> FloatArray:
    """Return [N, 9]: every control in the middle of its range, and no vibrato."""
    untold = from_scale(np.full((num_notes, NUM_CONTROLS), 0.5))
    untold[:, [COLUMNS["vibrato_extent_cents"], COLUMNS["intonation_cents"]]] = 0.0
    return untold


def to_scale(controls: NDArray[np.floating]) -> FloatArray:
    """Return controls [..., 9] as networks read them, about 0 to 1."""
    return np.asarray((controls - _LOW) / _WIDTH)


def from_scale(scaled: NDArray[np.floating]) -> FloatArray:
    """Return what networks say, [..., 9], in units: the inverse of `to_scale`."""
    return np.asarray(scaled * _WIDTH + _LOW)
