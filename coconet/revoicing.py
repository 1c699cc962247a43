"""Re-voicing: rewriting one voice after another, beginning with what is there.

What comes stays nearer to what was than what is filled from nothing: each voice is
written to the three others as they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from musegen.coconet import filling
from musegen.coconet.config import NUM_VOICES
from musegen.coconet.control import Advance, IsStopped
from musegen.coconet.filling import FillConfig, Filling, Fillings, FillTask
from musegen.coconet.planes import UNKNOWN, Codes, Planes
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.ranking import CandidateScore
from musegen.data.notices import Notice
from musegen.engine.seeds import derive_seed

_TRIES = 2  # for each alternative that is asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VoiceByVoice:
    """Fills one voice at a time, from the bass up, the others as they stand.

    Args:
        start: (time, voice) index of what is there; -1 = silence. Voices in which
            nothing is there are written first.
        onset: (time, voice), where its notes begin, as in `Planes`.
    """

    start: PitchIndex
    onset: Codes

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
        found: dict[bytes, Filling] = {}
        was_stopped = False
        for number in range(config.num_alternatives * _TRIES):
            if len(found) >= config.num_alternatives or was_stopped:
                break
            filled, was_stopped = self._chain(
                task,
                model=model,
                config=replace(config, num_alternatives=1),
                seed=derive_seed(seed, "revoicing", number),
                advance=advance,
                is_stopped=is_stopped,
            )
            if not (was_stopped and found):
                found.setdefault(filled.pitch.tobytes(), filled)
        ranked = sorted(found.values(), key=lambda one: one.evaluation.cost)
        return Fillings(
            fillings=tuple(
                replace(one, rank=rank) for rank, one in enumerate(ranked, start=1)
            ),
            notices=_notices(len(found), config, was_stopped=was_stopped),
            was_stopped=was_stopped,
        )

    def num_forwards(self, task: FillTask, config: FillConfig) -> int:
        """Return how many forward passes will be told of."""
        order = self._order(task)
        per_chain = sum(
            filling.num_forwards(
                _one_voice(task, self.start, self.onset, voice, later=order),
                replace(config, num_alternatives=1),
            )
            for voice in order
        )
        return config.num_alternatives * per_chain

    def _order(self, task: FillTask) -> list[int]:
        voices = [v for v in range(NUM_VOICES) if task.is_free[:, v].any()]
        is_there = [
            bool((self.start[task.is_free[:, v], v] >= 0).any()) for v in voices
        ]
        order = zip(is_there, [-voice for voice in voices], strict=True)
        return [-voice for _, voice in sorted(order)]

    def _chain(
        self,
        task: FillTask,
        *,
        model: CoconetModel,
        config: FillConfig,
        seed: int,
        advance: Advance | None,
        is_stopped: IsStopped | None,
    ) -> tuple[Filling, bool]:
        """Write every voice once.

        When stopped, the voices left stay as they were, unless something is asked of
        the result: then they are drawn at once.
        """
        pitch = np.array(self.start, dtype=np.int16)
        onset = self.onset
        evaluations: list[CandidateScore] = []
        weights: list[int] = []
        was_stopped = False
        order = self._order(task)
        for index, voice in enumerate(order):
            if was_stopped and task.constraints is None:
                break
            later = order[index + 1 :]
            part = _one_voice(task, pitch, onset, voice, later=later)
            result = filling.fill(
                part,
                model=model,
                config=config,
                seed=derive_seed(seed, "voice", voice),
                advance=advance,
                is_stopped=is_stopped,
            )
            was_stopped = result.was_stopped
            best = result.fillings[0]
            pitch, onset = best.pitch, best.onset
            evaluations.append(best.evaluation)
            weights.append(int(part.is_free.sum()))
        evaluation = _mean(evaluations, weights)
        whole = Filling(pitch=pitch, onset=onset, evaluation=evaluation, rank=1)
        return whole, was_stopped


def _one_voice(
    task: FillTask,
    pitch: PitchIndex,
    onset: Codes,
    voice: int,
    *,
    later: Sequence[int],
) -> FillTask:
    """The task of writing one voice, all others being known.

    Args:
        task: Of all voices.
        pitch: (time, voice), as it stands.
        onset: Same shape.
        voice: Which is written.
        later: Voices that are written after it.
    """
    is_free = np.zeros_like(task.is_free)
    is_free[:, voice] = task.is_free[:, voice]
    is_later = np.zeros_like(is_free)
    is_later[:, list(later)] = task.is_free[:, list(later)]
    planes = Planes(
        onset=np.where(is_free, UNKNOWN, onset).astype(np.int8)[None],
        metre=task.planes.metre,
        fermata=task.planes.fermata,
    )
    return replace(
        task,
        pitch=pitch,
        is_free=is_free,
        planes=planes,
        is_later=is_later & ~is_free,
        is_given=~task.is_free,
    )


def _mean(scores: list[CandidateScore], weights: list[int]) -> CandidateScore:
    """What the voices cost on average; the faults are those of the finished whole."""
    shares = np.array(weights, dtype=float) / sum(weights)
    return replace(
        scores[-1],
        nats_per_cell=float(np.dot(shares, [score.nats_per_cell for score in scores])),
        cost=float(np.dot(shares, [score.cost for score in scores])),
    )


def _notices(
    num_found: int, config: FillConfig, *, was_stopped: bool
) -> tuple[Notice, ...]:
    if was_stopped:
        message = f"stopped before the end: the best of {num_found} so far"
        return (Notice(code="stopped", message=message),)
    if num_found >= config.num_alternatives:
        return ()
    tries = _TRIES * config.num_alternatives
    message = (
        f"only {num_found} different settings came of {tries} tries: raise "
        "--temperature for more"
    )
    return (Notice(code="few-alternatives", message=message),)
