"""Where everything stands on a drawn piano roll: one geometry for every back end.

For: turning a `Score` into boxes, lines and texts in pixels. Not for: drawing them
(`musegen.render.svg`, `musegen.render.png`) or files. Coordinates grow to the right and
downwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.render.bar_range import BarRange
from musegen.render.furniture import (
    Furniture,
    Header,
    Line,
    Shade,
    Swatch,
    SystemFrame,
    Text,
    header,
    system_furniture,
)
from musegen.render.note_boxes import NoteBox, note_boxes
from musegen.render.score_view import (
    BarSpan,
    Voice,
    bar_spans,
    last_bar_number,
    require_notes,
    score_voices,
)

DEFAULT_WIDTH_PX = 1200.0
DEFAULT_MAX_HEIGHT_PX = 200_000.0  # about 3000 bars of a chorale
MARGIN_PX = 24.0
KEY_WIDTH_PX = 36.0
BAR_LABEL_PX = 18.0  # above each system
SYSTEM_GAP_PX = 18.0  # below each system
MIN_PANEL_WIDTH_PX = 420.0
MIN_QUARTER_PX = 26.0  # narrower, and bars move to the next system
MAX_QUARTER_PX = 80.0
MAX_ROW_PX = 11.0
MIN_ROW_PX = 6.0
_PANEL_HEIGHT_PX = 560.0  # rows shrink to keep a system about so high
_MIN_ROWS = 13  # an octave
_BARS_MULTIPLE = 4  # musicians count in fours
_MAX_BARS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RollLayout:
    """A piano roll as shapes, in drawing order: shades, lines, notes, texts.

    Args:
        width_px: Of the picture.
        height_px: Of the picture.
        px_per_tick: The time scale, the same in every system.
        row_px: Height of one pitch.
        title: May be empty.
        description: One sentence for those who cannot see the picture.
        voices: Legend entries.
        systems: The panels, from top to bottom.
        shades: Filled rectangles behind everything.
        lines: Bar, beat and octave lines.
        notes: Given ones after the others, drums last: none is hidden.
        swatches: The colours of the legend, one a voice.
        texts: Title, legend, bar numbers, key names.
        notices: What is not in the picture.
    """

    width_px: float
    height_px: float
    px_per_tick: float
    row_px: float
    title: str
    description: str
    voices: tuple[Voice, ...]
    systems: tuple[SystemFrame, ...]
    shades: tuple[Shade, ...]
    lines: tuple[Line, ...]
    notes: tuple[NoteBox, ...]
    swatches: tuple[Swatch, ...]
    texts: tuple[Text, ...]
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """The decisions of size that hold for the whole picture."""

    low: int  # lowest pitch with a row
    high: int  # highest
    row_px: float
    px_per_tick: float
    panel_width_px: float  # of the widest system

    @property
    def panel_height_px(self) -> float:
        """Height of one system."""
        return (self.high - self.low + 1) * self.row_px


def roll_layout(
    score: Score,
    *,
    given_parts: frozenset[int] = frozenset(),
    title: str = "",
    width_px: float = DEFAULT_WIDTH_PX,
    max_height_px: float = DEFAULT_MAX_HEIGHT_PX,
    bars: BarRange | None = None,
) -> RollLayout:
    """Lay a score out as a piano roll of as many systems as it needs.

    Args:
        score: With at least one note.
        given_parts: Indexes of the parts, from 0, that the user gave: outlined in
            black.
        title: Shown above; empty for the score's own title.
        width_px: Of the picture at most, at least 300; a short score is narrower.
        max_height_px: Systems that would go past this are left out, with a notice; one
            always stays.
        bars: Which bars; None for all.

    Returns:
        The shapes, and a notice `bars-left-out` where the height did not suffice.

    Raises:
        EmptyScoreError: The score has no notes.
        VoiceNotFoundError: `given_parts` names a part that is not there.
        UsageError: `bars` lies outside the score.
        ValueError: `width_px` is below 300.
    """
    if width_px < 300:
        raise ValueError(f"width_px is at least 300; got {width_px}")
    require_notes(score)
    voices = score_voices(score, given_parts)
    spans = bar_spans(score, bars=bars, max_bars=_MAX_BARS)
    systems = _break_systems(spans, _capacity_ticks(score, width_px))
    scale = _scale(score, spans, systems, width_px)
    width = 2 * MARGIN_PX + KEY_WIDTH_PX + scale.panel_width_px
    system_px = BAR_LABEL_PX + scale.panel_height_px + SYSTEM_GAP_PX

    shown, top = _fitting(
        score,
        voices,
        systems,
        title=title,
        width_px=width,
        max_height_px=max_height_px,
        system_px=system_px,
    )
    frames = tuple(
        _frame(system, scale, top=top.bottom + index * system_px + BAR_LABEL_PX)
        for index, system in enumerate(shown)
    )
    furniture = Furniture.joined(
        top.furniture, *(system_furniture(frame) for frame in frames)
    )
    return RollLayout(
        width_px=width,
        height_px=top.bottom + len(frames) * system_px + MARGIN_PX - SYSTEM_GAP_PX,
        px_per_tick=scale.px_per_tick,
        row_px=scale.row_px,
        title=top.title,
        description=top.description,
        voices=voices,
        systems=frames,
        shades=furniture.shades,
        lines=furniture.lines,
        notes=tuple(note_boxes(score, voices, frames)),
        swatches=furniture.swatches,
        texts=furniture.texts,
        notices=_left_out(score, frames, bars),
    )


def _fitting(
    score: Score,
    voices: Sequence[Voice],
    systems: Sequence[tuple[BarSpan, ...]],
    *,
    title: str,
    width_px: float,
    max_height_px: float,
    system_px: float,
) -> tuple[Sequence[tuple[BarSpan, ...]], Header]:
    """Return the systems for which the height suffices, with the header for these."""

    def header_of(shown: Sequence[tuple[BarSpan, ...]]) -> Header:
        spans = [span for system in shown for span in system]
        return header(
            score, voices, spans, title=title, width_px=width_px, margin=MARGIN_PX
        )

    top = header_of(systems)
    room = max_height_px - top.bottom - MARGIN_PX
    shown = systems[: max(1, int(room // system_px))]
    return shown, top if len(shown) == len(systems) else header_of(shown)


def _capacity_ticks(score: Score, width_px: float) -> float:
    """Return how many ticks a system may hold."""
    panel = width_px - 2 * MARGIN_PX - KEY_WIDTH_PX
    return panel / MIN_QUARTER_PX * score.ticks_per_quarter


def _break_systems(
    spans: Sequence[BarSpan], capacity_ticks: float
) -> list[tuple[BarSpan, ...]]:
    """Put bars into systems: all in one if they fit, else by fours where four fit."""
    if spans[-1].end - spans[0].start <= capacity_ticks:
        return [tuple(spans)]
    systems: list[list[BarSpan]] = [[]]
    limit = 0
    for span in spans:
        current = systems[-1]
        full_bars = sum(bar.number > 0 for bar in current)
        if current and (
            span.end - current[0].start > capacity_ticks or full_bars >= limit
        ):
            current = []
            systems.append(current)
        if not current or current[-1].number == 0:
            fitting = int(capacity_ticks // (span.end - span.start))
            limit = max(1, fitting - fitting % _BARS_MULTIPLE, min(fitting, 3))
        current.append(span)
    return [tuple(system) for system in systems]


def _scale(
    score: Score,
    spans: Sequence[BarSpan],
    systems: Sequence[Sequence[BarSpan]],
    width_px: float,
) -> _Scale:
    """Fit the longest system to the width and the pitches to the rows."""
    panel = width_px - 2 * MARGIN_PX - KEY_WIDTH_PX
    longest = max(system[-1].end - system[0].start for system in systems)
    px_per_tick = min(panel / longest, MAX_QUARTER_PX / score.ticks_per_quarter)
    first, end = spans[0].start, spans[-1].end
    pitches = [
        note.pitch
        for part in score.parts
        for note in part.notes
        if note.onset < end and (note.end > first or note.onset >= first)
    ] or [note.pitch for part in score.parts for note in part.notes]
    low, high = min(pitches) - 1, max(pitches) + 1
    missing = max(0, _MIN_ROWS - (high - low + 1))
    low, high = low - missing // 2, high + missing - missing // 2
    row_px = min(MAX_ROW_PX, max(MIN_ROW_PX, _PANEL_HEIGHT_PX / (high - low + 1)))
    return _Scale(
        low=low,
        high=high,
        row_px=row_px,
        px_per_tick=px_per_tick,
        panel_width_px=max(longest * px_per_tick, min(panel, MIN_PANEL_WIDTH_PX)),
    )


def _frame(bars: Sequence[BarSpan], scale: _Scale, *, top: float) -> SystemFrame:
    """Return the panel of one system."""
    return SystemFrame(
        left=MARGIN_PX + KEY_WIDTH_PX,
        top=top,
        key_width=KEY_WIDTH_PX,
        low=scale.low,
        high=scale.high,
        row_px=scale.row_px,
        px_per_tick=scale.px_per_tick,
        bars=tuple(bars),
    )


def _left_out(
    score: Score, frames: Sequence[SystemFrame], bars: BarRange | None
) -> tuple[Notice, ...]:
    """Say which of the wanted bars the picture does not hold."""
    first, shown = frames[0].bars[0].number, frames[-1].bars[-1].number
    last = last_bar_number(score)
    wanted = last if bars is None or bars.last is None else min(bars.last, last)
    if shown >= wanted:
        return ()
    message = (
        f"the picture shows bars {first} to {shown}; "
        f"{wanted - shown} more, up to bar {wanted}, would make it too "
        "large: ask for them as a range of bars"
    )
    return (Notice(code="bars-left-out", message=message),)
