"""Writes a clip file row group by row group, in flat memory, or not at all.

Parquet, open to any reader. What the file says of itself stands in its footer's
key-value metadata, written last: under `musegen` as for every record file, under
`musegen.clips` what holds for clips only. Reading is in `clip_reading`.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from musegen.data.errors import InputError, OutputError, OutputExistsError
from musegen.data.preparation.records import (
    COMPRESSION,
    METADATA_KEY,
    RecordMetadata,
    Rejection,
    import_pyarrow,
)
from musegen.midi_ddsp.records.schema import (
    AUDIO_DTYPE,
    FRAME_COLUMNS,
    KIND,
    SCHEMA_VERSION,
    TEXT_COLUMNS,
    ClipLayout,
    ClipNote,
    ClipRecord,
    clip_schema,
    content_line,
    note_row,
)
from musegen.midi_ddsp.records.summaries import CLIPS_KEY, ClipSummary, Remark

ROW_GROUP_CLIPS = 32


class ClipWriter:
    """Writes a clip file; a context manager. Without `finish` no file comes to be.

    Args:
        path: Where; the folder must exist.
        layout: Of all clips.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: It cannot be written.
        MissingPackageError: pyarrow is not installed.
    """

    def __init__(
        self, path: Path, *, layout: ClipLayout, overwrite: bool = False
    ) -> None:
        arrow = import_pyarrow()
        if path.exists() and not overwrite:
            raise OutputExistsError(
                f"{path}: the file exists; choose another name or give --overwrite"
            )
        self.path = path
        self.layout = layout
        self._target = path.resolve()
        token = secrets.token_hex(8)
        self._temporary = self._target.parent / f".musegen-{token}.tmp"
        self._schema = clip_schema(layout)
        try:
            self._writer: Any = arrow.parquet.ParquetWriter(
                str(self._temporary),
                self._schema,
                compression=COMPRESSION,
                use_dictionary=list(TEXT_COLUMNS),
            )
        except OSError as error:
            raise OutputError(
                f"{path}: cannot be written ({error.strerror or error}); choose "
                "another place"
            ) from error
        self._waiting: list[ClipRecord] = []
        self._digest = hashlib.sha256()
        self._licences: Counter[str] = Counter()
        self._recordings: set[str] = set()
        self._is_finished = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_finished:
            self._writer.close()
            self._temporary.unlink(missing_ok=True)

    @property
    def num_clips(self) -> int:
        """Clips so far."""
        return sum(self._licences.values())

    def add(self, clip: ClipRecord) -> None:
        """Append a clip.

        Raises:
            InputError: It has not the length of the layout.
        """
        if len(clip.f0_hz) != self.layout.clip_frames:
            raise InputError(
                f"{clip.recording}: a clip of {len(clip.f0_hz)} frames; expected "
                f"{self.layout.clip_frames}"
            )
        self._waiting.append(clip)
        self._digest.update(content_line(clip))
        self._licences[clip.licence] += 1
        self._recordings.add(clip.recording)
        if len(self._waiting) == ROW_GROUP_CLIPS:
            self._flush()

    def finish(
        self,
        *,
        source: str,
        versions: Mapping[str, str],
        rejections: Sequence[Rejection] = (),
        remarks: Sequence[Remark] = (),
    ) -> RecordMetadata:
        """Write what the file says of itself and put it in its place.

        Args:
            source: Where the inputs are from.
            versions: Of the packages that decided the content.
            rejections: Recordings that gave no clip.
            remarks: What there is to know of the others.
        """
        self._flush()
        metadata = RecordMetadata(
            kind=KIND,
            schema_version=SCHEMA_VERSION,
            source=source,
            licence="; ".join(sorted(self._licences)),
            versions=dict(versions),
            num_read=len(self._recordings) + len(rejections),
            rejections=tuple(rejections),
            content_sha256=self._digest.hexdigest(),
        )
        summary = ClipSummary(
            layout=self.layout,
            num_clips=self.num_clips,
            num_recordings=len(self._recordings),
            licences=dict(self._licences),
            remarks=tuple(remarks),
        )
        self._writer.add_key_value_metadata(
            {METADATA_KEY: metadata.to_json(), CLIPS_KEY: summary.to_json()}
        )
        self._writer.close()
        self._temporary.replace(self._target)
        self._is_finished = True
        return metadata

    def _flush(self) -> None:
        if not self._waiting:
            return
        self._writer.write_table(_table(self._waiting, self._schema))
        self._waiting.clear()


def _table(clips: Sequence[ClipRecord], schema: Any) -> Any:
    arrow = import_pyarrow()
    columns: list[Any] = []
    for field in schema:
        values = [getattr(clip, field.name) for clip in clips]
        if field.name in FRAME_COLUMNS:
            flat = np.concatenate(values).astype(FRAME_COLUMNS[field.name])
            column = arrow.FixedSizeListArray.from_arrays(
                arrow.array(flat), type=field.type
            )
        elif field.name == "audio":
            column = arrow.array(
                [np.ascontiguousarray(v, AUDIO_DTYPE).tobytes() for v in values],
                type=field.type,
            )
        elif field.name == "notes":
            rows = [[_stored_note(note) for note in notes] for notes in values]
            column = arrow.array(rows, type=field.type)
        else:
            column = arrow.array(values, type=field.type)
        columns.append(column)
    return arrow.Table.from_arrays(columns, schema=schema)


def _stored_note(note: ClipNote) -> dict[str, Any]:
    named = [
        {"name": name, "value": value}
        for name, value in sorted(note.expression.items())
    ]
    return {**note_row(note), "expression": named}
