from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from musegen.data.corpora.chorale_map import (
    absent_pieces,
    map_entries,
    measured_music21_version,
)

SHARED_MAP = Path(__file__).parents[4] / "shared" / "data" / "jsb_bwv_map.json"


def test_the_standard_split_is_complete() -> None:
    counts = Counter(entry.split for entry in map_entries())
    assert counts == {"train": 229, "valid": 76, "test": 77}
    for split, count in counts.items():
        indices = [entry.index for entry in map_entries() if entry.split == split]
        assert indices == list(range(count))


def test_five_pieces_are_absent() -> None:
    assert [entry.name for entry in absent_pieces()] == [
        "train 25",
        "train 67",
        "train 113",
        "train 170",
        "valid 56",
    ]


def test_no_file_stands_for_two_pieces() -> None:
    files = [entry.file for entry in map_entries() if entry.file is not None]
    assert len(files) == len(set(files)) == 377


def test_the_segments_give_the_length_of_the_piece() -> None:
    for entry in map_entries():
        if entry.file is not None:
            quarters = sum(segment.num_quarters for segment in entry.segments)
            assert 4 * quarters == entry.num_steps, entry.name


def test_leaks_are_only_in_what_is_not_trained_on() -> None:
    leaks = Counter(e.split for e in map_entries() if e.shares_hymn_tune_with_train)
    assert leaks == {"valid": 22, "test": 24}


def test_the_measured_version_is_known() -> None:
    assert measured_music21_version() == "10.5.1"


def test_the_map_is_the_one_that_was_measured() -> None:
    if not SHARED_MAP.is_file():
        pytest.skip("the measured map is not beside this checkout")
    measured = json.loads(SHARED_MAP.read_text(encoding="utf-8"))["pieces"]
    for piece, entry in zip(measured, map_entries(), strict=True):
        assert (entry.split, entry.index) == (piece["split"], piece["index"])
        assert (entry.num_steps, entry.file) == (piece["steps"], piece["file"])
        if entry.file is not None:
            assert entry.transpose_semitones == piece["transpose"]
            assert entry.time_scale == piece["time_scale"]
            assert entry.agreement == piece["agreement"]
            assert entry.agreement_mod_octave == piece["agreement_mod_octave"]
            assert [
                [s.kind, s.first_quarter, s.num_quarters] for s in entry.segments
            ] == piece["segments"]
