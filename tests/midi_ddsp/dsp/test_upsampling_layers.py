"""The layer that makes samples of frames gives what NumPy gives."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from musegen.midi_ddsp.dsp.interpolation import Method, upsample
from musegen.midi_ddsp.dsp.layers import Upsampling


@pytest.mark.parametrize("method", ["linear", "window"])
def test_the_layer_equals_the_numpy_function(method: Method) -> None:
    frames = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    layer = Upsampling(hop_samples=5, method=method)
    found = keras.ops.convert_to_numpy(layer(frames))
    expected = np.stack([upsample(item, 5, method=method) for item in frames])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_layer_comes_back_from_its_config() -> None:
    layer = Upsampling(hop_samples=4, method="linear")
    again = Upsampling.from_config(layer.get_config())
    frames = np.array([[[0.0], [1.0], [0.0]]], dtype=np.float32)
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(again(frames)),
        keras.ops.convert_to_numpy(layer(frames)),
    )
    assert keras.ops.convert_to_numpy(again(frames)).shape == (1, 12, 1)
