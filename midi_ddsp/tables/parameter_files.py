"""Synthesis parameters of a part as a file, written and read in blocks.

For: performances of any length in constant memory, saved to be edited elsewhere and
played again. The files are those of `SynthesisParameters.save` with a name or two more
in their metadata, and each can be read as the other. Not for: tables of an analysis
(`musegen.midi_ddsp.tables.frame_table`).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import (
    FileFormatError,
    InputError,
    OutputError,
    OutputExistsError,
)
from musegen.data.preparation.records import COMPRESSION, import_pyarrow
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    METADATA_KEY,
    SAMPLE_RATE_HZ,
    SCHEMA_VERSION,
    SynthesisParameters,
    read_description,
)
from musegen.midi_ddsp.tables.parameter_columns import (
    COLUMN_NAMES,
    check_columns,
    loaded_column,
    stored_column,
)

ROW_GROUP_FRAMES = 2500  # 10 s: what the writer holds in memory
BLOCK_FRAMES = 2500
_REMEDY = "give a file that `musegen synth` or `resynth --save-parameters` wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterHeader:
    """What a parameter file says of itself.

    Args:
        num_frames: How long it is.
        sample_rate: Samples a second, to whose half harmonics and noise are meant.
        frame_rate_hz: Frames a second.
        part: The part's name; empty where the file does not say.
        instrument: Its name; empty where the file does not say.
        note_spans: The first frame of each note and the one after it; None where the
            file does not say.
    """

    num_frames: int
    sample_rate: int = SAMPLE_RATE_HZ
    frame_rate_hz: float = FRAME_RATE_HZ
    part: str = ""
    instrument: str = ""
    note_spans: tuple[tuple[int, int], ...] | None = None

    @property
    def duration_s(self) -> float:
        """Seconds that the frames cover."""
        return self.num_frames / self.frame_rate_hz


class ParameterWriter:
    """Writes a parameter file block by block; a context manager.

    The file comes to be when the context is left without an error, and not otherwise.
    How the frames are cut into blocks does not change its bytes.

    Args:
        path: Where; the folder must exist.
        part: The part's name.
        instrument: The instrument's name.
        note_spans: [num_notes, 2], the first frame of each note and the one after it,
            in order; None where they are not known.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: It cannot be written.
        MissingPackageError: pyarrow is not installed.
    """

    def __init__(
        self,
        path: Path,
        *,
        part: str = "",
        instrument: str = "",
        note_spans: NDArray[np.integer[Any]] | None = None,
        overwrite: bool = False,
    ) -> None:
        self._arrow = import_pyarrow()
        self.path = path
        if path.is_dir():
            raise OutputError(f"{path}: this is a folder; give a file name in it")
        if path.exists() and not overwrite:
            raise OutputExistsError(
                f"{path}: the file exists; choose another name or give --overwrite"
            )
        if not path.parent.is_dir():
            raise OutputError(
                f"{path}: the folder {path.parent} does not exist; create it or choose "
                "another"
            )
        self._said: dict[str, Any] = {"part": part, "instrument": instrument}
        if note_spans is not None:
            self._said["note_spans"] = note_spans.tolist()
        self._target = path.resolve()
        token = secrets.token_hex(8)
        self._temporary = self._target.parent / f".musegen-{token}.tmp"
        self._writer: Any = None
        self._waiting: list[SynthesisParameters] = []
        self._num_waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            if self._writer is not None:
                self._writer.close()
            self._temporary.unlink(missing_ok=True)

    def write(self, block: SynthesisParameters) -> None:
        """Append frames.

        Raises:
            InputError: The block has other numbers of harmonics or bands, or other
                rates, than those before it.
            OutputError: It cannot be written.
        """
        if self._waiting and _shape(block) != _shape(self._waiting[0]):
            raise InputError(
                f"{self.path}: all blocks need one number of harmonics and of noise "
                f"bands, and the same rates; got {_shape(block)} after "
                f"{_shape(self._waiting[0])}"
            )
        self._waiting.append(block)
        self._num_waiting += block.num_frames
        if self._num_waiting >= ROW_GROUP_FRAMES:
            self._flush(keeps_rest=True)

    def _finish(self) -> None:
        if self._num_waiting:
            self._flush(keeps_rest=False)
        if self._writer is None:
            raise InputError(f"{self.path}: there are no frames, so there is no file")
        try:
            self._writer.close()
            self._temporary.replace(self._target)
        except OSError as error:
            raise self._failure(error) from error

    def _flush(self, *, keeps_rest: bool) -> None:
        """Write whole row groups, at the end also what is left."""
        columns = {
            name: np.concatenate([getattr(block, name) for block in self._waiting])
            for name in COLUMN_NAMES
        }
        like = self._waiting[0]
        total = self._num_waiting
        stop = total - total % ROW_GROUP_FRAMES if keeps_rest else total
        try:
            for first in range(0, stop, ROW_GROUP_FRAMES):
                group = slice(first, min(first + ROW_GROUP_FRAMES, stop))
                self._write_group(
                    {name: values[group] for name, values in columns.items()}, like
                )
        except OSError as error:
            raise self._failure(error) from error
        rest = {name: values[stop:] for name, values in columns.items()}
        self._waiting = [_with_columns(like, rest)]
        self._num_waiting = total - stop

    def _write_group(
        self, columns: Mapping[str, NDArray[np.float32]], like: SynthesisParameters
    ) -> None:
        arrow = self._arrow
        table = arrow.table(
            {name: stored_column(arrow, values) for name, values in columns.items()}
        )
        if self._writer is None:
            said = {
                "schema_version": SCHEMA_VERSION,
                "sample_rate": like.sample_rate,
                "frame_rate_hz": like.frame_rate_hz,
                **self._said,
            }
            text = json.dumps(said, sort_keys=True).encode()
            self._writer = arrow.parquet.ParquetWriter(
                str(self._temporary),
                table.schema.with_metadata({METADATA_KEY: text}),
                compression=COMPRESSION,
                use_dictionary=False,
            )
        self._writer.write_table(table, row_group_size=ROW_GROUP_FRAMES)

    def _failure(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self.path}: cannot be written ({error.strerror or error}); choose "
            "another place"
        )


def read_header(path: Path) -> ParameterHeader:
    """Return what a parameter file says of itself, without reading its frames.

    A file without our metadata, as other programs write it, is taken to have the usual
    rates.

    Raises:
        InputError: There is no such file, or it may not be read.
        FileFormatError: It does not hold synthesis parameters, or is of a later
            version.
        MissingPackageError: pyarrow is not installed.
    """
    with _opened(path) as file:
        return _header(file, path)


def read_parameters(path: Path) -> SynthesisParameters:
    """Read a parameter file whole; as `iterate_parameters` otherwise."""
    return next(iterate_parameters(path, read_header(path).num_frames))


def iterate_parameters(
    path: Path, block_frames: int = BLOCK_FRAMES
) -> Iterator[SynthesisParameters]:
    """Read a parameter file in blocks; what is wrong with the whole is said at once.

    Args:
        path: Written by `ParameterWriter`, by `SynthesisParameters.save`, or by another
            program with the same columns.
        block_frames: Frames of each block, at least 1; the last may be shorter.

    Raises:
        InputError: There is no such file, or a value is out of range; the message
            names the frame.
        FileFormatError: It does not hold synthesis parameters.
        MissingPackageError: pyarrow is not installed.
    """
    if block_frames < 1:
        raise ValueError(f"a block has at least one frame; got {block_frames}")
    header = read_header(path)
    return _blocks(path, header, block_frames)


def _blocks(
    path: Path, header: ParameterHeader, block_frames: int
) -> Iterator[SynthesisParameters]:
    arrow = import_pyarrow()
    first = 0
    with _opened(path) as file:
        batches = file.iter_batches(block_frames, columns=list(COLUMN_NAMES))
        while True:
            try:
                batch = next(batches, None)
            except (OSError, arrow.ArrowException) as error:
                raise FileFormatError(
                    f"{path}: the file is damaged after frame {first}; {_REMEDY}"
                ) from error
            if batch is None:
                return
            yield _block(batch, path, header, first)
            first += batch.num_rows


def _block(
    batch: Any, path: Path, header: ParameterHeader, first: int
) -> SynthesisParameters:
    columns = {
        name: loaded_column(batch.column(name), path, name, first)
        for name in COLUMN_NAMES
    }
    try:
        return SynthesisParameters(
            **columns,
            sample_rate=header.sample_rate,
            frame_rate_hz=header.frame_rate_hz,
        )
    except InputError as error:
        counted = f" (frames counted from {first})" if first else ""
        raise InputError(f"{path}{counted}: {error}") from error


def _opened(path: Path) -> Any:
    """The Parquet file, to be closed by its context."""
    arrow = import_pyarrow()
    try:
        return arrow.parquet.ParquetFile(str(path), pre_buffer=False)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file; check the path") from error
    except (OSError, arrow.ArrowException) as error:
        if path.is_dir():
            raise InputError(f"{path}: this is a folder; give a file in it") from error
        raise FileFormatError(
            f"{path}: this is no Parquet file, or it is damaged; {_REMEDY}"
        ) from error


def _header(file: Any, path: Path) -> ParameterHeader:
    schema = file.schema_arrow
    check_columns(schema, path, remedy=_REMEDY)
    said = (schema.metadata or {}).get(METADATA_KEY)
    num_frames = file.metadata.num_rows
    if not num_frames:
        raise FileFormatError(f"{path}: there are no frames in it; {_REMEDY}")
    if said is None:
        return ParameterHeader(num_frames=num_frames)
    return _said_header(said, num_frames, path)


def _said_header(said: bytes, num_frames: int, path: Path) -> ParameterHeader:
    try:
        described = read_description(said)
        note_spans = _said_spans(described.get("note_spans"))
    except FileFormatError as error:
        raise FileFormatError(
            f"{path}: what the file says of itself cannot be read ({error}); {_REMEDY}"
        ) from error
    return ParameterHeader(
        num_frames=num_frames,
        sample_rate=int(described["sample_rate"]),
        frame_rate_hz=float(described["frame_rate_hz"]),
        part=str(described.get("part", "")),
        instrument=str(described.get("instrument", "")),
        note_spans=note_spans,
    )


def _said_spans(said: Any) -> tuple[tuple[int, int], ...] | None:
    if said is None:
        return None
    try:
        spans = tuple((int(start), int(end)) for start, end in said)
    except (TypeError, ValueError) as error:
        raise FileFormatError("its notes are no pairs of frames") from error
    edges = [edge for span in spans for edge in span]
    if edges != sorted(edges) or min(edges, default=0) < 0:
        raise FileFormatError("its notes are not in order")
    return spans


# === Small steps ===


def _shape(block: SynthesisParameters) -> tuple[int, int, int, float]:
    return (
        block.num_harmonics,
        block.num_noise_bands,
        block.sample_rate,
        block.frame_rate_hz,
    )


def _with_columns(
    like: SynthesisParameters, columns: Mapping[str, NDArray[np.float32]]
) -> SynthesisParameters:
    return SynthesisParameters(
        **columns, sample_rate=like.sample_rate, frame_rate_hz=like.frame_rate_hz
    )
