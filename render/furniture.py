"""What surrounds the notes of a drawn roll: title, legend, keys, rows and bar lines.

For: the static shapes of `musegen.render.layout`. Not for: notes, or drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from musegen.data.score import KeySignature, Score
from musegen.data.spelling import pitch_name, spell
from musegen.render.palette import TEXT_STYLES, VoiceColor
from musegen.render.score_view import (
    BarSpan,
    Voice,
    last_bar_number,
    printable,
)

MAX_TITLE_CHARACTERS = 100
_BLACK_PITCH_CLASSES = frozenset({1, 3, 6, 8, 10})
# Widths of DejaVu Sans in ems, by class, rounded up.
_NARROW, _NARROW_EM = frozenset("fijlrtI.,:;'|!()[] "), 0.4
_WIDE, _WIDE_EM = frozenset("mwMW@%\N{HORIZONTAL ELLIPSIS}"), 1.0
_CAPITAL_EM, _OTHER_EM = 0.72, 0.64
_SWATCH_PX = 12.0
_LEGEND_LINE_PX = 19.0
_LEGEND_GAP_PX = 18.0
_MIN_BEAT_PX = 7.0  # narrower beats get no line
_MIN_BAR_NUMBER_PX = 26.0  # bars closer than this are not all numbered
_NUMBERING_STEPS = (1, 2, 4, 5, 10, 20, 50, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A filled rectangle; `kind` is a key of `palette.FILL_STYLES`."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A straight line; `kind` is a key of `palette.LINE_STYLES`."""

    x1: float
    y1: float
    x2: float
    y2: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A line of text, its baseline at `y`; `kind` is a key of `palette.TEXT_STYLES`."""

    x: float
    y: float
    text: str
    kind: str
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """The sample of a voice's colour in the legend."""

    x: float
    y: float
    width: float
    height: float
    color: VoiceColor
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """Static shapes of one kind each."""

    shades: tuple[Shade, ...] = ()
    lines: tuple[Line, ...] = ()
    texts: tuple[Text, ...] = ()
    swatches: tuple[Swatch, ...] = ()

    @staticmethod
    def joined(*several: Furniture) -> Furniture:
        """Return all shapes of several, in order."""
        return Furniture(
            shades=tuple(shade for one in several for shade in one.shades),
            lines=tuple(line for one in several for line in one.lines),
            texts=tuple(text for one in several for text in one.texts),
            swatches=tuple(swatch for one in several for swatch in one.swatches),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFrame:
    """The panel of one system and its two scales.

    Args:
        left: Of the panel, right of the keys, px.
        top: Of the highest row, px.
        key_width: Of the keyboard, px.
        low: Pitch of the lowest row.
        high: Pitch of the highest row.
        row_px: Height of a row.
        px_per_tick: Time scale.
        bars: At least one.
    """

    left: float
    top: float
    key_width: float
    low: int
    high: int
    row_px: float
    px_per_tick: float
    bars: tuple[BarSpan, ...]

    @property
    def first_tick(self) -> int:
        """First tick of the system."""
        return self.bars[0].start

    @property
    def end_tick(self) -> int:
        """First tick after the system."""
        return self.bars[-1].end

    @property
    def right(self) -> float:
        """Right edge of the panel, px."""
        return self.x_at(self.end_tick)

    @property
    def bottom(self) -> float:
        """Lower edge of the lowest row, px."""
        return self.y_at(self.low) + self.row_px

    def x_at(self, tick: int) -> float:
        """Return the horizontal place of a tick, px."""
        return self.left + (tick - self.first_tick) * self.px_per_tick

    def y_at(self, pitch: int) -> float:
        """Return the upper edge of the row of a pitch, px."""
        return self.top + (self.high - pitch) * self.row_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Title, subtitle and legend, with the place where the systems begin."""

    title: str
    description: str
    bottom: float
    furniture: Furniture


def text_width_px(text: str, size_px: float) -> float:
    """Return about how wide a text is; both back ends measure differently."""
    ems = (
        _NARROW_EM
        if character in _NARROW
        else _WIDE_EM
        if character in _WIDE or not character.isascii()
        else _CAPITAL_EM
        if character.isupper()
        else _OTHER_EM
        for character in text
    )
    return size_px * sum(ems)


def header(
    score: Score,
    voices: Sequence[Voice],
    spans: Sequence[BarSpan],
    *,
    title: str,
    width_px: float,
    margin: float,
) -> Header:
    """Lay out title, subtitle and legend.

    Args:
        score: For metre, tempo and key at its beginning.
        voices: Legend entries.
        spans: The bars shown.
        title: Empty for the score's own.
        width_px: Of the picture; the legend wraps in it.
        margin: On all sides, px.
    """
    room = int((width_px - 2 * margin) / (TEXT_STYLES["title"].size_px * _OTHER_EM))
    limit = max(12, min(MAX_TITLE_CHARACTERS, room))
    shown_title = printable(title or score.title, max_characters=limit)
    subtitle = " \N{MIDDLE DOT} ".join(_facts(score, spans))
    y = margin
    texts: list[Text] = []
    if shown_title:
        y += 16.0
        texts.append(Text(x=margin, y=y, text=shown_title, kind="title"))
        y += 6.0
    y += 13.0
    texts.append(Text(x=margin, y=y, text=subtitle, kind="subtitle"))
    legend = _legend(voices, left=margin, top=y + 13.0, right=width_px - margin)
    names = ", ".join(voice.legend for voice in voices)
    return Header(
        title=shown_title,
        description=f"Piano roll of {shown_title or 'a score'}: {subtitle}. {names}.",
        bottom=max(swatch.y for swatch in legend.swatches) + _LEGEND_LINE_PX + 4.0,
        furniture=Furniture.joined(Furniture(texts=tuple(texts)), legend),
    )


def _facts(score: Score, spans: Sequence[BarSpan]) -> Iterator[str]:
    """Yield what musicians ask first: metre, tempo, key and bars."""
    yield spans[0].metre
    yield f"quarter = {score.tempo_at(spans[0].start):.4g}"
    if score.key_signatures:
        yield _key_name(score.key_signatures[0])
    first, end, last = spans[0].number, spans[-1].number, last_bar_number(score)
    whole = first <= 1 and end == last
    if whole:
        yield f"{end} {'bar' if end == 1 else 'bars'}" if end else "pickup only"
    else:
        yield (
            f"bars {first} to {end} of {last}"
            if first < end
            else f"bar {first} of {last}"
        )


def _key_name(key: KeySignature) -> str:
    """Return a name such as `Bb major`; the tonic of a minor key is three fifths up."""
    fifths = key.sharps + (3 if key.is_minor else 0)
    named = spell(60 + 7 * fifths % 12, sharps=key.sharps, is_minor=key.is_minor)
    tonic = str(named).rstrip("-0123456789")
    return f"{tonic} {'minor' if key.is_minor else 'major'}"


def _legend(
    voices: Sequence[Voice], *, left: float, top: float, right: float
) -> Furniture:
    """Return swatches and names, wrapped into lines."""
    texts: list[Text] = []
    swatches: list[Swatch] = []
    x, y = left, top
    size = TEXT_STYLES["legend"].size_px
    for voice in voices:
        width = _SWATCH_PX + 6.0 + text_width_px(voice.legend, size)
        if x > left and x + width > right:
            x, y = left, y + _LEGEND_LINE_PX
        swatches.append(
            Swatch(
                x=x,
                y=y,
                width=_SWATCH_PX,
                height=_SWATCH_PX,
                color=voice.color,
                is_given=voice.is_given,
            )
        )
        texts.append(
            Text(x=x + _SWATCH_PX + 6.0, y=y + 10.5, text=voice.legend, kind="legend")
        )
        x += width + _LEGEND_GAP_PX
    return Furniture(texts=tuple(texts), swatches=tuple(swatches))


def system_furniture(frame: SystemFrame) -> Furniture:
    """Return rows, keyboard, lines and numbers of one system."""
    return Furniture(
        shades=tuple(_shades(frame)),
        lines=tuple(_lines(frame)),
        texts=tuple(_texts(frame)),
    )


def _shades(frame: SystemFrame) -> Iterator[Shade]:
    """Yield the rows, then the keyboard."""
    areas = (
        (frame.left, frame.right - frame.left, 1.0, "white_row", "black_row"),
        (frame.left - frame.key_width, frame.key_width, 0.5, "white_key", "black_key"),
    )
    height = frame.bottom - frame.top
    black = [
        pitch
        for pitch in range(frame.low, frame.high + 1)
        if pitch % 12 in _BLACK_PITCH_CLASSES
    ]
    for x, width, share, white_kind, black_kind in areas:
        yield Shade(x=x, y=frame.top, width=width, height=height, kind=white_kind)
        for pitch in black:
            yield Shade(
                x=x,
                y=frame.y_at(pitch),
                width=width * share,
                height=frame.row_px,
                kind=black_kind,
            )


def _lines(frame: SystemFrame) -> Iterator[Line]:
    """Yield row, beat, octave and bar lines, the strongest last."""
    key_left = frame.left - frame.key_width
    for pitch in range(frame.low + 1, frame.high + 1):
        y = frame.y_at(pitch - 1)
        if pitch % 12 == 5:  # between E and F, where no black key parts the rows
            yield Line(x1=key_left, y1=y, x2=frame.right, y2=y, kind="row")
    for bar in frame.bars:
        if bar.beat_ticks * frame.px_per_tick < _MIN_BEAT_PX:
            continue
        # A pickup is the end of a bar: its beats count from its right edge.
        into = (bar.end - bar.start) % bar.beat_ticks if bar.number == 0 else 0
        for tick in range(bar.start + into, bar.end, bar.beat_ticks):
            x = frame.x_at(tick)
            yield Line(x1=x, y1=frame.top, x2=x, y2=frame.bottom, kind="beat")
    for pitch in range(frame.low + 1, frame.high + 1):
        if pitch % 12 == 0:
            y = frame.y_at(pitch - 1)
            yield Line(x1=key_left, y1=y, x2=frame.right, y2=y, kind="octave")
    for tick in [*(bar.start for bar in frame.bars), frame.end_tick]:
        x = frame.x_at(tick)
        yield Line(x1=x, y1=frame.top, x2=x, y2=frame.bottom, kind="bar")
    for y in (frame.top, frame.bottom):
        yield Line(x1=key_left, y1=y, x2=frame.right, y2=y, kind="frame")
    yield Line(x1=key_left, y1=frame.top, x2=key_left, y2=frame.bottom, kind="frame")


def numbering_step(narrowest_px: float) -> int:
    """Return which bars are numbered where there is room: each, every second ...

    Args:
        narrowest_px: Width of the narrowest bar.
    """
    return next(
        (
            step
            for step in _NUMBERING_STEPS
            if step * narrowest_px >= _MIN_BAR_NUMBER_PX
        ),
        _NUMBERING_STEPS[-1],
    )


def _texts(frame: SystemFrame) -> Iterator[Text]:
    """Yield bar numbers, changes of metre and the names of the C keys."""
    lengths = [bar.end - bar.start for bar in frame.bars if bar.number] or [1]
    narrowest = min(lengths) * frame.px_per_tick
    step = numbering_step(narrowest)
    free_from = 0.0
    for index, bar in enumerate(frame.bars):
        x = frame.x_at(bar.start) + 2.0
        is_wanted = index == 0 or bar.number % step == 0 or bar.is_new_metre
        if not is_wanted or x < free_from:
            continue
        for text, kind in ((str(bar.number), "bar_number"), (bar.metre, "metre")):
            if kind == "bar_number" or bar.is_new_metre:
                yield Text(x=x, y=frame.top - 5.0, text=text, kind=kind)
                x += text_width_px(text, TEXT_STYLES[kind].size_px) + 5.0
        free_from = x
    for pitch in range(frame.low, frame.high + 1):
        if pitch % 12 == 0:
            yield Text(
                x=frame.left - 3.0,
                y=frame.y_at(pitch) + frame.row_px - 1.6,
                text=pitch_name(pitch),
                kind="key_name",
                anchor="end",
            )
