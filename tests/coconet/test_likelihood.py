"""Sums of a piece and figures of many, by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from musegen.coconet.likelihood import (
    Likelihood,
    PieceSums,
    difference,
    mean_over_pieces,
    piece_sums,
    ratio_over_pieces,
    summarize,
)


def frames() -> Likelihood:
    """Two frames; the second is silent but for its bass."""
    return Likelihood(
        units=np.array([2.0, 0.5]),
        single_units=np.array([3.0, 1.0]),
        is_silent=np.array([False, False]),
        cell_losses=np.array([1.0, 0.5, 0.5, 1.0, 0.0, 0.0, 0.0, 1.0]),
        cell_hits=np.array([1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 1.0]),
        cell_voices=np.array([0, 1, 2, 3, 0, 1, 2, 3]),
        is_cell_silent=np.array([False] * 4 + [True] * 3 + [False]),
    )


def sums(
    loss: float, num_units: int = 4, *, num_sounding: int | None = None
) -> PieceSums:
    each = num_units // 4
    return PieceSums(
        num_units=num_units,
        num_sounding_units=num_units if num_sounding is None else num_sounding,
        loss=loss,
        single_loss=2 * loss,
        voice_cells=(each, each, each, 0),
        voice_losses=(loss, 2 * loss, 0.0, 0.0),
        voice_hits=(each, 0.0, 0.0, 0.0),
    )


def test_sums_of_a_piece_by_hand() -> None:
    found = piece_sums(frames())
    assert (found.num_units, found.num_sounding_units) == (2, 2)
    assert (found.loss, found.single_loss) == (2.5, 4.0)
    assert found.voice_cells == (1, 1, 1, 2)
    assert found.voice_losses == (1.0, 0.5, 0.5, 2.0)
    assert found.voice_hits == (1.0, 0.0, 0.5, 1.0)
    assert found.mean == frames().mean == 1.25


def test_sums_survive_json_exactly() -> None:
    found = piece_sums(frames())
    assert PieceSums.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "many"},
        {"voice_cells": [1, 2]},
        {"voice_hits": None},
        {"surplus": 1},
    ],
)
def test_sums_of_another_shape_are_refused(change: dict[str, object]) -> None:
    data = {**piece_sums(frames()).to_json(), **change}
    with pytest.raises((TypeError, ValueError)):
        PieceSums.from_json(data)


def test_a_summary_by_hand() -> None:
    found = summarize([sums(4.0), sums(24.0, 8, num_sounding=4)])
    assert found.piece.mean == 2.0
    assert found.piece.standard_error == pytest.approx(1 / math.sqrt(2))
    assert found.single_piece.mean == 4.0
    assert found.unit.mean == pytest.approx(28 / 12)
    assert found.sounding_unit.mean == pytest.approx(28 / 8)
    assert found.accuracy.mean == pytest.approx(3 / 9)
    assert list(found.voices) == ["soprano", "alto", "tenor"]
    assert found.voices["alto"].nats.mean == pytest.approx(56 / 3)
    assert found.voices["soprano"].accuracy.mean == 1.0
    assert (found.num_pieces, found.num_units, found.num_sounding_units) == (2, 12, 8)


def test_the_error_of_the_mean_is_the_published_one() -> None:
    found = mean_over_pieces([1.0, 2.0, 6.0])
    assert found.mean == 3.0
    assert found.standard_error == pytest.approx(math.sqrt(14 / 3) / math.sqrt(3))


def test_the_error_of_a_ratio_is_that_of_the_mean_where_pieces_are_alike() -> None:
    means = np.array([1.0, 2.0, 6.0])
    found, plain = ratio_over_pieces(means * 5, [5, 5, 5]), mean_over_pieces(means)
    assert found.mean == pytest.approx(plain.mean)
    assert found.standard_error == pytest.approx(plain.standard_error)


def test_the_error_of_a_ratio_tells_how_it_would_vary() -> None:
    """Against the spread over many draws of sixty pieces."""
    rng = np.random.default_rng(0)
    ratios, errors = [], []
    for _ in range(400):
        counts = rng.integers(50, 200, 60)
        figure = ratio_over_pieces(counts * rng.normal(2.0, 0.3, 60), counts)
        ratios.append(figure.mean)
        errors.append(figure.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(ratios), rel=0.1)


def test_nothing_and_one_piece_have_no_error() -> None:
    assert math.isnan(mean_over_pieces([]).mean)
    assert math.isnan(ratio_over_pieces([0.0], [0]).mean)
    for figure in (mean_over_pieces([3.0]), ratio_over_pieces([6.0, 0.0], [2, 0])):
        assert figure.mean == 3.0
        assert math.isnan(figure.standard_error)


def test_pieces_without_units_are_left_out() -> None:
    nothing = PieceSums(
        num_units=0,
        num_sounding_units=0,
        loss=0.0,
        single_loss=0.0,
        voice_cells=(0,) * 4,
        voice_losses=(0.0,) * 4,
        voice_hits=(0.0,) * 4,
    )
    assert math.isnan(nothing.mean)
    assert summarize([sums(4.0), nothing, sums(8.0)]) == summarize(
        [sums(4.0), sums(8.0)]
    )
    assert difference([sums(4.0), nothing], [sums(2.0), nothing]).percent == -50.0


def test_models_are_compared_piece_by_piece() -> None:
    first, other = [sums(4.0), sums(8.0)], [sums(3.0), sums(6.0)]
    found = difference(first, other)
    assert found.nats.mean == pytest.approx(-0.375)
    assert found.nats.standard_error == pytest.approx(0.125 / math.sqrt(2))
    assert found.percent == pytest.approx(-25.0)
    with pytest.raises(ValueError, match="shorter"):
        difference(first, other[:1])
