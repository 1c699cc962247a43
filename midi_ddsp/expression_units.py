"""What a note sounds like, in decibels, cents, hertz and harmonic numbers.

Our own controls, right where those of the released MIDI-DDSP are not
(`musegen.midi_ddsp.expression`): a peak position that holds still on flat notes, a
vibrato that a glide does not hide, and rate, delay and intonation beside it. To bring
them to a scale of about 0 to 1, see `musegen.midi_ddsp.expression_scale`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import (
    ATTACK_FRAMES,
    check_same_length,
    decibels,
    mean_harmonic_number,
)
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi
from musegen.midi_ddsp.vibrato import measure_vibrato

UNIT_NAMES = (
    "volume_db",
    "volume_fluctuation_db",
    "peak_position",
    "vibrato_extent_cents",
    "vibrato_rate_hz",
    "vibrato_delay_s",
    "mean_harmonic",
    "spectral_centroid_hz",
    "attack_noise_db",
    "attack_noise_relative_db",
    "intonation_cents",
)

# Nothing is called quieter than this.
QUIET_DB = -120.0
# A frame counts as at most this much below the note's loudest: a pause before the next
# note does not decide how loud a note is. Our own choice.
NOTE_RANGE_DB = 60.0
# The loudest part of a note: what is within this of its loudest frame.
PEAK_RANGE_DB = 3.0

_CENTS_PER_SEMITONE = 100.0

FloatArray = NDArray[np.float64]


def measure_notes(parameters: SynthesisParameters, frames: NoteFrames) -> FloatArray:
    """Measure each note in physical units.

    The body of a note is the note without its first and last 40 ms, or without its
    first and last quarter where that is less.

    - `volume_db`: mean level of the harmonics over the body, 0 dB for amplitude 1.
    - `volume_fluctuation_db`: standard deviation of that level over the body, so that
      attack and release do not count.
    - `peak_position`: where the body is loudest, 0 to 1: the centre of what is within
      3 dB of its loudest frame, each frame weighted by how near it comes. 0.5 for a
      flat note.
    - `vibrato_extent_cents`, `vibrato_rate_hz`, `vibrato_delay_s`, `intonation_cents`:
      as `musegen.midi_ddsp.vibrato` says, the pitch before and after the body held
      within the body's range: a glide from the note before, or a tracker that has not
      yet found the pitch, is no vibrato. Intonation is positive where sharp.
    - `mean_harmonic`: mean number of the harmonic by amplitude, over the body.
    - `spectral_centroid_hz`: the same as a frequency.
    - `attack_noise_db`: level of the noise in the first 40 ms: its mean power over
      frames and bands.
    - `attack_noise_relative_db`: the same, less that of the rest of the note.

    Args:
        parameters: What the notes sound like, of T frames.
        frames: Which note sounds in each of the T frames.

    Returns:
        [num_notes, 11], the columns in the order of `UNIT_NAMES`; zeros for a note
        without frames.

    Raises:
        ValueError: `parameters` and `frames` are not of one length.
    """
    check_same_length(parameters, frames)
    amplitude_db = decibels(parameters.amplitude, floor_db=QUIET_DB)
    noise_power = (parameters.noise.astype(np.float64) ** 2).mean(axis=1)
    harmonic_number = mean_harmonic_number(parameters.harmonics)
    pitch = hz_to_midi(parameters.f0_hz)
    values = np.zeros((frames.num_notes, len(UNIT_NAMES)))
    for index, (start, end) in enumerate(frames.spans()):
        if start == end:
            continue
        body = note_body(int(start), int(end))
        written = int(frames.pitch[start])
        deviation = _deviation_cents(pitch[start:end], written)
        vibrato = measure_vibrato(_within_body(deviation))
        is_sounding = harmonic_number[body] > 0.0
        numbers = harmonic_number[body][is_sounding]
        level_db = _held_levels(amplitude_db[body])
        values[index] = (
            level_db.mean(),
            level_db.std(),
            _peak_position(level_db),
            vibrato.extent_cents,
            vibrato.rate_hz,
            vibrato.delay_s,
            numbers.mean() if len(numbers) else 0.0,
            (numbers * parameters.f0_hz[body][is_sounding]).mean()
            if len(numbers)
            else 0.0,
            *_attack_noise(noise_power[start:end]),
            vibrato.centre_cents,
        )
    return values


def note_body(start: int, end: int) -> slice:
    """Return the frames of a note without its attack and release.

    Args:
        start: Its first frame.
        end: The frame after its last, above `start`.
    """
    edge = min(ATTACK_FRAMES, (end - start) // 4)
    return slice(start + edge, end - edge)


def _held_levels(levels_db: FloatArray) -> FloatArray:
    held: FloatArray = np.maximum(levels_db, levels_db.max() - NOTE_RANGE_DB)
    return held


def _peak_position(levels_db: FloatArray) -> float:
    below_db = levels_db.max() - levels_db
    weights = np.maximum(1.0 - below_db / PEAK_RANGE_DB, 0.0)
    places = (np.arange(len(levels_db)) + 0.5) / len(levels_db)
    return float((weights * places).sum() / weights.sum())


def _attack_noise(power: FloatArray) -> tuple[float, float]:
    """Level of the first frames of a note, and how much above the others it is."""
    rest = power[ATTACK_FRAMES:]
    attack_db = _power_db(power[:ATTACK_FRAMES])
    return attack_db, attack_db - _power_db(rest) if len(rest) else 0.0


def _power_db(power: FloatArray) -> float:
    amplitude = np.sqrt(power.mean(keepdims=True))
    return float(decibels(amplitude, floor_db=QUIET_DB)[0])


def _within_body(curve: FloatArray) -> FloatArray:
    """[L]: a curve whose ends go no further than its body does."""
    body = curve[note_body(0, len(curve))]
    held: FloatArray = np.clip(curve, body.min(), body.max())
    return held


def _deviation_cents(pitch: FloatArray, written: int) -> FloatArray:
    """[L]: cents above the written pitch; frames without a pitch take a neighbour's."""
    has_pitch = pitch > 0.0
    if not has_pitch.any():
        return np.zeros(len(pitch))
    frame = np.arange(len(pitch))
    filled = np.interp(frame, frame[has_pitch], pitch[has_pitch])
    return _CENTS_PER_SEMITONE * (filled - written)
