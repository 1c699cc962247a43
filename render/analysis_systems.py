"""Systems of a picture over time and pitch: rows of it, like those of a score.

For: the scales of a system, and what stands in every one whatever the picture shows:
spectrogram, notes, pitch, frames, times. Not for: what is special to a recording
(`analysis_layout`) or to expression (`expression_layout`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from musegen.data.spelling import pitch_name
from musegen.render.analysis_shapes import Box, Curve, Image, Points
from musegen.render.analysis_view import Floats, HeardNote, PitchLevels
from musegen.render.furniture import Line, Text

WIDTH_PX = 1200.0
MARGIN_PX = 24.0
HEADER_PX = 58.0
STRIP_GAP_PX = 6.0
TIME_LABELS_PX = 18.0
SYSTEM_GAP_PX = 14.0
SYSTEM_LENGTHS_S = (10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200, 3600)
ONE_SYSTEM_S = 15.0  # up to here the recording is as wide as the picture
MIN_PITCHES = 36
LEVEL_RANGE_DB = 70.0
MIN_LABEL_PX = 60.0  # between time labels
TIME_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
POINTS_PER_PX = 2.0
_OCTAVE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSize:
    """How a system is built.

    Args:
        panel_px: Height of the panel over pitch.
        strips_px: Heights of the strips below it, from the top.
        axis_px: Room for names and numbers to the left.
        above_px: Room above the panel.
    """

    panel_px: float
    strips_px: tuple[float, ...]
    axis_px: float
    above_px: float = 0.0

    @property
    def height_px(self) -> float:
        """From above the panel to the lower edge of the last strip."""
        strips = sum(STRIP_GAP_PX + height for height in self.strips_px)
        return self.above_px + self.panel_px + strips


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One row of the picture and its scales.

    Args:
        start_s: Where it begins.
        length_s: What its full width would show.
        end_s: Where it ends, at most `start_s + length_s`.
        top: Upper edge of the panel, px.
        low: Lowest pitch of the panel.
        high: Highest pitch of the panel.
        size: How it is built.
    """

    start_s: float
    length_s: float
    end_s: float
    top: float
    low: int
    high: int
    size: SystemSize

    @property
    def px_per_s(self) -> float:
        """Time scale."""
        return (WIDTH_PX - 2 * MARGIN_PX - self.size.axis_px) / self.length_s

    @property
    def left(self) -> float:
        """Left edge of the panel, px."""
        return MARGIN_PX + self.size.axis_px

    @property
    def right(self) -> float:
        """Right edge of the panel, px."""
        return self.x(self.end_s)

    @property
    def width(self) -> float:
        """Of the panel, px."""
        return self.right - self.left

    @property
    def bottom(self) -> float:
        """Lower edge of the last strip, px."""
        return self.top - self.size.above_px + self.size.height_px

    @property
    def row_px(self) -> float:
        """Height of a semitone."""
        return self.size.panel_px / (self.high - self.low + 1)

    def strip(self, index: int) -> tuple[float, float]:
        """Return upper and lower edge of a strip, px; the first has the index 0."""
        heights = self.size.strips_px[: index + 1]
        bottom = self.top + self.size.panel_px + sum(STRIP_GAP_PX + h for h in heights)
        return bottom - heights[-1], bottom

    def x(self, seconds: float) -> float:
        """Return the place of a time, px."""
        return self.left + (seconds - self.start_s) * self.px_per_s

    def y(self, pitch: float) -> float:
        """Return the middle of the row of a pitch, px."""
        return self.top + (self.high + 0.5 - pitch) * self.row_px


def break_into_systems(
    *,
    start_s: float = 0.0,
    end_s: float,
    pitches: tuple[int, int],
    size: SystemSize,
    max_systems: int,
) -> tuple[System, ...]:
    """Break a stretch of time into systems of one length, the last perhaps shorter.

    Args:
        start_s: Where the first begins.
        end_s: Where the last ends, after `start_s`.
        pitches: Lowest and highest of each panel.
        size: Of each.
        max_systems: How many at most.
    """
    duration_s = length = end_s - start_s
    if length > ONE_SYSTEM_S:
        fitting = (s for s in SYSTEM_LENGTHS_S if s * max_systems >= duration_s)
        length = float(next(fitting, math.ceil(duration_s / max_systems)))
    count = max(1, math.ceil(duration_s / length - 1e-9))
    step_px = size.height_px + TIME_LABELS_PX + SYSTEM_GAP_PX
    low, high = pitches
    return tuple(
        System(
            start_s=start_s + index * length,
            length_s=length,
            end_s=min(start_s + (index + 1) * length, end_s),
            top=HEADER_PX + size.above_px + index * step_px,
            low=low,
            high=high,
            size=size,
        )
        for index in range(count)
    )


def shown_pitches(
    notes: Sequence[HeardNote],
    pitch: Floats,
    *,
    bounds: tuple[int, int],
    below: int,
    above: int,
    least: int = MIN_PITCHES,
) -> tuple[int, int]:
    """Return the lowest and the highest pitch to show.

    Args:
        notes: To be in the picture.
        pitch: A curve to be in the picture but for its extremes, NaN where none, [T].
        bounds: What can be shown at all.
        below: Rows under the lowest.
        above: Rows above the highest.
        least: How many semitones to show at least, where there are so many.
    """
    lowest, highest = bounds
    pitches = [note.pitch for note in notes]
    heard = pitch[np.isfinite(pitch)]
    if len(heard):
        pitches += [round(float(p)) for p in np.percentile(heard, (2, 98))]
    if not pitches:
        return lowest, highest
    low = max(lowest, min(pitches) - below)
    high = min(highest, max(pitches) + above)
    return max(lowest, min(low, high - least)), max(high, low + 1)


def spectrogram_image(spectrogram: PitchLevels, system: System) -> Image:
    """Cut a system out of the spectrogram: a column a pixel at most."""
    levels = spectrogram.levels_db
    rate, rows = spectrogram.columns_per_s, spectrogram.rows_per_semitone
    first = min(int(system.start_s * rate), len(levels) - 1)
    last = min(max(first + 1, math.ceil(system.end_s * rate)), len(levels))
    lowest = spectrogram.lowest_pitch
    bottom = max(0, round((system.low - 0.5 - lowest) * rows))
    top = min(levels.shape[1], round((system.high + 0.5 - lowest) * rows))
    part = levels[first:last, bottom:top]
    part = averaged(part, math.ceil(len(part) / system.width))
    loudest = float(levels.max())
    darkness = 255 * (1 + (part - loudest) / LEVEL_RANGE_DB)
    return Image(
        x=system.left,
        y=system.top,
        width=system.width,
        height=system.size.panel_px,
        pixels=np.clip(darkness, 0, 255).astype(np.uint8).T[::-1],
    )


def averaged(rows: Floats, group: int) -> Floats:
    """Return the means of groups of rows; the last group may be smaller."""
    if group <= 1:
        return rows
    starts = np.arange(0, len(rows), group)
    sums = np.add.reduceat(rows, starts, axis=0)
    counts = np.diff([*starts.tolist(), len(rows)]).reshape(-1, *[1] * (rows.ndim - 1))
    means: Floats = (sums / counts).astype(np.float32)
    return means


# === What every system has ===


def system_lines(system: System) -> Iterator[Line]:
    """Yield a line under every C, and the frames of the panel and the strips."""
    left, right = system.left, system.right
    for pitch in range(system.low, system.high + 1):
        if pitch % _OCTAVE == 0 and pitch > system.low:
            y = system.y(pitch - 0.5)
            yield Line(x1=left, y1=y, x2=right, y2=y, kind="octave")
    strips = [system.strip(index) for index in range(len(system.size.strips_px))]
    for top, bottom in ((system.top, system.top + system.size.panel_px), *strips):
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
            yield Line(x1=x1, y1=y1, x2=x2, y2=y2, kind="frame")


def spans_in(
    notes: Sequence[HeardNote], system: System
) -> Iterator[tuple[int, float, float]]:
    """Yield (index of the note, left, width in px) of those that sound in a system."""
    for index, note in enumerate(notes):
        start = max(note.onset_s, system.start_s)
        end = min(note.offset_s, system.end_s)
        if start < end:
            yield index, system.x(start), max((end - start) * system.px_per_s, 1.0)


def note_name(note: HeardNote) -> str:
    """Return its pitch and times in words."""
    return f"{pitch_name(note.pitch)}, {note.onset_s:.2f} to {note.offset_s:.2f} s"


def note_outlines(notes: Sequence[HeardNote], system: System) -> Iterator[Box]:
    """Yield the notes, those that go on in the next system in both."""
    for index, left, width in spans_in(notes, system):
        note = notes[index]
        if system.low <= note.pitch <= system.high:
            yield Box(
                x=left,
                y=system.y(note.pitch + 0.5),
                width=width,
                height=system.row_px,
                tooltip=note_name(note),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The frames of a curve that a system shows, a few to a pixel at most.

    Args:
        frames: Which, by the rules of slices.
        group: How many frames make a point.
        x: Places of the points, px, [n].
    """

    frames: slice
    group: int
    x: npt.NDArray[np.float64]

    def averaged(self, values: Floats) -> Floats:
        """Return the points of a curve over all frames, [n]."""
        return averaged(values[self.frames], self.group)


def stretch_in(system: System, num_frames: int, rate_hz: float) -> Stretch | None:
    """Return what a system shows of curves; None for less than two frames."""
    first = round(system.start_s * rate_hz)
    last = min(round(system.end_s * rate_hz) + 1, num_frames)
    if last - first < 2:
        return None
    group = max(1, int((last - first) / (POINTS_PER_PX * system.width)))
    middles_s = averaged(np.arange(first, last, dtype=np.float32), group) / rate_hz
    x = system.left + (middles_s - system.start_s) * np.float64(system.px_per_s)
    return Stretch(frames=slice(first, last), group=group, x=x)


def pitch_curves(pitch: Floats, stretch: Stretch, system: System) -> Iterator[Curve]:
    """Yield the pitch, NaN where there is none, in unbroken stretches."""
    points = stretch.averaged(pitch)
    is_shown = (points >= system.low - 0.5) & (points <= system.high + 0.5)
    heights = system.top + (system.high + 0.5 - points) * system.row_px
    for run in _runs(is_shown):
        yield Curve(kind="pitch", points=joined_points(stretch.x[run], heights[run]))


def strip_curve(
    kind: str, shares: Floats, stretch: Stretch, edges: tuple[float, float]
) -> Curve:
    """Return a curve in a strip.

    Args:
        kind: Of the curve.
        shares: Heights of its points, 0 to 1, [n].
        stretch: Where they stand.
        edges: Of the strip, from `System.strip`.
    """
    top, bottom = edges
    return Curve(
        kind=kind,
        points=joined_points(
            stretch.x, bottom - np.clip(shares, 0, 1) * (bottom - top)
        ),
    )


def _runs(is_shown: npt.NDArray[np.bool_]) -> Iterator[slice]:
    """Yield the stretches of at least two points in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_shown, [False]])))
    for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stop - start >= 2:
            yield slice(start, stop)


def joined_points(x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> Points:
    """Return points [n, 2]."""
    return np.stack([x, y], axis=1).astype(np.float64)


def system_texts(system: System) -> Iterator[Text]:
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
