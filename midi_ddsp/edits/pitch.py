"""Edits of the pitch curve of synthesis parameters: transpose, vibrato, tuning.

For: `parameter_edits`, which names and orders them. Not for: edits of level or colour.
All take and give whole performances at frame rate; a frame of 0 Hz has no pitch and
keeps none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from musegen.midi_ddsp.edits.spectral import move_envelope
from musegen.midi_ddsp.edits.steady_pitch import slow_course, steady_span
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]

SEMITONES_PER_OCTAVE = 12
VIBRATO_WINDOW_S = 0.4  # longer than the slowest vibrato (3 Hz), shorter than a phrase
VIBRATO_FADE_S = 0.03  # over which the change sets in beside a glide
MIN_BODY_S = 0.1  # half a turn of vibrato; in less there is none to be scaled
MAX_STEP_SEMITONES = 0.7  # a larger step between frames is another note
TUNING_FADE_S = 0.04  # over which the correction of one note gives way to the next
NO_NOTE = -1


def transpose(
    parameters: SynthesisParameters, semitones: float, *, keeps_formants: bool = True
) -> SynthesisParameters:
    """Return the performance at another pitch.

    Args:
        parameters: What was played.
        semitones: Up if positive.
        keeps_formants: Hold the spectral envelope where it stands in Hz, as the same
            instrument would play it; otherwise it moves with the pitch, as a tape
            played faster does. What belongs to the harmonic's number (a clarinet's
            weak even harmonics) stays with the number either way.
    """
    if semitones == 0:
        return parameters
    ratio = 2.0 ** (semitones / SEMITONES_PER_OCTAVE)
    f0_hz = (parameters.f0_hz.astype(np.float64) * ratio).astype(np.float32)
    moved = replace(parameters, f0_hz=f0_hz)
    return move_envelope(moved, ratio) if keeps_formants else moved


def scale_vibrato(
    parameters: SynthesisParameters, factor: float, *, note_index: Integers
) -> SynthesisParameters:
    """Return the performance with its vibrato widened or narrowed.

    Within the steady body of each note the pitch is parted into a slow course (a
    running mean over 0.4 s) and what swings around it, and the swing is scaled. The
    glides between notes are left as they are, and so is mistuning; beside a glide the
    change fades in over 30 ms.

    Args:
        parameters: What was played.
        factor: 0 takes the vibrato out, 1 changes nothing, 2 doubles its extent.
        note_index: Note of each frame, -1 where there is none, [T].
    """
    if factor == 1:
        return parameters
    pitch = hz_to_midi(parameters.f0_hz.astype(np.float64))
    rate_hz = parameters.frame_rate_hz
    window = max(3, round(VIBRATO_WINDOW_S * rate_hz))
    change = np.zeros_like(pitch)
    for start, stop in pitched_runs(pitch, note_index):
        first, last = steady_span(pitch[start:stop], frame_rate_hz=rate_hz)
        first, last = start + first, start + last
        if last - first < MIN_BODY_S * rate_hz:
            continue
        swing = pitch[first:last] - slow_course(pitch[first:last], window)
        is_legato = (
            first > 0 and pitch[first - 1] > 0,
            last < len(pitch) and pitch[last] > 0,
        )
        fade = max(1, round(VIBRATO_FADE_S * rate_hz))
        change[first:last] = swing * _faded(last - first, fade, *is_legato)
    return _with_pitch(parameters, pitch + (factor - 1) * change)


def tune(
    parameters: SynthesisParameters, amount: float, *, note_index: Integers
) -> SynthesisParameters:
    """Return the performance with each note pulled towards its tempered pitch.

    A note is moved as a whole, by its median pitch, so that its vibrato and its slides
    stay.

    Args:
        parameters: What was played.
        amount: 0 changes nothing, 1 puts the median of every note on the nearest
            semitone (A = 440 Hz).
        note_index: Note of each frame, -1 where there is none, [T].
    """
    if amount == 0:
        return parameters
    pitch = hz_to_midi(parameters.f0_hz.astype(np.float64))
    shift = np.zeros_like(pitch)
    for start, stop in pitched_runs(pitch, note_index):
        median = float(np.median(pitch[start:stop]))
        shift[start:stop] = amount * (round(median) - median)
    fade = max(1, round(TUNING_FADE_S * parameters.frame_rate_hz))
    is_pitched = pitch > 0
    pitch[is_pitched] += _running_mean(shift, fade)[is_pitched]
    return _with_pitch(parameters, pitch)


def pitched_runs(pitch: Floats, note_index: Integers) -> Iterator[tuple[int, int]]:
    """Yield (first frame, one past the last) of runs that belong to one note.

    A run ends where the note does, where the pitch stops, and where it leaps.

    Args:
        pitch: MIDI pitch by frame, 0 where there is none, [T].
        note_index: Note of each frame, [T].
    """
    if not len(pitch):
        return
    is_pitched = pitch > 0
    is_leap = np.abs(np.diff(pitch)) > MAX_STEP_SEMITONES
    is_border = is_leap | (np.diff(note_index) != 0) | (np.diff(is_pitched) != 0)
    borders = [0, *(np.flatnonzero(is_border) + 1).tolist(), len(pitch)]
    for start, stop in itertools.pairwise(borders):
        if is_pitched[start]:
            yield start, stop


def _running_mean(values: Floats, window: int) -> Floats:
    """Return the Hann-weighted mean around each value, [T].

    At the ends the curve is continued by its reflection through the end point, so that
    a straight line stays one.
    """
    half = min(window // 2, len(values) - 1)
    if half < 1:
        return values.copy()
    weights = np.hanning(2 * half + 3)[1:-1]
    before = 2 * values[0] - values[half:0:-1]
    after = 2 * values[-1] - values[-2 : -half - 2 : -1]
    extended = np.concatenate([before, values, after])
    return np.convolve(extended, weights / weights.sum(), mode="valid")


def _faded(length: int, fade: int, at_start: bool, at_end: bool) -> Floats:
    """Return weights of 1 that rise from 0 and fall to it at the chosen ends, [L]."""
    frame = np.arange(length) + 0.5
    rise = np.minimum(frame / fade, 1.0) if at_start else np.ones(length)
    fall = np.minimum(frame[::-1] / fade, 1.0) if at_end else np.ones(length)
    weights: Floats = np.sin(0.5 * np.pi * rise * fall) ** 2
    return weights


def _with_pitch(parameters: SynthesisParameters, pitch: Floats) -> SynthesisParameters:
    return replace(parameters, f0_hz=midi_to_hz(pitch).astype(np.float32))
