"""What can be measured: protocols and their orders as data, and one call to run any.

A task is a protocol in one order. Item k never depends on which other pieces are
measured: its seed comes from the task and its index. Loading and reporting is the
command's; the losses are in `musegen.coconet.evaluation` and `.given_voices`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musegen.coconet.config import NUM_VOICES, VOICE_NAMES, NetworkConfig
from musegen.coconet.contexts import Advance, CallConfig, Piece, pitch_index
from musegen.coconet.evaluation import (
    CHRONOLOGICAL,
    RANDOM,
    SCORE_ORDER,
    OrderConfig,
    framewise,
    notewise,
    num_distinct_orderings,
)
from musegen.coconet.given_voices import (
    given_chain_rule,
    given_one_shot,
    given_over_orders,
    num_hidden_cells,
)
from musegen.coconet.likelihood import PieceSums, piece_sums
from musegen.coconet.predicting import LogitsFunction
from musegen.data.errors import InputError
from musegen.engine.seeds import derive_seed

FRAMEWISE = "framewise"
NOTEWISE = "notewise"
GIVEN_VOICES = "given-voices"
ONE_SHOT = "one-shot"
ORDERS_OF_PROTOCOL: Mapping[str, tuple[str, ...]] = {
    FRAMEWISE: (RANDOM, CHRONOLOGICAL),
    NOTEWISE: (RANDOM, CHRONOLOGICAL),
    GIVEN_VOICES: (RANDOM, CHRONOLOGICAL, ONE_SHOT),
}
_FRAME_PASSES = NUM_VOICES  # forward passes of a frame, one a voice


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationConfig:
    """What all tasks of one evaluation share; defaults as published.

    Args:
        num_orderings: Orderings averaged in probability space.
        max_units: Score only so many frames or cells a piece; None scores all.
        num_draws: Draws a piece of `given-voices` in random order.
        given: Voices shown by `given-voices`, 0 = soprano.
        voice_order: Inside a step, where cells come in order of time.
        context_steps: What the network is given around a unit; None is all (exact).
        is_told: Whether the network hears of metre and phrase ends; as published it
            does not.
        seed: Of orders, draws and units.
    """

    num_orderings: int = 5
    max_units: int | None = None
    num_draws: int = 64
    given: tuple[int, ...] = (0,)
    voice_order: tuple[int, ...] = SCORE_ORDER
    context_steps: int | None = None
    is_told: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.is_told and self.context_steps is not None:
            raise ValueError("what is told covers whole pieces: no context_steps then")

    def order_config(self, order: str) -> OrderConfig:
        """Return the part that says how a piece is read."""
        return OrderConfig(
            order=order,
            num_orderings=self.num_orderings,
            max_units=self.max_units,
            voice_order=self.voice_order,
            call=CallConfig(context_steps=self.context_steps),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A protocol in one order.

    Args:
        protocol: A key of `ORDERS_OF_PROTOCOL`.
        order: One of its orders.
    """

    protocol: str
    order: str

    def __post_init__(self) -> None:
        if self.order not in ORDERS_OF_PROTOCOL.get(self.protocol, ()):
            raise ValueError(f"there is no task {self.protocol!r} {self.order!r}")

    def __str__(self) -> str:
        return f"{self.protocol}, {self.order}"

    @property
    def is_framewise(self) -> bool:
        """Whether a unit is a frame, not a cell."""
        return self.protocol == FRAMEWISE

    @property
    def is_chain_in_time(self) -> bool:
        """Whether cells come one by one in order of time."""
        return self.order == CHRONOLOGICAL and not self.is_framewise

    @property
    def has_units(self) -> bool:
        """Whether units are scored one by one, each in a context of its own."""
        return self.protocol != GIVEN_VOICES or self.order == CHRONOLOGICAL

    @property
    def has_draws(self) -> bool:
        """Whether masks are drawn."""
        return self.protocol == GIVEN_VOICES and self.order == RANDOM

    def num_orderings(self, config: EvaluationConfig) -> int:
        """Return how many orderings are run, 1 where there is but one."""
        if self.protocol == GIVEN_VOICES:
            return 1
        if self.is_framewise:
            return config.num_orderings
        return num_distinct_orderings(config.order_config(self.order))

    def describe(self, config: EvaluationConfig) -> dict[str, object]:
        """Return what a report says of the task, only what had influence."""
        told: dict[str, object] = {
            "protocol": self.protocol,
            "order": self.order,
            "unit": "frame" if self.is_framewise else "cell",
        }
        if self.has_draws:
            told["draws"] = config.num_draws
        else:
            told["orderings"] = self.num_orderings(config)
        told["metre_and_phrase_ends_told"] = config.is_told
        if self.protocol == GIVEN_VOICES:
            told["given"] = [VOICE_NAMES[voice] for voice in config.given]
        if self.is_chain_in_time:
            told["voice_order"] = [VOICE_NAMES[voice] for voice in config.voice_order]
        if self.has_units:
            told["context_steps"] = config.context_steps
            told["max_units"] = config.max_units
        return told


def check_piece(piece: Piece, network: NetworkConfig, *, where: str) -> None:
    """Refuse, before hours of work, a piece that the network cannot be asked about.

    Args:
        piece: (time, voice), MIDI pitch or -1.
        network: Says whether it counts in beats.
        where: What the message calls the piece.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
        InputError: It is empty, or not whole beats long where the network counts in
            beats.
    """
    pitch = pitch_index(piece, where=where)
    steps_per_beat = getattr(network, "steps_per_beat", 1)
    if not len(pitch) or len(pitch) % steps_per_beat:
        raise InputError(
            f"{where} has {len(pitch)} steps, and the network counts in beats of "
            f"{steps_per_beat}: lengthen the piece to whole beats or leave it out"
        )


def num_units(task: Task, piece: Piece, config: EvaluationConfig) -> int:
    """Return how often `measure` will advance: the units of all orderings, or draws."""
    if task.order == ONE_SHOT:
        return 1
    if task.has_draws:
        return config.num_draws
    units = {
        FRAMEWISE: len(piece),
        NOTEWISE: piece.size,
        GIVEN_VOICES: num_hidden_cells(piece, config.given),
    }[task.protocol]
    limit = units if config.max_units is None else min(units, config.max_units)
    return limit * task.num_orderings(config)


def num_steps_to_compute(task: Task, piece: Piece, config: EvaluationConfig) -> int:
    """Return the time steps that the network is run over: what the work costs."""
    width = CallConfig(context_steps=config.context_steps).width(len(piece))
    passes = _FRAME_PASSES if task.is_framewise else 1
    each = width if task.has_units else len(piece)
    return num_units(task, piece, config) * passes * each


def measure(
    task: Task,
    piece: Piece,
    logits: LogitsFunction,
    config: EvaluationConfig,
    *,
    index: int,
    advance: Advance | None = None,
) -> PieceSums:
    """Measure one piece.

    Args:
        task: The protocol and order.
        piece: (time, voice), MIDI pitch or -1.
        logits: The network.
        config: Options of all tasks.
        index: Of the piece in its split; with the config's seed it settles every draw.
        advance: Called with the number of units done, `num_units` in all.

    Raises:
        PitchRangeError: A pitch is not one of the network's 46.
    """
    protocol, order = task.protocol, task.order
    seed = derive_seed(config.seed, protocol, order, index)
    if protocol in (FRAMEWISE, NOTEWISE):
        score = framewise if protocol == FRAMEWISE else notewise
        reading = config.order_config(order)
        return piece_sums(score(piece, logits, reading, seed=seed, advance=advance))
    if order == RANDOM:
        return given_over_orders(
            piece,
            logits,
            given=config.given,
            num_draws=config.num_draws,
            seed=seed,
            advance=advance,
        )
    if order == CHRONOLOGICAL:
        return piece_sums(
            given_chain_rule(
                piece,
                logits,
                config.order_config(order),
                given=config.given,
                seed=seed,
                advance=advance,
            )
        )
    sums = piece_sums(given_one_shot(piece, logits, given=config.given))
    if advance is not None:
        advance(1)
    return sums


def parse_tasks(
    protocols: Sequence[str], orders: Sequence[str]
) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """Combine protocols and orders as far as they go together.

    Args:
        protocols: Keys of `ORDERS_OF_PROTOCOL`.
        orders: What was asked for; empty for all.

    Returns:
        The tasks, and the protocols for which none of the orders is defined.
    """
    tasks, idle = [], []
    for protocol in dict.fromkeys(protocols):
        known = ORDERS_OF_PROTOCOL[protocol]
        fitting = [order for order in known if not orders or order in orders]
        tasks += [Task(protocol=protocol, order=order) for order in fitting]
        if not fitting:
            idle.append(protocol)
    return tuple(tasks), tuple(idle)
