"""The learned reverb, against closed forms and the renderer."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.dsp.reverb import ImpulseResponse, reverberate
from musegen.midi_ddsp.dsp.reverb_layers import Reverb, convolve


def with_taps(taps: NDArray[np.float32]) -> Reverb:
    layer = Reverb(len(taps), num_taps=taps.shape[1])
    layer.build()
    layer.taps.assign(taps)
    return layer


def uniform(*shape: int) -> NDArray[np.float32]:
    numbers = np.random.default_rng(0).uniform(-1.0, 1.0, shape)
    return numbers.astype(np.float32)


def test_an_impulse_comes_back_at_each_tap() -> None:
    taps = np.zeros((1, 48000), np.float32)
    taps[0, [0, 100, 47999]] = [5.0, 0.5, 0.25]
    audio = np.zeros((1, 64000), np.float32)
    audio[0, 10] = 1.0
    expected = np.zeros(64000)
    expected[[10, 110, 48009]] = [1.0, 0.5, 0.25]
    found = np.asarray(with_taps(taps)(audio, np.array([0]), training=True))
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_the_fade_is_for_inference_only() -> None:
    layer = with_taps(np.ones((1, 48000), np.float32))
    learned, faded = (
        np.asarray(layer.impulse_response(np.array([0]), training=training))[0]
        for training in (True, False)
    )
    watched = [0, 15999, 16000, 32000, 47999]
    assert learned[watched].tolist() == [0, 1, 1, 1, 1]
    assert faded[watched] == pytest.approx([0, 1, 1, 0.135327, 0.018316], abs=1e-5)


@pytest.mark.parametrize("training", [False, True])
def test_equals_the_renderer(training: bool) -> None:
    taps, dry = 0.1 * uniform(2, 20000), uniform(2, 3000)
    found = np.asarray(with_taps(taps)(dry, np.array([1, 0]), training=training))
    for clip, instrument in enumerate((1, 0)):
        room = ImpulseResponse(taps=taps[instrument])
        room = room if training else room.faded()
        expected = reverberate(dry[clip], room.taps)
        assert np.abs(found[clip] - expected).max() < 1e-4


def test_a_new_reverb_is_dry() -> None:
    audio = uniform(1, 500)
    layer = Reverb(3, num_taps=200)
    assert np.asarray(layer(audio, np.array([2]))) == pytest.approx(audio, abs=1e-4)


def test_a_decaying_room_decays_by_what_it_learned() -> None:
    layer = Reverb(2, num_taps=300, is_decaying=True, decay_taps=50.0)
    layer.build()
    layer.taps.assign(np.ones((2, 300)))
    for training in (False, True):
        taps = layer.impulse_response(np.array([0, 1]), training=training)
        expected = np.exp(-np.arange(1, 300) / 50.0)
        assert np.asarray(taps)[1, 1:] == pytest.approx(expected, rel=1e-4)
        assert not np.asarray(taps)[:, 0].any()


def test_convolution_equals_the_plain_sum() -> None:
    audio, taps = uniform(2, 100), uniform(2, 37)
    found = np.asarray(convolve(audio, taps))
    for clip in range(2):
        expected = np.convolve(audio[clip], taps[clip])[:100]
        assert found[clip] == pytest.approx(expected, abs=1e-5)


def test_config_round_trip() -> None:
    layer = Reverb(4, num_taps=8, is_decaying=True, decay_taps=2.0, name="room")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert again.get_config() == layer.get_config()
    layer.build()
    assert [weight.shape for weight in layer.weights] == [(4, 8), (4, 1)]
