"""What the original's generators are made of, as data: one frozen class each.

The defaults are the published sizes. Only these can be played by
`musegen.midi_ddsp.original.model` and exported; others are for trying out.
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

LOOP_NORMS = ("sequence", "step")
_SIZES = ("embedding_units", "num_instruments", "units", "stack_units", "stack_depth")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisNetworkConfig:
    """The Synthesis Generator.

    Args:
        stack_units: Of the dense layers that read the conditioning.
        stack_depth: How many they are.
        condition_units: What they are condensed to.
        embedding_units: Of an instrument, and of the pitch before the convolutions.
        num_instruments: Slots.
        units: Of each recurrent layer.
        channels: Of the convolutions.
        num_stacks: Stacks of convolutions.
        layers_per_stack: Convolutions of a stack, their dilations 1, 2, 4 and so on.
        dropout_rate: Of the inputs of recurrent layers, and of the class before.
        loop_norm: What the statistics of the pitch decoder's norm are taken of when it
            is trained: `sequence` as published, where playing takes them of each frame;
            or `step`, so that it is trained as it is played.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program: 4 429 383 parameters.
    """

    architecture: ClassVar[str] = "original_synthesis"

    stack_units: int = 512
    stack_depth: int = 5
    condition_units: int = 256
    embedding_units: int = 64
    num_instruments: int = 20
    units: int = 256
    channels: int = 128
    num_stacks: int = 4
    layers_per_stack: int = 5
    dropout_rate: float = 0.5
    loop_norm: str = "sequence"

    def __post_init__(self) -> None:
        for name in (
            *_SIZES,
            "condition_units",
            "channels",
            "num_stacks",
            "layers_per_stack",
        ):
            require_at_least(name, getattr(self, name), 1)
        _check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionNetworkConfig:
    """The Expression Generator.

    Args:
        embedding_units: Of a pitch, a length and an instrument.
        num_instruments: Slots.
        units: Of each recurrent layer.
        stack_units: Of the dense layers after them.
        stack_depth: How many they are.
        dropout_rate: Of the inputs of recurrent layers, and of the controls before.
        loop_norm: See `SynthesisNetworkConfig`; here a step is a note.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program: 541 062 parameters.
    """

    architecture: ClassVar[str] = "original_expression"

    embedding_units: int = 64
    num_instruments: int = 20
    units: int = 128
    stack_units: int = 128
    stack_depth: int = 2
    dropout_rate: float = 0.5
    loop_norm: str = "sequence"

    def __post_init__(self) -> None:
        for name in _SIZES:
            require_at_least(name, getattr(self, name), 1)
        _check(self)


OriginalNetworkConfig = SynthesisNetworkConfig | ExpressionNetworkConfig
_CLASSES: tuple[type[OriginalNetworkConfig], ...] = (
    SynthesisNetworkConfig,
    ExpressionNetworkConfig,
)


def _check(config: OriginalNetworkConfig) -> None:
    if not 0.0 <= config.dropout_rate < 1.0:
        raise ValueError(
            f"dropout_rate must lie in [0, 1); received {config.dropout_rate}"
        )
    if config.loop_norm not in LOOP_NORMS:
        raise ValueError(
            f"loop_norm must be one of {', '.join(LOOP_NORMS)}; received "
            f"{config.loop_norm!r}"
        )


def network_config_to_json(config: OriginalNetworkConfig) -> dict[str, Any]:
    """Return the config as JSON data; the inverse is `network_config_from_json`."""
    return architecture_to_json(config)


def network_config_from_json(data: Mapping[str, Any]) -> OriginalNetworkConfig:
    """Build a config from JSON data.

    Raises:
        ValueError: Unknown architecture, unknown key, or a value out of range.
    """
    return architecture_from_json(data, _CLASSES)
