"""What an analysis says in a few numbers.

For: `musegen analyse --json` and the line that people read. Not for: measuring notes
(`musegen.midi_ddsp.expression_units`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from musegen.data.spelling import pitch_name
from musegen.midi_ddsp.analysis.analysing import Analysis, expression_table
from musegen.midi_ddsp.analysis.tuning import tuning_semitones
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.tables.note_table import NoteTable

MIN_VIBRATO_CENTS = 8.0  # a smaller swing is not heard as vibrato
CENTS_PER_SEMITONE = 100.0
LOUDNESS_PERCENTILES = (10, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class VibratoSummary:
    """Of the notes with a vibrato of 8 cents or more; None where there is none.

    Args:
        note_share: Share of all notes, 0 to 1.
        extent_cents: Median of half the swing.
        rate_hz: Median.
    """

    note_share: float
    extent_cents: float | None
    rate_hz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSummary:
    """A recording in a few numbers; None where there is nothing to measure.

    Args:
        duration_s: Of the recording.
        voiced_share: Share of frames with a pitch, 0 to 1.
        notes: How many.
        lowest_note: Name of the lowest, `A3`.
        highest_note: Name of the highest.
        mean_pitch: MIDI pitch, mean over the frames with a pitch.
        tuning_cents: How far the notes lie above A = 440 Hz, their vibrato averaged
            out.
        tuning_a_hz: What A4 is at that tuning.
        loudness_db: Median over the frames with a pitch, or over all.
        loudness_range_db: From the 10th to the 90th percentile of the same.
        vibrato: Of the notes.
    """

    duration_s: float
    voiced_share: float
    notes: int
    lowest_note: str | None
    highest_note: str | None
    mean_pitch: float | None
    tuning_cents: float | None
    tuning_a_hz: float | None
    loudness_db: float
    loudness_range_db: float
    vibrato: VibratoSummary

    def __str__(self) -> str:
        words = [f"{self.duration_s:.1f} s", f"{self.voiced_share:.0%} pitched"]
        count = "1 note" if self.notes == 1 else f"{self.notes} notes"
        if self.lowest_note is not None:
            count += f" from {self.lowest_note} to {self.highest_note}"
        words.append(count)
        if self.tuning_a_hz is not None:
            words.append(f"A = {self.tuning_a_hz:.1f} Hz")
        if self.vibrato.extent_cents is not None:
            words.append(
                f"vibrato {self.vibrato.extent_cents:.0f} cents at "
                f"{self.vibrato.rate_hz:.1f} Hz on {self.vibrato.note_share:.0%}"
            )
        return ", ".join(words)


def summarize(analysis: Analysis, table: NoteTable | None = None) -> AnalysisSummary:
    """Return an analysis in a few numbers, rounded as they deserve.

    Args:
        analysis: Of a recording.
        table: Its `expression_table`, where there is one already.
    """
    pitches = [note.pitch for note in analysis.notes]
    voiced = analysis.voiced
    pitch = hz_to_midi(analysis.f0_hz)
    tuning = tuning_semitones(pitch, voiced)
    cents = None if tuning is None else CENTS_PER_SEMITONE * tuning
    loudness = analysis.loudness_db[voiced] if voiced.any() else analysis.loudness_db
    low, high = np.percentile(loudness, LOUDNESS_PERCENTILES)
    return AnalysisSummary(
        duration_s=round(analysis.duration_s, 4),
        voiced_share=round(float(voiced.mean()), 4),
        notes=len(pitches),
        lowest_note=pitch_name(min(pitches)) if pitches else None,
        highest_note=pitch_name(max(pitches)) if pitches else None,
        mean_pitch=round(float(pitch[voiced].mean()), 2) if voiced.any() else None,
        tuning_cents=None if cents is None else round(cents, 1),
        tuning_a_hz=None if cents is None else round(440 * 2 ** (cents / 1200), 2),
        loudness_db=round(float(np.median(loudness)), 1),
        loudness_range_db=round(float(high - low), 1),
        vibrato=_vibrato(table or expression_table(analysis)),
    )


def _vibrato(table: NoteTable) -> VibratoSummary:
    extent, rate = table["vibrato_extent_cents"], table["vibrato_rate_hz"]
    has_vibrato = (extent >= MIN_VIBRATO_CENTS) & (rate > 0)
    if not has_vibrato.any():
        return VibratoSummary(note_share=0.0, extent_cents=None, rate_hz=None)
    return VibratoSummary(
        note_share=round(float(has_vibrato.mean()), 3),
        extent_cents=round(float(np.median(extent[has_vibrato])), 1),
        rate_hz=round(float(np.median(rate[has_vibrato])), 2),
    )
