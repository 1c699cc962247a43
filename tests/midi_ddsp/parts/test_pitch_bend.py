"""Pitch bends in cents."""

from __future__ import annotations

import pytest

from musegen.data.score import ControlChange, PitchBend
from musegen.midi_ddsp.parts.pitch_bend import bend_moves


def control(tick: int, number: int, value: int) -> ControlChange:
    return ControlChange(tick=tick, number=number, value=value)


def bend_range(tick: int, semitones: int, cents: int = 0) -> list[ControlChange]:
    numbers = ((101, 0), (100, 0), (6, semitones), (38, cents))
    return [control(tick, number, value) for number, value in numbers]


def cents_of(
    controls: list[ControlChange], *bends: tuple[int, int]
) -> list[tuple[int, float]]:
    events = [PitchBend(tick=tick, value=value) for tick, value in bends]
    return bend_moves(controls, events).moves


@pytest.mark.parametrize(
    ("value", "expected"), [(8191, 200.0), (-8192, -200.0), (0, 0.0), (-4096, -100.0)]
)
def test_a_bend_is_two_semitones_unless_said(value: int, expected: float) -> None:
    assert cents_of([], (10, value)) == [(10, expected)]


def test_the_range_is_set_by_registered_parameter_0() -> None:
    assert cents_of(bend_range(10, 12, 50), (10, 8191)) == [(10, 1250.0)]


def test_a_new_range_moves_the_bend_in_force() -> None:
    moves = cents_of(bend_range(20, 4), (10, -8192))
    assert moves[0] == (10, -200.0)
    assert moves[-1] == (20, -400.0)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([(101, 127), (100, 127)], id="null"),
        pytest.param([(99, 1), (98, 8)], id="another kind"),
        pytest.param([(101, 0), (100, 1)], id="fine tuning"),
        pytest.param([(121, 0)], id="reset"),
    ],
)
def test_data_for_another_parameter_leaves_the_range(
    between: list[tuple[int, int]],
) -> None:
    later = [control(1, number, value) for number, value in (*between, (6, 24))]
    assert cents_of([*bend_range(0, 3), *later], (5, 8191)) == [(5, 300.0)]


def test_reset_lets_the_bend_go() -> None:
    assert cents_of([control(9, 121, 0)], (5, 8191)) == [(5, 200.0), (9, 0.0)]


def test_the_widest_range_is_told() -> None:
    controls = [*bend_range(0, 12), *bend_range(5, 1)]
    assert bend_moves(controls, []).range_cents == 1200.0
    assert bend_moves([], []).range_cents == 200.0
