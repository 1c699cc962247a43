"""Variables of Magenta's Coconet, given the names and shapes that ours have.

Knows both spellings of separable layers, split pointwise stages, layers with a bias in
place of batch norm, and what training leaves beside the weights.

Source:
    The variables of the released graph code, before and since March 2021.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import PaperNetworkConfig
from musegen.coconet.paper_plan import PaperLayer, Shape, paper_layers
from musegen.data.errors import InputError

Arrays = Mapping[str, NDArray[Any]]
Find = Callable[[str, Shape], NDArray[np.float64]]

# Variables of a layer: ours, Magenta's since March 2021, Magenta's before.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "kernel": ("weights",),
    "depthwise": (
        "separable_conv2d/depthwise_kernel",
        "SeparableConv2d/depthwise_weights",
    ),
    "pointwise": (
        "separable_conv2d/pointwise_kernel",
        "SeparableConv2d/pointwise_weights",
    ),
    "pointwise_bias": ("separable_conv2d/bias", "SeparableConv2d/biases"),
    "gamma": ("gamma",),
    "beta": ("beta",),
    "moving_mean": ("popmean",),
    "moving_variance": ("popvariance",),
    "bias": ("bias",),
}
_LAYER = re.compile(r"model/conv(\d+)/")
_TRAINING_STATE = re.compile(
    r"(.*/)?(Adam(_\d+)?|global_step|learning_rate|beta[12]_power|Momentum|RMSProp.*)$"
)
_MAX_NAMED = 4


def is_weight(name: str) -> bool:
    """Return whether a variable is part of the network, not of its training."""
    return _TRAINING_STATE.fullmatch(name) is None


def is_coconet(names: Iterable[str]) -> bool:
    """Return whether these are the variables of a Coconet."""
    return any(_LAYER.match(name) for name in names if is_weight(name))


def network_weights(
    arrays: Arrays,
    config: PaperNetworkConfig,
    *,
    has_batch_norm: bool = True,
    where: str,
) -> dict[str, NDArray[np.float32]]:
    """Return the weights under the names and in the shapes of the Keras network.

    Args:
        arrays: Magenta's variables by name; the state of training is left alone.
        config: The architecture they are for.
        has_batch_norm: Whether the layers have batch norm, or else a bias, which
            becomes a batch norm that only adds.
        where: What messages call the file.

    Raises:
        InputError: Variables are missing, unknown, of another shape or not finite; they
            are named.
    """
    search = _Search(arrays)
    weights: dict[str, NDArray[Any]] = {}
    for layer in paper_layers(config):
        weights.update(_kernels(search, layer))
        weights.update(
            _norm(search, layer)
            if has_batch_norm
            else _norm_of_bias(search, layer, config.batch_norm_epsilon)
        )
    unknown = [n for n in arrays if n not in search.taken and is_weight(n)]
    search.problems += [f"has an unknown '{name}'" for name in sorted(unknown)]
    if search.problems:
        raise InputError(
            f"{where} does not fit its config: {_few(search.problems)}; give the "
            "config that came with these weights"
        )
    return {name: np.asarray(a, dtype=np.float32) for name, a in weights.items()}


class _Search:
    """Finds variables, and keeps what was taken and what was wrong."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays
        self.taken: set[str] = set()
        self.problems: list[str] = []

    def variable(self, layer: PaperLayer, what: str, shape: Shape) -> NDArray[Any]:
        """Return one of the usual variables of a layer, in that shape."""
        return self.first(
            [f"model/conv{layer.index}/{s}" for s in _SPELLINGS[what]], shape
        )

    def first(self, names: Collection[str], shape: Shape) -> NDArray[Any]:
        """Return the variable of one of these names, or zeros and note the problem."""
        name = next((name for name in names if name in self._arrays), None)
        if name is None:
            self.problems.append(f"lacks '{next(iter(names))}'")
            return np.broadcast_to(0.0, shape)
        self.taken.add(name)
        array = self._arrays[name]
        if _without_ones(array.shape) != _without_ones(shape):
            self.problems.append(
                f"'{name}' is {_shown(array.shape)}, needed is {_shown(shape)}"
            )
            return np.broadcast_to(0.0, shape)
        if not np.isfinite(array).all():
            self.problems.append(f"'{name}' holds NaN or infinity")
        return array.reshape(shape)


def _kernels(search: _Search, layer: PaperLayer) -> dict[str, NDArray[Any]]:
    """Return the kernels of a layer, and the bias of its pointwise stage."""
    index, shapes = layer.index, layer.weight_shapes
    if not layer.is_separable:
        name = f"conv{index}/kernel"
        return {name: search.variable(layer, "kernel", shapes[name])}
    depthwise, kernel, bias = (
        f"depthwise{index}/kernel",
        f"pointwise{index}/kernel",
        f"pointwise{index}/bias",
    )
    found = {depthwise: search.variable(layer, "depthwise", shapes[depthwise])}
    if layer.num_groups == 1:
        found[kernel] = search.variable(layer, "pointwise", shapes[kernel])
        found[bias] = search.variable(layer, "pointwise_bias", shapes[bias])
        return found
    num_out = layer.filters // layer.num_groups
    splits = [
        f"model/conv{index}/split_{index}_{group}" for group in range(layer.num_groups)
    ]
    shape = (*shapes[kernel][:3], num_out)
    found[kernel] = np.concatenate(
        [search.first([f"{split}/kernel"], shape) for split in splits], axis=-1
    )
    found[bias] = np.concatenate(
        [search.first([f"{split}/bias"], (num_out,)) for split in splits]
    )
    return found


def _norm(search: _Search, layer: PaperLayer) -> dict[str, NDArray[Any]]:
    shape = (layer.filters,)
    return {
        f"norm{layer.index}/{what}": search.variable(layer, what, shape)
        for what in ("gamma", "beta", "moving_mean", "moving_variance")
    }


def _norm_of_bias(
    search: _Search, layer: PaperLayer, epsilon: float
) -> dict[str, NDArray[Any]]:
    """Return the batch norm that adds a bias and does nothing else."""
    ones = np.ones(layer.filters)
    return {
        f"norm{layer.index}/gamma": ones * np.sqrt(1.0 + epsilon),
        f"norm{layer.index}/beta": search.variable(layer, "bias", (layer.filters,)),
        f"norm{layer.index}/moving_mean": 0.0 * ones,
        f"norm{layer.index}/moving_variance": ones,
    }


def _without_ones(shape: Shape) -> Shape:
    """Return a shape as it counts: [1, 1, 1, 128] and [128] hold the same."""
    return tuple(size for size in shape if size != 1)


def _shown(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "a scalar"


def _few(problems: list[str]) -> str:
    rest = len(problems) - _MAX_NAMED
    return "; ".join(problems[:_MAX_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
