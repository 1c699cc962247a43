"""Scales: straight lines between units and 0 to 1, stored with a model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.expression_scale import (
    NATURAL_RANGES,
    ExpressionScales,
    UnitStatistics,
    fit_scale,
    fit_scales,
)
from musegen.midi_ddsp.expression_units import UNIT_NAMES

Array = NDArray[np.float64]


def notes_of(num_notes: int, *, seed: int = 0) -> Array:
    low, high = np.array(list(NATURAL_RANGES.values())).T
    rng = np.random.default_rng(seed)
    values: Array = rng.uniform(low, high, (num_notes, len(UNIT_NAMES)))
    return values


def column_of(name: str) -> int:
    return UNIT_NAMES.index(name)


def test_every_unit_has_a_natural_range() -> None:
    assert tuple(NATURAL_RANGES) == UNIT_NAMES
    assert all(low < high for low, high in NATURAL_RANGES.values())


def test_quantiles_of_the_notes_are_0_and_1() -> None:
    values = notes_of(500)
    scaled = fit_scale(values).scale(values)
    np.testing.assert_allclose(np.quantile(scaled, 0.05, axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.quantile(scaled, 0.95, axis=0), 1.0, atol=1e-9)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), num_notes=st.integers(0, 60))
def test_unscale_undoes_scale_and_order_is_kept(seed: int, num_notes: int) -> None:
    scale = fit_scale(notes_of(num_notes, seed=seed))
    values = np.sort(notes_of(20, seed=seed + 1), axis=0)
    scaled = scale.scale(values)
    assert np.all(np.diff(scaled, axis=0) > 0.0)
    np.testing.assert_allclose(scale.unscale(scaled), values, rtol=1e-9, atol=1e-9)


def test_few_notes_take_the_natural_range() -> None:
    scale = fit_scale(notes_of(5))
    ranges = [(one.low, one.high) for one in scale.statistics]
    assert ranges == list(NATURAL_RANGES.values())
    assert scale.num_notes == 5


def test_notes_that_are_all_alike_have_a_range_all_the_same() -> None:
    values = np.tile(notes_of(1), (50, 1))
    scale = fit_scale(values)
    np.testing.assert_allclose(scale.scale(values), 0.5)
    assert all(one.deviation == pytest.approx(0.0) for one in scale.statistics)


def test_notes_without_vibrato_say_nothing_about_its_rate() -> None:
    values = notes_of(200)
    straight = values.copy()
    straight[:100, column_of("vibrato_rate_hz")] = 0.0
    straight[:100, column_of("vibrato_delay_s")] = 0.0
    for name in ("vibrato_rate_hz", "vibrato_delay_s"):
        column = column_of(name)
        expected = fit_scale(values[100:]).statistics[column]
        assert fit_scale(straight).statistics[column] == expected


def test_each_instrument_has_its_own_scale_and_others_that_of_all() -> None:
    values = notes_of(100)
    names = ["violin"] * 40 + ["flute"] * 60
    scales = fit_scales(values, names)
    assert scales.for_instrument("violin") == fit_scale(values[:40])
    assert scales.for_instrument("flute") == fit_scale(values[40:])
    assert scales.for_instrument("oboe") == fit_scale(values)


def test_scales_come_back_from_json_exactly() -> None:
    scales = fit_scales(notes_of(90), ["violin", "flute", "oboe"] * 30)
    text = scales.to_json()
    assert ExpressionScales.from_json(text) == scales
    assert ExpressionScales.from_json(text).to_json() == text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema_version": 9}, "version 9"),
        ({"colour": 1}, "unknown keys: 'colour'"),
        ({"other": {"num_notes": 3, "controls": {}}}, "lacks the key 'volume_db'"),
    ],
)
def test_wrong_json_is_refused_by_name(
    change: dict[str, object], sentence: str
) -> None:
    document = json.loads(fit_scales(notes_of(30), ["violin"] * 30).to_json())
    with pytest.raises(ValueError, match=sentence):
        ExpressionScales.from_json(json.dumps(document | change))


@pytest.mark.parametrize(
    ("value", "sentence"),
    [("loud", "must be a number"), (None, "received null"), (1e9, "low below high")],
)
def test_statistics_that_are_no_range_are_refused(value: object, sentence: str) -> None:
    document = json.loads(fit_scales(notes_of(30), ["violin"] * 30).to_json())
    document["other"]["controls"]["volume_db"]["low"] = value
    with pytest.raises(ValueError, match=sentence):
        ExpressionScales.from_json(json.dumps(document))


def test_infinite_statistics_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        UnitStatistics(low=0.0, high=np.inf, mean=0.0, deviation=0.0)


def test_notes_that_cannot_be_fitted_are_refused() -> None:
    values = notes_of(30)
    with pytest.raises(UsageError, match="got \\(30, 3\\)"):
        fit_scale(values[:, :3])
    with pytest.raises(UsageError, match="30 notes and 2 instruments"):
        fit_scales(values, ["violin", "flute"])
    values[3, 4] = np.nan
    with pytest.raises(UsageError, match="NaN"):
        fit_scale(values)
