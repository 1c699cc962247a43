"""From a Keras network to the bytes of an `.onnx` file that ONNX Runtime runs fast.

Goes through TensorFlow and tf2onnx. The same network and weights give the same bytes.
Which file goes where is `musegen.engine.model_folder`.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from musegen.data.errors import MissingPackageError, ModelError
from musegen.engine.keras_predictor import call_flat, input_names, output_names
from musegen.engine.quiet import import_keras, quiet_import
from musegen.engine.weights import rounded_weights

OPSET = 18  # ONNX Runtime 1.14 and later


def onnx_bytes(model: Any, *, opset: int = OPSET, half_storage: bool = True) -> bytes:
    """Return a network as the content of an `.onnx` file.

    Axes of unknown length stay free. With `half_storage` the weights are rounded as
    `musegen.engine.weights` rounds them, and computing stays in float32.

    Args:
        model: A built functional `keras.Model` in float32 on the TensorFlow backend.
            Inputs and outputs are named as `keras_predictor.input_names` says.
        opset: Version of ONNX' operators.
        half_storage: Store the large kernels in half precision.

    Raises:
        MissingPackageError: tf2onnx or its companions are not installed.
        ModelError: Another backend is in use, a layer computes what ONNX cannot, or an
            output is called like an input.
    """
    keras = import_keras()
    _require_packages()
    if shared := sorted(set(input_names(model)) & set(output_names(model))):
        raise ModelError(
            f"the network cannot be exported: {', '.join(shared)} names an input and "
            "an output, which ONNX does not allow; rename the output"
        )
    from musegen.engine.onnx_tidying import store_half, tidy, unknown_operators

    if keras.backend.backend() != "tensorflow":
        raise ModelError(
            f"exporting needs Keras on TensorFlow, this is {keras.backend.backend()}: "
            "save the weights, then export them with KERAS_BACKEND=tensorflow"
        )
    if half_storage:
        with rounded_weights(model):
            proto = _convert(model, opset)
    else:
        proto = _convert(model, opset)
    if unknown := unknown_operators(proto, opset):
        raise ModelError(
            f"the network cannot be exported: ONNX {opset} has no "
            f"{', '.join(unknown)}; write the layer with other operations"
        )
    tidy(proto, inputs=input_names(model), outputs=output_names(model))
    if half_storage:
        store_half(proto)
    return _checked_bytes(proto)


def _require_packages() -> None:
    for package in ("onnx", "tf2onnx"):
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(
                package, extra="train", purpose="exporting a network"
            )


def _convert(model: Any, opset: int) -> Any:
    """Return the model as tf2onnx gives it."""
    with quiet_import():
        import tensorflow as tf
        import tf2onnx
    names = output_names(model)
    signature = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for tensor, name in zip(model.inputs, input_names(model), strict=True)
    ]

    def call(*tensors: Any) -> dict[str, Any]:
        values = call_flat(model, tensors)
        return {name: tf.identity(v) for name, v in zip(names, values, strict=True)}

    function = tf.function(call, input_signature=signature, autograph=False)
    with quiet_import(), _silent_log("tf2onnx"):
        with _plain_operations(tf):
            function.get_concrete_function()
        proto, _ = tf2onnx.convert.from_function(
            function,
            input_signature=signature,
            opset=opset,
            custom_op_handlers={"SelectV2": (_to_where, [])},
        )
    return proto


def _to_where(graph: Any, node: Any, name: str, arguments: Any) -> None:
    """Convert a choice to one `Where`.

    tf2onnx would multiply both sides by 0 or 1 and add: six operators, and NaN where
    the side not chosen is infinite.
    """
    node.type = "Where"
    node.domain = ""


@contextmanager
def _plain_operations(tf: Any) -> Iterator[None]:
    """Trace a few operations in a form that ONNX computes alike, and fast.

    TensorFlow rewrites a dilated convolution as moving blocks to the batch axis and
    back, and a product with a matrix as reshaping; with axes of free length tf2onnx can
    undo neither. 20 layers of 256 dilated 1-D filters: 154 operators instead of 1136.
    And -1 is no class to TensorFlow's one-hot, but the last one to that of ONNX.
    """
    convolution, tensordot, one_hot = tf.nn.convolution, tf.tensordot, tf.one_hot

    def plain_convolution(
        input: Any,
        filters: Any,
        strides: Any = None,
        padding: Any = "VALID",
        data_format: str | None = None,
        dilations: Any = None,
        name: str | None = None,
    ) -> Any:
        num_axes = filters.shape.rank - 2
        steps, holes = _per_axis(strides, num_axes), _per_axis(dilations, num_axes)
        is_channels_last = data_format in (None, "NWC", "NHWC")
        is_plain = num_axes > 2 or not is_channels_last or not isinstance(padding, str)
        if is_plain or max(holes) == 1:
            return convolution(
                input, filters, strides, padding, data_format, dilations, name
            )
        if num_axes == 2:
            return tf.nn.conv2d(
                input, filters, [1, *steps, 1], padding, dilations=[1, *holes, 1]
            )
        wide = tf.nn.conv2d(
            tf.expand_dims(input, 1),
            filters[None],
            [1, 1, *steps, 1],
            padding,
            dilations=[1, 1, *holes, 1],
        )
        return tf.squeeze(wide, 1)

    def plain_tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
        if b.shape.rank == 2 and axes in (1, [[-1], [0]]):
            return tf.matmul(a, b)
        return tensordot(a, b, axes, name)

    def plain_one_hot(
        indices: Any,
        depth: int,
        on_value: Any = None,
        off_value: Any = None,
        axis: int | None = None,
        dtype: Any = None,
        name: str | None = None,
    ) -> Any:
        indices = tf.convert_to_tensor(indices)
        if axis not in (None, -1) or on_value is not None or off_value is not None:
            outside = tf.cast(depth, indices.dtype)
            indices = tf.where(indices < 0, outside, indices)
            return one_hot(indices, depth, on_value, off_value, axis, dtype, name)
        classes = tf.range(depth, dtype=indices.dtype)
        return tf.cast(indices[..., None] == classes, dtype or tf.float32)

    tf.nn.convolution, tf.tensordot = plain_convolution, plain_tensordot
    tf.one_hot = plain_one_hot
    try:
        yield
    finally:
        tf.nn.convolution, tf.tensordot = convolution, tensordot
        tf.one_hot = one_hot


def _per_axis(value: int | Sequence[int] | None, num_axes: int) -> list[int]:
    if value is None or isinstance(value, int):
        return [value or 1] * num_axes
    return list(value)


@contextmanager
def _silent_log(name: str) -> Iterator[None]:
    """Keep a package from logging what we report ourselves."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _checked_bytes(proto: Any) -> bytes:
    import onnx

    onnx.checker.check_model(proto)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content
