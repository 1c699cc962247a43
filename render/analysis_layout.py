"""Where everything stands on the picture of an analysed recording.

For: turning an `AnalysisView` into images, boxes, curves, lines and texts in pixels,
once for every back end. Not for: drawing (`analysis_svg`, `analysis_png`). A long
recording is broken into systems, like a score; coordinates grow to the right and
downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen.data.spelling import pitch_name
from musegen.render.analysis_view import AnalysisView, Floats, HeardNote, PitchLevels
from musegen.render.furniture import MAX_TITLE_CHARACTERS, Line, Text
from musegen.render.score_view import printable

WIDTH_PX = 1200.0
MARGIN_PX = 24.0
AXIS_WIDTH_PX = 36.0
HEADER_PX = 58.0
PANEL_HEIGHT_PX = 300.0
STRIP_HEIGHT_PX = 56.0
STRIP_GAP_PX = 6.0
TIME_LABELS_PX = 18.0
SYSTEM_GAP_PX = 14.0
MAX_SYSTEMS = 16
SYSTEM_LENGTHS_S = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600)
ONE_SYSTEM_S = 15.0  # up to here the recording is as wide as the picture
PITCHES_BELOW = 5  # rows shown under the lowest note ...
PITCHES_ABOVE = 29  # ... and above the highest: two octaves of its harmonics
MIN_PITCHES = 36
LEVEL_RANGE_DB = 70.0
LOUDNESS_RANGE_DB = 60.0
MIN_LABEL_PX = 60.0  # between time labels
TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
POINTS_PER_PX = 2.0
_OCTAVE = 12

Indexes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A bitmap stretched over a rectangle.

    Args:
        pixels: Darkness 0 to 255, [rows, columns], the top row first.
    """

    x: float
    y: float
    width: float
    height: float
    pixels: Indexes


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The outline of a note; `tooltip` names it."""

    x: float
    y: float
    width: float
    height: float
    tooltip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line through points, [n, 2] in px; `kind` is pitch, loudness or confidence."""

    kind: str
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisLayout:
    """The picture as shapes, in drawing order: images, lines, boxes, curves, texts.

    Args:
        width_px: Of the picture.
        height_px: Of the picture.
        title: May be empty.
        description: One sentence for those who cannot see the picture.
        images: The spectrogram of each system.
        lines: Octaves and frames.
        boxes: Notes.
        curves: Pitch, loudness, confidence.
        texts: Title, legend, times, octaves.
    """

    width_px: float
    height_px: float
    title: str
    description: str
    images: tuple[Image, ...]
    lines: tuple[Line, ...]
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _System:
    """One row of the picture and its scales."""

    start_s: float
    length_s: float
    end_s: float
    top: float
    low: int
    high: int

    @property
    def px_per_s(self) -> float:
        return (WIDTH_PX - 2 * MARGIN_PX - AXIS_WIDTH_PX) / self.length_s

    @property
    def left(self) -> float:
        return MARGIN_PX + AXIS_WIDTH_PX

    @property
    def right(self) -> float:
        return self.x(self.end_s)

    @property
    def strip_top(self) -> float:
        return self.top + PANEL_HEIGHT_PX + STRIP_GAP_PX

    @property
    def bottom(self) -> float:
        return self.strip_top + STRIP_HEIGHT_PX

    @property
    def row_px(self) -> float:
        return PANEL_HEIGHT_PX / (self.high - self.low + 1)

    def x(self, seconds: float) -> float:
        return self.left + (seconds - self.start_s) * self.px_per_s

    def y(self, pitch: float) -> float:
        """Return the middle of the row of a pitch."""
        return self.top + (self.high + 0.5 - pitch) * self.row_px


def analysis_layout(view: AnalysisView) -> AnalysisLayout:
    """Lay a recording's picture out.

    Args:
        view: What to show.

    Raises:
        ValueError: The recording has no length.
    """
    if not view.duration_s > 0:
        raise ValueError(f"a picture needs a duration above 0; got {view.duration_s}")
    systems = _systems(view)
    title = printable(view.title, max_characters=MAX_TITLE_CHARACTERS)
    return AnalysisLayout(
        width_px=WIDTH_PX,
        height_px=systems[-1].bottom + TIME_LABELS_PX + MARGIN_PX,
        title=title,
        description=(
            f"Spectrogram of {view.duration_s:.1f} seconds with pitch, "
            f"{len(view.notes)} notes, loudness and confidence."
        ),
        images=tuple(_image(view.spectrogram, system) for system in systems),
        lines=tuple(line for system in systems for line in _lines(system)),
        boxes=tuple(box for system in systems for box in _boxes(view.notes, system)),
        curves=tuple(c for system in systems for c in _curves(view, system)),
        texts=(
            *_header(title, view),
            *(text for system in systems for text in _texts(view, system)),
        ),
    )


def _systems(view: AnalysisView) -> list[_System]:
    """Break the time into systems and choose the pitches that all of them show."""
    length = view.duration_s
    if length > ONE_SYSTEM_S:
        fitting = (s for s in SYSTEM_LENGTHS_S if s * MAX_SYSTEMS >= view.duration_s)
        length = float(next(fitting, math.ceil(view.duration_s / MAX_SYSTEMS)))
    low, high = _shown_pitches(view)
    height = PANEL_HEIGHT_PX + STRIP_GAP_PX + STRIP_HEIGHT_PX
    count = max(1, math.ceil(view.duration_s / length - 1e-9))
    return [
        _System(
            start_s=index * length,
            length_s=length,
            end_s=min((index + 1) * length, view.duration_s),
            top=HEADER_PX + index * (height + TIME_LABELS_PX + SYSTEM_GAP_PX),
            low=low,
            high=high,
        )
        for index in range(count)
    ]


def _shown_pitches(view: AnalysisView) -> tuple[int, int]:
    lowest = math.ceil(view.spectrogram.lowest_pitch)
    highest = math.floor(view.spectrogram.highest_pitch)
    pitches = [note.pitch for note in view.notes]
    heard = view.curves.pitch[np.isfinite(view.curves.pitch)]
    if len(heard):
        pitches += [round(float(p)) for p in np.percentile(heard, (2, 98))]
    if not pitches:
        return lowest, highest
    low = max(lowest, min(pitches) - PITCHES_BELOW)
    high = min(highest, max(pitches) + PITCHES_ABOVE)
    return max(lowest, min(low, high - MIN_PITCHES)), max(high, low + 1)


def _image(spectrogram: PitchLevels, system: _System) -> Image:
    """Cut a system out of the spectrogram: a column a pixel at most."""
    levels = spectrogram.levels_db
    rate, rows = spectrogram.columns_per_s, spectrogram.rows_per_semitone
    first = min(int(system.start_s * rate), len(levels) - 1)
    last = min(max(first + 1, math.ceil(system.end_s * rate)), len(levels))
    lowest = spectrogram.lowest_pitch
    bottom = max(0, round((system.low - 0.5 - lowest) * rows))
    top = min(levels.shape[1], round((system.high + 0.5 - lowest) * rows))
    part = levels[first:last, bottom:top]
    part = _averaged(part, math.ceil(len(part) / (system.right - system.left)))
    loudest = float(levels.max())
    darkness = 255 * (1 + (part - loudest) / LEVEL_RANGE_DB)
    return Image(
        x=system.left,
        y=system.top,
        width=system.right - system.left,
        height=PANEL_HEIGHT_PX,
        pixels=np.clip(darkness, 0, 255).astype(np.uint8).T[::-1],
    )


def _averaged(rows: Floats, group: int) -> Floats:
    """Return the means of groups of rows; the last group may be smaller."""
    if group <= 1:
        return rows
    starts = np.arange(0, len(rows), group)
    sums = np.add.reduceat(rows, starts, axis=0)
    counts = np.diff([*starts.tolist(), len(rows)]).reshape(-1, *[1] * (rows.ndim - 1))
    means: Floats = (sums / counts).astype(np.float32)
    return means


def _lines(system: _System) -> Iterator[Line]:
    """Yield a line under every C, and the frames of the panel and the strip."""
    left, right = system.left, system.right
    for pitch in range(system.low, system.high + 1):
        if pitch % _OCTAVE == 0 and pitch > system.low:
            y = system.y(pitch - 0.5)
            yield Line(x1=left, y1=y, x2=right, y2=y, kind="octave")
    for top, bottom in (
        (system.top, system.top + PANEL_HEIGHT_PX),
        (system.strip_top, system.bottom),
    ):
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
            yield Line(x1=x1, y1=y1, x2=x2, y2=y2, kind="frame")


def _boxes(notes: tuple[HeardNote, ...], system: _System) -> Iterator[Box]:
    """Yield the notes, those that go on in the next system in both."""
    for note in notes:
        start = max(note.onset_s, system.start_s)
        end = min(note.offset_s, system.end_s)
        is_shown = system.low <= note.pitch <= system.high
        if end <= start or not is_shown:
            continue
        name = pitch_name(note.pitch)
        yield Box(
            x=system.x(start),
            y=system.y(note.pitch) - system.row_px / 2,
            width=max((end - start) * system.px_per_s, 1.0),
            height=system.row_px,
            tooltip=f"{name}, {note.onset_s:.2f} to {note.offset_s:.2f} s",
        )


def _curves(view: AnalysisView, system: _System) -> Iterator[Curve]:
    """Yield the pitch in unbroken stretches, the loudness and the confidence."""
    curves = view.curves
    first = round(system.start_s * curves.rate_hz)
    last = min(round(system.end_s * curves.rate_hz) + 1, len(curves.pitch))
    if last - first < 2:
        return
    group = max(1, int((last - first) / (POINTS_PER_PX * (system.right - system.left))))
    frames = np.arange(first, last, dtype=np.float32)
    x = system.left + (
        _averaged(frames, group) / curves.rate_hz - system.start_s
    ) * np.float64(system.px_per_s)
    pitch = _averaged(curves.pitch[first:last], group)
    is_shown = (pitch >= system.low - 0.5) & (pitch <= system.high + 0.5)
    heights = system.top + (system.high + 0.5 - pitch) * system.row_px
    for run in _runs(is_shown):
        yield Curve(kind="pitch", points=_points(x[run], heights[run]))
    loudest = float(curves.loudness_db.max())
    loudness = _averaged(curves.loudness_db[first:last], group)
    shares = {
        "loudness": 1 + (loudness - loudest) / LOUDNESS_RANGE_DB,
        "confidence": _averaged(curves.confidence[first:last], group),
    }
    for kind, share in shares.items():
        y = system.bottom - np.clip(share, 0, 1) * STRIP_HEIGHT_PX
        yield Curve(kind=kind, points=_points(x, y))


def _runs(is_shown: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """Yield the stretches of at least two points in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_shown, [False]])))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start >= 2:
            yield slice(start, stop)


def _points(x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> Points:
    return np.stack([x, y], axis=1).astype(np.float64)


def _header(title: str, view: AnalysisView) -> Iterator[Text]:
    if title:
        yield Text(x=MARGIN_PX, y=26.0, text=title, kind="title")
    count = "1 note" if len(view.notes) == 1 else f"{len(view.notes)} notes"
    yield Text(
        x=MARGIN_PX,
        y=46.0,
        text=f"{count} (boxes), pitch (line); below: loudness, blue, over "
        f"{LOUDNESS_RANGE_DB:.0f} dB, and confidence of the pitch, green",
        kind="subtitle",
    )


def _texts(view: AnalysisView, system: _System) -> Iterator[Text]:
    """Yield the names of the Cs and the times."""
    for pitch in range(system.low, system.high + 1):
        if pitch % _OCTAVE == 0:
            yield Text(
                x=system.left - 5.0,
                y=system.y(pitch) + 3.0,
                text=pitch_name(pitch),
                kind="key_name",
                anchor="end",
            )
    wide = (s for s in TIME_STEPS_S if s * system.px_per_s >= MIN_LABEL_PX)
    step = next(wide, TIME_STEPS_S[-1])
    for index in range(
        math.ceil(system.start_s / step - 1e-9), int(system.end_s / step + 1e-9) + 1
    ):
        yield Text(
            x=system.x(index * step),
            y=system.bottom + 13.0,
            text=_time_label(index * step, step),
            kind="metre",
            anchor="middle",
        )


def _time_label(seconds: float, step: float) -> str:
    """Write a time as minutes and seconds, with a tenth where steps are that fine."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    whole, tenth = divmod(rest, 10)
    return f"{minutes}:{whole:02d}" + (f".{tenth}" if step < 1 else "")
