"""The sizes of the discriminator, as data."""

from __future__ import annotations

from dataclasses import dataclass

from musegen.engine.architectures import require_at_least
from musegen.midi_ddsp.parameters import NUM_HARMONICS, NUM_NOISE_BANDS


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscriminatorConfig:
    """What judges a generator; the defaults judge the original's.

    Args:
        num_conditions: Channels of what both the maker and the judge are told.
        num_parameters: Channels of what is judged: the pitch and a frame's logits.
        units: Channels inside.
        num_scales: Speeds at which it looks, each half the one before.
        num_blocks: Of each speed.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
    """

    num_conditions: int = 320
    num_parameters: int = 2 + NUM_HARMONICS + NUM_NOISE_BANDS
    units: int = 256
    num_scales: int = 3
    num_blocks: int = 4

    def __post_init__(self) -> None:
        for name in (
            "num_conditions",
            "num_parameters",
            "units",
            "num_scales",
            "num_blocks",
        ):
            require_at_least(name, getattr(self, name), 1)
