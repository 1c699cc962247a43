"""Kinds of files that commands write, by the names that `-f` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A kind of file that commands write.

    Args:
        suffixes: Extensions that mean it; the first is the one we give.
        is_binary: Whether it would garble a terminal.
    """

    suffixes: tuple[str, ...]
    is_binary: bool

    @property
    def suffix(self) -> str:
        """The extension that we give."""
        return self.suffixes[0]


SOUND_FORMATS = {
    "wav": Format(suffixes=(".wav",), is_binary=True),
    "flac": Format(suffixes=(".flac",), is_binary=True),
    "ogg": Format(suffixes=(".ogg", ".oga"), is_binary=True),
    "mp3": Format(suffixes=(".mp3",), is_binary=True),
}
TABLE_FORMATS = {
    "csv": Format(suffixes=(".notes.csv", ".csv"), is_binary=False),
    "parquet": Format(suffixes=(".notes.parquet", ".parquet"), is_binary=True),
    "frames-csv": Format(suffixes=(".frames.csv",), is_binary=False),
    "frames-parquet": Format(suffixes=(".frames.parquet",), is_binary=True),
}
FORMATS = {
    "midi": Format(suffixes=(".mid", ".midi"), is_binary=True),
    "musicxml": Format(suffixes=(".musicxml", ".xml"), is_binary=False),
    "png": Format(suffixes=(".png",), is_binary=True),
    "svg": Format(suffixes=(".svg",), is_binary=False),
    "text": Format(suffixes=(".txt",), is_binary=False),
    "json": Format(suffixes=(".json",), is_binary=False),
    "html": Format(suffixes=(".html",), is_binary=False),
    **SOUND_FORMATS,
    **TABLE_FORMATS,
}


def split_name(name: str) -> tuple[str, str]:
    """Return a file's name without its extension, and the extension.

    The longest extension that means a format is taken whole: `.frames.csv`.
    """
    lower = name.lower()
    known = [s for kind in FORMATS.values() for s in kind.suffixes if lower.endswith(s)]
    length = len(max(known, key=len)) if known else len(PurePath(name).suffix)
    end = len(name) - length
    return name[:end], name[end:]


def format_of(suffix: str) -> str | None:
    """Return the format that an extension means, in any case; None where none."""
    for name, kind in FORMATS.items():
        if suffix.lower() in kind.suffixes:
            return name
    return None
