"""The network that hears itself: shapes, gradients, noise, rooms."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops

from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.dsp.spectra import multi_scale_spectral_loss
from musegen.midi_ddsp.inference.building import build_network
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CorrectionNetworkConfig,
)
from musegen.midi_ddsp.inference.features import NUM_FEATURES
from musegen.midi_ddsp.inference.synthesis_network import (
    MultiScaleSpectralLoss,
    build_training_network,
)
from musegen.midi_ddsp.parameters import from_logits

NUM_FRAMES = 25
TINY = CorrectionNetworkConfig(channels=4, hidden_channels=4, dilations=(1,))


def inputs() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    measured = generator.normal(size=(2, NUM_FRAMES, 126)).astype(np.float32)
    measured[..., 61:] = -20.0  # no noise to speak of
    return {
        "features": generator.normal(size=(2, NUM_FRAMES, NUM_FEATURES)),
        "measured": measured,
        "f0_hz": np.full((2, NUM_FRAMES, 1), 300.0, np.float32),
    }


def test_sound_is_that_of_the_renderer() -> None:
    model = build_training_network(build_network(TINY), crop_frames=NUM_FRAMES)
    arrays = inputs()
    audio = ops.convert_to_numpy(model(arrays))
    logits = arrays["measured"][1]
    expected = render(
        from_logits(arrays["f0_hz"][1], logits[:, :1], logits[:, 1:61], logits[:, 61:])
    )
    assert audio.shape == (2, 64 * NUM_FRAMES)
    np.testing.assert_allclose(audio[1], expected, atol=1e-3)


def test_loss_is_that_of_the_renderer_side_and_lowers() -> None:
    network = build_network(TINY)
    model = build_training_network(network, crop_frames=NUM_FRAMES, seed=1)
    arrays = inputs()
    target = np.random.default_rng(1).normal(size=(2, 64 * NUM_FRAMES))
    target = (0.1 * target).astype(np.float32)
    sound = ops.convert_to_numpy(model(arrays))
    values = ops.convert_to_numpy(MultiScaleSpectralLoss().call(target, sound))
    expected = multi_scale_spectral_loss(target[0], sound[0]).total
    assert values[0] == pytest.approx(expected, rel=1e-3)
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss=MultiScaleSpectralLoss())
    first = float(np.ravel(model.train_on_batch(arrays, target))[0])
    for _ in range(15):
        model.train_on_batch(arrays, target)
    model.reset_metrics()
    last = float(np.ravel(model.train_on_batch(arrays, target))[0])
    assert last < first - 0.2
    assert all(
        np.isfinite(ops.convert_to_numpy(weight.value)).all()
        for weight in network.weights
    )


def test_a_room_for_each_instrument_is_learned_where_asked_for() -> None:
    config = AutoencoderNetworkConfig(units=4, num_dense=1, instrument_units=2)
    dry = build_training_network(build_network(config), crop_frames=NUM_FRAMES)
    wet = build_training_network(
        build_network(config), crop_frames=NUM_FRAMES, num_reverbs=3
    )
    assert wet.count_params() - dry.count_params() == 3 * 48_000
