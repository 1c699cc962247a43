"""Candidates of one or many tasks: drawn in waves, put together, judged.

What comes of them is in `musegen.coconet.filling`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musegen.coconet.config import REST_CLASS
from musegen.coconet.constraints import Constraints
from musegen.coconet.control import Control
from musegen.coconet.fill_jobs import Job, batch_onsets, batches, draw_batch
from musegen.coconet.fill_task import FillConfig, FillTask
from musegen.coconet.onsets import certain_onsets, rule_onsets
from musegen.coconet.planes import HELD, Codes
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.ranking import CandidateScore, RankingConfig, judge
from musegen.data.errors import EmptyScoreError


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """A candidate on its way to a filling.

    Args:
        work: What it is for.
        pitch: (time, voice) of the whole score.
        onset: Same shape, as far as it is known.
        nats: Loss of the cells that were scored.
        num_scored: How many were.
    """

    work: Work
    pitch: PitchIndex
    onset: Codes
    nats: float
    num_scored: int


class Work:
    """A task with its constraints applied, and what was found for it so far.

    Args:
        task: The score.
        seed: Of its random numbers.
        config: How it is filled.
        writes_rests: Whether the network can draw silence.
    """

    def __init__(
        self, task: FillTask, *, seed: int, config: FillConfig, writes_rests: bool
    ) -> None:
        if not task.phrases:
            raise EmptyScoreError(
                "there is no note long enough for a step: give at least one beat of "
                "music, or another --beat-level"
            )
        self.task = task
        self.seed = seed
        self.num_candidates = config.candidates_of(task)
        self._round_size = config.num_candidates
        self.found: dict[bytes, tuple[Draft, CandidateScore]] = {}
        self.allowed = (task.constraints or Constraints()).resolve(
            task.pitch,
            task.is_free,
            allow_rests=config.allow_rests and writes_rests,
            writes_rests=writes_rests,
            place=task.place,
            is_later=task.is_later,
            is_given=task.is_given,
        )
        # What can only be one thing is shown to the network like what is given.
        classes = self.allowed.classes[0]
        is_certain = task.is_free & (classes.sum(axis=-1) == 1)
        only = classes.argmax(axis=-1)
        self.pitch = np.where(
            is_certain, np.where(only == REST_CLASS, -1, only), task.pitch
        ).astype(np.int16)
        self.is_free = task.is_free & ~is_certain

    def wanted(self, numbers: Sequence[int]) -> list[int]:
        """Return those candidates of a wave that this task asks for."""
        return [n for n in numbers if n % self._round_size < self.num_candidates]

    def jobs(self, numbers: Sequence[int]) -> list[Job]:
        """Return the jobs of the wanted candidates, phrase after phrase."""
        return [
            Job(
                pitch=self.pitch[start:end],
                is_free=self.is_free[start:end],
                planes=self.task.planes.window(slice(start, end)),
                allowed=self.allowed.window(slice(start, end)),
                seed=self.seed,
                candidate=number,
                phrase=index,
            )
            for number in self.wanted(numbers)
            for index, (start, end) in enumerate(self.task.phrases)
        ]

    def lacks(self, num_alternatives: int) -> bool:
        """Return whether more candidates could bring more alternatives."""
        if self.found and not self.is_free.any():
            return False
        return len(self.found) < num_alternatives

    def take(self, draft: Draft, config: RankingConfig) -> None:
        """Add a finished candidate unless it is there already."""
        key = draft.pitch.tobytes()
        if key not in self.found:
            evaluation = judge(
                draft.pitch,
                draft.onset,
                nats=draft.nats,
                num_scored=draft.num_scored,
                num_free=int(self.is_free.sum()),
                config=config,
            )
            self.found[key] = (draft, evaluation)


def draw_wave(
    works: Sequence[Work],
    numbers: range,
    model: CoconetModel,
    config: FillConfig,
    control: Control,
    *,
    is_needed: bool,
) -> None:
    """Draw candidates of several tasks and hand them over.

    Args:
        works: The tasks.
        numbers: Of the candidates.
        model: The network.
        config: How.
        control: Hears of each forward pass, and may stop the work.
        is_needed: Whether the wave is finished, shortened, even when stopped; else it
            is dropped.
    """
    jobs: list[Job] = []
    for work in works:
        jobs.extend(work.jobs(numbers))
    plan = batches(jobs, config.batch_items)
    drawn: dict[int, tuple[PitchIndex, float, int]] = {}
    for indices in plan:
        pitch, losses = draw_batch(
            [jobs[index] for index in indices],
            model=model,
            config=config.jobs,
            control=control,
        )
        for row, index in enumerate(indices):
            drawn[index] = (
                pitch[row],
                float(losses.nats[row]),
                int(losses.num_cells[row]),
            )
        if control.was_stopped and not is_needed:
            return
    drafts = _assemble(works, numbers, drawn)
    _find_onsets(drafts, jobs, plan, model, config, control)
    for draft in drafts:
        draft.work.take(draft, config.ranking)


def _assemble(
    works: Sequence[Work],
    numbers: range,
    drawn: dict[int, tuple[PitchIndex, float, int]],
) -> list[Draft]:
    """Put the phrases of each candidate together, in the order of the jobs."""
    drafts = []
    results = iter([drawn[index] for index in range(len(drawn))])
    for work in works:
        task = work.task
        for _ in work.wanted(numbers):
            pitch = work.pitch.copy()
            nats, num_scored = 0.0, 0
            for start, end in task.phrases:
                pitch[start:end], phrase_nats, phrase_cells = next(results)
                nats += phrase_nats
                num_scored += phrase_cells
            onset = certain_onsets(pitch[None], task.is_free[None], task.planes.onset)
            drafts.append(
                Draft(
                    work=work,
                    pitch=pitch,
                    onset=onset[0],
                    nats=nats,
                    num_scored=num_scored,
                )
            )
    return drafts


def _find_onsets(
    drafts: Sequence[Draft],
    jobs: Sequence[Job],
    plan: Sequence[Sequence[int]],
    model: CoconetModel,
    config: FillConfig,
    control: Control,
) -> None:
    """Settle in place which repeated notes are struck, and where the music ends."""
    owners = [
        (draft, slice(start, end))
        for draft in drafts
        for start, end in draft.work.task.phrases
    ]
    for indices in plan:
        places = [owners[index] for index in indices]
        found = batch_onsets(
            [jobs[index] for index in indices],
            np.stack([draft.pitch[steps] for draft, steps in places]),
            np.stack([draft.onset[steps] for draft, steps in places]),
            model=model,
            config=config.jobs,
            control=control,
        )
        if found is not None:
            for (draft, steps), onset in zip(places, found, strict=True):
                draft.onset[steps] = onset
    for draft in drafts:
        task = draft.work.task
        draft.onset = rule_onsets(draft.onset[None], task.is_free[None])[0]
        if task.end_step is not None:
            # Else candidates could differ where nothing sounds.
            is_over = task.is_free.copy()
            is_over[: task.end_step] = False
            draft.pitch = np.where(is_over, -1, draft.pitch).astype(np.int16)
            draft.onset = np.where(is_over, HELD, draft.onset).astype(np.int8)
