"""How an instrument colours its notes, by pitch, and giving that colour to another.

For: `--timbre` of `musegen resynth`. A `Timbre` is a table of mean spectra by pitch,
measured on any performance. Not for: a network's notion of an instrument
(`musegen.midi_ddsp.inference`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from musegen.data.errors import InputError
from musegen.midi_ddsp.edits.level import level_db
from musegen.midi_ddsp.edits.spectral import log_levels, with_harmonics
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi

Floats = npt.NDArray[np.float64]

PITCH_STEP = 2  # semitones between the rows of a table
KERNEL_SEMITONES = 2.0  # standard deviation with which frames count for a row
MIN_WEIGHT = 10.0  # frames that must have gone into a row
AUDIBLE_DB = 40.0  # frames this far below the loudest are not looked at
KEPT_DETAIL = 0.5  # share of a frame's own deviation from its mean that is kept
MAX_DETAIL = np.log(2.0)  # of that deviation: 6 dB
LEVEL_FLOOR = np.log(1e-6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timbre:
    """Mean spectra of an instrument by pitch.

    Args:
        pitches: MIDI pitch of each row, rising, [P].
        harmonics: Mean natural logarithm of the harmonic distribution, [P, K].
        noise: Mean natural logarithm of noise magnitude over harmonic amplitude,
            [P, M].
    """

    pitches: Floats
    harmonics: Floats
    noise: Floats

    def at(self, pitch: Floats) -> tuple[Floats, Floats]:
        """Return the rows at pitches between the table's: [T, K] and [T, M].

        Args:
            pitch: MIDI pitch, [T]; beyond the table's ends the end row holds.
        """
        place = np.interp(pitch, self.pitches, np.arange(len(self.pitches)))
        below = np.minimum(place.astype(np.int64), max(len(self.pitches) - 2, 0))
        above = np.minimum(below + 1, len(self.pitches) - 1)
        share = (place - below)[:, None]
        return (
            (1 - share) * self.harmonics[below] + share * self.harmonics[above],
            (1 - share) * self.noise[below] + share * self.noise[above],
        )


def measure_timbre(parameters: SynthesisParameters) -> Timbre:
    """Return the mean spectra of a performance by pitch.

    Args:
        parameters: Of any performance with pitched frames.

    Raises:
        InputError: It has too little pitched sound.
    """
    levels = level_db(parameters)
    is_used = (
        (parameters.f0_hz > 0)
        & (parameters.amplitude > 0)
        & (levels > levels.max(initial=-np.inf) - AUDIBLE_DB)
    )
    if is_used.sum() < MIN_WEIGHT:
        raise InputError(
            "there is too little pitched sound to take a timbre from: give a recording "
            "with some sustained notes of one instrument"
        )
    pitch = hz_to_midi(parameters.f0_hz[is_used].astype(np.float64))
    harmonics = log_levels(parameters.harmonics[is_used])
    noise = _relative_noise(parameters)[is_used]
    centres = np.arange(
        np.floor(pitch.min()), np.ceil(pitch.max()) + PITCH_STEP, PITCH_STEP
    )
    weights = np.exp(-(((centres[:, None] - pitch) / KERNEL_SEMITONES) ** 2) / 2)
    totals = weights.sum(axis=1)
    is_kept = totals >= min(MIN_WEIGHT, totals.max())
    share = weights[is_kept] / totals[is_kept, None]
    return Timbre(
        pitches=centres[is_kept], harmonics=share @ harmonics, noise=share @ noise
    )


def apply_timbre(
    parameters: SynthesisParameters, timbre: Timbre
) -> SynthesisParameters:
    """Return the performance in another instrument's colour.

    Each frame gets the mean spectrum that the other instrument has at its pitch; half
    of the frame's own deviation from its own instrument's mean stays, up to 6 dB, so
    that what moved in the sound still moves. Power and pitch stay.

    Args:
        parameters: What was played.
        timbre: Of the other instrument.

    Raises:
        InputError: The performance has too little pitched sound.
    """
    own = measure_timbre(parameters)
    pitch = hz_to_midi(np.maximum(parameters.f0_hz, 1.0).astype(np.float64))
    own_harmonics, own_noise = own.at(pitch)
    new_harmonics, new_noise = timbre.at(pitch)
    detail = _limited(log_levels(parameters.harmonics) - own_harmonics)
    width = parameters.harmonics.shape[1]
    colored = with_harmonics(
        parameters, np.exp(_of_width(new_harmonics, width) + detail)
    )
    moved = _of_width(new_noise, parameters.noise.shape[1]) + _limited(
        _relative_noise(parameters) - own_noise
    )
    is_pitched = (parameters.f0_hz > 0) & (parameters.amplitude > 0)
    noise = np.exp(moved) * colored.amplitude[:, None].astype(np.float64)
    return replace(
        colored,
        noise=np.where(is_pitched[:, None], noise, parameters.noise).astype(np.float32),
    )


def _relative_noise(parameters: SynthesisParameters) -> Floats:
    """Return log noise magnitudes over the amplitude, [T, M]."""
    amplitude = np.maximum(parameters.amplitude.astype(np.float64), 1e-7)[:, None]
    ratio = np.log(np.maximum(parameters.noise / amplitude, np.exp(LEVEL_FLOOR)))
    relative: Floats = ratio.astype(np.float64)
    return relative


def _limited(deviation: Floats) -> Floats:
    limited: Floats = np.clip(KEPT_DETAIL * deviation, -MAX_DETAIL, MAX_DETAIL)
    return limited


def _of_width(rows: Floats, width: int) -> Floats:
    """Return rows cut, or continued by a falling tail, to a number of columns."""
    missing = width - rows.shape[1]
    if missing <= 0:
        return rows[:, :width]
    tail = rows[:, -1:] - np.arange(1, missing + 1) * 0.1  # just under a dB each
    return np.concatenate([rows, tail], axis=1)
