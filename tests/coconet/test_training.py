"""Training Coconet: batches, folders, and a tiny network that learns and resumes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet import training
from musegen.coconet.config import BeatNetworkConfig, config_from_json
from musegen.coconet.training import (
    CONFIG_NAME,
    PRESETS,
    CoconetTrainingConfig,
    Grid,
    compiled_network,
    draw_batch,
    keras_batch,
    train_coconet,
)
from musegen.data.errors import TrainingError
from musegen.engine.training import LoopConfig

Untyped = Any  # Keras has no type information; options are of many types

ORDERLESS = {"orderless": 1.0}


def tiny_config(**changed: Untyped) -> CoconetTrainingConfig:
    loop: dict[str, Any] = {"num_steps": 40, "learning_rate": 0.02, "warmup_steps": 1}
    loop |= {"log_every": 10, "validate_every": 20, "checkpoint_every": 10}
    options: dict[str, Any] = {
        "network": BeatNetworkConfig(
            step_channels=8,
            beat_channels=10,
            num_step_blocks=1,
            beat_dilations=(1,),
            attention_after=(),
            dropout_rate=0.3,
        ),
        "loop": LoopConfig(**{**loop, **changed.pop("loop", {})}),
        "batch_size": 4,
        "crop_steps": 8,
        "precision": "float32",
    }
    return CoconetTrainingConfig(**{**options, **changed})


def pieces(num_pieces: int = 3, num_steps: int = 24) -> list[Grid]:
    """Chords that move down a scale a beat at a time."""
    beats = 62 - np.arange(num_steps) // 4 % 8
    chord = beats[:, None] + np.array([12, 7, 3, -12])
    return [(chord - index).astype(np.int16) for index in range(num_pieces)]


def batch(
    grids: list[Grid],
    seed: int,
    *,
    max_transposition: int = 6,
    mixture: Mapping[str, float] = ORDERLESS,
    **changed: Untyped,
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    return draw_batch(
        grids,
        config=tiny_config(**changed),
        mixture=mixture,
        max_transposition=max_transposition,
        generator=np.random.default_rng(seed),
    )


@given(
    lowest=st.integers(36, 81),
    width=st.integers(0, 45),
    limit=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_transposed_crops_stay_in_range(
    lowest: int, width: int, limit: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    piece = rng.integers(lowest, min(81, lowest + width) + 1, (8, 4)).astype(np.int16)
    piece[3, 2] = -1
    pitch, is_hidden = batch([piece], seed, max_transposition=limit)
    assert pitch.shape == is_hidden.shape == (4, 8, 4)
    assert pitch.min() >= -1
    assert pitch.max() < 46
    assert np.array_equal(pitch < 0, np.broadcast_to(piece < 0, pitch.shape))
    shifts = (pitch - (piece - 36))[:, piece >= 0]
    assert (shifts == shifts[:, :1]).all()
    assert np.abs(shifts).max() <= limit


def test_every_transposition_that_fits_is_drawn() -> None:
    piece = np.full((8, 4), 79, dtype=np.int16)
    pitch, _ = batch([piece], 0, batch_size=200, max_transposition=3)
    assert set((pitch[:, 0, 0] + 36 - 79).tolist()) == {-3, -2, -1, 0, 1, 2}


def test_crops_begin_on_a_beat_and_cover_the_piece() -> None:
    piece = np.tile(np.arange(36, 60)[:, None], (1, 4)).astype(np.int16)
    pitch, _ = batch([piece], 0, batch_size=200, max_transposition=0)
    assert set(pitch[:, 0, 0].tolist()) == {0, 4, 8, 12, 16}
    assert (np.diff(pitch, axis=1) == 1).all()


def test_silence_stays_silence() -> None:
    pitch, _ = batch([np.full((8, 4), -1, dtype=np.int16)], 0)
    assert (pitch == -1).all()


def test_masks_follow_the_mixture() -> None:
    _, is_hidden = batch(pieces(), 0, mixture={"future": 1.0}, batch_size=50)
    for mask in is_hidden:
        now = int(mask.any(axis=1).argmax())
        assert mask[now + 1 :].all()


def test_a_batch_is_what_a_compiled_model_takes() -> None:
    pitch, is_hidden = batch(pieces(), 0)
    inputs, targets, weights = keras_batch(pitch, is_hidden)
    assert np.array_equal(inputs["pitch"], pitch)
    assert inputs["is_hidden"].dtype == np.float32
    assert np.array_equal(targets["logits"], pitch)
    assert np.array_equal(weights["logits"] > 0.0, is_hidden)


def weights_of(model: Untyped) -> list[NDArray[Any]]:
    return [np.asarray(weight) for weight in model.get_weights()]


class KilledError(Exception):
    """Stands for a kill after a step."""


def killer(kill_after: int) -> Untyped:
    def progress(step: int, _values: Mapping[str, float]) -> None:
        if step == kill_after:
            raise KilledError

    return progress


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any, Any]:
    run_dir = tmp_path_factory.mktemp("trained")
    model, result = train_coconet(
        pieces(), pieces(1), config=tiny_config(), run_dir=run_dir
    )
    return run_dir, model, result


def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    trained: tuple[Path, Any, Any], tmp_path: Path
) -> None:
    _, whole, _ = trained
    with pytest.raises(KilledError):
        train_coconet(
            pieces(),
            pieces(1),
            config=tiny_config(),
            run_dir=tmp_path,
            progress=killer(23),
        )
    model, result = train_coconet(
        pieces(), pieces(1), config=tiny_config(), run_dir=tmp_path, resume=True
    )
    assert result.state.step == 40
    for left, right in zip(weights_of(whole), weights_of(model), strict=True):
        assert np.array_equal(left, right)


def test_a_run_validates_each_kind_of_mask_and_the_lower_voices(
    trained: tuple[Path, Any, Any],
) -> None:
    _, _, result = trained
    metrics = result.metrics
    kinds = ["orderless", "frames", "future", "voices", "spans"]
    shares = [0.25, 0.2, 0.15, 0.3, 0.1]
    weighted = [
        metrics[f"valid/{kind}"] * share
        for kind, share in zip(kinds, shares, strict=True)
    ]
    assert metrics["valid/loss"] == pytest.approx(sum(weighted))
    assert 0.0 < metrics["valid/lower_voices"] < 10.0


def test_a_run_leaves_its_config_beside_its_weights(
    trained: tuple[Path, Any, Any],
) -> None:
    run_dir, _, _ = trained
    data = json.loads((run_dir / CONFIG_NAME).read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(tiny_config().to_json()))
    assert config_from_json(data["network"]) == tiny_config().network


def test_a_run_is_neither_started_twice_nor_its_config_overwritten(
    trained: tuple[Path, Any, Any],
) -> None:
    run_dir, _, _ = trained
    before = (run_dir / CONFIG_NAME).read_bytes()
    with pytest.raises(TrainingError, match="holds a run already"):
        train_coconet(
            pieces(), pieces(1), config=tiny_config(batch_size=5), run_dir=run_dir
        )
    assert (run_dir / CONFIG_NAME).read_bytes() == before


def test_a_run_goes_on_with_its_own_config_only(
    trained: tuple[Path, Any, Any],
) -> None:
    run_dir, _, _ = trained
    words = "started with another batch_size, seed: resume with the values of"
    with pytest.raises(TrainingError, match=words):
        train_coconet(
            pieces(),
            pieces(1),
            config=tiny_config(batch_size=5, seed=1),
            run_dir=run_dir,
            resume=True,
        )


def test_a_damaged_config_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / CONFIG_NAME).write_text('{"batch_size": ', encoding="utf-8")
    with pytest.raises(TrainingError, match="is damaged"):
        train_coconet(
            pieces(), pieces(1), config=tiny_config(), run_dir=tmp_path, resume=True
        )


def test_a_longer_loop_may_follow(
    trained: tuple[Path, Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops: list[LoopConfig] = []

    class FakeLoop:
        def __init__(
            self, _model: Untyped, *, config: LoopConfig, **_options: Untyped
        ) -> None:
            loops.append(config)

        def run(self, *, resume: bool) -> str:
            assert resume
            return "went on"

        def load_best(self) -> None:
            pass

    monkeypatch.setattr(training, "TrainingLoop", FakeLoop)
    monkeypatch.setattr(training, "compiled_network", lambda _config: None)
    shutil.copy(trained[0] / CONFIG_NAME, tmp_path)
    longer = tiny_config(loop={"num_steps": 99})
    _, result = train_coconet(
        pieces(), pieces(1), config=longer, run_dir=tmp_path, resume=True
    )
    assert (str(result), loops) == ("went on", [longer.loop])
    data = json.loads((tmp_path / CONFIG_NAME).read_text(encoding="utf-8"))
    assert data["loop"]["num_steps"] == 99


def test_a_tiny_network_learns(trained: tuple[Path, Any, Any]) -> None:
    run_dir, _, result = trained
    text = (run_dir / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["step"] for line in lines] == [10, 20, 30, 40]
    assert lines[-1]["train/loss"] < 0.8 * lines[0]["train/loss"]
    assert lines[-1]["valid/loss"] < lines[1]["valid/loss"]
    assert np.isfinite(list(result.metrics.values())).all()


def test_the_seed_decides_the_first_weights_and_the_policy_is_put_back() -> None:
    before = keras.config.dtype_policy()
    first, again, other = (
        compiled_network(tiny_config(seed=seed, precision="mixed_bfloat16"))
        for seed in (0, 0, 1)
    )
    for left, right in zip(weights_of(first), weights_of(again), strict=True):
        assert np.array_equal(left, right)
    changed = zip(weights_of(first), weights_of(other), strict=True)
    assert any(not np.array_equal(left, right) for left, right in changed)
    assert keras.config.dtype_policy() == before
    assert first.get_layer("read0_conv").compute_dtype == "bfloat16"
    assert str(first.get_layer("logits").compute_dtype) == "float32"


@pytest.mark.parametrize(
    ("train", "valid", "words"),
    [
        (pieces(num_steps=4), pieces(), "no training piece is 8 sixteenths long"),
        (pieces(), [], "no validation piece is 8 sixteenths long"),
        ([p - 24 for p in pieces()], pieces(), r"training piece 1 has pitch \d+, and"),
        (pieces(), [p + 20 for p in pieces()], r"validation piece 1 .* knows 36 to 81"),
    ],
)
def test_pieces_that_cannot_be_trained_on_are_refused(
    tmp_path: Path, train: list[Grid], valid: list[Grid], words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        train_coconet(train, valid, config=tiny_config(), run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mask_mixture": {"zigzag": 1.0}}, "received zigzag"),
        ({"mask_mixture": {}}, "one of them above 0"),
        ({"crop_steps": 10}, "positive multiple of 4; received 10"),
        ({"crop_steps": 0}, "positive multiple of 4; received 0"),
        ({"batch_size": 0}, "batch_size must be at least 1; received 0"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        tiny_config(**changed)


@pytest.mark.parametrize("config", [tiny_config(seed=3), *PRESETS.values()])
def test_a_config_comes_back_from_json_text(config: CoconetTrainingConfig) -> None:
    text = json.dumps(config.to_json())
    assert CoconetTrainingConfig.from_json(json.loads(text)) == config


def test_what_json_does_not_say_is_the_default() -> None:
    found = CoconetTrainingConfig.from_json({"batch_size": 7})
    assert found == CoconetTrainingConfig(batch_size=7)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"colour": "red", "age": 3}, "unknown keys in the config: age, colour"),
        ({"network": {"architecture": "beat", "age": 3}}, "'beat': age"),
        ({"loop": {"num_steps": 1, "learning_rate": 1, "age": 3}}, "does not fit.*age"),
        ({"loop": {"num_steps": 1}}, "does not fit.*learning_rate"),
        ({"loop": 3}, "does not fit"),
    ],
)
def test_json_that_is_no_config_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CoconetTrainingConfig.from_json(data)


def test_the_default_config_trains_the_network_we_ship() -> None:
    config = CoconetTrainingConfig()
    assert PRESETS["default"] == config
    assert config.network == BeatNetworkConfig()
    assert config.loop.num_steps == 6200
    assert sum(config.mask_mixture.values()) == pytest.approx(1.0)
