"""Composing: four parts from nothing, in a key and a metre.

The key is held at both ends, by a tonic chord and a cadence, as far as these go with
what the user asks for, and what does not turn out to be in it is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from musegen.coconet import filling
from musegen.coconet.config import MIN_PITCH, NUM_VOICES
from musegen.coconet.constraints import CadenceKind, Constraints
from musegen.coconet.control import Advance, IsStopped
from musegen.coconet.filling import FillConfig, Filling, Fillings, FillTask
from musegen.coconet.predicting import CoconetModel, PitchIndex
from musegen.coconet.score_filling import ScoreJob
from musegen.coconet.score_planes import PhraseEnds
from musegen.coconet.score_task import ScoreTask, level_of, make_task
from musegen.coconet.setting import side_by_side
from musegen.coconet.wishes import Wishes, constraints_of, tonic_chord
from musegen.data.beat_level import note_value_name
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key, find_key
from musegen.data.grids import beat_grid
from musegen.data.notices import Notice
from musegen.data.score import (
    BarBeat,
    KeySignature,
    Score,
    Tempo,
    TimeSignature,
)
from musegen.engine.seeds import derive_seed, generator

TICKS_PER_QUARTER = 480
_PHRASE_BARS = 4
_MAX_ROUNDS = 4  # of candidates, until enough are in the key
# Keys of the training chorales, up to three accidentals; drawn where none is asked for.
_USUAL_MAJOR = (0, 2, 5, 7, 9, 10)
_USUAL_MINOR = (0, 2, 4, 7, 9, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeConfig:
    """What is composed.

    Args:
        filling: How many results, and how they are sampled.
        num_bars: Full bars, at least 1.
        key: Its key.
        metre: Numerator and denominator; the denominator is a power of two.
        tempo_bpm: Beats a minute; in compound metres a beat is dotted.
        pickup_beats: Beats of the metre's denominator before bar 1, 0 for none.
        beat_level: Quarters in a harmonic beat; None: the beat of the metre.
        phrase_ends: What the network is told of phrase ends; `auto`: every four bars.
        cadence: How it ends where the wishes do not say, if that goes with them.
        wishes: What every result satisfies beside the key.
    """

    filling: FillConfig = field(default_factory=FillConfig)
    num_bars: int = 8
    key: Key
    metre: tuple[int, int] = (4, 4)
    tempo_bpm: float = 80.0
    pickup_beats: Fraction = Fraction(0)
    beat_level: Fraction | None = None
    phrase_ends: PhraseEnds = "none"
    cadence: CadenceKind | None = None
    wishes: Wishes = field(default_factory=Wishes)


def drawn_key(seed: int) -> Key:
    """Return a key that Bach's chorales are in, drawn with a seed."""
    rng = generator(seed, "key")
    is_minor = bool(rng.integers(2))
    tonics = _USUAL_MINOR if is_minor else _USUAL_MAJOR
    return Key(tonic=int(rng.choice(tonics)), is_minor=is_minor)


def compose_job(config: ComposeConfig) -> ScoreJob:
    """Make ready a score that begins as nothing.

    Args:
        config: What is wanted.

    Raises:
        UsageError: The pickup fills a bar.
    """
    task = prepare_composition(config)
    wishes, notices = _possible_wishes(config, task)
    return ScoreJob(
        task=replace(task, notices=(*task.notices, *notices)),
        layout=side_by_side,
        config=config.filling,
        wishes=wishes,
        method=InKey(key=config.key),
    )


def _possible_wishes(
    config: ComposeConfig, task: ScoreTask
) -> tuple[Wishes, tuple[Notice, ...]]:
    """What is asked for, with as much of the tonic and of the cadence as goes with it.

    What contradicts itself is returned as it was asked for, to be refused.
    """
    asked = replace(config.wishes, key=config.key)
    meant = replace(asked, cadence=asked.cadence or config.cadence)
    forms = [
        replace(meant, final_beats=final_beats, has_approach=has_approach)
        for has_approach in (True, False)
        for final_beats in (asked.final_beats, 1)
    ]
    for form in (*forms, asked):
        for wishes in (_with_tonic(form, config.key), form):
            if _is_possible(wishes, task):
                return wishes, _cadence_notices(wishes, meant)
    return asked, ()


def _with_tonic(wishes: Wishes, key: Key) -> Wishes:
    """The same beginning with the tonic, where no chord is asked for there."""
    first = BarBeat(bar=1, beat=Fraction(1))
    if any(wish.place == first for wish in wishes.chords):
        return wishes
    return replace(wishes, chords=(tonic_chord(key, first), *wishes.chords))


def _is_possible(wishes: Wishes, task: ScoreTask) -> bool:
    """Whether wishes can be met by voices that do not rest."""
    try:
        constraints = constraints_of(wishes, task) or Constraints()
        constraints.resolve(
            task.pitch_index, task.is_free, allow_rests=False, writes_rests=False
        )
    except UsageError:
        return False
    return True


def _cadence_notices(wishes: Wishes, meant: Wishes) -> tuple[Notice, ...]:
    """Say what became of the cadence."""
    if meant.cadence is None:
        return ()
    if wishes.cadence is None:
        message = (
            f"the {meant.cadence} cadence at the end is left out: it does not go with "
            "what is asked for"
        )
        return (Notice(code="cadence-left-out", message=message),)
    if (wishes.final_beats, wishes.has_approach) != (meant.final_beats, True):
        message = (
            f"the {meant.cadence} cadence at the end is shortened, to go with what is "
            "asked for"
        )
        return (Notice(code="cadence-shortened", message=message),)
    return ()


def prepare_composition(config: ComposeConfig) -> ScoreTask:
    """Lay a grid over the bars that are to be written, every cell free."""
    numerator, _ = config.metre
    score = _empty_score(config)
    level = level_of((), score, config.beat_level)
    if config.beat_level is None:
        name = note_value_name(level.quarters)
        level = replace(level, reason=f"beat = {name} note, as the metre counts")
    end_tick = score.pickup + config.num_bars * _bar_ticks(config.metre)
    grid = beat_grid(
        score, beat_quarters=level.quarters, start_tick=0, end_tick=end_tick
    )
    ends = config.phrase_ends
    if ends == "auto":
        last = range(numerator // 2 + 1, numerator + 1)
        bars = [*range(_PHRASE_BARS, config.num_bars, _PHRASE_BARS), config.num_bars]
        ends = tuple(
            BarBeat(bar=bar, beat=Fraction(beat)) for bar in bars for beat in last
        )
    return make_task(
        score,
        (),
        beat_level=level,
        grid=grid,
        is_free=np.ones((grid.num_steps, NUM_VOICES), dtype=bool),
        phrases=((0, grid.num_steps),),
        end_tick=end_tick,
        phrase_ends=ends,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InKey:
    """Fills from nothing and keeps what is in a key.

    Args:
        key: As `musegen.data.grading.keys.find_key` hears it.
    """

    key: Key

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
        """Return ranked fillings, those in the key before any other."""
        every = _every_candidate(config)
        inside: dict[bytes, Filling] = {}
        outside: dict[bytes, Filling] = {}
        stopped: tuple[Notice, ...] = ()
        for number in range(_MAX_ROUNDS):
            result = filling.fill(
                task,
                model=model,
                config=every,
                seed=derive_seed(seed, "key round", number),
                advance=advance,
                is_stopped=is_stopped,
            )
            for one in result.fillings:
                is_in_key = key_of(one.pitch) == self.key
                (inside if is_in_key else outside)[one.pitch.tobytes()] = one
            if result.was_stopped:
                stopped = result.notices
            if stopped or len(inside) >= config.num_alternatives:
                break
        return self._ranked(inside, outside, config, stopped)

    def num_forwards(self, task: FillTask, config: FillConfig) -> int:
        """Return how many forward passes will be told of, if one round is enough."""
        return filling.num_forwards(task, _every_candidate(config))

    def _ranked(
        self,
        inside: dict[bytes, Filling],
        outside: dict[bytes, Filling],
        config: FillConfig,
        stopped: tuple[Notice, ...],
    ) -> Fillings:
        def cost(one: Filling) -> float:
            return one.evaluation.cost

        ordered = sorted(inside.values(), key=cost) + sorted(outside.values(), key=cost)
        chosen = ordered[: config.num_alternatives]
        notices = list(stopped)
        num_outside = max(0, len(chosen) - len(inside))
        if num_outside:
            message = (
                f"{num_outside} of {len(chosen)} results are heard in another key than "
                f"{self.key}: raise --candidates, or ask for more bars"
            )
            notices.append(Notice(code="another-key", message=message))
        if len(chosen) < config.num_alternatives and not stopped:
            message = (
                f"only {len(chosen)} different results came of "
                f"{_MAX_ROUNDS * config.num_candidates} tries: raise --temperature for "
                "more"
            )
            notices.append(Notice(code="few-alternatives", message=message))
        return Fillings(
            fillings=tuple(
                replace(one, rank=rank) for rank, one in enumerate(chosen, start=1)
            ),
            notices=tuple(notices),
            was_stopped=bool(stopped),
        )


def key_of(pitch: PitchIndex) -> Key:
    """Return the key that a filled grid is heard in.

    Args:
        pitch: (time, voice) index, -1 = silence.
    """
    sounding = pitch[pitch >= 0].astype(np.int64) + MIN_PITCH
    return find_key(np.bincount(sounding % 12, minlength=12).astype(np.float64))


def _bar_ticks(metre: tuple[int, int]) -> int:
    numerator, denominator = metre
    return TICKS_PER_QUARTER * 4 * numerator // denominator


def _empty_score(config: ComposeConfig) -> Score:
    numerator, denominator = config.metre
    unit = Fraction(TICKS_PER_QUARTER * 4, denominator)
    pickup = config.pickup_beats * unit
    if pickup >= _bar_ticks(config.metre):
        raise UsageError(
            f"a pickup of {config.pickup_beats} beats fills a bar of "
            f"{numerator}/{denominator}: give fewer with --pickup"
        )
    is_compound = numerator % 3 == 0 and numerator > 3
    beat_quarters = Fraction(12 if is_compound else 4, denominator)
    return Score(
        ticks_per_quarter=TICKS_PER_QUARTER,
        tempos=(Tempo(tick=0, qpm=float(config.tempo_bpm * beat_quarters)),),
        time_signatures=(
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
        ),
        key_signatures=(
            KeySignature(
                tick=0, sharps=config.key.sharps, is_minor=config.key.is_minor
            ),
        ),
        pickup=int(pickup),
    )


def _every_candidate(config: FillConfig) -> FillConfig:
    """All that is sampled comes back, however long: the key chooses among it."""
    return replace(
        config, num_alternatives=config.num_candidates, num_long_candidates=None
    )
