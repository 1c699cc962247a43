from __future__ import annotations

import numpy as np

from musegen.render.analysis_colors import CURVE_STYLES, shade_colors
from musegen.render.palette import relative_luminance


def test_shades_grow_darker_from_white() -> None:
    colors = shade_colors()
    assert colors.shape == (256, 3)
    assert colors[0].tolist() == [255, 255, 255]
    assert (np.diff(colors.astype(int), axis=0) <= 0).all()
    assert colors[-1].max() < 60


def test_every_curve_can_be_told_from_the_paper() -> None:
    for style in CURVE_STYLES.values():
        assert relative_luminance(style.color) < 0.35
    assert len({style.color for style in CURVE_STYLES.values()}) == 3
