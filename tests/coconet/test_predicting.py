"""The interface to networks: what goes in, what comes out, what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from musegen.coconet import network
from musegen.coconet.config import BeatNetworkConfig, NetworkConfig, config_to_json
from musegen.coconet.planes import Planes
from musegen.coconet.predicting import (
    KIND,
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    Prediction,
    SameEverywhere,
    ToldNetwork,
    build_from_model_config,
    check_shape,
    load_coconet,
    log_probabilities,
    network_of,
    predictor_network,
)
from musegen.data.errors import ModelFolderError

Untyped = Any  # Keras has no type information; options are of many types


class FakePredictor:
    """Takes some planes, may say onsets; keeps what it was asked."""

    def __init__(
        self, planes: tuple[str, ...] = (), *, outputs: tuple[str, ...] = ("logits",)
    ) -> None:
        self.input_names = ("pitch", "is_hidden", *planes)
        self.output_names = outputs
        self.asked: list[dict[str, Any]] = []

    def __call__(self, inputs: Untyped) -> dict[str, Any]:
        assert set(inputs) == set(self.input_names)
        assert inputs.pop("is_hidden").dtype == np.float32
        assert {array.dtype for array in inputs.values()} == {np.dtype(np.int32)}
        self.asked.append(inputs)
        scores = np.repeat(inputs["pitch"][..., None], 47, axis=-1)
        answers = {"logits": scores, "onset_odds": -inputs["pitch"]}
        return {name: answers[name].astype(np.float32) for name in self.output_names}


def coded_planes(num_steps: int, *, num_items: int = 1) -> Planes:
    """Planes in which every step has codes of its own."""
    steps = np.broadcast_to(np.arange(num_steps, dtype=np.int8), (num_items, num_steps))
    onset = np.broadcast_to(steps[..., None], (num_items, num_steps, 4))
    return Planes(onset=onset, metre=steps + 1, fermata=steps + 2)


class FakeNetwork:
    """A `Network` that keeps the planes and the cells it was asked with."""

    def __init__(self) -> None:
        self.planes: list[Planes] = []
        self.hidden: list[IsHidden] = []

    def __call__(
        self, pitch: PitchIndex, is_hidden: IsHidden, planes: Planes
    ) -> Prediction:
        self.planes.append(planes)
        self.hidden.append(is_hidden)
        logits = np.repeat(pitch[..., None], 47, axis=-1).astype(np.float32)
        return Prediction(logits=logits, onset_odds=-pitch.astype(np.float32))


def grid(num_items: int = 1, num_steps: int = 8) -> tuple[PitchIndex, IsHidden]:
    rng = np.random.default_rng(0)
    pitch = rng.integers(-1, 46, (num_items, num_steps, 4)).astype(np.int16)
    return pitch, rng.random(pitch.shape) < 0.5


def test_log_probabilities_are_a_softmax_in_double_precision() -> None:
    scores = np.array([[[[0.0, np.log(3.0)], [1000.0, 1000.0]]]], dtype=np.float32)
    found = log_probabilities(scores)
    assert found.dtype == np.float64
    assert found[0, 0] == pytest.approx(np.log([[0.25, 0.75], [0.5, 0.5]]), rel=1e-6)


@pytest.mark.parametrize(
    "planes", [(), ("metre",), ("fermata", "onset"), ("onset", "metre", "fermata")]
)
def test_a_predictor_hears_of_the_planes_it_takes_in_its_own_types(
    planes: tuple[str, ...],
) -> None:
    pitch, is_hidden = grid(num_items=3)
    predictor = FakePredictor(planes)
    told = coded_planes(8)  # of one item, which serves all three
    found = predictor_network(predictor)(pitch, is_hidden, told)
    (asked,) = predictor.asked
    assert set(asked) == {"pitch", *planes}
    for name in planes:
        assert len(asked[name]) == 3
        assert (asked[name] == getattr(told, name)).all()
    assert np.array_equal(found.logits[..., 0], pitch)
    assert found.onset_odds is None


def test_a_predictor_may_say_which_notes_are_struck() -> None:
    pitch, is_hidden = grid()
    predictor = FakePredictor(outputs=("logits", "onset_odds"))
    found = predictor_network(predictor)(pitch, is_hidden, Planes.unknown(8))
    assert found.onset_odds is not None
    assert np.array_equal(found.onset_odds, -pitch.astype(np.float32))


def test_a_told_network_answers_a_batch_of_any_size() -> None:
    network, told = FakeNetwork(), coded_planes(8)
    for num_items in (1, 3):
        pitch, is_hidden = grid(num_items)
        found = ToldNetwork(network=network, planes=told)(pitch, is_hidden)
        assert np.array_equal(found[..., 0], pitch)
        assert len(network.planes[-1].metre) == num_items
        assert (network.planes[-1].metre == told.metre).all()
        assert network.hidden[-1] is is_hidden


def test_a_window_of_a_told_network_is_told_of_those_steps() -> None:
    network, told = FakeNetwork(), coded_planes(12)
    window = ToldNetwork(network=network, planes=told).window(slice(4, 12))
    window(*grid())
    for name in ("onset", "metre", "fermata"):
        expected = getattr(told, name)[:, 4:12]
        assert np.array_equal(getattr(network.planes[0], name), expected)


def test_onsets_are_asked_with_all_pitches_shown_and_the_onsets_given() -> None:
    network, told = FakeNetwork(), coded_planes(8)
    pitch, _ = grid(2)
    onset = np.full(pitch.shape, 2, dtype=np.int8)
    found = ToldNetwork(network=network, planes=told).onset_odds(pitch, onset)
    assert found is not None
    assert np.array_equal(found, -pitch.astype(np.float32))
    assert not network.hidden[0].any()
    assert (network.planes[0].onset == 2).all()
    assert (network.planes[0].metre == told.metre).all()


def test_a_network_that_says_no_onsets_has_no_odds() -> None:
    told = ToldNetwork(network=network_of(pitch_scores), planes=Planes.unknown(8))
    pitch, is_hidden = grid()
    assert told.onset_odds(pitch, np.zeros(pitch.shape, np.int8)) is None
    assert np.array_equal(told(pitch, is_hidden), pitch_scores(pitch, is_hidden))


def pitch_scores(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    scores = pitch + 100 * is_hidden
    return np.repeat(scores[..., None], 46, axis=-1).astype(np.float32)


def test_a_function_is_a_network_that_hears_of_no_planes() -> None:
    pitch, is_hidden = grid()
    network = network_of(pitch_scores)
    for planes in (Planes.unknown(8), coded_planes(8)):
        found = network(pitch, is_hidden, planes)
        assert np.array_equal(found.logits, pitch_scores(pitch, is_hidden))
        assert found.onset_odds is None


def test_a_function_is_the_same_in_every_window() -> None:
    pitch, is_hidden = grid()
    everywhere = SameEverywhere(pitch_scores)
    expected = pitch_scores(pitch, is_hidden)
    assert np.array_equal(everywhere(pitch, is_hidden), expected)
    assert everywhere.window(slice(4, 8)) is pitch_scores


@pytest.mark.parametrize(
    ("pitch_shape", "hidden_shape"),
    [((4, 4), (4, 4)), ((1, 4, 3), (1, 4, 3)), ((1, 4, 4), (1, 8, 4))],
)
def test_arrays_that_are_no_grids_are_refused(
    pitch_shape: tuple[int, ...], hidden_shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match=r"must both be \(batch, time, 4\); received"):
        check_shape(np.zeros(pitch_shape, np.int16), np.zeros(hidden_shape, np.bool_))


@pytest.mark.parametrize("index", [-2, 46])
def test_an_index_that_is_no_pitch_is_refused(index: int) -> None:
    pitch = np.zeros((1, 4, 4), dtype=np.int16)
    pitch[0, 1, 2] = index
    with pytest.raises(ValueError, match="a pitch index is -1 to 45; received"):
        check_shape(pitch, pitch < 0)


@pytest.mark.parametrize("num_steps", [0, 4])
def test_grids_are_let_through(num_steps: int) -> None:
    pitch = np.full((2, num_steps, 4), -1, dtype=np.int16)
    check_shape(pitch, pitch < 0)


def install_engine(patch: pytest.MonkeyPatch, architecture: object) -> dict[str, Any]:
    """Stand-ins for the engine that keep what they were asked for."""
    asked: dict[str, Any] = {}
    folder = SimpleNamespace(
        path=Path("models/toy"),
        config=SimpleNamespace(name="toy", architecture=architecture),
        digest="abc",
    )

    def find_model(name_or_path: str | Path, *, kind: str) -> SimpleNamespace:
        asked.update(name_or_path=name_or_path, kind=kind)
        return folder

    def load_predictor(found: SimpleNamespace, **options: Untyped) -> Untyped:
        assert found is folder
        asked.update(options)
        return FakePredictor(("metre",))

    models = ModuleType("musegen.engine.models")
    models.__dict__["find_model"] = find_model
    predictor = ModuleType("musegen.engine.predictor")
    predictor.__dict__["load_predictor"] = load_predictor
    patch.setitem(sys.modules, models.__name__, models)
    patch.setitem(sys.modules, predictor.__name__, predictor)
    return asked


def test_a_model_is_loaded_by_name_with_the_options_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = BeatNetworkConfig(step_channels=8)
    asked = install_engine(monkeypatch, config_to_json(config))
    model = load_coconet(
        "toy", device="gpu", backend="keras", precision="auto", num_threads=3
    )
    assert (model.name, model.digest, model.config) == ("toy", "abc", config)
    assert (model.lowest_pitch, model.highest_pitch) == (36, 81)
    assert asked.pop("build") is build_from_model_config
    assert asked == {
        "name_or_path": "toy",
        "kind": KIND,
        "device": "gpu",
        "backend": "keras",
        "precision": "auto",
        "num_threads": 3,
    }
    pitch = np.zeros((1, 4, 4), dtype=np.int16)
    assert model.logits(pitch, pitch < 0).shape == (1, 4, 4, 47)


@pytest.mark.parametrize(
    "architecture",
    [{}, {"architecture": "doodle"}, {"architecture": "beat", "beat_dilations": 3}],
)
def test_a_folder_of_another_network_is_refused_by_its_path(
    monkeypatch: pytest.MonkeyPatch, architecture: object
) -> None:
    install_engine(monkeypatch, architecture)
    words = r"toy/config\.json describes no Coconet network .*--model"
    with pytest.raises(ModelFolderError, match=words):
        load_coconet("toy")


def test_the_network_of_a_folder_is_built_from_its_config(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[NetworkConfig] = []
    monkeypatch.setattr(network, "build_network", built.append)
    config = BeatNetworkConfig(step_channels=8)
    folder_config: Any = SimpleNamespace(architecture=config_to_json(config))
    build_from_model_config(folder_config)
    assert built == [config]


def test_a_model_is_a_network_with_a_name() -> None:
    network = FakeNetwork()
    model = CoconetModel(
        name="fake", digest="0", config=BeatNetworkConfig(), network=network
    )
    assert model.highest_pitch - model.lowest_pitch == 45
    pitch, is_hidden = grid(2)
    assert model.logits(pitch, is_hidden).shape == (2, 8, 4, 47)
    assert not any(
        getattr(network.planes[0], name).any() for name in ("onset", "metre", "fermata")
    )
    told = model.told(coded_planes(8))
    assert np.array_equal(told(pitch, is_hidden), model.logits(pitch, is_hidden))
    assert (network.planes[1].metre == coded_planes(8).metre).all()


def test_the_shipped_network_says_nearly_the_same_in_eight_bits() -> None:
    rng = np.random.default_rng(0)
    lines = rng.integers(-2, 3, (2, 16, 4)).cumsum(axis=1).repeat(4, axis=1)
    pitch = (np.array([36, 29, 22, 12]) + lines).clip(0, 45).astype(np.int16)
    is_hidden = rng.random(pitch.shape) < 0.4
    exact, small = (
        np.exp(log_probabilities(model.logits(pitch, is_hidden))[is_hidden])
        for model in (
            load_coconet("coconet_jsb_base", device="cpu", precision=precision)
            for precision in ("float32", "int8")
        )
    )
    apart = np.abs(small - exact).sum(axis=-1) / 2
    assert 0.0 < apart.mean() < 0.03


def test_a_score_in_eight_bits_does_not_hear_the_others_of_its_batch() -> None:
    model = load_coconet("coconet_jsb_base", device="cpu", precision="int8")
    rng = np.random.default_rng(1)
    pitch = rng.integers(0, 46, (3, 32, 4)).astype(np.int16)
    is_hidden = rng.random(pitch.shape) < 0.5
    together = model.logits(pitch, is_hidden)
    for index in range(3):
        item = slice(index, index + 1)
        alone = model.logits(pitch[item], is_hidden[item])
        np.testing.assert_allclose(together[item], alone, atol=1e-4)
