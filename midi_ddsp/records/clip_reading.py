"""Reads clip files, clip by clip, in flat memory: what training and checking use.

Writing is in `clip_writing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.data.preparation.records import (
    METADATA_KEY,
    RecordMetadata,
    import_pyarrow,
)
from musegen.midi_ddsp.records.schema import (
    AUDIO_DTYPE,
    FRAME_COLUMNS,
    NUMBER_COLUMNS,
    SCHEMA_VERSION,
    TEXT_COLUMNS,
    ClipNote,
    ClipRecord,
)
from musegen.midi_ddsp.records.summaries import CLIPS_KEY, ClipSummary

_LOOKED_UP = ("piece", "recording", "split", "instrument")


class ClipFile:
    """A clip file, open; clips are read when they are asked for. Made by `open_clips`.

    Args:
        metadata: As of every record file.
        summary: What is said of the clips.
    """

    def __init__(
        self, handle: Any, *, metadata: RecordMetadata, summary: ClipSummary
    ) -> None:
        self.metadata = metadata
        self.summary = summary
        self._handle = handle
        looked_up = handle.read(columns=list(_LOOKED_UP))
        self._index = {
            name: np.array(looked_up.column(name).to_pylist(), dtype=object)
            for name in _LOOKED_UP
        }
        counts = [
            handle.metadata.row_group(group).num_rows
            for group in range(handle.num_row_groups)
        ]
        self._ends = np.cumsum(counts, dtype=np.int64)
        self._cached: tuple[int, Any] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._handle.close()

    def __len__(self) -> int:
        return len(self._index["piece"])

    def __iter__(self) -> Iterator[ClipRecord]:
        for index in range(len(self)):
            yield self.clip(index)

    @property
    def columns(self) -> dict[str, str]:
        """Name and Arrow type of each column."""
        return {field.name: str(field.type) for field in self._handle.schema_arrow}

    def values(self, name: str) -> list[str]:
        """Return `piece`, `recording`, `split` or `instrument` of every clip."""
        return list(self._index[name])

    def where(
        self,
        *,
        split: str | None = None,
        instrument: str | None = None,
        piece: str | None = None,
    ) -> NDArray[np.int64]:
        """Return which clips are of a split, an instrument, a piece; all by default."""
        is_chosen = np.ones(len(self), bool)
        wanted = {"split": split, "instrument": instrument, "piece": piece}
        for name, value in wanted.items():
            if value is not None:
                is_chosen &= self._index[name] == value
        return np.flatnonzero(is_chosen)

    def clip(self, index: int) -> ClipRecord:
        """Return one clip; neighbours come from memory.

        Args:
            index: Row in the file, from 0.

        Raises:
            IndexError: There is no such row.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"there are {len(self)} clips; got {index}")
        group = int(np.searchsorted(self._ends, index, side="right"))
        if self._cached is None or self._cached[0] != group:
            self._cached = group, self._handle.read_row_group(group)
        table = self._cached[1]
        return _clip(table, index - int(self._ends[group]) + table.num_rows)

    def arrays(
        self, names: Sequence[str], indices: Sequence[int] | NDArray[np.int64]
    ) -> dict[str, NDArray[Any]]:
        """Return columns of frames (or `audio`) of many clips, stacked.

        Args:
            names: From `FRAME_COLUMNS`, or `audio`.
            indices: Rows, in any order.

        Returns:
            By name, [len(indices), T]; audio [len(indices), 64 T], int16.
        """
        order = np.argsort(indices, kind="stable")
        stacked: dict[str, NDArray[Any]] = {}
        for place in order:
            clip = self.clip(int(indices[place]))
            for name in names:
                values = getattr(clip, name)
                if name not in stacked:
                    stacked[name] = np.zeros((len(order), len(values)), values.dtype)
                stacked[name][place] = values
        return stacked


def open_clips(path: Path) -> ClipFile:
    """Open a clip file.

    Raises:
        InputError: There is no such file.
        FileFormatError: It is no clip file, damaged, or of another schema version.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    try:
        handle = arrow.parquet.ParquetFile(str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; check the path") from error
    except (OSError, arrow.ArrowInvalid) as error:
        raise FileFormatError(
            f"{path.name} is not a Parquet file, or it is damaged; prepare it again"
        ) from error
    stored = handle.metadata.metadata or {}
    if METADATA_KEY not in stored or CLIPS_KEY not in stored:
        raise FileFormatError(
            f"{path.name} holds no clips of MIDI-DDSP; make some with "
            " musegen data prepare midi-ddsp"
        )
    metadata = RecordMetadata.from_json(stored[METADATA_KEY])
    if metadata.schema_version != SCHEMA_VERSION:
        raise FileFormatError(
            f"{path.name} has version {metadata.schema_version} of the clip records; "
            f"this musegen reads version {SCHEMA_VERSION}: run "
            " musegen data prepare midi-ddsp"
        )
    summary = ClipSummary.from_json(stored[CLIPS_KEY])
    return ClipFile(handle, metadata=metadata, summary=summary)


def is_clip_file(path: Path) -> bool:
    """Return whether a file is Parquet with clips in it, whatever their version."""
    arrow = import_pyarrow()
    try:
        with arrow.parquet.ParquetFile(str(path)) as handle:
            return CLIPS_KEY in (handle.metadata.metadata or {})
    except (OSError, arrow.ArrowInvalid):
        return False


def _clip(table: Any, row: int) -> ClipRecord:
    plain: dict[str, Any] = {
        name: table.column(name)[row].as_py()
        for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS)
    }
    frames: dict[str, Any] = {
        name: np.asarray(
            table.column(name)[row].values.to_numpy(zero_copy_only=False), dtype
        )
        for name, dtype in FRAME_COLUMNS.items()
    }
    notes = tuple(_note(note) for note in table.column("notes")[row].as_py())
    audio = np.frombuffer(table.column("audio")[row].as_py(), AUDIO_DTYPE)
    return ClipRecord(**plain, audio=audio, **frames, notes=notes)


def _note(stored: dict[str, Any]) -> ClipNote:
    expression = {item["name"]: item["value"] for item in stored["expression"]}
    return ClipNote(**{**stored, "expression": expression})
