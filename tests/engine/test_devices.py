"""GPUs by name, and batches shared by several devices."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import keras
import pytest

from musegen.data.errors import UsageError
from musegen.engine.devices import gpu_names, spread_batches

Untyped = Any  # Keras has no type information; options are of many types

TWO = ("gpu:0", "gpu:1")
ON_TWO_HOST_DEVICES = {
    "KERAS_BACKEND": "jax",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
}

# Trains the same network on one device and on two; prints both runs as JSON.
SCRIPT = """
import json
import keras
import numpy as np
from musegen.engine.devices import gpu_names, spread_batches
from musegen.engine.muon import Muon

def run(devices):
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    with spread_batches(8, devices):
        model = keras.Sequential([
            keras.Input((6, 3)),
            keras.layers.Conv1D(8, 3, padding="same", activation="silu"),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(2),
        ])
        optimizer = Muon(learning_rate=0.1, excluded=("dense",))
        model.compile(optimizer=optimizer, loss="mse", jit_compile=False)
        losses = []
        for _ in range(4):
            model.reset_metrics()
            x = rng.normal(size=(8, 6, 3)).astype("float32")
            weights = rng.random((8, 6)).astype("float32")
            loss = model.train_on_batch(x, x[..., :2], sample_weight=weights)
            losses.append(float(np.ravel(loss)[0]))
        spread = len(model.weights[0].value.sharding.device_set)
    after = keras.distribution.distribution()
    return {"losses": losses, "devices": spread, "after": after is None}

names = keras.distribution.list_devices("cpu")
print(json.dumps({"one": run(names[:1]), "two": run(names), "gpus": gpu_names()}))
"""


@pytest.mark.parametrize("names", [(), ("gpu:0",), TWO])
def test_gpus_are_called_as_keras_calls_them(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def list_devices(kind: str) -> list[str]:
        asked.append(kind)
        return list(names)

    monkeypatch.setattr(keras.distribution, "list_devices", list_devices)
    assert gpu_names() == names
    assert asked == ["gpu"]


@pytest.mark.parametrize("error", [RuntimeError, AttributeError])
def test_a_backend_that_lists_no_gpus_has_none(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """JAX without a GPU, and PyTorch, for which Keras has no list."""

    def list_devices(kind: str) -> list[str]:
        raise error(f"Unknown backend {kind}")

    monkeypatch.setattr(keras.distribution, "list_devices", list_devices)
    assert gpu_names() == ()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Stands for a backend that can share; what is set, and what was before."""
    made: list[Any] = []

    def data_parallel(*, devices: Sequence[str], auto_shard_dataset: bool) -> Untyped:
        assert not auto_shard_dataset  # batches come as arrays
        return tuple(devices)

    fake = keras.distribution
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(fake, "DataParallel", data_parallel)
    monkeypatch.setattr(fake, "distribution", lambda: "what was before")
    monkeypatch.setattr(fake, "set_distribution", made.append)
    return made


@pytest.mark.parametrize("devices", [(), ("gpu:0",)])
def test_one_device_changes_nothing(devices: tuple[str, ...], calls: list[Any]) -> None:
    with spread_batches(7, devices):
        pass
    assert calls == []


def test_several_devices_share_while_the_block_lasts(calls: list[Any]) -> None:
    with spread_batches(6, TWO):
        assert calls == [TWO]
    assert calls == [TWO, "what was before"]


def test_sharing_ends_with_an_error_too(calls: list[Any]) -> None:
    with pytest.raises(KeyError), spread_batches(6, TWO):
        raise KeyError
    assert calls == [TWO, "what was before"]


@pytest.mark.parametrize("batch_size", [1, 7])
def test_a_batch_that_cannot_be_shared_evenly_is_refused(
    batch_size: int, calls: list[Any]
) -> None:
    words = f"a batch of {batch_size} cannot be shared evenly by 2 GPUs: give --batch"
    with pytest.raises(UsageError, match=words), spread_batches(batch_size, TWO):
        pytest.fail("the block was entered")
    assert calls == []


@pytest.mark.parametrize("backend", ["tensorflow", "torch"])
def test_a_backend_that_cannot_share_is_refused(
    backend: str, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    words = "2 GPUs can share a run only with KERAS_BACKEND=jax: set it, or leave one"
    with pytest.raises(UsageError, match=words), spread_batches(6, TWO):
        pytest.fail("the block was entered")
    assert calls == []


def test_two_devices_train_as_one_does() -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("Keras spreads batches on JAX only, which is not installed")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **ON_TWO_HOST_DEVICES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    one, two = told["one"], told["two"]
    assert (one["devices"], two["devices"]) == (1, 2)
    assert one["after"]
    assert two["after"]
    assert two["losses"] == pytest.approx(one["losses"], rel=1e-4)
    assert one["losses"][-1] != pytest.approx(one["losses"][0], rel=1e-2)
    assert told["gpus"] == []
