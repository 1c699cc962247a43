"""Expression in units: what is measured, and what must not change it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.expression_units import UNIT_NAMES, measure_notes, note_body
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import SynthesisParameters

Array = NDArray[np.float64]
LENGTH = 300


def one_note(length: int = LENGTH) -> NoteFrames:
    return note_frames(
        [PlayedNote(pitch=69, onset_s=0.0, offset_s=length / 250)], length
    )


def parameters_of(
    length: int = LENGTH,
    *,
    level_db: Array | float = -30.0,
    f0_hz: Array | float = 440.0,
    noise_db: Array | float = -80.0,
    second: float = 0.5,
) -> SynthesisParameters:
    harmonics = np.zeros((length, 60))
    harmonics[:, 0], harmonics[:, 1] = 1.0 - second, second
    noise = np.broadcast_to(10.0 ** (np.asarray(noise_db) / 20.0), (length,))
    return SynthesisParameters(
        f0_hz=np.broadcast_to(f0_hz, (length,)).astype(np.float32),
        amplitude=np.broadcast_to(
            10.0 ** (np.asarray(level_db) / 20.0), (length,)
        ).astype(np.float32),
        harmonics=harmonics.astype(np.float32),
        noise=np.repeat(noise[:, None], 65, axis=1).astype(np.float32),
    )


def measure(parameters: SynthesisParameters) -> dict[str, float]:
    values = measure_notes(parameters, one_note(parameters.num_frames))
    return dict(zip(UNIT_NAMES, values[0].tolist(), strict=True))


def test_plain_note_has_the_units_it_was_made_with() -> None:
    measured = measure(parameters_of(f0_hz=440.0 * 2 ** (12 / 1200)))
    assert measured == pytest.approx(
        {
            "volume_db": -30.0,
            "volume_fluctuation_db": 0.0,
            "peak_position": 0.5,
            "vibrato_extent_cents": 0.0,
            "vibrato_rate_hz": 0.0,
            "vibrato_delay_s": 0.0,
            "mean_harmonic": 1.5,
            "spectral_centroid_hz": 1.5 * 440.0 * 2 ** (12 / 1200),
            "attack_noise_db": -80.0,
            "attack_noise_relative_db": 0.0,
            "intonation_cents": 12.0,
        },
        abs=1e-3,
    )


def test_attack_and_release_do_not_count_as_fluctuation() -> None:
    level_db = np.full(LENGTH, -30.0)
    level_db[:10] = np.linspace(-80.0, -30.0, 10)
    level_db[-10:] = np.linspace(-30.0, -90.0, 10)
    measured = measure(parameters_of(level_db=level_db))
    assert measured["volume_fluctuation_db"] == pytest.approx(0.0, abs=1e-4)
    assert measured["volume_db"] == pytest.approx(-30.0, abs=1e-4)


def test_peak_of_a_flat_note_holds_still_under_noise() -> None:
    rng = np.random.default_rng(0)
    positions = [
        measure(parameters_of(level_db=-30.0 + rng.normal(0.0, 0.1, LENGTH)))[
            "peak_position"
        ]
        for _ in range(20)
    ]
    assert np.abs(np.array(positions) - 0.5).max() < 0.02


@pytest.mark.parametrize("peak", [0.2, 0.5, 0.8])
def test_peak_of_a_swell_is_where_it_is_loudest(peak: float) -> None:
    places = np.linspace(0.0, 1.0, LENGTH)
    measured = measure(parameters_of(level_db=-20.0 - 60.0 * np.abs(places - peak)))
    assert measured["peak_position"] == pytest.approx(peak, abs=0.03)


def test_gain_moves_levels_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    quiet = parameters_of(
        level_db=-40.0 + rng.normal(0.0, 2.0, LENGTH),
        noise_db=-70.0 + rng.normal(0.0, 2.0, LENGTH),
    )
    loud = replace(quiet, amplitude=quiet.amplitude * 10, noise=quiet.noise * 10)
    before, after = measure(quiet), measure(loud)
    gained = {"volume_db", "attack_noise_db"}
    for name in UNIT_NAMES:
        change = 20.0 if name in gained else 0.0
        assert after[name] - before[name] == pytest.approx(change, abs=1e-3), name


def test_pause_at_the_end_of_a_note_is_at_most_60_db_below_it() -> None:
    level_db = np.full(LENGTH, -30.0)
    level_db[150:] = -140.0
    assert measure(parameters_of(level_db=level_db))["volume_db"] == pytest.approx(
        -60.0, abs=0.1
    )


def test_attack_noise_is_given_in_decibels_and_against_the_rest() -> None:
    noise_db = np.full(LENGTH, -85.0)
    noise_db[:10] = -65.0
    measured = measure(parameters_of(noise_db=noise_db))
    assert measured["attack_noise_db"] == pytest.approx(-65.0, abs=1e-3)
    assert measured["attack_noise_relative_db"] == pytest.approx(20.0, abs=1e-3)


def test_one_silent_band_does_not_decide_the_noise() -> None:
    parameters = parameters_of()
    noise = parameters.noise.copy()
    noise[:, 0] = 0.0
    measured = measure(replace(parameters, noise=noise))
    assert measured["attack_noise_db"] == pytest.approx(-80.07, abs=0.01)


def test_frames_without_pitch_do_not_move_the_intonation() -> None:
    f0_hz = np.full(LENGTH, 440.0)
    f0_hz[100:110] = 0.0
    measured = measure(parameters_of(f0_hz=f0_hz))
    assert measured["intonation_cents"] == pytest.approx(0.0, abs=1e-3)
    assert measured["vibrato_extent_cents"] == pytest.approx(0.0, abs=1e-3)


def test_silence_has_finite_values() -> None:
    silent = SynthesisParameters(
        f0_hz=np.zeros(50, np.float32),
        amplitude=np.zeros(50, np.float32),
        harmonics=np.zeros((50, 60), np.float32),
        noise=np.zeros((50, 65), np.float32),
    )
    measured = measure(silent)
    assert all(np.isfinite(list(measured.values())))
    assert measured["volume_db"] == -120.0
    assert measured["mean_harmonic"] == 0.0


@pytest.mark.parametrize("length", [1, 2, 3, 10, 11])
def test_shortest_notes_have_a_body_and_values(length: int) -> None:
    body = note_body(0, length)
    assert body.stop > body.start
    measured = measure(parameters_of(length))
    assert measured["volume_db"] == pytest.approx(-30.0, abs=1e-3)
    assert measured["attack_noise_relative_db"] == pytest.approx(0.0, abs=1e-3)


def test_every_note_has_a_row_and_those_beyond_the_end_are_zero() -> None:
    notes = [
        PlayedNote(pitch=69, onset_s=0.0, offset_s=0.4),
        PlayedNote(pitch=57, onset_s=0.4, offset_s=1.2),
        PlayedNote(pitch=57, onset_s=5.0, offset_s=6.0),
    ]
    values = measure_notes(parameters_of(), note_frames(notes, LENGTH))
    assert values.shape == (3, len(UNIT_NAMES))
    assert values[:, UNIT_NAMES.index("intonation_cents")] == pytest.approx(
        [0.0, 1200.0, 0.0], abs=1e-3
    )
    assert not values[2].any()


def test_frames_at_the_onset_without_the_pitch_are_no_vibrato() -> None:
    time_s = np.arange(100) / 250
    cents = 10.5 * np.sin(2 * np.pi * 5.5 * time_s + 1.0)
    cents[:4] -= 300.0
    measured = measure(parameters_of(100, f0_hz=440.0 * 2 ** (cents / 1200)))
    assert measured["vibrato_extent_cents"] == pytest.approx(10.5, abs=1.0)
    assert measured["vibrato_rate_hz"] == pytest.approx(5.5, abs=0.5)
    assert measured["intonation_cents"] == pytest.approx(0.0, abs=1.0)


def test_glide_from_the_note_before_is_no_vibrato() -> None:
    cents = np.zeros(80)
    cents[:10] = np.linspace(-100.0, 0.0, 10)
    measured = measure(parameters_of(80, f0_hz=440.0 * 2 ** (cents / 1200)))
    assert measured["vibrato_extent_cents"] < 1.0
