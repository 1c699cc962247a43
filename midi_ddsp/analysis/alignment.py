"""Where the notes of a score are in a recording of it.

Dynamic time warping by the pitch of the recording and by what begins in it, coarse
first, then each onset on its own. For one voice, and a recording that plays the notes
in order and leaves none out; without a score, see `segmentation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio
from musegen.midi_ddsp.analysis.event_path import event_starts
from musegen.midi_ddsp.analysis.onset_strength import onset_strength
from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ, PitchTrack
from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi

COARSE_FRAMES = 4  # 16 ms
REST_GAP_S = 0.03  # a shorter gap of the score is no rest
REFINE_FRAMES = 20  # 80 ms to either side
FARTHEST_SEMITONES = 2.0
OCTAVE_COST = 0.5
UNVOICED_NOTE_COST = 0.5
VOICED_REST_COST = 0.6
ONSET_BONUS = 2.0  # of entering a note at a full onset
ENTRY_COST = 2.5
REPEAT_SPREAD = 0.3  # of a repeated note's length: how far its onset may stray
FITTING_SEMITONES = 1.0

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """A score's notes in the time of a recording.

    Attributes:
        notes: As many as given, sorted by onset; pitch and velocity are the score's.
        fit: [N] float32, share of each note's frames within a semitone of its pitch.
        cost: Mean cost a frame, 0 (perfect) to about 1 (another piece).
    """

    notes: tuple[PlayedNote, ...]
    fit: NDArray[np.float32]
    cost: float


def align(
    notes: Sequence[PlayedNote],
    audio: ArrayLike,
    sample_rate: int,
    *,
    track: PitchTrack | None = None,
    progress: Progress | None = None,
) -> Alignment:
    """Find the notes of a score in a recording.

    Args:
        notes: One voice; its tempo may be another and may change.
        audio: [N] samples, about -1..1.
        sample_rate: Of the audio, in Hz.
        track: The recording's pitch, where it is known already.
        progress: Called with the share done, 0..1, now and then.

    Returns:
        Every note, at its place in the recording.

    Raises:
        InputError: The recording is too short for so many notes.
    """
    ordered = sorted(notes, key=lambda note: note.onset_s)
    if not ordered:
        return Alignment(notes=(), fit=np.zeros(0, np.float32), cost=0.0)
    report = progress or (lambda share: None)
    found = track or track_pitch(
        audio, sample_rate, progress=lambda share: report(0.7 * share)
    )
    strength = onset_strength(to_analysis_audio(audio, sample_rate))
    strength = np.pad(strength, (0, 1))[: found.num_frames]
    report(0.8)
    events = _Events.of(ordered)
    frame_cost = _frame_costs(found, events.pitches)
    starts, cost = _coarse_starts(frame_cost, strength, events)
    starts = _spread_repeats(starts, events, ordered, strength)
    starts = _refine(starts, frame_cost, strength, events)
    report(1.0)
    placed = _place(starts, events, ordered, found.num_frames)
    fit = np.array([_note_fit(note, found) for note in placed], np.float32)
    return Alignment(notes=tuple(placed), fit=fit, cost=cost)


@dataclass(frozen=True, slots=True)
class _Events:
    """Notes and the rests that may be between them, in order."""

    pitches: NDArray[np.intp]  # [P] different pitches
    column: NDArray[np.intp]  # [E] index into them; P is the rest
    note: NDArray[np.intp]  # [E] index of the note, -1 for a rest

    @classmethod
    def of(cls, notes: Sequence[PlayedNote]) -> _Events:
        pitches = np.unique([note.pitch for note in notes])
        indices = [-1]
        for index, note in enumerate(notes):
            indices.append(index)
            is_last = index + 1 == len(notes)
            if is_last or notes[index + 1].onset_s - note.offset_s > REST_GAP_S:
                indices.append(-1)
        column = [
            len(pitches) if i < 0 else np.searchsorted(pitches, notes[i].pitch)
            for i in indices
        ]
        return cls(pitches, np.array(column, np.intp), np.array(indices, np.intp))


def _frame_costs(track: PitchTrack, pitches: NDArray[np.intp]) -> NDArray[np.float32]:
    """[T, P + 1]: what each frame costs under each pitch, and under a rest."""
    pitch = hz_to_midi(track.f0_hz).astype(np.float32)
    away = np.abs(pitch[:, None] - pitches[None, :].astype(np.float32))
    cost = np.minimum(away, FARTHEST_SEMITONES) / FARTHEST_SEMITONES
    is_octave = np.abs(away - 12) < FITTING_SEMITONES
    cost = np.where(is_octave, OCTAVE_COST, cost)
    cost = np.where(track.voiced[:, None], cost, UNVOICED_NOTE_COST)
    rest = np.where(track.voiced, VOICED_REST_COST, 0.0)
    return np.concatenate([cost, rest[:, None]], axis=1).astype(np.float32)


def _coarse_starts(
    frame_cost: NDArray[np.float32], strength: NDArray[np.float32], events: _Events
) -> tuple[NDArray[np.intp], float]:
    """First frame of each event, -1 for a rest left out, and the mean cost a frame."""
    is_rest = events.note < 0
    needed = int(np.sum(~is_rest))
    num_frames = len(frame_cost)
    each = COARSE_FRAMES if num_frames >= 4 * COARSE_FRAMES * needed else 1
    if num_frames < needed:
        message = (
            f"a recording of {num_frames / TRACK_RATE_HZ:.2f} s cannot hold {needed}"
            " notes: give the recording and the score of the same piece"
        )
        raise InputError(message)
    cells = np.arange(0, num_frames, each)
    sizes = np.diff(np.append(cells, num_frames))
    cost = np.add.reduceat(frame_cost, cells, axis=0) / sizes[:, None]
    onset = np.maximum.reduceat(strength, cells)
    entry = (ENTRY_COST - ONSET_BONUS * onset) * np.float32(COARSE_FRAMES / each)
    starts, mean_cost = event_starts(
        cost.astype(np.float32), events.column, is_rest, entry.astype(np.float32)
    )
    entries = float(np.sum(entry[starts[~is_rest & (starts > 0)]])) / len(cells)
    return np.where(starts >= 0, starts * each, -1), max(mean_cost - entries, 0.0)


def _spread_repeats(
    starts: NDArray[np.intp],
    events: _Events,
    notes: Sequence[PlayedNote],
    strength: NDArray[np.float32],
) -> NDArray[np.intp]:
    """Place repeated notes near where the score has them between sure onsets."""
    order = np.flatnonzero(events.note >= 0)
    is_sure = ~_is_repeat(starts, events)[order]
    score_s = np.array([notes[events.note[event]].onset_s for event in order])
    sure = np.flatnonzero(is_sure)
    after = _end_of_last(starts, events, num_frames=len(strength))
    anchors_s = np.append(score_s[sure], max(notes[-1].offset_s, score_s[-1] + 1e-3))
    frames = np.append(starts[order[sure]], after)
    expected = np.interp(score_s, anchors_s, frames)
    length = np.diff(np.append(expected, after))
    placed = starts.copy()
    for index in np.flatnonzero(~is_sure):
        spread = REPEAT_SPREAD * max(min(length[index - 1], length[index]), 1.0)
        first = max(int(expected[index] - spread), 0)
        last = min(int(expected[index] + spread) + 1, len(strength))
        away = (np.arange(first, last) - expected[index]) / spread
        best = np.argmax(strength[first:last] - away**2) if last > first else 0
        placed[order[index]] = first + int(best)
    return placed


def _is_repeat(starts: NDArray[np.intp], events: _Events) -> NDArray[np.bool_]:
    """[E] whether an event is a note that follows the same pitch without a rest."""
    used = np.flatnonzero(starts >= 0)
    repeated = np.zeros(len(starts), np.bool_)
    repeated[used[1:]] = events.column[used[1:]] == events.column[used[:-1]]
    return repeated


def _end_of_last(starts: NDArray[np.intp], events: _Events, *, num_frames: int) -> int:
    """Frame where the last note ends: where a rest begins, or with the recording."""
    has_rest = starts[-1] > 0 and events.note[-1] < 0
    return int(starts[-1]) if has_rest else num_frames


def _refine(
    starts: NDArray[np.intp],
    frame_cost: NDArray[np.float32],
    strength: NDArray[np.float32],
    events: _Events,
) -> NDArray[np.intp]:
    """Move each start by up to 80 ms to where the two sides fit best."""
    refined = starts.copy()
    used = np.flatnonzero(starts >= 0)
    is_repeat = _is_repeat(starts, events)
    for place, event in enumerate(used):
        if place == 0 or is_repeat[event]:
            continue
        lowest = int(refined[used[place - 1]]) + 1
        highest = len(frame_cost)
        if place + 1 < len(used):
            highest = max((int(starts[event]) + int(starts[used[place + 1]])) // 2, 0)
        first = max(int(starts[event]) - REFINE_FRAMES, lowest)
        last = max(min(int(starts[event]) + REFINE_FRAMES, highest), first + 1)
        last = min(last, len(frame_cost))
        if last <= first:
            refined[event] = min(lowest, len(frame_cost) - 1)
            continue
        before = frame_cost[first:last, events.column[used[place - 1]]]
        here = frame_cost[first:last, events.column[event]]
        total = np.concatenate([[0.0], np.cumsum(before - here)[:-1]])
        bonus = 0.0 if events.note[event] < 0 else ONSET_BONUS * strength[first:last]
        refined[event] = first + int(np.argmin(total - bonus))
    return refined


def _place(
    starts: NDArray[np.intp],
    events: _Events,
    notes: Sequence[PlayedNote],
    num_frames: int,
) -> list[PlayedNote]:
    used = np.flatnonzero(starts >= 0)
    ends = dict(zip(used[:-1], starts[used[1:]], strict=True))
    placed: list[PlayedNote] = []
    least = 0
    for event in np.flatnonzero(events.note >= 0):
        note = notes[events.note[event]]
        first = max(int(starts[event]), least)
        last = max(int(ends.get(event, num_frames)), first + 1)
        least = first + 1
        placed.append(
            PlayedNote(
                pitch=note.pitch,
                onset_s=first / TRACK_RATE_HZ,
                offset_s=last / TRACK_RATE_HZ,
                velocity=note.velocity,
            )
        )
    return placed


def _note_fit(note: PlayedNote, track: PitchTrack) -> float:
    first = round(note.onset_s * TRACK_RATE_HZ)
    last = round(note.offset_s * TRACK_RATE_HZ)
    frequency = track.f0_hz[first:last]
    if len(frequency) == 0:
        return 0.0
    near = np.abs(hz_to_midi(frequency) - note.pitch) < FITTING_SEMITONES
    return float(np.mean(near & track.voiced[first:last]))
