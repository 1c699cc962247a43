from __future__ import annotations

from dataclasses import fields

import pytest

from musegen.midi_ddsp.parts.automation import Automation
from musegen.midi_ddsp.tables.automation_columns import (
    COLUMNS,
    describe_automation_columns,
    fault_of_name,
)


def test_there_is_a_column_for_each_curve() -> None:
    assert {column.name for column in COLUMNS} == {
        field.name for field in fields(Automation)
    }


def test_a_curve_at_rest_is_within_the_bounds() -> None:
    for column in COLUMNS:
        at_rest = getattr(Automation(), column.name).values[0]
        assert column.lowest <= at_rest <= column.highest


def test_help_names_every_column_and_its_unit() -> None:
    text = describe_automation_columns()
    for column in COLUMNS:
        assert column.name in text
        assert f"[{column.unit}]" in text


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    assert fault_of_name("gain_db") is None
    assert "did you mean 'gain_db'" in str(fault_of_name("gian_db"))
    assert "the columns are time_s, frame, part, gain_db" in str(fault_of_name("xyzzy"))


@pytest.mark.parametrize("name", ["time_s", "frame", "part"])
def test_columns_that_place_a_row_are_known(name: str) -> None:
    assert fault_of_name(name) is None
