"""The one core: from free cells of a score to filled candidates, ranked and distinct.

Every way of filling a score (harmonising, completing, composing, re-voicing) is a
`FillTask`. Nothing here knows of files, melodies or parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musegen.coconet.candidates import Work, draw_wave
from musegen.coconet.control import Advance as Advance
from musegen.coconet.control import Control
from musegen.coconet.control import IsStopped as IsStopped
from musegen.coconet.fill_jobs import batch_forwards, batches
from musegen.coconet.fill_task import FillConfig as FillConfig
from musegen.coconet.fill_task import FillTask as FillTask
from musegen.coconet.planes import Codes
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.ranking import CandidateScore
from musegen.data.notices import Notice

MAX_ROUNDS = 3  # of further candidates, when too few are distinct


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filling:
    """One filled score.

    Args:
        pitch: (time, voice) int16 index, -1 = silence.
        onset: (time, voice), 1 = held, 2 = struck; silent cells are 1.
        evaluation: Why it has this rank.
        rank: 1 = best.
    """

    pitch: PitchIndex
    onset: Codes
    evaluation: CandidateScore
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fillings:
    """All that came of one task.

    Args:
        fillings: Distinct, best first.
        notices: What the user should hear of.
        was_stopped: Whether the work was cut short.
    """

    fillings: tuple[Filling, ...]
    notices: tuple[Notice, ...]
    was_stopped: bool = False


def fill(
    task: FillTask,
    *,
    model: CoconetModel,
    config: FillConfig,
    seed: int,
    advance: Advance | None = None,
    is_stopped: IsStopped | None = None,
) -> Fillings:
    """Fill the free cells of a score.

    Args:
        task: The score.
        model: The network.
        config: How.
        seed: Any integer; the same seed, model and machine give the same fillings.
            Candidate k does not depend on how many there are.
        advance: Called with the forward passes done; `num_forwards` says how many come.
        is_stopped: Asked between forward passes; once True, the best of what there is
            is returned: always whole, and obeying everything given.

    Raises:
        EmptyScoreError: There is no phrase.
        UsageError: The constraints contradict one another or what is given.
        NumericsError: The network gave NaN or infinity.
    """
    (found,) = fill_many(
        [task],
        model=model,
        config=config,
        seeds=[seed],
        advance=advance,
        is_stopped=is_stopped,
    )
    return found


def fill_many(
    tasks: Sequence[FillTask],
    *,
    model: CoconetModel,
    config: FillConfig,
    seeds: Sequence[int],
    advance: Advance | None = None,
    is_stopped: IsStopped | None = None,
) -> list[Fillings]:
    """Fill several scores side by side; each comes out as it would alone.

    Args:
        tasks: Of any lengths; phrases of equal length share forward passes.
        model: The network.
        config: How.
        seeds: One a task.
        advance: See `fill`.
        is_stopped: See `fill`.
    """
    works = [
        Work(task, seed=seed, config=config, writes_rests=model.config.writes_rests)
        for task, seed in zip(tasks, seeds, strict=True)
    ]
    control = Control(advance=advance, is_stopped=is_stopped)
    for round_index in range(MAX_ROUNDS):
        lacking = [work for work in works if work.lacks(config.num_alternatives)]
        for wave in _waves(len(lacking), round_index, config):
            is_needed = not all(work.found for work in lacking)
            if not is_needed and control.must_stop():
                break
            draw_wave(lacking, wave, model, config, control, is_needed=is_needed)
    return [_ranked(work, config, was_stopped=control.was_stopped) for work in works]


def num_forwards(task: FillTask, config: FillConfig) -> int:
    """Return how many forward passes one round of candidates takes.

    Those that ask for onsets, at most three a window, are not counted. For samplers
    whose blocks are drawn by chance it is what progress is scaled to.
    """
    work = Work(task, seed=0, config=config, writes_rests=True)
    total = 0
    for wave in _waves(1, 0, config):
        jobs = work.jobs(wave)
        for indices in batches(jobs, config.batch_items):
            total += batch_forwards([jobs[index] for index in indices], config.jobs)
    return total


def _waves(num_tasks: int, round_index: int, config: FillConfig) -> Iterator[range]:
    """Numbers of the candidates that are drawn at once, as many as fill a batch."""
    first = round_index * config.num_candidates
    last = first + config.num_candidates
    size = max(1, config.batch_items // max(1, num_tasks))
    for start in range(first, last if num_tasks else first, size):
        yield range(start, min(start + size, last))


def _ranked(work: Work, config: FillConfig, *, was_stopped: bool) -> Fillings:
    """Rank what was found."""
    ranked = sorted(work.found.values(), key=lambda pair: pair[1].cost)
    fillings = [
        Filling(pitch=draft.pitch, onset=draft.onset, evaluation=evaluation, rank=rank)
        for rank, (draft, evaluation) in enumerate(
            ranked[: config.num_alternatives], start=1
        )
    ]
    return Fillings(
        fillings=tuple(fillings),
        notices=_notices(work, config, was_stopped=was_stopped),
        was_stopped=was_stopped,
    )


def _notices(
    work: Work, config: FillConfig, *, was_stopped: bool
) -> tuple[Notice, ...]:
    num_found = len(work.found)
    if was_stopped:
        message = f"stopped before the end: the best of {num_found} so far"
        return (Notice(code="stopped", message=message),)
    if num_found >= config.num_alternatives or not work.is_free.any():
        return ()
    message = (
        f"only {num_found} different settings came of "
        f"{MAX_ROUNDS * work.num_candidates} tries: raise --temperature for more"
    )
    return (Notice(code="few-alternatives", message=message),)
