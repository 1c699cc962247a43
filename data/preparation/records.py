"""Record files: Parquet with a row a piece, and in the metadata where it all came from.

Knows nothing of what a row means; that is in one module a kind, such as
`musegen.data.preparation.chorale_records`. Any Parquet reader can open the files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from musegen.data.errors import FileFormatError, MissingPackageError
from musegen.data.files import read_bytes

METADATA_KEY = b"musegen"
COMPRESSION = "zstd"

Row = dict[str, Any]
"""One record as plain Python: numbers, strings, lists and dicts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """An input that gave no record.

    Args:
        source: File or piece: `train 25`.
        reason: Stable, hyphenated, for programs.
        message: One sentence for people.
    """

    source: str
    reason: str
    message: str

    def __str__(self) -> str:
        """Return the sentence, which names the input once."""
        if self.message.startswith(self.source):
            return self.message
        return f"{self.source}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMetadata:
    """What a record file says of itself, as JSON under `musegen` in its metadata.

    Args:
        kind: What a row is: `chorales`.
        schema_version: Of that kind; raised when columns change meaning.
        source: Where the inputs are from.
        licence: What may be done with it.
        versions: Of the packages whose data or code decided the content.
        num_read: Inputs looked at: as many as records and rejections together.
        rejections: Inputs that gave no record.
        content_sha256: Of the rows, see `content_digest`.
    """

    kind: str
    schema_version: int
    source: str
    licence: str
    versions: Mapping[str, str]
    num_read: int
    rejections: tuple[Rejection, ...]
    content_sha256: str

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> RecordMetadata:
        """Read what `to_json` wrote.

        Raises:
            FileFormatError: A key is missing or unknown.
        """
        try:
            values = json.loads(text)
            rejections = tuple(Rejection(**item) for item in values.pop("rejections"))
            return cls(rejections=rejections, **values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise FileFormatError(
                f"the metadata of the records cannot be read ({error}); prepare them "
                "anew"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """A record file that has been read.

    Args:
        metadata: What it says of itself.
        rows: The records in file order.
        columns: Name and Arrow type of each column.
    """

    metadata: RecordMetadata
    rows: tuple[Row, ...]
    columns: Mapping[str, str]


def import_pyarrow() -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return pyarrow, its module `parquet` loaded.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            "pyarrow", extra="records", purpose="Reading and writing records"
        ) from error
    return pyarrow


def list_type(item: Any, size: int = -1) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Return the Arrow type of a list, named within as Parquet names it.

    Args:
        item: Type of what is listed.
        size: Length of every list, -1 where they differ.
    """
    arrow = import_pyarrow()
    return arrow.list_(arrow.field("element", item), size)


def content_digest(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of records whatever file they stand in.

    Each row is one line of JSON, keys sorted, without spaces, in ASCII; so the digest
    can be had from any Parquet reader and does not depend on pyarrow's version.
    """
    digest = hashlib.sha256()
    for row in rows:
        line = json.dumps(row, sort_keys=True, separators=(",", ":"))
        digest.update(line.encode("ascii") + b"\n")
    return digest.hexdigest()


def encode_records(
    rows: list[Row],
    *,
    schema: Any,  # noqa: ANN401 - pyarrow has no types
    metadata: RecordMetadata,
) -> bytes:
    """Return a record file as bytes; the same rows and metadata give the same bytes.

    Args:
        rows: Plain Python values in the order of the file.
        schema: The `pyarrow.Schema` of the kind.
        metadata: Stored beside the schema.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    stored = schema.with_metadata({METADATA_KEY: metadata.to_json().encode()})
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(
        arrow.Table.from_pylist(rows, schema=stored), sink, compression=COMPRESSION
    )
    data: bytes = sink.getvalue().to_pybytes()
    return data


def is_record_file(path: Path) -> bool:
    """Return whether a file begins as Parquet does."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def read_records(path: Path) -> RecordFile:
    """Read a record file of any kind.

    Raises:
        InputError: There is no such file, or it may not be read.
        FileFormatError: It is not Parquet, is damaged, or was not written by musegen.
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    data, _ = read_bytes(path)
    try:
        table = arrow.parquet.read_table(arrow.BufferReader(data))
    except (OSError, arrow.ArrowInvalid) as error:
        raise FileFormatError(
            f"{path.name} is not a Parquet file, or it is damaged; prepare it again"
        ) from error
    stored = (table.schema.metadata or {}).get(METADATA_KEY)
    if stored is None:
        raise FileFormatError(
            f"{path.name} is Parquet, but not written by musegen: make records with "
            " musegen data prepare"
        )
    return RecordFile(
        metadata=RecordMetadata.from_json(stored),
        rows=tuple(table.to_pylist()),
        columns={field.name: str(field.type) for field in table.schema},
    )
