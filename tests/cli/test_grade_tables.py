"""Tables of grades: what stands in them, and that they fit a terminal."""

from __future__ import annotations

import math
from dataclasses import replace

from musegen.cli._grade_tables import grade_table, summary_table, texture_table
from musegen.data.grading.bach_texture import BACH_TEXTURE
from musegen.data.grading.grade import FEATURES, Grade
from musegen.data.grading.summary import GradeSummary, summarize_grades


def summary(total: float) -> GradeSummary:
    numbers = dict(zip(FEATURES, (1, 2, 3, 4, 4, 5, 6, 9, 7), strict=True))
    sub_grades = {name: total * number / 41 for name, number in numbers.items()}
    return summarize_grades([Grade(key="C major", failure=None, **sub_grades)])


def test_a_file_has_a_line_with_its_sub_grades() -> None:
    found = grade_table(
        [("tune.mid", {"key-aware": summary(41), "naive": summary(82)})]
    ).splitlines()
    assert found[0].split()[-2:] == ["key-aware", "naive"]
    numbers = "1.00 2.00 3.00 4.00 6.00 7.00 41.00 82.00"
    assert found[1].split() == ["tune.mid", *numbers.split()]


def test_one_spelling_is_one_column() -> None:
    found = grade_table([("tune.mid", {"naive": summary(41)})])
    assert "key-aware" not in found
    assert found.splitlines()[1].split()[-1] == "41.00"


def test_what_has_no_grade_is_said() -> None:
    numbers = dict.fromkeys(FEATURES, math.inf)
    failed = summarize_grades([Grade(key="C major", failure="short", **numbers)])
    assert grade_table([("a.mid", {"naive": failed})]).split()[-1] == "none"
    assert "100.0%" in summary_table({"naive": failed})


def test_tables_fit_80_columns() -> None:
    worst = {"key-aware": summary(99.9), "naive": summary(99.9)}
    wide = replace(
        BACH_TEXTURE,
        outside_range=(1.0,) * 4,
        leaps=(1.0,) * 4,
        rests=(1.0,) * 4,
        largest_leaps=(60,) * 4,
        moves=((1.0,) * 5,) * 4,
    )
    tables = (
        grade_table([("a/long/way/to/" * 5 + "tune.mid", worst)]),
        summary_table(worst),
        texture_table(wide, BACH_TEXTURE),
    )
    for text in tables:
        assert max(map(len, text.splitlines())) <= 80, text


def test_long_names_are_whole_and_stand_above_their_figures() -> None:
    names = ["beethoven_symphony.harmonized.mid", "mozart_requiem.harmonized.mid", "a"]
    found = grade_table([(name, {"naive": summary(41)}) for name in names])
    lines = found.splitlines()
    assert [lines[1], lines[3]] == names[:2]
    figures = ["1.00", "2.00", "3.00", "4.00", "6.00", "7.00", "41.00"]
    assert [line.split() for line in lines[2:6:2]] == [figures, figures]
    assert lines[5].split() == ["a", *figures]
    starts = {line.index("1.00") for line in (lines[2], lines[4], lines[5])}
    assert starts == {lines[0].index("note")}


def test_a_name_longer_than_a_line_is_whole() -> None:
    name = "a/long/way/to/" * 9 + "tune.mid"
    lines = grade_table([(name, {"naive": summary(41)})]).splitlines()
    assert "".join(lines[1:3]) == name


def test_summary_has_every_figure_and_feature() -> None:
    found = summary_table({"key-aware": summary(41)})
    for name in ("grades", "median", "quartiles", "mean", *FEATURES):
        assert name in found


def test_texture_stands_beside_bachs() -> None:
    here = replace(BACH_TEXTURE, crossings=(0.5, 0.25, 0.125), repeated_chords=0.9)
    lines = texture_table(here, BACH_TEXTURE).splitlines()
    (crossings,) = [line for line in lines if line.startswith("crossings")]
    assert crossings.split("%")[1].strip() == "50.0 25.0 12.5   0.2 1.4 0.7"
    (repeated,) = [line for line in lines if line.startswith("chord")]
    assert repeated.split()[-2:] == ["90.0", "20.4"]
    (on_beat,) = [line for line in lines if line.startswith("moves on 1/4")]
    assert on_beat.split()[-5:] == ["68", "60", "64", "81", "88"]
