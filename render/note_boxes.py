"""Where the notes of a drawn roll stand, and what is written into them.

For: the boxes of `musegen.render.layout`. Not for: rows, lines and legend, or drawing.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from musegen.data.score import Note, Score
from musegen.render.furniture import SystemFrame, text_width_px
from musegen.render.score_view import Voice, name_of_pitch, score_keys

MIN_NOTE_PX = 2.0  # a note of no length is drawn so wide
_MIN_LABEL_ROW_PX = 9.0
_LABEL_PADDING_PX = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBox:
    """One note, or the piece of one that falls into a system.

    Args:
        voice: Index in `RollLayout.voices`.
        note: The note itself, with its true onset and duration.
        x: Left edge, px.
        y: Upper edge, px.
        width: px, at least `MIN_NOTE_PX`.
        height: px; half a row for a drum, a share of it where voices sound one pitch.
        is_given: The user gave it.
        label: Name to write into the box; empty where it does not fit.
        tooltip: Name, place and voice.
    """

    voice: int
    note: Note
    x: float
    y: float
    width: float
    height: float
    is_given: bool
    label: str
    tooltip: str


def note_boxes(
    score: Score, voices: Sequence[Voice], frames: Sequence[SystemFrame]
) -> Iterator[NoteBox]:
    """Yield the boxes of all notes that fall into the systems, in drawing order.

    Args:
        score: With at least one note.
        voices: Its parts that have notes.
        frames: The systems, in order of time.
    """
    starts = [frame.first_tick for frame in frames]
    keys = score_keys(score)
    shown = _shown_notes(score, first=starts[0], end=frames[-1].end_tick)
    lanes = _lanes(score, shown)
    for index in _drawing_order(voices):
        voice = voices[index]
        for number, note in shown[voice.part]:
            lane, num_lanes = lanes.get((voice.part, number), (0, 1))
            name = (
                f"key {note.pitch}"
                if voice.is_drum
                else name_of_pitch(note.pitch, keys, tick=note.onset)
            )
            first = max(0, bisect.bisect_right(starts, note.onset) - 1)
            for frame in islice(frames, first, None):
                if frame.first_tick >= max(note.end, note.onset + 1):
                    break
                x = frame.x_at(max(note.onset, frame.first_tick))
                right = frame.x_at(min(note.end, frame.end_tick))
                height = frame.row_px / (2 if voice.is_drum else num_lanes)
                inset = height / 2 if voice.is_drum else lane * height
                width = max(MIN_NOTE_PX, right - x)
                has_label = not voice.is_drum and note.onset >= frame.first_tick
                has_label = has_label and _fits(name, width, height, frame.row_px)
                yield NoteBox(
                    voice=index,
                    note=note,
                    x=x,
                    y=frame.y_at(note.pitch) + inset,
                    width=width,
                    height=height,
                    is_given=voice.is_given,
                    label=name if has_label else "",
                    tooltip=f"{name}, {score.bar_beat(note.onset)}, {voice.legend}",
                )


def label_size_px(row_px: float) -> float:
    """Return the type size of a note's name in a row of that height."""
    return min(8.5, row_px - 2.5)


def _drawing_order(voices: Sequence[Voice]) -> list[int]:
    """Put given voices after the others, so that their outline stays whole.

    Drums are short and come last of all, at half height: none hides behind a note.
    """
    return sorted(
        range(len(voices)),
        key=lambda index: (
            voices[index].is_drum,
            voices[index].is_given,
            voices[index].part,
        ),
    )


def _shown_notes(
    score: Score, *, first: int, end: int
) -> tuple[tuple[tuple[int, Note], ...], ...]:
    """Return, part by part, the notes between two ticks with their indexes."""
    return tuple(
        tuple(
            (number, note)
            for number, note in enumerate(part.notes)
            if note.onset < end and (note.end > first or note.onset >= first)
        )
        for part in score.parts
    )


def _fits(name: str, width: float, height: float, row_px: float) -> bool:
    """Return whether a name can be written into a box."""
    room = width - _LABEL_PADDING_PX
    return (
        height >= _MIN_LABEL_ROW_PX
        and text_width_px(name, label_size_px(row_px)) <= room
    )


def _lanes(
    score: Score, shown: Sequence[Sequence[tuple[int, Note]]]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Say how voices share a row while they sound one pitch.

    Returns:
        (part, index of the note) to (lane from above, number of lanes), for shared rows
        only.
    """
    by_pitch: dict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
    for part, notes in enumerate(shown):
        for number, note in () if score.parts[part].is_drum else notes:
            end = max(note.end, note.onset + 1)
            by_pitch[note.pitch].append((note.onset, end, part, number))
    lanes: dict[tuple[int, int], tuple[int, int]] = {}
    for events in by_pitch.values():
        for cluster in _overlapping(sorted(events)):
            parts = sorted({part for _, _, part, _ in cluster})
            if len(parts) > 1:
                for _, _, part, number in cluster:
                    lanes[part, number] = (parts.index(part), len(parts))
    return lanes


def _overlapping(
    events: Iterable[tuple[int, int, int, int]],
) -> Iterator[list[tuple[int, int, int, int]]]:
    """Group events, sorted by start, into runs that overlap without a gap."""
    cluster: list[tuple[int, int, int, int]] = []
    reach = 0
    for event in events:
        if cluster and event[0] >= reach:
            yield cluster
            cluster = []
        cluster.append(event)
        reach = max(reach, event[1])
    if cluster:
        yield cluster
