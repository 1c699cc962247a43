"""From a pitch that is right within a semitone to one right within cents.

For both trackers. The audio is turned down by the coarse pitch (a heterodyne), which
leaves each harmonic a slow phasor whose turning is the coarse pitch's error. Not for
finding a pitch: a coarse track an octave off stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.engine.threads import map_in_threads

ANALYSIS_RATE_HZ = 16000
FRAME_SAMPLES = 64
BLOCK_SAMPLES = 16  # the phasors are kept at 1 kHz
FRAME_BLOCKS = FRAME_SAMPLES // BLOCK_SAMPLES
BLOCK_RATE_HZ = ANALYSIS_RATE_HZ / BLOCK_SAMPLES
MAX_REACH_S = 0.028  # of the longest window, to either side
MIN_REACH_S = 0.003
CENTRE_SHIFT = 0.5  # of the reach: how far a window moves off the edge of its stretch
EDGE_BLOCKS = 2  # kept off the edge: it is known to half a frame, and phasors smear
LEAST_BLOCKS = 0.75  # of a window's reach
HIGHEST_HARMONIC_HZ = 7200.0
MAX_OCTAVES_A_PASS = 0.2
PIECE_FRAMES = 5000
MARGIN_FRAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinementPass:
    """One round of correction.

    Attributes:
        num_harmonics: Harmonics looked at, from the first.
        periods: Reach of the window to either side, in periods.
        min_reach_s: And at least this, which steadies high pitches in noise.
    """

    num_harmonics: int
    periods: float
    min_reach_s: float


def refine(
    audio: NDArray[np.float32],
    coarse_hz: NDArray[np.float64],
    stretch: NDArray[np.intp],
    passes: tuple[RefinementPass, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correct a coarse pitch track by the phases of its harmonics.

    Args:
        audio: [N] at 16 kHz.
        coarse_hz: [T], T = ceil(N / 64), above 0, right within two semitones.
        stretch: [T] label of the note or stretch that a frame belongs to, rising or
            equal; a window never looks across a change of it.
        passes: Rounds, coarse to fine.

    Returns:
        [T] frequency in Hz, and [T] amplitude of the harmonics looked at (the root of
        the sum of their squares), for judging what is there.
    """
    frequency = np.asarray(coarse_hz, np.float64)
    amplitude = np.zeros(len(frequency))
    if len(frequency) == 0:
        return frequency, amplitude
    first, last = _stretch_bounds(stretch)
    for refinement in passes:
        window, centre = _windows(frequency, first, last, refinement)
        measured, amplitude = _measure(
            audio, frequency, window, centre, refinement.num_harmonics
        )
        limit = 2**MAX_OCTAVES_A_PASS
        frequency = np.clip(measured, frequency / limit, frequency * limit)
    return frequency, amplitude


def refine_long(
    audio: NDArray[np.float32],
    coarse_hz: NDArray[np.float64],
    stretch: NDArray[np.intp],
    passes: tuple[RefinementPass, ...],
    *,
    progress: Callable[[float], None] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Do what `refine` does, piece by piece, in memory that does not grow.

    Args:
        audio: See `refine`.
        coarse_hz: See `refine`.
        stretch: See `refine`.
        passes: See `refine`.
        progress: Called with the share done, 0..1, after each piece.

    Returns:
        [T] frequency in Hz and [T] amplitude, as in one piece but for rounding.
    """
    refined = np.array(coarse_hz, np.float64)
    amplitude = np.zeros(len(refined))

    def work(start: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        stop = min(start + PIECE_FRAMES, len(refined))
        first = max(start - MARGIN_FRAMES, 0)
        piece = slice(first, stop + MARGIN_FRAMES)
        samples = audio[first * FRAME_SAMPLES : piece.stop * FRAME_SAMPLES]
        found, level = refine(samples, coarse_hz[piece], stretch[piece], passes)
        inner = slice(start - first, stop - first)
        return found[inner], level[inner]

    starts = range(0, len(refined), PIECE_FRAMES)
    for start, (found, level) in zip(starts, map_in_threads(work, starts), strict=True):
        stop = start + len(found)
        refined[start:stop], amplitude[start:stop] = found, level
        if progress is not None:
            progress(stop / len(refined))
    return refined, amplitude


def _stretch_bounds(
    stretch: NDArray[np.intp],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First and last frame [T] of the stretch that each frame is in."""
    starts = np.flatnonzero(np.diff(stretch, prepend=stretch[0] - 1))
    ends = np.append(starts[1:], len(stretch)) - 1
    lengths = ends - starts + 1
    return np.repeat(starts, lengths), np.repeat(ends, lengths)


def _windows(
    frequency: NDArray[np.float64],
    first: NDArray[np.intp],
    last: NDArray[np.intp],
    refinement: RefinementPass,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Windows [T, L] at 1 kHz around each frame, and times relative to their centres.

    Two half Hann windows of unequal reach where the stretch ends nearby; the centre
    moves inside by half a reach at most.
    """
    reach = (
        np.clip(
            refinement.periods / frequency,
            max(refinement.min_reach_s, MIN_REACH_S),
            MAX_REACH_S,
        )
        * BLOCK_RATE_HZ
    )
    half = int(np.max(reach) * (1 + CENTRE_SHIFT)) + 1
    step = np.arange(-half, half + 1)
    frame = np.arange(len(frequency))
    before = (frame - first) * FRAME_BLOCKS - EDGE_BLOCKS
    after = (last - frame) * FRAME_BLOCKS - EDGE_BLOCKS
    room = np.clip((before + after) / 2, LEAST_BLOCKS, CENTRE_SHIFT * reach)
    shift = np.maximum(room - before, 0) - np.maximum(room - after, 0)
    left = np.clip(before + shift, LEAST_BLOCKS, reach)[:, None]
    right = np.clip(after - shift, LEAST_BLOCKS, reach)[:, None]
    offset = (step[None, :] - shift[:, None]).astype(np.float32)
    relative = np.where(offset < 0, offset / left, offset / right).astype(np.float32)
    relative = np.clip(relative, -1, 1)
    window = 0.5 + 0.5 * np.cos(np.float32(np.pi) * relative)
    window /= window.sum(axis=1, keepdims=True)
    offset -= (window * offset).sum(axis=1, keepdims=True)
    return window.astype(np.float32), offset


def _measure(
    audio: NDArray[np.float32],
    frequency: NDArray[np.float64],
    window: NDArray[np.float32],
    offset: NDArray[np.float32],
    num_harmonics: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequency of the fundamental by its harmonics' turning, and their amplitude."""
    cycles = _carrier_cycles(frequency, len(audio))
    carrier = _carrier(cycles)
    half = window.shape[1] // 2
    slope_window = window * offset
    slope_window /= np.maximum((slope_window * offset).sum(axis=1, keepdims=True), 1e-6)
    shape = len(frequency), half
    passed = np.append(0.0, cycles[BLOCK_SAMPLES - 1 :: BLOCK_SAMPLES])
    passed = _frames(passed, *shape, is_rising=True)
    carrier_hz = np.einsum("tl,tl->t", passed - passed[:, half, None], slope_window)
    total = np.zeros(len(frequency))
    weight = np.full(len(frequency), 1e-20)
    power = np.zeros(len(frequency))
    turned = audio.astype(np.complex64)
    for harmonic in range(1, num_harmonics + 1):
        turned = turned * carrier
        frames = _frames(_blocks(turned), *shape, is_rising=False)
        level = np.einsum("tl,tl->t", frames, window)
        slope = np.einsum("tl,tl->t", frames, slope_window)
        energy = level.real**2 + level.imag**2
        turn = (slope * level.conj()).imag / np.maximum(energy, 1e-20)
        audible = np.where(harmonic * frequency < HIGHEST_HARMONIC_HZ, energy, 0)
        total += audible * harmonic * turn
        weight += audible * harmonic**2
        power += audible
    error_hz = total / weight / (2 * np.pi)
    return (carrier_hz + error_hz) * BLOCK_RATE_HZ, 2 * np.sqrt(power)


def _carrier_cycles(
    frequency: NDArray[np.float64], num_samples: int
) -> NDArray[np.float64]:
    """Cycles [N] that a pitch has run through, constant around each frame's instant."""
    half = FRAME_SAMPLES // 2
    each = np.repeat(frequency, FRAME_SAMPLES)
    each = np.concatenate([each[:half], each])[:num_samples]
    each = np.pad(each, (0, num_samples - len(each)), mode="edge")
    return np.cumsum(each) / ANALYSIS_RATE_HZ


def _carrier(cycles: NDArray[np.float64]) -> NDArray[np.complex64]:
    """exp(-2 pi i cycles)."""
    phase = ((cycles % 1.0) * (2 * np.pi)).astype(np.float32)
    carrier = np.empty(len(cycles), np.complex64)
    carrier.real = np.cos(phase)
    carrier.imag = -np.sin(phase)
    return carrier


def _blocks(turned: NDArray[np.complex64]) -> NDArray[np.complex64]:
    """Phasors at 1 kHz: triangle means of 32 samples, block m about sample 16 m."""
    padded = np.pad(turned, (BLOCK_SAMPLES, -len(turned) % BLOCK_SAMPLES))
    blocks = padded.reshape(-1, BLOCK_SAMPLES)
    rise = ((np.arange(BLOCK_SAMPLES) + 0.5) / BLOCK_SAMPLES**2).astype(np.float32)
    fall = rise[::-1].copy()
    rising = blocks @ rise
    falling = blocks @ fall
    return rising + np.append(falling[1:], np.complex64(0))


def _frames(
    series: NDArray[Any], num_frames: int, half: int, *, is_rising: bool
) -> NDArray[Any]:
    """Views [T, 2 half + 1] of a series at 1 kHz around each frame.

    Beyond its ends a rising series goes on as steeply, another is silent.
    """
    end = max((num_frames - 1) * FRAME_BLOCKS + half + 1 - len(series), 0)
    padded = np.pad(series, (half, end))
    if is_rising and len(series) > 1:
        before, after = series[1] - series[0], series[-1] - series[-2]
        padded[:half] = series[0] - before * np.arange(half, 0, -1)
        padded[half + len(series) :] = series[-1] + after * np.arange(1, end + 1)
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    return views[::FRAME_BLOCKS][:num_frames]
