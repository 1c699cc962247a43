"""From filled cells to a score: new notes beside what was given, left as it was.

`side_by_side` writes new voices as parts beside the given lines, `in_place` writes new
notes into the parts of the score that was read.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, NUM_VOICES, VOICE_NAMES
from musegen.coconet.given import SOPRANO
from musegen.coconet.planes import STRUCK
from musegen.coconet.score_task import GivenVoice, ScoreTask
from musegen.data.constants import DRUM_CHANNEL, MAX_MIDI_PITCH
from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.quantization import SILENCE, line_notes
from musegen.data.score import Note, Part, Score, sorted_notes
from musegen.data.voice_choice import choose_parts

_SOFTER = 0.85  # of the melody's velocity: the melody leads. Our own choice
_VELOCITY = 88  # of a melody that nothing was given for. Our own choice
_NUM_CHANNELS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltSetting:
    """A setting as a score.

    Args:
        score: What is written.
        grid: (time, voice) MIDI pitches as written, -1 = silence.
        given_parts: Parts of the score that hold given lines and nothing new.
        notices: Parts left out, pitches moved.
    """

    score: Score
    grid: NDArray[np.int16]
    given_parts: tuple[int, ...]
    notices: tuple[Notice, ...]


def side_by_side(
    task: ScoreTask,
    pitch_index: NDArray[np.int16],
    onset: NDArray[np.int8],
    *,
    keep: Sequence[str] = (),
) -> BuiltSetting:
    """Write soprano, alto, tenor and bass as parts, then the parts that are kept.

    Args:
        task: The given lines and their grid.
        pitch_index: (time, voice), as filled; only free cells are read.
        onset: (time, voice), 2 = struck; only free cells are read.
        keep: `all`, or specifications of other parts of the input to keep.
    """
    kept, left_out = kept_parts(task, keep)
    grid, num_moved = _written_grid(task, pitch_index)
    frames = {given.voice: _line_part(task, given) for given in task.voices}
    taken = [part.channel for part in (*frames.values(), *kept)]
    program = frames[task.given_voices[0]].program if frames else 0
    parts = []
    for voice in range(NUM_VOICES):
        if voice in frames:
            parts.append(frames[voice])
            continue
        part = _new_part(task, voice, grid, onset, program=program, taken=taken)
        taken.append(part.channel)
        parts.append(part)
    return BuiltSetting(
        score=replace(task.score, parts=(*parts, *kept)),
        grid=grid,
        given_parts=tuple(sorted(frames)),
        notices=(*_left_out_notices(task.score, left_out), *_moved_notices(num_moved)),
    )


def in_place(
    task: ScoreTask, pitch_index: NDArray[np.int16], onset: NDArray[np.int8]
) -> BuiltSetting:
    """Write new notes into the parts they belong to; voices without one get a part.

    Args:
        task: The lines, their holes and the grid.
        pitch_index: (time, voice), as filled; only free cells are read.
        onset: (time, voice), 2 = struck; only free cells are read.
    """
    grid, num_moved = _written_grid(task, pitch_index)
    parts = list(task.score.parts)
    changed: set[int] = set()
    for given in task.voices:
        index = given.extracted.part_index
        gone = set(given.removed)
        notes = _voice_notes(task, given.voice, grid, onset)
        if not notes and not gone:
            continue
        changed.add(index)
        stay = [note for note in parts[index].notes if note not in gone]
        notes = _beside(notes, given.kept, stay)
        parts[index] = replace(parts[index], notes=sorted_notes([*stay, *notes]))
    of_voice = {given.voice: given.extracted.part_index for given in task.voices}
    is_given = [index in of_voice.values() for index in range(len(parts))]
    is_given = [given and i not in changed for i, given in enumerate(is_given)]
    top = parts[task.voices[0].extracted.part_index] if task.voices else Part()
    for voice in range(NUM_VOICES):
        if voice in of_voice or not task.is_free[:, voice].any():
            continue
        taken = [part.channel for part in parts]
        part = _new_part(task, voice, grid, onset, program=top.program, taken=taken)
        above = [place for other, place in of_voice.items() if other < voice]
        place = max(above) + 1 if above else min(of_voice.values(), default=len(parts))
        parts.insert(place, part)
        is_given.insert(place, False)
        of_voice = {v: i + (i >= place) for v, i in of_voice.items()} | {voice: place}
    return BuiltSetting(
        score=replace(task.score, parts=tuple(parts)),
        grid=grid,
        given_parts=tuple(index for index, given in enumerate(is_given) if given),
        notices=_moved_notices(num_moved),
    )


def kept_parts(
    task: ScoreTask, keep: Sequence[str]
) -> tuple[tuple[Part, ...], tuple[int, ...]]:
    """Return parts to keep, and indices of parts with something in them left out.

    Args:
        task: The given lines, whose own parts are in no case among them.
        keep: `all`, or specifications of parts as in `extract_melody`.

    Raises:
        VoiceNotFoundError: A specification names no part.
        UsageError: A specification names a given line alone.
    """
    own = {given.extracted.part_index for given in task.voices}
    others = [index for index in range(len(task.score.parts)) if index not in own]
    if "all" in keep:
        chosen = set(others)
    else:
        chosen = set()
        for spec in keep:
            named = set(choose_parts(task.score, spec).indices)
            if named <= own:
                raise UsageError(
                    f"--keep {spec} names the melody, which is kept in any case: leave "
                    "it out"
                )
            chosen |= named
    parts = task.score.parts
    return (
        tuple(parts[index] for index in others if index in chosen),
        tuple(
            index
            for index in others
            if index not in chosen and (parts[index].notes or parts[index].lyrics)
        ),
    )


def _line_part(task: ScoreTask, given: GivenVoice) -> Part:
    """The line's part: itself, or only the line's notes where it held more.

    Where two lines come of one part the lower has its name behind the part's.
    """
    index = given.extracted.part_index
    part = task.score.parts[index]
    sharing = [g.voice for g in task.voices if g.extracted.part_index == index]
    if given.voice != sharing[0]:
        name = f"{part.name} {VOICE_NAMES[given.voice]}".strip()
        part = replace(part, name=name, lyrics=(), fermatas=())
    if part.notes == given.extracted.notes:
        return part
    return replace(part, notes=given.extracted.notes)


def _new_part(
    task: ScoreTask,
    voice: int,
    grid: NDArray[np.int16],
    onset: NDArray[np.int8],
    *,
    program: int,
    taken: Sequence[int | None],
) -> Part:
    return Part(
        notes=_voice_notes(task, voice, grid, onset),
        name=VOICE_NAMES[voice].capitalize(),
        program=program,
        channel=_free_channel(taken),
    )


def _written_grid(
    task: ScoreTask, pitch_index: NDArray[np.int16]
) -> tuple[NDArray[np.int16], int]:
    """(time, voice) MIDI pitches of the result, and how many were moved into MIDI."""
    is_note = task.is_free & (pitch_index >= 0)
    written, num_moved = _within_midi(
        pitch_index[is_note].astype(np.int64) + MIN_PITCH - task.shift
    )
    grid = np.where(task.is_free, SILENCE, task.pitch).astype(np.int16)
    grid[is_note] = written
    return grid, num_moved


def _voice_notes(
    task: ScoreTask,
    voice: int,
    grid: NDArray[np.int16],
    onset: NDArray[np.int8],
) -> tuple[Note, ...]:
    """New notes of one voice, none of which outlasts what was given."""
    column = np.where(task.is_free[:, voice], grid[:, voice], SILENCE).astype(np.int16)
    struck = (onset[:, voice] == STRUCK) & (column != SILENCE)
    velocity_at = _velocities(task, voice)
    result = []
    for note in line_notes(column, struck, task.grid, velocity=1):
        # A last note just before its step would leave no time: then the step has it.
        end = min(note.end, task.end_tick) if note.onset < task.end_tick else note.end
        result.append(
            replace(
                note,
                duration=end - note.onset,
                velocity=velocity_at.of(note.onset),
            )
        )
    return tuple(result)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Velocities:
    """How loud a new note is: as the given note that began last, softer or not."""

    leaders: tuple[Note, ...]
    onsets: tuple[int, ...]
    factor: float

    def of(self, tick: int) -> int:
        if not self.leaders:
            return round(_VELOCITY * self.factor)
        last = max(0, bisect.bisect_right(self.onsets, tick) - 1)
        together = self.onsets[last]
        first = bisect.bisect_left(self.onsets, together)
        until = bisect.bisect_right(self.onsets, together)
        loudest = max(note.velocity for note in self.leaders[first:until])
        return max(1, round(loudest * self.factor))


def _velocities(task: ScoreTask, voice: int) -> _Velocities:
    own = [g.extracted.notes for g in task.voices if g.voice == voice]
    given = [note for g in task.voices for note in g.extracted.notes]
    leaders = sorted_notes(own[0] if own else given)
    is_softer = not own and voice != SOPRANO
    return _Velocities(
        leaders=leaders,
        onsets=tuple(note.onset for note in leaders),
        factor=_SOFTER if is_softer else 1.0,
    )


def _beside(
    notes: Sequence[Note], line: Sequence[Note], stay: Sequence[Note]
) -> tuple[Note, ...]:
    """Shorten new notes that touch what stays; drop those that are left no time.

    Kept notes lie where they were played, a little beyond their steps perhaps.

    Args:
        notes: New notes of a line.
        line: What stays of the line: nothing sounds together with it.
        stay: What stays of its part: nothing of the same pitch sounds together with it.
    """
    result = []
    for note in notes:
        rivals = [*line, *(other for other in stay if other.pitch == note.pitch)]
        start, end = note.onset, note.end
        middle = (start + end) / 2
        for other in rivals:
            if other.onset < end and max(other.end, other.onset + 1) > start:
                if other.onset <= middle and other.end < end:
                    start = max(start, other.end, other.onset)
                else:
                    end = min(end, other.onset)
        if end > start:
            result.append(replace(note, onset=start, duration=end - start))
    return tuple(result)


def _within_midi(pitch: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Move what transposing back has taken out of MIDI's range by octaves."""
    is_low, is_high = pitch < 0, pitch > MAX_MIDI_PITCH
    moved = np.where(is_low, pitch % 12, pitch)
    moved = np.where(is_high, MAX_MIDI_PITCH - (MAX_MIDI_PITCH - pitch) % 12, moved)
    return moved, int((is_low | is_high).sum())


def _free_channel(taken: Sequence[int | None]) -> int:
    for channel in range(_NUM_CHANNELS):
        if channel != DRUM_CHANNEL and channel not in taken:
            return channel
    return 0


def _left_out_notices(score: Score, left_out: Sequence[int]) -> tuple[Notice, ...]:
    if not left_out:
        return ()
    names = ", ".join(part_label(score, index) for index in left_out)
    message = f"not in the result: {names}; add --keep all to keep other parts"
    return (Notice(code="parts-left-out", message=message),)


def _moved_notices(num_moved: int) -> tuple[Notice, ...]:
    if not num_moved:
        return ()
    message = (
        f"{num_moved} steps of the new voices lay beyond MIDI's range and were moved "
        "by octaves"
    )
    return (Notice(code="moved-into-midi-range", message=message),)
