"""The fundamental frequency of one voice or instrument, from its recording alone.

Candidates by autocorrelation, a network's opinion on low notes, the best path through
both, and a refinement to cents. For monophonic sound; for audio whose notes are known
`known_pitch` is more exact, and chords are nobody's matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio
from musegen.midi_ddsp.analysis.neural_pitch import read_low_pitch
from musegen.midi_ddsp.analysis.periodicity import (
    ANALYSIS_RATE_HZ,
    HOP_SAMPLES,
    Candidates,
    find_candidates,
)
from musegen.midi_ddsp.analysis.pitch_path import best_path
from musegen.midi_ddsp.analysis.pitch_refinement import (
    FRAME_SAMPLES,
    RefinementPass,
    refine_long,
)
from musegen.midi_ddsp.analysis.pitch_track import (
    PitchTrack,
    count_frames,
    hold_unvoiced,
)

MIN_HZ = 40.0
MAX_HZ = 3300.0
LOWEST_HZ = 32.0
HIGHEST_HZ = 3500.0
FALLBACK_HZ = 220.0

# All tuned on the synthetic and rendered notes of benchmarks/pitch_tracking.py.
OCTAVE_COST = 0.08
# Of two correlations near 1, .96 and .998, the second is far better: what is left of
# the sound is a twentieth. An octave's cost alone would not see that.
CLOSENESS = 0.1  # for each power of ten
CLOSE = 0.002  # below this it is noise
NETWORK_BONUS = 0.25
NETWORK_SURE_HZ = 160.0  # below, the network is heard in full
NETWORK_MUTE_HZ = 330.0  # above, not at all
NETWORK_WIDTH_OCTAVES = 0.05
UNVOICED_CORRELATION = 0.5
QUIET_DB = -70.0  # below full scale nothing is called voiced
RELATIVE_QUIET_DB = -50.0  # nor so far below the loudest
STRETCH_OCTAVES = 0.07  # a larger step between instants begins a new stretch

PASSES = (
    RefinementPass(num_harmonics=2, periods=1.5, min_reach_s=0.005),
    RefinementPass(num_harmonics=5, periods=1.5, min_reach_s=0.012),
)

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class _Coarse:
    """The chosen path at the instants of the candidates."""

    frequency_hz: NDArray[np.float64]
    confidence: NDArray[np.float64]
    voiced: NDArray[np.bool_]


def track_pitch(
    audio: ArrayLike,
    sample_rate: int,
    *,
    min_hz: float = MIN_HZ,
    max_hz: float = MAX_HZ,
    progress: Progress | None = None,
) -> PitchTrack:
    """Track the fundamental frequency of a monophonic recording.

    Args:
        audio: [N] samples, about -1..1; values that are not finite count as silence.
        sample_rate: Of the audio, in Hz.
        min_hz: Lowest pitch looked for, at least 32.
        max_hz: Highest pitch looked for, at most 3500, at least an octave above
            `min_hz`.
        progress: Called with the share done, 0..1, now and then.

    Returns:
        T = ceil(N * 250 / sample rate) frames.

    Raises:
        UsageError: The range of pitch is empty or beyond what can be tracked.
        InputError: The audio is not one channel, or its rate is not usable.
    """
    if not LOWEST_HZ <= min_hz <= max_hz / 2 or max_hz > HIGHEST_HZ:
        message = (
            f"cannot look for pitches from {min_hz:g} to {max_hz:g} Hz: give a range of"
            f" an octave or more between {LOWEST_HZ:g} and {HIGHEST_HZ:g} Hz"
        )
        raise UsageError(message)
    report = progress or (lambda share: None)
    num_frames = count_frames(np.size(audio), sample_rate)
    samples = to_analysis_audio(audio, sample_rate)
    num_instants = -(-len(samples) // HOP_SAMPLES)
    with ThreadPoolExecutor(max_workers=1) as aside:  # the network has but one thread
        opinion = aside.submit(
            read_low_pitch,
            samples,
            num_instants,
            hop_s=HOP_SAMPLES / ANALYSIS_RATE_HZ,
        )
        candidates = find_candidates(
            samples, min_hz=min_hz, max_hz=max_hz, octave_cost=OCTAVE_COST
        )
        report(0.4)
        coarse = _choose_path(candidates, *opinion.result())
    report(0.7)
    track = _refine(samples, coarse, progress=lambda share: report(0.7 + 0.3 * share))
    return _fit_length(track, num_frames)


def _choose_path(
    candidates: Candidates,
    opinion_hz: NDArray[np.float32],
    confidence: NDArray[np.float32],
) -> _Coarse:
    frequency = candidates.frequency_hz
    safe = np.maximum(frequency, 1.0)
    octave = np.log2(safe)
    opinion = confidence * np.clip(
        np.log(NETWORK_MUTE_HZ / opinion_hz)
        / np.log(NETWORK_MUTE_HZ / NETWORK_SURE_HZ),
        0,
        1,
    )
    apart = (octave - np.log2(opinion_hz)[:, None]) / NETWORK_WIDTH_OCTAVES
    bonus = NETWORK_BONUS * opinion[:, None] * np.exp(-0.5 * apart**2)
    correlation = candidates.correlation
    remainder = np.maximum(1.0 - correlation, 0.0) + CLOSE
    closeness = -CLOSENESS * np.log10(remainder)
    score = correlation + closeness + OCTAVE_COST * octave + bonus
    unvoiced = UNVOICED_CORRELATION + OCTAVE_COST * octave[:, 0]
    is_quiet = candidates.power < _quiet_power(candidates.power)
    unvoiced = np.where(is_quiet, 9.0, unvoiced)
    path = best_path(frequency, score, unvoiced.astype(np.float32))
    voiced = path >= 0
    chosen = np.maximum(path, 0)[:, None]
    correlation = np.take_along_axis(correlation, chosen, 1)[:, 0]
    confidence = np.clip(correlation, 0, 1) * np.where(voiced, 1.0, 0.5)
    return _Coarse(
        np.take_along_axis(safe, chosen, 1)[:, 0].astype(np.float64),
        np.where(is_quiet, 0.0, confidence),
        voiced,
    )


def _quiet_power(power: NDArray[np.float32]) -> float:
    loudest = float(np.quantile(power, 0.99)) if len(power) else 0.0
    relative = loudest * 10 ** (RELATIVE_QUIET_DB / 10)
    return max(relative, 10 ** (QUIET_DB / 10))


def _refine(
    samples: NDArray[np.float32], coarse: _Coarse, *, progress: Progress
) -> PitchTrack:
    num_frames = -(-len(samples) // FRAME_SAMPLES)
    each = HOP_SAMPLES // FRAME_SAMPLES
    index = np.minimum(
        (np.arange(num_frames) + each // 2) // each, max(len(coarse.voiced) - 1, 0)
    )
    held = hold_unvoiced(coarse.frequency_hz, coarse.voiced, fallback_hz=FALLBACK_HZ)
    steps = np.abs(np.diff(np.log2(held), prepend=np.log2(held[:1])))
    breaks = steps > STRETCH_OCTAVES
    breaks[1:] |= coarse.voiced[1:] != coarse.voiced[:-1]
    stretch = np.cumsum(breaks, dtype=np.intp)
    frequency, _ = refine_long(
        samples, held[index], stretch[index], PASSES, progress=progress
    )
    voiced = coarse.voiced[index]
    frequency = hold_unvoiced(frequency, voiced, fallback_hz=FALLBACK_HZ)
    return PitchTrack(
        f0_hz=frequency.astype(np.float32),
        confidence=coarse.confidence[index].astype(np.float32),
        voiced=voiced,
    )


def _fit_length(track: PitchTrack, num_frames: int) -> PitchTrack:
    """Cut or hold the last frame: resampling may have changed the length by one."""
    if track.num_frames == num_frames:
        return track
    if track.num_frames == 0:
        return PitchTrack(
            f0_hz=np.full(num_frames, FALLBACK_HZ, np.float32),
            confidence=np.zeros(num_frames, np.float32),
            voiced=np.zeros(num_frames, bool),
        )
    index = np.minimum(np.arange(num_frames), track.num_frames - 1)
    return PitchTrack(
        f0_hz=track.f0_hz[index],
        confidence=track.confidence[index],
        voiced=track.voiced[index],
    )
