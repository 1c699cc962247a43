"""What a network of DDSP Inference is made of, as data: one frozen class each.

A config travels with the weights in the model folder. What the networks compute is in
the `*_network` modules beside this one.
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
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS

NUM_LOGITS = 1 + NUM_HARMONICS + NUM_NOISE_BANDS  # amplitude, harmonics, noise
NUM_MEL_BANDS = 64
# Decibels by which each definition of loudness is divided for a network.
# Source: Wu et al., ICLR 2022, and the library before and after its version 2.
LOUDNESS_SCALE_DB = {"old": 120.0, "new": 80.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNetworkConfig:
    """Our network: it corrects parameters measured in the recording's spectra.

    Args:
        channels: Of the trunk.
        hidden_channels: Inside a block.
        dilations: Frames between the taps of each block's temporal stage.
    """

    architecture: ClassVar[str] = "correction"
    inputs: ClassVar[tuple[str, ...]] = ("features", "measured")

    channels: int = 160
    hidden_channels: int = 224
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)

    def __post_init__(self) -> None:
        require_at_least("channels", self.channels, 1)
        require_at_least("hidden_channels", self.hidden_channels, 1)
        object.__setattr__(self, "dilations", tuple(self.dilations))
        for dilation in self.dilations:
            require_at_least("dilations", dilation, 1)

    @property
    def context_frames(self) -> int:
        """Frames on either side that an output depends on."""
        return sum(self.dilations)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoencoderNetworkConfig:
    """The original DDSP autoencoder, which hears pitch, loudness and an instrument.

    Args:
        units: Of the dense stacks and the recurrent layer.
        num_dense: Layers of a stack.
        instrument_units: Length of an instrument's embedding.
        num_instruments: Slots of the embedding.

    Source:
        Engel et al., ICLR 2020; the baseline of Wu et al., ICLR 2022.
    """

    architecture: ClassVar[str] = "autoencoder"
    inputs: ClassVar[tuple[str, ...]] = ("pitch", "loudness", "instrument")
    context_frames: ClassVar[int] = 250  # what its memory is given to settle

    units: int = 512
    num_dense: int = 3
    instrument_units: int = 128
    num_instruments: int = 20

    def __post_init__(self) -> None:
        for name in ("units", "num_dense", "instrument_units", "num_instruments"):
            require_at_least(name, getattr(self, name), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatNetworkConfig:
    """DDSP Inference as published: a CNN over log-mel and a two-way recurrent layer.

    Args:
        filters: Of the four convolution blocks.
        units: Of the CNN's summary, of the f0 and loudness layer and of one direction
            of the recurrent layer.
        instrument_units: Length of an instrument's embedding.
        num_instruments: Slots of the embedding.
        dropout_rate: After each block.
        loudness_definition: `old` for the released weights, `new` for our data.

    Source:
        Wu et al., ICLR 2022.
    """

    architecture: ClassVar[str] = "compat"
    inputs: ClassVar[tuple[str, ...]] = ("log_mel", "pitch", "loudness", "instrument")
    context_frames: ClassVar[int] = 250

    filters: tuple[int, ...] = (64, 128, 256, 512)
    units: int = 256
    instrument_units: int = 128
    num_instruments: int = 20
    dropout_rate: float = 0.2
    loudness_definition: str = "new"

    def __post_init__(self) -> None:
        object.__setattr__(self, "filters", tuple(self.filters))
        if len(self.filters) != 4:
            raise ValueError(f"filters must be four; received {self.filters}")
        for name in ("units", "instrument_units", "num_instruments"):
            require_at_least(name, getattr(self, name), 1)
        if not 0.0 <= self.dropout_rate < 1.0:
            raise ValueError(
                f"dropout_rate must lie in [0, 1); received {self.dropout_rate}"
            )
        if self.loudness_definition not in LOUDNESS_SCALE_DB:
            raise ValueError(
                f"loudness_definition must be one of {sorted(LOUDNESS_SCALE_DB)}; "
                f"received {self.loudness_definition!r}"
            )


NetworkConfig = CorrectionNetworkConfig | AutoencoderNetworkConfig | CompatNetworkConfig
_CLASSES: tuple[type[NetworkConfig], ...] = (
    CorrectionNetworkConfig,
    AutoencoderNetworkConfig,
    CompatNetworkConfig,
)


def config_to_json(config: NetworkConfig) -> dict[str, Any]:
    """Return the config as JSON data; `config_from_json` is the exact inverse."""
    return architecture_to_json(config)


def config_from_json(data: Mapping[str, Any]) -> NetworkConfig:
    """Build a config from JSON data.

    Raises:
        ValueError: Unknown architecture, unknown key, or a value out of range.
    """
    return architecture_from_json(data, _CLASSES)
