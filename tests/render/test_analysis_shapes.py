from __future__ import annotations

from musegen.render.analysis_colors import BOX_STYLES
from musegen.render.analysis_shapes import Box


def test_a_box_is_a_note_unless_it_says_otherwise() -> None:
    box = Box(x=0.0, y=0.0, width=1.0, height=1.0, tooltip="A4")
    assert box.kind == "note"
    assert box.kind in BOX_STYLES
