"""What tests of the picture of a recording share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from musegen.render.analysis_view import AnalysisView, Curves, HeardNote, PitchLevels

MakeView = Callable[..., AnalysisView]


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
