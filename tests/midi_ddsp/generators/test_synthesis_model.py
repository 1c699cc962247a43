"""Lines become parameters block by block: in place, in tune, and silent in silence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from musegen.midi_ddsp.generators import synthesis_model as module
from musegen.midi_ddsp.generators.controls import COLUMNS, NUM_CONTROLS
from musegen.midi_ddsp.generators.line import Line, make_line
from musegen.midi_ddsp.generators.measuring import joined_blocks
from musegen.midi_ddsp.generators.pitch_classes import quantile_cents
from musegen.midi_ddsp.generators.synthesis_model import (
    EARLY_S,
    FADE_S,
    FIRST_BLOCK_FRAMES,
    RING_S,
    SynthesisModel,
    sounding,
)
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi, midi_to_hz
from musegen.midi_ddsp.vibrato import measure_vibrato

SPANS = ((50, 150), (150, 250), (270, 271), (900, 1300))
PITCHES = (60, 67, 64, 69)
NUM_FRAMES = 1601
RING, FADE, EARLY = (round(250 * time_s) for time_s in (RING_S, FADE_S, EARLY_S))
FIELDS = ("f0_hz", "amplitude", "harmonics", "noise")


def line_of(
    spans: Sequence[tuple[int, int]] = SPANS,
    pitches: Sequence[int] = PITCHES,
    **controls: float,
) -> Line:
    values = np.zeros((len(spans), NUM_CONTROLS))
    for name, value in controls.items():
        values[:, COLUMNS[name]] = value
    notes = [
        PlayedNote(pitch=pitch, onset_s=start / 250, offset_s=end / 250)
        for pitch, (start, end) in zip(pitches, spans, strict=True)
    ]
    slurs = [False] * len(spans)
    return make_line(notes, values, instrument="violin", is_slurred=slurs)


def play(
    model: SynthesisModel,
    line: Line,
    num_frames: int = NUM_FRAMES,
    seed: int | None = None,
) -> SynthesisParameters:
    return joined_blocks(list(model.play(line, num_frames, seed=seed)))


def assert_equal(one: SynthesisParameters, other: SynthesisParameters) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("num_frames", [1, 63, 64, 65, 1320, 1601])
def test_blocks_are_all_frames_and_the_first_is_short(
    echo_model: SynthesisModel, num_frames: int
) -> None:
    sizes = [one.num_frames for one in echo_model.play(line_of(), num_frames)]
    assert sum(sizes) == num_frames
    assert sizes[0] <= FIRST_BLOCK_FRAMES
    assert all(after <= 4 * before for before, after in pairwise(sizes))


def test_notes_sound_in_their_very_frames(echo_model: SynthesisModel) -> None:
    found = play(echo_model, line_of())
    sounds = np.zeros(NUM_FRAMES, np.bool_)
    for start, end in SPANS:
        sounds[start:end] = True
    np.testing.assert_allclose(found.amplitude[sounds], 0.1, rtol=1e-5)
    assert (found.amplitude[~sounds] < 0.04).all()
    pitch = hz_to_midi(found.f0_hz)
    for (start, end), written in zip(SPANS, PITCHES, strict=True):
        np.testing.assert_allclose(pitch[start:end], written, atol=1e-4)


def test_rests_are_silent_once_a_tone_has_rung(echo_model: SynthesisModel) -> None:
    found = play(echo_model, line_of())
    silent = [(0, 50 - EARLY), (271 + RING, 900 - EARLY), (1300 + RING, NUM_FRAMES)]
    for start, end in silent:
        assert end > start
        assert not found.amplitude[start:end].any()
        assert not found.noise[start:end].any()
    # A tone speaks a little early, rings on, and is never cut in a short rest.
    for start, end in ((50 - EARLY, 50), (250, 270), (271, 271 + RING - FADE)):
        np.testing.assert_allclose(
            found.amplitude[start:end], 10 ** (-30 / 20), rtol=1e-4
        )
    fading = found.amplitude[271 + RING - FADE : 271 + RING]
    assert (np.diff(fading) < 0.0).all()
    assert np.abs(np.diff(fading)).max() < 0.05 * fading[0]


def test_what_is_below_hearing_is_nothing() -> None:
    levels = np.zeros((4, 126))
    levels[:, 0] = [-20.0, -89.0, -91.0, -400.0]
    levels[:, 61:] = np.array([-60.0, -109.0, -111.0, -400.0])[:, None]
    found = sounding(line_of(), np.arange(60, 64), levels, np.zeros(4))
    assert (found.amplitude > 0.0).tolist() == [True, True, False, False]
    assert (found.noise > 0.0).all(axis=1).tolist() == [True, True, False, False]
    assert found.amplitude[0] == pytest.approx(0.1)
    assert found.noise[0, 0] == pytest.approx(1e-3)


def test_harmonics_are_shares_of_what_can_be_heard() -> None:
    line = line_of(pitches=(60, 100, 64, 69))
    levels = np.random.default_rng(0).normal(-30, 20, (200, 126))
    frames = np.arange(50, 250)
    found = sounding(line, frames, levels, np.zeros(200))
    np.testing.assert_allclose(found.harmonics.sum(axis=1), 1.0, rtol=1e-5)
    numbers = np.arange(1, 61)
    assert not found.harmonics[found.f0_hz[:, None] * numbers >= 8000.0].any()
    assert found.harmonics.dtype == found.f0_hz.dtype == np.float32
    expected = 10 ** ((levels[0, 2] - levels[0, 1]) / 20)
    assert found.harmonics[0, 1] / found.harmonics[0, 0] == pytest.approx(expected)


def test_intonation_and_vibrato_are_as_asked(echo_model: SynthesisModel) -> None:
    line = line_of(
        intonation_cents=12.0,
        vibrato_extent_cents=20.0,
        vibrato_rate_hz=5.0,
        vibrato_delay_s=0.3,
    )
    found = play(echo_model, line)
    start, end = SPANS[-1]
    cents = 100.0 * (hz_to_midi(found.f0_hz[start:end]) - PITCHES[-1])
    vibrato = measure_vibrato(cents)
    assert vibrato.extent_cents == pytest.approx(20.0, rel=0.05)
    assert vibrato.rate_hz == pytest.approx(5.0, abs=0.1)
    assert vibrato.delay_s == pytest.approx(0.3, abs=0.06)
    assert vibrato.centre_cents == pytest.approx(12.0, abs=1.0)


def test_a_wheel_widens_where_it_stands(echo_model: SynthesisModel) -> None:
    def wheel(first: int, last: int) -> np.ndarray:
        assert first >= 0
        return np.where(np.arange(first, last) < 1100, 1.0, 3.0)

    line = line_of(vibrato_extent_cents=10.0, vibrato_rate_hz=5.0)
    plain = play(echo_model, line)
    moved = joined_blocks(list(echo_model.play(line, NUM_FRAMES, vibrato_factor=wheel)))
    np.testing.assert_array_equal(moved.f0_hz[:1100], plain.f0_hz[:1100])
    wide = hz_to_midi(moved.f0_hz[1100:1300]).std()
    assert wide > 2.9 * hz_to_midi(plain.f0_hz[1100:1300]).std()


# === With a network whose frames depend on one another ===


def test_without_a_seed_nothing_is_drawn_and_with_one_the_same(
    synthesis_model: SynthesisModel,
) -> None:
    line = line_of()
    assert_equal(play(synthesis_model, line), play(synthesis_model, line))
    one, same, other = (play(synthesis_model, line, seed=seed) for seed in (1, 1, 2))
    assert_equal(one, same)
    assert (one.f0_hz != other.f0_hz).any()
    for name in ("amplitude", "harmonics", "noise"):
        if name != "harmonics":  # what is above half the sample rate hangs on the pitch
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize(("first", "most"), [(2, 100), (64, 334), (1000, 2000)])
def test_the_size_of_blocks_does_not_matter(
    synthesis_model: SynthesisModel,
    monkeypatch: pytest.MonkeyPatch,
    first: int,
    most: int,
) -> None:
    line = line_of(vibrato_extent_cents=20.0, vibrato_rate_hz=5.0)
    expected = play(synthesis_model, line, seed=4)
    monkeypatch.setattr(module, "FIRST_BLOCK_FRAMES", first)
    monkeypatch.setattr(module, "BLOCK_FRAMES", most)
    found = play(synthesis_model, line, seed=4)
    for name in FIELDS:
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-4, atol=1e-6
        )


def test_a_wavering_pitch_moves_slowly(echo_model: SynthesisModel) -> None:
    wide = np.tile(-0.5 * ((np.arange(161) - 80) / 8.0) ** 2, (NUM_FRAMES, 1))
    shares = module._wandering(5, NUM_FRAMES)
    assert shares.min() >= 0.08
    assert shares.max() <= 0.92
    assert np.diff(shares).std() < 0.3 * shares.std()  # white noise: 1.4
    cents = quantile_cents(wide, shares)
    assert 2.0 < cents.std() < 12.0
    steady = play(echo_model, line_of(), seed=1)
    np.testing.assert_allclose(
        steady.f0_hz[60:140], midi_to_hz(np.array(60.0)), rtol=1e-3
    )


def test_outliers_of_two_frames_go_and_steps_and_glides_stay() -> None:
    step = np.repeat([60.0, 67.0], 20)
    torn = step.copy()
    torn[19:21] = [53.0, 74.0]  # each with the deviation of the other note
    np.testing.assert_array_equal(module.smoothed_pitch(torn), step[2:-2])
    glide = np.linspace(60.0, 62.0, 40)
    np.testing.assert_array_equal(module.smoothed_pitch(glide), glide[2:-2])


def test_working_ahead_changes_nothing(synthesis_model: SynthesisModel) -> None:
    line = line_of(vibrato_extent_cents=20.0, vibrato_rate_hz=5.0)
    ahead = synthesis_model.play(line, NUM_FRAMES, seed=3, works_ahead=True)
    assert_equal(joined_blocks(list(ahead)), play(synthesis_model, line, seed=3))
