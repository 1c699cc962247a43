"""The fundamental frequency of audio whose notes are known.

For rendered training data and aligned recordings: no octave can be mistaken, and the
windows stop at the notes' edges. Not for finding out which notes there are
(`pitch_tracking`, `segmentation`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio
from musegen.midi_ddsp.analysis.pitch_refinement import (
    FRAME_SAMPLES,
    RefinementPass,
    refine_long,
)
from musegen.midi_ddsp.analysis.pitch_track import (
    TRACK_RATE_HZ,
    PitchTrack,
    count_frames,
    hold_unvoiced,
)
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import midi_to_hz

FALLBACK_HZ = 220.0
SILENCE_AMPLITUDE = 1e-4  # harmonics below sound like nothing
FARTHEST_OCTAVES = 2.5 / 12  # from the written pitch; beyond, it is not this note
POWER_REACH_SAMPLES = 256

# Wide enough for a glide of two semitones, then narrower.
PASSES = (
    RefinementPass(num_harmonics=2, periods=2.0, min_reach_s=0.004),
    RefinementPass(num_harmonics=4, periods=1.5, min_reach_s=0.006),
    RefinementPass(num_harmonics=5, periods=1.5, min_reach_s=0.008),
)


def track_known_pitch(
    audio: ArrayLike, sample_rate: int, notes: Sequence[PlayedNote]
) -> PitchTrack:
    """Track the pitch of one voice around the notes it is known to play.

    Args:
        audio: [N] samples, about -1..1; values that are not finite count as silence.
        sample_rate: Of the audio, in Hz.
        notes: In any order; a later onset ends the note before. Glides and vibrato may
            leave the written pitch by two semitones.

    Returns:
        T = ceil(N * 250 / sample rate) frames; voiced where a note is written and its
        harmonics are heard. Confidence is the harmonics' share of the power.

    Raises:
        InputError: The audio is not one channel, or its rate is not usable.
    """
    num_frames = count_frames(np.size(audio), sample_rate)
    samples = to_analysis_audio(audio, sample_rate)
    samples = np.pad(samples, (0, max(0, num_frames * FRAME_SAMPLES - len(samples))))
    samples = samples[: num_frames * FRAME_SAMPLES]
    label, written_hz = _written(notes, num_frames)
    frequency, amplitude = refine_long(samples, written_hz, label, PASSES)
    strayed = np.abs(np.log2(frequency / written_hz)) > FARTHEST_OCTAVES
    voiced = (label >= 0) & (amplitude > SILENCE_AMPLITUDE) & ~strayed
    frequency = np.where(strayed, written_hz, frequency)
    share = 0.5 * amplitude**2 / np.maximum(_local_power(samples), 1e-12)
    confidence = np.where(voiced, np.clip(share, 0, 1), 0.0)
    held = frequency
    if label.size and label.max() >= 0:
        held = hold_unvoiced(frequency, label >= 0, fallback_hz=FALLBACK_HZ)
    return PitchTrack(
        f0_hz=held.astype(np.float32),
        confidence=confidence.astype(np.float32),
        voiced=voiced,
    )


def _written(
    notes: Sequence[PlayedNote], num_frames: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Each frame's note, -1 in rests, and its written frequency, held over rests."""
    label = np.full(num_frames, -1, np.intp)
    pitch = np.zeros(num_frames)
    for index, note in enumerate(sorted(notes, key=lambda note: note.onset_s)):
        first = max(round(note.onset_s * TRACK_RATE_HZ), 0)
        last = max(round(note.offset_s * TRACK_RATE_HZ), first)
        label[first:] = -1
        label[first:last] = index
        pitch[first:last] = note.pitch
    written_hz = midi_to_hz(np.maximum(pitch, 1e-9))
    held = hold_unvoiced(written_hz, label >= 0, fallback_hz=FALLBACK_HZ)
    return label, np.maximum(held, 1.0)


def _local_power(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean square [T] about each frame's instant, 32 ms wide."""
    total = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    instant = np.arange(0, len(samples), FRAME_SAMPLES)
    first = np.maximum(instant - POWER_REACH_SAMPLES, 0)
    last = np.minimum(instant + POWER_REACH_SAMPLES, len(samples))
    power: NDArray[np.float64] = (total[last] - total[first]) / np.maximum(
        last - first, 1
    )
    return power
