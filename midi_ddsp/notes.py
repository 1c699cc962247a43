"""Notes as played, in seconds: out of a score, made one voice, and back into one.

For one monophonic part between a score and the synthesiser; what each frame knows of
the notes (`note_frames`) is to be had from here too. Not for tables of expression
(`musegen.midi_ddsp.tables.note_table`), nor for the rows of notes and rests that a
network reads (`musegen.midi_ddsp.original.note_rows`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from musegen.data.constants import (
    DEFAULT_TEMPO_QPM,
    MAX_MIDI_PITCH,
    MAX_MIDI_VELOCITY,
)
from musegen.data.errors import (
    EmptyScoreError,
    InputError,
    PolyphonyError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.notices import Notice
from musegen.data.score import BarBeat, Note, Part, Score, Tempo, sorted_notes
from musegen.midi_ddsp.note_frames import NoteFrames as NoteFrames
from musegen.midi_ddsp.note_frames import note_frames as note_frames

ChordChoice = Literal["top", "bottom", "refuse"]

# Notes that begin within this time of one another, and sound together for more than
# half of the shorter one, are a chord. Our own choice: about what the ear hears as one
# attack.
CHORD_ONSET_S = 0.03

_PLACES_NAMED = 3
_MICROSECONDS_PER_MINUTE = 60_000_000
_TICKS_PER_QUARTER = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedNote:
    """One note as it was, or shall be, played.

    Args:
        pitch: Written pitch as a MIDI note number, 0 to 127.
        onset_s: Where it begins, in seconds from the start, at least 0.
        offset_s: Where it ends, in seconds, after `onset_s`.
        velocity: 1 to 127.

    Raises:
        InputError: A value is out of its range or not finite.
    """

    pitch: int
    onset_s: float
    offset_s: float
    velocity: int = 80

    def __post_init__(self) -> None:
        if not 0 <= self.pitch <= MAX_MIDI_PITCH:
            raise InputError(f"a pitch is 0 to {MAX_MIDI_PITCH}; got {self.pitch}")
        if not 1 <= self.velocity <= MAX_MIDI_VELOCITY:
            raise InputError(
                f"a velocity is 1 to {MAX_MIDI_VELOCITY}; got {self.velocity}"
            )
        if not (0.0 <= self.onset_s < self.offset_s and math.isfinite(self.offset_s)):
            raise InputError(
                "a note begins at 0 s or later and ends after it begins; got onset "
                f"{self.onset_s} s, offset {self.offset_s} s"
            )

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.offset_s - self.onset_s


# === One voice ===


def monophonic(
    notes: Sequence[PlayedNote],
    *,
    chords: ChordChoice = "top",
    places: Sequence[BarBeat] | None = None,
) -> tuple[tuple[PlayedNote, ...], tuple[Notice, ...]]:
    """Make one voice of notes: a chord keeps one note, a later onset ends the earlier.

    A chord is notes that begin within 30 ms of one another and sound together for more
    than half of the shorter one.

    Args:
        notes: In any order.
        chords: Which note of a chord stays, or whether chords are refused.
        places: Where each note stands in a score, for the notices; else their times.

    Returns:
        The notes sorted by onset, none overlapping another, and at most two notices:
        `chord-reduced` and `overlap-ended`.

    Raises:
        PolyphonyError: There is a chord and `chords` is "refuse".
        UsageError: `chords` is none of the choices.
    """
    if chords not in get_args(ChordChoice):
        raise UsageError(
            f"chords is one of {', '.join(get_args(ChordChoice))}; got {chords!r}"
        )
    order = sorted(
        range(len(notes)), key=lambda index: (notes[index].onset_s, notes[index].pitch)
    )
    groups: list[list[int]] = []
    for index in order:
        if groups and _is_chord(notes[groups[-1][0]], notes[index]):
            groups[-1].append(index)
        else:
            groups.append([index])
    found = [group[0] for group in groups if len(group) > 1]
    if found and chords == "refuse":
        raise PolyphonyError(
            f"one voice is needed and there are {len(found)} chords "
            f"({_name_places(found, notes, places)}); give a part of one voice, or "
            "choose the top or the bottom note of each"
        )
    sign = -1 if chords == "bottom" else 1
    kept = [
        max(
            group,
            key=lambda index: (sign * notes[index].pitch, notes[index].offset_s),
        )
        for group in groups
    ]
    kept.sort(key=lambda index: notes[index].onset_s)
    voice, ended = _end_overlaps(kept, notes)
    notices = _voice_notices(found, ended, chords, notes, places)
    return voice, notices


def _is_chord(first: PlayedNote, second: PlayedNote) -> bool:
    if second.onset_s == first.onset_s:
        return True
    overlap = min(first.offset_s, second.offset_s) - second.onset_s
    shorter = min(first.duration_s, second.duration_s)
    together = second.onset_s - first.onset_s <= CHORD_ONSET_S
    return together and 2.0 * overlap > shorter


def _end_overlaps(
    kept: Sequence[int], notes: Sequence[PlayedNote]
) -> tuple[tuple[PlayedNote, ...], list[int]]:
    """End each note where the next begins; also return which were ended."""
    voice: list[PlayedNote] = []
    ended: list[int] = []
    for place, index in enumerate(kept):
        note = notes[index]
        if place + 1 < len(kept):
            next_onset_s = notes[kept[place + 1]].onset_s
            if next_onset_s < note.offset_s:
                note = replace(note, offset_s=next_onset_s)
                ended.append(index)
        voice.append(note)
    return tuple(voice), ended


def _voice_notices(
    found: Sequence[int],
    ended: Sequence[int],
    chords: ChordChoice,
    notes: Sequence[PlayedNote],
    places: Sequence[BarBeat] | None,
) -> tuple[Notice, ...]:
    texts = (
        ("chord-reduced", found, f"chords of which the {chords} note was kept"),
        ("overlap-ended", ended, "notes ended where the next one begins"),
    )
    return tuple(
        Notice(
            code=code,
            message=f"{text}: {len(which)} ({_name_places(which, notes, places)})",
            place=places[which[0]] if places else None,
        )
        for code, which, text in texts
        if which
    )


def _name_places(
    which: Sequence[int],
    notes: Sequence[PlayedNote],
    places: Sequence[BarBeat] | None,
) -> str:
    """Name the first few places by bar and beat, or by time."""
    names = [
        str(places[index]) if places else f"at {notes[index].onset_s:.2f} s"
        for index in which[:_PLACES_NAMED]
    ]
    more = len(which) - len(names)
    return "; ".join(names) + (f"; and {more} more" if more else "")


# === Scores ===


def notes_from_score(
    score: Score, part_index: int, *, chords: ChordChoice = "top"
) -> tuple[tuple[PlayedNote, ...], tuple[Notice, ...]]:
    """Read one voice out of a part of a score, timed by its tempo map.

    Args:
        score: Where the part is.
        part_index: Which part, from 0.
        chords: As in `monophonic`.

    Returns:
        The notes sorted by onset, and what was changed, by bar and beat: the notices of
        `monophonic` and `empty-note` for notes of no length, which are left out.

    Raises:
        VoiceNotFoundError: There is no such part.
        EmptyScoreError: It has no notes.
        InputError: It is percussion.
        PolyphonyError: It has chords and `chords` is "refuse".
    """
    if not 0 <= part_index < len(score.parts):
        raise VoiceNotFoundError(
            f"there is no part {part_index + 1}: the score has {len(score.parts)}; "
            "choose one of them"
        )
    part = score.parts[part_index]
    label = f"part {part_index + 1}" + (f" ({part.name})" if part.name else "")
    if part.is_drum:
        raise InputError(f"{label} is percussion, which has no pitch; choose another")
    sounding = [note for note in part.notes if note.duration > 0]
    if not sounding:
        raise EmptyScoreError(f"{label} has no notes; choose another part")
    notices: list[Notice] = []
    num_empty = len(part.notes) - len(sounding)
    if num_empty:
        first = next(note for note in part.notes if note.duration == 0)
        notices.append(
            Notice(
                code="empty-note",
                message=f"notes of no length, left out: {num_empty}",
                place=score.bar_beat(first.onset),
            )
        )
    voice, remarks = monophonic(
        [_played(note, score) for note in sounding],
        chords=chords,
        places=[score.bar_beat(note.onset) for note in sounding],
    )
    return voice, (*notices, *remarks)


def _played(note: Note, score: Score) -> PlayedNote:
    return PlayedNote(
        pitch=note.pitch,
        onset_s=score.seconds_at(note.onset),
        offset_s=score.seconds_at(note.end),
        velocity=note.velocity,
    )


def score_from_notes(
    notes: Sequence[PlayedNote],
    *,
    program: int = 0,
    name: str = "",
    tempo_qpm: float = DEFAULT_TEMPO_QPM,
) -> Score:
    """Return a score of one part that sounds as the notes do, for writing as MIDI.

    The tempo only says how seconds are counted in ticks (960 a quarter): times are kept
    to about half a tick, 0.3 ms at 120, whatever it is. It is moved to the nearest that
    a MIDI file can hold, so that nothing drifts.

    Args:
        notes: In any order.
        program: General MIDI program, 0 to 127.
        name: Name of the part.
        tempo_qpm: Quarter notes a minute, above 0 (a MIDI file holds 3.6 and more).

    Raises:
        UsageError: The tempo is not above 0.
    """
    if not 0.0 < tempo_qpm < math.inf:
        raise UsageError(f"a tempo is above 0 quarters a minute; got {tempo_qpm}")
    microseconds = max(1, round(_MICROSECONDS_PER_MINUTE / tempo_qpm))
    ticks_per_s = _TICKS_PER_QUARTER * 1_000_000 / microseconds
    written = []
    for note in notes:
        onset = round(note.onset_s * ticks_per_s)
        end = max(onset + 1, round(note.offset_s * ticks_per_s))
        written.append(
            Note(
                onset=onset,
                duration=end - onset,
                pitch=note.pitch,
                velocity=note.velocity,
            )
        )
    return Score(
        ticks_per_quarter=_TICKS_PER_QUARTER,
        parts=(Part(notes=sorted_notes(written), name=name, program=program),),
        tempos=(Tempo(tick=0, qpm=_MICROSECONDS_PER_MINUTE / microseconds),),
    )
