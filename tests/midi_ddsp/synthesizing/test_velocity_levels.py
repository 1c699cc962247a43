"""The level of a note by its velocity."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.synthesizing.velocity_levels import (
    NEUTRAL_VELOCITY,
    VELOCITY_DB,
    play_velocities,
    velocity_gains_db,
)

NUM_FRAMES = 300


def notes(*velocities: int) -> tuple[PlayedNote, ...]:
    """Notes of 0.2 s with rests of as much between them, from 0.2 s on."""
    return tuple(
        PlayedNote(
            pitch=60,
            onset_s=0.2 + 0.4 * index,
            offset_s=0.4 + 0.4 * index,
            velocity=velocity,
        )
        for index, velocity in enumerate(velocities)
    )


def played() -> SynthesisParameters:
    return SynthesisParameters(
        f0_hz=np.full(NUM_FRAMES, 440, np.float32),
        amplitude=np.full(NUM_FRAMES, 0.5, np.float32),
        harmonics=np.full((NUM_FRAMES, 4), 0.25, np.float32),
        noise=np.full((NUM_FRAMES, 3), 0.1, np.float32),
    )


def test_a_tenth_of_the_velocity_is_so_much_softer() -> None:
    found = velocity_gains_db(notes(NEUTRAL_VELOCITY, NEUTRAL_VELOCITY // 10, 127))
    assert found[:2].tolist() == [0.0, -VELOCITY_DB]
    assert found[2] > 0


def test_harmonics_and_noise_follow_the_velocities() -> None:
    plain, soft = played(), play_velocities(played(), notes(80, 8))
    ratio = soft.amplitude / plain.amplitude
    assert ratio[:140] == pytest.approx(1.0)  # before it, the first note and its rest
    assert ratio[160:] == pytest.approx(10 ** (-VELOCITY_DB / 20))
    assert (np.diff(ratio) <= 0).all() and np.count_nonzero(np.diff(ratio)) == 5
    np.testing.assert_allclose(
        soft.noise, plain.noise * ratio[:, None].repeat(3, 1), rtol=1e-5
    )
    np.testing.assert_array_equal(soft.f0_hz, plain.f0_hz)


def test_neutral_velocities_change_nothing() -> None:
    plain = played()
    assert play_velocities(plain, notes(NEUTRAL_VELOCITY)) is plain


def test_notes_beyond_the_end_do_no_harm() -> None:
    many = play_velocities(played(), notes(8, 80, 80, 80, 80))
    assert many.num_frames == NUM_FRAMES
