"""What is to be filled, and how: the task and the settings of the one core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.constraints import Constraints
from musegen.coconet.fill_jobs import JobConfig
from musegen.coconet.onsets import OnsetMode, check_onset_mode
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import PitchIndex
from musegen.coconet.ranking import RankingConfig
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.samplers import SamplerConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.windows import WindowConfig

LONG_STEPS = 512  # 128 beats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FillTask:
    """A score with holes.

    Args:
        pitch: (time, voice) int16 index, -1 = silence; free cells are ignored.
        is_free: (time, voice), True = to be filled.
        planes: What is known of the score, one item.
        constraints: What every result satisfies; None: nothing.
        phrases: (first step, step after the last), whole beats, filled one after
            another; nothing is free outside.
        end_step: First step in which every filled voice is silent in the result,
            whatever was drawn there; None: the score sounds to its end.
        place: Names the bar and beat of a step in messages; None: steps are counted.
        is_later: Same shape as `is_free`, cells that another task fills afterwards;
            they are shown as they stand. None: there are none.
        is_given: Same shape, cells that no task fills; None: all that are neither free
            nor filled afterwards.
    """

    pitch: PitchIndex
    is_free: NDArray[np.bool_]
    planes: Planes
    constraints: Constraints | None = None
    phrases: tuple[tuple[int, int], ...]
    end_step: int | None = None
    place: Callable[[int], str] | None = None
    is_later: NDArray[np.bool_] | None = None
    is_given: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        in_phrase = np.zeros(len(self.is_free), dtype=bool)
        for start, end in self.phrases:
            in_phrase[start:end] = True
        if self.is_free[~in_phrase].any():
            raise ValueError("no cell may be free outside of the phrases")


@dataclass(frozen=True, slots=True, kw_only=True)
class FillConfig:
    """How a score is filled.

    Args:
        num_alternatives: Fillings returned, best first.
        num_candidates: Fillings sampled and ranked, at least `num_alternatives`.
        num_long_candidates: The same for tasks of more than `LONG_STEPS` steps, where
            ranking brings less and costs more; None: as many.
        sampler: The sampler of drafts.
        refinement: How drafts are polished.
        windows: How long phrases are cut.
        ranking: What candidates are ordered by.
        onsets: Which repeated notes are struck: `sampled` or `likeliest` asks the
            network, where it says; `rule` does not.
        allow_rests: Whether free voices may be silent, where the network writes rests
            and no constraint says otherwise.
        batch_items: How many phrases go through the network at once, at least 1. On one
            machine results do not depend on it as long as the runtime computes each
            item of a batch alike; ONNX Runtime on the CPU does, to the last bit.
    """

    num_alternatives: int = 1
    num_candidates: int = 4
    num_long_candidates: int | None = None
    sampler: SamplerConfig = field(default_factory=GibbsConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    ranking: RankingConfig = field(default_factory=RankingConfig)
    onsets: OnsetMode = "sampled"
    allow_rests: bool = False
    batch_items: int = 8

    def __post_init__(self) -> None:
        if self.num_alternatives < 1:
            raise ValueError(
                f"num_alternatives must be at least 1; received {self.num_alternatives}"
            )
        if self.num_candidates < self.num_alternatives:
            raise ValueError(
                "num_candidates must be at least num_alternatives; received "
                f"{self.num_candidates} for {self.num_alternatives}"
            )
        long = self.num_long_candidates
        if long is not None and not (
            self.num_alternatives <= long <= self.num_candidates
        ):
            raise ValueError(
                "num_long_candidates must lie between num_alternatives and "
                f"num_candidates; received {long}"
            )
        if self.batch_items < 1:
            raise ValueError(
                f"batch_items must be at least 1; received {self.batch_items}"
            )
        check_onset_mode(self.onsets)

    def candidates_of(self, task: FillTask) -> int:
        """Return how many fillings of a task are sampled and ranked."""
        if self.num_long_candidates is None or len(task.is_free) <= LONG_STEPS:
            return self.num_candidates
        return self.num_long_candidates

    @property
    def jobs(self) -> JobConfig:
        """What concerns a single job."""
        return JobConfig(
            sampler=self.sampler,
            refinement=self.refinement,
            windows=self.windows,
            num_masks=self.ranking.num_masks,
            onsets=self.onsets,
        )
