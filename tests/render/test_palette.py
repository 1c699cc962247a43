from __future__ import annotations

import itertools
import math

import pytest

from musegen.render.palette import (
    DRUM_COLOR,
    VOICE_COLORS,
    relative_luminance,
    voice_color,
)


def contrast(one: str, other: str) -> float:
    dark, light = sorted([relative_luminance(one), relative_luminance(other)])
    return (light + 0.05) / (dark + 0.05)


def test_luminance_runs_from_black_to_white() -> None:
    assert relative_luminance("#000000") == 0.0
    assert relative_luminance("#ffffff") == pytest.approx(1.0)
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)


def test_no_two_voices_share_a_fill() -> None:
    fills = [color.fill for color in (*VOICE_COLORS, DRUM_COLOR)]
    assert len(set(fills)) == len(fills) == 22


def test_terminal_colors_of_the_first_voices_differ() -> None:
    assert len({color.ansi for color in VOICE_COLORS[:7]}) == 7
    assert all(16 <= color.ansi <= 255 for color in VOICE_COLORS)


def test_vermilion_is_the_nearest_color_of_the_cube() -> None:
    assert VOICE_COLORS[0].fill == "#d55e00"
    assert VOICE_COLORS[0].ansi == 16 + 36 * 4 + 6 * 1 + 0  # d7 5f 00


def test_ink_is_legible_on_every_fill() -> None:
    for color in (*VOICE_COLORS, DRUM_COLOR):
        assert contrast(color.ink, color.fill) >= 3.3


# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
# Color Vision Deficiency" (2009), severity 1.0, on linear RGB.
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)


@pytest.mark.parametrize("eye", [PROTANOPIA, DEUTERANOPIA])
def test_first_four_voices_differ_for_the_color_blind(
    eye: tuple[tuple[float, float, float], ...],
) -> None:
    def seen(fill: str) -> tuple[float, ...]:
        linear = [(int(fill[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
        mixed = (sum(a * b for a, b in zip(row, linear, strict=True)) for row in eye)
        return tuple(255 * max(0.0, min(1.0, value)) ** (1 / 2.2) for value in mixed)

    fills = [color.fill for color in VOICE_COLORS[:4]]
    for one, other in itertools.combinations(map(seen, fills), 2):
        assert math.dist(one, other) > 40


def test_colors_start_again_after_the_last() -> None:
    assert voice_color(len(VOICE_COLORS)) == voice_color(0)
    assert voice_color(1) != voice_color(0)
