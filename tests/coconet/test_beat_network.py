"""The network we ship: what it sees, what it cannot see, and how large it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.beat_network import (
    CellFeatures,
    FoldBeats,
    PhaseBias,
    UnfoldBeats,
    build_beat_network,
)
from musegen.coconet.config import PLANES, BeatNetworkConfig
from musegen.coconet.planes import NUM_FERMATAS, NUM_METRES, NUM_ONSETS

Untyped = Any  # Keras has no type information; options are of many types

TINY = BeatNetworkConfig(
    step_channels=8,
    beat_channels=10,
    num_step_blocks=1,
    beat_dilations=(1,),
    attention_after=(0,),
    attention_reach_beats=2,
    interval_reach=3,
    fill_reach_steps=8,
)


@contextmanager
def precision(policy: str) -> Iterator[None]:
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)


def at_work(config: BeatNetworkConfig) -> Untyped:
    """A network with every weight at work (some start at zero)."""
    model = build_beat_network(config)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(size=w.shape) * 0.3 for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def network() -> Untyped:
    """A tiny network with every weight at work."""
    return at_work(TINY)


def answer(
    model: Untyped, pitch: NDArray[Any], is_hidden: NDArray[Any], **told: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    """All outputs; planes that are not told are unknown."""
    inputs = {"pitch": pitch.astype(np.int32), "is_hidden": is_hidden.astype("f4")}
    for name in {tensor.name for tensor in model.inputs} - set(inputs):
        shape = pitch.shape if name == "onset" else pitch.shape[:2]
        inputs[name] = told.get(name, np.zeros(shape)).astype(np.int32)
    return {
        name: np.asarray(keras.ops.convert_to_numpy(value))
        for name, value in model(inputs).items()
    }


def ask(
    model: Untyped, pitch: NDArray[Any], is_hidden: NDArray[Any], **told: NDArray[Any]
) -> NDArray[Any]:
    return answer(model, pitch, is_hidden, **told)["logits"]


def random_task(
    num_steps: int, *, num_items: int = 2, seed: int = 0
) -> tuple[NDArray[Any], NDArray[Any]]:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(-1, 46, (num_items, num_steps, 4))
    return pitch, rng.random(pitch.shape) < 0.5


def test_pitches_of_hidden_cells_have_no_influence(network: Untyped) -> None:
    pitch, is_hidden = random_task(16)
    other = np.where(is_hidden, random_task(16, seed=1)[0], pitch)
    assert np.array_equal(
        ask(network, pitch, is_hidden), ask(network, other, is_hidden)
    )


def random_planes(num_steps: int, *, seed: int = 0) -> dict[str, NDArray[Any]]:
    """All that a network may be told of two pieces, known everywhere."""
    rng = np.random.default_rng(seed)
    return {
        "onset": rng.integers(1, NUM_ONSETS, (2, num_steps, 4)),
        "metre": rng.integers(1, NUM_METRES, (2, num_steps)),
        "fermata": rng.integers(1, NUM_FERMATAS, (2, num_steps)),
    }


@pytest.mark.parametrize("name", PLANES)
def test_each_plane_changes_both_answers(network: Untyped, name: str) -> None:
    pitch, is_hidden = random_task(16)
    planes = random_planes(16)
    told = answer(network, pitch, is_hidden, **planes)
    planes[name] = np.zeros_like(planes[name])
    untold = answer(network, pitch, is_hidden, **planes)
    assert list(told) == ["logits", "onset_odds"]
    for output, value in told.items():
        assert np.abs(value - untold[output]).max() > 1e-2


@pytest.mark.parametrize(
    ("name", "num_codes"), [("metre", NUM_METRES), ("fermata", NUM_FERMATAS)]
)
def test_every_code_is_told_apart(network: Untyped, name: str, num_codes: int) -> None:
    pitch, is_hidden = (
        np.repeat(array, num_codes, axis=0) for array in random_task(8, num_items=1)
    )
    plane = np.zeros(pitch.shape[:2], dtype=np.int32)
    plane[:, 2] = np.arange(num_codes)
    logits = ask(network, pitch, is_hidden, **{name: plane})
    apart = np.abs(logits[:, None] - logits[None]).max(axis=(2, 3, 4))
    assert (apart + np.eye(num_codes) > 1e-4).all()


def test_onsets_of_hidden_cells_have_no_influence(network: Untyped) -> None:
    pitch, is_hidden = random_task(16)
    planes = random_planes(16)
    before = answer(network, pitch, is_hidden, **planes)
    other = random_planes(16, seed=1)["onset"]
    hidden_changed = np.where(is_hidden, other, planes["onset"])
    assert (hidden_changed != planes["onset"]).any()
    planes["onset"] = hidden_changed
    after = answer(network, pitch, is_hidden, **planes)
    for output, value in before.items():
        assert np.array_equal(value, after[output])
    planes["onset"] = other  # those of shown cells have
    assert not np.array_equal(
        before["logits"], ask(network, pitch, is_hidden, **planes)
    )


ABLATIONS: dict[str, dict[str, Any]] = {
    "no_planes": {"planes": ()},
    "metre_only": {"planes": ("metre",)},
    "no_beat_position": {"knows_beat_position": False},
    "no_rests": {"writes_rests": False},
    "no_onsets": {"writes_onsets": False},
    "nothing": {
        "planes": (),
        "knows_beat_position": False,
        "writes_rests": False,
        "writes_onsets": False,
    },
}


@pytest.mark.parametrize("name", ABLATIONS)
def test_a_network_knows_and_writes_what_its_config_says(name: str) -> None:
    config = dataclasses.replace(TINY, **ABLATIONS[name])
    model = build_beat_network(config)
    taken = ["pitch", "is_hidden", *config.planes]
    assert sorted(tensor.name for tensor in model.inputs) == sorted(taken)
    outputs = answer(model, *random_task(8))
    assert outputs["logits"].shape == (2, 8, 4, 47 if config.writes_rests else 46)
    assert ("onset_odds" in outputs) == config.writes_onsets
    if config.writes_onsets:
        assert outputs["onset_odds"].shape == (2, 8, 4)
    layers = {layer.name for layer in model.layers}
    assert ("phase" in layers) == config.knows_beat_position
    for plane in ("metre", "fermata"):
        assert (f"{plane}_bias" in layers) == (plane in config.planes)
    assert ("onset_features" in layers) == ("onset" in config.planes)
    assert model.count_params() < build_beat_network(TINY).count_params()


def test_a_network_without_places_gives_the_same_a_step_later() -> None:
    """In its step layers: beats remain, so that whole networks are not shift-free."""
    config = dataclasses.replace(
        TINY, knows_beat_position=False, beat_dilations=(), attention_after=()
    )
    model = at_work(config)
    for weight in model.get_layer("from_beats").weights:
        weight.assign(np.zeros(weight.shape))
    pitch, is_hidden = random_task(64, num_items=1)
    before = ask(model, pitch, is_hidden)[:, 28:36]
    later = [np.roll(array, 1, axis=1) for array in (pitch, is_hidden)]
    assert ask(model, *later)[:, 29:37] == pytest.approx(before, abs=1e-4)


def test_intervals_score_pitches_and_never_silence() -> None:
    model = at_work(dataclasses.replace(TINY, planes=()))
    task = random_task(8)
    before = ask(model, *task)
    intervals = model.get_layer("interval_scores")
    intervals.bias.assign(intervals.bias + 5.0)
    moved = ask(model, *task) - before
    assert np.abs(moved[..., :46]).max() > 1.0
    assert not moved[..., 46].any()


def test_every_visible_cell_has_an_influence(network: Untyped) -> None:
    pitch, is_hidden = random_task(8, num_items=1)
    visible = np.argwhere(~is_hidden[0])
    pitches = np.repeat(pitch, len(visible) + 1, axis=0)
    for item, (step, voice) in enumerate(visible.tolist(), start=1):
        pitches[item, step, voice] = (pitches[item, step, voice] + 7) % 46
    logits = ask(network, pitches, np.repeat(is_hidden, len(pitches), axis=0))
    assert (np.abs(logits[1:] - logits[0]).max(axis=(1, 2, 3)) > 1e-2).all()


def test_a_visible_rest_is_not_a_hidden_cell(network: Untyped) -> None:
    pitch, is_hidden = random_task(8)
    pitch[:, 3, 2] = -1
    is_hidden[:, 3, 2] = False
    shown = ask(network, pitch, is_hidden)
    is_hidden[:, 3, 2] = True
    assert not np.array_equal(shown, ask(network, pitch, is_hidden))


# In a single beat attention has one place to look at, of which Keras warns.
@pytest.mark.filterwarnings("ignore:.*You are using a softmax over axis")
@pytest.mark.parametrize("num_steps", [4, 8, 100])
def test_time_is_free(network: Untyped, num_steps: int) -> None:
    pitch, is_hidden = random_task(num_steps, num_items=3)
    logits = ask(network, pitch, is_hidden)
    assert logits.shape == (3, num_steps, 4, 47)
    assert logits.dtype == np.float32


def test_an_item_does_not_depend_on_its_batch(network: Untyped) -> None:
    pitch, is_hidden = random_task(12, num_items=3)
    together = ask(network, pitch, is_hidden)
    alone = ask(network, pitch[1:2], is_hidden[1:2])
    assert together[1] == pytest.approx(alone[0], abs=1e-4)


def test_the_position_in_the_beat_is_known_but_not_that_in_the_piece(
    network: Untyped,
) -> None:
    """Far from the ends, a piece a beat later gives the same scores a beat later."""
    pitch, is_hidden = random_task(96, num_items=1)
    before = ask(network, pitch, is_hidden)
    beat_later = [np.roll(array, 4, axis=1) for array in (pitch, is_hidden)]
    step_later = [np.roll(array, 1, axis=1) for array in (pitch, is_hidden)]
    middle = slice(44, 52)
    shifted = ask(network, beat_later[0], beat_later[1])
    assert shifted[:, 48:56] == pytest.approx(before[:, middle], abs=1e-4)
    shifted = ask(network, step_later[0], step_later[1])
    assert np.abs(shifted[:, 45:53] - before[:, middle]).max() > 1e-2


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_fresh_network_gives_finite_scores_in_float32(policy: str) -> None:
    with precision(policy):
        model = build_beat_network(TINY)
    logits = ask(model, *random_task(8))
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    assert model.get_layer("read0_conv").compute_dtype == policy.removeprefix("mixed_")


def test_a_saved_network_comes_back(network: Untyped, tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    network.save(path)
    again = keras.saving.load_model(path)
    task = random_task(8)
    assert np.array_equal(ask(network, *task), ask(again, *task))


def test_the_default_network_has_its_size() -> None:
    model = build_beat_network(BeatNetworkConfig())
    assert model.count_params() == 4_689_490
    names = [layer.name for layer in model.layers]
    assert [
        name for name in names if name.startswith("attend") and "_" not in name
    ] == [
        "attend2",
        "attend5",
    ]


def test_blocks_without_dropout_have_no_dropout_layer() -> None:
    def num_dropouts(rate: float) -> int:
        config = BeatNetworkConfig(
            step_channels=4,
            beat_channels=5,
            beat_dilations=(1, 2),
            attention_after=(),
            dropout_rate=rate,
        )
        model = build_beat_network(config)
        return sum(isinstance(layer, keras.layers.Dropout) for layer in model.layers)

    assert (num_dropouts(0.0), num_dropouts(0.1)) == (0, 2)


def test_folding_into_beats_is_undone() -> None:
    x = np.arange(2 * 12 * 3, dtype=np.float32).reshape(2, 12, 3)
    folded = FoldBeats(4)(x)
    assert tuple(folded.shape) == (2, 3, 12)
    assert np.array_equal(folded[0, 1], x[0, 4:8].reshape(-1))
    assert np.array_equal(UnfoldBeats(4)(folded), x)


def test_the_phase_repeats_with_the_beat() -> None:
    layer = PhaseBias(4)
    layer.build((None, None, 2))
    layer.set_weights([np.arange(8, dtype=np.float32).reshape(4, 2)])
    found = np.asarray(layer(np.zeros((1, 6, 2), np.float32)))[0]
    assert found.tolist() == [[0, 1], [2, 3], [4, 5], [6, 7], [0, 1], [2, 3]]


@pytest.mark.parametrize(
    "layer", [FoldBeats(3), UnfoldBeats(3), PhaseBias(3)], ids=lambda x: x.name
)
def test_a_layer_comes_back_from_its_config(layer: Untyped) -> None:
    data = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(data)
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert again.steps_per_beat == 3


def test_features_by_hand() -> None:
    """One step: alto given a third above the tenor, soprano hidden, bass at rest."""
    pitch = np.array([[[9, 20, 16, -1]]], dtype=np.int32)
    is_hidden = np.array([[[1, 0, 0, 0]]], dtype=np.float32)
    nearest = np.array([[[[-1, -1], [20, 20], [16, 16], [-1, -1]]]], dtype=np.int32)
    nearness = np.zeros((1, 1, 4, 2, 4), dtype=np.float32)
    found = np.asarray(CellFeatures()(pitch, is_hidden, nearest, nearness))[0, 0]
    notes = found[: 4 * 2 * 46].reshape(4, 2, 46)
    assert notes.sum(axis=-1).tolist() == [[0, 0], [1, 1], [1, 1], [0, 0]]
    assert notes[1, :, 20].tolist() == notes[2, :, 16].tolist() == [1, 1]
    start = 4 * 2 * 46 + 4 * 2 * 4
    intervals = found[start:-8].reshape(-1, 50)
    assert intervals.shape == (4 + 2 * 6, 50)
    assert (intervals.sum(axis=1) == 1).all()
    missing = 49
    # Each voice to itself, then six pairs looking back and six looking ahead.
    assert intervals[:4].argmax(axis=1).tolist() == [missing, 24, 24, missing]
    pairs = [missing, 24 + 4, missing, missing, missing, missing]
    assert intervals[4:].argmax(axis=1).tolist() == pairs * 2
    assert found[-8:].tolist() == [1, 0, 0, 0, 0, 0, 0, 1]
