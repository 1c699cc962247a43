"""Which accelerators a training run uses, and how one batch is spread over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from musegen.data.errors import UsageError

_SPREADING_BACKEND = "jax"  # the one whose distribution Keras supports


def gpu_names() -> tuple[str, ...]:
    """Return the GPUs that the Keras backend sees, as Keras names them."""
    import keras

    try:
        names = keras.distribution.list_devices("gpu")
    except (AttributeError, RuntimeError):
        # JAX has a list only where there is a GPU; for PyTorch Keras has none at all.
        return ()
    return tuple(str(name) for name in names)


@contextmanager
def spread_batches(batch_size: int, devices: Sequence[str]) -> Iterator[None]:
    """Let every batch be shared by several devices while a `with` block lasts.

    Models must be built inside the block. Each device holds all weights and works on
    its part of the batch; gradients are added up. With fewer than two devices nothing
    changes.

    Args:
        batch_size: Items in a batch.
        devices: Names as Keras lists them.

    Raises:
        UsageError: The batch cannot be shared evenly, or the Keras backend cannot
            spread batches.

    Source:
        `keras.distribution.DataParallel`, which Keras 3.15 supports on JAX only.
    """
    if len(devices) < 2:
        yield
        return
    import keras

    if keras.backend.backend() != _SPREADING_BACKEND:
        raise UsageError(
            f"{len(devices)} GPUs can share a run only with KERAS_BACKEND=jax: set it, "
            "or leave one GPU visible with CUDA_VISIBLE_DEVICES=0"
        )
    if batch_size % len(devices):
        raise UsageError(
            f"a batch of {batch_size} cannot be shared evenly by {len(devices)} GPUs: "
            "give --batch-size a multiple of that number"
        )
    previous = keras.distribution.distribution()
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=list(devices), auto_shard_dataset=False)
    )
    try:
        yield
    finally:
        keras.distribution.set_distribution(previous)
