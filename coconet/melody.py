"""From a melody to a network's task: the given lines, and every other voice to write.

The melody may be any voice, or several. What the network does with it is in
`musegen.coconet.harmonizing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.given import SOPRANO, find_lines
from musegen.coconet.score_planes import PhraseEnds
from musegen.coconet.score_task import (
    ScoreTask,
    level_of,
    line_pitches,
    lines_end,
    lines_start,
    make_task,
    quantized,
)
from musegen.data.errors import UsageError
from musegen.data.grids import Grid, beat_grid
from musegen.data.quantization import SILENCE
from musegen.data.score import Score


def prepare_melody(
    score: Score,
    *,
    given: Sequence[int] = (SOPRANO,),
    voices: Sequence[str] = (),
    beat_level: Fraction | None = None,
    phrase_ends: PhraseEnds = "none",
) -> ScoreTask:
    """Take the given lines, lay them on a grid, and free the other voices.

    The other voices sound where the given ones do: not before the first note nor after
    the last, and rest where all given voices rest for a bar or more.

    Args:
        score: Any score.
        given: Which voices the lines are, 0 = soprano; one to three, none twice.
        voices: The lines in the order of `given`, as `extract_melody` names lines;
            empty chooses.
        beat_level: Quarters in a harmonic beat; None chooses.
        phrase_ends: What is told of phrase ends.

    Raises:
        InputError: No such line, several notes at once, or too wide a range.
        UsageError: Voices and lines do not match, or no voice is left to write.
    """
    if len(set(given)) != len(given) or not 0 < len(given) < NUM_VOICES:
        raise UsageError(
            "one to three different voices can be given, as something must be left to "
            "write: name fewer with --given"
        )
    found = find_lines(score, given, voices)
    level = level_of(found.lines, score, beat_level)
    end_tick = lines_end(found.lines)
    grid = beat_grid(
        score,
        beat_quarters=level.quarters,
        start_tick=lines_start(found.lines),
        end_tick=end_tick,
    )
    on_grid = quantized(found.lines, grid)
    is_sounding = (line_pitches(on_grid, grid) != SILENCE).any(axis=1)
    phrases = _phrases(is_sounding, score, grid)
    is_free = np.zeros((grid.num_steps, NUM_VOICES), dtype=bool)
    written = [voice for voice in range(NUM_VOICES) if voice not in given]
    for start, end in phrases:
        sounding = start + np.flatnonzero(is_sounding[start:end])
        is_free[sounding[0] : sounding[-1] + 1, written] = True
    return make_task(
        score,
        on_grid,
        beat_level=level,
        grid=grid,
        is_free=is_free,
        phrases=phrases,
        end_tick=end_tick,
        phrase_ends=phrase_ends,
        notices=found.notices,
    )


def _phrases(
    is_sounding: NDArray[np.bool_], score: Score, grid: Grid
) -> tuple[tuple[int, int], ...]:
    """Cut at rests of a bar or more: there all voices rest, in whole beats."""
    beat = grid.steps_per_beat
    is_silent = np.asarray(~is_sounding.reshape(-1, beat).any(axis=1)).tolist()
    phrases: list[tuple[int, int]] = []
    start = index = 0
    while index < len(is_silent):
        if not is_silent[index]:
            index += 1
            continue
        rest_start = index
        while index < len(is_silent) and is_silent[index]:
            index += 1
        first, last = grid.tick_of(rest_start * beat), grid.tick_of(index * beat)
        signature = score.time_signature_at(first)
        if last - first >= signature.quarters_per_bar * score.ticks_per_quarter:
            if rest_start > start:
                phrases.append((start * beat, rest_start * beat))
            start = index
    if not all(is_silent[start:]):
        phrases.append((start * beat, len(is_silent) * beat))
    return tuple(phrases)
