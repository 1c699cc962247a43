"""Batches of work: phrases of candidates of one or many scores, drawn side by side.

Only phrases of equal length share a batch, so that nothing is ever padded, and each has
its own random numbers: what comes of one does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed
from musegen.coconet.onsets import OnsetMode, network_onsets
from musegen.coconet.planes import Codes, Planes
from musegen.coconet.predicting import CoconetModel, PitchIndex, ToldNetwork
from musegen.coconet.ranking import Losses, candidate_losses, loss_forwards
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.samplers import SamplerConfig
from musegen.coconet.windows import WindowConfig, sample_windows, window_forwards
from musegen.engine.seeds import generator


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One phrase of one candidate of one score.

    Args:
        pitch: (time, voice) of the phrase.
        is_free: Same shape.
        planes: Of the phrase, one item.
        allowed: Of the phrase, one item.
        seed: Of the run of this score.
        candidate: Number of the candidate.
        phrase: Number of the phrase.
    """

    pitch: PitchIndex
    is_free: NDArray[np.bool_]
    planes: Planes
    allowed: Allowed
    seed: int
    candidate: int
    phrase: int

    def generator(self, purpose: str) -> np.random.Generator:
        """Return the random numbers of this job for one purpose."""
        return generator(self.seed, purpose, self.candidate, self.phrase)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobConfig:
    """How jobs are done.

    Args:
        sampler: The sampler of drafts.
        refinement: How drafts are polished.
        windows: How long phrases are cut.
        num_masks: Of the ranking.
        onsets: How onsets are found.
    """

    sampler: SamplerConfig
    refinement: RefinementConfig
    windows: WindowConfig
    num_masks: int
    onsets: OnsetMode


def batches(jobs: Sequence[Job], batch_items: int) -> list[list[int]]:
    """Group jobs of equal length; returns indices into `jobs`.

    Args:
        jobs: In any order.
        batch_items: How many at most share a batch, at least 1.
    """
    by_kind: dict[tuple[int, bool], list[int]] = {}
    for index, job in enumerate(jobs):
        kind = (len(job.pitch), job.allowed.forbids_crossing)
        by_kind.setdefault(kind, []).append(index)
    return [
        indices[first : first + batch_items]
        for indices in by_kind.values()
        for first in range(0, len(indices), batch_items)
    ]


def draw_batch(
    jobs: Sequence[Job], *, model: CoconetModel, config: JobConfig, control: Control
) -> tuple[PitchIndex, Losses]:
    """Fill jobs of equal length, and ask the network how likely the results are.

    Returns:
        (job, time, voice) pitches, and the losses.
    """
    told = _told(jobs, model)
    is_free = np.stack([job.is_free for job in jobs])
    pitch = sample_windows(
        np.stack([job.pitch for job in jobs]),
        is_free,
        logits=told,
        config=config.sampler,
        window_config=config.windows,
        generators=[job.generator("candidate") for job in jobs],
        refinement=config.refinement,
        allowed=Allowed.join([job.allowed for job in jobs]),
        control=control,
    )
    losses = candidate_losses(
        pitch,
        is_free,
        logits=told,
        window_config=config.windows,
        num_masks=config.num_masks,
        # The same masks for all candidates: they are compared with one another.
        generators=[generator(job.seed, "ranking", job.phrase) for job in jobs],
        control=control,
    )
    return pitch, losses


def batch_forwards(jobs: Sequence[Job], config: JobConfig) -> int:
    """Return how many forward passes `draw_batch` takes."""
    is_free = np.stack([job.is_free for job in jobs])
    drawing = window_forwards(
        is_free,
        config=config.sampler,
        window_config=config.windows,
        refinement=config.refinement,
    )
    return drawing + loss_forwards(
        is_free, window_config=config.windows, num_masks=config.num_masks
    )


def batch_onsets(
    jobs: Sequence[Job],
    pitch: PitchIndex,
    onset: Codes,
    *,
    model: CoconetModel,
    config: JobConfig,
    control: Control,
) -> Codes | None:
    """Ask the network which notes are struck.

    Args:
        jobs: Of equal length.
        pitch: (job, time, voice), filled.
        onset: Same shape, as of `certain_onsets`.
        model: The network.
        config: How.
        control: Asked between forward passes.

    Returns:
        Same shape; None where the rule has to decide.
    """
    if config.onsets == "rule" or not model.config.writes_onsets:
        return None
    return network_onsets(
        pitch,
        onset,
        told=_told(jobs, model),
        window_config=config.windows,
        generators=(
            [job.generator("onsets") for job in jobs]
            if config.onsets == "sampled"
            else None
        ),
        control=control,
    )


def _told(jobs: Sequence[Job], model: CoconetModel) -> ToldNetwork:
    """The network, told of each job what is known of it."""
    planes = [job.planes for job in jobs]
    return model.told(
        Planes(
            onset=np.concatenate([item.onset for item in planes]),
            metre=np.concatenate([item.metre for item in planes]),
            fermata=np.concatenate([item.fermata for item in planes]),
        )
    )
