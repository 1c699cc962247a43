"""What sounds where no note does: a held pitch that dies away.

The original lets the pitch of rests fall to 8.66 Hz and trusts the amplitude to be low.
Here the pitch of the note before goes on, as trackers of real recordings have it, and
a gate closes. Not for `compat`, which leaves rests as they come.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Our own choice: time for a string or a tube to stop sounding, and for a bow to bite.
RELEASE_FRAMES = 50  # 0.2 s
LEAD_FRAMES = 10  # 40 ms


def hold_pitch(
    pitch: NDArray[np.floating], note_index: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return pitches [T] that rests have from the note before, or else the first note.

    Args:
        pitch: [T], MIDI scale; what it says in rests is not looked at.
        note_index: [T], -1 in rests. Where all is rest the pitch is 0.
    """
    sounding = np.flatnonzero(note_index >= 0)
    if not len(sounding):
        return np.zeros(len(pitch))
    before = np.searchsorted(sounding, np.arange(len(pitch)), side="right") - 1
    held: NDArray[np.float64] = np.asarray(pitch, dtype=np.float64)[
        sounding[np.maximum(before, 0)]
    ]
    return held


def rest_gate(note_index: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return a gain for each frame, [T]: 1 in notes, falling to 0 in rests.

    It falls over `RELEASE_FRAMES` after a note and rises over `LEAD_FRAMES` before one.

    Args:
        note_index: [T], -1 in rests.
    """
    frames = np.arange(len(note_index))
    sounding = np.flatnonzero(note_index >= 0)
    far = len(note_index) + RELEASE_FRAMES + LEAD_FRAMES
    edges = np.concatenate([[-far], sounding, [len(note_index) + far]])
    place = np.searchsorted(edges, frames, side="right")
    release = _fade((frames - edges[place - 1]) / RELEASE_FRAMES)
    lead = _fade((edges[place] - frames) / LEAD_FRAMES)
    gate = np.where(note_index >= 0, 1.0, np.maximum(release, lead))
    return gate.astype(np.float32)


def _fade(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 at 0, 0 from 1 on, half a cosine between."""
    return 0.5 + 0.5 * np.cos(np.pi * np.minimum(progress, 1.0))
