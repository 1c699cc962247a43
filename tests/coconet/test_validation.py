"""Values of a run, against models made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.config import BeatNetworkConfig, PaperNetworkConfig
from musegen.coconet.masks import KINDS
from musegen.coconet.planes import Piece, metre_codes, onset_codes, piece_of_grid
from musegen.coconet.validation import validator

Arrays = Mapping[str, NDArray[Any]]
MIXTURE = {"orderless": 1.0, "future": 3.0}
BEAT = BeatNetworkConfig()
RESTLESS = BeatNetworkConfig(writes_rests=False, writes_onsets=False, planes=())


class FakeModel:
    """Answers by a function; keeps what it was asked."""

    def __init__(self, answer: Callable[[Arrays], dict[str, Any]]) -> None:
        self.answer = answer
        self.asked: list[Arrays] = []

    def predict_on_batch(self, inputs: Arrays) -> dict[str, Any]:
        self.asked.append(inputs)
        return self.answer(inputs)


def uniform(num_classes: int) -> FakeModel:
    """No opinion on anything."""

    def answer(inputs: Arrays) -> dict[str, Any]:
        shape = inputs["pitch"].shape
        return {
            "logits": np.zeros((*shape, num_classes)),
            "onset_odds": np.zeros(shape),
        }

    return FakeModel(answer)


def pieces(*, silent_voice: int | None = None) -> list[Piece]:
    """Chords that change each beat; every note is struck again at half of it."""
    steps = np.arange(48)
    grid = 60 + (steps // 4 % 7)[:, None] - np.array([0, 4, 7, 12])
    if silent_voice is not None:
        grid[:, silent_voice] = -1
    struck = np.broadcast_to((steps % 2 == 0)[:, None], grid.shape)
    piece = Piece(
        pitch=grid.astype(np.int16),
        onset=onset_codes(struck & (grid >= 0)),
        metre=metre_codes(steps % 16, np.full(48, 16)),
        fermata=(steps // 16 % 2 + 1).astype(np.int8),
    )
    return [piece, piece]


def values(
    model: FakeModel,
    *,
    network: BeatNetworkConfig | PaperNetworkConfig = BEAT,
    of: list[Piece] | None = None,
    seed: int = 0,
    mixture: Mapping[str, float] = MIXTURE,
) -> dict[str, float]:
    validate = validator(
        pieces() if of is None else of,
        network=network,
        mixture=mixture,
        batch_size=3,
        crop_steps=24,
        seed=seed,
    )
    return validate(model)


def true_pitch(inputs: Arrays, num_classes: int) -> NDArray[np.float64]:
    """Scores that give the true class all of the probability."""
    index = np.where(inputs["pitch"] < 0, num_classes - 1, inputs["pitch"])
    return np.asarray(60.0 * (index[..., None] == np.arange(num_classes)))


@pytest.mark.parametrize(("network", "num_classes"), [(BEAT, 47), (RESTLESS, 46)])
def test_no_opinion_costs_the_log_of_the_number_of_classes(
    network: BeatNetworkConfig, num_classes: int
) -> None:
    found = values(uniform(num_classes), network=network)
    onset = found.pop("valid/onset", None)
    assert onset == (pytest.approx(np.log(2.0)) if network.writes_onsets else None)
    expected = {"loss", "lower_voices", *KINDS}
    expected |= {"lower_voices_told", "told"} if network.planes else set()
    assert set(found) == {f"valid/{name}" for name in expected}
    assert list(found.values()) == pytest.approx([np.log(num_classes)] * len(found))


def test_a_network_of_pitches_only_pays_nothing_for_silence() -> None:
    silent = pieces(silent_voice=3)
    found = values(uniform(46), network=RESTLESS, of=silent)
    assert found["valid/lower_voices"] == pytest.approx(np.log(46.0) * 2 / 3)
    found = values(uniform(47), of=silent)
    assert found["valid/lower_voices"] == pytest.approx(np.log(47.0))


def test_who_knows_the_pitches_pays_nothing() -> None:
    model = FakeModel(lambda inputs: {"logits": true_pitch(inputs, 47)})
    network = BeatNetworkConfig(writes_onsets=False)
    found = values(model, network=network, of=pieces(silent_voice=2))
    assert list(found.values()) == pytest.approx([0.0] * len(found), abs=1e-9)


def test_shown_cells_cost_nothing() -> None:
    def answer(inputs: Arrays) -> dict[str, Any]:
        is_hidden = inputs["is_hidden"][..., None] > 0.5
        wrong = -true_pitch(inputs, 46)
        return {"logits": np.where(is_hidden, true_pitch(inputs, 46), wrong)}

    found = values(FakeModel(answer), network=RESTLESS)
    assert list(found.values()) == pytest.approx([0.0] * len(found), abs=1e-9)


def test_the_loss_is_the_mean_over_the_mixture() -> None:
    def answer(inputs: Arrays) -> dict[str, Any]:
        share = inputs["is_hidden"].mean(axis=(1, 2))[:, None, None, None]
        return {"logits": share * true_pitch(inputs, 46)}

    found = values(FakeModel(answer), network=RESTLESS)
    weighted = 0.25 * found["valid/orderless"] + 0.75 * found["valid/future"]
    assert found["valid/loss"] == pytest.approx(weighted)
    assert abs(found["valid/orderless"] - found["valid/future"]) > 0.01
    other = values(FakeModel(answer), network=RESTLESS, mixture={"voices": 2.0})
    assert other["valid/loss"] == other["valid/voices"] == found["valid/voices"]


def test_the_mixture_is_asked_a_second_time_with_everything_told() -> None:
    def answer(inputs: Arrays) -> dict[str, Any]:
        is_untold = float((inputs["metre"] == 0).all())
        share = inputs["is_hidden"].mean(axis=(1, 2))[:, None, None, None]
        return {"logits": (share + is_untold) * true_pitch(inputs, 47)}

    network = BeatNetworkConfig(writes_onsets=False)
    told = values(FakeModel(answer), network=network)["valid/told"]
    parts = [
        values(FakeModel(answer), network=network, mixture={kind: 2.0})["valid/told"]
        for kind in MIXTURE
    ]
    assert told == pytest.approx(0.25 * parts[0] + 0.75 * parts[1])
    assert abs(parts[0] - parts[1]) > 0.01


@pytest.mark.parametrize("name", ["onset", "metre", "fermata"])
def test_each_plane_is_told_where_everything_is_and_nowhere_else(
    name: str,
) -> None:
    def answer(inputs: Arrays) -> dict[str, Any]:
        told = float((inputs[name] != 0).any())
        return {
            "logits": told * true_pitch(inputs, 47),
            "onset_odds": np.zeros(inputs["pitch"].shape),
        }

    found = values(FakeModel(answer))
    for told in ("valid/lower_voices_told", "valid/told"):
        assert found.pop(told) == pytest.approx(0.0, abs=1e-9)
    del found["valid/onset"]
    assert list(found.values()) == pytest.approx([np.log(47.0)] * len(found))


def test_hidden_cells_are_not_told_their_onsets() -> None:
    model = uniform(47)
    values(model)
    told = [inputs for inputs in model.asked if inputs["metre"].any()]
    assert len(told) == 4 + 4 * len(MIXTURE)
    lower_voices = []
    for inputs in told:
        is_hidden = inputs["is_hidden"] > 0.5
        assert np.array_equal(inputs["onset"] == 0, is_hidden)
        lower_voices.append(is_hidden.all(axis=(0, 1)).tolist())
    assert lower_voices.count([False, True, True, True]) == 4


def test_onsets_cost_what_their_odds_say() -> None:
    """Of asked onsets (not of a new pitch) one in three is struck."""

    def answer(odds: float) -> FakeModel:
        def predict(inputs: Arrays) -> dict[str, Any]:
            shape = inputs["pitch"].shape
            return {
                "logits": np.zeros((*shape, 47)),
                "onset_odds": np.full(shape, odds),
            }

        return FakeModel(predict)

    known = np.log(0.5)  # of log odds: 1 to 2
    found = values(answer(float(known)))["valid/onset"]
    entropy = -(np.log(1 / 3) / 3 + np.log(2 / 3) * 2 / 3)
    assert found == pytest.approx(entropy, abs=0.02)
    assert values(answer(60.0))["valid/onset"] == pytest.approx(60.0 * 2 / 3, abs=2.0)


def test_where_no_onset_is_asked_none_costs() -> None:
    bare = [piece_of_grid(piece.pitch) for piece in pieces()]
    assert values(uniform(47), of=bare)["valid/onset"] == 0.0


def test_a_network_is_given_the_planes_it_takes() -> None:
    for network in (BEAT, BeatNetworkConfig(planes=("metre",)), RESTLESS):
        model = uniform(network.num_classes)
        values(model, network=network)
        taken = {"pitch", "is_hidden", *network.planes}
        assert all(set(inputs) == taken for inputs in model.asked)
    model = uniform(46)
    values(model, network=PaperNetworkConfig())
    assert all(set(inputs) == {"pitch", "is_hidden"} for inputs in model.asked)


def test_crops_and_masks_are_fixed_by_the_seed() -> None:
    first, again, other = uniform(47), uniform(47), uniform(47)
    validate = validator(
        pieces(),
        network=BEAT,
        mixture=MIXTURE,
        batch_size=3,
        crop_steps=24,
        seed=0,
    )
    validate(first)
    validate(again)
    values(other, seed=1)
    for name in ("pitch", "is_hidden"):
        asked = [[inputs[name] for inputs in m.asked] for m in (first, again, other)]
        assert np.array_equal(asked[0], asked[1])
        assert not np.array_equal(asked[0], asked[2])


def test_crops_are_not_transposed() -> None:
    model = uniform(47)
    values(model)
    soprano = {int(p) + 36 for inputs in model.asked for p in inputs["pitch"][0, :, 0]}
    assert soprano == set(range(60, 67))
