"""A checkpoint is whole or absent; what cannot be read is said in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.engine.checkpoints import (
    Checkpoint,
    RunState,
    load_checkpoint,
    save_checkpoint,
)

STATE = RunState(
    step=7,
    best_value=0.5,
    best_step=4,
    seconds=12.5,
    validations_since_best=2,
    best_metrics={"valid/loss": 0.5},
)


def example() -> Checkpoint:
    arrays: dict[str, NDArray[Any]] = {
        "model/0": np.arange(6, dtype=np.float32).reshape(2, 3),
        "model/1": np.array(5, dtype=np.int64),
        "optimizer/0": np.array([], dtype=np.float32),
    }
    return Checkpoint(state=STATE, arrays=arrays)


def test_a_checkpoint_comes_back_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "run" / "checkpoint.npz"
    save_checkpoint(path, example())
    found = load_checkpoint(path)
    assert found.state == STATE
    assert list(found.arrays) == list(example().arrays)
    for name, array in example().arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert np.array_equal(found.arrays[name], array)
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint.npz"]


def test_a_fresh_state_comes_back(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.npz", Checkpoint(state=RunState()))
    assert load_checkpoint(tmp_path / "c.npz").state == RunState()


def test_a_failed_write_leaves_the_last_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, example())
    before = path.read_bytes()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, example())
    assert path.read_bytes() == before


def test_a_kill_while_writing_leaves_a_file_that_the_next_write_replaces(
    tmp_path: Path,
) -> None:
    path = tmp_path / "checkpoint.npz"
    path.with_suffix(".tmp").write_bytes(b"half of a checkpoint")
    save_checkpoint(path, example())
    assert load_checkpoint(path).state == STATE
    assert not path.with_suffix(".tmp").exists()


def test_an_absent_checkpoint_says_what_to_do(tmp_path: Path) -> None:
    words = "no checkpoint to resume from at .*without --resume, or name"
    with pytest.raises(TrainingError, match=words):
        load_checkpoint(tmp_path / "checkpoint.npz")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.99])
def test_a_torn_file_is_refused_in_a_sentence(tmp_path: Path, share: float) -> None:
    path = tmp_path / "checkpoint.npz"
    save_checkpoint(path, example())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(TrainingError, match=r"checkpoint\.npz is not a checkpoint of"):
        load_checkpoint(path)


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    arrays = {"model/0": np.full(1000, 1.5, dtype=np.float32)}
    save_checkpoint(path, Checkpoint(state=STATE, arrays=arrays))
    data = bytearray(path.read_bytes())
    place = data.index(arrays["model/0"].tobytes()) + 2000
    data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(TrainingError, match="is not a checkpoint"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "state", [b"no json", b"[1, 2]", b'{"colour": "red"}', b"\xff\xfe"]
)
def test_a_state_of_another_version_is_refused(tmp_path: Path, state: bytes) -> None:
    path = tmp_path / "checkpoint.npz"
    with path.open("wb") as file:
        np.savez(file, state_json=np.frombuffer(state, dtype=np.uint8))
    with pytest.raises(TrainingError, match=r"of this version .*remove it to start"):
        load_checkpoint(path)


def test_arrays_of_another_program_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    with path.open("wb") as file:
        np.savez(file, weights=np.zeros(3))
    with pytest.raises(TrainingError, match="is not a checkpoint"):
        load_checkpoint(path)
    np.save(tmp_path / "single.npy", np.zeros(3))
    with pytest.raises(TrainingError, match="is not a checkpoint"):
        load_checkpoint(tmp_path / "single.npy")


def test_a_checkpoint_of_before_a_field_was_added_is_read(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    with path.open("wb") as file:
        state = np.frombuffer(b'{"step": 3, "best_value": null}', dtype=np.uint8)
        np.savez(file, state_json=state)
    assert load_checkpoint(path).state == RunState(step=3)
