from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.analysis.analysing import Analysis
from musegen.midi_ddsp.analysis.summary import summarize
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters, midi_to_hz


def analysis(pitch: float, *, extent: float = 0.0, num_notes: int = 1) -> Analysis:
    """Two seconds, the second half silent; vibrato of 5.5 Hz."""
    frame = np.arange(500)
    is_voiced = frame < 250
    curve = pitch + extent * np.sin(2 * np.pi * 5.5 * frame / 250)
    f0_hz = np.where(is_voiced, midi_to_hz(curve), 0).astype(np.float32)
    amplitude = np.where(is_voiced, 0.2, 0.0).astype(np.float32)
    return Analysis(
        duration_s=2.0,
        f0_hz=f0_hz,
        confidence=is_voiced.astype(np.float32),
        voiced=is_voiced,
        loudness_db=np.where(is_voiced, -20 - frame / 25, -80).astype(np.float32),
        notes=tuple(
            PlayedNote(pitch=round(pitch) + i, onset_s=0.5 * i, offset_s=0.5 * i + 0.5)
            for i in range(num_notes)
        ),
        parameters=SynthesisParameters(
            f0_hz=f0_hz,
            amplitude=amplitude,
            harmonics=np.tile([0.7, 0.3], (500, 1)),
            noise=np.zeros((500, 65), dtype=np.float32),
        ),
        instrument=None,
        estimator="spectra",
    )


def test_numbers_say_what_was_heard() -> None:
    summary = summarize(analysis(69.1, num_notes=2))
    assert summary.duration_s == 2.0
    assert summary.voiced_share == 0.5
    assert summary.notes == 2
    assert (summary.lowest_note, summary.highest_note) == ("A4", "Bb4")
    assert summary.mean_pitch == pytest.approx(69.1, abs=0.01)
    assert summary.loudness_range_db == pytest.approx(8.0, abs=0.2)
    assert "2 notes from A4 to Bb4" in str(summary)


@pytest.mark.parametrize("cents", [-30.0, 0.0, 12.0])
def test_tuning_is_measured_against_a_440(cents: float) -> None:
    summary = summarize(analysis(60 + cents / 100))
    assert summary.tuning_cents == pytest.approx(cents, abs=0.2)
    assert summary.tuning_a_hz == pytest.approx(440 * 2 ** (cents / 1200), abs=0.1)


@pytest.mark.parametrize("extent", [0.3, 0.5, 0.8])
def test_wide_vibrato_is_no_mistuning(extent: float) -> None:
    assert summarize(analysis(60, extent=extent)).tuning_a_hz == pytest.approx(
        440.0, abs=1.0
    )


def test_vibrato_is_told_where_there_is_some() -> None:
    wide = summarize(analysis(60, extent=0.3)).vibrato
    assert wide.extent_cents == pytest.approx(30, abs=4)
    assert wide.rate_hz == pytest.approx(5.5, abs=0.3)
    assert wide.note_share == 1.0
    assert summarize(analysis(60)).vibrato.extent_cents is None


def test_nothing_heard_is_told_as_nothing() -> None:
    silent = np.zeros(100, dtype=np.float32)
    summary = summarize(
        Analysis(
            duration_s=0.4,
            f0_hz=silent,
            confidence=silent,
            voiced=silent > 0,
            loudness_db=silent - 80,
            notes=(),
            parameters=SynthesisParameters(
                f0_hz=silent,
                amplitude=silent,
                harmonics=np.zeros((100, 2), dtype=np.float32),
                noise=np.zeros((100, 65), dtype=np.float32),
            ),
            instrument=None,
            estimator="spectra",
        )
    )
    assert summary.mean_pitch is None
    assert summary.tuning_cents is None
    assert summary.loudness_db == -80
    assert str(summary) == "0.4 s, 0% pitched, 0 notes"
