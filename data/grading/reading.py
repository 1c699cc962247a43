"""Finding the four voices of a score, and laying them on sixteenths to be graded."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import (
    EmptyScoreError,
    InputError,
    PolyphonyError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.grading.grade import (
    VOICES,
    Grade,
    grade_grid,
    grade_parts,
    score_parts,
)
from musegen.data.grading.lines import FourParts, grid_parts
from musegen.data.grading.naming import SpellingMethod
from musegen.data.grading.references import References
from musegen.data.grids import uniform_grid
from musegen.data.part_labels import part_label
from musegen.data.polyphony import find_chords
from musegen.data.quantization import quantize_line
from musegen.data.score import Note, Score
from musegen.data.voices import extract_melody

_MAX_LISTED_PARTS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FourVoices:
    """A score read for grading.

    Args:
        parts: The lines with their exact durations.
        pitch: (time, voice) int16, what sounds in each sixteenth, -1 for silence.
        is_onset: (time, voice), where a note begins.
        first_phase: Position of the first step in its beat of a quarter, 0 to 3.
        names: Of the parts, as the file has them.
    """

    parts: FourParts
    pitch: npt.NDArray[np.int16]
    is_onset: npt.NDArray[np.bool_]
    first_phase: int
    names: tuple[str, ...]


def read_voices(
    score: Score, *, voices: Sequence[str] | None = None, is_quantized: bool = False
) -> FourVoices:
    """Return the four voices of a score.

    A gap of less than a sixteenth before the next note is articulation, not a rest.

    Args:
        score: Any score.
        voices: Soprano, alto, tenor and bass as `extract_melody` names voices (`2`,
            `name:Alto`, `1:top`); None takes the four parts with notes: in the order of
            their names where these are soprano, alto, tenor and bass, else in file
            order.
        is_quantized: Move notes to the nearest sixteenth; otherwise a note between
            sixteenths is an error.

    Raises:
        InputError: There are not four voices, or a note begins between sixteenths.
        PolyphonyError: A voice sounds several notes at once.
        UsageError: Two of `voices` are one line.
        VoiceNotFoundError: No part, or more than one, answers to a name.
    """
    chosen = _four_parts(score) if voices is None else _named_voices(score, voices)
    if len(chosen) != len(VOICES):
        raise InputError(
            "four voices are graded, soprano, alto, tenor and bass; "
            f"got {len(chosen)}: {', '.join(name for name, _ in chosen)}"
        )
    if not is_quantized:
        _check_sixteenths(score, chosen)
    lines = [_without_articulation(score, notes) for _, notes in chosen]
    grid = uniform_grid(
        ticks_per_quarter=score.ticks_per_quarter,
        start_tick=0,
        end_tick=max(note.end for line in lines for note in line),
        steps_per_quarter=STEPS_PER_QUARTER,
        steps_per_beat=1,
    )
    rows = [quantize_line(line, grid) for line in lines]
    pitch = np.stack([row.pitch for row in rows], axis=1)
    is_onset = np.stack([row.is_onset for row in rows], axis=1)
    pickup_steps = round(_sixteenths(score, score.pickup))
    return FourVoices(
        parts=(
            grid_parts(pitch, is_onset=is_onset)
            if is_quantized
            else score_parts(score, lines)
        ),
        pitch=pitch,
        is_onset=is_onset,
        first_phase=-pickup_steps % STEPS_PER_QUARTER,
        names=tuple(name for name, _ in chosen),
    )


def grade_voices(
    voices: FourVoices,
    *,
    spelling: SpellingMethod = "key-aware",
    window_steps: int | None = None,
    is_raster: bool = False,
    references: References | None = None,
) -> tuple[Grade, ...]:
    """Grade a score that was read, as a whole or in windows.

    Args:
        voices: What `read_voices` returned.
        spelling: How notes are named.
        window_steps: Sixteenths of a window; windows adjoin, and what is left at the
            end is not graded. None grades the whole with its exact durations.
        is_raster: Take equal neighbouring sixteenths for one note, as in arrays that do
            not know repeated notes.
        references: What to compare with; None: Bach's chorales as published.

    Returns:
        One grade a window.

    Raises:
        InputError: The score is shorter than a window.
    """
    if window_steps is None and not is_raster:
        return (grade_parts(voices.parts, spelling=spelling, references=references),)
    num_steps = len(voices.pitch)
    length = num_steps if window_steps is None else window_steps
    if num_steps < length:
        raise InputError(
            f"the score has {num_steps} sixteenths, fewer than a window of {length}: "
            "choose a shorter window, or grade the whole"
        )
    return tuple(
        grade_grid(
            voices.pitch[start : start + length],
            is_onset=None if is_raster else voices.is_onset[start : start + length],
            spelling=spelling,
            references=references,
        )
        for start in range(0, num_steps - length + 1, length)
    )


def written_grade(score: Score) -> Grade | None:
    """Return the grade of a whole score as `musegen evaluate` gives it for the file.

    Args:
        score: Any score; one whose notes do not begin on sixteenths is graded as with
            `--quantize`.

    Returns:
        The key-aware grade; None where there are not four voices.
    """
    for is_quantized in (False, True):
        with contextlib.suppress(InputError):
            return grade_voices(read_voices(score, is_quantized=is_quantized))[0]
    return None


def _four_parts(score: Score) -> list[tuple[str, tuple[Note, ...]]]:
    """Return (name, notes) of the four parts of a score that has just four."""
    indices = [
        index
        for index, part in enumerate(score.parts)
        if part.notes and not part.is_drum
    ]
    indices = _by_voice_names(score, indices) or indices
    if len(indices) != len(VOICES):
        labels = [part_label(score, index) for index in indices[:_MAX_LISTED_PARTS]]
        more = ", ..." if len(indices) > _MAX_LISTED_PARTS else ""
        found = f" ({', '.join(labels)}{more})" if labels else ""
        number = "1 part" if len(indices) == 1 else f"{len(indices)} parts"
        raise InputError(
            f"music in four parts is graded, and this has {number} with notes{found}: "
            "name soprano, alto, tenor and bass with --voices, such as 1,2,3,4 or "
            "1:top,1:bottom,2:top,2:bottom"
        )
    return [(part_label(score, i), _single_voice(score, i)) for i in indices]


def _by_voice_names(score: Score, indices: Sequence[int]) -> list[int]:
    """The parts named after each voice, empty where one is missing or there twice."""
    chosen = []
    for voice in VOICES:
        named = [i for i in indices if voice in score.parts[i].name.casefold()]
        if len(named) != 1:
            return []
        chosen += named
    return chosen if len(set(chosen)) == len(VOICES) else []


def _single_voice(score: Score, index: int) -> tuple[Note, ...]:
    notes = score.parts[index].notes
    chords = find_chords(notes, ticks_per_quarter=score.ticks_per_quarter)
    if chords:
        raise PolyphonyError(
            f"{part_label(score, index)}, {score.bar_beat(chords[0].tick)}: several "
            "notes sound together, where one voice is graded: name its lines with "
            f"--voices, such as {index + 1}:top and {index + 1}:bottom"
        )
    return notes


def _named_voices(
    score: Score, names: Sequence[str]
) -> list[tuple[str, tuple[Note, ...]]]:
    """Return (name, notes) of the voices that were asked for, each another line."""
    found: dict[tuple[int, tuple[Note, ...]], str] = {}
    for name in names:
        try:
            voice = extract_melody(score, voice=name)
        except (EmptyScoreError, PolyphonyError, VoiceNotFoundError) as error:
            message = str(error).replace("--voice ", f"'{name}' of --voices as ")
            raise type(error)(f"--voices {','.join(names)}: {message}") from error
        line = voice.part_index, voice.notes
        if line in found:
            raise UsageError(
                f"--voices {','.join(names)}: '{found[line]}' and '{name}' are the "
                "same line: name four different ones"
            )
        found[line] = name
    return [(name, notes) for (_, notes), name in found.items()]


def _sixteenths(score: Score, ticks: int) -> Fraction:
    return Fraction(ticks * STEPS_PER_QUARTER, score.ticks_per_quarter)


def _check_sixteenths(
    score: Score, chosen: Sequence[tuple[str, tuple[Note, ...]]]
) -> None:
    """Refuse notes that begin between sixteenths, naming the first."""
    off = [
        (note.onset, name)
        for name, notes in chosen
        for note in notes
        if _sixteenths(score, note.onset).denominator != 1
    ]
    if off:
        tick, name = min(off)
        num_notes = sum(len(notes) for _, notes in chosen)
        raise InputError(
            f"{name}, {score.bar_beat(tick)}: a note begins between sixteenths, as "
            f"{len(off)} of {num_notes} do, and durations are graded on sixteenths: "
            "move them to the nearest with --quantize, or write them so (check that a "
            "quarter of the file is the beat)"
        )


def _without_articulation(score: Score, notes: Sequence[Note]) -> list[Note]:
    """Let a note last until the next where less than a sixteenth is between them."""
    sounding = [note for note in notes if note.duration > 0]
    held = []
    for place, note in enumerate(sounding):
        if place + 1 < len(sounding):
            end = sounding[place + 1].onset
        else:
            steps = math.ceil(_sixteenths(score, note.end))
            end = math.ceil(
                Fraction(steps * score.ticks_per_quarter, STEPS_PER_QUARTER)
            )
        gap = _sixteenths(score, end - note.end)
        held.append(replace(note, duration=end - note.onset) if 0 < gap < 1 else note)
    return held
