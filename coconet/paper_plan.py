"""The layers of the paper's network as plain numbers: what is where, and how large.

The one home of its layer rules; building it is `musegen.coconet.paper_network` (Keras)
and `musegen.coconet.paper_onnx` (ONNX).

Source:
    Huang et al., ISMIR 2017, and the released code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, PaperNetworkConfig

NUM_PLANES = 2 * NUM_VOICES  # a roll and a mask for each voice
TRAINED_APART = ("moving_mean", "moving_variance")  # statistics, not trained

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLayer:
    """One layer: convolution, batch norm, and what follows.

    Args:
        index: From 0.
        kernel: Its side, 3 or 2.
        dilation: (time, pitch).
        in_channels: Channels it reads.
        filters: Channels it gives.
        is_separable: A depthwise and a pointwise stage, with a bias.
        num_groups: Of the pointwise stage.
        stores_input: Its input is kept for the residual.
        adds_stored: The kept tensor is added after its batch norm.
        is_last: Gives the logits: no ReLU.
    """

    index: int
    kernel: int
    dilation: tuple[int, int]
    in_channels: int
    filters: int
    is_separable: bool
    num_groups: int
    stores_input: bool
    adds_stored: bool
    is_last: bool

    @property
    def padding(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Zeros (before, after) in time and in pitch: a 2x2 kernel looks forward."""
        if self.kernel == 2:
            return ((0, 1), (0, 1))
        return ((self.dilation[0],) * 2, (self.dilation[1],) * 2)

    @property
    def weight_shapes(self) -> dict[str, Shape]:
        """Shapes of the weights, under the names that they have in Keras."""
        square = (self.kernel, self.kernel, self.in_channels)
        if self.is_separable:
            shapes = {
                f"depthwise{self.index}/kernel": (*square, 1),
                f"pointwise{self.index}/kernel": (
                    1,
                    1,
                    self.in_channels // self.num_groups,
                    self.filters,
                ),
                f"pointwise{self.index}/bias": (self.filters,),
            }
        else:
            shapes = {f"conv{self.index}/kernel": (*square, self.filters)}
        for name in ("gamma", "beta", *TRAINED_APART):
            shapes[f"norm{self.index}/{name}"] = (self.filters,)
        return shapes


def paper_layers(config: PaperNetworkConfig) -> tuple[PaperLayer, ...]:
    """Return every layer of a network.

    Raises:
        ValueError: The channels of a split layer cannot be split evenly.
    """
    plan = layer_plan(config)
    layers = []
    for index, (kernel, dilation) in enumerate(plan):
        is_last = index == len(plan) - 1
        is_separable = config.use_separable and index >= config.num_regular_layers
        num_groups = num_pointwise_groups(index, config) if is_separable else 1
        if config.num_filters % num_groups:
            raise ValueError(
                f"num_filters must be a multiple of num_pointwise_splits; received "
                f"{config.num_filters} and {num_groups}"
            )
        layers.append(
            PaperLayer(
                index=index,
                kernel=kernel,
                dilation=dilation,
                in_channels=config.num_filters if index else NUM_PLANES,
                filters=NUM_VOICES if is_last else config.num_filters,
                is_separable=is_separable,
                num_groups=num_groups,
                stores_input=index % 2 == 1,
                adds_stored=index > 0 and index % 2 == 0 and not is_last,
                is_last=is_last,
            )
        )
    return tuple(layers)


def weight_shapes(config: PaperNetworkConfig) -> dict[str, Shape]:
    """Return the shape of every weight by its name in Keras.

    Raises:
        ValueError: See `paper_layers`.
    """
    return {
        name: shape
        for layer in paper_layers(config)
        for name, shape in layer.weight_shapes.items()
    }


def count_parameters(config: PaperNetworkConfig) -> tuple[int, int]:
    """Return (trainable parameters, those and the statistics of batch norm)."""
    sizes = {name: math.prod(shape) for name, shape in weight_shapes(config).items()}
    statistics = sum(n for name, n in sizes.items() if name.endswith(TRAINED_APART))
    return sum(sizes.values()) - statistics, sum(sizes.values())


def layer_plan(config: PaperNetworkConfig) -> list[tuple[int, tuple[int, int]]]:
    """Return (kernel side, (time dilation, pitch dilation)) of each layer."""
    tail = [(2, (1, 1)), (2, (1, 1))]
    if not config.num_dilation_blocks:
        return [(3, (1, 1))] * (config.num_layers - 2) + tail
    time_level = _max_level(config.crop_steps)
    pitch_level = _max_level(NUM_PITCHES)
    top = max(time_level, pitch_level) + int(config.repeat_last_dilation_level)
    block = [
        (
            2 ** min(level, time_level),
            1 if config.dilate_time_only else 2 ** min(level, pitch_level),
        )
        for level in range(top + 1)
    ]
    inner = [(3, dilation) for dilation in block] * config.num_dilation_blocks
    return [(3, (1, 1)), *inner, *tail]


def num_pointwise_groups(index: int, config: PaperNetworkConfig) -> int:
    """Return how often the pointwise stage of a layer is split."""
    is_inner = 0 < index < len(layer_plan(config)) - 2
    is_split = index % (config.split_interleave + 1) == 0
    if config.num_dilation_blocks and is_inner and is_split:
        return config.num_pointwise_splits
    return 1


def _max_level(length: int) -> int:
    return math.ceil(math.log2(length)) - 1
