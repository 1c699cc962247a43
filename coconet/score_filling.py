"""From a prepared score to ranked scores: the road that every command takes.

`ScoreJob` joins a task, what the user wishes, how it is filled and how the result is
written. How a job comes about is in `musegen.coconet.harmonizing`, `completion` and
`composition`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.coconet import filling
from musegen.coconet.filling import Advance, FillConfig, Fillings, FillTask, IsStopped
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.ranking import CandidateScore
from musegen.coconet.score_task import ScoreTask
from musegen.coconet.setting import BuiltSetting
from musegen.coconet.wishes import Wishes, constraints_of
from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.data.score import Score

Layout = Callable[[ScoreTask, PitchIndex, NDArray[np.int8]], BuiltSetting]


class FillMethod(Protocol):
    """A way to fill a task."""

    def fill(
        self,
        task: FillTask,
        *,
        model: CoconetModel,
        config: FillConfig,
        seed: int,
        advance: Advance | None = None,
        is_stopped: IsStopped | None = None,
    ) -> Fillings:
        """Return ranked fillings; see `musegen.coconet.filling.fill`."""

    def num_forwards(self, task: FillTask, config: FillConfig) -> int:
        """Return how many forward passes will be told of."""


@dataclass(frozen=True, slots=True)
class Afresh:
    """Fills all free cells together, from nothing."""

    def fill(
        self,
        task: FillTask,
        *,
        model: CoconetModel,
        config: FillConfig,
        seed: int,
        advance: Advance | None = None,
        is_stopped: IsStopped | None = None,
    ) -> Fillings:
        """Return ranked fillings."""
        return filling.fill(
            task,
            model=model,
            config=config,
            seed=seed,
            advance=advance,
            is_stopped=is_stopped,
        )

    def num_forwards(self, task: FillTask, config: FillConfig) -> int:
        """Return how many forward passes will be told of."""
        return filling.num_forwards(task, config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One result.

    Args:
        score: As written.
        grid: (time, voice) MIDI pitches as written, -1 = silence.
        rank: 1 = best.
        evaluation: Why it has this rank.
        given_parts: Parts of the score that hold given lines and nothing new.
    """

    score: Score
    grid: NDArray[np.int16]
    rank: int
    evaluation: CandidateScore
    given_parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledScore:
    """All that came of one job.

    Args:
        settings: Distinct, best first.
        task: What was filled and how it was read.
        notices: What the user should hear of.
        was_stopped: Whether the work was cut short.
    """

    settings: tuple[Setting, ...]
    task: ScoreTask
    notices: tuple[Notice, ...]
    was_stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreJob:
    """A score ready to be filled, and how.

    Args:
        task: The score.
        layout: Writes filled cells into a score.
        config: How it is filled.
        wishes: What every result satisfies.
        method: In which manner.
    """

    task: ScoreTask
    layout: Layout
    config: FillConfig
    wishes: Wishes
    method: FillMethod = Afresh()

    def num_forwards(self) -> int:
        """Return how many forward passes `run` will tell of."""
        return self.method.num_forwards(self._fill_task(), self.config)

    def run(
        self,
        *,
        model: CoconetModel,
        seed: int,
        advance: Advance | None = None,
        is_stopped: IsStopped | None = None,
    ) -> FilledScore:
        """Fill the score and write the results.

        Args:
            model: The network.
            seed: Any integer; the same seed, model and machine give the same settings.
            advance: Called with the forward passes done.
            is_stopped: Asked between forward passes; once True, what there is comes.

        Raises:
            InputError: Nothing can be filled.
            UsageError: The wishes contradict one another, or the model cannot meet
                them.
        """
        self._check_model(model)
        found = self.method.fill(
            self._fill_task(),
            model=model,
            config=self.config,
            seed=seed,
            advance=advance,
            is_stopped=is_stopped,
        )
        built = [self.layout(self.task, f.pitch, f.onset) for f in found.fillings]
        written = built[0].notices if built else ()
        return FilledScore(
            settings=tuple(
                Setting(
                    score=setting.score,
                    grid=setting.grid,
                    rank=filled.rank,
                    evaluation=filled.evaluation,
                    given_parts=setting.given_parts,
                )
                for setting, filled in zip(built, found.fillings, strict=True)
            ),
            task=self.task,
            notices=(*self.task.notices, *found.notices, *written),
            was_stopped=found.was_stopped,
        )

    def _check_model(self, model: CoconetModel) -> None:
        """Refuse what this model cannot do."""
        if self.config.allow_rests and not model.config.writes_rests:
            raise UsageError(
                f"--rests does nothing with the model {model.name}, which writes no "
                "rests: leave it out, or name another with --model"
            )
        if (self.task.fermata > 0).any() and "fermata" not in model.config.planes:
            raise UsageError(
                f"--phrase-ends does nothing with the model {model.name}, which does "
                "not hear of them: leave it out, or name another with --model"
            )

    def _fill_task(self) -> FillTask:
        return self.task.fill_task(constraints_of(self.wishes, self.task))
