"""Whether notes are those of a recording: told from its pitch, before training on them.

Wrong pairs are the commonest fault of collections: another tempo, another key, another
take. Each is named, since each has another remedy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, hz_to_midi
from musegen.midi_ddsp.records.clips import fitted

MAX_LATE_S = 1.0
"""Notes may end so long after the sound."""
MAX_MISMATCH_SHARE = 0.3
"""Share of frames that may sound another pitch than their note."""
MIN_SOUNDING_SHARE = 0.3
"""Share of the notes' frames in which a pitch must be heard."""
MAX_UNNOTED_SHARE = 0.5
"""Share of the frames with a pitch that may lie outside all notes."""
MISMATCH_SEMITONES = 0.75
_OCTAVE = 12.0


class Track(Protocol):
    """A pitch at every frame, as `musegen.midi_ddsp.analysis.pitch_tracking` gives."""

    @property
    def f0_hz(self) -> NDArray[Any]:
        """[T], 0 where there is no pitch."""

    @property
    def confidence(self) -> NDArray[Any]:
        """[T], 0 to 1."""

    @property
    def voiced(self) -> NDArray[Any]:
        """[T], bool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Why notes are not those of a recording.

    Args:
        reason: `no-notes`, `duration-mismatch` or `pitch-mismatch`.
        message: One sentence.
    """

    reason: str
    message: str


def find_mismatch(
    notes: Sequence[PlayedNote],
    track: Track,
    *,
    duration_s: float,
    is_aligned: bool = False,
) -> Mismatch | None:
    """Return why notes cannot be those of a recording, None if they can.

    Octaves are forgiven frame by frame, since trackers err by them, but not in the
    median.

    Args:
        notes: One voice, sorted by onset.
        track: Pitch of the recording, 250 frames a second.
        duration_s: Of the recording.
        is_aligned: Whether the notes were moved to fit the sound, so that the message
            does not advise it.
    """
    within = [note for note in notes if note.onset_s < duration_s]
    if not within:
        return Mismatch(reason="no-notes", message="no note lies within the recording")
    late_s = notes[-1].offset_s - duration_s
    if late_s > MAX_LATE_S:
        return _out_of_time(f"the notes end {late_s:.1f} s after the sound", is_aligned)
    num_frames = int(np.ceil(duration_s * FRAME_RATE_HZ - 1e-6))
    frames = note_frames(within, num_frames)
    is_voiced = fitted(np.asarray(track.voiced, bool), num_frames)
    f0_hz = fitted(np.asarray(track.f0_hz, np.float64), num_frames)
    is_noted = frames.note_index >= 0
    both = is_noted & is_voiced & (f0_hz > 0.0)
    sounding = both.sum() / max(1, is_noted.sum())
    if sounding < MIN_SOUNDING_SHARE:
        return _out_of_time(
            f"a pitch is heard in {sounding:.0%} of the time of the notes only",
            is_aligned,
        )
    unnoted = (is_voiced & ~is_noted).sum() / max(1, is_voiced.sum())
    if unnoted > MAX_UNNOTED_SHARE:
        return _out_of_time(
            f"{unnoted:.0%} of the sound lies outside all notes", is_aligned
        )
    return _wrong_pitch(hz_to_midi(f0_hz[both]) - frames.pitch[both], is_aligned)


def _cause(is_aligned: bool) -> str:
    if is_aligned:
        return "the notes are of another recording, for aligned they do not fit either"
    return "the notes are of another recording, or not in time (--align fits them)"


def _out_of_time(finding: str, is_aligned: bool) -> Mismatch:
    return Mismatch(
        reason="duration-mismatch", message=f"{finding}: {_cause(is_aligned)}"
    )


def _wrong_pitch(above: NDArray[np.float64], is_aligned: bool) -> Mismatch | None:
    """Judge by how far the sound lies above the notes, in semitones, frame by frame."""
    median = float(np.median(above))
    folded = np.abs((above + _OCTAVE / 2) % _OCTAVE - _OCTAVE / 2)
    share = float((folded > MISMATCH_SEMITONES).mean())
    if share <= MAX_MISMATCH_SHARE and abs(median) <= _OCTAVE / 2:
        return None
    steady = np.abs(above - median) < MISMATCH_SEMITONES
    if abs(median) > MISMATCH_SEMITONES and steady.mean() > 1.0 - MAX_MISMATCH_SHARE:
        message = (
            f"the sound lies {round(median):+d} semitones beside the notes: transpose "
            "them"
        )
    else:
        message = (
            f"{share:.0%} of the frames sound another pitch than their note: "
            f"{_cause(is_aligned)}"
        )
    return Mismatch(reason="pitch-mismatch", message=message)
