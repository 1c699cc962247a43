"""From the config of a model folder to its Keras networks, for predictors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.generators.described import network_config

if TYPE_CHECKING:
    import keras

    from musegen.engine.model_folder import ModelConfig


def build_synthesis_from(config: ModelConfig) -> keras.Model:
    """Build the network of a Synthesis Generator's folder.

    Raises:
        ValueError: The folder is of another kind.
    """
    from musegen.midi_ddsp.generators.synthesis_network import build_synthesis_network

    network = network_config(config.architecture)
    if not isinstance(network, SynthesisNetworkConfig):
        raise ValueError(f"{config.name} is no Synthesis Generator")
    return build_synthesis_network(network)


def build_expression_from(
    config: ModelConfig,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Build the networks of an Expression Generator's folder.

    Raises:
        ValueError: The folder is of another kind.
    """
    from musegen.midi_ddsp.generators.expression_network import (
        build_expression_networks,
    )

    network = network_config(config.architecture)
    if not isinstance(network, ExpressionNetworkConfig):
        raise ValueError(f"{config.name} is no Expression Generator")
    return build_expression_networks(network)
