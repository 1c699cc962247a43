"""Polishing a filled grid: one voice at a time, with an ear for parallels.

Blocked Gibbs sampling over single cells cannot move a held note (its neighbours pin
it), and draws voices that sound together independently. Here each round hides at most
one voice in a beat, and draws the beat from its first step on, so that what is drawn is
coherent; pitches that make parallel fifths or octaves, or cross a neighbouring voice,
are made unlikely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES
from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.sampling import draw_pitches

# The steps of a beat are drawn in this order: the beat, its half, then the rest; each
# with the number of steps for which such a pitch is likely to hold.
PASSES: tuple[tuple[tuple[int, ...], int], ...] = (((0,), 4), ((2,), 2), ((1, 3), 1))
_FIFTH, _OCTAVE = 7, 12
_STEPS_PER_BEAT = 4
_CANDIDATES = np.arange(NUM_PITCHES, dtype=np.int16)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinementConfig:
    """How a grid is polished.

    Args:
        num_rounds: Rounds of three forward passes each; 0 leaves the grid as it is.
        beat_rate: Probability that a beat is worked on in a round; every other beat is
            in reach of one.
        parallel_nats: What a parallel fifth or octave is charged, in nats.
        crossing_nats: What a crossing of neighbouring voices is charged.
        temperature: Of the draws, at least 0.

    Source:
        Our own. The contiguous masks that converge faster are in Huang et al., 2017.
    """

    num_rounds: int = 12
    beat_rate: float = 1.0
    parallel_nats: float = 6.0
    crossing_nats: float = 3.0
    temperature: float = 0.7

    def __post_init__(self) -> None:
        if self.num_rounds < 0:
            raise ValueError(
                f"num_rounds must be at least 0; received {self.num_rounds}"
            )
        if not self.temperature >= 0.0:
            raise ValueError(
                f"temperature must be at least 0; received {self.temperature}"
            )

    @property
    def num_forwards(self) -> int:
        """Forward passes of all rounds."""
        return self.num_rounds * len(PASSES)


def refine(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: RefinementConfig,
    generators: Sequence[np.random.Generator],
    advance: Callable[[int], None] | None = None,
) -> PitchIndex:
    """Polish filled grids.

    Args:
        pitch: (batch, time, voice) indices, filled; time begins on a beat.
        is_free: Same shape; the other cells never change.
        logits: The network.
        config: How.
        generators: One for each item of the batch.
        advance: Called with 1 after each forward pass.

    Returns:
        Same shape.
    """
    state = np.array(pitch, dtype=np.int16)
    for round_index in range(config.num_rounds):
        chosen = np.stack(
            [
                _choose_cells(free, round_index % 2, config.beat_rate, generator)
                for free, generator in zip(is_free, generators, strict=True)
            ]
        )
        is_hidden = chosen.copy()
        for phases, hold in PASSES:
            scores = logits(state, is_hidden) - penalties(
                state,
                is_hidden,
                hold=hold,
                parallel_nats=config.parallel_nats,
                crossing_nats=config.crossing_nats,
            )
            uniforms = np.stack([g.random(pitch.shape[1:]) for g in generators])
            drawn = draw_pitches(scores, uniforms, temperature=config.temperature)
            phase = np.arange(pitch.shape[1]) % _STEPS_PER_BEAT
            is_drawn = is_hidden & np.isin(phase, phases)[None, :, None]
            state = np.where(is_drawn, drawn, state).astype(np.int16)
            is_hidden &= ~is_drawn
            if advance is not None:
                advance(1)
    return state


def _choose_cells(
    is_free: NDArray[np.bool_],
    parity: int,
    beat_rate: float,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """At most one voice in every other beat, drawn among those that are free there."""
    num_steps = len(is_free)
    num_beats = -(-num_steps // _STEPS_PER_BEAT)
    order = generator.random((num_beats, NUM_VOICES))
    is_worked = generator.random(num_beats) < beat_rate
    is_worked &= np.arange(num_beats) % 2 == parity
    padded = np.zeros((num_beats * _STEPS_PER_BEAT, NUM_VOICES), dtype=bool)
    padded[:num_steps] = is_free
    by_beat = padded.reshape(num_beats, _STEPS_PER_BEAT, NUM_VOICES)
    has_free: NDArray[np.bool_] = np.logical_or.reduce(by_beat, axis=1)
    voice = np.where(has_free, order, -1.0).argmax(axis=1)
    chosen = np.zeros((num_beats, NUM_VOICES), dtype=bool)
    chosen[np.arange(num_beats), voice] = is_worked & has_free.any(axis=1)
    return np.repeat(chosen, _STEPS_PER_BEAT, axis=0)[:num_steps] & is_free


def penalties(
    pitch: PitchIndex,
    is_hidden: IsHidden,
    *,
    hold: int,
    parallel_nats: float,
    crossing_nats: float,
) -> NDArray[np.float32]:
    """Charge for each pitch that a cell could take, given the cells around it.

    Args:
        pitch: (batch, time, voice) indices, -1 = silence.
        is_hidden: Same shape; hidden neighbours charge nothing.
        hold: Steps for which a pitch is taken to sound, at least 1: what follows it is
            looked for so far ahead.
        parallel_nats: For a fifth or octave approached or left in parallel.
        crossing_nats: For lying beyond a neighbouring voice.

    Returns:
        (batch, time, voice, pitch), at least 0; 0 for cells that are not hidden.
    """
    known = np.where(is_hidden, -1, pitch).astype(np.int16)
    items, steps, voices = np.nonzero(is_hidden)
    charge = np.zeros((len(items), NUM_PITCHES), dtype=np.float32)
    before, after = _shifted(known, -1), _shifted(known, hold)
    at_end = _shifted(known, hold - 1)
    for other in range(NUM_VOICES):
        is_upper = voices < other
        # Approached from the step before, left for the step after the note's end.
        for there, here in ((before, known), (after, at_end)):
            charge += parallel_nats * _is_parallel(
                there[items, steps, voices],
                there[items, steps, other],
                here[items, steps, other],
                is_upper=is_upper,
            )
        here_now = known[items, steps, other]
        gap = (_CANDIDATES - here_now[:, None]) * np.where(is_upper, 1, -1)[:, None]
        is_neighbour = (np.abs(voices - other) == 1) & (here_now >= 0)
        charge += crossing_nats * ((gap < 0) & is_neighbour[:, None])
    result = np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)
    result[items, steps, voices] = charge
    return result


def _is_parallel(
    own_there: NDArray[np.int16],
    other_there: NDArray[np.int16],
    other_here: NDArray[np.int16],
    *,
    is_upper: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Which candidates move in parallel with another voice, from or to a neighbour.

    All arrays are (cell,); -1 is unknown or silent. The result is (cell, pitch).
    """
    sign = np.where(is_upper, 1, -1)
    there = (own_there - other_there) * sign % _OCTAVE
    motion = np.sign(other_here - other_there)
    applies = (
        (own_there >= 0)
        & (other_there >= 0)
        & (other_here >= 0)
        & (motion != 0)
        & ((there == 0) | (there == _FIFTH))
    )
    here = (_CANDIDATES - other_here[:, None]) * sign[:, None] % _OCTAVE
    is_same_interval = here == there[:, None]
    is_same_motion = np.sign(_CANDIDATES - own_there[:, None]) == motion[:, None]
    return np.asarray(applies[:, None] & is_same_interval & is_same_motion)


def _shifted(values: NDArray[np.int16], steps: int) -> NDArray[np.int16]:
    """The value so many steps later (negative: earlier), -1 beyond the ends."""
    result = np.full_like(values, -1)
    if steps < 0:
        result[:, -steps:] = values[:, :steps]
    elif steps == 0:
        result[:] = values
    else:
        result[:, :-steps] = values[:, steps:]
    return result
