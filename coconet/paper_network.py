"""The two-dimensional network of the paper, layer for layer as the released one.

Time and pitch are the two image axes, the four voices and their four mask planes the
channels. Kept for importing official weights, for comparison and for retraining; the
network we ship is in `musegen.coconet.beat_network`.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES, PaperNetworkConfig
from musegen.coconet.paper_plan import layer_plan, num_pointwise_groups


def build_paper_network(config: PaperNetworkConfig) -> keras.Model:
    """Build the `straight` or `dilated` network.

    Returns:
        A model with the inputs and outputs of `musegen.coconet.network`.

    Source:
        Huang et al., ISMIR 2017, and the released code: convolution, batch norm,
        residual, ReLU in that order; the residual is the input of each odd layer, added
        after the next even one; the last two layers have 2x2 kernels padded after, not
        before.
    """
    pitch = keras.Input((None, NUM_VOICES), name="pitch", dtype="int32")
    is_hidden = keras.Input((None, NUM_VOICES), name="is_hidden", dtype="float32")

    # === Layers ===
    x = PlanesOfRoll(config.mask_is_context, name="planes")(pitch, is_hidden)
    plan = layer_plan(config)

    # === Functional Model ===
    stored = x
    for index, (kernel, dilation) in enumerate(plan):
        is_last = index == len(plan) - 1
        filters = NUM_VOICES if is_last else config.num_filters
        if index % 2:
            stored = x
        x = _convolve(x, index, kernel, dilation, filters, config)
        if index and index % 2 == 0 and not is_last:
            x = layers.Add(name=f"add{index}")([x, stored])
        if not is_last:
            x = layers.ReLU(name=f"relu{index}")(x)
    logits = layers.Permute((1, 3, 2), name="logits", dtype="float32")(x)
    return keras.Model(
        {"pitch": pitch, "is_hidden": is_hidden}, {"logits": logits}, name="coconet"
    )


def _convolve(
    x: Any,
    index: int,
    kernel: int,
    dilation: tuple[int, int],
    filters: int,
    config: PaperNetworkConfig,
) -> Any:
    before = 0 if kernel == 2 else None
    padding = [
        ((before, 1) if before is not None else (rate, rate)) for rate in dilation
    ]
    x = layers.ZeroPadding2D(tuple(padding), name=f"pad{index}")(x)
    if config.use_separable and index >= config.num_regular_layers:
        x = layers.DepthwiseConv2D(
            kernel,
            dilation_rate=dilation,
            use_bias=False,
            depthwise_initializer="he_normal",
            name=f"depthwise{index}",
        )(x)
        x = layers.Conv2D(
            filters,
            1,
            groups=num_pointwise_groups(index, config),
            kernel_initializer="he_normal",
            name=f"pointwise{index}",
        )(x)
    else:
        x = layers.Conv2D(
            filters,
            kernel,
            dilation_rate=dilation,
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"conv{index}",
        )(x)
    return layers.BatchNormalization(
        epsilon=config.batch_norm_epsilon,
        momentum=0.99,
        gamma_initializer=keras.initializers.Constant(0.1),
        name=f"norm{index}",
    )(x)


@keras.saving.register_keras_serializable(package="musegen")
class PlanesOfRoll(keras.layers.Layer):
    """Pitch indices and hidden cells to eight planes: four rolls, four masks.

    Output: (batch, time, pitch, 8). A hidden cell and a visible rest are empty columns.
    """

    def __init__(self, mask_is_context: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_is_context = mask_is_context

    def call(self, pitch: Any, is_hidden: Any) -> Any:
        hidden = ops.cast(is_hidden, self.compute_dtype)
        is_note = ops.cast(pitch >= 0, self.compute_dtype) * (1.0 - hidden)
        roll = ops.one_hot(
            ops.maximum(pitch, 0), NUM_PITCHES, axis=2, dtype=self.compute_dtype
        )
        mask = 1.0 - hidden if self.mask_is_context else hidden
        planes = ops.broadcast_to(mask[:, :, None, :], ops.shape(roll))
        return ops.concatenate([roll * is_note[:, :, None, :], planes], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mask_is_context": self.mask_is_context}
