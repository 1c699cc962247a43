"""What the generators are made of travels as JSON and is checked."""

from __future__ import annotations

import pytest

from musegen.midi_ddsp.original.keras_config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
    network_config_from_json,
    network_config_to_json,
)


@pytest.mark.parametrize(
    "config",
    [
        SynthesisNetworkConfig(units=3, loop_norm="step"),
        ExpressionNetworkConfig(stack_depth=1, dropout_rate=0.1),
    ],
)
def test_json_gives_the_config_back(
    config: SynthesisNetworkConfig | ExpressionNetworkConfig,
) -> None:
    assert network_config_from_json(network_config_to_json(config)) == config


def test_values_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="units must be at least 1"):
        SynthesisNetworkConfig(units=0)
    with pytest.raises(ValueError, match="dropout_rate must lie in"):
        ExpressionNetworkConfig(dropout_rate=1.0)
    with pytest.raises(ValueError, match="loop_norm must be one of sequence, step"):
        SynthesisNetworkConfig(loop_norm="batch")
