"""Count and check clip files: what `musegen data stats` and `verify` say.

Clip by clip, in flat memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.records.clip_reading import ClipFile
from musegen.midi_ddsp.records.clips import SILENT_DB
from musegen.midi_ddsp.records.schema import (
    KIND,
    ClipRecord,
    clip_schema,
    content_line,
)
from musegen.midi_ddsp.records.splits import SPLITS

_SECONDS_A_MINUTE = 60.0
_QUANTILES = (5, 50, 95)
_LOWEST_DB, _HIGHEST_DB = SILENT_DB - 1.0, 60.0
_NUM_LEVELS = int(_HIGHEST_DB - _LOWEST_DB)  # loudness is counted to 1 dB


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """What one instrument has in one split.

    Args:
        split: Name.
        instrument: Name.
        pieces: Different music.
        recordings: Different recordings.
        clips: Rows.
        minutes: Of the recordings; what several clips share counts once.
        notes: Of the recordings.
        voiced_share: Of the frames, 0 to 1.
        lowest_pitch: MIDI number of the lowest note; None without notes.
        median_pitch: Half of the time with a note is at this pitch or below.
        highest_pitch: Of the highest note.
        loudness_db: 5th, 50th and 95th percentile over the frames, to 1 dB.
        pitch_seconds: Time at each pitch, by MIDI number.
    """

    split: str
    instrument: str
    pieces: int
    recordings: int
    clips: int
    minutes: float
    notes: int
    voiced_share: float
    lowest_pitch: int | None
    median_pitch: int | None
    highest_pitch: int | None
    loudness_db: tuple[float, float, float]
    pitch_seconds: dict[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipCounts:
    """What a clip file holds.

    Args:
        groups: By split and instrument.
        minutes: Of all recordings.
        licence_minutes: Minutes of each licence.
        notes_from: Clips by where their notes are from.
        rejections: Recordings that gave no clip, by reason.
    """

    groups: tuple[GroupCounts, ...]
    minutes: float
    licence_minutes: dict[str, float]
    notes_from: dict[str, int]
    rejections: dict[str, int]


@dataclass(slots=True)
class _Group:
    """Counts while clips go by."""

    pieces: set[str] = field(default_factory=set)
    recordings: set[str] = field(default_factory=set)
    clips: int = 0
    new_frames: int = 0
    frames: int = 0
    voiced: int = 0
    notes: set[tuple[str, int]] = field(default_factory=set)
    pitches: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(128, dtype=np.int64)
    )
    levels: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(_NUM_LEVELS, dtype=np.int64)
    )

    def add(self, clip: ClipRecord, *, new_frames: int) -> None:
        own = slice(0, clip.num_frames)
        self.pieces.add(clip.piece)
        self.recordings.add(clip.recording)
        self.clips += 1
        self.new_frames += new_frames
        self.frames += clip.num_frames
        self.voiced += int(clip.voiced[own].sum())
        self.notes |= {(clip.recording, note.index) for note in clip.notes}
        fresh = slice(clip.num_frames - new_frames, clip.num_frames)
        sounding = clip.note_pitch[fresh][clip.note_index[fresh] >= 0]
        self.pitches += np.bincount(sounding, minlength=128)[:128]
        level = np.clip(clip.loudness_db[own] - _LOWEST_DB, 0, _NUM_LEVELS - 1)
        self.levels += np.bincount(level.astype(np.int64), minlength=_NUM_LEVELS)


def count_clips(file: ClipFile) -> ClipCounts:
    """Count minutes, notes, pitches, loudness and licences.

    Args:
        file: Open; every clip is read once.
    """
    rate = file.summary.layout.frame_rate_hz
    groups: dict[tuple[str, str], _Group] = {}
    licences: dict[str, float] = {}
    origins: dict[str, int] = {}
    covered: dict[str, int] = {}
    for clip in file:
        end = clip.start_frame + clip.num_frames
        new = max(0, min(clip.num_frames, end - covered.get(clip.recording, 0)))
        covered[clip.recording] = max(end, covered.get(clip.recording, 0))
        group = groups.setdefault((clip.split, clip.instrument), _Group())
        group.add(clip, new_frames=new)
        minutes = new / rate / _SECONDS_A_MINUTE
        licences[clip.licence] = licences.get(clip.licence, 0.0) + minutes
        origins[clip.notes_from] = origins.get(clip.notes_from, 0) + 1
    reasons: dict[str, int] = {}
    for rejection in file.metadata.rejections:
        reasons[rejection.reason] = reasons.get(rejection.reason, 0) + 1
    order: dict[str, int] = {split: place for place, split in enumerate(SPLITS)}
    return ClipCounts(
        groups=tuple(
            _counted(*key, groups[key], rate)
            for key in sorted(groups, key=lambda key: (order.get(key[0], 9), key))
        ),
        minutes=sum(licences.values()),
        licence_minutes=licences,
        notes_from=origins,
        rejections=reasons,
    )


def _counted(split: str, instrument: str, group: _Group, rate: float) -> GroupCounts:
    used = np.flatnonzero(group.pitches)
    middle = np.searchsorted(np.cumsum(group.pitches), group.pitches.sum() / 2)
    low, median, high = (_quantile(group.levels, share) for share in _QUANTILES)
    return GroupCounts(
        split=split,
        instrument=instrument,
        pieces=len(group.pieces),
        recordings=len(group.recordings),
        clips=group.clips,
        minutes=group.new_frames / rate / _SECONDS_A_MINUTE,
        notes=len(group.notes),
        voiced_share=group.voiced / max(1, group.frames),
        lowest_pitch=int(used[0]) if used.size else None,
        median_pitch=int(middle) if used.size else None,
        highest_pitch=int(used[-1]) if used.size else None,
        loudness_db=(low, median, high),
        pitch_seconds={int(p): float(group.pitches[p] / rate) for p in used},
    )


def _quantile(levels: NDArray[np.int64], percent: int) -> float:
    place = np.searchsorted(np.cumsum(levels), levels.sum() * percent / 100)
    return float(place + _LOWEST_DB + 0.5)


def find_problems(file: ClipFile) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with a clip file.

    Checks the kind, the columns, the digest of the content, the counts, that no piece
    is in two splits, and of each clip the lengths and ranges of its arrays.

    Args:
        file: Open; every clip is read once.
    """
    layout, metadata = file.summary.layout, file.metadata
    if metadata.kind != KIND:
        yield f"its kind is {metadata.kind!r}; expected {KIND!r}"
    expected = {item.name: str(item.type) for item in clip_schema(layout)}
    if file.columns != expected:
        differing = sorted(set(file.columns.items()) ^ set(expected.items()))
        yield f"the columns differ from the schema: {differing[0][0]}"
        return
    digest = hashlib.sha256()
    splits: dict[str, str] = {}
    seen: set[tuple[str, int]] = set()
    for clip in file:
        where = f"{clip.recording}, clip {clip.clip}"
        digest.update(content_line(clip))
        if (clip.recording, clip.clip) in seen:
            yield f"{where} is there twice"
        seen.add((clip.recording, clip.clip))
        if splits.setdefault(clip.piece, clip.split) != clip.split:
            yield f"{where}: the piece {clip.piece} is in two splits"
        for problem in clip_problems(clip, clip_samples=layout.clip_samples):
            yield f"{where}: {problem}"
    if digest.hexdigest() != metadata.content_sha256:
        yield "the content differs from its digest: the file was altered"
    yield from _wrong_counts(file, {recording for recording, _ in seen})


def _wrong_counts(file: ClipFile, recordings: set[str]) -> Iterator[str]:
    metadata, summary = file.metadata, file.summary
    if len(file) != summary.num_clips:
        yield f"{summary.num_clips} clips were written, {len(file)} are there"
    if metadata.num_read != len(recordings) + len(metadata.rejections):
        yield (
            f"{metadata.num_read} recordings were read, but {len(recordings)} written "
            f"and {len(metadata.rejections)} rejected"
        )


def clip_problems(clip: ClipRecord, *, clip_samples: int) -> Iterator[str]:
    """Yield a sentence for every rule of `ClipRecord` that one breaks.

    Args:
        clip: Any.
        clip_samples: Length of the audio.
    """
    if clip.split not in SPLITS:
        yield f"{clip.split!r} is no split"
    try:
        instrument_named(clip.instrument)
    except UsageError:
        yield f"there is no instrument {clip.instrument!r}"
    if len(clip.audio) != clip_samples:
        yield f"{len(clip.audio)} samples; expected {clip_samples}"
    if not 1 <= clip.num_frames <= len(clip.f0_hz):
        yield f"{clip.num_frames} frames of {len(clip.f0_hz)}"
    for name, (low, high) in _RANGES.items():
        values = getattr(clip, name)
        if not ((values >= low) & (values <= high)).all():  # NaN is in no range
            yield f"{name} is not {low:g} to {high:g}"
    known = {note.index for note in clip.notes}
    used = set(np.unique(clip.note_index).tolist()) - {-1}
    if used != known:
        yield f"notes {sorted(used ^ known)} are in the frames or in the list alone"
    by_index = {note.index: note.pitch for note in clip.notes}
    wanted = np.array([by_index.get(int(i), 0) for i in clip.note_index])
    if not used - known and (wanted != clip.note_pitch).any():
        yield "note_pitch is not the pitch of the notes"
    if ((clip.onset | clip.offset) & (clip.note_index < 0)).any():
        yield "a note begins or ends in a rest"


_RANGES = {
    "f0_hz": (0.0, 8000.0),
    "f0_confidence": (0.0, 1.0),
    "loudness_db": (_LOWEST_DB, _HIGHEST_DB),
    "note_pitch": (0, 127),
}
