"""Where everything stands on the picture of an analysed recording.

For: turning an `AnalysisView` into images, boxes, curves, lines and texts in pixels,
once for every back end. Not for: drawing (`analysis_svg`, `analysis_png`). A long
recording is broken into systems, like a score (`analysis_systems`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from musegen.render.analysis_shapes import AnalysisLayout, Curve
from musegen.render.analysis_systems import (
    MARGIN_PX,
    TIME_LABELS_PX,
    WIDTH_PX,
    System,
    SystemSize,
    break_into_systems,
    note_outlines,
    pitch_curves,
    shown_pitches,
    spectrogram_image,
    stretch_in,
    strip_curve,
    system_lines,
    system_texts,
)
from musegen.render.analysis_view import AnalysisView
from musegen.render.furniture import MAX_TITLE_CHARACTERS, Text
from musegen.render.score_view import printable

STRIP_HEIGHT_PX = 56.0
SIZE = SystemSize(panel_px=300.0, strips_px=(STRIP_HEIGHT_PX,), axis_px=36.0)
MAX_SYSTEMS = 16
PITCHES_BELOW = 5  # rows shown under the lowest note ...
PITCHES_ABOVE = 29  # ... and above the highest: two octaves of its harmonics
LOUDNESS_RANGE_DB = 60.0


def analysis_layout(view: AnalysisView) -> AnalysisLayout:
    """Lay a recording's picture out.

    Args:
        view: What to show.

    Raises:
        ValueError: The recording has no length.
    """
    if not view.duration_s > 0:
        raise ValueError(f"a picture needs a duration above 0; got {view.duration_s}")
    sound = view.spectrogram
    systems = break_into_systems(
        end_s=view.duration_s,
        pitches=shown_pitches(
            view.notes,
            view.curves.pitch,
            bounds=(math.ceil(sound.lowest_pitch), math.floor(sound.highest_pitch)),
            below=PITCHES_BELOW,
            above=PITCHES_ABOVE,
        ),
        size=SIZE,
        max_systems=MAX_SYSTEMS,
    )
    title = printable(view.title, max_characters=MAX_TITLE_CHARACTERS)
    return AnalysisLayout(
        width_px=WIDTH_PX,
        height_px=systems[-1].bottom + TIME_LABELS_PX + MARGIN_PX,
        title=title,
        description=(
            f"Spectrogram of {view.duration_s:.1f} seconds with pitch, "
            f"{len(view.notes)} notes, loudness and confidence."
        ),
        images=tuple(spectrogram_image(sound, system) for system in systems),
        lines=tuple(line for system in systems for line in system_lines(system)),
        boxes=tuple(
            box for system in systems for box in note_outlines(view.notes, system)
        ),
        curves=tuple(c for system in systems for c in _curves(view, system)),
        texts=(
            *_header(title, view),
            *(text for system in systems for text in system_texts(system)),
        ),
    )


def _curves(view: AnalysisView, system: System) -> Iterator[Curve]:
    """Yield the pitch in unbroken stretches, the loudness and the confidence."""
    curves = view.curves
    stretch = stretch_in(system, len(curves.pitch), curves.rate_hz)
    if stretch is None:
        return
    yield from pitch_curves(curves.pitch, stretch, system)
    loudest = float(curves.loudness_db.max())
    loudness = stretch.averaged(curves.loudness_db)
    shares = {
        "loudness": 1 + (loudness - loudest) / LOUDNESS_RANGE_DB,
        "confidence": stretch.averaged(curves.confidence),
    }
    for kind, share in shares.items():
        yield strip_curve(kind, share, stretch, system.strip(0))


def _header(title: str, view: AnalysisView) -> Iterator[Text]:
    if title:
        yield Text(x=MARGIN_PX, y=26.0, text=title, kind="title")
    count = "1 note" if len(view.notes) == 1 else f"{len(view.notes)} notes"
    yield Text(
        x=MARGIN_PX,
        y=46.0,
        text=f"{count} (boxes), pitch (line); below: loudness, blue, over "
        f"{LOUDNESS_RANGE_DB:.0f} dB, and confidence of the pitch, green",
        kind="subtitle",
    )
