"""The original's Expression Generator gives what the original program gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.expression_generator import ExpressionGenerator

FRAME_S = 0.004


def test_the_recorded_controls_come_out(
    expression_generator: ExpressionGenerator, expected: Mapping[str, NDArray[Any]]
) -> None:
    controls = expression_generator(
        expected["note_pitch"],
        expected["note_length_frames"] * FRAME_S,
        int(expected["instrument_id"]),
    )
    np.testing.assert_allclose(controls, expected["expression_raw"], atol=1e-5)


def test_rests_have_no_controls(expression_generator: ExpressionGenerator) -> None:
    controls = expression_generator(np.array([0, 60, 0]), np.array([0.1, 0.5, 1.0]), 0)
    assert (controls[[0, 2]] == 0).all()
    assert (controls[1] != 0).all()


def test_instrument_pitch_and_length_matter(
    expression_generator: ExpressionGenerator,
) -> None:
    pitch, length = np.array([60, 64]), np.array([0.3, 0.5])
    controls = expression_generator(pitch, length, 0)
    for other in (
        expression_generator(pitch, length, 1),
        expression_generator(pitch + 2, length, 0),
        expression_generator(pitch, 2 * length, 0),
    ):
        assert np.abs(other - controls).max() > 1e-3
