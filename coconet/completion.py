"""From a score with holes to a network's task: which cells are free, which notes stay.

A note is rewritten only if it lies wholly in the hole. A note that reaches over the
edge of a hole is kept whole, and its cells are not free.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.bars import BarSpans, bar_ticks
from musegen.coconet.config import NUM_VOICES, VOICE_NAMES
from musegen.coconet.given import all_lines
from musegen.coconet.score_planes import PhraseEnds
from musegen.coconet.score_task import (
    GivenVoice,
    ScoreTask,
    level_of,
    line_pitches,
    lines_end,
    lines_start,
    make_task,
    quantized,
)
from musegen.data.errors import EmptyScoreError
from musegen.data.grids import Grid, beat_grid
from musegen.data.notices import Notice
from musegen.data.quantization import SILENCE, Placement
from musegen.data.score import Note, Score

_CONTEXT_BEATS = 32  # seen to either side of a hole; twice what attention reaches


def prepare_completion(
    score: Score,
    *,
    bars: BarSpans | None = None,
    hidden: Sequence[int] | None = None,
    given: Sequence[int] = (),
    voices: Sequence[str] = (),
    beat_level: Fraction | None = None,
    phrase_ends: PhraseEnds = "none",
) -> ScoreTask:
    """Lay a score on a grid and free the cells of its holes.

    Args:
        score: Up to four pitched parts, unless `voices` choose lines.
        bars: Bars to rewrite; None: all. They may go on after the end of the score.
        hidden: Voices to rewrite, 0 = soprano; None: all. With neither bars nor voices
            the holes are the rests, and the voices that are missing.
        given: Which voices the lines are, in the order of `voices` or of the parts;
            empty chooses.
        voices: The lines, as `extract_melody` names them; empty takes every pitched
            part.
        beat_level: Quarters in a harmonic beat; None chooses.
        phrase_ends: What is told of phrase ends.

    Raises:
        EmptyScoreError: There is nothing to fill.
        InputError: The lines cannot be read as voices.
        UsageError: The bars are not in the score, or lines and voices do not match.
    """
    found = all_lines(score, voices=given, specs=voices)
    level = level_of(found.lines, score, beat_level)
    music = lines_start(found.lines), lines_end(found.lines)
    holes = None if bars is None else bar_ticks(score, bars, end=music[1])
    end_tick = max(music[1], holes[-1][1]) if holes else music[1]
    grid = beat_grid(
        score,
        beat_quarters=level.quarters,
        start_tick=min(music[0], holes[0][0]) if holes else music[0],
        end_tick=end_tick,
    )
    on_grid = quantized(found.lines, grid)
    is_asked = _asked(on_grid, grid, holes, hidden)
    emptied = list(on_grid)
    if bars is not None or hidden is not None:  # else only rests are filled
        emptied = [_emptied(given_voice, is_asked) for given_voice in on_grid]
    is_free = is_asked.copy()
    for given_voice in emptied:
        is_free[:, given_voice.voice] &= ~_is_kept(given_voice)
    if not is_free.any():
        raise EmptyScoreError(_nothing_to_fill(bars, hidden))
    return make_task(
        score,
        emptied,
        beat_level=level,
        grid=grid,
        is_free=is_free,
        phrases=_phrases(is_free, grid),
        end_tick=end_tick,
        phrase_ends=phrase_ends,
        notices=(*found.notices, *_edge_notices(emptied, is_asked, score)),
    )


def _asked(
    voices: Sequence[GivenVoice],
    grid: Grid,
    holes: Sequence[tuple[int, int]] | None,
    hidden: Sequence[int] | None,
) -> NDArray[np.bool_]:
    """(time, voice), the cells that the user wants filled."""
    pitch = line_pitches(voices, grid)
    is_asked = np.zeros(pitch.shape, dtype=bool)
    chosen = list(range(NUM_VOICES) if hidden is None else hidden)
    starts = np.asarray(grid.boundaries_ticks[:-1])
    if holes is not None:
        for first, last in holes:
            inside = np.flatnonzero((starts >= first) & (starts < last))
            is_asked[inside[:, None], chosen] = True
        return is_asked
    sounding = np.flatnonzero((pitch != SILENCE).any(axis=1))
    if not len(sounding):
        return is_asked
    is_asked[sounding[0] : sounding[-1] + 1, chosen] = True
    if hidden is None:
        is_asked &= pitch == SILENCE
    return is_asked


def _emptied(given: GivenVoice, is_asked: NDArray[np.bool_]) -> GivenVoice:
    """Mark the notes that lie wholly in the hole, with what doubles them."""
    column = is_asked[:, given.voice]
    inside = {
        (placement.note.onset, placement.note.pitch): placement.note
        for placement in given.line.placements
        if _is_inside(placement, column)
    }
    as_written = {cut: note for note, cut in given.extracted.cut_notes}
    removed = {as_written.get(note, note) for note in inside.values()}
    doubled = {
        note
        for note in given.extracted.other_notes
        if (note.onset, note.pitch) in inside
    }
    return replace(given, removed=tuple(sorted(removed | doubled)))


def _is_inside(placement: Placement, column: NDArray[np.bool_]) -> bool:
    if not placement.has_step:
        return bool(column[min(placement.start_step, len(column) - 1)])
    return bool(column[placement.start_step : placement.end_step].all())


def _is_kept(given: GivenVoice) -> NDArray[np.bool_]:
    """(time,), where a note sounds that stays."""
    kept = set(given.kept)
    is_kept = np.zeros(len(given.line.pitch), dtype=bool)
    for placement in given.line.placements:
        if placement.note in kept:
            is_kept[placement.start_step : placement.end_step] = True
    return is_kept


def _phrases(is_free: NDArray[np.bool_], grid: Grid) -> list[tuple[int, int]]:
    """The holes with what is around them, in whole beats; those that touch are one."""
    beat = grid.steps_per_beat
    beats = np.flatnonzero(is_free.reshape(-1, beat * NUM_VOICES).any(axis=1))
    num_beats = len(is_free) // beat
    phrases: list[tuple[int, int]] = []
    for index in beats.tolist():
        start = max(index - _CONTEXT_BEATS, 0)
        end = min(index + 1 + _CONTEXT_BEATS, num_beats)
        if phrases and start <= phrases[-1][1]:
            phrases[-1] = (phrases[-1][0], end)
        else:
            phrases.append((start, end))
    return [(start * beat, end * beat) for start, end in phrases]


def _nothing_to_fill(bars: BarSpans | None, hidden: Sequence[int] | None) -> str:
    if bars is None and hidden is None:
        return (
            "there is nothing to fill: all four voices sound throughout; name what is "
            "to be rewritten with --bars or --voices"
        )
    where = "" if hidden is None else f" in the {', '.join(map(_name, hidden))}"
    return (
        f"there is nothing to fill{where}: every note reaches over the edge of the "
        "bars that were named, and such notes are kept; name more bars"
    )


def _name(voice: int) -> str:
    return VOICE_NAMES[voice]


def _edge_notices(
    voices: Sequence[GivenVoice], is_asked: NDArray[np.bool_], score: Score
) -> tuple[Notice, ...]:
    """Say which notes reach over the edge of the hole and so were kept."""
    over: list[Note] = []
    for given in voices:
        column, kept = is_asked[:, given.voice], set(given.kept)
        over += [
            placement.note
            for placement in given.line.placements
            if placement.note in kept
            and column[placement.start_step : placement.end_step].any()
        ]
    if not over:
        return ()
    first = min(over)
    message = (
        f"{len(over)} note{' reaches' if len(over) == 1 else 's reach'} over the edge "
        "of what is rewritten and "
        f"{'was' if len(over) == 1 else 'were'} kept whole"
    )
    return (
        Notice(
            code="notes-over-the-edge",
            message=message,
            place=score.bar_beat(first.onset),
        ),
    )
