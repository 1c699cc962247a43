"""Options of the commands that fill scores, declared once and so spelled the same.

`reading_options` say which lines are read and on which beat, `sampling_options` how
bold and how thorough the work is. Each group comes to the command as one object that
knows what the recipe must hold. What results have to satisfy is in `_wish_options`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musegen.cli._numbers import FiniteRange
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from fractions import Fraction

    from musegen.coconet.filling import FillConfig
    from musegen.coconet.samplers import SamplerConfig
    from musegen.coconet.schedules import AnySchedule
    from musegen.coconet.score_planes import PhraseEnds

Function = TypeVar("Function", bound=Callable[..., Any])

CANDIDATES_PER_ALTERNATIVE = 2
# Drafts that are polished are drawn hotter, so that candidates differ. Measured on 32
# validation sopranos: at 0.7 the polished voices move about as often as Bach's.
DRAFT_HEAT = 1.4
BLOCK_STEPS = 4  # shortest stretch of a voice that `blocks` draws anew
DEFAULT_STEPS = {
    "gibbs": 20,
    "blocks": 10,
    "upsampling": 8,
    "ancestral-gibbs": 3,
    "ancestral": None,
    "chronological": None,
}
"""Samplers by name, and their steps; None where there is one step for each cell."""
SCHEDULES = ("linear", "steep", "cosine", "constant")
SCHEDULED_SAMPLERS = ("gibbs", "blocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the user says of reading: `--voice`, `--beat-level`, `--phrase-ends`."""

    voices: tuple[str, ...]
    beat_level: Fraction | None
    phrase_ends: PhraseEnds
    words: dict[str, object]

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """What the user says of sampling; every field is an option."""

    alternatives: int
    candidates: int
    sampler: str
    temperature: float
    top_p: float
    steps: int | None
    schedule: str
    rounds: int
    rests: bool

    @property
    def draft_heat(self) -> float:
        """How many times `temperature` drafts are drawn at; 1 where they are left."""
        return DRAFT_HEAT if self.rounds else 1.0

    def fill_config(self) -> FillConfig:
        """Return the library's config."""
        from musegen.coconet.filling import FillConfig
        from musegen.coconet.refinement import RefinementConfig

        return FillConfig(
            num_alternatives=self.alternatives,
            num_candidates=self.candidates,
            sampler=self._sampler_config(),
            refinement=RefinementConfig(
                num_rounds=self.rounds, temperature=self.temperature, top_p=self.top_p
            ),
            allow_rests=self.rests,
        )

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return {
            "alternatives": self.alternatives,
            "candidates": self.candidates,
            "sampler": self.sampler,
            "temperature": self.temperature,
            "draft_heat": self.draft_heat,
            "top_p": self.top_p,
            "steps": self.steps,
            "schedule": self.schedule,
            "rounds": self.rounds,
            "rests": self.rests,
        }

    def _sampler_config(self) -> SamplerConfig:
        from musegen.coconet.ancestral import AncestralConfig
        from musegen.coconet.ancestral_gibbs import AncestralGibbsConfig
        from musegen.coconet.sampling import GibbsConfig
        from musegen.coconet.upsampling import UpsamplingConfig

        heat, top_p = self.draft_heat * self.temperature, self.top_p
        steps = self.steps or 1
        if self.sampler == "ancestral":
            return AncestralConfig(order="random", temperature=heat, top_p=top_p)
        if self.sampler == "chronological":
            return AncestralConfig(order="chronological", temperature=heat, top_p=top_p)
        if self.sampler == "ancestral-gibbs":
            return AncestralGibbsConfig(num_steps=steps, temperature=heat, top_p=top_p)
        if self.sampler == "upsampling":
            return UpsamplingConfig(num_steps=steps, temperature=heat, top_p=top_p)
        return GibbsConfig(
            num_steps=steps,
            schedule=self._schedule(),
            block_steps=BLOCK_STEPS if self.sampler == "blocks" else 1,
            temperature=heat,
            top_p=top_p,
        )

    def _schedule(self) -> AnySchedule:
        from musegen.coconet.schedules import (
            MAGENTA,
            PYTORCH_PORT,
            ConstantSchedule,
            CosineSchedule,
        )

        if self.schedule == "cosine":
            return CosineSchedule()
        if self.schedule == "constant":
            return ConstantSchedule()
        return PYTORCH_PORT if self.schedule == "steep" else MAGENTA


def reading_options(*, line: str, default: str) -> Callable[[Function], Function]:
    """Add `--voice` and `--beat-level`, passed with the rest as `reading: Reading`.

    Args:
        line: What a `--voice` is, for the help: `The melody`.
        default: What happens without one.
    """

    def decorate(function: Function) -> Function:
        @click.option(
            "--voice",
            "voices",
            multiple=True,
            metavar="VOICE",
            show_default=default,
            help=f"{line}: 2 or track:2, channel:3, name:Soprano, top, bottom, 2:top.",
        )
        @beat_options
        @functools.wraps(function)
        def wrapper(
            *args: object, voices: tuple[str, ...], reading: Reading, **kwargs: object
        ) -> object:
            reading = Reading(
                voices=voices,
                beat_level=reading.beat_level,
                phrase_ends=reading.phrase_ends,
                words={"voice": list(voices), **reading.words},
            )
            return function(*args, reading=reading, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate


def beat_options(function: Function) -> Function:
    """Add `--beat-level --phrase-ends`, passed as one `reading: Reading`."""

    @click.option(
        "--beat-level",
        metavar="NOTE",
        show_default="chosen and said",
        help="Note value of one harmony: eighth, quarter, dotted-quarter, half, 3/8, "
        "...",
    )
    @click.option(
        "--phrase-ends",
        metavar="WHERE",
        default="none",
        help="Where phrases end: 4:3,8:1 (bar:beat), auto (the score's fermatas, or a "
        "guess where it has none) or none; for models that hear of it.",
    )
    @functools.wraps(function)
    def wrapper(
        *args: object, beat_level: str | None, phrase_ends: str, **kwargs: object
    ) -> object:
        from musegen.coconet.score_planes import parse_phrase_ends
        from musegen.data.beat_level import parse_beat_level

        level = None if beat_level is None else parse_beat_level(beat_level)
        reading = Reading(
            voices=(),
            beat_level=level,
            phrase_ends=parse_phrase_ends(phrase_ends),
            words={
                "beat_level": None if level is None else str(level / 4),
                "phrase_ends": phrase_ends,
            },
        )
        return function(*args, reading=reading, **kwargs)

    return wrapper  # type: ignore[return-value]


def sampling_options(function: Function) -> Function:
    """Add `-n`, `--candidates`, `--sampler` and how it works, `--rounds` and `--rests`.

    They are passed as one `sampling: Sampling`.
    """

    @click.option(
        "-n",
        "--alternatives",
        type=click.IntRange(1, 64),
        default=1,
        help="How many different results to write, best first.",
    )
    @click.option(
        "--candidates",
        type=click.IntRange(1, 1024),
        show_default="twice as many as alternatives",
        help="How many to sample and rank for these.",
    )
    @click.option(
        "--sampler",
        type=click.Choice(list(DEFAULT_STEPS)),
        default="gibbs",
        help="How drafts are drawn: all cells at once again and again, stretches of "
        "voices, coarse to fine, or one cell after another.",
    )
    @click.option(
        "--temperature",
        type=FiniteRange(0.0, 10.0),
        default=0.7,
        help="Lower is safer, higher bolder; 0 takes the likeliest, 1 the model as is. "
        f"Drafts that --rounds polish are drawn {DRAFT_HEAT:g} times as hot.",
    )
    @click.option(
        "--top-p",
        type=FiniteRange(0.0, 1.0, min_open=True),
        default=1.0,
        help="Draw from the likeliest pitches that share so much probability.",
    )
    @click.option(
        "--steps",
        type=click.IntRange(1, 4096),
        show_default=", ".join(f"{v} {k}" for k, v in DEFAULT_STEPS.items() if v),
        help="Steps of the draft.",
    )
    @click.option(
        "--schedule",
        type=click.Choice(SCHEDULES),
        default="linear",
        help="How the share of cells drawn anew falls: as published, steeper, along a "
        "wave, or not at all.",
    )
    @click.option(
        "--rounds",
        type=click.IntRange(0, 1024),
        default=12,
        help="Rounds of polishing the voice leading; 0 leaves the draft as it is.",
    )
    @click.option(
        "--rests/--no-rests",
        default=False,
        help="Whether new voices may rest; for models that write rests.",
    )
    @functools.wraps(function)
    def wrapper(
        *args: object,
        alternatives: int,
        candidates: int | None,
        sampler: str,
        temperature: float,
        top_p: float,
        steps: int | None,
        schedule: str,
        rounds: int,
        rests: bool,
        **kwargs: object,
    ) -> object:
        default_steps = DEFAULT_STEPS[sampler]
        _refuse_idle(sampler, steps, default_steps, temperature, top_p)
        steps = default_steps if steps is None else steps
        _refuse_idle_schedule(schedule, sampler, steps)
        candidates = candidates or CANDIDATES_PER_ALTERNATIVE * alternatives
        if candidates < alternatives:
            raise UsageError(
                f"{alternatives} alternatives cannot come of {candidates} candidates: "
                "raise --candidates, or lower -n"
            )
        sampling = Sampling(
            alternatives=alternatives,
            candidates=candidates,
            sampler=sampler,
            temperature=temperature,
            top_p=top_p,
            steps=steps,
            schedule=schedule,
            rounds=rounds,
            rests=rests,
        )
        return function(*args, sampling=sampling, **kwargs)

    return wrapper  # type: ignore[return-value]


def _refuse_idle(
    sampler: str,
    steps: int | None,
    default_steps: int | None,
    temperature: float,
    top_p: float,
) -> None:
    """Refuse options that cannot act."""
    if steps is not None and default_steps is None:
        raise UsageError(
            f"--steps does nothing with --sampler {sampler}, which takes one step for "
            "each cell: leave it out"
        )
    if top_p < 1.0 and temperature == 0.0:
        raise UsageError(
            "--top-p does nothing with --temperature 0, which takes the likeliest "
            "pitch: leave one of them out"
        )


def _refuse_idle_schedule(schedule: str, sampler: str, steps: int | None) -> None:
    """Refuse a schedule where no share of the cells is drawn anew."""
    if schedule == "linear":
        return
    if sampler not in SCHEDULED_SAMPLERS:
        raise UsageError(
            f"--schedule does nothing with --sampler {sampler}: leave it out, or "
            f"choose {', '.join(SCHEDULED_SAMPLERS)}"
        )
    if steps == 1:
        raise UsageError(
            "--schedule does nothing with --steps 1, which draws every cell once: "
            "leave it out, or take 2 steps or more"
        )
