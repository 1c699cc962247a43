from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.analysis.analysing import AnalysisSettings, analyse
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.expression_view import (
    expression_rows,
    heard_in_parameters,
    heard_in_recording,
    measured_table,
)
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units
from musegen.midi_ddsp.tables.note_table import make_note_table

NOTES = (
    PlayedNote(pitch=69, onset_s=0.0, offset_s=0.8, velocity=80),
    PlayedNote(pitch=72, onset_s=1.0, offset_s=1.8, velocity=80),
)
NUM_FRAMES = 500


def units() -> np.ndarray:
    values = dict.fromkeys(UNIT_NAMES, 0.0)
    values |= {"volume_db": -20.0, "peak_position": 0.5, "mean_harmonic": 3.0}
    values |= {"attack_noise_db": -70.0, "vibrato_extent_cents": 20.0}
    values |= {"vibrato_rate_hz": 5.5}
    rows = np.array([list(values.values())] * 2)
    rows[1, 0] = -30.0
    return rows


def played() -> SynthesisParameters:
    return synthesise_units(NOTES, units(), NUM_FRAMES)


def blocks() -> list[SynthesisParameters]:
    return [played().frames(0, 130), played().frames(130, NUM_FRAMES)]


def test_units_are_shown_before_published_controls() -> None:
    controls = np.full((2, 6), 0.5)
    both = expression_rows(make_note_table(NOTES, units=units(), controls=controls))
    assert {row.name for row in both} <= set(UNIT_NAMES)
    assert [row.values[1] for row in both if row.name == "volume_db"] == [-30.0]
    published = expression_rows(make_note_table(NOTES, controls=controls))
    assert len(published) == 6
    assert all(row.scale == "share" for row in published)
    assert all(row.label and row.unit for row in (*both, *published))


def test_notes_without_expression_are_refused() -> None:
    with pytest.raises(InputError, match="notes but no expression: it needs"):
        expression_rows(make_note_table(NOTES))


def test_expression_is_measured_from_blocks_of_parameters() -> None:
    table = measured_table(NOTES, blocks(), instrument="violin")
    np.testing.assert_allclose(table["volume_db"], [-20.0, -30.0], atol=0.5)
    np.testing.assert_allclose(table["vibrato_extent_cents"], 20.0, atol=3.0)
    assert table["instrument"].tolist() == ["violin", "violin"]


def test_parameters_are_heard_with_pitch_level_and_spectrum() -> None:
    sound = heard_in_parameters(blocks())
    assert sound.duration_s == 2.0
    assert sound.pitch.shape == sound.level_db.shape == (NUM_FRAMES,)
    assert np.nanmedian(sound.pitch[20:180]) == pytest.approx(69.0, abs=0.2)
    assert np.isnan(sound.pitch[220:240]).all()
    assert sound.level_db[100] - sound.level_db[350] == pytest.approx(10.0, abs=1.0)
    levels = sound.spectrogram
    row = int(levels.levels_db[50].argmax())
    heard = levels.lowest_pitch + row / levels.rows_per_semitone
    assert (heard - 69.0) % 12 == pytest.approx(0.0, abs=0.5)
    whole = heard_in_parameters([played()])
    np.testing.assert_array_equal(whole.level_db, sound.level_db)


def test_parameters_of_another_frame_rate_are_refused() -> None:
    with pytest.raises(InputError, match="100 frames a second"):
        heard_in_parameters([replace(played(), frame_rate_hz=100.0)])


def test_a_recording_is_heard_as_its_analysis_says() -> None:
    audio = render(played())
    analysis = analyse(audio, notes=NOTES, settings=AnalysisSettings(is_aligned=False))
    sound = heard_in_recording(analysis, audio)
    assert sound.duration_s == pytest.approx(2.0, abs=0.05)
    assert np.nanmedian(sound.pitch[20:180]) == pytest.approx(69.0, abs=0.2)
    assert np.isnan(sound.pitch[~analysis.voiced]).all()
    assert sound.level_label == "loudness"
