from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from musegen.render.analysis_layout import (
    MAX_SYSTEMS,
    STRIP_HEIGHT_PX,
    analysis_layout,
)
from musegen.render.analysis_shapes import AnalysisLayout
from musegen.render.analysis_view import AnalysisView, Curves, HeardNote, PitchLevels

MakeView = Callable[..., AnalysisView]


def curve(layout: AnalysisLayout, kind: str) -> np.ndarray:
    return np.concatenate([c.points for c in layout.curves if c.kind == kind])


def test_note_curve_and_sound_lie_upon_one_another(make_view: MakeView) -> None:
    layout = analysis_layout(make_view())
    (box,) = layout.boxes
    (image,) = layout.images
    pitch = curve(layout, "pitch")
    np.testing.assert_allclose(pitch[:, 1], box.y + box.height / 2, rtol=1e-5)
    assert pitch[:, 0].min() == pytest.approx(box.x, abs=1.0)
    assert pitch[:, 0].max() == pytest.approx(box.x + box.width, abs=2.0)
    darkest = np.unravel_index(image.pixels.argmax(), image.pixels.shape)
    row_px = image.height / image.pixels.shape[0]
    assert image.y + (darkest[0] + 0.5) * row_px == pytest.approx(
        box.y + box.height / 2, abs=row_px
    )
    columns = np.flatnonzero(image.pixels.max(axis=0) > 200)
    assert len(columns) / image.pixels.shape[1] == pytest.approx(0.5, abs=0.02)
    assert "A4" in box.tooltip


def test_loudness_and_confidence_fill_the_strip(make_view: MakeView) -> None:
    layout = analysis_layout(make_view())
    (image,) = layout.images
    for kind in ("loudness", "confidence"):
        heights = curve(layout, kind)[:, 1]
        assert heights.min() > image.y + image.height
        assert np.ptp(heights) == pytest.approx(STRIP_HEIGHT_PX)
        assert heights[0] < heights[-1]  # loud first: y grows downwards


@pytest.mark.parametrize(
    ("duration_s", "num_systems"), [(0.05, 1), (14.0, 1), (21.0, 3), (300.0, 15)]
)
def test_long_recordings_are_broken_into_systems(
    make_view: MakeView, duration_s: float, num_systems: int
) -> None:
    layout = analysis_layout(make_view(duration_s))
    assert len(layout.images) == num_systems
    tops = [image.y for image in layout.images]
    assert tops == sorted(set(tops))
    assert layout.images[-1].x + layout.images[-1].width <= layout.width_px
    assert layout.height_px > tops[-1] + layout.images[-1].height


@pytest.mark.parametrize("duration_s", [3_600.0, 70_000.0])
def test_no_recording_makes_a_boundless_picture(
    make_view: MakeView, duration_s: float
) -> None:
    layout = analysis_layout(replace(make_view(4.0), duration_s=duration_s))
    assert len(layout.images) <= MAX_SYSTEMS
    assert layout.height_px < 8000


def test_note_over_the_end_of_a_system_is_drawn_in_both(make_view: MakeView) -> None:
    note = HeardNote(pitch=69, onset_s=8.0, offset_s=12.0)
    layout = analysis_layout(make_view(30.0, notes=(note,)))
    first, second = layout.boxes
    assert first.y < second.y
    assert first.tooltip == second.tooltip
    assert first.x > second.x


def test_recording_without_pitch_or_notes_has_a_picture(make_view: MakeView) -> None:
    base = make_view()
    curves = Curves(
        rate_hz=250.0,
        pitch=np.full_like(base.curves.pitch, np.nan),
        loudness_db=np.full_like(base.curves.loudness_db, -120.0),
        confidence=np.zeros_like(base.curves.confidence),
    )
    layout = analysis_layout(make_view(curves=curves, notes=()))
    assert layout.boxes == ()
    assert {c.kind for c in layout.curves} == {"loudness", "confidence"}
    assert any("0 notes" in text.text for text in layout.texts)


@pytest.mark.parametrize("pitch", [0, 24, 118, 127])
def test_pitches_at_the_edge_do_not_break_the_picture(
    make_view: MakeView, pitch: int
) -> None:
    note = HeardNote(pitch=pitch, onset_s=0.0, offset_s=1.0)
    layout = analysis_layout(make_view(notes=(note,)))
    assert all(box.height > 0 for box in layout.boxes)
    assert layout.images[0].pixels.size


def test_times_and_octaves_are_named(make_view: MakeView) -> None:
    texts = {text.text for text in analysis_layout(make_view(30.0)).texts}
    assert {"0:00", "0:05", "0:20", "C5", "C6"} <= texts
    assert "0:00.5" in {t.text for t in analysis_layout(make_view(4.0)).texts}


def test_title_of_a_stranger_is_made_harmless(make_view: MakeView) -> None:
    layout = analysis_layout(make_view(title="a\x1b[31m\n" + "b" * 500))
    assert "\x1b" not in layout.title
    assert len(layout.title) <= 100


def test_levels_are_relative_to_the_loudest(make_view: MakeView) -> None:
    base = make_view().spectrogram
    softer = PitchLevels(
        levels_db=base.levels_db - 30,
        columns_per_s=base.columns_per_s,
        lowest_pitch=base.lowest_pitch,
        rows_per_semitone=base.rows_per_semitone,
    )
    first, second = (
        analysis_layout(make_view(spectrogram=levels)).images[0].pixels
        for levels in (base, softer)
    )
    np.testing.assert_array_equal(first, second)


def test_recording_without_length_is_refused(make_view: MakeView) -> None:
    with pytest.raises(ValueError, match="duration above 0"):
        analysis_layout(replace(make_view(), duration_s=0.0))
