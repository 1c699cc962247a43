from __future__ import annotations

import itertools
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.parts.automation import (
    MUTE_DB,
    Automation,
    Curve,
    constant_curve,
)
from musegen.midi_ddsp.synthesizing.automating import (
    apply_automation,
    automate,
    combine,
)

NAMES = tuple(field.name for field in fields(Automation))
NUM_FRAMES = 12


def played(num_frames: int = NUM_FRAMES) -> SynthesisParameters:
    """A tone of four harmonics with a frame of silence at its end."""
    random = np.random.default_rng(3)
    shares = random.uniform(0.1, 1.0, (num_frames, 4))
    return SynthesisParameters(
        f0_hz=np.append(np.full(num_frames - 1, 220.0), 0.0),
        amplitude=random.uniform(0.1, 1.0, num_frames).astype(np.float32),
        harmonics=shares / shares.sum(axis=1, keepdims=True),
        noise=random.uniform(0.1, 1.0, (num_frames, 5)).astype(np.float32),
    )


def ramp(first: float, last: float, num_frames: int = NUM_FRAMES) -> Curve:
    return Curve(
        frames=np.array([0, num_frames - 1]), values=np.array([first, last], float)
    )


def moved(**curves: Curve) -> SynthesisParameters:
    return apply_automation(played(), Automation(**curves).frames(0, NUM_FRAMES))


def assert_same(first: SynthesisParameters, second: SynthesisParameters) -> None:
    for name in ("f0_hz", "amplitude", "harmonics", "noise"):
        np.testing.assert_allclose(
            getattr(first, name), getattr(second, name), rtol=1e-6
        )


def test_automation_at_rest_changes_nothing_at_all() -> None:
    before = played()
    assert apply_automation(before, Automation().frames(0, NUM_FRAMES)) is before


def test_gain_moves_harmonics_and_noise_in_decibels() -> None:
    before, after = played(), moved(gain_db=ramp(0.0, -11.0))
    expected = 10 ** (-np.arange(NUM_FRAMES) / 20)
    np.testing.assert_allclose(after.amplitude, before.amplitude * expected, rtol=1e-5)
    np.testing.assert_allclose(after.noise, before.noise * expected[:, None], rtol=1e-5)
    assert np.array_equal(after.harmonics, before.harmonics)


def test_mute_is_silence_and_not_merely_soft() -> None:
    after = moved(gain_db=constant_curve(MUTE_DB))
    assert not after.amplitude.any()
    assert not after.noise.any()


def test_noise_is_moved_alone() -> None:
    before, after = played(), moved(noise_db=constant_curve(6.0))
    np.testing.assert_allclose(after.noise, before.noise * 10 ** (6 / 20), rtol=1e-5)
    assert np.array_equal(after.amplitude, before.amplitude)
    assert not moved(noise_db=constant_curve(MUTE_DB)).noise.any()


def test_bend_moves_the_pitch_and_keeps_the_colour() -> None:
    before, after = played(), moved(bend_cents=constant_curve(200.0))
    np.testing.assert_allclose(after.f0_hz, before.f0_hz * 2 ** (200 / 1200), rtol=1e-6)
    assert after.f0_hz[-1] == 0.0
    assert np.array_equal(after.harmonics, before.harmonics)


def test_brightness_tilts_by_decibels_an_octave_at_the_same_power() -> None:
    before = played()
    after = moved(brightness_db_per_octave=constant_curve(6.0))
    levels = [
        20 * np.log10(one.harmonics[:, [0, 1, 3]].astype(float))
        for one in (before, after)
    ]
    steps = np.diff(levels[1] - levels[0], axis=1)
    np.testing.assert_allclose(steps, 6.0, atol=1e-4)
    powers = [
        one.amplitude * np.linalg.norm(one.harmonics, axis=1) for one in (before, after)
    ]
    np.testing.assert_allclose(powers[1], powers[0], rtol=1e-5)


def test_vibrato_and_pan_are_for_others() -> None:
    after = moved(vibrato_factor=constant_curve(3.0), pan=constant_curve(-1.0))
    assert_same(after, played())


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, NUM_FRAMES), max_size=4))
def test_blocks_give_what_the_whole_gives(cuts: list[int]) -> None:
    automation = Automation(
        gain_db=ramp(-20.0, 3.0),
        bend_cents=ramp(-50.0, 100.0),
        brightness_db_per_octave=ramp(-3.0, 3.0),
        noise_db=ramp(6.0, 0.0),
    )
    whole = apply_automation(played(), automation.frames(0, NUM_FRAMES))
    edges = [0, *sorted(cuts), NUM_FRAMES]
    blocks = (played().frames(first, last) for first, last in itertools.pairwise(edges))
    for first, block in zip(edges, automate(blocks, automation), strict=False):
        assert_same(block, whole.frames(first, first + block.num_frames))


def test_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="11 frames for 12"):
        apply_automation(played(), Automation().frames(0, 11))


def test_two_automations_act_together() -> None:
    first = Automation(
        gain_db=constant_curve(-6.0),
        vibrato_factor=constant_curve(2.0),
        bend_cents=ramp(0.0, 110.0),
        pan=constant_curve(0.8),
        noise_db=constant_curve(1.0),
    )
    second = Automation(
        gain_db=ramp(0.0, -11.0),
        vibrato_factor=constant_curve(0.5),
        bend_cents=constant_curve(-10.0),
        pan=constant_curve(0.7),
        brightness_db_per_octave=constant_curve(2.0),
    )
    for pair in ((first, second), (second, first)):
        frames = combine(*pair).frames(0, NUM_FRAMES)
        steps = np.arange(NUM_FRAMES)
        np.testing.assert_allclose(frames.gain_db, -6.0 - steps, rtol=1e-5)
        np.testing.assert_allclose(frames.vibrato_factor, 1.0)
        np.testing.assert_allclose(frames.bend_cents, 10.0 * steps - 10.0, atol=1e-4)
        np.testing.assert_allclose(frames.pan, 1.0)
        np.testing.assert_allclose(frames.brightness_db_per_octave, 2.0)
        np.testing.assert_allclose(frames.noise_db, 1.0)


def test_silence_stays_silence_whatever_is_added() -> None:
    mute = Automation(gain_db=constant_curve(MUTE_DB))
    loud = Automation(gain_db=constant_curve(20.0))
    assert combine(mute, loud).gain_db.values.tolist() == [MUTE_DB]
    assert combine(loud, mute).gain_db.values.tolist() == [MUTE_DB]


def test_what_is_at_rest_leaves_the_other_as_it_is() -> None:
    automation = Automation(**{name: ramp(0.5, 0.25) for name in NAMES})
    for both in (combine(automation, Automation()), combine(Automation(), automation)):
        for name in NAMES:
            np.testing.assert_allclose(
                getattr(both, name).at(0, 20), getattr(automation, name).at(0, 20)
            )
