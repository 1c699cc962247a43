"""A model folder's config builds the network, names of instruments or not."""

from __future__ import annotations

from musegen.engine.model_folder import ModelConfig, NetworkFile
from musegen.midi_ddsp.inference.building import (
    INSTRUMENTS_KEY,
    build_from_model_config,
)
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    config_to_json,
)


def test_instruments_beside_the_architecture_are_no_part_of_it() -> None:
    network = AutoencoderNetworkConfig(units=4, num_dense=1, instrument_units=2)
    config = ModelConfig(
        name="trial",
        kind="midi_ddsp_inference",
        version="1",
        architecture={**config_to_json(network), INSTRUMENTS_KEY: ["violin"]},
        licence="Apache-2.0",
        summary="For a test",
        files={"network.onnx": "0" * 64},
        networks={
            "network": NetworkFile(
                file="network.onnx", inputs=network.inputs, outputs=("logits",)
            )
        },
    )
    assert build_from_model_config(config).name == "autoencoder"
