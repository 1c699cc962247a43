from __future__ import annotations

import io

import numpy as np
import pytest

from musegen.render.bitmap import shades_png

matplotlib = pytest.importorskip("matplotlib", reason="the extra 'plot'")

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (64, 65)])
def test_another_reader_sees_the_same_pixels(shape: tuple[int, int]) -> None:
    from matplotlib import image

    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    read = image.imread(io.BytesIO(shades_png(pixels, GREYS)))
    np.testing.assert_array_equal(np.rint(read[..., 0] * 255), pixels)


def test_same_pixels_give_the_same_bytes_and_colors_count() -> None:
    pixels = np.eye(9, dtype=np.uint8) * 200
    assert shades_png(pixels, GREYS) == shades_png(pixels.copy(), GREYS)
    assert shades_png(pixels, GREYS) != shades_png(pixels, GREYS[::-1])


def test_no_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        shades_png(np.zeros((0, 4), dtype=np.uint8), GREYS)
