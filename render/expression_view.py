"""What a picture of expression shows: plain arrays, no model's classes.

For: handing notes, their values and what sounds to `expression_layout` and
`expression_text`. Not for: making them; that is `musegen.midi_ddsp`, which this package
does not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from musegen.render.analysis_view import Floats, HeardNote, PitchLevels

Scale = Literal["from_zero", "about_zero", "free", "share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteValues:
    """A value of every note.

    Args:
        label: What it is, in a word or two.
        unit: What it counts.
        kind: Its colour: `level`, `pitch`, `tone` or `attack`.
        scale: From 0 up, about 0, from the least to the greatest (levels), or 0 to 1.
        values: [N], finite.
    """

    label: str
    unit: str
    kind: str
    scale: Scale
    values: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundView:
    """What sounds; the first frame and the first column stand at 0 s.

    Args:
        duration_s: How long.
        rate_hz: Frames a second.
        pitch: MIDI pitch, NaN where there is none, [T].
        level_db: [T].
        level_label: What `level_db` is, in a word.
        spectrogram: Behind the notes.
    """

    duration_s: float
    rate_hz: float
    pitch: Floats
    level_db: Floats
    level_label: str
    spectrogram: PitchLevels


@dataclass(frozen=True, slots=True, kw_only=True)
class BarStart:
    """Where a bar begins; `number` as musicians count."""

    number: int
    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionView:
    """All that is shown of one line.

    Args:
        title: Shown above; may be empty.
        start_s: Where the picture begins.
        end_s: Where it ends, after `start_s`.
        notes: N, in order.
        rows: Values of the N notes, from the top; at least one.
        bars: In order; may be none.
        sound: None where only the notes are known.
    """

    title: str
    start_s: float
    end_s: float
    notes: tuple[HeardNote, ...]
    rows: tuple[NoteValues, ...]
    bars: tuple[BarStart, ...] = ()
    sound: SoundView | None = None

    def shown_notes(self) -> tuple[int, ...]:
        """Return which notes sound between beginning and end, by index."""
        return tuple(
            index
            for index, note in enumerate(self.notes)
            if note.onset_s < self.end_s and note.offset_s > self.start_s
        )
