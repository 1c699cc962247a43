from __future__ import annotations

import importlib.util
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import EmptyScoreError, PitchRangeError, UsageError
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.player import tunes as collected
from musegen.midi_ddsp.records.tunes import (
    CollectedTune,
    GivenTune,
    read_given,
    tunes_in_order,
)

VIOLIN, TUBA = instrument_named("violin"), instrument_named("tuba")


def part(*pitches: int, name: str = "", is_drum: bool = False) -> Part:
    notes = tuple(
        Note(onset=480 * k, duration=240, pitch=pitch)
        for k, pitch in enumerate(pitches)
    )
    return Part(notes=notes, name=name, is_drum=is_drum)


@pytest.fixture
def duet(tmp_path: Path) -> Path:
    parts = [part(60, 62, 64, name="Air"), part(48, 47), part()]
    parts = [replace(p, channel=k) for k, p in enumerate(parts)]
    parts.append(replace(part(36, 38, is_drum=True), channel=9))
    path = tmp_path / "duet.mid"
    path.write_bytes(midi_bytes(Score(ticks_per_quarter=480, parts=tuple(parts))))
    return path


def test_every_part_with_pitches_is_a_tune(duet: Path) -> None:
    tunes = read_given([str(duet), "chorales", str(duet)], licence="CC0")
    assert [tune.name for tune in tunes] == ["duet 1 Air", "duet 2"]
    assert {tune.piece for tune in tunes} == {"duet"}
    assert {(tune.licence, tune.source) for tune in tunes} == {("CC0", "duet.mid")}
    assert [note.pitch for note in tunes[1].notes] == [48, 47]


def test_given_tunes_keep_their_time_and_are_moved_within_the_range(
    duet: Path,
) -> None:
    tune = read_given([str(duet)])[0]
    lowest = set()
    for seed in range(60):
        notes = tune.arranged(VIOLIN, np.random.default_rng(seed))
        assert [n.onset_s for n in notes] == [n.onset_s for n in tune.notes]
        assert [n.pitch - notes[0].pitch for n in notes] == [0, 2, 4]
        assert notes[0].pitch >= VIOLIN.comfortable_lowest_pitch
        assert notes[-1].pitch <= VIOLIN.comfortable_highest_pitch
        lowest.add(notes[0].pitch)
    assert len(lowest) > 15


def test_a_wide_tune_takes_the_whole_range_or_is_refused(duet: Path) -> None:
    tune = read_given([str(duet)])[0]
    span = TUBA.highest_pitch - TUBA.lowest_pitch
    first, *_, last = tune.notes
    wide = replace(
        tune, notes=(replace(first, pitch=20), replace(last, pitch=20 + span))
    )
    notes = wide.arranged(TUBA, np.random.default_rng(0))
    assert [n.pitch for n in notes] == [TUBA.lowest_pitch, TUBA.highest_pitch]
    wider = replace(tune, notes=(first, replace(last, pitch=first.pitch + span + 1)))
    with pytest.raises(PitchRangeError, match="more than the tuba plays"):
        wider.arranged(TUBA, np.random.default_rng(0))


def test_names_that_mean_nothing_and_empty_scores_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'madrigals' is neither .* chorales"):
        read_given(["madrigals"])
    path = tmp_path / "empty.mid"
    path.write_bytes(midi_bytes(Score(ticks_per_quarter=480, parts=(part(),))))
    with pytest.raises(EmptyScoreError, match="not one note"):
        read_given([str(path)])


def test_the_order_is_drawn(duet: Path) -> None:
    given = read_given([str(duet)])
    orders = {
        tuple(tune.name for tune in tunes_in_order([], given, seed=seed))
        for seed in range(10)
    }
    assert orders == {("duet 1 Air", "duet 2"), ("duet 2", "duet 1 Air")}


def book_tune(title: str, *, collection: str = "airdsAirs") -> CollectedTune:
    reference = collected.TuneReference(collection=collection, file="f", position=3)
    quarter = Fraction(1)
    return CollectedTune(
        tune=collected.Tune(
            reference=reference,
            title=title,
            pitches=(60, 62),
            onsets=(Fraction(0), quarter),
            durations=(quarter, quarter),
        )
    )


def test_the_same_title_is_the_same_piece() -> None:
    assert book_tune("The Lass o' Gowrie").piece == book_tune("Lass O Gowrie.").piece
    assert book_tune("").piece == "f#3"
    assert book_tune("1 (alto)", collection="chorales").piece == "f"
    assert book_tune("x").name == "f#3"
    assert "public domain" in book_tune("x").licence


@pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)
def test_collections_follow_the_scores(duet: Path) -> None:
    given = read_given([str(duet)])
    names = [str(duet), "chorales"]
    tunes = list(islice(tunes_in_order(names, given, seed=1), 4))
    assert all(isinstance(tune, GivenTune) for tune in tunes[:2])
    assert all(tune.piece.startswith("bach/") for tune in tunes[2:])
    notes = tunes[2].arranged(VIOLIN, np.random.default_rng(0))
    assert len(notes) >= 8
