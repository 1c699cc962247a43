"""Notes out of a pitch track and a loudness curve, where no score is at hand.

A hidden Markov model whose states are the semitones and the rest; repeated notes are
told by the loudness. For one voice. With a score, `alignment` finds the same more
surely.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ, PitchTrack
from musegen.midi_ddsp.analysis.tuning import tuning_semitones
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import hz_to_midi

MIN_NOTE_S = 0.04
SHORTEST_NOTE_S, LONGEST_MIN_NOTE_S = 0.02, 2.0  # what `min_note_s` may be
# A note shorter than this is one only where its pitch holds still: a glide or the
# voice's coming and going passes through semitones too. Tried on the virtual player's
# takes and on scales of 40 to 100 ms notes.
SHORT_NOTE_S = 0.08
STEADY_SEMITONES = 0.25
STEADY_SHARE = 0.6
MIN_STRETCH_S = 0.03  # of pitch without a note; less is the beginning or end of one
REST = -1
NUM_PITCHES = 128

# Costs a frame, tuned on rendered violin, flute and cello (benchmarks).
CHANGE_COST = 8.0  # of every change of state: what keeps vibrato inside its note
FARTHEST_SEMITONES = 1.5  # a frame off by more counts no more
REST_IN_SOUND_COST = 1.0
NOTE_IN_SILENCE_COST = 0.7

# A repeated note shows as a rise of loudness after a dip.
RISE_DB = 10.0
RISE_S = 0.05
DIP_S = 0.06
MIN_REPEAT_S = 0.1

MEDIAN_VELOCITY = 80
VELOCITIES_PER_DB = 2.0


def segment_notes(
    track: PitchTrack,
    loudness_db: ArrayLike,
    *,
    min_note_s: float = MIN_NOTE_S,
    repeat_rise_db: float = RISE_DB,
) -> list[PlayedNote]:
    """Divide a recording into notes.

    Args:
        track: [T] pitch at 250 Hz.
        loudness_db: [T] in dB, of either definition; a frame more or less than the
            track is tolerated.
        min_note_s: Shorter notes are dropped, and so are notes below 80 ms whose pitch
            does not hold still.
        repeat_rise_db: Rise within 50 ms that begins the same note again.

    Returns:
        Notes in the order of their onsets, none overlapping. The pitch is the nearest
        semitone once the recording's own tuning is allowed for; velocity follows
        loudness about the median note's 80.

    Raises:
        InputError: `loudness_db` is not as long as the track.
    """
    loudness = _fit(np.asarray(loudness_db, np.float64), track.num_frames)
    if track.num_frames == 0:
        return []
    pitch = hz_to_midi(track.f0_hz)
    tuning = tuning_semitones(pitch, track.voiced) or 0.0
    states = _best_states(pitch - tuning, track)
    edges = np.flatnonzero(np.diff(states)) + 1
    bounds = np.concatenate([[0], edges, [len(states)]])
    pieces: list[tuple[int, int, int]] = []
    for first, last in pairwise(bounds):
        if states[first] == REST:
            continue
        cuts = [int(first), *_repeats(loudness, first, last, repeat_rise_db), int(last)]
        pieces += [(a, b, int(states[first])) for a, b in pairwise(cuts)]
    least = min_note_s * TRACK_RATE_HZ
    kept = [
        (first, last, state)
        for first, last, state in pieces
        if last - first >= least and _is_note(pitch[first:last])
    ]
    return _to_notes(kept, loudness)


def stretches_without_note(
    voiced: NDArray[np.bool_], notes: Sequence[PlayedNote]
) -> NDArray[np.intp]:
    """Return [K, 2], first frame and end of what has a pitch and is in no note.

    Args:
        voiced: Whether there is a pitch, at 250 Hz, [T].
        notes: What was found in it; stretches of less than 30 ms beside them do not
            count.
    """
    is_left = voiced & (note_frames(notes, len(voiced)).note_index < 0)
    edges = np.flatnonzero(np.diff(is_left, prepend=False, append=False))
    stretches = edges.reshape(-1, 2)
    lengths = np.diff(stretches, axis=1)[:, 0]
    return stretches[lengths >= MIN_STRETCH_S * TRACK_RATE_HZ]


def _fit(loudness: NDArray[np.float64], num_frames: int) -> NDArray[np.float64]:
    if loudness.ndim != 1 or abs(len(loudness) - num_frames) > 1:
        message = (
            f"loudness of shape {loudness.shape} does not belong to a pitch track of"
            f" {num_frames} frames: compute both from the same audio at 250 Hz"
        )
        raise InputError(message)
    finite = np.nan_to_num(loudness, nan=-120.0, posinf=0.0, neginf=-120.0)
    if len(finite) < num_frames:
        finite = np.pad(finite, (0, 1), mode="edge" if len(finite) else "constant")
    return finite[:num_frames]


def _best_states(pitch: NDArray[np.float64], track: PitchTrack) -> NDArray[np.intp]:
    """Semitone of each frame, -1 for the rest (Viterbi, every change equally dear)."""
    lowest = int(np.clip(np.floor(pitch.min()) - 1, 0, NUM_PITCHES - 1))
    highest = int(np.clip(np.ceil(pitch.max()) + 1, lowest, NUM_PITCHES - 1))
    grid = np.arange(lowest, highest + 1)
    num_frames, rest = len(pitch), len(grid)
    came_from = np.zeros((num_frames, rest + 1), np.bool_)
    best_before = np.zeros(num_frames, np.intp)
    total = np.zeros(rest + 1)
    for frame in range(num_frames):
        best = int(total.argmin())
        change = total[best] + CHANGE_COST
        best_before[frame] = best
        came_from[frame] = total > change
        np.minimum(total, change, out=total)
        if track.voiced[frame]:
            away = np.abs(grid - pitch[frame])
            total[:rest] += np.minimum(away, FARTHEST_SEMITONES)
            total[rest] += REST_IN_SOUND_COST
        else:
            total[:rest] += NOTE_IN_SILENCE_COST
    states = np.empty(num_frames, np.intp)
    state = int(total.argmin())
    for frame in range(num_frames - 1, -1, -1):
        states[frame] = state
        if came_from[frame, state]:
            state = int(best_before[frame])
    return np.where(states == rest, REST, lowest + states)


def _repeats(
    loudness: NDArray[np.float64], first: int, last: int, rise_db: float
) -> list[int]:
    """Frames inside a stretch of one pitch where it begins anew."""
    ahead = round(RISE_S * TRACK_RATE_HZ)
    behind = round(DIP_S * TRACK_RATE_HZ)
    apart = round(MIN_REPEAT_S * TRACK_RATE_HZ)
    inside = loudness[first:last]
    if len(inside) < 2 * apart:
        return []
    after = np.append(inside[ahead:], np.full(ahead, -np.inf))
    rise = after - inside
    found: list[int] = []
    for frame in np.argsort(-rise, kind="stable"):
        if rise[frame] < rise_db:
            break
        if not apart <= frame < len(inside) - apart:
            continue
        if np.max(inside[frame - behind : frame]) < inside[frame] + rise_db / 3:
            continue  # still the first attack, not a dip
        if all(abs(int(frame) - other) >= apart for other in found):
            found.append(int(frame))
    return sorted(int(first) + frame for frame in found)


def _is_note(pitch: NDArray[np.float64]) -> bool:
    """Whether a stretch of one state is more than a moment of a glide."""
    if len(pitch) >= SHORT_NOTE_S * TRACK_RATE_HZ:
        return True
    is_near = np.abs(pitch - np.median(pitch)) <= STEADY_SEMITONES
    return bool(is_near.mean() >= STEADY_SHARE)


def _to_notes(
    pieces: list[tuple[int, int, int]], loudness: NDArray[np.float64]
) -> list[PlayedNote]:
    if not pieces:
        return []
    levels = np.array([loudness[first:last].max() for first, last, _ in pieces])
    velocity = MEDIAN_VELOCITY + VELOCITIES_PER_DB * (levels - np.median(levels))
    velocity = np.clip(np.round(velocity), 1, 127).astype(int)
    return [
        PlayedNote(
            pitch=pitch,
            onset_s=first / TRACK_RATE_HZ,
            offset_s=last / TRACK_RATE_HZ,
            velocity=int(strength),
        )
        for (first, last, pitch), strength in zip(pieces, velocity, strict=True)
    ]
