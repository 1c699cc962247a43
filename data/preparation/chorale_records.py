"""The chorale corpus as a record file: prepare it, read it back, count it, check it.

A row a piece, columns as the fields of `musegen.data.corpora.chorales.Chorale`. Reading
gives exactly the chorales that were written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from musegen import __version__
from musegen.data.corpora.chorale_map import map_entries
from musegen.data.corpora.chorales import (
    LICENCE,
    SOURCE,
    VOICES,
    Chorale,
    corpus_folder,
    music21_version,
    read_chorale,
)
from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice
from musegen.data.preparation.records import (
    RecordFile,
    RecordMetadata,
    Rejection,
    Row,
    content_digest,
    encode_records,
    import_pyarrow,
    list_type,
    read_records,
)
from musegen.data.preparation.score_rows import row_to_score, score_to_row, score_type
from musegen.data.score import BarBeat

KIND = "chorales"
SCHEMA_VERSION = 2

_DTYPES: dict[str, type[np.generic]] = {
    "grid": np.int16,
    "is_onset": np.bool_,
    "is_fermata": np.bool_,
    "bar_phase": np.int16,
    "bar_length_steps": np.int16,
    "metre": np.int16,
    "source_step": np.int32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a preparation made, not yet written anywhere.

    Args:
        data: The record file.
        metadata: What stands in it.
        num_records: Rows; `metadata.num_read` less the rejections.
    """

    data: bytes
    metadata: RecordMetadata
    num_records: int


def prepare_chorales(*, advance: Callable[[int], object] | None = None) -> Prepared:
    """Read the whole corpus from the installed music21 and make a record file of it.

    Args:
        advance: Called with 1 after each of the 382 pieces, for a progress bar.

    Raises:
        MissingPackageError: music21 or pyarrow is not installed.
        InputError: Not one piece could be read.
    """
    import_pyarrow()  # before the work, so that its absence is said at once
    folder = corpus_folder()
    chorales: list[Chorale] = []
    rejections: list[Rejection] = []
    for entry in map_entries():
        if entry.file is None:
            rejections.append(
                Rejection(
                    source=entry.name,
                    reason="absent-from-corpus",
                    message="music21 does not have this piece of the standard split",
                )
            )
        else:
            try:
                chorales.append(read_chorale(entry, folder))
            except InputError as error:
                rejections.append(
                    Rejection(
                        source=entry.file, reason="unreadable", message=str(error)
                    )
                )
        if advance is not None:
            advance(1)
    if not chorales:
        raise InputError(
            f"none of the {len(rejections)} chorales could be read; the last problem: "
            f"{rejections[-1].message}"
        )
    return encode_chorales(chorales, rejections=rejections)


def encode_chorales(
    chorales: Iterable[Chorale], *, rejections: Iterable[Rejection] = ()
) -> Prepared:
    """Make a record file of chorales that have been read.

    Args:
        chorales: In the order of the rows.
        rejections: What gave no chorale.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    rows = [chorale_to_row(chorale) for chorale in chorales]
    refused = tuple(rejections)
    metadata = RecordMetadata(
        kind=KIND,
        schema_version=SCHEMA_VERSION,
        source=SOURCE,
        licence=LICENCE,
        versions={"music21": music21_version(), "musegen": __version__},
        num_read=len(rows) + len(refused),
        rejections=refused,
        content_sha256=content_digest(rows),
    )
    data = encode_records(rows, schema=chorale_schema(), metadata=metadata)
    return Prepared(data=data, metadata=metadata, num_records=len(rows))


def read_chorale_records(path: Path) -> tuple[Chorale, ...]:
    """Read a record file of chorales; neither music21 nor its corpus is needed.

    Args:
        path: What `musegen data prepare chorales` wrote.

    Returns:
        The chorales exactly as they were written.

    Raises:
        FileFormatError: Not such a file, or of another schema version.
        MissingPackageError: pyarrow is not installed.
    """
    records = read_records(path)
    check_kind(records, path.name)
    chorales = []
    for place, row in enumerate(records.rows):
        try:
            chorales.append(row_to_chorale(row))
        except (KeyError, TypeError, ValueError) as error:
            raise FileFormatError(
                f"{path.name}, row {place}: {error}; it was altered: prepare it anew"
            ) from error
    return tuple(chorales)


def check_kind(records: RecordFile, name: str) -> None:
    """Refuse records of another kind or version.

    Raises:
        FileFormatError: They are.
    """
    metadata = records.metadata
    if metadata.kind != KIND:
        raise FileFormatError(
            f"{name} holds records of kind {metadata.kind!r}; expected {KIND!r}"
        )
    if metadata.schema_version != SCHEMA_VERSION:
        raise FileFormatError(
            f"{name} has version {metadata.schema_version} of the chorale records; "
            f"this musegen reads version {SCHEMA_VERSION}: run "
            " musegen data prepare chorales"
        )


def chorale_to_row(chorale: Chorale) -> Row:
    """Return a chorale as plain values, one a column."""
    row: Row = {field.name: getattr(chorale, field.name) for field in fields(chorale)}
    row.update({name: row[name].tolist() for name in _DTYPES})
    row["score"] = score_to_row(chorale.score)
    row["notices"] = [_notice_to_row(notice) for notice in chorale.notices]
    return row


def row_to_chorale(row: Row) -> Chorale:
    """Return the chorale that `chorale_to_row` was given.

    Raises:
        KeyError: A column is missing.
        TypeError: There is a column too many.
        ValueError: A value is out of its range.
    """
    arrays = {name: np.array(row[name], dtype=dtype) for name, dtype in _DTYPES.items()}
    return Chorale(
        **{
            **row,
            **arrays,
            "score": row_to_score(row["score"]),
            "notices": tuple(_row_to_notice(notice) for notice in row["notices"]),
        }
    )


def chorale_schema() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow schema of the rows.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    small, number, flag, text = (
        arrow.int16(),
        arrow.int32(),
        arrow.bool_(),
        arrow.string(),
    )
    notice = [("code", text), ("message", text), ("bar", number), ("beat", text)]
    return arrow.schema(
        [
            ("split", text),
            ("index", number),
            ("bwv", text),
            ("file", text),
            ("title", text),
            ("score", score_type()),
            ("grid", list_type(list_type(small, len(VOICES)))),
            ("is_onset", list_type(list_type(flag, len(VOICES)))),
            ("is_fermata", list_type(flag)),
            ("bar_phase", list_type(small)),
            ("bar_length_steps", list_type(small)),
            ("metre", list_type(list_type(small, 2))),
            ("source_step", list_type(number)),
            ("sharps", small),
            ("is_minor", flag),
            ("transpose_semitones", small),
            ("time_scale", small),
            ("shares_hymn_tune_with_train", flag),
            ("agreement", arrow.float64()),
            ("notices", list_type(arrow.struct(notice))),
        ]
    )


def _notice_to_row(notice: Notice) -> Row:
    place = notice.place
    return {
        "code": notice.code,
        "message": notice.message,
        "bar": None if place is None else place.bar,
        "beat": None if place is None else str(place.beat),
    }


def _row_to_notice(row: Row) -> Notice:
    place = (
        None
        if row["bar"] is None
        else BarBeat(bar=row["bar"], beat=Fraction(row["beat"]))
    )
    return Notice(code=row["code"], message=row["message"], place=place)
