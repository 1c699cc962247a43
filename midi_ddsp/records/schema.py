"""What stands in a row of a clip file: four seconds of a recording and its features.

The columns, their types and the digest of their content. Cutting a piece into clips is
in `clips`, files in `clip_writing` and `clip_reading`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.data.preparation.records import import_pyarrow, list_type
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, HOP_SAMPLES

KIND = "midi-ddsp-clips"
SCHEMA_VERSION = 1
CLIP_FRAMES = 1000
"""Frames of a clip: 4 s. Source: Wu et al., ICLR 2022."""

TEXT_COLUMNS = (
    "piece",
    "recording",
    "split",
    "instrument",
    "licence",
    "source",
    "notes_from",
)
NUMBER_COLUMNS = ("clip", "start_frame", "num_frames")
FRAME_COLUMNS: dict[str, np.dtype[Any]] = {
    "f0_hz": np.dtype("<f4"),
    "f0_confidence": np.dtype("<f4"),
    "voiced": np.dtype("?"),
    "loudness_db": np.dtype("<f4"),
    "note_pitch": np.dtype("<i2"),
    "onset": np.dtype("?"),
    "offset": np.dtype("?"),
    "note_index": np.dtype("<i4"),
}
AUDIO_DTYPE = np.dtype("<i2")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipNote:
    """A note that sounds in a clip, whole.

    Args:
        index: Which note of the piece, from 0; what `note_index` of the frames means.
        pitch: MIDI note number.
        onset_s: From the start of the piece, not of the clip.
        offset_s: Likewise.
        velocity: 1 to 127.
        expression: What is known of how it was played, by name; the virtual player's
            intentions, nothing for recordings.
    """

    index: int
    pitch: int
    onset_s: float
    offset_s: float
    velocity: int
    expression: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipRecord:
    """One row: a stretch of T frames (1000) of one recording, 250 a second.

    Args:
        piece: The music; all its recordings are in one split.
        recording: The recording, unique in the file.
        clip: Place among the clips of the recording, from 0.
        start_frame: Where the clip begins in the recording.
        num_frames: Frames that are of the recording; the rest is silence, put there
            where the whole recording is shorter than a clip.
        split: `train`, `valid` or `test`.
        instrument: Name, from `musegen.midi_ddsp.instruments`.
        licence: Of the sound.
        source: Where it is from.
        notes_from: `midi`, `list`, `urmp`, `sound` (segmented) or `player`, with
            `, aligned` where the notes were moved to fit the sound.
        audio: [64 T], 16 kHz, int16.
        f0_hz: [T], float32, 0 where there is no pitch.
        f0_confidence: [T], float32, 0 to 1.
        voiced: [T], bool.
        loudness_db: [T], float32, by the new definition.
        note_pitch: [T], int16, 0 in rests.
        onset: [T], bool, the first frame of a note; not set where a clip only cuts one.
        offset: [T], bool, the last frame of a note, likewise.
        note_index: [T], int32, which note of the piece sounds; -1 in rests.
        notes: Those of the piece that reach into the clip.
    """

    piece: str
    recording: str
    clip: int
    start_frame: int
    num_frames: int
    split: str
    instrument: str
    licence: str
    source: str
    notes_from: str
    audio: NDArray[np.int16]
    f0_hz: NDArray[np.float32]
    f0_confidence: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    loudness_db: NDArray[np.float32]
    note_pitch: NDArray[np.int16]
    onset: NDArray[np.bool_]
    offset: NDArray[np.bool_]
    note_index: NDArray[np.int32]
    notes: tuple[ClipNote, ...]

    @property
    def samples(self) -> NDArray[np.float32]:
        """The audio as float32 [64 T], full scale 1."""
        return self.audio.astype(np.float32) / 32768.0

    @property
    def start_s(self) -> float:
        """Where the clip begins in the recording, in seconds."""
        return self.start_frame / FRAME_RATE_HZ

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ClipRecord):
            return NotImplemented
        return content_line(self) == content_line(other)

    def __hash__(self) -> int:
        return hash((self.recording, self.clip))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLayout:
    """What holds for all clips of a file; stored in its metadata.

    Args:
        clip_frames: T.
        hop_frames: From the start of a clip to that of the next.
        sample_rate: Of the audio, in Hz.
        frame_rate_hz: Of the features.
        loudness: Definition of `loudness_db`.
    """

    clip_frames: int = CLIP_FRAMES
    hop_frames: int = CLIP_FRAMES
    sample_rate: int = int(FRAME_RATE_HZ) * HOP_SAMPLES
    frame_rate_hz: float = FRAME_RATE_HZ
    loudness: str = "new"

    def __post_init__(self) -> None:
        if self.clip_frames < 1 or not 1 <= self.hop_frames <= self.clip_frames:
            raise FileFormatError(
                "a clip has at least 1 frame, and the next begins within it; got "
                f"{self.clip_frames} frames every {self.hop_frames}"
            )

    @property
    def clip_samples(self) -> int:
        """Samples of a clip."""
        return self.clip_frames * HOP_SAMPLES


def clip_schema(layout: ClipLayout) -> Any:
    """Return the Arrow schema of the rows.

    Raises:
        MissingPackageError: pyarrow is not installed.
    """
    arrow = import_pyarrow()
    types = {
        "<f4": arrow.float32(),
        "|b1": arrow.bool_(),
        "<i2": arrow.int16(),
        "<i4": arrow.int32(),
    }
    return arrow.schema(
        [
            *((name, arrow.string()) for name in TEXT_COLUMNS),
            *((name, arrow.int32()) for name in NUMBER_COLUMNS),
            ("audio", arrow.binary()),
            *(
                (name, list_type(types[dtype.str], layout.clip_frames))
                for name, dtype in FRAME_COLUMNS.items()
            ),
            ("notes", list_type(_note_type(arrow))),
        ]
    )


def _note_type(arrow: Any) -> Any:
    named = arrow.struct([("name", arrow.string()), ("value", arrow.float64())])
    return arrow.struct(
        [
            ("index", arrow.int32()),
            ("pitch", arrow.int16()),
            ("onset_s", arrow.float64()),
            ("offset_s", arrow.float64()),
            ("velocity", arrow.int16()),
            ("expression", list_type(named)),
        ]
    )


def content_line(clip: ClipRecord) -> bytes:
    """Return a row as one line of JSON for the digest of the content.

    Keys are sorted, without spaces, in ASCII. An array stands as the SHA-256 of its
    little-endian bytes, so the line can be had from any Parquet reader.
    """
    values: dict[str, Any] = {
        name: getattr(clip, name) for name in (*TEXT_COLUMNS, *NUMBER_COLUMNS)
    }
    values["audio"] = _array_digest(clip.audio, AUDIO_DTYPE)
    for name, dtype in FRAME_COLUMNS.items():
        values[name] = _array_digest(getattr(clip, name), dtype)
    values["notes"] = [note_row(note) for note in clip.notes]
    line = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return line.encode("ascii") + b"\n"


def note_row(note: ClipNote) -> dict[str, Any]:
    """Return a note as plain values, one a field."""
    return {item.name: getattr(note, item.name) for item in fields(ClipNote)}


def _array_digest(array: NDArray[Any], dtype: np.dtype[Any]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array, dtype).tobytes()).hexdigest()
