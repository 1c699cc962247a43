"""From a score to a network's task: a melody on a grid, in range, cut into phrases.

What the network does with it is in `musegen.coconet.harmonizing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH
from musegen.coconet.transposition import describe_shift, shift_for_soprano
from musegen.data.beat_level import BeatLevel, choose_beat_level
from musegen.data.grids import Grid, beat_grid
from musegen.data.notices import Notice
from musegen.data.quantization import SILENCE, QuantizedLine, quantize_line
from musegen.data.score import Score
from musegen.data.subdivision import detect_subdivision
from musegen.data.voices import ExtractedVoice, extract_melody


@dataclass(frozen=True, slots=True, kw_only=True)
class MelodyTask:
    """A melody ready to be harmonised.

    Args:
        score: What was read.
        voice: The melody in it, note for note.
        beat_level: What serves as the chorale's beat, and why.
        grid: Where the steps lie.
        line: The melody on the grid.
        shift: Semitones added for inference.
        phrases: (first step, step after the last) of what is harmonised as one; the
            steps between are silent in all voices.
        notices: What the user should hear of.
    """

    score: Score
    voice: ExtractedVoice
    beat_level: BeatLevel
    grid: Grid
    line: QuantizedLine
    shift: int
    phrases: tuple[tuple[int, int], ...]
    notices: tuple[Notice, ...]

    @property
    def pitch_index(self) -> NDArray[np.int16]:
        """(time,), index of the transposed melody, -1 = silence."""
        index = np.where(
            self.line.pitch == SILENCE, -1, self.line.pitch + self.shift - MIN_PITCH
        )
        return np.asarray(index, dtype=np.int16)

    @property
    def end_step(self) -> int:
        """First step in which every voice is silent, as the melody has ended."""
        melody_end = max(max(note.end, note.onset + 1) for note in self.voice.notes)
        is_over = np.asarray(self.grid.boundaries_ticks[:-1]) >= melody_end
        is_over &= self.line.pitch == SILENCE
        return len(is_over) - int(np.logical_and.accumulate(is_over[::-1]).sum())


def prepare_melody(
    score: Score, *, voice: str | None = None, beat_level: Fraction | None = None
) -> MelodyTask:
    """Extract, lay on a grid and bring into range.

    Args:
        score: Any score.
        voice: Which line, as in `extract_melody`; None chooses.
        beat_level: Quarters in a harmonic beat; None chooses.

    Raises:
        InputError: No melody, several notes at once, or too wide a range.
    """
    extracted = extract_melody(score, voice=voice)
    level = (
        choose_beat_level(extracted.notes, score)
        if beat_level is None
        else BeatLevel(quarters=beat_level, reason="as asked with --beat-level")
    )
    grid = beat_grid(
        score,
        beat_quarters=level.quarters,
        start_tick=min(note.onset for note in extracted.notes),
        end_tick=max(max(note.end, note.onset + 1) for note in extracted.notes),
    )
    line = quantize_line(extracted.notes, grid)
    shift = shift_for_soprano(extracted.notes, score)
    return MelodyTask(
        score=score,
        voice=extracted,
        beat_level=level,
        grid=grid,
        line=line,
        shift=shift,
        phrases=_phrases(line.pitch, score, grid),
        notices=(
            *extracted.notices,
            Notice(code="beat-level", message=level.reason),
            *_subdivision_notices(extracted, score),
            *line.report.notices(score),
            *_shift_notices(shift),
        ),
    )


def _subdivision_notices(voice: ExtractedVoice, score: Score) -> tuple[Notice, ...]:
    subdivision = detect_subdivision(
        voice.notes, ticks_per_quarter=score.ticks_per_quarter
    )
    if subdivision.kind == "straight":
        return ()
    return (Notice(code="subdivision", message=str(subdivision)),)


def _shift_notices(shift: int) -> tuple[Notice, ...]:
    if not shift:
        return ()
    message = (
        f"the melody lies outside the soprano range the model learned: harmonised "
        f"{describe_shift(shift)} and transposed back"
    )
    return (Notice(code="transposed-for-inference", message=message),)


def _phrases(
    pitch: NDArray[np.int16], score: Score, grid: Grid
) -> tuple[tuple[int, int], ...]:
    """Cut at rests of a bar or more: there all voices rest, in whole beats."""
    beat = grid.steps_per_beat
    is_silent = (pitch == SILENCE).reshape(-1, beat).all(axis=1)
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
    if len(is_silent) > start:
        phrases.append((start * beat, len(is_silent) * beat))
    return tuple(phrases)
