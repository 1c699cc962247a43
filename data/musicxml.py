"""Writes a `Score` as MusicXML 4.0.

Notes stand where they are notatable and at the nearest such place where not
(`musegen.data.musicxml_places`), spelled by the key. The same score gives the same
bytes: no date, no version. Not written: controllers, pitch bends, changes of program
within a part, and keys and metres after the last note's bar.
"""

from __future__ import annotations

import bisect
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from xml.etree import ElementTree as ET

from musegen.data.errors import EmptyScoreError
from musegen.data.musicxml_elements import (
    Lyric,
    NoteHead,
    clef_element,
    key_element,
    note_element,
    rest_element,
    sub,
    syllables,
    tempo_element,
    text_element,
    time_element,
)
from musegen.data.musicxml_fermatas import under_fermatas
from musegen.data.musicxml_layout import (
    Bar,
    Layout,
    bar_rest,
    lay_out,
    voices,
    with_whole_beats,
)
from musegen.data.musicxml_notation import Symbol, notate_bar
from musegen.data.musicxml_places import notated_events
from musegen.data.score import KeySignature, Part, Score
from musegen.data.spelling import Spelling, estimate_sharps, key_alter, spell

_HEADER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_NO_KEY = KeySignature(tick=0, sharps=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """An element that stands at a place of a bar, before the notes there."""

    place: Fraction
    element: ET.Element


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """Key signatures by written place, and the spelling where there are none."""

    places: tuple[Fraction, ...]
    keys: tuple[KeySignature, ...]
    fallback: KeySignature

    def at(self, place: Fraction) -> KeySignature:
        """Key signature that is printed and in force at a place."""
        index = bisect.bisect_right(self.places, place) - 1
        return self.keys[index] if index >= 0 else _NO_KEY

    def spell(self, pitch: int, place: Fraction) -> Spelling:
        """Name a pitch at a place."""
        key = self.at(place) if self.keys else self.fallback
        return spell(pitch, sharps=key.sharps, is_minor=key.is_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartPlan:
    """A part ready to be written: symbols by bar and voice, marks by bar."""

    part: Part
    part_id: str
    symbols: Mapping[int, Sequence[tuple[int, Sequence[Symbol]]]]
    marks: Mapping[int, Sequence[_Mark]]
    lyrics: dict[int, list[Lyric]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What all measures of a document share."""

    score: Score
    layout: Layout
    keys: _Keys
    divisions: int


def musicxml_bytes(score: Score, *, title: str | None = None) -> bytes:
    """Write a score as one MusicXML 4.0 document, UTF-8.

    Args:
        score: At least one part; parts without notes are written as rests.
        title: Used instead of the score's own title.

    Returns:
        The document; the same for the same score.

    Raises:
        EmptyScoreError: The score has no parts.

    Source:
        W3C, "MusicXML 4.0" (order of elements, `dynamics`, `midi-program` from 1).
    """
    if not score.parts:
        raise EmptyScoreError(
            "the score has no parts, so there is nothing to write as MusicXML: "
            "give a score with at least one part"
        )
    score = with_whole_beats(score)
    layout = lay_out(score)
    keys = _keys(score, layout)
    marks = _score_marks(score, layout)
    plans = [
        _plan(part, f"P{number}", layout, marks if number == 1 else {})
        for number, part in enumerate(score.parts, start=1)
    ]
    divisions = _divisions(plans, layout, keys)
    context = _Context(score=score, layout=layout, keys=keys, divisions=divisions)
    root = ET.Element("score-partwise", {"version": "4.0"})
    _head(root, plans, score.title if title is None else title)
    for plan in plans:
        element = sub(root, "part", id=plan.part_id)
        for index in range(len(layout.bars)):
            _measure(element, plan, index, context)
    ET.indent(root, space=" ")
    return (_HEADER + ET.tostring(root, encoding="unicode") + "\n").encode()


def _keys(score: Score, layout: Layout) -> _Keys:
    placed = {layout.mark_place(key.tick): key for key in score.key_signatures}
    weights: dict[int, int] = defaultdict(int)
    for part in score.parts:
        for note in () if part.is_drum else part.notes:
            weights[note.pitch] += note.duration
    return _Keys(
        places=tuple(sorted(placed)),
        keys=tuple(placed[place] for place in sorted(placed)),
        fallback=KeySignature(tick=0, sharps=estimate_sharps(weights)),
    )


def _score_marks(score: Score, layout: Layout) -> dict[int, list[_Mark]]:
    """Tempos and markers by bar; a tempo soon after another is not printed."""
    marks: dict[int, list[_Mark]] = defaultdict(list)
    last_shown: Fraction | None = None
    for tempo in score.tempos:
        place = layout.mark_place(tempo.tick)
        is_shown = last_shown is None or place - last_shown >= 1
        last_shown = place if is_shown else last_shown
        signature = layout.bars[layout.bar_index_of(place)].signature
        element = tempo_element(tempo, signature, is_shown=is_shown)
        marks[layout.bar_index_of(place)].append(_Mark(place=place, element=element))
    for marker in score.markers:
        place = layout.mark_place(marker.tick)
        element = text_element(marker.text, is_rehearsal=True)
        marks[layout.bar_index_of(place)].append(_Mark(place=place, element=element))
    return marks


def _plan(
    part: Part, part_id: str, layout: Layout, marks: Mapping[int, Sequence[_Mark]]
) -> _PartPlan:
    """Notate a part; syllables under no note become texts above the staff."""
    symbols: dict[int, list[tuple[int, Sequence[Symbol]]]] = defaultdict(list)
    events = voices(notated_events(part, layout))
    rows = under_fermatas(part, events, layout, place_of=layout.mark_place)
    for voice, row in enumerate(rows, start=1):
        for index, segments in row.items():
            symbols[index].append((voice, notate_bar(segments, layout.bars[index])))
    for index, bar in enumerate(layout.bars):
        if not symbols[index] or symbols[index][0][0] != 1:
            symbols[index].insert(0, (1, notate_bar([bar_rest(bar)], bar)))
    onsets = {note.onset for note in part.notes}
    own_marks = {index: list(found) for index, found in marks.items()}
    lyrics: dict[int, list[Lyric]] = defaultdict(list)
    for event, lyric in zip(
        part.lyrics, syllables([event.text for event in part.lyrics]), strict=True
    ):
        if event.tick in onsets:
            lyrics[event.tick].append(lyric)
        else:
            place = layout.mark_place(event.tick)
            element = text_element(event.text, is_rehearsal=False)
            mark = _Mark(place=place, element=element)
            own_marks.setdefault(layout.bar_index_of(place), []).append(mark)
    return _PartPlan(
        part=part, part_id=part_id, symbols=symbols, marks=own_marks, lyrics=lyrics
    )


def _divisions(plans: Sequence[_PartPlan], layout: Layout, keys: _Keys) -> int:
    """Return the units of a quarter in which every length and place is whole."""
    denominators = {bar.length.denominator for bar in layout.bars}
    for plan in plans:
        for written in plan.symbols.values():
            denominators.update(s.length.denominator for _, row in written for s in row)
        for index, marks in plan.marks.items():
            at = layout.bars[index].at
            denominators.update((mark.place - at).denominator for mark in marks)
    for place in keys.places:
        at = layout.bars[layout.bar_index_of(place)].at
        denominators.add((place - at).denominator)
    return math.lcm(*denominators)


def _head(root: ET.Element, plans: Sequence[_PartPlan], title: str) -> None:
    """Append title, encoder and the list of parts."""
    if title:
        sub(sub(root, "work"), "work-title", title)
    sub(sub(sub(root, "identification"), "encoding"), "software", "musegen")
    part_list = sub(root, "part-list")
    for plan in plans:
        entry = sub(part_list, "score-part", id=plan.part_id)
        sub(entry, "part-name", plan.part.name)
        instruments = _instruments(plan)
        for instrument, name, _ in instruments:
            element = sub(entry, "score-instrument", id=instrument)
            sub(element, "instrument-name", name)
        for instrument, _, pitch in instruments:
            element = sub(entry, "midi-instrument", id=instrument)
            if plan.part.channel is not None or plan.part.is_drum:
                channel = 9 if plan.part.channel is None else plan.part.channel
                sub(element, "midi-channel", channel + 1)
            sub(element, "midi-program", plan.part.program + 1)
            if pitch is not None:
                sub(element, "midi-unpitched", pitch + 1)


def _instruments(plan: _PartPlan) -> list[tuple[str, str, int | None]]:
    """(id, name, drum) of each instrument: one a part, or one a drum of a drum part."""
    pitches = sorted({note.pitch for note in plan.part.notes})
    if plan.part.is_drum and pitches:
        return [(f"{plan.part_id}-I{p}", f"Percussion {p}", p) for p in pitches]
    name = plan.part.name or f"Instrument {plan.part_id[1:]}"
    return [(f"{plan.part_id}-I1", name, None)]


def _measure(
    parent: ET.Element,
    plan: _PartPlan,
    index: int,
    context: _Context,
) -> None:
    """Append one measure of one part."""
    bar, divisions = context.layout.bars[index], context.divisions
    measure = sub(parent, "measure", number=str(bar.number))
    if bar.number == 0:
        measure.set("implicit", "yes")
    attributes = _attributes(plan, index, context)
    if len(attributes):
        measure.append(attributes)
    cursor = _Cursor(measure=measure, divisions=divisions)
    for mark in _bar_marks(plan, index, context):
        cursor.move(mark.place - bar.at)
        measure.append(mark.element)
    cursor.move(Fraction(0))
    written = plan.symbols[index]
    accidentals = (
        set() if plan.part.is_drum else _accidentals(written, bar, context.keys)
    )
    for voice, symbols in written:
        cursor.move(Fraction(0))
        for symbol in symbols:
            measure.extend(_note_elements(symbol, voice, plan, context, accidentals))
            cursor.place += symbol.length
    if index == len(context.layout.bars) - 1:
        barline = sub(measure, "barline", location="right")
        sub(barline, "bar-style", "light-heavy")


@dataclass(slots=True, kw_only=True)
class _Cursor:
    """Where in a measure the next element will stand."""

    measure: ET.Element
    divisions: int
    place: Fraction = Fraction(0)

    def move(self, place: Fraction) -> None:
        """Go to a place by <backup> or <forward>."""
        if place != self.place:
            tag = "forward" if place > self.place else "backup"
            length = abs(place - self.place) * self.divisions
            sub(sub(self.measure, tag), "duration", int(length))
            self.place = place


def _attributes(plan: _PartPlan, index: int, context: _Context) -> ET.Element:
    """What changes at the start of a measure: divisions, key, metre, clef."""
    bar, keys = context.layout.bars[index], context.keys
    element = ET.Element("attributes")
    if index == 0:
        sub(element, "divisions", context.divisions)
    if bar.at in keys.places:
        element.append(key_element(keys.at(bar.at)))
    changes = {metre.tick for metre in context.score.time_signatures}
    if index == 0 or (bar.number > 1 and bar.start in changes):
        element.append(time_element(bar.signature))
    if index == 0:
        pitches = [note.pitch for note in plan.part.notes]
        element.append(clef_element(pitches, is_drum=plan.part.is_drum))
    return element


def _bar_marks(plan: _PartPlan, index: int, context: _Context) -> list[_Mark]:
    """Marks of a bar in order of place, with key changes inside it."""
    bar, keys = context.layout.bars[index], context.keys
    marks = list(plan.marks.get(index, ()))
    for place in keys.places:
        if bar.at < place < bar.at + bar.length:
            attributes = ET.Element("attributes")
            attributes.append(key_element(keys.at(place)))
            marks.append(_Mark(place=place, element=attributes))
    return sorted(marks, key=lambda mark: mark.place)


def _accidentals(
    written: Sequence[tuple[int, Sequence[Symbol]]], bar: Bar, keys: _Keys
) -> set[tuple[Fraction, int, int]]:
    """Return (place, voice, pitch) of the notes that need their accidental printed."""
    state: dict[tuple[str, int], int] = {}
    shown: set[tuple[Fraction, int, int]] = set()
    heard = sorted(
        (symbol.start, voice, note.pitch)
        for voice, symbols in written
        for symbol in symbols
        if symbol.event is not None and not symbol.is_tied_in
        for note in symbol.event.notes
    )
    for start, voice, pitch in heard:
        place = bar.at + start - bar.offset
        name = keys.spell(pitch, place)
        line = (name.step, name.octave)
        printed = key_alter(name.step, sharps=keys.at(place).sharps)
        if name.alter != state.get(line, printed):
            shown.add((start, voice, pitch))
            state[line] = name.alter
    return shown


def _note_elements(
    symbol: Symbol,
    voice: int,
    plan: _PartPlan,
    context: _Context,
    accidentals: set[tuple[Fraction, int, int]],
) -> Iterator[ET.Element]:
    """Yield a rest, or the notes of a chord."""
    divisions = context.divisions
    if symbol.event is None:
        yield rest_element(symbol, voice=voice, divisions=divisions)
        return
    lyrics: list[Lyric] = []
    if not symbol.is_tied_in:
        for onset in sorted({note.onset for note in symbol.event.notes}):
            lyrics += plan.lyrics.pop(onset, [])
    is_drum = plan.part.is_drum
    # A tied note keeps the name it began with, whatever the key has become.
    place = symbol.event.start
    for number, note in enumerate(symbol.event.notes):
        head = NoteHead(
            pitch=note.pitch,
            velocity=note.velocity,
            spelling=None if is_drum else context.keys.spell(note.pitch, place),
            instrument_id=f"{plan.part_id}-I{note.pitch}" if is_drum else "",
            has_accidental=(symbol.start, voice, note.pitch) in accidentals,
            lyrics=() if number else tuple(lyrics),
        )
        is_first = number == 0
        yield note_element(
            head, symbol, voice=voice, divisions=divisions, is_first=is_first
        )
