"""Grades and voice-leading facts as text of at most 80 columns, beside Bach's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from musegen.cli._output import table

if TYPE_CHECKING:
    from musegen.data.grading.summary import GradeSummary
    from musegen.data.grading.texture import Texture

NAME_COLUMNS = 18  # longer names stand above their figures
LINE_COLUMNS = 80
_HEADINGS = ("note", "rhythm", "par", "harm", "melody", "rep")
_VOICES = ("soprano", "alto", "tenor", "bass")
_PAIRS = ("S-A", "A-T", "T-B")


def grade_table(rows: Sequence[tuple[str, Mapping[str, GradeSummary]]]) -> str:
    """Return one line a file: its sub-grades, then its grade in each spelling.

    A long name is never cut: it has a line of its own, above the figures.

    Args:
        rows: (file, summary by spelling); the sub-grades are those of the first
            spelling, of several windows the medians. `melody` is the mean of the four
            voices.
    """
    spellings = list(rows[0][1])
    heading, *lines = table(
        ("file", *_HEADINGS, *spellings),
        [
            (
                name if len(name) <= NAME_COLUMNS else "",
                *map(_number, _sub_grades(summaries[spellings[0]])),
                *(_number(summaries[spelling].median) for spelling in spellings),
            )
            for name, summaries in rows
        ],
    ).splitlines()
    found = [heading]
    for (name, _), line in zip(rows, lines, strict=True):
        found += _long_name_lines(name)
        found.append(line)
    return "\n".join(found)


def summary_table(summaries: Mapping[str, GradeSummary]) -> str:
    """Return the figures over all grades, one column a spelling.

    Args:
        summaries: By spelling.
    """
    columns = list(summaries.values())
    rows: list[tuple[str, Sequence[str]]] = [
        ("grades", [str(column.num_grades) for column in columns]),
        ("median", [_number(column.median) for column in columns]),
        (
            "quartiles",
            [
                f"{_number(column.lower_quartile)} to {_number(column.upper_quartile)}"
                for column in columns
            ],
        ),
        ("mean", [_number(column.mean) for column in columns]),
        ("without a grade", [f"{column.failed_share:.1%}" for column in columns]),
    ]
    rows += [
        (
            f"median {name}",
            [_number(column.feature_medians[name]) for column in columns],
        )
        for name in columns[0].feature_medians
    ]
    return table(("all", *summaries), [(name, *cells) for name, cells in rows])


def texture_table(found: Texture, bach: Texture) -> str:
    """Return the facts of voice leading beside Bach's.

    Args:
        found: Of what was graded.
        bach: Of the chorales.
    """
    rows: list[tuple[str, str, str]] = [
        (f"parallel {name} in 1000 beats", f"{here:.1f}", f"{there:.1f}")
        for name, here, there in (
            ("fifths", found.fifths_per_1000_beats, bach.fifths_per_1000_beats),
            ("octaves", found.octaves_per_1000_beats, bach.octaves_per_1000_beats),
        )
    ]
    for title, name, labels in (
        ("crossings", "crossings", _PAIRS),
        ("unisons", "unisons", _PAIRS),
        ("wide spacing", "wide", _PAIRS),
        ("out of range", "outside_range", "SATB"),
        ("leaps beyond a fifth", "leaps", "SATB"),
        ("rests", "rests", "SATB"),
    ):
        rows.append(
            (
                f"{title} {' '.join(labels)}, %",
                _percents(getattr(found, name)),
                _percents(getattr(bach, name)),
            )
        )
    rows.append(
        (
            "largest leap S A T B, semitones",
            " ".join(map(str, found.largest_leaps)),
            " ".join(map(str, bach.largest_leaps)),
        )
    )
    rows.append(
        (
            "chord of the beat before, %",
            _percents((found.repeated_chords,)),
            _percents((bach.repeated_chords,)),
        )
    )
    for step, (here, there) in enumerate(zip(found.moves, bach.moves, strict=True)):
        rows.append(
            (
                f"moves on {step + 1}/{len(found.moves)} S A T B any, %",
                _whole_percents(here),
                _whole_percents(there),
            )
        )
    return table(("voice leading", "here", "Bach"), rows)


def _sub_grades(summary: GradeSummary) -> tuple[float, ...]:
    medians = summary.feature_medians
    return (
        medians["note"],
        medians["rhythm"],
        medians["parallel"],
        medians["harmonic"],
        fmean(medians[voice] for voice in _VOICES),
        medians["repeated"],
    )


def _number(value: float) -> str:
    """Two places; `none` for what has no grade."""
    return f"{value:.2f}" if math.isfinite(value) else "none"


def _long_name_lines(name: str) -> list[str]:
    """The lines of a name that is too long for its column; none for a short one."""
    if len(name) <= NAME_COLUMNS:
        return []
    starts = range(0, len(name), LINE_COLUMNS)
    return [name[start : start + LINE_COLUMNS] for start in starts]


def _percents(shares: Sequence[float]) -> str:
    return " ".join(f"{100 * share:.1f}" for share in shares)


def _whole_percents(shares: Sequence[float]) -> str:
    return " ".join(f"{100 * share:.0f}" for share in shares)
