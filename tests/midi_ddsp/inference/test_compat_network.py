"""The published network: its size, its start, and the names of its weights."""

from __future__ import annotations

import numpy as np
import pytest
from keras import ops

from musegen.data.errors import ModelFolderError
from musegen.midi_ddsp.inference.compat_network import (
    assign_checkpoint,
    build_compat_network,
    checkpoint_names,
)
from musegen.midi_ddsp.inference.config import CompatNetworkConfig

TINY = CompatNetworkConfig(
    filters=(2, 3, 4, 5), units=6, instrument_units=3, num_instruments=4
)


def test_parameters_and_shapes_are_the_published_ones() -> None:
    model = build_compat_network(CompatNetworkConfig())
    shapes = {
        name: tuple(weight.shape)
        for weight, name in zip(
            model.weights, checkpoint_names(model).values(), strict=True
        )
    }
    sizes = {name: int(np.prod(shape)) for name, shape in shapes.items()}
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)

    def total(part: str) -> int:
        return sum(size for name, size in sizes.items() if f"/{part}" in name)

    assert model.count_params() == 7_119_550
    assert trainable == 7_115_710
    assert total("rnn/") == 1_837_056
    assert total("decoder/") == 64_638
    assert total("cnn/") == 4_689_984
    encoder = "synth_coder/encoder"
    expected = {
        f"{encoder}/cnn/conv_block1/conv1/kernel": (3, 3, 1, 64),
        f"{encoder}/cnn/conv_block4/conv2/kernel": (3, 3, 512, 512),
        f"{encoder}/cnn/conv_block2/bn1/moving_variance": (128,),
        f"{encoder}/z_fc/kernel": (2048, 256),
        f"{encoder}/f0_ld_fc/kernel": (2, 256),
        f"{encoder}/instrument_emb/embeddings": (20, 128),
        f"{encoder}/rnn/forward_layer/cell/kernel": (640, 1024),
        f"{encoder}/rnn/backward_layer/cell/recurrent_kernel": (256, 1024),
        f"{encoder}/rnn/backward_layer/cell/bias": (1024,),
        "synth_coder/decoder/noise_mag_fc/kernel": (512, 65),
    }
    assert {name: shapes.get(name) for name in expected} == expected
    assert len(shapes) == len(model.weights)


def test_amplitude_starts_at_its_bias() -> None:
    model = build_compat_network(TINY)
    biases = {
        name: ops.convert_to_numpy(weight.value)
        for weight, name in zip(
            model.weights, checkpoint_names(model).values(), strict=True
        )
        if name.startswith("synth_coder/decoder") and name.endswith("bias")
    }
    assert {name: set(bias.tolist()) for name, bias in biases.items()} == {
        "synth_coder/decoder/harmonic_amp_fc/bias": {1.0},
        "synth_coder/decoder/harmonic_distribution_fc/bias": {0.0},
        "synth_coder/decoder/noise_mag_fc/bias": {0.0},
    }


def test_a_checkpoint_is_given_to_the_weights_of_its_names() -> None:
    source, target = build_compat_network(TINY), build_compat_network(TINY)
    tensors = {
        checkpoint_names(source)[weight.path]: ops.convert_to_numpy(weight.value)
        for weight in source.weights
    }
    generator = np.random.default_rng(0)
    inputs = {
        "log_mel": generator.normal(size=(1, 9, 64)).astype(np.float32),
        "pitch": generator.random((1, 9, 1)).astype(np.float32),
        "loudness": generator.random((1, 9, 1)).astype(np.float32),
        "instrument": np.array([[2]], np.int32),
    }
    arrays = list(inputs.values())
    before = ops.convert_to_numpy(target(arrays))
    assign_checkpoint(target, {**tensors, "reverb_module/other": np.zeros(1)})
    expected = ops.convert_to_numpy(source(arrays))
    np.testing.assert_allclose(ops.convert_to_numpy(target(arrays)), expected)
    assert np.abs(before - expected).max() > 1e-3
    assert expected.shape == (1, 9, 126)

    tensors["synth_coder/encoder/z_fc/bias"] = np.zeros(3)
    with pytest.raises(ModelFolderError, match=r"z_fc/bias.*shape \(3,\)"):
        assign_checkpoint(target, tensors)
    del tensors["synth_coder/encoder/z_fc/bias"]
    with pytest.raises(ModelFolderError, match="z_fc/bias' is missing"):
        assign_checkpoint(target, tensors)
