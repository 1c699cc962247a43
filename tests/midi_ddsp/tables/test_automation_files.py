from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import FileFormatError, InputError, OutputExistsError
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.tables.automation_columns import COLUMNS
from musegen.midi_ddsp.tables.automation_files import (
    AutomationTable,
    read_automation_table,
    write_automation_table,
)


def part(name: str = "Violin I", index: int = 0) -> PlayablePart:
    note = PlayedNote(pitch=69, onset_s=0.0, offset_s=1.0, velocity=80)
    return PlayablePart(
        name=name,
        instrument=instrument_named("violin"),
        notes=(note,),
        legato_in=(False,),
        automation=Automation(),
        part_index=index,
        voice_index=0,
    )


def read(text: str) -> AutomationTable:
    return read_automation_table(text.encode(), name="a.csv")


def alone(text: str) -> Automation:
    return read(text).for_part(part())


def test_columns_go_straight_between_rows_and_hold_outside() -> None:
    automation = alone("time_s,gain_db\n0.04,0\n0.08,-10\n")
    assert automation.gain_db.at(0, 25)[[0, 10, 15, 20, 24]].tolist() == [
        0.0,
        0.0,
        -5.0,
        -10.0,
        -10.0,
    ]
    assert automation.bend_cents.is_constant


def test_frames_may_stand_for_seconds() -> None:
    by_time = alone("time_s,bend_cents\n0,0\n0.4,50\n")
    by_frame = alone("frame,bend_cents\n0,0\n100,50\n")
    assert np.array_equal(by_time.bend_cents.at(0, 120), by_frame.bend_cents.at(0, 120))


def test_an_empty_cell_is_no_point() -> None:
    automation = alone("time_s,gain_db,pan\n0,0,\n0.04,,1\n0.08,-20,\n")
    assert automation.gain_db.at(10, 11)[0] == -10.0
    assert automation.pan.at(0, 3).tolist() == [1.0, 1.0, 1.0]


def test_two_rows_at_one_time_are_a_jump() -> None:
    automation = alone("frame,gain_db\n0,0\n10,0\n10,-6\n20,-6\n")
    assert automation.gain_db.at(8, 12).tolist() == [0.0, 0.0, -6.0, -6.0]
    assert alone("frame,gain_db\n0,1\n0,2\n0,3\n").gain_db.at(0, 2).tolist() == [3, 3]


def test_parts_are_meant_by_name_or_number_and_all_without() -> None:
    table = read("time_s,part,gain_db\n0,,-1\n0,violin i,-2\n0,2,-4\n1,,-1\n1,2,-4\n")
    first, second, third = part(), part("Cello", 1), part("Horn", 2)
    gains = [
        float(table.for_part(one).gain_db.at(5, 6)[0]) for one in (first, second, third)
    ]
    assert gains == [-3.0, -5.0, -1.0]
    table.refuse_unknown_parts([first, second])
    with pytest.raises(InputError, match=r"no part '2'; the parts are 1 \(Violin I\)"):
        table.refuse_unknown_parts([first])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time_s,gain_db\n1,0\n0.5,0\n", "row 3, column 'time_s': 0.5 comes after 1"),
        ("time_s,gain_db\n,0\n", "row 2, column 'time_s': the cell is empty"),
        ("time_s,gain_db\n-1,0\n", "row 2, column 'time_s': -1 is out of range"),
        ("frame,gain_db\n1.5,0\n", "row 2, column 'frame': 1.5 is no whole number"),
        ("time_s,gain_db\n0,99\n", "row 2, column 'gain_db': 99 is out of range"),
        ("time_s,pan\n0,0\n1,-2\n", "row 3, column 'pan': -2 is out of range"),
        ("time_s,gain_db\n0,loud\n", "row 2, column 'gain_db': 'loud' is no number"),
        ("time_s,frame,pan\n0,0,0\n", "'time_s' and 'frame' are both there"),
        ("gain_db\n0\n", "'time_s' and 'frame' are both missing"),
        ("time_s\n0\n", "no column of what is moved; add one of gain_db"),
        ("time_s,gain_db\n", "no numbers under gain_db"),
        ("time_s,gain_db\n0,\n", "no numbers under gain_db"),
        ("time_s,gain\n0,0\n", "no column 'gain'; did you mean"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises((InputError, FileFormatError), match=message) as caught:
        read(text)
    assert str(caught.value).startswith("a.csv")


def test_a_pan_is_a_place_even_if_it_is_the_centre() -> None:
    table = read("time_s,part,pan,gain_db\n0,1,0,-3\n0,Cello,,-3\n")
    assert table.places(part())
    assert not table.places(part("Cello", 2))
    assert read("time_s,pan\n0,0\n").places(part("Cello", 2))
    assert not read("time_s,gain_db\n0,-3\n").places(part())
    moved = AutomationTable(by_part={"": Automation(pan=constant_curve(0.5))})
    assert moved.places(part())
    assert not AutomationTable(by_part={"": Automation()}).places(part())


def test_unsorted_rows_of_different_parts_are_in_order_each() -> None:
    table = read("time_s,part,pan\n0,1,0\n5,1,1\n0,2,0\n5,2,-1\n")
    assert set(table.by_part) == {"1", "2"}


def curves() -> st.SearchStrategy[dict[str, Curve]]:
    def curve(low: float, high: float) -> st.SearchStrategy[Curve]:
        points = st.dictionaries(
            st.integers(0, 500), st.floats(low, high), min_size=1, max_size=5
        )
        return points.map(
            lambda found: Curve(
                frames=np.array(sorted(found), np.int64),
                values=np.array([found[frame] for frame in sorted(found)]),
            )
        )

    return st.fixed_dictionaries(
        {"gain_db": curve(-60, 12)},
        optional={
            column.name: curve(column.lowest, column.highest) for column in COLUMNS[1:]
        },
    )


@settings(max_examples=25, deadline=None)
@given(
    by_part=st.dictionaries(
        st.sampled_from(["", "1", 'Violin; "I"']), curves(), min_size=1
    ),
    suffix=st.sampled_from([".csv", ".parquet"]),
)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    by_part: dict[str, dict[str, Curve]],
    suffix: str,
) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="the extra 'records'")
    table = AutomationTable(
        by_part={name: Automation(**found) for name, found in by_part.items()}
    )
    path = tmp_path_factory.mktemp("automation") / f"a{suffix}"
    try:
        write_automation_table(table, path)
    except InputError:
        assert all(
            not found["gain_db"].values.any() for found in by_part.values()
        )  # nothing is moved
        return
    back = read_automation_table(path)
    for name, automation in table.by_part.items():
        again = back.by_part.get(name, Automation())
        for column in COLUMNS:
            before, after = (
                getattr(one, column.name).at(0, 510) for one in (automation, again)
            )
            np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-9)


def test_nothing_is_overwritten_and_nothing_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    table = read("time_s,gain_db\n0,0\n1,-3\n")
    write_automation_table(table, path)
    assert path.read_text() == "time_s,gain_db\n0.0,0.0\n1.0,-3.0\n"
    with pytest.raises(OutputExistsError):
        write_automation_table(table, path)
    with pytest.raises(InputError, match="nothing is moved"):
        write_automation_table(
            AutomationTable(by_part={"": Automation()}), path, overwrite=True
        )
