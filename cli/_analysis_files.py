"""An analysis as the bytes of a file: MIDI, tables or a picture, by format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from musegen.midi_ddsp.analysis.analysing import Analysis
    from musegen.midi_ddsp.analysis.pitch_spectrogram import Floats
    from musegen.midi_ddsp.tables.note_table import NoteTable
    from musegen.render.analysis_shapes import AnalysisLayout


@dataclass(slots=True, kw_only=True)
class AnalysisFiles:
    """Makes the files of one analysis.

    Args:
        analysis: What was heard.
        audio: The recording, mono, 16 kHz, [N]; the picture shows it.
        title: Of the picture.
    """

    analysis: Analysis
    audio: Floats
    title: str
    _table: NoteTable | None = field(default=None, init=False)
    _layout: AnalysisLayout | None = field(default=None, init=False)

    def content(self, format: str) -> bytes:
        """Return the content of a file.

        Args:
            format: `midi`, `csv` or `parquet` (expression of the notes), `frames-csv`
                or `frames-parquet`, `svg` or `png`.

        Raises:
            MissingPackageError: The format needs a package that is not installed.
        """
        from musegen.midi_ddsp.tables.frame_table import frames_csv, frames_parquet

        if format == "midi":
            return self._midi()
        if format in ("csv", "parquet"):
            return self._expression(format)
        if format == "frames-csv":
            return frames_csv(self.analysis)
        if format == "frames-parquet":
            return frames_parquet(self.analysis)
        return self._picture(format)

    def table(self) -> NoteTable:
        """Return the notes and their expression, measured once."""
        if self._table is None:
            from musegen.midi_ddsp.analysis.analysing import expression_table

            self._table = expression_table(self.analysis)
        return self._table

    def _midi(self) -> bytes:
        from musegen.data.midi import midi_bytes
        from musegen.midi_ddsp.notes import score_from_notes

        instrument = self.analysis.instrument
        score = score_from_notes(
            self.analysis.notes,
            program=0 if instrument is None else instrument.gm_program,
            name=self.title if instrument is None else instrument.name,
        )
        return midi_bytes(score)

    def _expression(self, format: str) -> bytes:
        from musegen.midi_ddsp.tables.note_table_files import csv_bytes, parquet_bytes

        table = self.table()
        return csv_bytes(table) if format == "csv" else parquet_bytes(table)

    def _picture(self, format: str) -> bytes:
        if format == "png":
            from musegen.render.analysis_png import analysis_png

            return analysis_png(self._made_layout())
        from musegen.render.analysis_svg import analysis_svg

        return analysis_svg(self._made_layout())

    def _made_layout(self) -> AnalysisLayout:
        """Return the layout, made once for both kinds of picture."""
        if self._layout is None:
            from musegen.midi_ddsp.analysis.pitch_spectrogram import pitch_spectrogram
            from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, hz_to_midi
            from musegen.render.analysis_layout import analysis_layout
            from musegen.render.analysis_view import (
                AnalysisView,
                Curves,
                HeardNote,
                PitchLevels,
            )

            analysis = self.analysis
            sound = pitch_spectrogram(self.audio)
            pitch = np.where(analysis.voiced, hz_to_midi(analysis.f0_hz), np.nan)
            view = AnalysisView(
                title=self.title,
                duration_s=analysis.duration_s,
                spectrogram=PitchLevels(
                    levels_db=sound.levels_db,
                    columns_per_s=sound.columns_per_s,
                    lowest_pitch=sound.lowest_pitch,
                    rows_per_semitone=sound.rows_per_semitone,
                ),
                curves=Curves(
                    rate_hz=FRAME_RATE_HZ,
                    pitch=pitch.astype(np.float32),
                    loudness_db=analysis.loudness_db,
                    confidence=analysis.confidence,
                ),
                notes=tuple(
                    HeardNote(
                        pitch=note.pitch, onset_s=note.onset_s, offset_s=note.offset_s
                    )
                    for note in analysis.notes
                ),
            )
            self._layout = analysis_layout(view)
        return self._layout
