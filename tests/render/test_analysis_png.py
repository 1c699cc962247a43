from __future__ import annotations

import io
import sys
from collections.abc import Callable

import numpy as np
import pytest

from musegen.data.errors import MissingPackageError
from musegen.render.analysis_layout import analysis_layout
from musegen.render.analysis_png import SCALE, analysis_png
from musegen.render.analysis_view import AnalysisView

MakeView = Callable[..., AnalysisView]


def test_picture_shows_sound_note_and_curve(make_view: MakeView) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    from matplotlib import image

    layout = analysis_layout(make_view())
    pixels = image.imread(io.BytesIO(analysis_png(layout)))[..., :3]
    assert pixels.shape[1] == round(layout.width_px * SCALE)
    assert pixels.shape[0] == pytest.approx(layout.height_px * SCALE, abs=1)
    (box,) = layout.boxes
    middle = round((box.x + box.width / 2) * SCALE)
    inside = pixels[round(box.y * SCALE) : round((box.y + box.height) * SCALE), middle]
    reddest = inside[np.argmax(inside[:, 0] - inside[:, 2])]
    assert reddest[0] > reddest[2] + 0.2  # the pitch curve, vermilion
    panel = layout.images[0]
    right = round((panel.x + panel.width * 0.9) * SCALE)
    empty = pixels[round(box.y * SCALE) : round((box.y + box.height) * SCALE), right]
    assert empty.min() > 0.9


def test_missing_package_is_named(
    make_view: MakeView, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    with pytest.raises(MissingPackageError, match="matplotlib"):
        analysis_png(analysis_layout(make_view()))
