"""What a Coconet network is made of, as data: one frozen class an architecture.

The defaults of `BeatNetworkConfig` build the model we ship, those of
`PaperNetworkConfig` the released 64-layer network. A config travels with the weights in
the model folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from musegen.engine.architectures import (
    architecture_from_json,
    architecture_to_json,
    require_at_least,
)

MIN_PITCH = 36  # Source: Jsb16thSeparated arrays, all splits lie in 36..81
NUM_PITCHES = 46
NUM_VOICES = 4
VOICE_NAMES = ("soprano", "alto", "tenor", "bass")
REST_CLASS = NUM_PITCHES  # of the logits of networks that write rests
PLANES = ("onset", "metre", "fermata")  # what a network may be told, see `planes.py`


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperNetworkConfig:
    """The two-dimensional network of the paper, over (time, pitch).

    Args:
        num_layers: All layers, at least 4; ignored when `num_dilation_blocks` is not 0.
        num_filters: Channels of the inner layers.
        num_dilation_blocks: 0 gives the `straight` network, more the `dilated` one.
        crop_steps: Training crop from which the dilation levels in time are derived.
        dilate_time_only: Leave pitch undilated.
        repeat_last_dilation_level: One more level a block.
        use_separable: Depthwise separable layers from `num_regular_layers` on.
        num_regular_layers: Ordinary layers before the separable ones.
        num_pointwise_splits: Groups of the pointwise stage where layers are split.
        split_interleave: A layer is split when its index is a multiple of this plus
            one.
        mask_is_context: The mask planes say 1 = visible (True) or 1 = hidden (False).
        batch_norm_epsilon: Variance floor.

    Source:
        Huang et al., ISMIR 2017, with the layer rules of the released code (two 2x2
        layers last, residual from the input of each odd layer, batch norm on the logits
        too).
    """

    architecture: ClassVar[str] = "paper"
    planes: ClassVar[tuple[str, ...]] = ()
    writes_rests: ClassVar[bool] = False
    writes_onsets: ClassVar[bool] = False

    num_layers: int = 64
    num_filters: int = 128
    num_dilation_blocks: int = 0
    crop_steps: int = 64
    dilate_time_only: bool = False
    repeat_last_dilation_level: bool = False
    use_separable: bool = False
    num_regular_layers: int = 2
    num_pointwise_splits: int = 1
    split_interleave: int = 1
    mask_is_context: bool = True
    batch_norm_epsilon: float = 1e-7

    def __post_init__(self) -> None:
        require_at_least("num_layers", self.num_layers, 4)
        require_at_least("num_filters", self.num_filters, 1)
        require_at_least("num_dilation_blocks", self.num_dilation_blocks, 0)
        require_at_least("crop_steps", self.crop_steps, 2)
        require_at_least("num_pointwise_splits", self.num_pointwise_splits, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatNetworkConfig:
    """Our own network: convolution over time at two speeds, sixteenths and beats.

    Args:
        step_channels: Channels of the sixteenth-note layers.
        beat_channels: Channels of the beat layers.
        num_step_blocks: Residual blocks before and again after the beat layers.
        beat_dilations: Dilation, in beats, of each residual block of the trunk.
        attention_after: Indices of the trunk blocks that are followed by attention.
        num_heads: Attention heads.
        attention_reach_beats: How far attention sees to either side.
        interval_reach: Semitones either way that the relative head can express.
        dropout_rate: In the trunk, during training.
        steps_per_beat: Sixteenths in a beat; step 0 lies on a beat.
        fill_reach_steps: Longest stride of the search for the nearest visible note,
            which reaches nearly twice as far (`NearestNotes`).
        planes: What the network may be told beside the pitches, of `PLANES`.
        knows_beat_position: Whether it knows where in the beat a step lies.
        writes_rests: Whether silence is a class of its own, after the pitches.
        writes_onsets: Whether it says which notes are struck anew.
    """

    architecture: ClassVar[str] = "beat"

    step_channels: int = 192
    beat_channels: int = 320
    num_step_blocks: int = 2
    beat_dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)
    attention_after: tuple[int, ...] = (2, 5)
    num_heads: int = 5
    attention_reach_beats: int = 16
    interval_reach: int = 12
    dropout_rate: float = 0.1
    steps_per_beat: int = 4
    fill_reach_steps: int = 128
    planes: tuple[str, ...] = PLANES
    knows_beat_position: bool = True
    writes_rests: bool = True
    writes_onsets: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "planes", tuple(self.planes))
        if unknown := sorted(set(self.planes) - set(PLANES)):
            raise ValueError(
                f"planes must be of {', '.join(PLANES)}; received {', '.join(unknown)}"
            )
        object.__setattr__(self, "beat_dilations", tuple(self.beat_dilations))
        object.__setattr__(self, "attention_after", tuple(self.attention_after))
        require_at_least("step_channels", self.step_channels, 1)
        require_at_least("num_step_blocks", self.num_step_blocks, 0)
        require_at_least("interval_reach", self.interval_reach, 0)
        require_at_least("steps_per_beat", self.steps_per_beat, 1)
        require_at_least("beat_channels", self.beat_channels, 1)
        require_at_least("num_heads", self.num_heads, 1)
        if self.beat_channels % self.num_heads:
            raise ValueError(
                f"beat_channels must be a multiple of num_heads; received "
                f"{self.beat_channels} and {self.num_heads}"
            )
        if not 0.0 <= self.dropout_rate < 1.0:
            raise ValueError(
                f"dropout_rate must lie in [0, 1); received {self.dropout_rate}"
            )

    @property
    def num_classes(self) -> int:
        """Classes of a cell: the pitches, and silence where it is written."""
        return NUM_PITCHES + self.writes_rests


NetworkConfig = PaperNetworkConfig | BeatNetworkConfig
Architecture = Literal["paper", "beat"]
_CLASSES: tuple[type[NetworkConfig], ...] = (
    PaperNetworkConfig,
    BeatNetworkConfig,
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


# The released network, 64 layers of 128 filters. Source: Magenta's checkpoint.
PAPER = PaperNetworkConfig()
# The Bach Doodle's kind, 33 separable layers, of which layer 17 is split in four.
# Source: the specification of the network in magenta.js.
BROWSER = PaperNetworkConfig(
    num_dilation_blocks=5,
    crop_steps=32,
    use_separable=True,
    num_regular_layers=0,
    num_pointwise_splits=4,
    split_interleave=16,
)
