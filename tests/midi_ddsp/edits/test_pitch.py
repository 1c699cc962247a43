from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.edits.pitch import (
    NO_NOTE,
    pitched_runs,
    scale_vibrato,
    transpose,
    tune,
)
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz

RATE = 250.0
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def played(pitch: Floats, *, num_harmonics: int = 20) -> SynthesisParameters:
    """A performance with a falling spectrum at MIDI pitches, 0 where there is none."""
    num_frames = len(pitch)
    row = np.exp(-np.arange(num_harmonics) / 4)
    return SynthesisParameters(
        f0_hz=midi_to_hz(pitch).astype(np.float32),
        amplitude=np.full(num_frames, 0.2, dtype=np.float32),
        harmonics=np.tile(row / row.sum(), (num_frames, 1)).astype(np.float32),
        noise=np.full((num_frames, 65), 1e-4, dtype=np.float32),
    )


def pitch_of(parameters: SynthesisParameters) -> Floats:
    return hz_to_midi(parameters.f0_hz)


def swinging(num_frames: int, *, centre: float = 60.0, extent: float = 0.3) -> Floats:
    time_s = np.arange(num_frames) / RATE
    return centre + extent * np.sin(2 * np.pi * 5.5 * time_s)


def one_note(num_frames: int) -> Integers:
    return np.zeros(num_frames, dtype=np.int64)


@pytest.mark.parametrize("keeps_formants", [True, False])
@pytest.mark.parametrize("semitones", [-12.0, -0.5, 7.0])
def test_transposition_moves_every_pitch_by_its_ratio(
    semitones: float, keeps_formants: bool
) -> None:
    pitch = swinging(300)
    pitch[100:150] = 0.0
    moved = transpose(played(pitch), semitones, keeps_formants=keeps_formants)
    expected = np.where(pitch > 0, pitch + semitones, 0.0)
    np.testing.assert_allclose(pitch_of(moved), expected, atol=1e-4)


def test_formants_stay_in_hertz_or_follow_the_pitch() -> None:
    before = played(np.full(4, 57.0), num_harmonics=34)

    def centroid_hz(parameters: SynthesisParameters) -> float:
        numbers = np.arange(1, parameters.num_harmonics + 1)
        power = parameters.harmonics[0].astype(np.float64) ** 2
        return float(parameters.f0_hz[0] * (power @ numbers) / power.sum())

    kept = transpose(before, 5.0)
    followed = transpose(before, 5.0, keeps_formants=False)
    ratio = 2 ** (5 / 12)
    assert centroid_hz(followed) == pytest.approx(ratio * centroid_hz(before), rel=1e-3)
    assert centroid_hz(kept) < 1.15 * centroid_hz(before)
    np.testing.assert_array_equal(followed.harmonics, before.harmonics)


def test_transposition_there_and_back_gives_the_spectrum_back() -> None:
    before = played(np.full(3, 60.0))
    back = transpose(transpose(before, 3.0), -3.0)
    decibels = 20 * np.log10(back.harmonics[:, :12] / before.harmonics[:, :12])
    assert np.abs(decibels).max() < 1.0


def test_transposition_by_nothing_gives_the_same_object() -> None:
    before = played(swinging(10))
    assert transpose(before, 0.0) is before


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_extent_of_vibrato_is_scaled(factor: float) -> None:
    pitch = swinging(500)
    edited = pitch_of(scale_vibrato(played(pitch), factor, note_index=one_note(500)))
    inner = slice(100, 400)
    extent = np.ptp(edited[inner]) / np.ptp(pitch[inner])
    assert extent == pytest.approx(factor, abs=0.06)
    assert edited[inner].mean() == pytest.approx(60.0, abs=0.02)


def test_glide_and_mistuning_are_no_vibrato() -> None:
    pitch = np.linspace(60.2, 60.8, 500)
    edited = scale_vibrato(played(pitch), 0.0, note_index=one_note(500))
    np.testing.assert_allclose(pitch_of(edited), pitch, atol=1e-3)


def test_step_between_notes_stays_a_step() -> None:
    pitch = np.concatenate([swinging(250), swinging(250, centre=60.5)])
    notes = np.repeat([0, 1], 250)
    edited = pitch_of(scale_vibrato(played(pitch), 0.0, note_index=notes))
    assert abs(edited[240:250].mean() - 60.0) < 0.15
    assert abs(edited[250:260].mean() - 60.5) < 0.15


def legato(*, glide_s: float, extent: float) -> tuple[Floats, Floats, Integers]:
    """Pitch, its course without vibrato and the notes, borders amid the glides."""
    levels, note_frames, glide = [60, 62, 67, 66, 60], 150, round(glide_s * RATE)
    course = np.repeat(np.array(levels, dtype=np.float64), note_frames)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(glide) + 0.5) / glide)
    for index in range(1, len(levels)):
        first = index * note_frames - glide // 2
        step = levels[index] - levels[index - 1]
        course[first : first + glide] = levels[index - 1] + step * rise
    swing = extent * np.sin(2 * np.pi * 5.5 * np.arange(len(course)) / RATE + 1)
    return course + swing, course, np.repeat(np.arange(len(levels)), note_frames)


@pytest.mark.parametrize("factor", [0.0, 2.0])
@pytest.mark.parametrize("glide_s", [0.04, 0.08])
def test_glide_between_notes_keeps_its_time(glide_s: float, factor: float) -> None:
    pitch, _, notes = legato(glide_s=glide_s, extent=0.0)
    edited = pitch_of(scale_vibrato(played(pitch), factor, note_index=notes))
    np.testing.assert_allclose(edited, pitch, atol=0.03)


@pytest.mark.parametrize("late", [-8, 0, 8])
@pytest.mark.parametrize("factor", [0.0, 2.0])
@pytest.mark.parametrize("glide_s", [0.04, 0.08])
def test_vibrato_is_scaled_beside_glides_that_stay(
    glide_s: float, factor: float, late: int
) -> None:
    pitch, course, notes = legato(glide_s=glide_s, extent=0.3)
    moved = np.clip(np.arange(len(notes)) - late, 0, len(notes) - 1)
    edited = pitch_of(scale_vibrato(played(pitch), factor, note_index=notes[moved]))
    for border in range(150, len(pitch), 150):
        glide = slice(border - round(glide_s * 125), border + round(glide_s * 125))
        np.testing.assert_allclose(edited[glide], pitch[glide], atol=0.3)
    for start in range(0, len(pitch), 150):
        body = slice(start + 30, start + 120)
        wanted = factor * (pitch[body] - course[body])
        np.testing.assert_allclose(edited[body] - course[body], wanted, atol=0.12)


def test_notes_are_pulled_to_the_tempered_pitch() -> None:
    pitch = np.concatenate([swinging(250, centre=60.3), swinging(250, centre=63.7)])
    notes = np.repeat([0, 1], 250)
    for amount, expected in ((0.5, (60.15, 63.85)), (1.0, (60.0, 64.0))):
        edited = pitch_of(tune(played(pitch), amount, note_index=notes))
        medians = np.median(edited[:250]), np.median(edited[250:])
        assert medians == pytest.approx(expected, abs=0.03)
        assert np.ptp(edited[50:200]) == pytest.approx(0.6, abs=0.02)


def test_frames_without_pitch_keep_none() -> None:
    pitch = swinging(200, centre=60.4)
    pitch[80:120] = 0.0
    notes = one_note(200)
    edited = tune(
        scale_vibrato(played(pitch), 2.0, note_index=notes), 1.0, note_index=notes
    )
    np.testing.assert_array_equal(edited.f0_hz == 0, pitch == 0)


def test_run_ends_where_the_note_the_pitch_or_a_leap_does() -> None:
    pitch = np.array([0, 60, 60.1, 64, 64, 0, 0, 62, 62, 62.0])
    notes = np.array([-1, 0, 0, 0, 0, -1, -1, 1, 1, 2])
    assert list(pitched_runs(pitch, notes)) == [(1, 3), (3, 5), (7, 9), (9, 10)]
    assert list(pitched_runs(np.zeros(0), np.zeros(0, dtype=np.int64))) == []


@settings(max_examples=30)
@given(
    pitches=st.lists(st.sampled_from([0.0, 59.8, 60.0, 60.4, 67.1]), max_size=40),
    factor=st.floats(0.0, 3.0),
    amount=st.floats(0.0, 1.0),
)
def test_any_curve_can_be_edited(
    pitches: list[float], factor: float, amount: float
) -> None:
    pitch = np.array(pitches, dtype=np.float64)
    notes = np.full(len(pitch), NO_NOTE, dtype=np.int64)
    edited = scale_vibrato(played(pitch), factor, note_index=notes)
    edited = tune(edited, amount, note_index=notes)
    np.testing.assert_array_equal(edited.f0_hz > 0, pitch > 0)
    assert np.abs(pitch_of(edited) - pitch).max(initial=0.0) < 3.0
