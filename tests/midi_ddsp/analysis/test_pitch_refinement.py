from __future__ import annotations

import numpy as np
import pytest
from pytest import MonkeyPatch

from musegen.midi_ddsp.analysis import pitch_refinement
from musegen.midi_ddsp.analysis.pitch_refinement import (
    RefinementPass,
    refine,
    refine_long,
)

PASSES = (
    RefinementPass(num_harmonics=2, periods=2.0, min_reach_s=0.004),
    RefinementPass(num_harmonics=4, periods=1.5, min_reach_s=0.008),
)


def tone(frequency_hz: float) -> np.ndarray:
    time_s = np.arange(16000) / 16000
    wave = np.sin(2 * np.pi * frequency_hz * time_s)
    return (0.3 * wave).astype(np.float32)


@pytest.mark.parametrize("frequency_hz", [60.0, 220.0, 997.0, 3000.0])
@pytest.mark.parametrize("error_cents", [-60, 45])
def test_a_coarse_pitch_becomes_exact(frequency_hz: float, error_cents: int) -> None:
    coarse = np.full(250, frequency_hz * 2 ** (error_cents / 1200))
    found, amplitude = refine(
        tone(frequency_hz), coarse, np.zeros(250, np.intp), PASSES
    )
    cents = 1200 * np.log2(found[15:-15] / frequency_hz)
    assert np.abs(cents).max() < (0.5 if frequency_hz > 100 else 4)
    assert amplitude[15:-15] == pytest.approx(0.3, abs=0.02)


def test_windows_stop_where_a_stretch_ends() -> None:
    audio = tone(440)
    audio[8000:] = tone(660)[:8000]
    coarse = np.repeat([445.0, 655.0], 125)
    stretch = np.repeat([0, 1], 125).astype(np.intp)
    found, _ = refine(audio, coarse, stretch, PASSES)
    assert np.abs(1200 * np.log2(found[10:124] / 440)).max() < 3
    assert np.abs(1200 * np.log2(found[126:240] / 660)).max() < 3


def test_pieces_give_what_the_whole_gives(monkeypatch: MonkeyPatch) -> None:
    coarse = np.full(250, 446.0)
    stretch = np.zeros(250, np.intp)
    whole, _ = refine(tone(440), coarse, stretch, PASSES)
    monkeypatch.setattr(pitch_refinement, "PIECE_FRAMES", 40)
    shares: list[float] = []
    pieces, _ = refine_long(tone(440), coarse, stretch, PASSES, progress=shares.append)
    assert np.abs(1200 * np.log2(pieces / whole)).max() < 0.05
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_silence_keeps_the_coarse_pitch() -> None:
    coarse = np.full(50, 300.0)
    found, amplitude = refine(
        np.zeros(3200, np.float32), coarse, np.zeros(50, np.intp), PASSES
    )
    assert found == pytest.approx(coarse)
    assert not amplitude.any()
