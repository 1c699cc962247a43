"""Kinds of files: an extension means one of them."""

from __future__ import annotations

from collections import Counter

import pytest

from musegen.cli._formats import (
    FORMATS,
    SOUND_FORMATS,
    TABLE_FORMATS,
    format_of,
    split_name,
)


def test_an_extension_means_one_kind_of_file() -> None:
    suffixes = Counter(s for kind in FORMATS.values() for s in kind.suffixes)
    assert [suffix for suffix, count in suffixes.items() if count > 1] == []
    assert all(suffix.startswith(".") for suffix in suffixes)


def test_the_extension_that_we_give_is_the_first() -> None:
    assert FORMATS["midi"].suffix == ".mid"
    assert FORMATS["frames-csv"].suffix == ".frames.csv"


def test_sound_and_tables_are_among_the_formats() -> None:
    assert SOUND_FORMATS.keys() | TABLE_FORMATS.keys() < FORMATS.keys()
    assert all(kind.is_binary for kind in SOUND_FORMATS.values())
    assert not FORMATS["csv"].is_binary


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.mid", ("a", ".mid")),
        ("a.b.MID", ("a.b", ".MID")),
        ("a.frames.csv", ("a", ".frames.csv")),
        ("a.csv", ("a", ".csv")),
        ("a.other", ("a", ".other")),
        ("a", ("a", "")),
    ],
)
def test_a_name_is_split_before_its_whole_extension(
    name: str, expected: tuple[str, str]
) -> None:
    assert split_name(name) == expected


def test_an_extension_says_the_format_in_any_case() -> None:
    assert format_of(".Frames.CSV") == "frames-csv"
    assert format_of(".csv") == "csv"
    assert format_of(".other") is None
