"""Notes onto the steps of a grid, and back, with nothing dropped.

Onset and hold are kept apart, so that repeated notes stay visible. Every note keeps its
placement, also the one that has no step of its own; from the placements the score comes
back exactly. Where the steps lie is decided in `musegen.data.grids`.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.grids import Grid, uniform_grid
from musegen.data.notices import Notice
from musegen.data.score import Note, Part, Score, sorted_notes

SILENCE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where one note lies on a grid.

    Args:
        note: The very note that was given.
        start_step: First step, 0 to num_steps.
        end_step: First step after it; `start_step` where the note has no step.
        shift_ticks: Tick of the first step minus the onset of the note.
    """

    note: Note
    start_step: int
    end_step: int
    shift_ticks: int

    @property
    def has_step(self) -> bool:
        """Whether the grid shows the note at all."""
        return self.end_step > self.start_step


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizationReport:
    """What quantising changed.

    Args:
        num_notes: Notes that were given.
        num_moved: Notes whose first step does not lie exactly on their onset.
        max_shift_ticks: Largest such distance.
        num_without_step: Notes that the grid does not show: shorter than a step beside
            others, or outside of the grid.
        first_moved: The first moved note.
        first_without_step: The first note without a step.
    """

    num_notes: int
    num_moved: int
    max_shift_ticks: int
    num_without_step: int
    first_moved: Note | None = None
    first_without_step: Note | None = None

    def notices(self, score: Score) -> tuple[Notice, ...]:
        """Return what a user should hear of, with bar and beat in `score`."""
        notices: list[Notice] = []
        if self.first_moved is not None:
            share = Fraction(self.max_shift_ticks, score.ticks_per_quarter)
            notices.append(
                Notice(
                    code="notes-off-grid",
                    message=f"{self.num_moved} of {self.num_notes} notes begin between "
                    f"the steps of the grid, by at most {float(share):.2g} of a "
                    "quarter; the nearest step stands for them",
                    place=score.bar_beat(self.first_moved.onset),
                )
            )
        if self.first_without_step is not None:
            notices.append(
                Notice(
                    code="notes-without-step",
                    message=f"{self.num_without_step} of {self.num_notes} notes are "
                    "shorter than a step of the grid, which does not show them; they "
                    "are kept as they were written",
                    place=score.bar_beat(self.first_without_step.onset),
                )
            )
        return tuple(notices)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantizedLine:
    """A single voice on a grid.

    Args:
        pitch: (num_steps,), int16: the MIDI pitch that sounds, -1 for silence.
        is_onset: (num_steps,), bool: a note begins here (so a repeated note shows).
        placements: One for every note that was given, in order of onset.
        report: What was moved or has no step.
    """

    pitch: npt.NDArray[np.int16]
    is_onset: npt.NDArray[np.bool_]
    placements: tuple[Placement, ...]
    report: QuantizationReport


def quantize_line(notes: Sequence[Note], grid: Grid) -> QuantizedLine:
    """Lay a monophonic line on a grid.

    The note that sounds longest in a step has it (of equals the earlier one); a step
    that is silent for half its length or more is a rest. A note that wins no step so
    still has the step nearest to its onset where that is a rest: a staccato note is
    seen. Where two notes overlap, the later takes over.

    Args:
        notes: In any order; see `musegen.data.voices` for picking one voice.
        grid: Where the steps lie. Notes outside of it have no step.

    Returns:
        The line, with the very notes in its placements.
    """
    ordered = sorted_notes(notes)
    ends = [min(note.end, later.onset) for note, later in pairwise(ordered)]
    ends += [note.end for note in ordered[-1:]]
    owner = _longest_sounding(ordered, ends, grid)
    _give_free_steps(ordered, owner, grid)
    return _line_of_owners(ordered, owner, grid)


def line_notes(
    pitch: npt.NDArray[np.int16],
    is_onset: npt.NDArray[np.bool_],
    grid: Grid,
    *,
    velocity: int,
) -> tuple[Note, ...]:
    """Return the notes of a line on a grid; the exact inverse of `quantize_line`.

    Args:
        pitch: (num_steps,), MIDI pitch or -1 for silence.
        is_onset: (num_steps,); an onset strikes again. A change of pitch begins a note
            whether or not it is marked; a mark on silence means nothing.
        grid: Where the steps lie.
        velocity: Of every note, 1 to 127.

    Raises:
        ValueError: An array is not of the length of the grid, or a pitch is not MIDI.
    """
    for name, array in (("pitch", pitch), ("is_onset", is_onset)):
        if array.shape != (grid.num_steps,):
            raise ValueError(
                f"{name} has the shape ({grid.num_steps},); got {array.shape}"
            )
    begins = np.asarray(is_onset, dtype=bool).copy()
    begins[:1] = True
    begins[1:] |= pitch[1:] != pitch[:-1]
    starts = np.flatnonzero(begins).tolist()
    return tuple(
        Note(
            onset=grid.tick_of(start),
            duration=grid.tick_of(end) - grid.tick_of(start),
            pitch=int(pitch[start]),
            velocity=velocity,
        )
        for start, end in zip(starts, [*starts[1:], grid.num_steps], strict=True)
        if pitch[start] != SILENCE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedPart:
    """A part on a grid, several notes at once allowed.

    Args:
        frame: The part without its notes.
        placements: One for every note of the part, in its order.
    """

    frame: Part
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedScore:
    """A whole score on an even grid, for the preparation of data.

    Args:
        frame: The score without its parts.
        grid: Equal steps from tick 0.
        parts: In the order of the score.
        report: All parts together.
    """

    frame: Score
    grid: Grid
    parts: tuple[QuantizedPart, ...]
    report: QuantizationReport

    def original(self) -> Score:
        """Return the score as it was given, note for note."""
        return self._with_notes(
            [
                tuple(placement.note for placement in part.placements)
                for part in self.parts
            ]
        )

    def aligned(self) -> Score:
        """Return the score on the grid, without the notes that have no step."""
        boundaries = self.grid.boundaries_ticks
        return self._with_notes(
            [
                sorted_notes(
                    replace(
                        placement.note,
                        onset=boundaries[placement.start_step],
                        duration=boundaries[placement.end_step]
                        - boundaries[placement.start_step],
                    )
                    for placement in part.placements
                    if placement.has_step
                )
                for part in self.parts
            ]
        )

    def _with_notes(self, notes: Sequence[tuple[Note, ...]]) -> Score:
        parts = tuple(
            replace(part.frame, notes=part_notes)
            for part, part_notes in zip(self.parts, notes, strict=True)
        )
        return replace(self.frame, parts=parts)


def quantize_score(
    score: Score, *, steps_per_quarter: int = STEPS_PER_QUARTER
) -> QuantizedScore:
    """Lay every note of every part on equal steps from tick 0.

    Each note goes to the nearest boundaries and lasts at least one step. Of several
    notes of one part and pitch that begin in the same step the longest has it.

    Args:
        score: Any score; drums and chords are welcome.
        steps_per_quarter: Steps to a quarter note, at least 1.

    Raises:
        InputError: The score has fewer ticks than steps to a quarter.
    """
    step_ticks = -(-score.ticks_per_quarter // steps_per_quarter)
    last_onset = max(
        (note.onset for part in score.parts for note in part.notes), default=0
    )
    grid = uniform_grid(
        ticks_per_quarter=score.ticks_per_quarter,
        start_tick=0,
        end_tick=max(score.end, last_onset + step_ticks),
        steps_per_quarter=steps_per_quarter,
        steps_per_beat=steps_per_quarter,
    )
    parts = tuple(
        QuantizedPart(frame=replace(part, notes=()), placements=_place_part(part, grid))
        for part in score.parts
    )
    return QuantizedScore(
        frame=replace(score, parts=()),
        grid=grid,
        parts=parts,
        report=_report([item for part in parts for item in part.placements]),
    )


def _longest_sounding(
    notes: Sequence[Note], ends: Sequence[int], grid: Grid
) -> list[int]:
    """The index of the note that has each step, -1 where the step is a rest."""
    bounds = grid.boundaries_ticks
    owner = [-1] * grid.num_steps
    longest = [0] * grid.num_steps
    sounding = [0] * grid.num_steps
    for index, (note, end) in enumerate(zip(notes, ends, strict=True)):
        step = max(bisect.bisect_right(bounds, note.onset) - 1, 0)
        while step < grid.num_steps and bounds[step] < end:
            ticks = min(end, bounds[step + 1]) - max(note.onset, bounds[step])
            sounding[step] += ticks
            if ticks > longest[step]:
                owner[step], longest[step] = index, ticks
            step += 1
    return [
        index if 2 * ticks > bounds[step + 1] - bounds[step] else -1
        for step, (index, ticks) in enumerate(zip(owner, sounding, strict=True))
    ]


def _give_free_steps(notes: Sequence[Note], owner: list[int], grid: Grid) -> None:
    """Give notes that won no step the rest in which they begin, the longest first."""
    seen = set(owner)
    unseen = [
        index
        for index, note in enumerate(notes)
        if index not in seen and grid.start <= note.onset < grid.end
    ]
    for index in sorted(unseen, key=lambda item: (-notes[item].duration, item)):
        step = min(grid.step_at(notes[index].onset), grid.num_steps - 1)
        is_in_order = step == 0 or owner[step - 1] < index
        if owner[step] == -1 and is_in_order:
            owner[step] = index


def _line_of_owners(
    notes: Sequence[Note], owner: Sequence[int], grid: Grid
) -> QuantizedLine:
    """Build the arrays and the placements from who has which step."""
    owners = np.asarray(owner, dtype=np.int64)
    pitches = np.asarray([note.pitch for note in notes] + [SILENCE], dtype=np.int16)
    is_onset = owners >= 0
    is_onset[1:] &= owners[1:] != owners[:-1]
    starts = np.flatnonzero(is_onset)
    first = dict(zip(owners[starts].tolist(), starts.tolist(), strict=True))
    counts = np.bincount(owners[owners >= 0], minlength=len(notes))
    placements: list[Placement] = []
    for index, note in enumerate(notes):
        start = first.get(index, grid.step_at(note.onset))
        placements.append(
            Placement(
                note=note,
                start_step=start,
                end_step=start + int(counts[index]),
                shift_ticks=grid.tick_of(start) - note.onset,
            )
        )
    return QuantizedLine(
        pitch=pitches[owners],
        is_onset=is_onset,
        placements=tuple(placements),
        report=_report(placements),
    )


def _place_part(part: Part, grid: Grid) -> tuple[Placement, ...]:
    """Nearest boundaries for every note; the longest of equal pitch and start stays."""
    starts = [min(grid.step_at(note.onset), grid.num_steps - 1) for note in part.notes]
    longest: dict[tuple[int, int], int] = {}
    for index, (note, start) in enumerate(zip(part.notes, starts, strict=True)):
        rival = longest.setdefault((start, note.pitch), index)
        if note.duration > part.notes[rival].duration:
            longest[start, note.pitch] = index
    placements: list[Placement] = []
    for index, (note, start) in enumerate(zip(part.notes, starts, strict=True)):
        end = start
        if longest[start, note.pitch] == index:
            end = max(start + 1, grid.step_at(note.end))
        shift = grid.tick_of(start) - note.onset
        placements.append(
            Placement(note=note, start_step=start, end_step=end, shift_ticks=shift)
        )
    return tuple(placements)


def _report(placements: Sequence[Placement]) -> QuantizationReport:
    moved = [item for item in placements if item.has_step and item.shift_ticks]
    without = [item for item in placements if not item.has_step]
    return QuantizationReport(
        num_notes=len(placements),
        num_moved=len(moved),
        max_shift_ticks=max((abs(item.shift_ticks) for item in moved), default=0),
        num_without_step=len(without),
        first_moved=min((item.note for item in moved), default=None),
        first_without_step=min((item.note for item in without), default=None),
    )
