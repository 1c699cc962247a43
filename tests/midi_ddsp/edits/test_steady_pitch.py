from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.edits.steady_pitch import slow_course, steady_span

RATE = 250.0
Floats = npt.NDArray[np.float64]


def span(pitch: Floats) -> tuple[int, int]:
    return steady_span(pitch, frame_rate_hz=RATE)


def vibrato(num_frames: int, *, phase: float = 0.0) -> Floats:
    turns = 5.5 * np.arange(num_frames) / RATE
    swing: Floats = 0.3 * np.sin(2 * np.pi * turns + phase)
    return swing


@pytest.mark.parametrize("extent", [0.0, 1.0])
def test_half_glides_at_both_ends_are_left_out(extent: float) -> None:
    glide = np.linspace(2.0, 0.2, 10)
    body = extent * vibrato(150)
    start, stop = span(60 + np.concatenate([-glide, body, glide[::-1]]))
    assert 8 <= start <= 22
    assert 148 <= stop <= 162


@pytest.mark.parametrize("phase", [0.0, 1.5, 3.0, 4.5])
def test_vibrato_alone_is_body_from_end_to_end(phase: float) -> None:
    assert span(60 + vibrato(200, phase=phase)) == (0, 200)


def test_slide_that_never_arrives_has_no_body_and_a_drift_is_all_body() -> None:
    assert span(np.linspace(60, 64, 100)) == (0, 0)
    assert span(np.linspace(60, 60.5, 500) + vibrato(500)) == (0, 500)
    assert span(np.array([60.0])) == (0, 1)


def test_course_of_a_line_is_the_line_and_vibrato_is_none_of_it() -> None:
    line = np.linspace(60, 61, 200)
    np.testing.assert_allclose(slow_course(line, 100), line, atol=1e-9)
    for phase in (0.0, 1.5):
        course = slow_course(line + vibrato(200, phase=phase), 100)
        assert np.abs(course - line).max() < 0.12
        assert np.abs(course - line)[40:160].max() < 0.03


def test_course_of_a_frame_or_two_is_what_they_are() -> None:
    np.testing.assert_array_equal(slow_course(np.array([60.0]), 100), [60.0])
    np.testing.assert_allclose(slow_course(np.array([60.0, 61.0]), 100), [60.0, 61.0])
