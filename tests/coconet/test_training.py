"""Training Coconet: batches, folders, and a tiny network that learns and resumes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet import training
from musegen.coconet.batches import EVERYTHING, NOTHING
from musegen.coconet.config import BeatNetworkConfig
from musegen.coconet.masks import KINDS
from musegen.coconet.network import build_network
from musegen.coconet.planes import (
    Piece,
    fermata_codes,
    metre_codes,
    onset_codes,
)
from musegen.coconet.training import (
    CONFIG_NAME,
    DEFAULT_MIXTURE,
    OPTIMIZERS,
    CoconetTrainingConfig,
    compiled_network,
    read_run_config,
    train_coconet,
)
from musegen.data.errors import ModelFolderError, TrainingError, UsageError
from musegen.engine.model_folder import WEIGHTS_FILE
from musegen.engine.muon import Muon
from musegen.engine.run_inputs import StartingModel, kept_start
from musegen.engine.training import Batch, LoopConfig
from musegen.engine.weights import weights_bytes

Untyped = Any  # Keras has no type information; options are of many types


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


def pieces(num_pieces: int = 3, num_steps: int = 24, shift: int = 0) -> list[Piece]:
    """Chords that move down a scale a beat at a time, struck twice a beat."""
    steps = np.arange(num_steps)
    grid = (62 + shift - steps // 4 % 8)[:, None] + np.array([12, 7, 3, -12])
    struck = np.broadcast_to((steps % 2 == 0)[:, None], grid.shape)
    return [
        Piece(
            pitch=(grid - index).astype(np.int16),
            onset=onset_codes(struck),
            metre=metre_codes(steps % 16, np.full(num_steps, 16)),
            fermata=fermata_codes(steps % 32 >= 28),
        )
        for index in range(num_pieces)
    ]


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
    weighted = [
        metrics[f"valid/{kind}"] * share for kind, share in DEFAULT_MIXTURE.items()
    ]
    assert set(DEFAULT_MIXTURE) == set(KINDS)
    assert metrics["valid/loss"] == pytest.approx(sum(weighted))
    assert 0.0 < metrics["valid/lower_voices"] < 10.0
    assert metrics["valid/lower_voices_told"] != metrics["valid/lower_voices"]
    assert 0.0 < metrics["valid/onset"] < 2.0


def test_a_run_leaves_its_config_beside_its_weights(
    trained: tuple[Path, Any, Any],
) -> None:
    run_dir, _, _ = trained
    data = json.loads((run_dir / CONFIG_NAME).read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(tiny_config().to_json()))
    assert read_run_config(run_dir) == tiny_config()


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
        (pieces(shift=-24), pieces(), r"training piece 1 has pitch \d+, and"),
        (pieces(), pieces(shift=20), r"validation piece 1 .* knows 36 to 81"),
    ],
)
def test_pieces_that_cannot_be_trained_on_are_refused(
    tmp_path: Path, train: list[Piece], valid: list[Piece], words: str
) -> None:
    with pytest.raises(TrainingError, match=words):
        train_coconet(train, valid, config=tiny_config(), run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_optimizer_and_its_rates_are_those_of_the_config() -> None:
    assert OPTIMIZERS == ("muon", "adamw")
    for name, cls in zip(OPTIMIZERS, (Muon, keras.optimizers.AdamW), strict=True):
        config = tiny_config(optimizer=name, weight_decay=0.25)
        optimizer = compiled_network(config).optimizer
        assert type(optimizer) is cls
        assert optimizer.weight_decay == 0.25
        assert float(optimizer.learning_rate) == pytest.approx(0.02)


def test_muon_gets_the_matrices_between_features_and_scores() -> None:
    model = compiled_network(tiny_config(precision="mixed_bfloat16"))
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    pairs = zip(model.trainable_variables, optimizer.is_matrix, strict=True)
    matrices = {variable.path for variable, is_matrix in pairs if is_matrix}
    assert matrices == {
        *(f"{block}0_{part}/kernel" for block in ("read", "beat", "write")
          for part in ("conv", "out")),
        "to_beats/kernel",
        "from_beats/kernel",
    }  # fmt: skip
    assert optimizer.orthogonal_dtype == "bfloat16"
    plain = compiled_network(tiny_config()).optimizer
    assert plain.orthogonal_dtype == "float32"


def first_batch(**changed: Untyped) -> Batch:
    """What the loop of a run is given for its first step."""
    batches: list[Batch] = []

    class FakeLoop:
        def __init__(
            self,
            _model: Untyped,
            *,
            batch_at: Callable[[int], Batch],
            **_options: Untyped,
        ) -> None:
            batches.append(batch_at(0))

        def run(self, *, resume: bool) -> None:
            assert not resume

        def load_best(self) -> None:
            pass

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "TrainingLoop", FakeLoop)
        patch.setattr(training, "compiled_network", lambda _config: None)
        patch.setattr(training, "_claim_folder", lambda *_, **__: None)
        train_coconet(
            pieces(), pieces(1), config=tiny_config(**changed), run_dir=Path("unused")
        )
    return batches[0]


def test_batches_are_those_of_the_config_and_the_seed() -> None:
    inputs, targets, weights = first_batch(
        batch_size=6, crop_steps=12, mask_mixture={"beats": 1.0}, onset_share=0.3
    )
    assert inputs["pitch"].shape == (6, 12, 4)
    assert sorted(inputs) == ["fermata", "is_hidden", "metre", "onset", "pitch"]
    by_beat = inputs["is_hidden"].reshape(6, 3, 4, 4)
    assert (by_beat == by_beat[:, :, :1]).all()
    assert sorted(targets) == ["logits", "onset_odds"]
    assert weights["onset_odds"].mean() == pytest.approx(0.3)
    told = first_batch(telling=EVERYTHING)[0]
    assert (told["metre"] != 0).all()
    assert (told["fermata"] != 0).all()
    untold = first_batch(telling=NOTHING)[0]
    assert not any(untold[name].any() for name in ("onset", "metre", "fermata"))
    for name in ("pitch", "is_hidden"):  # what is told changes nothing else
        assert np.array_equal(told[name], untold[name])
    other = first_batch(telling=NOTHING, seed=1)[0]
    assert not np.array_equal(other["is_hidden"], untold["is_hidden"])
    still = first_batch(max_transposition=0)[0]["pitch"]
    moved = first_batch(max_transposition=6)[0]["pitch"]
    assert (np.ptp(moved - still, axis=(1, 2)) == 0).all()
    assert (moved != still).any()


def folder_of(model: Untyped) -> Untyped:
    """Stands for a model folder with these weights."""
    content = weights_bytes(model)
    return SimpleNamespace(
        path=Path("mine"),
        read={WEIGHTS_FILE: content}.__getitem__,
        digest="12",
        config=SimpleNamespace(name="first", licence="CC0"),
    )


def test_a_run_may_begin_with_the_weights_of_a_model(
    trained: tuple[Path, Any, Any], tmp_path: Path
) -> None:
    _, model, result = trained
    config = tiny_config(loop={"num_steps": 1, "learning_rate": 1e-9})
    further, found = train_coconet(
        pieces(), pieces(1), config=config, run_dir=tmp_path, start=folder_of(model)
    )
    for left, right in zip(weights_of(model), weights_of(further), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-2)  # rounded for the disk
    value = result.metrics["valid/loss"]
    assert found.metrics["valid/loss"] == pytest.approx(value, abs=1e-2)
    start = StartingModel(name="first", digest="12", licence="CC0")
    assert kept_start(tmp_path) == start


def test_a_model_of_another_architecture_is_no_beginning(tmp_path: Path) -> None:
    start = folder_of(build_network(BeatNetworkConfig(step_channels=6)))
    options: dict[str, Any] = {"config": tiny_config(), "run_dir": tmp_path}
    with pytest.raises(ModelFolderError, match="does not fit its architecture"):
        train_coconet(pieces(), pieces(1), start=start, **options)


def test_several_gpus_need_a_backend_that_can_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "gpu_names", lambda: ("gpu:0", "gpu:1"))
    assert keras.backend.backend() != "jax"
    with pytest.raises(UsageError, match="2 GPUs can share a run only with KERAS_BACK"):
        train_coconet(pieces(), pieces(1), config=tiny_config(), run_dir=tmp_path)
