"""Notes are played one after another, each knowing how those before it were played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.config import ExpressionNetworkConfig
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    NUM_CONTROLS,
    from_scale,
    playable,
    to_scale,
)
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.note_features import memories
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.vibrato import MIN_EXTENT_CENTS

NOTES = tuple(
    PlayedNote(pitch=60 + k % 5, onset_s=0.4 * k, offset_s=0.4 * k + 0.4)
    for k in range(12)
)
SLURS = np.arange(12) % 3 == 1
OF_VIBRATO = [COLUMNS["vibrato_rate_hz"], COLUMNS["vibrato_delay_s"]]
EXTENT = COLUMNS["vibrato_extent_cents"]


class Steps:
    """A player of one note who does as told, and remembers what it was given."""

    input_names = ("context", "memory", "state")
    output_names = ("mean", "spread", "next_state")

    def __init__(self, means: np.ndarray, spread: float) -> None:
        self.means = means
        self.spread = spread
        self.given: list[dict[str, np.ndarray]] = []

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        self.given.append({name: values[0] for name, values in inputs.items()})
        return {
            "mean": self.means[len(self.given) - 1][None],
            "spread": np.full((1, NUM_CONTROLS), np.log(self.spread)),
            "next_state": inputs["state"] + 1.0,
        }


class Contexts:
    """Tells each note its number."""

    input_names = ("features",)
    output_names = ("context",)

    def __call__(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        number = np.arange(float(inputs["features"].shape[1]))
        return {"context": np.tile(number[None, :, None], (1, 1, 4))}


def player(
    scales: ExpressionScales, means: np.ndarray, spread: float = 0.1
) -> tuple[ExpressionModel, Steps]:
    step = Steps(to_scale(means), spread)
    model = ExpressionModel(
        name="told",
        digest="none",
        config=ExpressionNetworkConfig(units=4),
        instruments=("violin",),
        scales=scales,
        context=Contexts(),
        step=step,
    )
    return model, step


def predict(
    model: ExpressionModel,
    **options: Any,  # noqa: ANN401 - options are of several types
) -> np.ndarray:
    return model.predict(NOTES, SLURS, "violin", **options)


def some_means() -> np.ndarray:
    rng = np.random.default_rng(0)
    return from_scale(rng.uniform(0.3, 0.7, (len(NOTES), NUM_CONTROLS)))


def test_without_variety_it_is_the_mean_whatever_the_seed(
    scales: ExpressionScales,
) -> None:
    means = some_means()
    for seed in (0, 1):
        model, step = player(scales, means)
        np.testing.assert_allclose(predict(model, seed=seed), means, atol=1e-9)
    remembered = np.stack([given["memory"] for given in step.given])
    np.testing.assert_allclose(remembered, memories(to_scale(means)), atol=1e-6)
    assert [given["context"][0] for given in step.given] == list(range(12))
    assert [given["state"][0] for given in step.given] == list(range(12))


def test_what_is_drawn_is_remembered_and_lies_near_the_mean(
    scales: ExpressionScales,
) -> None:
    means = some_means()
    model, step = player(scales, means)
    found = predict(model, seed=3, variety=1.0)
    np.testing.assert_array_equal(
        found, predict(player(scales, means)[0], seed=3, variety=1.0)
    )
    other = predict(player(scales, means)[0], seed=4, variety=1.0)
    assert (found != other).mean() > 0.9
    apart = to_scale(found) - to_scale(means)
    assert np.abs(apart).max() <= 2.0 * 0.1 + 1e-9  # no farther than two deviations
    assert apart.std() == pytest.approx(0.1, rel=0.3)
    remembered = np.stack([given["memory"] for given in step.given])
    np.testing.assert_allclose(remembered, memories(to_scale(found)), atol=1e-6)


def test_more_variety_is_farther_from_the_mean(scales: ExpressionScales) -> None:
    means = some_means()
    apart = [
        np.abs(predict(player(scales, means)[0], seed=3, variety=variety) - means)
        for variety in (0.5, 1.0)
    ]
    np.testing.assert_allclose(apart[1], 2.0 * apart[0], atol=1e-9)


def test_next_to_no_vibrato_is_none(scales: ExpressionScales) -> None:
    means = some_means()
    means[::2, EXTENT] = 0.5 * MIN_EXTENT_CENTS
    found = predict(player(scales, means)[0])
    assert np.abs(found[::2][:, [EXTENT, *OF_VIBRATO]]).max() < 1e-9
    assert (found[1::2][:, [EXTENT, *OF_VIBRATO]] > 0.1).all()


def test_what_cannot_be_played_is_not_asked_for(scales: ExpressionScales) -> None:
    means = np.tile([90.0, -9.0, 1.7, 900.0, 99.0, -2.0, 0.1, 60.0, 9e3], (12, 1))
    found = predict(player(scales, means)[0])
    np.testing.assert_allclose(found, playable(means), atol=1e-9)


def test_it_expects_by_how_notes_were_really_played(scales: ExpressionScales) -> None:
    means = some_means()
    means[0, EXTENT] = 0.5  # expectations are not rounded to none
    played = some_means()[::-1].copy()
    model, step = player(scales, means)
    found = model.expected(NOTES, SLURS, "violin", played)
    np.testing.assert_allclose(found, means, atol=1e-9)
    remembered = np.stack([given["memory"] for given in step.given])
    np.testing.assert_allclose(remembered, memories(to_scale(played)), atol=1e-6)


# === With a network ===


def test_a_network_reads_notes_slurs_and_instrument(
    expression_model: ExpressionModel,
) -> None:
    plain = predict(expression_model)
    assert plain.shape == (12, NUM_CONTROLS)
    np.testing.assert_array_equal(plain, predict(expression_model, seed=9))
    others = (
        expression_model.predict(NOTES, ~SLURS, "violin"),
        expression_model.predict(NOTES, SLURS, "flute"),
        expression_model.predict(NOTES[:-1], SLURS[:-1], "violin"),
    )
    for other in others:
        assert (other != plain[: len(other)]).any()
    assert expression_model.predict(NOTES[:1], SLURS[:1], "violin").shape == (1, 9)


def test_what_it_predicts_it_expects(expression_model: ExpressionModel) -> None:
    found = predict(expression_model)
    expected = expression_model.expected(NOTES, SLURS, "violin", found)
    limited = playable(expected)
    is_still = limited[:, EXTENT] < MIN_EXTENT_CENTS
    for column in (EXTENT, *OF_VIBRATO):
        limited[is_still, column] = 0.0
    np.testing.assert_allclose(limited, found, atol=1e-4)
