"""The columns: their order, their bounds, and what is said of unknown ones."""

from __future__ import annotations

import math

import pytest

from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.tables.note_columns import (
    COLUMN_BY_NAME,
    COLUMNS,
    describe_columns,
    in_column_order,
    unknown_column_text,
)


def test_columns_of_the_released_code_stand_in_its_order() -> None:
    names = [column.name for column in COLUMNS]
    assert names[1:11] == [
        "volume",
        "vol_fluc",
        "vibrato",
        "brightness",
        "attack",
        "vol_peak_pos",
        "pitch",
        "onset",
        "offset",
        "note_length",
    ]
    assert tuple(names[-len(UNIT_NAMES) :]) == UNIT_NAMES
    assert len(set(names)) == len(names)


def test_units_are_those_that_the_names_end_in() -> None:
    endings = {"_db": "dB", "_cents": "cents", "_hz": "Hz", "_s": "s"}
    for column in COLUMNS:
        for ending, unit in endings.items():
            if column.name.endswith(ending):
                assert column.unit == unit, column.name


def test_every_column_is_described_with_its_unit() -> None:
    lines = describe_columns().splitlines()
    assert len(lines) == len(COLUMNS)
    assert lines[8] == ("onset                     first frame [frames of 4 ms]")


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("pitch", 60.5, "no whole number"),
        ("pitch", 128.0, "pitch is 0 to 127"),
        ("note", 0.0, "note is 1 or more"),
        ("volume", math.nan, "no number"),
        ("volume", math.inf, "infinite"),
        ("onset_s", -0.1, "onset_s is 0 to 86400"),
        ("volume_db", 500.0, "volume_db is -120 to 120"),
        ("peak_position", 7.0, "peak_position is 0 to 1"),
        ("vibrato_extent_cents", -10.0, "vibrato_extent_cents is 0 to 1200"),
        ("vibrato_rate_hz", 100.0, "vibrato_rate_hz is 0 to 20"),
        ("vibrato_delay_s", -0.1, "vibrato_delay_s is 0 to 86400"),
        ("mean_harmonic", 400.0, "mean_harmonic is 0 to 100"),
    ],
)
def test_fault_of_a_number_is_named(name: str, value: float, fault: str) -> None:
    assert fault in str(COLUMN_BY_NAME[name].fault_of(value))


@pytest.mark.parametrize(("name", "value"), [("pitch", 127.0), ("volume", -3.5)])
def test_number_within_bounds_has_no_fault(name: str, value: float) -> None:
    assert COLUMN_BY_NAME[name].fault_of(value) is None


def test_every_column_in_units_has_bounds() -> None:
    bounds = [
        bound
        for name in UNIT_NAMES
        for bound in (COLUMN_BY_NAME[name].lowest, COLUMN_BY_NAME[name].highest)
    ]
    assert all(map(math.isfinite, bounds))


def test_names_are_put_in_order() -> None:
    assert in_column_order({"pitch", "onset_s", "volume"}) == (
        "volume",
        "pitch",
        "onset_s",
    )


def test_unknown_column_is_told_with_the_one_that_is_near() -> None:
    assert unknown_column_text("brigthness") == (
        "there is no column 'brigthness'; did you mean 'brightness'?"
    )
    assert "the columns are note, volume," in unknown_column_text("xyz")
