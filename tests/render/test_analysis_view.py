from __future__ import annotations

import numpy as np
import pytest

from musegen.render.analysis_view import PitchLevels


def test_highest_pitch_follows_from_the_rows() -> None:
    levels = PitchLevels(
        levels_db=np.zeros((4, 25), dtype=np.float32),
        columns_per_s=100.0,
        lowest_pitch=24.0,
        rows_per_semitone=2,
    )
    assert levels.highest_pitch == pytest.approx(36.0)
