"""An analysed recording, and the clips that it is cut into.

Every frame of a recording is in some clip. Where the last clip would reach beyond the
end it is moved back, so that no clip is half silence; only a recording shorter than a
clip is filled up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.data.notices import Notice
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import HOP_SAMPLES
from musegen.midi_ddsp.records.schema import (
    FRAME_COLUMNS,
    ClipLayout,
    ClipNote,
    ClipRecord,
)

SILENT_DB = -80.0
"""Loudness of digital silence by the new definition; what is put after the end."""

_FILL = {"loudness_db": SILENT_DB, "note_index": -1}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnalysedRecording:
    """A recording with everything that its clips are made of; T = ceil(N / 64).

    Args:
        piece: The music; what splits are made by.
        recording: Name of the recording.
        instrument: Name.
        licence: Of the sound.
        source: Where it is from.
        notes_from: Where the notes are from.
        audio: [N], 16 kHz, int16.
        f0_hz: [T], 0 where there is no pitch.
        f0_confidence: [T], 0 to 1.
        voiced: [T], bool.
        loudness_db: [T], new definition.
        notes: One voice, sorted by onset.
        expression: For each note what is known of its playing; empty if nothing is.
        notices: What there is to say.

    Raises:
        InputError: Lengths do not fit.
    """

    piece: str
    recording: str
    instrument: str
    licence: str
    source: str
    notes_from: str
    audio: NDArray[np.int16]
    f0_hz: NDArray[np.float32]
    f0_confidence: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    loudness_db: NDArray[np.float32]
    notes: tuple[PlayedNote, ...]
    expression: tuple[dict[str, float], ...] = ()
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        for name in ("f0_hz", "f0_confidence", "voiced", "loudness_db"):
            length = len(getattr(self, name))
            if length != self.num_frames:
                raise InputError(
                    f"{self.recording}: {name} has {length} frames; "
                    f"{len(self.audio)} samples make {self.num_frames}"
                )
        if self.expression and len(self.expression) != len(self.notes):
            raise InputError(
                f"{self.recording}: {len(self.expression)} expressions for "
                f"{len(self.notes)} notes"
            )

    @property
    def num_frames(self) -> int:
        """T."""
        return num_frames_of(len(self.audio))


def num_frames_of(num_samples: int) -> int:
    """Return how many frames a number of samples makes, the last one begun or full."""
    return -(-num_samples // HOP_SAMPLES)


def fitted(values: NDArray[Any], length: int) -> NDArray[Any]:
    """Return a row of frames cut, or its last value repeated, to a length."""
    if len(values) >= length:
        return values[:length]
    return np.pad(values, (0, length - len(values)), mode="edge")


def clip_starts(num_frames: int, layout: ClipLayout) -> list[int]:
    """Return the first frame of every clip of a recording, at least one.

    >>> clip_starts(2300, ClipLayout())
    [0, 1000, 1300]
    """
    last = num_frames - layout.clip_frames
    if last <= 0:
        return [0]
    starts = list(range(0, last + 1, layout.hop_frames))
    return starts if starts[-1] == last else [*starts, last]


def cut_clips(
    analysed: AnalysedRecording, *, split: str, layout: ClipLayout
) -> Iterator[ClipRecord]:
    """Yield the clips of a recording in order.

    Args:
        analysed: The whole recording.
        split: Where its piece belongs.
        layout: Length and hop of the clips.
    """
    columns = _frame_columns(analysed)
    for clip, start in enumerate(clip_starts(analysed.num_frames, layout)):
        stop = start + layout.clip_frames
        audio = analysed.audio[start * HOP_SAMPLES : stop * HOP_SAMPLES]
        stretch = {
            name: _filled(values[start:stop], layout.clip_frames, _FILL.get(name, 0))
            for name, values in columns.items()
        }
        yield ClipRecord(
            piece=analysed.piece,
            recording=analysed.recording,
            clip=clip,
            start_frame=start,
            num_frames=min(layout.clip_frames, analysed.num_frames - start),
            split=split,
            instrument=analysed.instrument,
            licence=analysed.licence,
            source=analysed.source,
            notes_from=analysed.notes_from,
            audio=_filled(audio, layout.clip_samples, 0),
            notes=_notes_within(analysed, stretch["note_index"]),
            **stretch,
        )


def notes_of_clips(clips: Sequence[ClipRecord]) -> tuple[ClipNote, ...]:
    """Return the notes of a recording, once each and in order, from all its clips."""
    notes = {note.index: note for clip in clips for note in clip.notes}
    return tuple(notes[index] for index in sorted(notes))


def _frame_columns(analysed: AnalysedRecording) -> dict[str, NDArray[Any]]:
    frames = note_frames(analysed.notes, analysed.num_frames)
    values: dict[str, NDArray[Any]] = {
        "f0_hz": analysed.f0_hz,
        "f0_confidence": analysed.f0_confidence,
        "voiced": analysed.voiced,
        "loudness_db": analysed.loudness_db,
        "note_pitch": frames.pitch,
        "onset": frames.onset,
        "offset": frames.offset,
        "note_index": frames.note_index,
    }
    return {name: values[name].astype(dtype) for name, dtype in FRAME_COLUMNS.items()}


def _filled(values: NDArray[Any], length: int, fill: float) -> NDArray[Any]:
    if len(values) == length:
        return values
    filled = np.full(length, fill, values.dtype)
    filled[: len(values)] = values
    return filled


def _notes_within(
    analysed: AnalysedRecording, note_index: NDArray[np.int32]
) -> tuple[ClipNote, ...]:
    return tuple(
        ClipNote(
            index=int(index),
            pitch=analysed.notes[index].pitch,
            onset_s=float(analysed.notes[index].onset_s),
            offset_s=float(analysed.notes[index].offset_s),
            velocity=analysed.notes[index].velocity,
            expression=_expression(analysed, int(index)),
        )
        for index in np.unique(note_index)
        if index >= 0
    )


def _expression(analysed: AnalysedRecording, index: int) -> dict[str, float]:
    if not analysed.expression:
        return {}
    known = analysed.expression[index]
    return {name: float(value) for name, value in known.items()}
