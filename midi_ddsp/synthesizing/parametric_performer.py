"""Notes with given expression turned into synthesis parameters, by formula.

For tests, for trying out what an edit of a control means, and as a player of last
resort: measuring what it plays gives the controls back. It plays no real instrument;
that is for the networks and for `musegen.midi_ddsp.player`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import (
    ATTACK_FRAMES,
    CLIP_FRAMES,
    CONTROL_NAMES,
    attack_to_db,
    brightness_to_harmonic,
    fluctuation_to_db,
    vibrato_control,
    volume_to_db,
)
from musegen.midi_ddsp.expression_units import PEAK_RANGE_DB, UNIT_NAMES, note_body
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    midi_to_hz,
)

# What the six controls do not say. Our own choice.
_COMPAT_RATE_HZ = 5.5
_COMPAT_ATTACK_ABOVE_REST_DB = 20.0

# A value spread evenly over a range has a standard deviation of range / sqrt(12).
_RANGE_PER_DEVIATION = float(np.sqrt(12.0))
_CENTS_PER_SEMITONE = 100.0
_BISECTIONS = 60
_STEEPEST_ROLLOFF = 30.0

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sound:
    """One note: level [L] in dB, deviation [L] in semitones, mean harmonic, noise."""

    level_db: FloatArray
    deviation: FloatArray
    mean_harmonic: float
    attack_noise_db: float
    rest_noise_db: float


def synthesise_controls(
    notes: Sequence[PlayedNote],
    controls: NDArray[np.floating],
    num_frames: int,
    *,
    clip_frames: int = CLIP_FRAMES,
) -> SynthesisParameters:
    """Play notes so that `compat_controls` gives the six controls back.

    It does within: peak position to half a frame, and any where the fluctuation is 0;
    vibrato for notes of more than 50 frames, up to 7; brightness up to a twelfth of
    the number of harmonics below 8 kHz.

    Args:
        notes: One voice.
        controls: [num_notes, 6] in the order of `CONTROL_NAMES`, each about 0 to 1.
        num_frames: T.
        clip_frames: As for `compat_controls`.

    Returns:
        T frames at 16 kHz; in rests nothing sounds and the last pitch is held.

    Raises:
        ValueError: `controls` has another shape.
    """

    def sound(row: FloatArray, length: int) -> _Sound:
        volume, vol_fluc, vibrato, brightness, attack, vol_peak_pos = row.tolist()
        seen = min(length, clip_frames)
        peak = min(max(round(vol_peak_pos * seen), 0), length - 1)
        attack_db = attack_to_db(attack)
        return _Sound(
            level_db=_contour(
                np.arange(length),
                peak,
                volume_to_db(volume),
                fluctuation_to_db(vol_fluc),
            ),
            deviation=_compat_vibrato(length, vibrato, clip_frames),
            mean_harmonic=brightness_to_harmonic(brightness),
            attack_noise_db=attack_db,
            rest_noise_db=attack_db - _COMPAT_ATTACK_ABOVE_REST_DB,
        )

    return _play(notes, controls, num_frames, sound, len(CONTROL_NAMES))


def synthesise_units(
    notes: Sequence[PlayedNote], values: NDArray[np.floating], num_frames: int
) -> SynthesisParameters:
    """Play notes so that `measure_notes` gives the values back.

    It does for fluctuations up to 17 dB, peak positions that leave room for the part
    within 3 dB (any near 0.5; a flat note has no other), vibrato of notes of half a
    second and more, and mean harmonics below 8 kHz. The centroid follows from the pitch
    and the mean harmonic and is not read.

    Args:
        notes: One voice.
        values: [num_notes, 11] in the order of `UNIT_NAMES`.
        num_frames: T.

    Returns:
        T frames at 16 kHz; in rests nothing sounds and the last pitch is held.

    Raises:
        ValueError: `values` has another shape.
    """

    def sound(row: FloatArray, length: int) -> _Sound:
        value = dict(zip(UNIT_NAMES, row.tolist(), strict=True))
        time_s = np.arange(length) / FRAME_RATE_HZ - value["vibrato_delay_s"]
        phase = 2.0 * np.pi * value["vibrato_rate_hz"] * time_s
        swing = np.where(time_s >= 0.0, np.sin(phase), 0.0)
        cents = value["intonation_cents"] + value["vibrato_extent_cents"] * swing
        attack_db = value["attack_noise_db"]
        return _Sound(
            level_db=_body_contour(length, value),
            deviation=cents / _CENTS_PER_SEMITONE,
            mean_harmonic=value["mean_harmonic"],
            attack_noise_db=attack_db,
            rest_noise_db=attack_db - value["attack_noise_relative_db"],
        )

    return _play(notes, values, num_frames, sound, len(UNIT_NAMES))


def harmonic_rolloff(mean_harmonic: float, num_harmonics: int) -> FloatArray:
    """Return harmonics that fall, or rise, by a constant ratio and have a given mean.

    Args:
        mean_harmonic: Mean number of the harmonic; held within 1 to `num_harmonics`.
        num_harmonics: At least 1.

    Returns:
        [num_harmonics], summing to 1.
    """
    numbers = np.arange(1, num_harmonics + 1, dtype=np.float64)
    lowest, highest = -_STEEPEST_ROLLOFF, _STEEPEST_ROLLOFF
    shares = np.full(num_harmonics, 1.0 / num_harmonics)
    for _ in range(_BISECTIONS):
        slope = 0.5 * (lowest + highest)
        exponent = slope * numbers
        weights = np.exp(exponent - exponent.max())
        shares = weights / weights.sum()
        if shares @ numbers < mean_harmonic:
            lowest = slope
        else:
            highest = slope
    return shares


def _play(
    notes: Sequence[PlayedNote],
    values: NDArray[np.floating],
    num_frames: int,
    sound: Callable[[FloatArray, int], _Sound],
    num_columns: int,
) -> SynthesisParameters:
    if values.shape != (len(notes), num_columns):
        raise ValueError(
            f"{len(notes)} notes need values of shape {(len(notes), num_columns)}; "
            f"got {values.shape}"
        )
    pitch = np.zeros(num_frames)
    amplitude = np.zeros(num_frames, dtype=np.float32)
    harmonics = np.zeros((num_frames, NUM_HARMONICS), dtype=np.float32)
    noise = np.zeros((num_frames, NUM_NOISE_BANDS), dtype=np.float32)
    frames = note_frames(notes, num_frames)
    for index, (start, end) in enumerate(frames.spans()):
        if start == end:
            continue
        note = notes[index]
        played = sound(np.asarray(values[index], np.float64), int(end - start))
        pitch[start:end] = note.pitch + played.deviation
        amplitude[start:end] = _linear(played.level_db)
        audible = _num_audible(note.pitch)
        harmonics[start:end, :audible] = harmonic_rolloff(played.mean_harmonic, audible)
        noise[start:end] = _linear(played.rest_noise_db)
        noise[start : min(end, start + ATTACK_FRAMES)] = _linear(played.attack_noise_db)
    return SynthesisParameters(
        f0_hz=_held_hz(pitch, frames.note_index >= 0).astype(np.float32),
        amplitude=amplitude,
        harmonics=harmonics,
        noise=noise,
    )


def _linear(level_db: FloatArray | float) -> FloatArray:
    return np.asarray(10.0 ** (np.asarray(level_db) / 20.0))


def _num_audible(pitch: int) -> int:
    """How many harmonics of a note stay below half the sample rate, at least one."""
    fundamental_hz = float(midi_to_hz(pitch + 1.0))
    below = int(np.ceil(0.5 * SAMPLE_RATE_HZ / fundamental_hz)) - 1
    return min(max(below, 1), NUM_HARMONICS)


def _held_hz(pitch: FloatArray, is_sounding: NDArray[np.bool_]) -> FloatArray:
    """Frequencies [T]; in a rest that of the note before, at first of the first."""
    if not is_sounding.any():
        return np.zeros(len(pitch))
    frame = np.arange(len(pitch))
    latest = np.maximum.accumulate(np.where(is_sounding, frame, -1))
    latest[latest < 0] = int(is_sounding.argmax())
    return midi_to_hz(pitch)[latest]


def _contour(
    places: NDArray[np.number], peak: float, mean_db: float, deviation_db: float
) -> FloatArray:
    """Level that rises in a line to its peak and falls in a line to where it began.

    Args:
        places: [L], rising.
        peak: Where it is loudest, within `places`.
        mean_db: Its mean, exactly.
        deviation_db: Its standard deviation, exactly; 0 is a constant level.
    """
    before, after = peak - places[0], places[-1] - peak
    shape = -np.where(
        places <= peak,
        (peak - places) / (before if before > 0.0 else 1.0),
        (places - peak) / (after if after > 0.0 else 1.0),
    )
    spread = float(shape.std())
    if spread == 0.0:
        return np.full(len(places), mean_db)
    level: FloatArray = mean_db + (shape - shape.mean()) * (deviation_db / spread)
    return level


def _body_contour(length: int, value: dict[str, float]) -> FloatArray:
    """Level [L] of a note: a contour over its body, held in attack and release."""
    body = note_body(0, length)
    size = body.stop - body.start
    deviation_db = value["volume_fluctuation_db"]
    peak = _peak_for(value["peak_position"], _RANGE_PER_DEVIATION * deviation_db)
    places = (np.arange(size) + 0.5) / size
    peak = min(max(peak, float(places[0])), float(places[-1]))
    contour = _contour(places, peak, value["volume_db"], deviation_db)
    return np.pad(contour, (body.start, length - body.stop), mode="edge")


def _peak_for(position: float, range_db: float) -> float:
    """Return where a contour peaks whose loudest part has its centre at `position`.

    The centre of a triangle of levels over 0 to 1, weighted as `measure_notes` does it,
    in closed form: linear in the peak, and 0.5 whatever the peak for a flat note.
    """
    if range_db <= 0.0:
        return 0.5
    if range_db >= PEAK_RANGE_DB:
        loud = PEAK_RANGE_DB / range_db
        return (position - loud / 3.0) / (1.0 - 2.0 * loud / 3.0)
    depth = range_db / PEAK_RANGE_DB
    return 2.0 - 6.0 * (0.5 - position * (1.0 - depth / 2.0)) / depth


def _compat_vibrato(length: int, vibrato: float, clip_frames: int) -> FloatArray:
    """Deviation [L] in semitones whose vibrato control is as asked, if it can be."""
    time_s = np.arange(length) / FRAME_RATE_HZ
    swing: FloatArray = np.sin(2.0 * np.pi * _COMPAT_RATE_HZ * time_s)
    unit = vibrato_control(swing[:clip_frames], clip_frames=clip_frames)
    return swing * (vibrato / unit) if unit > 0.0 else np.zeros(length)
