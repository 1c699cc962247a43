"""Harmonising: from given voices to ranked four-part scores.

The given lines come back as they were read; the other voices are new parts beside
them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from fractions import Fraction

from musegen.coconet.filling import Advance, FillConfig, IsStopped
from musegen.coconet.given import SOPRANO
from musegen.coconet.melody import prepare_melody
from musegen.coconet.predicting import CoconetModel
from musegen.coconet.score_filling import FilledScore, ScoreJob
from musegen.coconet.score_planes import PhraseEnds
from musegen.coconet.setting import kept_parts, side_by_side
from musegen.coconet.wishes import Wishes
from musegen.data.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonizeConfig:
    """How a melody is harmonised.

    Args:
        filling: How many settings, and how they are sampled.
        given: Which voices the lines of the input are, 0 = soprano.
        voices: The lines, in the order of `given`, as `extract_melody` names them;
            empty chooses.
        keep: Other parts that stay in the result: `all`, or specifications of parts.
        beat_level: Quarters in a harmonic beat; None chooses.
        phrase_ends: What the network is told of phrase ends.
        wishes: What every setting satisfies.
    """

    filling: FillConfig = field(default_factory=FillConfig)
    given: tuple[int, ...] = (SOPRANO,)
    voices: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    beat_level: Fraction | None = None
    phrase_ends: PhraseEnds = "none"
    wishes: Wishes = field(default_factory=Wishes)


def harmonize_job(score: Score, config: HarmonizeConfig) -> ScoreJob:
    """Read the given lines of a score and make ready to write the others.

    Args:
        score: The melody, alone or among other parts.
        config: How.

    Raises:
        InputError: No such line, several notes at once, or too wide a range.
        UsageError: Options cannot act on this score.
    """
    task = prepare_melody(
        score,
        given=config.given,
        voices=config.voices,
        beat_level=config.beat_level,
        phrase_ends=config.phrase_ends,
    )
    kept_parts(task, config.keep)  # refuses what cannot be kept before the work
    return ScoreJob(
        task=task,
        layout=functools.partial(side_by_side, keep=config.keep),
        config=config.filling,
        wishes=config.wishes,
    )


def harmonize(
    score: Score,
    *,
    model: CoconetModel,
    config: HarmonizeConfig,
    seed: int,
    advance: Advance | None = None,
    is_stopped: IsStopped | None = None,
) -> FilledScore:
    """Write the voices that a score does not give.

    Args:
        score: The melody, alone or among other parts.
        model: The network.
        config: How.
        seed: Any integer; the same seed, model and machine give the same settings.
        advance: Called with the forward passes done; `ScoreJob.num_forwards` says how
            many come.
        is_stopped: Asked between forward passes; once True, what there is comes.

    Returns:
        The settings. In each the given lines are note for note what was read.

    Raises:
        InputError: No such line, several notes at once, or too wide a range.
        UsageError: Options cannot act on this score.
    """
    job = harmonize_job(score, config)
    return job.run(model=model, seed=seed, advance=advance, is_stopped=is_stopped)
