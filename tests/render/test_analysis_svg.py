from __future__ import annotations

import base64
import io
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from musegen.render.analysis_layout import analysis_layout
from musegen.render.analysis_svg import analysis_svg
from musegen.render.analysis_view import AnalysisView

MakeView = Callable[..., AnalysisView]
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def test_picture_has_everything_of_the_layout(make_view: MakeView) -> None:
    layout = analysis_layout(make_view(30.0))
    root = ElementTree.fromstring(analysis_svg(layout))
    assert len(root.findall(f"{SVG}image")) == len(layout.images)
    assert len(root.findall(f".//{SVG}rect[@class='note']")) == len(layout.boxes)
    lines = [line.get("class") for line in root.findall(f"{SVG}polyline")]
    assert lines == [curve.kind for curve in layout.curves]
    assert root.findtext(f"{SVG}title") == "A tone & <more>"
    texts = [text.text for text in root.findall(f"{SVG}text")]
    assert texts == [text.text for text in layout.texts]


def test_spectrogram_within_can_be_read(make_view: MakeView) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    from matplotlib import image

    layout = analysis_layout(make_view())
    root = ElementTree.fromstring(analysis_svg(layout))
    found = root.find(f"{SVG}image")
    assert found is not None
    header, _, data = str(found.get(LINK)).partition(",")
    assert header == "data:image/png;base64"
    pixels = image.imread(io.BytesIO(base64.b64decode(data)))
    assert pixels.shape[:2] == layout.images[0].pixels.shape
    darkest = np.unravel_index(pixels[..., 0].argmin(), pixels.shape[:2])
    assert layout.images[0].pixels[darkest] == layout.images[0].pixels.max()


def test_same_layout_gives_the_same_bytes(make_view: MakeView) -> None:
    first, second = (analysis_svg(analysis_layout(make_view())) for _ in range(2))
    assert first == second
