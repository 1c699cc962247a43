"""What networks are given: levels relative to the frame, and invertible logits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.dsp.spectra import multi_scale_spectral_loss
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CompatNetworkConfig,
    CorrectionNetworkConfig,
)
from musegen.midi_ddsp.inference.features import (
    NUM_FEATURES,
    Stretch,
    features_of,
    measured_logits,
    needs_old_loudness,
    network_inputs,
)
from musegen.midi_ddsp.inference.measuring import Floats, measure
from musegen.midi_ddsp.parameters import SynthesisParameters, from_logits

NUM_FRAMES = 150


def parameters(seed: int, f0_hz: float = 300.0) -> SynthesisParameters:
    generator = np.random.default_rng(seed)
    harmonics = 0.75 ** np.arange(60) * generator.uniform(0.5, 1.5, 60)
    harmonics *= f0_hz * np.arange(1, 61) < 8000
    swell = 0.5 + 0.3 * np.sin(np.arange(NUM_FRAMES) / 20)
    return SynthesisParameters(
        f0_hz=np.full(NUM_FRAMES, f0_hz, np.float32),
        amplitude=(0.4 * swell).astype(np.float32),
        harmonics=np.tile(harmonics / harmonics.sum(), (NUM_FRAMES, 1)),
        noise=np.full((NUM_FRAMES, 65), 0.003, np.float32),
    )


def stretch(audio: Floats, first: int = 0, num: int = NUM_FRAMES) -> Stretch:
    return Stretch(
        audio=audio,
        f0_hz=np.full(NUM_FRAMES, 300.0, np.float32),
        loudness_db=np.full(NUM_FRAMES, -20.0, np.float32),
        instrument_id=3,
        first_frame=first,
        num_frames=num,
    )


@pytest.mark.parametrize("f0_hz", [80.0, 300.0, 900.0])
def test_measured_logits_sound_like_the_parameters(f0_hz: float) -> None:
    truth = parameters(0, f0_hz)
    sound = render(truth)
    logits = measured_logits(measure(sound, truth.f0_hz), truth.f0_hz)
    found = from_logits(truth.f0_hz, logits[:, 0], logits[:, 1:61], logits[:, 61:])
    middle = slice(20, -20)
    error_db = 20 * np.log10(found.amplitude[middle] / truth.amplitude[middle])
    assert np.abs(error_db).max() < 1.5
    loss = multi_scale_spectral_loss(sound, render(found, seed=1)).total
    halved = multi_scale_spectral_loss(sound, 0.5 * sound).total
    assert loss < halved


@given(gain=st.floats(0.25, 1.0))
@settings(max_examples=10)
def test_louder_sound_changes_the_level_and_nothing_else(gain: float) -> None:
    sound = render(parameters(1))
    f0 = np.full(NUM_FRAMES, 300.0, np.float32)
    plain = features_of(measure(sound, f0), f0)
    softer = features_of(measure(np.float32(gain) * sound, f0), f0)
    level = NUM_FEATURES - 3
    np.testing.assert_allclose(
        softer[:, level] - plain[:, level], np.log(gain) / 4.0, atol=1e-3
    )
    others = np.delete(np.arange(NUM_FEATURES), level)
    is_clear = plain[:, others] > -2.0  # the rest is rounding of the transform
    change = np.abs(softer[:, others] - plain[:, others])[is_clear]
    assert is_clear.mean() > 0.5
    assert change.max() < 2e-2


def test_inputs_are_those_that_the_config_names() -> None:
    sound = render(parameters(2))
    for config in (
        CorrectionNetworkConfig(),
        AutoencoderNetworkConfig(),
        CompatNetworkConfig(),
    ):
        inputs = network_inputs(config, stretch(sound, 10, 50))
        assert tuple(inputs) == config.inputs
        assert all(
            array.shape == (1,) if name == "instrument" else len(array) == 50
            for name, array in inputs.items()
        )


def test_pitch_loudness_and_instrument_are_scaled_for_the_network() -> None:
    inputs = network_inputs(
        AutoencoderNetworkConfig(), stretch(np.zeros(9600, np.float32))
    )
    assert inputs["pitch"][0, 0] == pytest.approx((69 + 12 * np.log2(300 / 440)) / 127)
    assert inputs["loudness"][0, 0] == pytest.approx(-20 / 80)
    assert inputs["instrument"].tolist() == [3]
    old = CompatNetworkConfig(loudness_definition="old")
    assert needs_old_loudness(old)
    assert not needs_old_loudness(CompatNetworkConfig())
    inputs = network_inputs(old, stretch(np.zeros(9600, np.float32)))
    assert inputs["loudness"][0, 0] == pytest.approx(-20 / 120)


def test_log_mel_of_a_stretch_is_a_part_of_that_of_the_whole() -> None:
    sound = render(parameters(3))
    config = CompatNetworkConfig()
    whole = network_inputs(config, stretch(sound))["log_mel"]
    part = network_inputs(config, stretch(sound, 40, 60))["log_mel"]
    np.testing.assert_allclose(part, whole[40:100], atol=1e-4)
