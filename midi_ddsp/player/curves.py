"""What the performer's intentions mean: pitch, level, noise and colour over time.

Pure functions from notes and `NoteExpression` to curves at `CONTROL_RATE_HZ`. Not for
sound (`tone`, `shaping`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.player.characters import Character
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.performer import Interpretation
from musegen.midi_ddsp.player.straightening import smoothed

FloatArray = NDArray[np.float64]

CONTROL_RATE_HZ = 1000
SILENCE_DB = -120.0

_ATTACK_DB = 30.0
_RELEASE_DB = 60.0
_AUDIBLE_RELEASE = 0.75  # share of the release in which the pitch still counts
_TAIL_S = 0.1
_BRIGHTENING_FROM_DB = -29.0
_TILT_LIMITS = (-9.0, 5.0)
_FLUTTER_RATE_HZ = 50.0
_FLUTTER_WIDTH_S = 0.16
_BURST_RISE_S = 0.003
_SHORTEST_JOIN_S = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSpan:
    """The control steps in which one note's sample is heard.

    Args:
        first: First step, inclusive.
        last: End, exclusive.
        join: Steps at the beginning shared with the note before; 0 if not legato.
    """

    first: int
    last: int
    join: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The performance over time, [C] each at `CONTROL_RATE_HZ`.

    Args:
        f0_hz: Above 0 everywhere; in rests the last note's.
        is_sounding: Where there is a tone.
        level_db: Of the tone, `SILENCE_DB` in rests.
        noise_db: Of the added noise, `SILENCE_DB` in rests.
        tilt_db_per_octave: Of the spectrum.
        spans: [notes], where each note's sample is heard.
    """

    f0_hz: FloatArray
    is_sounding: NDArray[np.bool_]
    level_db: FloatArray
    noise_db: FloatArray
    tilt_db_per_octave: FloatArray
    spans: tuple[NoteSpan, ...]


def make_curves(
    played: Interpretation, *, character: Character, rng: np.random.Generator
) -> Curves:
    """Turn a performance into curves.

    Args:
        played: Notes in order of time and the intentions behind them.
        character: How the instrument answers.
        rng: For the wavering of the level.
    """
    spans = _spans(played)
    num_steps = spans[-1].last + round(_TAIL_S * CONTROL_RATE_HZ)
    cents = np.zeros(num_steps)
    level = np.full(num_steps, SILENCE_DB)
    noise = np.full(num_steps, SILENCE_DB)
    tilt = np.zeros(num_steps)
    sounding = np.zeros(num_steps, np.bool_)
    flutter = _flutter(num_steps, rng)
    for note, item, span in zip(played.notes, played.expression, spans, strict=True):
        window = slice(span.first, span.last)
        time_s = np.arange(span.first, span.last) / CONTROL_RATE_HZ - note.onset_s
        swing = _vibrato(item, time_s)
        body = _body(item, time_s / note.duration_s)
        body += item.flutter_db * flutter[window] + item.tremolo_db * swing
        brightness = item.brightness_db_per_octave + character.brightening * (
            body - _BRIGHTENING_FROM_DB
        )
        release = _release(item, time_s - note.duration_s)
        attack = 0.0 if item.is_legato else _attack(item, time_s)
        pitch = 100.0 * note.pitch + item.intonation_cents
        _lay(cents, span, pitch + item.vibrato_extent_cents * swing)
        _lay(level, span, body + attack + release)
        _lay(tilt, span, np.clip(brightness, *_TILT_LIMITS))
        _lay(noise, span, _noise(item, time_s, body + release))
        end = note.offset_s + _AUDIBLE_RELEASE * item.release_s
        sounding[window] = time_s + note.onset_s <= end
    _dip(level, played)
    return Curves(
        f0_hz=midi_to_hz(_held(cents) / 100.0),
        is_sounding=sounding,
        level_db=np.maximum(level, SILENCE_DB),
        noise_db=np.maximum(noise, SILENCE_DB),
        tilt_db_per_octave=tilt,
        spans=spans,
    )


def _spans(played: Interpretation) -> tuple[NoteSpan, ...]:
    """Return where each note's sample is heard: with its glides, and its release."""
    firsts, joins, lasts = [], [], []
    for note, item in zip(played.notes, played.expression, strict=True):
        half_s = 0.5 * item.glide_s if item.is_legato else 0.0
        firsts.append(round((note.onset_s - half_s) * CONTROL_RATE_HZ))
        joins.append(round(2.0 * half_s * CONTROL_RATE_HZ))
        lasts.append(round((note.offset_s + item.release_s) * CONTROL_RATE_HZ))
    for index, (first, join) in enumerate(zip(firsts[1:], joins[1:], strict=True)):
        lasts[index] = first + join if join else min(lasts[index], first)
    return tuple(
        NoteSpan(first=first, last=max(last, first + join + 1), join=join)
        for first, last, join in zip(firsts, lasts, joins, strict=True)
    )


def ease(num_steps: int) -> FloatArray:
    """Return [num_steps]: from 0 to 1, level at both ends, neither included."""
    place = (np.arange(num_steps) + 0.5) / max(num_steps, 1)
    curve: FloatArray = 0.5 - 0.5 * np.cos(np.pi * place)
    return curve


def _lay(curve: FloatArray, span: NoteSpan, values: FloatArray) -> None:
    """Write a note's values over its span, easing in from the note before."""
    weight = np.ones(len(values))
    weight[: span.join] = ease(span.join)
    window = slice(span.first, span.last)
    curve[window] = np.where(
        weight < 1.0, curve[window] + weight * (values - curve[window]), values
    )


def _vibrato(item: NoteExpression, time_s: FloatArray) -> FloatArray:
    """Return [steps]: the swing, from 0, grown to +-1."""
    since_s = time_s - item.vibrato_delay_s
    grown = np.clip(since_s / max(item.vibrato_growth_s, 1e-3), 0.0, 1.0)
    swing: FloatArray = grown * np.sin(2.0 * np.pi * item.vibrato_rate_hz * since_s)
    return swing


def _body(item: NoteExpression, place: FloatArray) -> FloatArray:
    """Return [steps]: the note's envelope in dB, its peak where it is asked for."""
    x = np.clip(place, 0.0, 1.0)
    peak = item.peak_position
    up = np.cos(0.5 * np.pi * np.clip(x / max(peak, 1e-6), 0.0, 1.0)) ** 2
    down = np.sin(0.5 * np.pi * np.clip((x - peak) / max(1.0 - peak, 1e-6), 0, 1)) ** 2
    body: FloatArray = item.volume_db - item.rise_db * up - item.fall_db * down
    return body


def _attack(item: NoteExpression, time_s: FloatArray) -> FloatArray:
    """Return [steps]: the build-up of the tone in dB, 0 when it is there."""
    missing = np.clip(1.0 - time_s / max(item.attack_s, 1e-3), 0.0, 1.0)
    rise: FloatArray = -_ATTACK_DB * missing**1.5
    return rise


def _release(item: NoteExpression, since_s: FloatArray) -> FloatArray:
    """Return [steps]: the dying away in dB, 0 until the offset."""
    if item.release_s <= 0.0:
        return np.zeros(len(since_s))
    fall: FloatArray = -_RELEASE_DB * np.clip(since_s / item.release_s, 0.0, None)
    return fall


def _noise(item: NoteExpression, time_s: FloatArray, tone_db: FloatArray) -> FloatArray:
    """Return [steps]: steady noise and the burst at the onset, in dB."""
    burst_db = item.volume_db + item.attack_noise_db
    decay = np.exp(-np.maximum(time_s, 0.0) / item.attack_noise_decay_s)
    rise = np.clip(1.0 + time_s / _BURST_RISE_S, 0.0, 1.0)
    steady = 10.0 ** ((tone_db + item.noise_db) / 10.0)
    burst = 10.0 ** (burst_db / 10.0) * (decay * rise) ** 2
    noise: FloatArray = 10.0 * np.log10(steady + burst + 1e-12)
    return noise


def _flutter(num_steps: int, rng: np.random.Generator) -> FloatArray:
    """Return [num_steps]: slow noise of standard deviation 1."""
    num_knots = int(num_steps / CONTROL_RATE_HZ * _FLUTTER_RATE_HZ) + 2
    white = rng.standard_normal(num_knots)
    width = _FLUTTER_WIDTH_S * _FLUTTER_RATE_HZ
    slow = smoothed(white, width)
    window = np.hanning(2 * round(width / 2.0) + 3)[1:-1]
    slow *= window.sum() / np.sqrt(np.square(window).sum())
    place = np.arange(num_steps) * (_FLUTTER_RATE_HZ / CONTROL_RATE_HZ)
    curve: FloatArray = np.interp(place, np.arange(num_knots), slow)
    return curve


def _dip(level: FloatArray, played: Interpretation) -> None:
    """Lower the level around the joins of legato notes."""
    for note, item in zip(played.notes, played.expression, strict=True):
        if not item.is_legato or item.dip_db <= 0.0:
            continue
        width = round(max(item.glide_s, _SHORTEST_JOIN_S) * CONTROL_RATE_HZ)
        first = max(round(note.onset_s * CONTROL_RATE_HZ) - width // 2, 0)
        part = level[first : first + width]
        part -= item.dip_db * np.sin(np.pi * (np.arange(len(part)) + 0.5) / width) ** 2


def _held(cents: FloatArray) -> FloatArray:
    """Return the curve with its gaps filled by what came before (or first after)."""
    known = np.flatnonzero(cents)
    nearest = np.searchsorted(known, np.arange(len(cents)), side="right") - 1
    filled: FloatArray = cents[known[np.maximum(nearest, 0)]]
    return filled
