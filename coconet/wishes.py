"""What users ask of every result, in places and names that musicians use.

`constraints_of` turns wishes into the statements of `musegen.coconet.constraints` for a
score on its grid, and refuses those that could not act. How wishes are written is in
`musegen.coconet.wish_words`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, VOICE_NAMES
from musegen.coconet.constraints import (
    Cadence,
    CadenceKind,
    Constraints,
    PinnedChord,
    PinnedNote,
    Statement,
    VoiceRange,
)
from musegen.coconet.score_planes import tick_of_place
from musegen.coconet.score_task import ScoreTask
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key, find_key
from musegen.data.quantization import SILENCE
from musegen.data.score import BarBeat
from musegen.data.spelling import pitch_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A voice at a place; `pitch` None is a rest."""

    voice: int
    place: BarBeat
    pitch: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChordWish:
    """A chord at a place, its root first; `bass` None is any of its notes."""

    place: BarBeat
    pitch_classes: tuple[int, ...]
    bass: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeWish:
    """From one pitch of a voice to another, both included."""

    voice: int
    lowest: int
    highest: int

    def __str__(self) -> str:
        span = f"{pitch_name(self.lowest)}..{pitch_name(self.highest)}"
        return f"{VOICE_NAMES[self.voice]}={span}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All that a user asks of every result.

    Args:
        pins: Notes at places.
        chords: Chords at places.
        ranges: What voices keep within, none twice.
        forbidden: What voices keep out of.
        forbids_crossing: Whether voices may not lie beyond their neighbours.
        cadence: How the written music ends; None leaves it open.
        final_beats: Harmonic beats of the last chord of the cadence where no given note
            says how long it is; None: half a bar, or a bar whose half is no whole
            beats.
        has_approach: Whether the cadence has its chord before the last.
        key: Of the cadence; None takes the key signature, or finds one.

    Raises:
        UsageError: A place or a voice was named twice, or the key cannot act.
    """

    pins: tuple[Pin, ...] = ()
    chords: tuple[ChordWish, ...] = ()
    ranges: tuple[RangeWish, ...] = ()
    forbidden: tuple[RangeWish, ...] = ()
    forbids_crossing: bool = False
    cadence: CadenceKind | None = None
    final_beats: int | None = None
    has_approach: bool = True
    key: Key | None = None

    def __post_init__(self) -> None:
        named = [f"--pin {VOICE_NAMES[pin.voice]} in {pin.place}" for pin in self.pins]
        named += [f"--chord in {chord.place}" for chord in self.chords]
        named += [f"--range {VOICE_NAMES[one.voice]}" for one in self.ranges]
        named += [f"--forbid {one}" for one in self.forbidden]
        for name in named:
            if named.count(name) > 1:
                raise UsageError(f"{name} was given twice: leave one out")


def tonic_chord(key: Key, place: BarBeat) -> ChordWish:
    """Return the wish for the tonic triad at a place, its root in the bass."""
    third = 3 if key.is_minor else 4
    return ChordWish(
        place=place,
        pitch_classes=tuple((key.tonic + note) % 12 for note in (0, third, 7)),
        bass=key.tonic,
    )


def constraints_of(wishes: Wishes, task: ScoreTask) -> Constraints | None:
    """Turn wishes into statements about the steps of a score.

    Args:
        wishes: What is asked for.
        task: The score, which says where the places are and what is free.

    Returns:
        The statements; None where nothing is asked for.

    Raises:
        UsageError: A wish lies outside of the score, or where nothing is written.
    """
    statements: list[Statement] = []
    for pin in wishes.pins:
        start, end = _beat_of(pin.place, task)
        what = f"--pin {VOICE_NAMES[pin.voice]}"
        _require_free(task, what, (pin.voice,), start, end, pin.place)
        statements.append(
            PinnedNote(voice=pin.voice, start=start, end=end, pitch=pin.pitch)
        )
    for chord in wishes.chords:
        start, end = _beat_of(chord.place, task)
        _require_free(task, "--chord", (0, 1, 2, 3), start, end, chord.place)
        statements.append(
            PinnedChord(
                start=start,
                end=end,
                pitch_classes=chord.pitch_classes,
                bass=chord.bass,
                name=chord.name,
            )
        )
    for one in wishes.ranges:
        _require_written(task, one.voice, "--range")
        statements.append(
            VoiceRange(voices=(one.voice,), lowest=one.lowest, highest=one.highest)
        )
    for one in wishes.forbidden:
        _require_effect(one, wishes.ranges, task)
        statements.append(
            VoiceRange(
                voices=(one.voice,),
                lowest=one.lowest,
                highest=one.highest,
                is_forbidden=True,
            )
        )
    if wishes.cadence is not None:
        statements.append(_cadence(wishes.cadence, wishes, task))
    if not (statements or wishes.forbids_crossing):
        return None
    sharps, is_minor = _signature(wishes, task)
    return Constraints(
        statements=tuple(statements),
        forbids_crossing=wishes.forbids_crossing,
        shift=task.shift,
        sharps=sharps,
        is_minor=is_minor,
    )


def key_of_score(task: ScoreTask) -> Key:
    """Return the key that the end of a score is in.

    A key signature stands for its major or its minor key, whichever the notes are
    heard in; without one the notes alone decide.
    """
    pitch = task.pitch
    weights = np.bincount(pitch[pitch != SILENCE] % 12, minlength=12)
    heard = find_key(weights.astype(np.float64))
    signatures = [s for s in task.score.key_signatures if s.tick < task.end_tick]
    if not signatures:
        return heard
    last = signatures[-1]
    major = Key(tonic=last.sharps * 7 % 12, is_minor=False)
    minor = Key(tonic=(major.tonic + 9) % 12, is_minor=True)
    if heard in (major, minor):
        return heard
    return minor if last.is_minor else major


def _beat_of(place: BarBeat, task: ScoreTask) -> tuple[int, int]:
    """Steps from a place to the end of its harmonic beat."""
    tick = tick_of_place(task.score, place, end=task.grid.end)
    grid = task.grid
    if not grid.start <= tick < grid.end:
        raise UsageError(
            f"{place} lies where nothing is written: name a place from "
            f"{task.place(0)} to {task.place(grid.num_steps - 1)}"
        )
    start = min(grid.step_at(tick), grid.num_steps - 1)
    return start, start + grid.steps_per_beat - start % grid.steps_per_beat


def _require_free(
    task: ScoreTask,
    what: str,
    voices: tuple[int, ...],
    start: int,
    end: int,
    place: BarBeat,
) -> None:
    if not task.is_free[start:end, list(voices)].any():
        raise UsageError(
            f"{what} does nothing in {place}: no note is to be written there; leave it "
            "out, or name another place"
        )


def _signature(wishes: Wishes, task: ScoreTask) -> tuple[int, bool]:
    """Sharps and mode by which pitches are spelled."""
    if wishes.key is not None:
        return wishes.key.sharps, wishes.key.is_minor
    signatures = [s for s in task.score.key_signatures if s.tick < task.end_tick]
    if signatures:
        return signatures[-1].sharps, signatures[-1].is_minor
    key = key_of_score(task)
    return key.sharps, key.is_minor


def _require_written(task: ScoreTask, voice: int, option: str) -> None:
    if not task.is_free[:, voice].any():
        name = VOICE_NAMES[voice]
        raise UsageError(
            f"{option} {name} does nothing: no note of the {name} is to be written; "
            "leave it out"
        )


def _require_effect(
    wish: RangeWish, ranges: tuple[RangeWish, ...], task: ScoreTask
) -> None:
    """Refuse to forbid what would not be written anyway."""
    _require_written(task, wish.voice, "--forbid")
    reach = RangeWish(
        voice=wish.voice,
        lowest=MIN_PITCH - task.shift,
        highest=MIN_PITCH + NUM_PITCHES - 1 - task.shift,
    )
    for kept in (reach, *ranges):
        is_apart = wish.highest < kept.lowest or wish.lowest > kept.highest
        if kept.voice == wish.voice and is_apart:
            why = f"--range {kept} already keeps to others"
            if kept is reach:
                why = f"the network writes only {str(kept).partition('=')[2]}"
            raise UsageError(
                f"--forbid {wish} does nothing: {why}; leave it out, or name pitches "
                "within"
            )


def _cadence(kind: CadenceKind, wishes: Wishes, task: ScoreTask) -> Cadence:
    """The cadence at the end of what is written."""
    free_steps = np.flatnonzero(task.is_free.any(axis=1))
    end = int(free_steps[-1]) + 1
    key = key_of_score(task) if wishes.key is None else wishes.key
    beat = task.grid.steps_per_beat
    start = _final_start(task, end, wishes.final_beats)
    final = task.pitch[start:end]
    has_major_third = bool((final[final != SILENCE] % 12 == (key.tonic + 4) % 12).any())
    return Cadence(
        kind=kind,
        tonic=key.tonic,
        is_minor=key.is_minor,
        end=end,
        final_steps=end - start,
        approach_steps=min(beat, start) if wishes.has_approach else 0,
        has_picardy_third=key.is_minor and has_major_third,
    )


def _final_start(task: ScoreTask, end: int, final_beats: int | None) -> int:
    """First step of the last chord: of the last given note, or so many beats."""
    for given in task.voices:
        if not task.is_free[end - 1, given.voice]:
            onsets = np.flatnonzero(given.line.is_onset[:end])
            if len(onsets):
                return int(onsets[-1])
    beat = task.grid.steps_per_beat
    if final_beats is None:
        final_beats = _usual_final_beats(task, end)
    # A beat is left for the chord before.
    return max(end - max(min(final_beats * beat, end - beat), beat), 0)


def _usual_final_beats(task: ScoreTask, end: int) -> int:
    """Harmonic beats of a last chord that no given note holds. Our own choice.

    Half a bar; a bar whose half is no whole beats has no other strong beat than its
    first, and the chord fills it.
    """
    tick = task.grid.tick_of(end - 1)
    bar = task.score.time_signature_at(max(tick, task.score.pickup)).quarters_per_bar
    beat_ticks = task.grid.tick_of(task.grid.steps_per_beat) - task.grid.start
    bar_beats = math.ceil(bar * task.score.ticks_per_quarter / Fraction(beat_ticks))
    return bar_beats if bar_beats % 2 else bar_beats // 2
