"""Where everything stands on a picture of expression.

For: turning an `ExpressionView` into shapes, once for every back end: a panel of notes
over pitch, on a spectrogram where there is sound, and below it a strip for the level
and one for each value of the notes. Not for: drawing (`analysis_svg`, `analysis_png`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from musegen.render.analysis_shapes import AnalysisLayout, Box, Curve
from musegen.render.analysis_systems import (
    MARGIN_PX,
    MIN_PITCHES,
    TIME_LABELS_PX,
    WIDTH_PX,
    System,
    SystemSize,
    break_into_systems,
    note_name,
    note_outlines,
    pitch_curves,
    shown_pitches,
    spans_in,
    spectrogram_image,
    stretch_in,
    strip_curve,
    system_lines,
    system_texts,
)
from musegen.render.expression_view import ExpressionView, NoteValues, SoundView
from musegen.render.furniture import (
    MAX_TITLE_CHARACTERS,
    Line,
    Text,
    numbering_step,
)
from musegen.render.score_view import printable

PANEL_PX = 220.0
STRIP_PX = 36.0
AXIS_PX = 140.0
BAR_NUMBERS_PX = 14.0
MAX_SYSTEMS = 8
PITCHES_BELOW = 4
PITCHES_ABOVE = 4  # without a spectrogram ...
PITCHES_ABOVE_SOUND = 29  # ... and with: two octaves of its harmonics
MIN_PITCHES_SILENT = 18  # semitones of the panel where there is no spectrogram
LEVEL_RANGE_DB = 60.0
FREE_STEP = 5.0  # levels begin and end at multiples of this ...
MIN_FREE_RANGE = 10.0  # ... and span at least this
_PITCHES = (0, 127)
_AS_GOOD_AS_ZERO = 1e-6
_NICE_STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRange:
    """What a strip spans, and from where its bars rise or hang."""

    low: float
    high: float
    base: float

    def share(self, value: float) -> float:
        """Return the height of a value in the strip, 0 to 1."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


def value_range(row: NoteValues) -> ValueRange:
    """Return what a strip spans so that its values fill it, in round numbers."""
    least, greatest = float(row.values.min()), float(row.values.max())
    if row.scale == "free":
        high = FREE_STEP * math.ceil(greatest / FREE_STEP)
        low = max(FREE_STEP * math.floor(least / FREE_STEP), high - LEVEL_RANGE_DB)
        low = min(low, high - MIN_FREE_RANGE)
        return ValueRange(low=low, high=high, base=low)
    if row.scale == "about_zero":
        high = round_up(max(-least, greatest))
        return ValueRange(low=-high, high=high, base=0.0)
    high = max(1.0, greatest) if row.scale == "share" else greatest
    low = -round_up(-least) if least < 0.0 else 0.0
    return ValueRange(low=low, high=round_up(high), base=0.0)


def round_up(value: float) -> float:
    """Return the next number that reads well: 1, 1.5, 2 ... times a power of ten."""
    if value < _AS_GOOD_AS_ZERO:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    step = next(s for s in _NICE_STEPS if s * power >= value * (1 - 1e-9))
    return step * power


def expression_layout(view: ExpressionView) -> AnalysisLayout:
    """Lay a picture of expression out.

    Args:
        view: What to show.

    Raises:
        ValueError: The picture has no length, or there are no rows.
    """
    if not view.end_s > view.start_s or not view.rows:
        raise ValueError(
            f"a picture needs a duration above 0 and a row of values; got "
            f"{view.start_s} to {view.end_s} s and {len(view.rows)} rows"
        )
    systems = _systems(view)
    ranges = tuple(value_range(_shown_row(view, row)) for row in view.rows)
    title = printable(view.title, max_characters=MAX_TITLE_CHARACTERS)
    sound = view.sound
    return AnalysisLayout(
        width_px=WIDTH_PX,
        height_px=systems[-1].bottom + TIME_LABELS_PX + MARGIN_PX,
        title=title,
        description=_description(view),
        images=tuple(
            spectrogram_image(sound.spectrogram, _sounding(system, sound))
            for system in systems
            if sound is not None and system.start_s < sound.duration_s
        ),
        lines=tuple(
            line for system in systems for line in _lines(view, ranges, system)
        ),
        boxes=tuple(box for system in systems for box in _boxes(view, ranges, system)),
        curves=tuple(
            curve
            for system in systems
            if sound is not None
            for curve in _curves(sound, system)
        ),
        texts=(
            *_header(title, view),
            *(text for system in systems for text in _texts(view, ranges, system)),
        ),
    )


def _shown_row(view: ExpressionView, row: NoteValues) -> NoteValues:
    """The row of the notes that are shown; of all where none are."""
    shown = list(view.shown_notes())
    values = row.values[shown] if shown else np.zeros(1)
    return replace(row, values=values)


def _systems(view: ExpressionView) -> tuple[System, ...]:
    sound = view.sound
    strips = len(view.rows) + (sound is not None)
    pitch = np.zeros(0, np.float32)
    bounds, above, least = _PITCHES, PITCHES_ABOVE, MIN_PITCHES_SILENT
    if sound is not None:
        bounds = (
            math.ceil(sound.spectrogram.lowest_pitch),
            math.floor(sound.spectrogram.highest_pitch),
        )
        pitch, above, least = sound.pitch, PITCHES_ABOVE_SOUND, MIN_PITCHES
    return break_into_systems(
        start_s=view.start_s,
        end_s=view.end_s,
        pitches=shown_pitches(
            [view.notes[index] for index in view.shown_notes()],
            pitch,
            bounds=bounds,
            below=PITCHES_BELOW,
            above=above,
            least=least,
        ),
        size=SystemSize(
            panel_px=PANEL_PX,
            strips_px=(STRIP_PX,) * strips,
            axis_px=AXIS_PX,
            above_px=BAR_NUMBERS_PX,
        ),
        max_systems=MAX_SYSTEMS,
    )


def _sounding(system: System, sound: SoundView) -> System:
    """The system as far as there is sound."""
    return replace(system, end_s=min(system.end_s, sound.duration_s))


def _strip_of(view: ExpressionView, row: int, system: System) -> tuple[float, float]:
    """Edges of the strip of a row of values, px; the level stands above them."""
    return system.strip(row + (view.sound is not None))


def _lines(
    view: ExpressionView, ranges: tuple[ValueRange, ...], system: System
) -> Iterator[Line]:
    """Yield bar lines, the zeros of strips about zero, octaves and frames."""
    for bar in view.bars:
        if system.start_s < bar.start_s < system.end_s:
            x = system.x(bar.start_s)
            yield Line(x1=x, y1=system.top, x2=x, y2=system.bottom, kind="beat")
    for index, span in enumerate(ranges):
        if span.low < span.base:
            top, bottom = _strip_of(view, index, system)
            y = bottom - span.share(span.base) * (bottom - top)
            yield Line(x1=system.left, y1=y, x2=system.right, y2=y, kind="octave")
    yield from system_lines(system)


def _boxes(
    view: ExpressionView, ranges: tuple[ValueRange, ...], system: System
) -> Iterator[Box]:
    """Yield the notes, then a bar for each value of each."""
    yield from note_outlines(view.notes, system)
    for index, (row, span) in enumerate(zip(view.rows, ranges, strict=True)):
        top, bottom = _strip_of(view, index, system)
        height = bottom - top
        for note, left, width in spans_in(view.notes, system):
            value = float(row.values[note])
            low, high = sorted((span.share(value), span.share(span.base)))
            yield Box(
                x=left,
                y=bottom - high * height,
                width=width,
                height=(high - low) * height,
                tooltip=(
                    f"{note_name(view.notes[note])}: {row.label} "
                    f"{number_text(value)} {row.unit}"
                ),
                kind=row.kind,
            )


def number_text(value: float, *, decimals: int | None = None) -> str:
    """Write a value with a minus that is one and without an exponent.

    Args:
        value: Finite.
        decimals: How many; None for about three digits without zeros at the end.
    """
    if decimals is not None:
        text = f"{value:.{decimals}f}"
    else:
        text = f"{value:.{decimals_for(abs(value))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    is_zero = not text.strip("-0.")
    return (text.lstrip("-") if is_zero else text).replace("-", "\N{MINUS SIGN}")


def decimals_for(greatest: float) -> int:
    """Return how many decimals make about three digits of numbers up to this."""
    return 0 if greatest >= 99.95 else 1 if greatest >= 9.995 else 2


def _curves(sound: SoundView, system: System) -> Iterator[Curve]:
    stretch = stretch_in(system, len(sound.pitch), sound.rate_hz)
    if stretch is None:
        return
    yield from pitch_curves(sound.pitch, stretch, system)
    loudest = float(sound.level_db.max())
    shares = 1 + (stretch.averaged(sound.level_db) - loudest) / LEVEL_RANGE_DB
    yield strip_curve("loudness", shares, stretch, system.strip(0))


# === Words ===


def _description(view: ExpressionView) -> str:
    rows = ", ".join(f"{row.label} ({row.unit})" for row in view.rows)
    behind = "" if view.sound is None else " on a spectrogram with pitch and level"
    return f"{_count(view)}{behind}; of each: {rows}."


def _count(view: ExpressionView) -> str:
    count = len(view.shown_notes())
    return "1 note" if count == 1 else f"{count} notes"


def _header(title: str, view: ExpressionView) -> Iterator[Text]:
    if title:
        yield Text(x=MARGIN_PX, y=26.0, text=title, kind="title")
    heard = ", pitch (line) on the spectrogram" if view.sound is not None else ""
    yield Text(
        x=MARGIN_PX,
        y=46.0,
        text=f"{_count(view)} (boxes){heard}; below: how each is played, a column "
        "a note",
        kind="subtitle",
    )


def _texts(
    view: ExpressionView, ranges: tuple[ValueRange, ...], system: System
) -> Iterator[Text]:
    yield from system_texts(system)
    yield from _bar_numbers(view, system)
    middle = system.top + system.size.panel_px / 2
    yield Text(x=MARGIN_PX, y=middle, text="pitch", kind="legend")
    if view.sound is not None:
        loudest = round(float(view.sound.level_db.max()))
        span = ValueRange(low=loudest - LEVEL_RANGE_DB, high=loudest, base=0.0)
        label = view.sound.level_label
        yield from _axis(label, "dB", span, system.strip(0), left=system.left)
    for index, (row, span) in enumerate(zip(view.rows, ranges, strict=True)):
        edges = _strip_of(view, index, system)
        yield from _axis(row.label, row.unit, span, edges, left=system.left)


def _axis(
    label: str,
    unit: str,
    span: ValueRange,
    edges: tuple[float, float],
    *,
    left: float,
) -> Iterator[Text]:
    """Yield name, unit and range of a strip."""
    top, bottom = edges
    middle = (top + bottom) / 2
    yield Text(x=MARGIN_PX, y=middle, text=label, kind="legend")
    yield Text(x=MARGIN_PX, y=middle + 12.0, text=unit, kind="key_name")
    for value, y in ((span.high, top + 9.0), (span.low, bottom - 1.0)):
        text = number_text(value)
        yield Text(x=left - 5.0, y=y, text=text, kind="key_name", anchor="end")


def _bar_numbers(view: ExpressionView, system: System) -> Iterator[Text]:
    """Yield numbers of bars above the panel, as many as there is room for."""
    starts_s = [bar.start_s for bar in view.bars]
    lengths_s = [after - before for before, after in itertools.pairwise(starts_s)]
    step = numbering_step(min(lengths_s, default=math.inf) * system.px_per_s)
    for bar in view.bars:
        is_inside = system.start_s - 1e-6 <= bar.start_s < system.end_s
        if is_inside and bar.number % step == 0:
            yield Text(
                x=system.x(bar.start_s) + 2.0,
                y=system.top - 4.0,
                text=str(bar.number),
                kind="bar_number",
            )
