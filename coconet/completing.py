"""Completing: from a score with holes to ranked scores without."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from musegen.coconet.bars import BarSpans
from musegen.coconet.completion import prepare_completion
from musegen.coconet.filling import FillConfig
from musegen.coconet.revoicing import VoiceByVoice
from musegen.coconet.score_filling import Afresh, FillMethod, ScoreJob
from musegen.coconet.score_planes import PhraseEnds
from musegen.coconet.setting import in_place
from musegen.coconet.wishes import Wishes
from musegen.data.errors import UsageError
from musegen.data.score import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteConfig:
    """How a score is completed.

    Args:
        filling: How many results, and how they are sampled.
        bars: Bars to rewrite, None for all.
        hidden: Voices to rewrite, 0 = soprano, None for all; with neither bars nor
            voices the rests are filled.
        begins_with_given: Start from the notes that are there, one voice at a time.
        given: Which voices the lines are; empty chooses.
        voices: The lines, as `extract_melody` names them; empty takes every part.
        beat_level: Quarters in a harmonic beat; None chooses.
        phrase_ends: What the network is told of phrase ends.
        wishes: What every result satisfies.
    """

    filling: FillConfig = field(default_factory=FillConfig)
    bars: BarSpans | None = None
    hidden: tuple[int, ...] | None = None
    begins_with_given: bool = False
    given: tuple[int, ...] = ()
    voices: tuple[str, ...] = ()
    beat_level: Fraction | None = None
    phrase_ends: PhraseEnds = "none"
    wishes: Wishes = field(default_factory=Wishes)


def complete_job(score: Score, config: CompleteConfig) -> ScoreJob:
    """Read a score and make ready to fill its holes.

    Args:
        score: Up to four pitched parts, unless lines are chosen.
        config: How.

    Raises:
        EmptyScoreError: There is nothing to fill.
        InputError: The lines cannot be read as voices.
        UsageError: Options cannot act on this score.
    """
    task = prepare_completion(
        score,
        bars=config.bars,
        hidden=config.hidden,
        given=config.given,
        voices=config.voices,
        beat_level=config.beat_level,
        phrase_ends=config.phrase_ends,
    )
    if config.begins_with_given and not any(given.removed for given in task.voices):
        raise UsageError(
            "--revoice begins with the notes that are there, and where it is to "
            "write there are none: leave it out"
        )
    method: FillMethod = Afresh()
    if config.begins_with_given:
        method = VoiceByVoice(start=task.pitch_index, onset=task.onset)
    return ScoreJob(
        task=task,
        layout=in_place,
        config=config.filling,
        wishes=config.wishes,
        method=method,
    )
