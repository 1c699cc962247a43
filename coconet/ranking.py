"""Ordering candidates for a task: likelihood, nearness to Bach, faults.

The likelihood is asked of the network, in halves of the free cells given the others;
the grade and the faults are counted in the music as it will sound.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import MIN_PITCH, REST_CLASS
from musegen.coconet.control import Control
from musegen.coconet.planes import STRUCK, Codes
from musegen.coconet.predicting import (
    IsHidden,
    LogitsFunction,
    PitchIndex,
    WindowedLogits,
    log_probabilities,
)
from musegen.coconet.windows import WindowConfig, windows
from musegen.data.grading.grade import Grade, grade_grid
from musegen.data.grading.voice_leading import VoiceLeading, voice_leading

_STEPS_PER_BEAT = 4
# What a grade counts at most: so far off, and without any grade, all is alike. About
# the worst that published systems were given.
WORST_GRADE = 60.0
_GRADED_STEPS = 512  # longer scores are graded in windows of about this length


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingConfig:
    """What candidates are ordered by; every weight is at least 0.

    Args:
        num_masks: Halves of the free cells that are scored given the others; each
            costs a forward pass. 0 asks the network nothing.
        fault_nats: What a parallel fifth or octave costs, in nats shared by the free
            cells, so that one weighs as much in a long piece as in a short one.
        crossing_nats: What a beat of crossed voices costs, in the same way.
        grade_weight: What a point of the grade costs, in nats a cell.

    Source:
        Our own weights; see docs/runs/coconet_jsb_base for what they choose.
    """

    num_masks: int = 4
    fault_nats: float = 30.0
    crossing_nats: float = 10.0
    grade_weight: float = 0.03

    def __post_init__(self) -> None:
        for name in ("num_masks", "fault_nats", "crossing_nats", "grade_weight"):
            value = getattr(self, name)
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be at least 0; received {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateScore:
    """How good a candidate is.

    Args:
        nats_per_cell: Mean loss of a free cell given half of the others, lower is
            likelier; 0 where the network was not asked.
        leading: Counts of faults.
        cost: What candidates are ordered by, lower is better.
        grade: How far it is from Bach's chorales; None where that weighs nothing, and
            for long scores, which are graded in windows.
    """

    nats_per_cell: float
    leading: VoiceLeading
    cost: float
    grade: Grade | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """Losses of a batch under the network, to be added up over phrases.

    Args:
        nats: (batch,), sum over the cells that were scored.
        num_cells: (batch,), how many there were.
    """

    nats: NDArray[np.float64]
    num_cells: NDArray[np.int64]


def candidate_losses(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: WindowedLogits,
    window_config: WindowConfig,
    num_masks: int,
    generators: Sequence[np.random.Generator],
    control: Control | None = None,
) -> Losses:
    """Ask the network how likely filled grids are.

    Args:
        pitch: (batch, time, voice) indices, filled.
        is_free: Same shape: which cells were filled.
        logits: The network.
        window_config: How a long score is cut; only what a window keeps is scored.
        num_masks: Halves scored.
        generators: One an item, of its masks; candidates for one task need equal ones.
        control: Hears of each forward pass (`loss_forwards`); when it says stop, the
            masks that are left are spared, but for the first.
    """
    control = control or Control()
    nats = np.zeros(len(pitch))
    num_cells = np.zeros(len(pitch), dtype=np.int64)
    for index in range(num_masks):
        if index and control.must_stop():
            break
        coins = np.stack(
            [generator.random(pitch.shape[1:]) for generator in generators]
        )
        is_hidden = is_free & (coins < 0.5)
        for window in windows(pitch.shape[1], window_config):
            if not is_free[:, window.kept].any():
                continue
            nats += _loss(
                pitch[:, window.seen],
                is_hidden[:, window.seen],
                window.kept_of_seen,
                logits.window(window.seen),
            )
            num_cells += is_hidden[:, window.kept].sum(axis=(1, 2))
            control.done()
    return Losses(nats=nats, num_cells=num_cells)


def loss_forwards(
    is_free: IsHidden, *, window_config: WindowConfig, num_masks: int
) -> int:
    """Return how many forward passes `candidate_losses` takes."""
    cut = windows(is_free.shape[1], window_config)
    return num_masks * sum(bool(is_free[:, window.kept].any()) for window in cut)


def judge(
    pitch: PitchIndex,
    onset: Codes,
    *,
    nats: float,
    num_scored: int,
    num_free: int,
    config: RankingConfig,
) -> CandidateScore:
    """Put together what speaks for and against one candidate.

    Args:
        pitch: (time, voice) indices of the whole score, -1 = silence.
        onset: Same shape, 1 = held, 2 = struck.
        nats: Loss of the scored cells.
        num_scored: How many were scored.
        num_free: Cells that were filled.
        config: The weights.
    """
    grid = np.where(pitch >= 0, pitch + MIN_PITCH, -1).astype(np.int16)
    leading = voice_leading(grid)
    grades: list[Grade] = []
    per_cell = nats / max(1, num_scored)
    charges = config.fault_nats * leading.num_parallels
    charges += config.crossing_nats * leading.crossings / _STEPS_PER_BEAT
    cost = per_cell + charges / max(1, num_free)
    if config.grade_weight:
        grades = [
            grade_grid(grid[steps], is_onset=onset[steps] == STRUCK)
            for steps in _graded_windows(len(grid))
        ]
        totals = [min(grade.total, WORST_GRADE) for grade in grades]
        cost += config.grade_weight * float(np.mean(totals))
    return CandidateScore(
        nats_per_cell=per_cell,
        leading=leading,
        cost=cost,
        grade=grades[0] if len(grades) == 1 else None,
    )


def _graded_windows(num_steps: int) -> list[slice]:
    """Cut long scores: the time that a grade takes grows faster than its length."""
    count = max(1, round(num_steps / _GRADED_STEPS))
    edges = [round(index * num_steps / count) for index in range(count + 1)]
    return [slice(start, end) for start, end in pairwise(edges)]


def _loss(
    pitch: PitchIndex, is_hidden: IsHidden, kept: slice, logits: LogitsFunction
) -> NDArray[np.float64]:
    """(batch,): nats of the hidden cells of a window that it keeps."""
    log_p = log_probabilities(logits(pitch, is_hidden)[:, kept])
    sung = np.where(pitch[:, kept] < 0, REST_CLASS, pitch[:, kept])
    truth = np.minimum(sung, log_p.shape[-1] - 1)[..., None].astype(np.int64)
    cells = -np.take_along_axis(log_p, truth, axis=-1)[..., 0]
    return np.asarray((cells * is_hidden[:, kept]).sum(axis=(1, 2)))
