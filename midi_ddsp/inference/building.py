"""From a config to a Keras model; every architecture gives `logits` [B, T, 126].

The inputs are named in the config and made by `musegen.midi_ddsp.inference.features`;
the logits are those of the amplitude, the 60 harmonics and the 65 noise bands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CorrectionNetworkConfig,
    NetworkConfig,
    config_from_json,
)

if TYPE_CHECKING:
    import keras

    from musegen.engine.model_folder import ModelConfig


def build_network(config: NetworkConfig) -> keras.Model:
    """Build the network that a config describes, with fresh weights."""
    if isinstance(config, CorrectionNetworkConfig):
        from musegen.midi_ddsp.inference.correction_network import (
            build_correction_network,
        )

        return build_correction_network(config)
    if isinstance(config, AutoencoderNetworkConfig):
        from musegen.midi_ddsp.inference.autoencoder_network import (
            build_autoencoder_network,
        )

        return build_autoencoder_network(config)
    from musegen.midi_ddsp.inference.compat_network import build_compat_network

    return build_compat_network(config)


def build_from_model_config(config: ModelConfig) -> keras.Model:
    """Build the Keras network of a model folder, for `musegen.engine.predictor`."""
    architecture = {
        key: value
        for key, value in config.architecture.items()
        if key != INSTRUMENTS_KEY
    }
    return build_network(config_from_json(architecture))


INSTRUMENTS_KEY = "instruments"  # beside the architecture: names by slot
