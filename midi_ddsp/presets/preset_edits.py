"""What the presets of expression do to the notes of a line, in decibels and cents.

For `expression_presets`, which names them. Each is written once, in our own units; the
six controls of the published model are brought to units, edited and brought back. All
amounts are our own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import (
    attack_to_db,
    brightness_to_harmonic,
    fluctuation_to_db,
    volume_to_db,
)
from musegen.midi_ddsp.presets.cadences import cadence_weights
from musegen.midi_ddsp.tables.note_table import NoteTable
from musegen.midi_ddsp.vibrato import MIN_EXTENT_CENTS

VIBRATO_RATIO = 1.5
LEAST_VIBRATO_CENTS = 10.0  # what more vibrato gives a note without any ...
LEAST_VIBRATO_NOTE_S = 0.4  # ... if it is this long
COMMON_RATE_HZ = 5.5
COMMON_DELAY_S = 0.2
DELAY_SHARE = 0.3  # of the note, by which vibrato sets in later
LATEST_DELAY_SHARE = 0.8
LEVEL_DB = 6.0
DYNAMICS_RATIO = 2.0
BRIGHTNESS_RATIO = 1.25
ATTACK_DB = 6.0
LATE_PEAK, EARLY_PEAK = 0.8, 0.1  # places in the note
SHAPED_DB = 3.0  # the least fluctuation of a note that grows or dies away

FloatArray = NDArray[np.float64]
Values = dict[str, FloatArray]  # columns [N] by name, in units


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """When the notes of a line sound: onsets and offsets in s, [N]."""

    onset_s: FloatArray
    offset_s: FloatArray

    @property
    def length_s(self) -> FloatArray:
        """Lengths in s, [N]."""
        return self.offset_s - self.onset_s


Change = Callable[[Values, Line, float], Values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of some columns.

    Args:
        unit_names: Columns in units that it acts on, the first of them without fail.
        change: From columns in units (those that are there), the line and the strength
            to the columns that are changed.
    """

    unit_names: tuple[str, ...]
    change: Change

    @property
    def control_names(self) -> tuple[str, ...]:
        """Controls of the published model that it acts on; empty for none."""
        if self.unit_names[0] not in _CONTROL_OF:
            return ()
        return tuple(
            _CONTROL_OF[name] for name in self.unit_names if name in _CONTROL_OF
        )

    def can_act(self, names: Collection[str]) -> bool:
        """Say whether the column that it needs is among some, in either form."""
        first = self.unit_names[0]
        return first in names or _CONTROL_OF.get(first) in names

    def changed(self, table: NoteTable, strength: float) -> Values:
        """Return the columns of a table that change, in whichever forms it has them.

        Args:
            table: At least one note.
            strength: Above 0.
        """
        line = Line(onset_s=table["onset_s"], offset_s=table["offset_s"])
        changed: Values = {}
        units = {name: table[name] for name in self.unit_names if name in table.names}
        if self.unit_names[0] in units:
            changed |= self.change(units, line, strength)
        controls = {name for name in self.control_names if name in table.names}
        from_controls = {
            unit: scale.to_units(table[scale.control])
            for unit, scale in _SCALES.items()
            if scale.control in controls
        }
        if self.unit_names[0] in from_controls:
            for unit, values in self.change(from_controls, line, strength).items():
                scale = _SCALES[unit]
                changed[scale.control] = scale.from_units(values)
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class _ControlScale:
    """A published control that is a straight line over units."""

    control: str
    meaning: Callable[[float], float]

    def to_units(self, control: FloatArray) -> FloatArray:
        zero, one = self.meaning(0.0), self.meaning(1.0)
        return zero + (one - zero) * control

    def from_units(self, values: FloatArray) -> FloatArray:
        zero, one = self.meaning(0.0), self.meaning(1.0)
        return (values - zero) / (one - zero)


def _vibrato_to_cents(vibrato: float) -> float:
    """About the extent that a vibrato control means, as its window has it."""
    return 27.0 * vibrato


_SCALES: Mapping[str, _ControlScale] = {
    "volume_db": _ControlScale(control="volume", meaning=volume_to_db),
    "volume_fluctuation_db": _ControlScale(
        control="vol_fluc", meaning=fluctuation_to_db
    ),
    "vibrato_extent_cents": _ControlScale(control="vibrato", meaning=_vibrato_to_cents),
    "mean_harmonic": _ControlScale(
        control="brightness", meaning=brightness_to_harmonic
    ),
    "attack_noise_db": _ControlScale(control="attack", meaning=attack_to_db),
    "peak_position": _ControlScale(control="vol_peak_pos", meaning=float),
}
_CONTROL_OF = {unit: scale.control for unit, scale in _SCALES.items()}


# === Vibrato ===


def _with_extent(values: Values, extent_cents: FloatArray) -> Values:
    """Columns of vibrato of a new extent: a rate where there is any, none elsewhere."""
    changed = {"vibrato_extent_cents": extent_cents}
    has_vibrato = extent_cents >= MIN_EXTENT_CENTS
    rate_hz = values.get("vibrato_rate_hz")
    had_rate = has_vibrato if rate_hz is None else rate_hz > 0.0
    if rate_hz is not None:
        usual_hz = float(np.median(rate_hz[had_rate])) if had_rate.any() else None
        made_hz = np.where(had_rate, rate_hz, usual_hz or COMMON_RATE_HZ)
        changed["vibrato_rate_hz"] = np.where(has_vibrato, made_hz, 0.0)
    delay_s = values.get("vibrato_delay_s")
    if delay_s is not None:
        made_s = np.where(had_rate, delay_s, COMMON_DELAY_S)
        changed["vibrato_delay_s"] = np.where(has_vibrato, made_s, 0.0)
    return changed


def _more_vibrato(values: Values, line: Line, strength: float) -> Values:
    least = np.where(line.length_s >= LEAST_VIBRATO_NOTE_S, LEAST_VIBRATO_CENTS, 0.0)
    wider = values["vibrato_extent_cents"] * VIBRATO_RATIO**strength
    return _with_extent(values, np.maximum(wider, strength * least))


def _less_vibrato(values: Values, line: Line, strength: float) -> Values:
    return _with_extent(values, values["vibrato_extent_cents"] * 0.5**strength)


def _no_vibrato(values: Values, line: Line, strength: float) -> Values:
    left = max(0.0, 1.0 - strength)
    return _with_extent(values, values["vibrato_extent_cents"] * left)


def _late_vibrato(values: Values, line: Line, strength: float) -> Values:
    delay_s = values["vibrato_delay_s"]
    later_s = delay_s + strength * DELAY_SHARE * line.length_s
    latest_s = np.maximum(delay_s, LATEST_DELAY_SHARE * line.length_s)
    has_vibrato = values.get("vibrato_rate_hz", np.ones(len(delay_s))) > 0.0
    held_s = np.minimum(later_s, latest_s)
    return {"vibrato_delay_s": np.where(has_vibrato, held_s, delay_s)}


_VIBRATO_NAMES = ("vibrato_extent_cents", "vibrato_rate_hz", "vibrato_delay_s")
MORE_VIBRATO = Edit(unit_names=_VIBRATO_NAMES, change=_more_vibrato)
LESS_VIBRATO = Edit(unit_names=_VIBRATO_NAMES, change=_less_vibrato)
NO_VIBRATO = Edit(unit_names=_VIBRATO_NAMES, change=_no_vibrato)
LATE_VIBRATO = Edit(
    unit_names=("vibrato_delay_s", "vibrato_rate_hz"), change=_late_vibrato
)


# === Level: the noise of the attack goes with it, so that their balance stays ===


def _shifted(values: Values, gain_db: FloatArray) -> Values:
    return {name: column + gain_db for name, column in values.items()}


def _level_edit(gain_db: Callable[[Values, Line, float], FloatArray]) -> Edit:
    def change(values: Values, line: Line, strength: float) -> Values:
        return _shifted(values, gain_db(values, line, strength))

    return Edit(unit_names=("volume_db", "attack_noise_db"), change=change)


def _whole_line(gain_db: float) -> Edit:
    return _level_edit(
        lambda values, line, strength: np.full(len(line.onset_s), gain_db * strength)
    )


def _dynamics(ratio: float) -> Edit:
    """Levels moved from their mean, in which long notes count more."""

    def gain_db(values: Values, line: Line, strength: float) -> FloatArray:
        level_db = values["volume_db"]
        mean_db = np.average(level_db, weights=line.length_s)
        spread: FloatArray = (ratio**strength - 1.0) * (level_db - mean_db)
        return spread

    return _level_edit(gain_db)


def _cadence(gain_db: float) -> Edit:
    return _level_edit(
        lambda values, line, strength: (
            gain_db * strength * cadence_weights(line.onset_s, line.offset_s)
        )
    )


def _hairpin(half_db: float) -> Edit:
    """Levels from `half_db` below to `half_db` above, straight over the onsets."""

    def gain_db(values: Values, line: Line, strength: float) -> FloatArray:
        first_s, last_s = line.onset_s[0], line.onset_s[-1]
        if first_s == last_s:
            return np.zeros(len(line.onset_s))
        place = (line.onset_s - first_s) / (last_s - first_s)
        gains: FloatArray = strength * half_db * (2.0 * place - 1.0)
        return gains

    return _level_edit(gain_db)


LOUDER = _whole_line(LEVEL_DB)
SOFTER = _whole_line(-LEVEL_DB)
WIDER_DYNAMICS = _dynamics(DYNAMICS_RATIO)
EVEN_DYNAMICS = _dynamics(1.0 / DYNAMICS_RATIO)
LOUDER_AT_THE_CADENCE = _cadence(LEVEL_DB)
SOFTER_AT_THE_CADENCE = _cadence(-LEVEL_DB)
CRESCENDO = _hairpin(LEVEL_DB)
DIMINUENDO = _hairpin(-LEVEL_DB)


# === Colour, attack, shape, pitch ===


def _brightness(ratio: float) -> Edit:
    """Mean harmonic number, and the frequency that it is, times a ratio."""

    def change(values: Values, line: Line, strength: float) -> Values:
        before = values["mean_harmonic"]
        # No harmonic has a number below 1; a note without any keeps its 0.
        after = np.where(
            before > 0.0, np.maximum(before * ratio**strength, 1.0), before
        )
        changed = {"mean_harmonic": after}
        centroid_hz = values.get("spectral_centroid_hz")
        if centroid_hz is not None:
            reached = after / np.where(before > 0.0, before, 1.0)
            changed["spectral_centroid_hz"] = np.where(
                before > 0.0, centroid_hz * reached, centroid_hz
            )
        return changed

    return Edit(unit_names=("mean_harmonic", "spectral_centroid_hz"), change=change)


def _attack(gain_db: float) -> Edit:
    def change(values: Values, line: Line, strength: float) -> Values:
        return _shifted(values, np.full(len(line.onset_s), gain_db * strength))

    return Edit(
        unit_names=("attack_noise_db", "attack_noise_relative_db"), change=change
    )


def _shape(peak_position: float) -> Edit:
    """Loudest at a place; a level that hardly moves moves by 3 dB."""

    def change(values: Values, line: Line, strength: float) -> Values:
        before = values["peak_position"]
        changed = {
            "peak_position": before + min(strength, 1.0) * (peak_position - before)
        }
        fluctuation_db = values.get("volume_fluctuation_db")
        if fluctuation_db is not None:
            least_db = SHAPED_DB * strength
            changed["volume_fluctuation_db"] = np.maximum(fluctuation_db, least_db)
        return changed

    return Edit(unit_names=("peak_position", "volume_fluctuation_db"), change=change)


def _in_tune(values: Values, line: Line, strength: float) -> Values:
    left = max(0.0, 1.0 - strength)
    return {"intonation_cents": values["intonation_cents"] * left}


BRIGHTER = _brightness(BRIGHTNESS_RATIO)
DARKER = _brightness(1.0 / BRIGHTNESS_RATIO)
SHARPER_ATTACK = _attack(ATTACK_DB)
SOFTER_ATTACK = _attack(-ATTACK_DB)
SWELLING = _shape(LATE_PEAK)
FADING = _shape(EARLY_PEAK)
IN_TUNE = Edit(unit_names=("intonation_cents",), change=_in_tune)
