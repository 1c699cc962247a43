"""The six expression controls of MIDI-DDSP, as the released code defines them.

For what the released weights understand and for comparing with published figures.
Their faults are kept (`compat`); the controls in decibels, cents and hertz that we use
ourselves are in `musegen.midi_ddsp.expression_units`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SynthesisParameters,
    hz_to_midi,
)

# Their order is the order of the networks' inputs and outputs.
CONTROL_NAMES = (
    "volume",
    "vol_fluc",
    "vibrato",
    "brightness",
    "attack",
    "vol_peak_pos",
)

# What the released weights were trained with: amplitudes are held above 1e-20.
RELEASED_FLOOR_DB = -400.0
# What the audio library has done since January 2022; it changes two of the controls.
LIBRARY_FLOOR_DB = -80.0

# The released code cuts or pads pitch and amplitude to a training clip of 4 s.
CLIP_FRAMES = 1000

ATTACK_FRAMES = 10
_DB_PER_VOLUME = 60.0
_VOLUME_AT_0_DB = 1.5
_FLUCTUATION_PER_DB = 2.5 / 60.0
_DB_PER_ATTACK = 40.0
_ATTACK_AT_0_DB = 2.625
_BRIGHTNESS_PER_HARMONIC = 1.0 / 12.0
_VIBRATO_GAIN = 10.0
_VIBRATO_RATE_HZ = (3.0, 9.0)
_VIBRATO_MIN_FRAMES = 50
_MAX_DEVIATION_SEMITONES = 2.0
_SMALLEST_AMPLITUDE = 1e-20

FloatArray = NDArray[np.float64]


def decibels(linear: NDArray[np.floating], *, floor_db: float) -> FloatArray:
    """Return 20 log10 of amplitudes, never below a floor.

    Args:
        linear: Any shape, at least 0.
        floor_db: The least that is returned, at least -400.

    Returns:
        float64, the shape of `linear`.
    """
    held = np.maximum(np.asarray(linear, dtype=np.float64), _SMALLEST_AMPLITUDE)
    return np.maximum(20.0 * np.log10(held), floor_db)


def compat_controls(
    parameters: SynthesisParameters,
    frames: NoteFrames,
    *,
    floor_db: float = RELEASED_FLOOR_DB,
    clip_frames: int = CLIP_FRAMES,
) -> FloatArray:
    """Return the six controls of each note, to the released code's formulas.

    Each is meant to lie in 0 to 1 and may lie outside. A note longer than the clip uses
    its first `clip_frames` frames for vibrato and peak position.

    Args:
        parameters: What the notes sound like, of T frames.
        frames: Which note sounds in each of the T frames.
        floor_db: Floor of decibels: `RELEASED_FLOOR_DB` for what the released weights
            mean, `LIBRARY_FLOOR_DB` for a model trained with the library that came
            later.
        clip_frames: Length of the Fourier transform that finds the vibrato.

    Returns:
        [num_notes, 6] in the order of `CONTROL_NAMES`; zeros for a note without frames.

    Raises:
        ValueError: `parameters` and `frames` are not of one length.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
        Differs in nothing that was found by running it.
    """
    check_same_length(parameters, frames)
    amplitude_db = decibels(parameters.amplitude, floor_db=floor_db)
    noise_db = decibels(parameters.noise, floor_db=floor_db).mean(axis=1)
    harmonic_number = mean_harmonic_number(parameters.harmonics)
    deviation = frames.pitch - hz_to_midi(parameters.f0_hz)
    deviation[np.abs(deviation) > _MAX_DEVIATION_SEMITONES] = 0.0
    values = np.zeros((frames.num_notes, len(CONTROL_NAMES)))
    for index, (start, end) in enumerate(frames.spans()):
        if start == end:
            continue
        clip_end = min(end, start + clip_frames)
        values[index] = (
            _level(amplitude_db[start:end], _DB_PER_VOLUME, _VOLUME_AT_0_DB),
            amplitude_db[start:end].std() * _FLUCTUATION_PER_DB,
            vibrato_control(deviation[start:clip_end], clip_frames=clip_frames),
            harmonic_number[start:end].mean() * _BRIGHTNESS_PER_HARMONIC,
            _level(
                noise_db[start : min(end, start + ATTACK_FRAMES)],
                _DB_PER_ATTACK,
                _ATTACK_AT_0_DB,
            ),
            amplitude_db[start:clip_end].argmax() / (clip_end - start),
        )
    return values


def vibrato_control(deviation: FloatArray, *, clip_frames: int = CLIP_FRAMES) -> float:
    """Return the vibrato control of one note, 0 unless it passes the gates.

    These are: more than 50 frames, and a spectrum whose greatest value lies at 3 to
    9 Hz and at more than one cycle a note. Proportional to the deviation.

    Args:
        deviation: [L], the written pitch less the pitch, in semitones, L at most
            `clip_frames`.
        clip_frames: Length of the Fourier transform.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
    """
    length = len(deviation)
    if length <= _VIBRATO_MIN_FRAMES:
        return 0.0
    centred = deviation - deviation.mean()
    spectrum = np.abs(np.fft.rfft(_tukey_window(length) * centred, n=clip_frames))
    peak = int(spectrum.argmax())
    # The released code spaces the bins by 250 / (n - 1) Hz and not by 250 / n.
    rate_hz = peak * FRAME_RATE_HZ / (clip_frames - 1)
    lowest_hz, highest_hz = _VIBRATO_RATE_HZ
    one_cycle_hz = FRAME_RATE_HZ / length
    if not lowest_hz <= rate_hz <= highest_hz or rate_hz <= one_cycle_hz:
        return 0.0
    return _VIBRATO_GAIN * float(spectrum[peak]) / length


def spread(values: FloatArray, frames: NoteFrames) -> FloatArray:
    """Give every frame the values of its note.

    Args:
        values: [num_notes, C], C values of each note.
        frames: Which note sounds in each of T frames.

    Returns:
        [T, C]; zeros in rests.
    """
    rest = np.zeros((1, values.shape[1]), dtype=values.dtype)
    # A rest has the index -1, which is the row of zeros.
    return np.concatenate([values, rest])[frames.note_index]


def mean_harmonic_number(harmonics: NDArray[np.floating]) -> FloatArray:
    """Return the mean number of the harmonic, weighted by amplitude, in each frame.

    Args:
        harmonics: [T, K], each row summing to 1 or 0.

    Returns:
        [T], 1 for a pure fundamental, 0 where nothing sounds.
    """
    numbers = np.arange(1, harmonics.shape[1] + 1, dtype=np.float64)
    weighted: FloatArray = np.asarray(harmonics, dtype=np.float64) @ numbers
    return weighted


def check_same_length(parameters: SynthesisParameters, frames: NoteFrames) -> None:
    """Refuse parameters and frames of different length.

    Raises:
        ValueError: They differ; the message says by how much.
    """
    if parameters.num_frames != frames.num_frames:
        raise ValueError(
            "synthesis parameters and notes need the same number of frames; got "
            f"{parameters.num_frames} and {frames.num_frames}"
        )


def _level(levels_db: FloatArray, db_per_unit: float, value_at_0_db: float) -> float:
    """Mean level on the 0-1 scale; exactly 0 dB means that there is no note: 0."""
    mean_db = float(levels_db.mean())
    return mean_db / db_per_unit + value_at_0_db if mean_db != 0.0 else 0.0


def _tukey_window(length: int) -> FloatArray:
    """[length]: 1 in the middle, a half cosine over the first and the last quarter."""
    relative = np.arange(1, length + 1) / length
    from_edge = np.minimum(relative, 1.0 - relative)
    return 0.5 * (1.0 - np.cos(np.pi * np.minimum(4.0 * from_edge, 1.0)))


# === From controls back to decibels and harmonics ===


def volume_to_db(volume: float) -> float:
    """Return the mean level in dB that a volume control means."""
    return (volume - _VOLUME_AT_0_DB) * _DB_PER_VOLUME


def fluctuation_to_db(vol_fluc: float) -> float:
    """Return the standard deviation in dB that a fluctuation control means."""
    return vol_fluc / _FLUCTUATION_PER_DB


def attack_to_db(attack: float) -> float:
    """Return the mean noise level in dB that an attack control means."""
    return (attack - _ATTACK_AT_0_DB) * _DB_PER_ATTACK


def brightness_to_harmonic(brightness: float) -> float:
    """Return the mean number of the harmonic that a brightness control means."""
    return brightness / _BRIGHTNESS_PER_HARMONIC
