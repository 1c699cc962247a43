"""Tasks as data: what goes together, what it costs, what settles a measurement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from musegen.coconet.config import (
    MIN_PITCH,
    NUM_PITCHES,
    BeatNetworkConfig,
    PaperNetworkConfig,
)
from musegen.coconet.contexts import Piece
from musegen.coconet.predicting import IsHidden, Logits, PitchIndex
from musegen.coconet.protocols import (
    ORDERS_OF_PROTOCOL,
    EvaluationConfig,
    Task,
    check_piece,
    measure,
    num_steps_to_compute,
    num_units,
    parse_tasks,
)
from musegen.data.errors import InputError, PitchRangeError

TASKS = [
    Task(protocol=protocol, order=order)
    for protocol, orders in ORDERS_OF_PROTOCOL.items()
    for order in orders
]
ORDERINGS = EvaluationConfig(num_orderings=5)
every_task = pytest.mark.parametrize("task", TASKS, ids=str)


def random_piece(num_steps: int = 8) -> Piece:
    pitch = np.random.default_rng(0).integers(0, NUM_PITCHES, (num_steps, 4))
    return (pitch + MIN_PITCH).astype(np.int16)


def shown_matters(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Answers by everything that is shown, and where."""
    places = np.arange(pitch[0].size).reshape(pitch[0].shape) + 1
    shown = (np.where(is_hidden, 0, pitch + 2) * places).sum(axis=(1, 2))
    slope = np.sin(shown)[:, None, None, None] * np.arange(NUM_PITCHES) / 20
    return np.broadcast_to(slope, (*pitch.shape, NUM_PITCHES)).astype(np.float32)


@every_task
def test_cost_and_progress_are_told_exactly_beforehand(task: Task) -> None:
    steps: list[int] = []
    advanced: list[int] = []

    def counting(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        steps.append(pitch.shape[0] * pitch.shape[1])
        return shown_matters(pitch, is_hidden)

    piece = random_piece(16)
    piece[3, 1] = -1
    for config in (
        EvaluationConfig(num_orderings=3, num_draws=5),
        EvaluationConfig(num_orderings=2, max_units=6, context_steps=4),
    ):
        steps.clear()
        advanced.clear()
        measure(task, piece, counting, config, index=0, advance=advanced.append)
        assert sum(advanced) == num_units(task, piece, config)
        assert sum(steps) == num_steps_to_compute(task, piece, config)


@every_task
def test_seed_and_index_settle_what_is_measured(task: Task) -> None:
    def value(index: int = 2, seed: int = 0) -> float:
        config = EvaluationConfig(num_orderings=2, num_draws=4, seed=seed)
        return measure(task, random_piece(), shown_matters, config, index=index).loss

    assert value() == value()
    is_drawn = task.order == "random" or task.is_framewise
    assert (value() != value(seed=1)) == is_drawn
    assert (value() != value(index=3)) == is_drawn


@pytest.mark.parametrize(
    ("change", "acts"),
    [
        ({"num_orderings": 4}, lambda task: task.num_orderings(ORDERINGS) > 1),
        ({"max_units": 3}, lambda task: task.has_units),
        ({"num_draws": 9}, lambda task: task.has_draws),
        ({"given": (3,)}, lambda task: task.protocol == "given-voices"),
        ({"voice_order": (3, 2, 1, 0)}, lambda task: task.is_chain_in_time),
        ({"context_steps": 0}, lambda task: task.has_units),
    ],
    ids=lambda value: "acts" if callable(value) else str(value),
)
@every_task
def test_an_option_acts_exactly_where_tasks_say_so(
    task: Task, change: dict[str, Any], acts: Callable[[Task], bool]
) -> None:
    config = EvaluationConfig(num_orderings=2, num_draws=4)
    changed = replace(config, **change)
    before, after = (
        measure(task, random_piece(), shown_matters, each, index=0)
        for each in (config, changed)
    )
    assert (before != after) == acts(task)
    is_told = task.describe(config) != task.describe(changed)
    assert is_told == acts(task)


def test_one_ordering_is_told_where_there_is_but_one() -> None:
    config = EvaluationConfig(num_orderings=5)
    told = {str(task): task.num_orderings(config) for task in TASKS}
    assert told == {
        "framewise, random": 5,
        "framewise, chronological": 5,
        "notewise, random": 5,
        "notewise, chronological": 1,
        "given-voices, random": 1,
        "given-voices, chronological": 1,
        "given-voices, one-shot": 1,
    }


def test_protocols_and_orders_combine_as_far_as_they_go_together() -> None:
    assert parse_tasks(list(ORDERS_OF_PROTOCOL), []) == (tuple(TASKS), ())
    tasks, idle = parse_tasks(["notewise", "given-voices", "notewise"], ["one-shot"])
    assert [str(task) for task in tasks] == ["given-voices, one-shot"]
    assert idle == ("notewise",)


@pytest.mark.parametrize(
    ("protocol", "order"), [("framewise", "one-shot"), ("barwise", "random")]
)
def test_a_task_that_does_not_exist_is_refused(protocol: str, order: str) -> None:
    with pytest.raises(ValueError, match="no task"):
        Task(protocol=protocol, order=order)


def test_pieces_that_cannot_be_asked_about_are_named_beforehand() -> None:
    check_piece(random_piece(8), BeatNetworkConfig(), where="piece 3 of valid")
    check_piece(random_piece(7), PaperNetworkConfig(), where="piece 3 of valid")
    with pytest.raises(InputError, match=r"piece 3 of valid has 7 .* beats of 4"):
        check_piece(random_piece(7), BeatNetworkConfig(), where="piece 3 of valid")
    with pytest.raises(InputError, match="has 0 steps"):
        check_piece(random_piece(0), PaperNetworkConfig(), where="piece 3 of valid")
    high = random_piece(8)
    high[1, 0] = 90
    with pytest.raises(PitchRangeError, match="voice 1 of piece 3 of valid"):
        check_piece(high, BeatNetworkConfig(), where="piece 3 of valid")
