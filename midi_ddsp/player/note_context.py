"""What a musician sees around a note: lengths, intervals, its place in the phrase.

Each feature is an array [notes], about -1 to 1, so that rules can weigh them. Not for
the rules (`interpretation_rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.medians import medians
from musegen.midi_ddsp.player.phrases import phrase_bounds

FloatArray = NDArray[np.float64]

_SHORT_S, _LONG_S = 0.15, 1.5
_STEP_SEMITONES = 2
_LEAP_SEMITONES = 5
_FULL_LEAP_SEMITONES = 10
_PASSING_LENGTH = 0.75  # against the longer of its neighbours
_EQUAL_LENGTHS = 1.15


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteContext:
    """A tune, note by note, as a musician sees it; [notes] each.

    Args:
        length_s: Written length.
        length: The same on a scale of octaves: -0.5 at 0.15 s and less, 0.5 at 1.5 s
            and more.
        relative_length: Octaves above the tune's median length, within -2 to 2.
        height: Octaves above the tune's mean pitch.
        interval: Semitones from the note before, 0 for the first.
        next_interval: Semitones to the note after, 0 for the last.
        place: Within the phrase, above 0 and below 1.
        begins: 1 at the first note of a phrase, else 0.
        ends: 1 at the last.
        after_step: 1 where a step of one or two semitones leads here inside a phrase.
        after_leap: 0 to 1, how wide the leap is that leads here; 0 below a fourth.
        contrast: 0 to 1, how much longer it is than the note before.
        passing: 1 where it is a short note between two steps.
        leads_up: 0 to 1: the longer a note that a higher one follows, the more.
        leads_down: The same before a lower one.
        rising_semitone: 1 for the lower note of a rising semitone, 0.5 for the upper.
        is_even_run: Whether its neighbours inside the phrase are as long as itself.
    """

    length_s: FloatArray
    length: FloatArray
    relative_length: FloatArray
    height: FloatArray
    interval: FloatArray
    next_interval: FloatArray
    place: FloatArray
    begins: FloatArray
    ends: FloatArray
    after_step: FloatArray
    after_leap: FloatArray
    contrast: FloatArray
    passing: FloatArray
    leads_up: FloatArray
    leads_down: FloatArray
    rising_semitone: FloatArray
    is_even_run: NDArray[np.bool_]


def context_of(
    pitches: NDArray[np.int64], onsets: FloatArray, ends: FloatArray
) -> NoteContext:
    """Look at a tune.

    Args:
        pitches: [notes], MIDI note numbers.
        onsets: [notes], in seconds, ascending.
        ends: [notes], in seconds; no note ends after the next begins.
    """
    length_s = ends - onsets
    before = np.concatenate([length_s[:1], length_s[:-1]])
    after = np.append(length_s[1:], length_s[-1:])
    interval = np.diff(pitches, prepend=pitches[0]).astype(np.float64)
    next_interval = np.diff(pitches, append=pitches[-1]).astype(np.float64)
    place, begins, last = _places(onsets, ends)
    interval = np.where(begins > 0.0, 0.0, interval)
    next_interval = np.where(last > 0.0, 0.0, next_interval)
    length = np.log(length_s / _SHORT_S) / np.log(_LONG_S / _SHORT_S)
    length = np.clip(length, 0.0, 1.0) - 0.5
    leap = np.abs(interval) - _LEAP_SEMITONES + 1.0
    widest = _FULL_LEAP_SEMITONES - _LEAP_SEMITONES + 1.0
    is_short = length_s <= _PASSING_LENGTH * np.maximum(before, after)
    is_between = _is_step(interval) & _is_step(next_interval)
    ratio = np.maximum(
        np.where(begins > 0.0, 1.0, np.maximum(length_s / before, before / length_s)),
        np.where(last > 0.0, 1.0, np.maximum(length_s / after, after / length_s)),
    )
    return NoteContext(
        length_s=length_s,
        length=length,
        relative_length=np.clip(np.log2(length_s / medians(length_s)), -2.0, 2.0),
        height=(pitches - pitches.mean()) / 12.0,
        interval=interval,
        next_interval=next_interval,
        place=place,
        begins=begins,
        ends=last,
        after_step=_is_step(interval).astype(np.float64),
        after_leap=np.clip(leap / widest, 0.0, 1.0),
        contrast=np.clip(0.5 * np.log2(length_s / before), 0.0, 1.0),
        passing=(is_short & is_between).astype(np.float64),
        leads_up=(length + 0.5) * (next_interval > 0.0),
        leads_down=(length + 0.5) * (next_interval < 0.0),
        rising_semitone=np.maximum(next_interval == 1.0, 0.5 * (interval == 1.0)),
        is_even_run=ratio < _EQUAL_LENGTHS,
    )


def _is_step(interval: FloatArray) -> NDArray[np.bool_]:
    size = np.abs(interval)
    return (size > 0.0) & (size <= _STEP_SEMITONES)


def _places(
    onsets: FloatArray, ends: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the place in the phrase, and where phrases begin and end."""
    place, begins, last = (np.zeros(len(onsets)) for _ in range(3))
    for first, end in phrase_bounds(onsets, ends):
        place[first:end] = (np.arange(end - first) + 0.5) / (end - first)
        begins[first] = last[end - 1] = 1.0
    return place, begins, last
