"""Harmonising a melody: from a `Score` to ranked four-part `Score`s.

The melody's part comes back as it was read; alto, tenor and bass are new parts beside
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_VOICES
from musegen.coconet.melody import MelodyTask, prepare_melody
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.ranking import NUM_MASKS, CandidateScore, score_candidates
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.setting import build_setting, kept_parts
from musegen.coconet.windows import WindowConfig, sample_windows, windows
from musegen.data.errors import EmptyScoreError
from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.engine.seeds import generator

Advance = Callable[[int], None]
MAX_ROUNDS = 3  # of further candidates, when too few are distinct


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonizeConfig:
    """How a melody is harmonised.

    Args:
        num_alternatives: Settings returned, best first.
        num_candidates: Settings sampled and ranked, at least `num_alternatives`.
        gibbs: The sampler of drafts.
        refinement: How drafts are polished.
        windows: How long melodies are cut.
        voice: Which line is the melody, as in `extract_melody`; None chooses.
        keep: Other parts that stay in the result: `all`, or specifications of parts.
        beat_level: Quarters in a harmonic beat; None chooses.
    """

    num_alternatives: int = 1
    num_candidates: int = 4
    gibbs: GibbsConfig = field(default_factory=GibbsConfig)
    refinement: RefinementConfig = field(default_factory=RefinementConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    voice: str | None = None
    keep: tuple[str, ...] = ()
    beat_level: Fraction | None = None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One harmonisation.

    Args:
        score: Melody, alto, tenor and bass, then parts that were kept.
        grid: (time, voice) MIDI pitches as written, -1 = silence.
        rank: 1 = best.
        evaluation: Why it has this rank.
    """

    score: Score
    grid: NDArray[np.int16]
    rank: int
    evaluation: CandidateScore


@dataclass(frozen=True, slots=True, kw_only=True)
class Harmonization:
    """All that came of one melody.

    Args:
        settings: Distinct, best first.
        task: What was harmonised and how it was read.
        notices: What the user should hear of.
    """

    settings: tuple[Setting, ...]
    task: MelodyTask
    notices: tuple[Notice, ...]


def harmonize(
    score: Score,
    *,
    model: CoconetModel,
    config: HarmonizeConfig,
    seed: int,
    advance: Advance | None = None,
) -> Harmonization:
    """Write alto, tenor and bass to a melody.

    Args:
        score: The melody, alone or among other parts.
        model: The network.
        config: How.
        seed: Any integer; the same seed, model and machine give the same settings.
        advance: Called with 1 after each forward pass; `num_forwards` says how many
            come.

    Returns:
        The settings. In each the melody is note for note what was read.

    Raises:
        InputError: No melody, several notes at once, or too wide a range.
    """
    task = prepare_melody(score, voice=config.voice, beat_level=config.beat_level)
    return harmonize_task(task, model=model, config=config, seed=seed, advance=advance)


def harmonize_task(
    task: MelodyTask,
    *,
    model: CoconetModel,
    config: HarmonizeConfig,
    seed: int,
    advance: Advance | None = None,
) -> Harmonization:
    """Harmonise a melody that `prepare_melody` has made ready; see `harmonize`."""
    kept_parts(task, config.keep)  # refuses what cannot be kept before the work
    found: list[tuple[PitchIndex, CandidateScore]] = []
    notices = list(task.notices)
    for round_index in range(MAX_ROUNDS):
        numbers = range(
            round_index * config.num_candidates,
            (round_index + 1) * config.num_candidates,
        )
        found = _distinct(
            [
                *found,
                *_candidates(task, numbers, model, config, seed, advance),
            ]
        )
        if len(found) >= config.num_alternatives:
            break
    if len(found) < config.num_alternatives:
        message = (
            f"only {len(found)} different settings came of "
            f"{MAX_ROUNDS * config.num_candidates} tries: raise --temperature for more"
        )
        notices.append(Notice(code="few-alternatives", message=message))
    ranked = sorted(found, key=lambda pair: pair[1].cost)[: config.num_alternatives]
    settings = []
    for rank, (pitch, evaluation) in enumerate(ranked, start=1):
        built = build_setting(task, pitch, keep=config.keep)
        settings.append(
            Setting(
                score=built.score, grid=built.grid, rank=rank, evaluation=evaluation
            )
        )
        if rank == 1:
            notices.extend(built.notices)
    return Harmonization(settings=tuple(settings), task=task, notices=tuple(notices))


def num_forwards(task: MelodyTask, config: HarmonizeConfig) -> int:
    """Return how many forward passes one round of candidates takes."""
    num_windows = sum(
        len(list(windows(end - start, config.windows))) for start, end in task.phrases
    )
    num_passes = config.gibbs.num_steps + config.refinement.num_forwards + NUM_MASKS
    return num_windows * num_passes


def _candidates(
    task: MelodyTask,
    numbers: Sequence[int],
    model: CoconetModel,
    config: HarmonizeConfig,
    seed: int,
    advance: Advance | None,
) -> list[tuple[PitchIndex, CandidateScore]]:
    """Sample and score candidates by number; number k does not depend on the others."""
    melody = task.pitch_index
    pitch = np.full((len(numbers), len(melody), NUM_VOICES), -1, dtype=np.int16)
    pitch[:, :, 0] = melody
    costs: list[list[CandidateScore]] = []
    for index, (start, end) in enumerate(task.phrases):
        phrase = slice(start, end)
        is_free = np.zeros((len(numbers), end - start, NUM_VOICES), dtype=bool)
        is_free[:, :, 1:] = True
        pitch[:, phrase] = sample_windows(
            pitch[:, phrase],
            is_free,
            logits=model.logits,
            config=config.gibbs,
            refinement=config.refinement,
            window_config=config.windows,
            generators=[generator(seed, "candidate", k, index) for k in numbers],
            advance=advance,
        )
        costs.append(
            score_candidates(
                pitch[:, phrase],
                is_free[0],
                logits=model.logits,
                window_config=config.windows,
                seed=seed,
                advance=advance,
            )
        )
    pitch[:, task.end_step :] = -1  # else settings could differ where nothing sounds
    lengths = [end - start for start, end in task.phrases]
    return [
        (item, _joined([phrase[row] for phrase in costs], lengths))
        for row, item in enumerate(pitch)
    ]


def _joined(scores: Sequence[CandidateScore], lengths: Sequence[int]) -> CandidateScore:
    """One score for all phrases, weighted by their lengths; faults add up."""
    if not scores:
        raise EmptyScoreError(
            "the melody has no note long enough for a step: give a melody of at least "
            "one beat, or another --beat-level"
        )
    weights = np.array(lengths, dtype=float) / sum(lengths)
    leadings = [score.leading for score in scores]
    return CandidateScore(
        nats_per_cell=float(np.dot(weights, [s.nats_per_cell for s in scores])),
        cost=float(np.dot(weights, [s.cost for s in scores])),
        leading=replace(
            leadings[0],
            **{
                name: sum(getattr(leading, name) for leading in leadings)
                for name in (
                    "num_beats",
                    "parallel_fifths",
                    "parallel_octaves",
                    "crossings",
                )
            },
        ),
    )


def _distinct(
    candidates: Sequence[tuple[PitchIndex, CandidateScore]],
) -> list[tuple[PitchIndex, CandidateScore]]:
    seen: set[bytes] = set()
    kept = []
    for pitch, evaluation in candidates:
        key = pitch.tobytes()
        if key not in seen:
            seen.add(key)
            kept.append((pitch, evaluation))
    return kept
