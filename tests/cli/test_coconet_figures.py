"""The table and the rows that `musegen evaluate coconet` makes of what was measured."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.cli._coconet_figures import (
    Column,
    Measuring,
    _Clock,
    figures,
    figures_table,
)
from musegen.cli._output import Output
from musegen.coconet.config import MIN_PITCH, NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.held_out import NumberedPiece
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.protocols import EvaluationConfig, Task

UNIFORM_NATS = np.log(NUM_PITCHES)
TASKS = [
    Task(protocol="framewise", order="random"),
    Task(protocol="given-voices", order="one-shot"),
]


def column(title: str, extra: float = 0.0) -> Column:
    def logits(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        scores = np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)
        scores[..., 0] = extra
        return scores

    model = CoconetModel(
        name=title, digest=title, config=BeatNetworkConfig(), network=network_of(logits)
    )
    return Column(title=title, model=model)


def piece(index: int, *, is_leak_free: bool | None) -> NumberedPiece:
    grid = np.full((4, 4), MIN_PITCH, dtype=np.int16)
    grid[:index] = -1  # silent steps
    return NumberedPiece(index=index, grid=grid, is_leak_free=is_leak_free)


def measured(
    *columns: Column, knows_leaks: bool = True, num_pieces: int = 2
) -> Measuring:
    measuring = Measuring(
        columns=columns,
        tasks=TASKS,
        pieces=[
            piece(index, is_leak_free=index == 1 if knows_leaks else None)
            for index in range(num_pieces)
        ],
        config=EvaluationConfig(num_orderings=2),
        output=Output(quiet=True),
    )
    measuring.run()
    return measuring


def test_a_table_of_one_model_has_every_figure() -> None:
    measuring = measured(column("mine"))
    header, first, second = figures_table(measuring, figures(measuring)).splitlines()
    assert "leak-free" in header
    mean = 4 * UNIFORM_NATS * (1 + 3 / 4) / 2
    error = 4 * UNIFORM_NATS / 8 / np.sqrt(2)
    assert first.split()[2:4] == [f"{mean:.4f}", f"{error:.4f}"]
    assert first.split()[4:6] == [f"{mean:.4f}", f"{4 * UNIFORM_NATS:.4f}"]
    assert first.split()[6:] == [
        *("100.0", "%"),  # of equal chances the first class is taken
        *(f"{3 * UNIFORM_NATS:.4f}", "-"),  # one piece has no error
        *("frame", "2"),
    ]
    assert second.split()[:2] == ["given-voices", "one-shot"]
    assert f"{UNIFORM_NATS:.4f}" in second


def test_leaks_that_are_unknown_have_no_column() -> None:
    measuring = measured(column("mine"), knows_leaks=False)
    rows = figures(measuring)
    assert "leak-free" not in figures_table(measuring, rows)
    assert rows[0]["leak_free"] is None


def test_a_subset_without_pieces_is_a_dash() -> None:
    measuring = measured(column("mine"), num_pieces=1)
    rows = figures(measuring)
    assert rows[0]["leak_free"] is None
    assert "leak-free" not in figures_table(measuring, rows)


def test_columns_of_models_end_in_the_difference_to_the_first() -> None:
    measuring = measured(column("mine"), column("better", extra=1.0))
    rows = figures(measuring)
    better = np.log(np.e + NUM_PITCHES - 1) - 1
    percent = 100 * (better / UNIFORM_NATS - 1)
    assert [row["model"] for row in rows] == ["mine", "better"] * 2
    assert rows[1]["difference_to_first"].percent == pytest.approx(percent)
    header, first, _ = figures_table(measuring, rows).splitlines()
    assert header.split() == [
        *("protocol", "order", "a", "pieces"),
        *("mine", "+-", "better", "+-", "%"),
    ]
    assert first.split()[-1] == f"{percent:+.1f}"


@pytest.mark.parametrize(
    ("seconds_done", "text"),
    [(20, "about 60 s"), (200, "about 10 min"), (4000, "about 3 h 20 min")],
)
def test_the_time_left_is_told_in_fitting_units(
    seconds_done: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = _Clock(total_cost=400)
    clock.advance(100)
    now[0] += seconds_done
    assert clock.time_left() == text
