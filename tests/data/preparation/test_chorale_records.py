from __future__ import annotations

import importlib.util
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from musegen.data.corpora.chorale_map import MapEntry, map_entries
from musegen.data.corpora.chorales import LICENCE, Chorale, load_chorales, read_chorale
from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice
from musegen.data.preparation import chorale_records as module
from musegen.data.preparation.chorale_records import (
    chorale_schema,
    chorale_to_row,
    encode_chorales,
    prepare_chorales,
    read_chorale_records,
    row_to_chorale,
)
from musegen.data.preparation.records import (
    RecordMetadata,
    Rejection,
    content_digest,
    encode_records,
)
from musegen.data.score import BarBeat, Note, Part, Score

needs_music21 = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)


def make_chorale(index: int = 0) -> Chorale:
    """One bar of one chord, with a remark at a place."""
    pitches = (72, 64, 60, 48)
    grid = np.tile(np.array(pitches, dtype=np.int16), (16, 1))
    is_onset = np.zeros((16, 4), dtype=np.bool_)
    is_onset[0] = True
    return Chorale(
        split="train",
        index=index,
        bwv="0",
        file=f"bwv0.{index}.mxl",
        title="Wachet auf, süß",
        score=Score(
            ticks_per_quarter=480,
            parts=tuple(
                Part(notes=(Note(onset=0, duration=1920, pitch=p),), fermatas=fermatas)
                for p, fermatas in zip(pitches, ((0,), (), (), (0, 480)), strict=True)
            ),
        ),
        grid=grid,
        is_onset=is_onset,
        is_fermata=np.ones(16, dtype=np.bool_),
        bar_phase=np.arange(16, dtype=np.int16),
        bar_length_steps=np.full(16, 16, dtype=np.int16),
        metre=np.tile(np.array([4, 4], dtype=np.int16), (16, 1)),
        source_step=np.arange(16, dtype=np.int32),
        sharps=-3,
        is_minor=True,
        transpose_semitones=0,
        time_scale=1,
        shares_hymn_tune_with_train=False,
        agreement=0.9896,
        notices=(
            Notice(code="a", message="A.", place=BarBeat(bar=2, beat=Fraction(5, 3))),
            Notice(code="b", message="B."),
        ),
    )


def write(folder: Path, data: bytes) -> Path:
    path = folder / "chorales.parquet"
    path.write_bytes(data)
    return path


def write_rows(folder: Path, rows: list[dict[str, object]], **changes: object) -> Path:
    metadata = encode_chorales([make_chorale()]).metadata
    digest = content_digest(rows)
    changed = replace(metadata, content_sha256=digest, **changes)  # type: ignore[arg-type]
    return write(
        folder, encode_records(rows, schema=chorale_schema(), metadata=changed)
    )


def keep_pieces(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    entries = tuple(entry for entry in map_entries() if entry.name in names)
    monkeypatch.setattr(module, "map_entries", lambda: entries)


def test_chorales_come_back_exactly(tmp_path: Path) -> None:
    chorales = (make_chorale(0), make_chorale(1))
    path = write(tmp_path, encode_chorales(chorales).data)
    assert read_chorale_records(path) == chorales


def test_every_column_of_a_row_is_in_the_schema() -> None:
    assert list(chorale_to_row(make_chorale())) == [f.name for f in chorale_schema()]


def test_the_metadata_say_source_and_licence() -> None:
    rejection = Rejection(source="train 25", reason="absent", message="not there")
    prepared = encode_chorales([make_chorale()], rejections=[rejection])
    metadata = prepared.metadata
    assert metadata.licence == LICENCE
    assert "music21" in metadata.source
    assert set(metadata.versions) == {"music21", "musegen"}
    assert metadata.num_read == prepared.num_records + 1 == 2
    assert metadata.rejections == (rejection,)


@needs_music21
def test_real_pieces_come_back_exactly_and_twice_the_same(tmp_path: Path) -> None:
    chorales = load_chorales("valid")[:12]
    prepared = encode_chorales(chorales)
    read = read_chorale_records(write(tmp_path, prepared.data))
    assert read == chorales
    assert encode_chorales(read).data == prepared.data


@needs_music21
def test_preparing_counts_what_it_read_wrote_and_rejected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep_pieces(monkeypatch, "train 0", "train 25", "test 3")
    steps: list[int] = []
    prepared = prepare_chorales(advance=steps.append)
    assert steps == [1, 1, 1]
    assert (prepared.metadata.num_read, prepared.num_records) == (3, 2)
    assert prepared.metadata.rejections == (
        Rejection(
            source="train 25",
            reason="absent-from-corpus",
            message="music21 does not have this piece of the standard split",
        ),
    )
    read = read_chorale_records(write(tmp_path, prepared.data))
    assert [(c.split, c.index) for c in read] == [("train", 0), ("test", 3)]


def test_a_file_that_cannot_be_read_is_listed_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep_pieces(monkeypatch, "train 0", "train 1")
    monkeypatch.setattr(module, "corpus_folder", lambda: tmp_path)

    def read(entry: MapEntry, folder: Path) -> Chorale:
        return make_chorale(1) if entry.index == 1 else read_chorale(entry, folder)

    monkeypatch.setattr(module, "read_chorale", read)
    prepared = prepare_chorales()
    (rejection,) = prepared.metadata.rejections
    assert (rejection.source, rejection.reason) == ("bwv360.mxl", "unreadable")
    assert "not in the corpus" in rejection.message


def test_a_preparation_that_made_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep_pieces(monkeypatch, "train 25", "train 0")
    monkeypatch.setattr(module, "corpus_folder", lambda: tmp_path)
    with pytest.raises(InputError, match="none of the 2 chorales could be read"):
        prepare_chorales()


def test_records_of_another_kind_or_version_are_refused(tmp_path: Path) -> None:
    rows = [chorale_to_row(make_chorale())]
    with pytest.raises(FileFormatError, match="kind 'clips'; expected 'chorales'"):
        read_chorale_records(write_rows(tmp_path, rows, kind="clips"))
    with pytest.raises(FileFormatError, match=r"version 99 .* reads version 2"):
        read_chorale_records(write_rows(tmp_path, rows, schema_version=99))


def test_an_altered_value_is_named_by_its_row(tmp_path: Path) -> None:
    row = chorale_to_row(make_chorale())
    row["score"]["ticks_per_quarter"] = 0
    with pytest.raises(
        FileFormatError, match=r"row 0: ticks_per_quarter is at least 1"
    ):
        read_chorale_records(write_rows(tmp_path, [row]))


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(TypeError, match="tempo"):
        row_to_chorale({**chorale_to_row(make_chorale()), "tempo": 1})


def test_metadata_survive_json() -> None:
    metadata = encode_chorales([make_chorale()]).metadata
    assert RecordMetadata.from_json(metadata.to_json()) == metadata
