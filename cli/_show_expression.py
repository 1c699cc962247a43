"""How a line is played, as a picture or in text: what `show --expression` makes.

From a note table, or measured from sound; the score gives the title and the bars.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._expression_options import ExpressionChoices
from musegen.cli._output import Item
from musegen.cli._show_fit import MAX_APART_S, fit
from musegen.data.errors import UsageError, VoiceNotFoundError
from musegen.data.notices import Notice
from musegen.data.score import Note, Score

if TYPE_CHECKING:
    from musegen.midi_ddsp.analysis.analysing import Analysis
    from musegen.midi_ddsp.expression_view import HeardSound
    from musegen.midi_ddsp.notes import PlayedNote
    from musegen.midi_ddsp.parts.timing import TempoMap
    from musegen.midi_ddsp.tables.note_table import NoteTable
    from musegen.render.bar_range import BarRange
    from musegen.render.expression_view import BarStart, ExpressionView, SoundView

_ALL_BARS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionPicture:
    """How a line is played, in text or drawn.

    Args:
        view: What is shown.
        names: Of the columns of its rows.
    """

    view: ExpressionView
    names: tuple[str, ...]

    def facts(self) -> dict[str, object]:
        """Return what JSON says of it: the values of the notes that are shown."""
        view = self.view
        shown = list(view.shown_notes())
        return {
            "title": view.title,
            "notes": len(shown),
            "start_s": round(view.start_s, 3),
            "end_s": round(view.end_s, 3),
            "has_sound": view.sound is not None,
            "expression": {
                name: [round(value, 3) for value in row.values[shown].tolist()]
                for name, row in zip(self.names, view.rows, strict=True)
            },
        }

    def text(self, *, width_columns: int, use_color: bool, use_unicode: bool) -> str:
        """Return it in characters; there is no colour in it."""
        from musegen.render.expression_text import expression_text

        return expression_text(
            self.view, width_columns=width_columns, use_unicode=use_unicode
        )

    def content(self, format: str) -> tuple[bytes, tuple[Notice, ...]]:
        """Return a file: `svg`, `png` or `text`.

        Raises:
            MissingPackageError: The format needs a package that is not installed.
        """
        if format == "text":
            from musegen.render.expression_text import expression_text

            return f"{expression_text(self.view)}\n".encode(), ()
        from musegen.render.expression_layout import expression_layout

        layout = expression_layout(self.view)
        if format == "png":
            from musegen.render.analysis_png import analysis_png

            return analysis_png(layout), ()
        from musegen.render.analysis_svg import analysis_svg

        return analysis_svg(layout), ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Played:
    """What is shown of a line, before it is laid out."""

    table: NoteTable
    sound: HeardSound | None


def expression_picture(
    score: Score,
    choices: ExpressionChoices,
    *,
    title: str,
    bars: BarRange | None,
    item: Item,
) -> ExpressionPicture:
    """Return the picture that is asked for.

    Args:
        score: For title and bars, and for the notes where there is no table.
        choices: Checked.
        title: Of the picture.
        bars: Which; None for all.
        item: Told of notices.

    Raises:
        InputError: A file cannot be read, holds something else, or is of another score.
        UsageError: The part is not clear, or bars are asked for and cannot be had.
    """
    from musegen.midi_ddsp.expression_view import expression_rows
    from musegen.render.analysis_view import HeardNote
    from musegen.render.expression_view import ExpressionView, NoteValues

    played = _played(score, choices, item)
    notes = played.table.notes()
    is_in_place = True
    if choices.table is not None:
        found = fit(choices.table, notes, score)
        is_in_place = found.is_in_place
        for notice in found.notices:
            item.notice(notice)
    starts, window_s = _bars_in_time(score, notes, bars, item, is_in_place=is_in_place)
    end_s = max([note.offset_s for note in notes], default=0.0)
    if played.sound is not None:
        end_s = max(end_s, played.sound.duration_s)
    rows = expression_rows(played.table)
    view = ExpressionView(
        title=title,
        start_s=0.0 if window_s is None else window_s[0],
        end_s=end_s if window_s is None else window_s[1],
        notes=tuple(
            HeardNote(pitch=note.pitch, onset_s=note.onset_s, offset_s=note.offset_s)
            for note in notes
        ),
        rows=tuple(
            NoteValues(
                label=row.label,
                unit=row.unit,
                kind=row.kind,
                scale=row.scale,
                values=row.values,
            )
            for row in rows
        ),
        bars=starts,
        sound=None if played.sound is None else _sound_view(played.sound),
    )
    return ExpressionPicture(view=view, names=tuple(row.name for row in rows))


# === What is played ===


def _played(score: Score, choices: ExpressionChoices, item: Item) -> _Played:
    from musegen.midi_ddsp.tables.note_table_files import read_note_table

    table = None if choices.table is None else read_note_table(choices.table)
    if choices.parameters is not None:
        return _from_parameters(score, choices.parameters, choices.part, table, item)
    if choices.audio is not None:
        return _from_recording(score, choices.audio, choices.part, table, item)
    if table is None:
        raise UsageError("--expression needs a table, --audio or --parameters")
    return _Played(table=table, sound=None)


def _from_parameters(
    score: Score, path: Path, part: str | None, table: NoteTable | None, item: Item
) -> _Played:
    from musegen.midi_ddsp.expression_view import heard_in_parameters, measured_table
    from musegen.midi_ddsp.tables.parameter_files import iterate_parameters, read_header

    header = read_header(path)
    if table is None:
        notes = _notes_of(score, part, header.part, item)
        table = measured_table(
            notes, iterate_parameters(path), instrument=header.instrument
        )
    return _Played(table=table, sound=heard_in_parameters(iterate_parameters(path)))


def _from_recording(
    score: Score, path: Path, part: str | None, table: NoteTable | None, item: Item
) -> _Played:
    from musegen.midi_ddsp.analysis.analysing import (
        AnalysisSettings,
        analyse,
        expression_table,
    )
    from musegen.midi_ddsp.audio.reading import read_audio
    from musegen.midi_ddsp.expression_view import heard_in_recording

    recording = read_audio(path)
    notes = _notes_of(score, part, "", item) if table is None else table.notes()
    analysis: Analysis = analyse(
        recording.samples,
        settings=AnalysisSettings(is_aligned=table is None),
        notes=notes,
    )
    for notice in (*recording.notices, *analysis.notices):
        item.notice(notice)
    return _Played(
        table=expression_table(analysis) if table is None else table,
        sound=heard_in_recording(analysis, recording.samples),
    )


def _notes_of(
    score: Score, part: str | None, likely: str, item: Item
) -> tuple[PlayedNote, ...]:
    """The notes of the part that is meant: asked for, named in a file, or the only."""
    from musegen.midi_ddsp.notes import notes_from_score

    notes, notices = notes_from_score(score, _part_index(score, part, likely))
    for notice in notices:
        item.notice(notice)
    return notes


def _part_index(score: Score, part: str | None, likely: str) -> int:
    from musegen.render.score_view import find_part, part_labels

    if part is not None:
        return find_part(score, part)
    playing = [
        index for index, one in enumerate(score.parts) if one.notes and not one.is_drum
    ]
    if len(playing) == 1:
        return playing[0]
    try:
        return find_part(score, likely)
    except VoiceNotFoundError as error:
        labels = part_labels(score.parts)
        named = ", ".join(f"{index + 1} {labels[index]}" for index in playing)
        raise UsageError(
            f"the score has {len(playing)} parts with pitched notes "
            f"({named or 'none'}): say with --part which of them is played"
        ) from error


# === Where it stands in the score ===


def _bars_in_time(
    score: Score,
    notes: tuple[PlayedNote, ...],
    bars: BarRange | None,
    item: Item,
    *,
    is_in_place: bool,
) -> tuple[tuple[BarStart, ...], tuple[float, float] | None]:
    """Bars in seconds, and what the bars that were asked for span."""
    from musegen.midi_ddsp.parts.timing import TempoMap
    from musegen.render.expression_view import BarStart
    from musegen.render.score_view import bar_spans

    times = TempoMap(score)
    if not (is_in_place and _is_in_time(score, notes, times)):
        if bars is not None:
            raise UsageError(
                "--bars cannot act: the notes that are shown are not where the score "
                "has them, so its bars are not known in their time; leave it out"
            )
        item.notice(
            Notice(
                code="bars-left-out",
                message="the notes are not where the score has them; there are no bar "
                "lines in the picture",
            )
        )
        return (), None
    spans = bar_spans(score, bars=bars, max_bars=_ALL_BARS)
    starts = tuple(
        BarStart(number=span.number, start_s=times.seconds_at(span.start))
        for span in spans
    )
    if bars is None:
        return starts, None
    return starts, (times.seconds_at(spans[0].start), times.seconds_at(spans[-1].end))


def _is_in_time(score: Score, notes: tuple[PlayedNote, ...], times: TempoMap) -> bool:
    """Whether the notes begin where some of the score's do, at the median."""
    import numpy as np

    onsets_s = np.array(
        sorted({times.seconds_at(note.onset) for note in _all_notes(score)})
    )
    played_s = np.array([note.onset_s for note in notes])
    if not len(onsets_s) or not len(played_s):
        return True
    place = np.clip(np.searchsorted(onsets_s, played_s), 1, max(len(onsets_s) - 1, 1))
    near = onsets_s[np.stack([place - 1, np.minimum(place, len(onsets_s) - 1)])]
    apart_s = np.abs(near - played_s).min(axis=0)
    return bool(np.median(apart_s) <= MAX_APART_S)


def _all_notes(score: Score) -> Iterator[Note]:
    for part in score.parts:
        yield from part.notes


def _sound_view(sound: HeardSound) -> SoundView:
    from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
    from musegen.render.analysis_view import PitchLevels
    from musegen.render.expression_view import SoundView

    levels = sound.spectrogram
    return SoundView(
        duration_s=sound.duration_s,
        rate_hz=FRAME_RATE_HZ,
        pitch=sound.pitch,
        level_db=sound.level_db,
        level_label=sound.level_label,
        spectrogram=PitchLevels(
            levels_db=levels.levels_db,
            columns_per_s=levels.columns_per_s,
            lowest_pitch=levels.lowest_pitch,
            rows_per_semitone=levels.rows_per_semitone,
        ),
    )
