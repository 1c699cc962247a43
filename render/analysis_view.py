"""What a picture of an analysed recording shows: plain arrays, no model's classes.

For: handing a spectrogram, curves and notes to `musegen.render.analysis_layout`. Not
for: making them; that is `musegen.midi_ddsp`, which this package does not know.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class PitchLevels:
    """A spectrogram over pitch.

    Args:
        levels_db: [columns, rows], rows from low to high.
        columns_per_s: Columns a second; the first stands at 0 s.
        lowest_pitch: MIDI pitch of the centre of the first row.
        rows_per_semitone: Rows a semitone.
    """

    levels_db: Floats
    columns_per_s: float
    lowest_pitch: float
    rows_per_semitone: int

    @property
    def highest_pitch(self) -> float:
        """MIDI pitch of the centre of the last row."""
        num_rows: int = self.levels_db.shape[1]
        return self.lowest_pitch + (num_rows - 1) / self.rows_per_semitone


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Curves over time.

    Args:
        rate_hz: Frames a second; the first stands at 0 s.
        pitch: MIDI pitch, NaN where there is none, [T].
        loudness_db: [T].
        confidence: Of the pitch, 0 to 1, [T].
    """

    rate_hz: float
    pitch: Floats
    loudness_db: Floats
    confidence: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardNote:
    """A note as a box: MIDI pitch 0 to 127, times in seconds."""

    pitch: int
    onset_s: float
    offset_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisView:
    """All that is shown of one recording.

    Args:
        title: Shown above; may be empty.
        duration_s: Above 0.
        spectrogram: Behind everything.
        curves: Drawn over it and in the strip below.
        notes: Drawn as boxes.
    """

    title: str
    duration_s: float
    spectrogram: PitchLevels
    curves: Curves
    notes: tuple[HeardNote, ...]
