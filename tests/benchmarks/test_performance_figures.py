"""The measures of a performance, on sounds whose errors are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units

_RATE = 16_000
_UNITS = {
    "volume_db": -20.0,
    "volume_fluctuation_db": 2.0,
    "peak_position": 0.5,
    "vibrato_rate_hz": 5.5,
    "vibrato_delay_s": 0.1,
    "mean_harmonic": 3.0,
    "attack_noise_db": -80.0,
    "attack_noise_relative_db": 10.0,
}


@pytest.fixture(scope="module")
def figures(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("performance_figures")


def line(*, lowest: int = 55, highest: int = 84, count: int = 30) -> list[PlayedNote]:
    """Notes that follow on, with a rest after every fifth."""
    rng = np.random.default_rng(0)
    notes: list[PlayedNote] = []
    pitch, onset_s = (lowest + highest) // 2, 0.2
    for index in range(count):
        step = rng.choice([-12, -7, -4, -2, -1, 1, 2, 4, 5, 12])
        pitch = pitch + step if lowest <= pitch + step <= highest else pitch - step
        offset_s = onset_s + 0.004 * rng.integers(60, 200)
        notes.append(PlayedNote(pitch=int(pitch), onset_s=onset_s, offset_s=offset_s))
        onset_s = offset_s + (0.2 if index % 5 == 4 else 0.0)
    return notes


def played(notes: Sequence[PlayedNote], **units: float) -> NDArray[np.float32]:
    row = [{**_UNITS, **units}.get(name, 0.0) for name in UNIT_NAMES]
    num_frames = round((notes[-1].offset_s + 0.5) * 250)
    values = np.array([row] * len(notes))
    return render(synthesise_units(notes, values, num_frames))


def moved(audio: NDArray[np.float32], shift_ms: float) -> NDArray[np.float32]:
    size = round(abs(shift_ms) * _RATE / 1000.0)
    return np.pad(audio, (size, 0)) if shift_ms > 0 else audio[size:]


@pytest.mark.parametrize("cents", [0.0, 10.0, -4.0])
@pytest.mark.parametrize("swing", [0.0, 25.0])
def test_tuning_is_measured_under_vibrato(
    figures: ModuleType, cents: float, swing: float
) -> None:
    notes = line()
    audio = played(notes, intonation_cents=cents, vibrato_extent_cents=swing)
    found = figures.sustained_notes(audio, _RATE, notes)
    errors = [note.error_cents for note in found]
    assert len(found) > 15
    # Of a short note, not every half of a swing is within its edges.
    near = 2.0 if swing else 0.3
    assert np.median(errors) == pytest.approx(cents, abs=near)
    assert figures.tuning_error_cents(found) == pytest.approx(abs(cents), abs=near)


def test_a_bend_that_is_written_is_no_error(figures: ModuleType) -> None:
    notes = line()
    audio = played(notes, intonation_cents=30.0)
    bend = np.full(len(audio) // 64, 30.0)
    found = figures.sustained_notes(audio, _RATE, notes, bend_cents=bend)
    assert figures.tuning_error_cents(found) < 0.5


def test_vibrato_is_found_where_it_is(figures: ModuleType) -> None:
    notes = line()
    still = figures.sustained_notes(played(notes), _RATE, notes)
    audio = played(notes, vibrato_extent_cents=25.0)
    swinging = figures.sustained_notes(audio, _RATE, notes)
    assert figures.vibrato_share(still) == 0.0
    assert figures.vibrato_share(swinging) > 0.95
    extents = [note.vibrato_extent_cents for note in swinging]
    assert np.median(extents) == pytest.approx(25.0, abs=3.0)


def test_short_and_silent_notes_are_not_measured(figures: ModuleType) -> None:
    short = [PlayedNote(pitch=60, onset_s=0.1, offset_s=0.3)]
    held = [PlayedNote(pitch=60, onset_s=0.1, offset_s=0.9)]
    assert figures.sustained_notes(played(short), _RATE, short) == []
    assert figures.sustained_notes(np.zeros(_RATE), _RATE, held) == []
    assert np.isnan(figures.tuning_error_cents([]))
    assert np.isnan(figures.vibrato_share([]))


@pytest.mark.parametrize(("lowest", "highest"), [(38, 60), (55, 84)])
@pytest.mark.parametrize("shift_ms", [7.0, -7.0, 20.0])
def test_onsets_are_measured_whether_they_follow_on_or_not(
    figures: ModuleType, shift_ms: float, lowest: int, highest: int
) -> None:
    # Frames are joined by straight lines: half a frame, 2 ms, before where they stand.
    notes = line(lowest=lowest, highest=highest)
    audio = moved(played(notes, vibrato_extent_cents=15.0), shift_ms)
    errors = figures.onset_errors_ms(audio, _RATE, notes)
    after_rests, within = errors[5::5], np.delete(errors, np.s_[::5])
    for some in (after_rests, within):
        assert np.nanmedian(some) == pytest.approx(shift_ms - 2.0, abs=1.5)
    assert np.isfinite(errors).mean() > 0.85
    assert np.nanquantile(np.abs(errors - shift_ms + 2.0), 0.8) < 3.0


def test_an_onset_is_exact_on_a_tone_that_is_switched(figures: ModuleType) -> None:
    late_s = 0.007
    time_s = np.arange(2 * _RATE) / _RATE
    hz = np.where(time_s < 1.0 + late_s, 440.0, 523.25)
    phase = 2.0 * np.pi * np.cumsum(hz) / _RATE
    audio = 0.1 * np.sin(phase) * ((time_s >= 0.5 + late_s) & (time_s < 1.8))
    notes = [
        PlayedNote(pitch=69, onset_s=0.5, offset_s=1.0),
        PlayedNote(pitch=72, onset_s=1.0, offset_s=1.8),
    ]
    errors = figures.onset_errors_ms(audio, _RATE, notes)
    np.testing.assert_allclose(errors, 7.0, atol=0.7)


def harmonic_tone(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    phase = 2.0 * np.pi * np.cumsum(hz) / _RATE
    tone: NDArray[np.float64] = np.zeros(len(hz))
    for number in range(1, 6):
        tone += 0.1 / number * np.sin(number * phase)
    return tone


def test_a_glide_begins_a_note_in_its_middle(figures: ModuleType) -> None:
    time_s = np.arange(2 * _RATE) / _RATE
    notes = [
        PlayedNote(pitch=69, onset_s=0.1, offset_s=1.0),
        PlayedNote(pitch=74, onset_s=1.0, offset_s=1.9),
    ]
    for late_s in (0.0, 0.01):
        way = np.clip((time_s - 1.0 - late_s) / 0.1 + 0.5, 0.0, 1.0)
        audio = harmonic_tone(440.0 * 2.0 ** (5.0 * way / 12.0))
        error = figures.onset_errors_ms(audio, _RATE, notes)[1]
        assert error == pytest.approx(1000.0 * late_s, abs=3.0)


def test_a_note_struck_anew_begins_half_way_up(figures: ModuleType) -> None:
    time_s = np.arange(2 * _RATE) / _RATE
    tone = harmonic_tone(np.where(time_s < 1.0, 440.0, 523.25))
    fall, rise = (0.97 - time_s) / 0.02, (time_s - 1.0) / 0.04
    audio = tone * np.where(time_s < 0.985, np.clip(fall, 0, 1), np.clip(rise, 0, 1))
    notes = [
        PlayedNote(pitch=69, onset_s=0.1, offset_s=0.97),
        PlayedNote(pitch=72, onset_s=1.0, offset_s=1.9),
    ]
    errors = figures.onset_errors_ms(audio, _RATE, notes)
    assert errors[1] == pytest.approx(20.0, abs=3.0)


def test_a_repeated_pitch_and_silence_have_no_onset(figures: ModuleType) -> None:
    repeated = [
        PlayedNote(pitch=60, onset_s=0.2, offset_s=0.6),
        PlayedNote(pitch=60, onset_s=0.6, offset_s=1.0),
        PlayedNote(pitch=62, onset_s=1.0, offset_s=1.4),
    ]
    errors = figures.onset_errors_ms(played(repeated), _RATE, repeated)
    assert np.isfinite(errors).tolist() == [True, False, True]
    assert figures.summarise_onsets(errors, repeated).heard_share == 1.0
    silent = figures.onset_errors_ms(np.zeros(2 * _RATE), _RATE, repeated)
    assert np.isnan(silent).all()
    assert figures.summarise_onsets(silent, repeated).heard_share == 0.0


def test_drift_is_what_the_last_minute_has_more_than_the_first(
    figures: ModuleType,
) -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=s, offset_s=s + 0.5) for s in range(0, 600, 2)
    ]
    errors = np.array([1.0 + note.onset_s / 100.0 for note in notes])
    errors[3] = np.nan
    found = figures.summarise_onsets(errors, notes)
    assert found.first_minute_ms == pytest.approx(1.3, abs=0.05)
    assert found.last_minute_ms == pytest.approx(6.68, abs=0.05)
    assert found.drift_ms == pytest.approx(5.4, abs=0.1)
    assert found.heard_share == pytest.approx(299 / 300)


def test_levels_are_of_where_notes_are(figures: ModuleType) -> None:
    tone = np.sin(2.0 * np.pi * 440.0 * np.arange(_RATE) / _RATE)
    audio = np.concatenate([0.1 * tone, np.zeros(_RATE), 0.01 * tone])
    notes = [
        PlayedNote(pitch=69, onset_s=0.0, offset_s=1.0),
        PlayedNote(pitch=69, onset_s=2.0, offset_s=3.0),
    ]
    levels = figures.note_levels_db(audio, _RATE, notes)
    np.testing.assert_allclose(levels, [-23.0, -43.0], atol=0.1)
    found = figures.level_figures(audio, _RATE, notes)
    assert found.peak_db == pytest.approx(-20.0, abs=0.1)
    assert found.range_db == pytest.approx(18.0, abs=0.1)
    assert found.rms_db == pytest.approx(-26.0, abs=0.1)
    late = [PlayedNote(pitch=69, onset_s=9.0, offset_s=9.5)]
    assert figures.note_levels_db(audio, _RATE, late).tolist() == [-120.0]
