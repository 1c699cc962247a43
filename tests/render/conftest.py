"""What tests of the pictures of recordings and of expression share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from musegen.render.analysis_view import AnalysisView, Curves, HeardNote, PitchLevels
from musegen.render.expression_view import (
    BarStart,
    ExpressionView,
    NoteValues,
    Scale,
    SoundView,
)

MakeView = Callable[..., AnalysisView]
MakeExpression = Callable[..., ExpressionView]


@pytest.fixture
def make_view() -> MakeView:
    """Makes views of A4 for the first half of the time, with a note and a harmonic."""

    def make(duration_s: float = 4.0, **fields: object) -> AnalysisView:
        columns, frames = round(duration_s * 100), round(duration_s * 250)
        levels = np.full((columns, 283), -90.0, dtype=np.float32)
        levels[: columns // 2, (69 - 24) * 3] = -10.0
        levels[: columns // 2, (81 - 24) * 3] = -30.0
        is_voiced = np.arange(frames) < frames // 2
        defaults: dict[str, object] = {
            "title": "A tone & <more>",
            "duration_s": duration_s,
            "spectrogram": PitchLevels(
                levels_db=levels,
                columns_per_s=100.0,
                lowest_pitch=24.0,
                rows_per_semitone=3,
            ),
            "curves": Curves(
                rate_hz=250.0,
                pitch=np.where(is_voiced, 69.0, np.nan).astype(np.float32),
                loudness_db=np.where(is_voiced, -10.0, -70.0).astype(np.float32),
                confidence=is_voiced.astype(np.float32),
            ),
            "notes": (HeardNote(pitch=69, onset_s=0.0, offset_s=duration_s / 2),),
        }
        return AnalysisView(**(defaults | fields))  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_expression(make_view: MakeView) -> MakeExpression:
    """Makes views of three notes of a second with values of four kinds."""

    def make(*, has_sound: bool = False, **fields: object) -> ExpressionView:
        heard = make_view(3.0)
        rows_shown: tuple[tuple[str, str, str, Scale, tuple[float, ...]], ...] = (
            ("volume", "dB", "level", "free", (-22.0, -31.0, -18.5)),
            ("vibrato", "cents", "pitch", "from_zero", (12.0, 0.0, 33.0)),
            ("intonation", "cents", "pitch", "about_zero", (4.0, -7.0, 0.0)),
            ("loudest at", "0 start, 1 end", "level", "share", (0.5, 0.2, 0.9)),
        )
        notes = tuple(
            HeardNote(pitch=69 + n, onset_s=float(n), offset_s=n + 0.95)
            for n in range(3)
        )
        rows = tuple(
            NoteValues(
                label=label,
                unit=unit,
                kind=kind,
                scale=scale,
                values=np.array(values),
            )
            for label, unit, kind, scale, values in rows_shown
        )
        sound = SoundView(
            duration_s=3.0,
            rate_hz=heard.curves.rate_hz,
            pitch=heard.curves.pitch,
            level_db=heard.curves.loudness_db,
            level_label="loudness",
            spectrogram=heard.spectrogram,
        )
        defaults: dict[str, object] = {
            "title": "A tune & <more>",
            "start_s": 0.0,
            "end_s": 3.0,
            "notes": notes,
            "rows": rows,
            "bars": tuple(BarStart(number=n + 1, start_s=n * 1.5) for n in range(2)),
            "sound": sound if has_sound else None,
        }
        return ExpressionView(**(defaults | fields))  # type: ignore[arg-type]

    return make
