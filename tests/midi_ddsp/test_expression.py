"""The six controls: the values that were got by running the released code."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import (
    CONTROL_NAMES,
    LIBRARY_FLOOR_DB,
    compat_controls,
    decibels,
    spread,
)
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import SynthesisParameters, midi_to_hz

CLIP = 1000
Array = NDArray[np.float64]


def one_note(length: int, *, start: int = 0, num_frames: int = CLIP) -> NoteFrames:
    note = PlayedNote(pitch=69, onset_s=start / 250, offset_s=(start + length) / 250)
    return note_frames([note], num_frames)


def parameters_of(
    num_frames: int = CLIP,
    *,
    deviation: Array | float = 0.0,
    amplitude: Array | float = 0.1,
    harmonics: dict[int, float] | None = None,
    noise: Array | float = 1e-4,
) -> SynthesisParameters:
    row = np.zeros(60, dtype=np.float32)
    for number, share in (harmonics or {1: 1.0}).items():
        row[number - 1] = share
    pitch = 69.0 + np.broadcast_to(deviation, (num_frames,))
    noise_row = np.broadcast_to(noise, (num_frames,)).astype(np.float32)
    return SynthesisParameters(
        f0_hz=np.asarray(midi_to_hz(pitch), dtype=np.float32),
        amplitude=np.broadcast_to(amplitude, (num_frames,)).astype(np.float32),
        harmonics=np.tile(row, (num_frames, 1)),
        noise=np.repeat(noise_row[:, None], 65, axis=1),
    )


def controls_of(
    parameters: SynthesisParameters, frames: NoteFrames, **choices: float
) -> dict[str, float]:
    floor_db = choices.get("floor_db", -400.0)
    values = compat_controls(parameters, frames, floor_db=floor_db)
    return dict(zip(CONTROL_NAMES, values[0].tolist(), strict=True))


def sine(amplitude: float, rate_hz: float, num_frames: int = CLIP) -> Array:
    time_s = np.arange(num_frames) / 250.0
    wave: Array = amplitude * np.sin(2.0 * np.pi * rate_hz * time_s)
    return wave


@pytest.mark.parametrize(
    ("length", "extent", "rate_hz", "bias", "expected"),
    [
        (250, 0.2, 6.0, 0.0, 0.7500),
        (500, 0.2, 6.0, 0.0, 0.7500),
        (100, 0.2, 6.0, 0.0, 0.7550),
        (51, 0.2, 6.0, 0.0, 0.7861),
        (50, 0.2, 6.0, 0.0, 0.0),
        (400, 0.2, 5.0, 0.0, 0.7500),
        (250, 0.5, 6.0, 0.0, 1.8750),
        (250, 0.2, 2.0, 0.0, 0.0),
        (250, 0.2, 10.0, 0.0, 0.0),
        (250, 0.2, 6.0, 0.3, 0.7501),
        (250, 2.5, 6.0, 0.0, 0.0),
    ],
)
def test_vibrato_is_that_of_the_released_code(
    length: int, extent: float, rate_hz: float, bias: float, expected: float
) -> None:
    parameters = parameters_of(deviation=sine(extent, rate_hz) + bias)
    vibrato = controls_of(parameters, one_note(length))["vibrato"]
    assert vibrato == pytest.approx(expected, abs=1e-3)


def test_ramp_has_the_volume_fluctuation_and_peak_of_the_released_code() -> None:
    amplitude = np.full(CLIP, 1e-7)
    amplitude[:200] = 10.0 ** (np.linspace(-40.0, -20.0, 200) / 20.0)
    controls = controls_of(parameters_of(amplitude=amplitude), one_note(200))
    assert controls["volume"] == pytest.approx(1.0, abs=1e-3)
    assert controls["vol_fluc"] == pytest.approx(0.241768, abs=1e-5)
    assert controls["vol_peak_pos"] == pytest.approx(0.995, abs=1e-9)


def test_attack_is_the_noise_of_the_first_ten_frames() -> None:
    noise = np.full(CLIP, 1e-7)
    noise[:10] = 10.0 ** (-65.0 / 20.0)
    attack = controls_of(parameters_of(noise=noise), one_note(200))["attack"]
    assert attack == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("harmonics", "expected"),
    [
        ({1: 0.5, 4: 0.5}, 0.208333),
        ({1: 1.0}, 0.083333),
        (dict.fromkeys(range(1, 61), 1 / 60), 2.541667),
    ],
    ids=["first and fourth", "fundamental", "uniform"],
)
def test_brightness_is_a_twelfth_of_the_mean_harmonic(
    harmonics: dict[int, float], expected: float
) -> None:
    controls = controls_of(parameters_of(harmonics=harmonics), one_note(100))
    assert controls["brightness"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("level_db", "volume"), [(-90.0, 0.0), (-60.0, 0.5), (-30.0, 1.0), (-10.0, 4 / 3)]
)
def test_volume_has_its_anchors(level_db: float, volume: float) -> None:
    parameters = parameters_of(amplitude=10.0 ** (level_db / 20.0))
    assert controls_of(parameters, one_note(99))["volume"] == pytest.approx(
        volume, abs=1e-6
    )


def test_level_of_exactly_0_db_is_taken_for_no_note() -> None:
    parameters = parameters_of(amplitude=1.0, noise=1.0)
    controls = controls_of(parameters, one_note(100))
    assert controls["volume"] == 0.0
    assert controls["attack"] == 0.0


def test_floor_of_the_later_library_bounds_volume_and_attack_below() -> None:
    silent = parameters_of(amplitude=1e-7, noise=1e-7)
    controls = controls_of(silent, one_note(100), floor_db=LIBRARY_FLOOR_DB)
    assert controls["volume"] == pytest.approx(1 / 6)
    assert controls["attack"] == pytest.approx(0.625)
    assert controls_of(silent, one_note(100))["volume"] < 0.0


def test_silence_has_a_level_and_no_infinity() -> None:
    assert decibels(np.zeros(2), floor_db=-400.0).tolist() == [-400.0, -400.0]


def test_flat_note_peaks_at_its_first_frame() -> None:
    assert controls_of(parameters_of(), one_note(80))["vol_peak_pos"] == 0.0


def test_note_does_not_see_what_sounds_beside_it() -> None:
    amplitude = np.full(CLIP, 0.9)
    amplitude[300:500] = 0.1
    deviation = np.full(CLIP, 7.0)
    deviation[300:500] = sine(0.2, 6.0, 200)
    alone = parameters_of(200, amplitude=0.1, deviation=sine(0.2, 6.0, 200))
    among = parameters_of(amplitude=amplitude, deviation=deviation)
    assert controls_of(among, one_note(200, start=300)) == pytest.approx(
        controls_of(alone, one_note(200, num_frames=200)), abs=1e-4
    )


def test_note_longer_than_the_clip_has_vibrato_and_peak_of_its_first_four_seconds() -> (
    None
):
    amplitude = np.linspace(0.1, 0.2, 2500)
    deviation = np.concatenate([sine(0.2, 6.0, 1000), np.zeros(1500)])
    controls = controls_of(
        parameters_of(2500, amplitude=amplitude, deviation=deviation),
        one_note(2500, num_frames=2500),
    )
    assert controls["vibrato"] == pytest.approx(0.75, abs=1e-3)
    assert controls["vol_peak_pos"] == pytest.approx(0.999)


def test_frames_outside_notes_have_no_controls() -> None:
    frames = one_note(100, start=50, num_frames=200)
    values = compat_controls(parameters_of(200), frames)
    in_frames = spread(values, frames)
    assert in_frames.shape == (200, 6)
    assert not in_frames[:50].any()
    assert not in_frames[150:].any()
    np.testing.assert_array_equal(in_frames[50:150], np.tile(values[0], (100, 1)))


def test_note_beyond_the_end_has_no_controls() -> None:
    frames = one_note(100, start=300, num_frames=200)
    np.testing.assert_array_equal(
        compat_controls(parameters_of(200), frames), np.zeros((1, 6))
    )


def test_parameters_of_another_length_than_the_notes_are_refused() -> None:
    with pytest.raises(ValueError, match="got 200 and 300"):
        compat_controls(parameters_of(200), one_note(10, num_frames=300))
