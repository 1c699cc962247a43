"""When notes begin in the sound of a line, beside when they were written.

For `performance_figures`, which has the figures that are not of onsets.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ, midi_to_hz

FloatArray = NDArray[np.float64]

MINUTE_S = 60.0

_REST_S = 0.06  # a note after a longer rest begins anew; else it follows on
_REACH_S = 0.1  # how far from its written place an onset is looked for
_STEP_S = 0.001
_ENVELOPE_S = 0.003
_HEARD_SHARE = 0.1  # of the note's own level
_MAX_FLOOR_SHARE = 0.35  # what may still ring before it
_SUNK_SHARE = 1 / 3  # of the softer of two notes: they are not joined
_WINDOW_S = 0.024
_MIN_PERIODS = 3.0
_NUM_HARMONICS = 8
_TOLD_APART_BY = 4  # the harmonic
_BINS_APART = 1.5
_LONGEST_WINDOW_S = 0.08
_MOST_UNREST = 0.25  # of a pitch's share in the sound, while nothing should change
_HIGHEST_HZ = 4000.0
_PLATEAU_SHARE = 0.4  # of what is looked at on either side; beyond, all has changed
_LEAST_CHANGE = 0.1  # of the spectra on either side; below, nothing is heard to begin


@dataclass(frozen=True, slots=True, kw_only=True)
class OnsetFigures:
    """What a number of onset errors come to.

    Args:
        median_abs_ms: Of all that were heard, without their signs.
        median_ms: With them: above 0 is late.
        first_minute_ms: The same of notes written in the first minute.
        last_minute_ms: Of those in the last minute before the last onset.
        last_minute_abs_ms: The same without signs.
        heard_share: Of all notes but those that repeat a pitch without a rest.
    """

    median_abs_ms: float
    median_ms: float
    first_minute_ms: float
    last_minute_ms: float
    last_minute_abs_ms: float
    heard_share: float

    @property
    def drift_ms(self) -> float:
        """How much later the last minute is than the first."""
        return self.last_minute_ms - self.first_minute_ms


def onset_errors_ms(
    audio: NDArray[np.floating], sample_rate: int, notes: Sequence[PlayedNote]
) -> FloatArray:
    """Return how late each note begins; below 0 is early.

    After a rest a note begins where its envelope first reaches a tenth of its level,
    so that a soft attack is late. Where it follows on, it begins half way between
    where the harmonics of the pitch before have sunk to a half and where its own have
    risen to a half: in the middle of a glide or a cross-fade. Where the sound sinks to
    a third between the two, it begins half way up from there.

    Args:
        audio: [N], one voice.
        sample_rate: In Hz.
        notes: What was written, by onset.

    Returns:
        [num_notes]; NaN where nothing was heard to begin within 0.1 s, and where a
        pitch is repeated without a rest.
    """
    samples = to_analysis_audio(audio, sample_rate).astype(np.float64)
    errors = np.full(len(notes), np.nan)
    for index, note in enumerate(notes):
        before = notes[index - 1] if index else None
        if _follows_on(before, note):
            assert before is not None
            if before.pitch != note.pitch:
                errors[index] = _change_error_s(samples, before, note)
        else:
            errors[index] = _attack_error_s(samples, before, note)
    return 1000.0 * errors


def summarise_onsets(
    errors_ms: FloatArray, notes: Sequence[PlayedNote]
) -> OnsetFigures:
    """Put the errors of `onset_errors_ms` together, NaN where there are none."""
    onsets_s = np.array([note.onset_s for note in notes])
    is_heard = np.isfinite(errors_ms)
    is_first = onsets_s < MINUTE_S
    is_last = onsets_s >= onsets_s.max(initial=0.0) - MINUTE_S
    pairs = itertools.pairwise(notes)
    num_repeats = sum(
        _follows_on(before, note) and before.pitch == note.pitch
        for before, note in pairs
    )
    return OnsetFigures(
        median_abs_ms=_median(np.abs(errors_ms[is_heard])),
        median_ms=_median(errors_ms[is_heard]),
        first_minute_ms=_median(errors_ms[is_heard & is_first]),
        last_minute_ms=_median(errors_ms[is_heard & is_last]),
        last_minute_abs_ms=_median(np.abs(errors_ms[is_heard & is_last])),
        heard_share=float(is_heard.sum() / max(len(notes) - num_repeats, 1)),
    )


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _follows_on(before: PlayedNote | None, note: PlayedNote) -> bool:
    return (
        before is not None
        and before.onset_s <= note.onset_s < before.offset_s + _REST_S
    )


def _reach_s(before: PlayedNote | None, note: PlayedNote) -> tuple[float, float]:
    """How far before and after its written place a note may be looked for."""
    back = _REACH_S
    if before is not None:
        back = min(back, 0.5 * (note.onset_s - before.onset_s))
    return back, min(_REACH_S, 0.5 * note.duration_s)


def _attack_error_s(
    samples: FloatArray, before: PlayedNote | None, note: PlayedNote
) -> float:
    """Return how late an envelope rises after a rest, in s."""
    back, ahead = _reach_s(before, note)
    if before is not None:
        back = min(back, 0.8 * (note.onset_s - before.offset_s))
    half = 0.5 * _ENVELOPE_S
    first_s, last_s = note.onset_s - back, note.onset_s + ahead
    power = _piece(samples, first_s - half, last_s + half) ** 2
    size = round(_ENVELOPE_S * SAMPLE_RATE_HZ)
    envelope = np.sqrt(np.convolve(power, np.full(size, 1.0 / size), "valid"))
    body = _piece(samples, note.onset_s, min(note.offset_s, note.onset_s + 0.3))
    level = float(np.sqrt(np.mean(body**2))) if len(body) else 0.0
    floor = float(np.median(envelope[: max(len(envelope) // 8, 1)]))
    if level <= 1e-5 or floor > _MAX_FLOOR_SHARE * level:
        return float("nan")
    above = envelope > max(_HEARD_SHARE * level, 2.0 * floor)
    if not above.any() or above[0]:
        return float("nan")
    # The envelope rises half its width before the sound does.
    return float(np.argmax(above)) / SAMPLE_RATE_HZ - back + half


def _change_error_s(samples: FloatArray, before: PlayedNote, note: PlayedNote) -> float:
    """Return how late one pitch takes over from another, in s."""
    pitches_hz = [float(midi_to_hz(float(n.pitch))) for n in (before, note)]
    anew_s = _reattack_error_s(samples, before, note, 1.0 / min(pitches_hz))
    if anew_s is not None:
        return anew_s
    window_s = _window_s(*pitches_hz)
    back, ahead = _reach_s(before, note)
    moments = np.arange(-back, ahead + _STEP_S, _STEP_S)
    spectra = _harmonic_levels(samples, note.onset_s + moments, pitches_hz, window_s)
    is_before = moments < -_PLATEAU_SHARE * back
    is_after = moments > _PLATEAU_SHARE * ahead
    starts = np.median(spectra[is_before], axis=0)
    ends = np.median(spectra[is_after], axis=0)
    change = ends - starts
    scale = max(float(np.linalg.norm(starts)), float(np.linalg.norm(ends)), 1e-6)
    if np.linalg.norm(change) < _LEAST_CHANGE * scale:
        return float("nan")
    shares = spectra @ np.linalg.pinv(np.stack([starts, ends]))
    unrest = max(shares[is_before, 0].std(), shares[is_after, 1].std())
    if unrest > _MOST_UNREST:
        return float("nan")
    leaves_s = _crossing(0.5 - shares[:, 0], moments)
    comes_s = _crossing(shares[:, 1] - 0.5, moments)
    return 0.5 * (leaves_s + comes_s)


def _reattack_error_s(
    samples: FloatArray, before: PlayedNote, note: PlayedNote, period_s: float
) -> float | None:
    """Return how late a note is struck anew, in s; None where sound does not sink."""
    back, ahead = _reach_s(before, note)
    width_s = max(_ENVELOPE_S, period_s)
    half = 0.5 * width_s
    piece = _piece(samples, note.onset_s - back - half, note.onset_s + ahead + half)
    size = round(width_s * SAMPLE_RATE_HZ)
    power = np.convolve(piece**2, np.full(size, 1.0 / size), "valid")
    envelope = np.sqrt(np.maximum(power, 0.0))
    moments = np.arange(len(envelope)) / SAMPLE_RATE_HZ - back
    level_before = float(np.median(envelope[moments < -_PLATEAU_SHARE * back]))
    level_after = float(np.median(envelope[moments > _PLATEAU_SHARE * ahead]))
    lowest = int(np.argmin(envelope))
    least = float(envelope[lowest])
    if least > _SUNK_SHARE * min(level_before, level_after) or level_after < 1e-5:
        return None
    is_up = envelope[lowest:] >= 0.5 * (least + level_after)
    return float(moments[lowest + int(np.argmax(is_up))]) if is_up.any() else None


def _window_s(before_hz: float, after_hz: float) -> float:
    """Return how long a window tells the harmonics of two pitches apart."""
    apart_hz = _TOLD_APART_BY * abs(before_hz - after_hz)
    shortest = max(_WINDOW_S, _MIN_PERIODS / min(before_hz, after_hz))
    return min(max(shortest, _BINS_APART / apart_hz), _LONGEST_WINDOW_S)


def _crossing(values: FloatArray, moments: FloatArray) -> float:
    """Return where values rise through 0, the place nearest to 0 s; NaN if never."""
    rising = np.flatnonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))
    if not len(rising):
        return float("nan")
    place = rising[np.argmin(np.abs(moments[rising]))]
    share = -values[place] / (values[place + 1] - values[place])
    return float(moments[place] + share * _STEP_S)


def _harmonic_levels(
    samples: FloatArray, times_s: FloatArray, pitches_hz: list[float], window_s: float
) -> FloatArray:
    """Return [times, 2 harmonics] amplitudes about each time."""
    numbers = np.arange(1, _NUM_HARMONICS + 1)
    hz = np.concatenate([pitch * numbers for pitch in pitches_hz])
    hz = hz[hz < max(_HIGHEST_HZ, 1.01 * max(pitches_hz))]
    size = round(window_s * SAMPLE_RATE_HZ) | 1
    window = np.hanning(size + 2)[1:-1]
    turns = np.exp(-2j * np.pi * np.outer(np.arange(size), hz) / SAMPLE_RATE_HZ)
    waves = window[:, None] * turns / window.sum()
    middles = np.rint(times_s * SAMPLE_RATE_HZ).astype(np.int64)
    lowest = int(middles[0]) - size // 2
    highest = int(middles[-1]) + size // 2 + 1
    padded = np.zeros(highest - lowest)
    inside = samples[max(lowest, 0) : max(highest, 0)]
    padded[max(-lowest, 0) : max(-lowest, 0) + len(inside)] = inside
    views = np.lib.stride_tricks.sliding_window_view(padded, size)
    levels: FloatArray = np.abs(views[middles - middles[0]] @ waves)
    return levels


def _piece(samples: FloatArray, first_s: float, last_s: float) -> FloatArray:
    """Return a stretch; silence where there is no sound."""
    first, last = (round(t * SAMPLE_RATE_HZ) for t in (first_s, last_s))
    piece = np.zeros(max(last - first, 0))
    inside = samples[max(first, 0) : max(last, 0)]
    piece[max(-first, 0) : max(-first, 0) + len(inside)] = inside
    return piece
