"""What our generators' networks are made of, as data: one frozen class each.

A config travels with the weights in the model folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from musegen.engine.architectures import (
    architecture_from_json,
    architecture_to_json,
    require_at_least,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisNetworkConfig:
    """Our Synthesis Generator: frames of a line to synthesis parameters.

    Args:
        input_channels: Of the first layer, which sees two frames.
        channels: Of the trunk.
        hidden_channels: Inside a block.
        dilations: Pairs of frames between the taps of each block's temporal stage.
        is_told_expression: Whether it reads the controls; without, it is the baseline
            that shows what they are worth.
    """

    architecture: ClassVar[str] = "line_to_parameters"

    input_channels: int = 256
    channels: int = 160
    hidden_channels: int = 224
    dilations: tuple[int, ...] = (1, 2, 4, 8, 1, 2, 4, 8)
    is_told_expression: bool = True

    def __post_init__(self) -> None:
        for name in ("input_channels", "channels", "hidden_channels"):
            require_at_least(name, getattr(self, name), 1)
        object.__setattr__(self, "dilations", tuple(self.dilations))
        for dilation in self.dilations:
            require_at_least("dilations", dilation, 1)

    @property
    def context_frames(self) -> int:
        """Frames on either side that an output depends on, an even number."""
        return 2 * sum(self.dilations)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionNetworkConfig:
    """Our Expression Generator: notes of a line to their controls, one after another.

    Args:
        units: Of the recurrent layers, per direction before the notes are played.
        dropout: Share of inputs of the recurrent layers left out in training.
    """

    architecture: ClassVar[str] = "notes_to_controls"

    units: int = 96
    dropout: float = 0.05

    def __post_init__(self) -> None:
        require_at_least("units", self.units, 1)
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f"dropout must be below 1; received {self.dropout}")


NetworkConfig = SynthesisNetworkConfig | ExpressionNetworkConfig
_CLASSES: tuple[type[NetworkConfig], ...] = (
    SynthesisNetworkConfig,
    ExpressionNetworkConfig,
)


def config_to_json(config: NetworkConfig) -> dict[str, Any]:
    """Return a config as JSON data; `config_from_json` is the exact inverse."""
    return architecture_to_json(config)


def config_from_json(data: Mapping[str, Any]) -> NetworkConfig:
    """Build a config from JSON data.

    Raises:
        ValueError: Unknown architecture, unknown key, or a value out of range.
    """
    return architecture_from_json(data, _CLASSES)
