"""Controls to synthesis parameters to controls: the identity, within tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.expression import CONTROL_NAMES, compat_controls
from musegen.midi_ddsp.expression_scale import NATURAL_RANGES
from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.synthesizing.parametric_performer import (
    harmonic_rolloff,
    synthesise_controls,
    synthesise_units,
)

unit = st.floats(0.0, 1.0)


def two_notes(pitch: int, length: int) -> tuple[list[PlayedNote], int]:
    """A note of the length in frames and one of 1 s, after a rest of 20 frames."""
    first = PlayedNote(pitch=pitch, onset_s=0.08, offset_s=(20 + length) / 250)
    second = PlayedNote(
        pitch=pitch + 2, onset_s=first.offset_s, offset_s=first.offset_s + 1.0
    )
    return [first, second], length + 320


@settings(max_examples=30)
@given(
    pitch=st.integers(40, 84),
    length=st.integers(60, 1400),
    volume=st.floats(0.1, 1.4),
    vol_fluc=st.floats(0.01, 1.0),
    vibrato=st.floats(0.0, 2.0),
    brightness=st.floats(0.1, 0.5),
    attack=unit,
    vol_peak_pos=unit,
)
def test_compat_controls_come_back(
    pitch: int,
    length: int,
    volume: float,
    vol_fluc: float,
    vibrato: float,
    brightness: float,
    attack: float,
    vol_peak_pos: float,
) -> None:
    row = [volume, vol_fluc, vibrato, brightness, attack, vol_peak_pos]
    controls = np.array([row, row])
    notes, num_frames = two_notes(pitch, length)
    parameters = synthesise_controls(notes, controls, num_frames)
    found = compat_controls(parameters, note_frames(notes, num_frames))
    np.testing.assert_allclose(found[:, :5], controls[:, :5], atol=1e-3)
    np.testing.assert_allclose(found[:, 5], controls[:, 5], atol=1 / 59)


@settings(max_examples=30)
@given(
    pitch=st.integers(40, 84),
    length=st.integers(160, 1400),
    volume_db=st.floats(-60.0, 0.0),
    fluctuation_db=st.floats(0.5, 15.0),
    peak=unit,
    extent=st.floats(5.0, 100.0),
    rate_hz=st.floats(4.5, 8.0),
    mean_harmonic=st.floats(1.05, 6.0),
    attack_db=st.floats(-100.0, -30.0),
    relative_db=st.floats(-10.0, 20.0),
    intonation=st.floats(-50.0, 50.0),
)
def test_units_come_back(
    pitch: int,
    length: int,
    volume_db: float,
    fluctuation_db: float,
    peak: float,
    extent: float,
    rate_hz: float,
    mean_harmonic: float,
    attack_db: float,
    relative_db: float,
    intonation: float,
) -> None:
    # The part within 3 dB of the peak needs room on either side of its centre.
    range_db = np.sqrt(12.0) * fluctuation_db
    depth = min(range_db / 3.0, 1.0)
    reach = 1.0 - 2.0 / range_db if range_db >= 3.0 else depth / 6 / (1 - depth / 2)
    position = 0.5 + (peak - 0.5) * 0.95 * reach
    values = np.zeros((2, len(UNIT_NAMES)))
    values[:] = [
        volume_db,
        fluctuation_db,
        position,
        extent,
        rate_hz,
        0.0,
        mean_harmonic,
        mean_harmonic * float(midi_to_hz(pitch + intonation / 100)),
        attack_db,
        relative_db,
        intonation,
    ]
    values[1, UNIT_NAMES.index("spectral_centroid_hz")] *= 2.0 ** (2 / 12)
    notes, num_frames = two_notes(pitch, length)
    parameters = synthesise_units(notes, values, num_frames)
    found = measure_notes(parameters, note_frames(notes, num_frames))
    tolerance = {
        "peak_position": 0.02,
        "vibrato_extent_cents": 0.03 * extent,
        "vibrato_rate_hz": 0.05,
        "vibrato_delay_s": 0.03,
        "spectral_centroid_hz": 0.01 * values[1, 7],
        "intonation_cents": 0.03 * extent,
    }
    for column, name in enumerate(UNIT_NAMES):
        np.testing.assert_allclose(
            found[:, column],
            values[:, column],
            atol=tolerance.get(name, 1e-3),
            err_msg=name,
        )


@pytest.mark.parametrize("delay_s", [0.2, 0.4])
def test_vibrato_delay_comes_back(delay_s: float) -> None:
    notes, num_frames = two_notes(60, 500)
    values = np.array([[(low + high) / 2 for low, high in NATURAL_RANGES.values()]] * 2)
    values[:, UNIT_NAMES.index("vibrato_delay_s")] = delay_s
    found = measure_notes(
        synthesise_units(notes, values, num_frames), note_frames(notes, num_frames)
    )
    column = found[:, UNIT_NAMES.index("vibrato_delay_s")]
    assert column == pytest.approx([delay_s] * 2, abs=0.04)


@pytest.mark.parametrize("name", CONTROL_NAMES)
def test_more_of_a_compat_control_is_measured_as_more(name: str) -> None:
    notes, num_frames = two_notes(60, 300)
    column = CONTROL_NAMES.index(name)
    measured = []
    for value in np.linspace(0.1, 0.9, 9):
        controls = np.full((2, len(CONTROL_NAMES)), 0.4)
        controls[:, column] = value
        parameters = synthesise_controls(notes, controls, num_frames)
        found = compat_controls(parameters, note_frames(notes, num_frames))
        measured.append(found[0, column])
    assert np.all(np.diff(measured) > 0.0)


def test_steady_compat_note_is_flat_and_peaks_at_its_onset() -> None:
    notes, num_frames = two_notes(60, 100)
    controls = np.array([[0.5, 0.0, 0.0, 0.2, 0.5, 0.7]] * 2)
    parameters = synthesise_controls(notes, controls, num_frames)
    found = compat_controls(parameters, note_frames(notes, num_frames))
    assert found[:, 1] == pytest.approx([0.0, 0.0], abs=1e-6)
    assert found[:, 5].tolist() == [0.0, 0.0]


def test_nothing_sounds_in_rests_and_the_pitch_is_held() -> None:
    notes, num_frames = two_notes(69, 100)
    controls = np.full((2, 6), 0.5)
    controls[:, 2] = 0.0
    parameters = synthesise_controls(notes, controls, num_frames)
    for rest in (slice(0, 20), slice(370, 420)):
        assert not parameters.amplitude[rest].any()
        assert not parameters.noise[rest].any()
        assert not parameters.harmonics[rest].any()
    assert parameters.f0_hz[:20] == pytest.approx(np.full(20, 440.0))
    assert parameters.f0_hz[370:] == pytest.approx(
        np.full(50, float(midi_to_hz(71.0))), rel=1e-6
    )


def test_no_notes_are_silence() -> None:
    parameters = synthesise_controls([], np.zeros((0, 6)), 30)
    assert parameters.num_frames == 30
    assert not parameters.amplitude.any()
    assert not parameters.f0_hz.any()


def test_harmonics_of_a_high_note_stay_below_half_the_sample_rate() -> None:
    notes, num_frames = two_notes(96, 100)
    parameters = synthesise_controls(notes, np.full((2, 6), 0.4), num_frames)
    numbers = np.arange(1, 61)
    sounding = parameters.harmonics > 0.0
    frequencies = numbers * parameters.f0_hz[:, None]
    assert frequencies[sounding].max() < 8000.0


@pytest.mark.parametrize(("mean", "num"), [(1.0, 60), (3.5, 60), (30.5, 60), (4.0, 5)])
def test_rolloff_has_the_mean_asked_for(mean: float, num: int) -> None:
    shares = harmonic_rolloff(mean, num)
    assert shares.sum() == pytest.approx(1.0)
    assert shares @ np.arange(1, num + 1) == pytest.approx(mean, abs=1e-6)


def test_values_of_another_shape_are_refused() -> None:
    notes, num_frames = two_notes(69, 100)
    with pytest.raises(ValueError, match=r"\(2, 6\); got \(1, 6\)"):
        synthesise_controls(notes, np.zeros((1, 6)), num_frames)
