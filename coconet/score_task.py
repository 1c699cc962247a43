"""A score as a network's task: lines on one grid, in range, with holes to fill.

What every way of filling shares. Which lines there are and where the holes lie is
decided in `musegen.coconet.melody`, `completion` and `composition`; the way back to a
score is `musegen.coconet.setting`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.constraints import Constraints
from musegen.coconet.filling import FillTask
from musegen.coconet.given import GivenLine
from musegen.coconet.planes import HELD, UNKNOWN, Codes, Planes, onset_codes
from musegen.coconet.score_planes import (
    PhraseEnds,
    fermata_plane,
    phrase_end_notice,
    score_metre,
    steps_under_fermatas,
)
from musegen.coconet.transposition import (
    describe_shift,
    num_folded,
    pitch_indices,
    shift_for_voices,
)
from musegen.data.beat_level import BeatLevel, choose_beat_level
from musegen.data.grids import Grid
from musegen.data.notices import Notice
from musegen.data.quantization import SILENCE, QuantizedLine, quantize_line
from musegen.data.score import Note, Score
from musegen.data.subdivision import detect_subdivision
from musegen.data.voices import ExtractedVoice


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenVoice:
    """A line of the score on the grid.

    Args:
        voice: 0 = soprano to 3 = bass.
        extracted: The line, note for note.
        line: The line on the grid.
        removed: Notes of its part, as written, in whose place others are to come.
    """

    voice: int
    extracted: ExtractedVoice
    line: QuantizedLine
    removed: tuple[Note, ...] = ()

    @property
    def kept(self) -> tuple[Note, ...]:
        """The notes of the line that stay."""
        gone = set(self.removed)
        as_written = {cut: note for note, cut in self.extracted.cut_notes}
        return tuple(
            note
            for note in self.extracted.notes
            if as_written.get(note, note) not in gone
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTask:
    """A score ready to be filled.

    Args:
        score: What was read.
        voices: Its lines, from the highest; empty for a score that begins as nothing.
        beat_level: What serves as the chorale's beat, and why.
        grid: Where the steps lie.
        shift: Semitones added for inference.
        is_free: (time, voice), the cells to fill.
        metre: (time,), codes of `musegen.coconet.planes`.
        fermata: (time,), codes of `musegen.coconet.planes`.
        phrases: (first step, step after the last) of what is filled as one, whole
            beats.
        end_tick: Where the last new note ends at the latest.
        notices: What the user should hear of.
    """

    score: Score
    voices: tuple[GivenVoice, ...]
    beat_level: BeatLevel
    grid: Grid
    shift: int
    is_free: NDArray[np.bool_]
    metre: Codes
    fermata: Codes
    phrases: tuple[tuple[int, int], ...]
    end_tick: int
    notices: tuple[Notice, ...] = ()

    @property
    def given_voices(self) -> tuple[int, ...]:
        """The voices that have a line."""
        return tuple(given.voice for given in self.voices)

    @property
    def pitch(self) -> NDArray[np.int16]:
        """(time, voice) MIDI pitches as read, -1 = silence; also in free cells."""
        return line_pitches(self.voices, self.grid)

    @property
    def pitch_index(self) -> NDArray[np.int16]:
        """(time, voice), what the network is shown, also in free cells."""
        return pitch_indices(self.pitch, self.shift)

    @property
    def onset(self) -> Codes:
        """(time, voice) onset codes as read, also in free cells; silence is held."""
        onset = np.full(self.is_free.shape, HELD, dtype=np.int8)
        for given in self.voices:
            onset[:, given.voice] = onset_codes(given.line.is_onset)
        return onset

    @property
    def planes(self) -> Planes:
        """What is told of the score; onsets of free cells are unknown."""
        onset = np.where(self.is_free, UNKNOWN, self.onset).astype(np.int8)
        return Planes(
            onset=onset[None], metre=self.metre[None], fermata=self.fermata[None]
        )

    def fill_task(self, constraints: Constraints | None = None) -> FillTask:
        """Return what the core of filling takes."""
        return FillTask(
            pitch=np.where(self.is_free, SILENCE, self.pitch_index).astype(np.int16),
            is_free=self.is_free,
            planes=self.planes,
            constraints=constraints,
            phrases=self.phrases,
            place=self.place,
        )

    def place(self, step: int) -> str:
        """Name the bar and beat of a step."""
        return str(self.score.bar_beat(self.grid.tick_of(step)))


def line_pitches(voices: Sequence[GivenVoice], grid: Grid) -> NDArray[np.int16]:
    """Return (time, voice) MIDI pitches of lines on a grid, -1 = silence."""
    pitch = np.full((grid.num_steps, NUM_VOICES), SILENCE, dtype=np.int16)
    for given in voices:
        pitch[:, given.voice] = given.line.pitch
    return pitch


def level_of(
    lines: Sequence[GivenLine], score: Score, beat_level: Fraction | None
) -> BeatLevel:
    """Return the harmonic beat: as asked for, or chosen for the highest line."""
    if beat_level is not None:
        return BeatLevel(quarters=beat_level, reason="as asked with --beat-level")
    return choose_beat_level(lines[0].extracted.notes if lines else (), score)


def quantized(lines: Sequence[GivenLine], grid: Grid) -> tuple[GivenVoice, ...]:
    """Lay lines on a grid."""
    return tuple(
        GivenVoice(
            voice=line.voice,
            extracted=line.extracted,
            line=quantize_line(line.extracted.notes, grid),
        )
        for line in lines
    )


def lines_start(lines: Sequence[GivenLine]) -> int:
    """Return the first tick of any note of lines."""
    return min(note.onset for line in lines for note in line.extracted.notes)


def lines_end(lines: Sequence[GivenLine]) -> int:
    """Return the first tick after all notes of lines; a note lasts a tick or more."""
    return max(
        max(note.end, note.onset + 1) for line in lines for note in line.extracted.notes
    )


def make_task(
    score: Score,
    voices: Sequence[GivenVoice],
    *,
    beat_level: BeatLevel,
    grid: Grid,
    is_free: NDArray[np.bool_],
    phrases: Sequence[tuple[int, int]],
    end_tick: int,
    phrase_ends: PhraseEnds = "none",
    notices: Sequence[Notice] = (),
) -> ScoreTask:
    """Transpose into range, read metre and phrase ends, and gather the remarks.

    Args:
        score: What was read.
        voices: Its lines on the grid.
        beat_level: See `ScoreTask`.
        grid: See `ScoreTask`.
        is_free: See `ScoreTask`.
        phrases: See `ScoreTask`.
        end_tick: See `ScoreTask`.
        phrase_ends: Where phrases end, by the highest line; `auto`: the fermatas of its
            part or else of another, and without any a guess.
        notices: What was said of choosing the lines.

    Raises:
        PitchRangeError: A line spans more than the network's pitches.
        UsageError: A phrase end is not in the score.
    """
    shift = shift_for_voices(
        {given.voice: given.extracted.notes for given in voices}, score
    )
    silent = np.full(grid.num_steps, SILENCE, dtype=np.int16)
    parts = [given.extracted.part_index for given in voices]
    written = (
        steps_under_fermatas(voices[0].line, score=score, grid=grid, parts=parts)
        if voices
        else ()
    )
    fermata = fermata_plane(
        phrase_ends,
        score=score,
        grid=grid,
        pitch=voices[0].line.pitch if voices else silent,
        is_onset=voices[0].line.is_onset if voices else silent > 0,
        written=written,
    )
    if phrase_ends == "auto":
        told = phrase_end_notice(
            fermata, score=score, grid=grid, is_written=bool(written)
        )
        notices = (*notices, told)
    return ScoreTask(
        score=score,
        voices=tuple(voices),
        beat_level=beat_level,
        grid=grid,
        shift=shift,
        is_free=is_free,
        metre=score_metre(score, grid),
        fermata=fermata,
        phrases=tuple(phrases),
        end_tick=end_tick,
        notices=(
            *notices,
            Notice(code="beat-level", message=beat_level.reason),
            *_subdivision_notices(voices, score),
            *_grid_notices(voices, score),
            *_shift_notices(voices, grid, shift),
        ),
    )


def _subdivision_notices(
    voices: Sequence[GivenVoice], score: Score
) -> tuple[Notice, ...]:
    if not voices:
        return ()
    return detect_subdivision(
        voices[0].extracted.notes, ticks_per_quarter=score.ticks_per_quarter
    ).notices()


def _grid_notices(voices: Sequence[GivenVoice], score: Score) -> tuple[Notice, ...]:
    return tuple(
        notice for given in voices for notice in given.line.report.notices(score)
    )


def _shift_notices(
    voices: Sequence[GivenVoice], grid: Grid, shift: int
) -> tuple[Notice, ...]:
    notices = []
    if shift:
        what = "the melody lies" if len(voices) == 1 else "the voices lie"
        message = (
            f"{what} outside the range the model learned: filled "
            f"{describe_shift(shift)} and transposed back"
        )
        notices.append(Notice(code="transposed-for-inference", message=message))
    folded = num_folded(line_pitches(voices, grid), shift)
    if folded:
        message = (
            f"{folded} steps lie beyond the pitches the model knows and were read "
            "octaves off; they are kept as they were written"
        )
        notices.append(Notice(code="read-octaves-off", message=message))
    return tuple(notices)
