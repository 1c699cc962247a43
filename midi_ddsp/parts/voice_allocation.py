"""Chords to voices: as few single lines as the notes need, each moving by near steps.

For parts that sound several notes at once and instruments that play one at a time. Not
for taking a melody out of a score (`musegen.data.voices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from musegen.midi_ddsp.parts.line_matching import match_lines

MAX_VOICES = 16

# Two notes overlap as legato playing does, rather than sound together, up to 80 ms, or
# up to a third of the shorter note but not beyond 200 ms, and never for more than half
# of it. Our own choice: players overlap quick notes by less than long ones.
LEGATO_OVERLAP_S = 0.08
LEGATO_SHARE = 1 / 3
MAX_LEGATO_OVERLAP_S = 0.2
MAX_LEGATO_SHARE = 1 / 2

# What counts against a line that a note could go on in, beside the step in pitch, in
# semitones. A line that stopped before another one did counts as farther away, by half
# of this for a tenth of a second; of lines that stopped together, each one below the
# highest by a little more. Else a lone line would hop to whichever idle voice is
# nearer. Our own choice.
LAG_SEMITONES = 9.0
_HALF_LAG_S = 0.1
LINE_SEMITONES = 3.0
# A note may be ended early, where voices run out, once it has sounded this long.
_MIN_SOUND_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNote:
    """A note with the end of its key and of its sound.

    Args:
        pitch: MIDI note number, 0 to 127.
        onset_s: Where it begins, in seconds.
        key_end_s: Where the key is let go, not before `onset_s`.
        end_s: Where it stops sounding, after `onset_s` and not before `key_end_s`;
            later where the sustain pedal holds it.
        velocity: 1 to 127.
        tick: Where it begins in the score, for messages.
    """

    pitch: int
    onset_s: float
    key_end_s: float
    end_s: float
    velocity: int = 80
    tick: int = 0

    @property
    def duration_s(self) -> float:
        """How long it sounds."""
        return self.end_s - self.onset_s


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceNote:
    """A note in its voice.

    Args:
        note: As it was given.
        offset_s: Where it ends in the voice: its own end, or where the next one begins.
        is_legato: The note before it was still sounding as it began.
    """

    note: HeldNote
    offset_s: float
    is_legato: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The voices of a part.

    Args:
        voices: From the highest to the lowest on average, none empty; the notes of a
            voice in order, none overlapping another.
        released: Notes that the pedal held and that ended early for want of voices.
        stopped: Notes whose key was down and that ended early for want of voices.
        left_out: Notes for which there was no voice at all.
    """

    voices: tuple[tuple[VoiceNote, ...], ...]
    released: tuple[HeldNote, ...] = ()
    stopped: tuple[HeldNote, ...] = ()
    left_out: tuple[HeldNote, ...] = ()


def is_legato_overlap(first: HeldNote, second: HeldNote) -> bool:
    """Return whether two notes overlap only as legato playing does.

    Args:
        first: The note that begins first.
        second: The note that begins while it sounds; it must sound longer.
    """
    overlap_s = first.end_s - second.onset_s
    shorter_s = min(first.duration_s, second.duration_s)
    longest_s = max(
        LEGATO_OVERLAP_S, min(LEGATO_SHARE * shorter_s, MAX_LEGATO_OVERLAP_S)
    )
    return (
        first.onset_s < second.onset_s
        and first.end_s < second.end_s
        and 0.0 < overlap_s <= min(longest_s, MAX_LEGATO_SHARE * shorter_s)
    )


def can_follow(first: HeldNote, second: HeldNote) -> bool:
    """Return whether a note may come after another in one voice.

    It may once the other has ended, in a legato overlap, and where it strikes the same
    pitch again and sounds at least as long.
    """
    if first.onset_s >= second.onset_s:
        return False
    if first.end_s <= second.onset_s or is_legato_overlap(first, second):
        return True
    return first.pitch == second.pitch and first.end_s <= second.end_s


def allocate_voices(
    notes: Sequence[HeldNote], *, max_voices: int = MAX_VOICES
) -> Allocation:
    """Share notes among voices of one note at a time.

    A voice is added only where no other is free, so there are never more than the
    notes that sound at once, and one for a legato line. Notes go to the voice whose
    last pitch is near and that has just ended, higher notes to higher voices. Where
    more sound at once than there may be voices, notes that only the pedal holds end
    first, then those that have sounded longest; what begins with all voices just taken
    is left out.

    Args:
        notes: In any order; equal notes each get their own voice.
        max_voices: At least 1.

    Returns:
        The voices; every note is in one of them or in `left_out`.
    """
    allocator = _Allocator(max_voices=max_voices)
    order = sorted(
        notes, key=lambda n: (n.onset_s, -n.pitch, n.end_s, n.key_end_s, n.velocity)
    )
    for _, group in groupby(order, key=lambda note: note.onset_s):
        allocator.place(list(group))
    return allocator.result()


@dataclass(slots=True)
class _Allocator:
    """Voices as they grow, in the order in which they were opened."""

    max_voices: int
    voices: list[list[HeldNote]] = field(default_factory=list)
    released: list[HeldNote] = field(default_factory=list)
    stopped: list[HeldNote] = field(default_factory=list)
    left_out: list[HeldNote] = field(default_factory=list)

    def place(self, group: Sequence[HeldNote]) -> None:
        """Place notes that begin together, from the highest to the lowest."""
        lines = [
            voice
            for voice in self.voices
            if any(can_follow(voice[-1], note) for note in group)
        ]
        lines.sort(key=lambda voice: -voice[-1].pitch)
        costs = _costs([line[-1] for line in lines], group)
        matches = match_lines(costs)
        for note, chosen in zip(group, matches, strict=True):
            if chosen is not None:
                lines[chosen].append(note)
        for note, chosen in zip(group, matches, strict=True):
            if chosen is None:
                self._place_elsewhere(note)

    def _place_elsewhere(self, note: HeldNote) -> None:
        """Place a note that no line takes without crossing another."""
        free = [voice for voice in self.voices if can_follow(voice[-1], note)]
        if free:
            min(free, key=lambda voice: abs(voice[-1].pitch - note.pitch)).append(note)
        elif len(self.voices) < self.max_voices:
            self.voices.append([note])
        elif (voice := self._voice_to_end(note.onset_s)) is not None:
            ended = voice[-1]
            is_held_by_pedal = ended.key_end_s <= note.onset_s
            (self.released if is_held_by_pedal else self.stopped).append(ended)
            voice.append(note)
        else:
            self.left_out.append(note)

    def _voice_to_end(self, onset_s: float) -> list[HeldNote] | None:
        """Return the voice that can best be taken from its note."""
        ringing = [
            voice
            for voice in self.voices
            if voice[-1].key_end_s <= onset_s and voice[-1].onset_s < onset_s
        ]
        if ringing:
            return min(ringing, key=lambda voice: voice[-1].key_end_s)
        sounding = [
            voice
            for voice in self.voices
            if voice[-1].onset_s + _MIN_SOUND_S <= onset_s
        ]
        return min(sounding, key=lambda voice: voice[-1].onset_s, default=None)

    def result(self) -> Allocation:
        """Return what has become of the notes."""
        ended = {id(note) for note in (*self.released, *self.stopped)}
        voices = [_voice_notes(voice, ended) for voice in self.voices]
        voices.sort(key=lambda voice: -sum(n.note.pitch for n in voice) / len(voice))
        return Allocation(
            voices=tuple(voices),
            released=tuple(self.released),
            stopped=tuple(self.stopped),
            left_out=tuple(self.left_out),
        )


def _costs(
    lasts: Sequence[HeldNote], group: Sequence[HeldNote]
) -> list[list[float | None]]:
    """What it costs each line to go on with each note; None where it cannot.

    Args:
        lasts: The last note of each line, from the highest to the lowest.
        group: Notes that begin together.
    """
    ends_s = [min(last.end_s, group[0].onset_s) for last in lasts]
    latest_s = max(ends_s, default=0.0)
    lags_s = [latest_s - end_s for end_s in ends_s]
    extras = [
        LINE_SEMITONES * sum(higher_s <= lag_s for higher_s in lags_s[:rank])
        + LAG_SEMITONES * lag_s / (lag_s + _HALF_LAG_S)
        for rank, lag_s in enumerate(lags_s)
    ]
    return [
        [
            abs(note.pitch - last.pitch) + extra if can_follow(last, note) else None
            for last, extra in zip(lasts, extras, strict=True)
        ]
        for note in group
    ]


def _voice_notes(voice: Sequence[HeldNote], ended: set[int]) -> tuple[VoiceNote, ...]:
    """Cut each note where the next one begins, and mark legato."""
    placed: list[VoiceNote] = []
    for index, note in enumerate(voice):
        offset_s = note.end_s
        if index + 1 < len(voice):
            offset_s = min(offset_s, voice[index + 1].onset_s)
        before = voice[index - 1] if index else None
        is_legato = (
            before is not None
            and id(before) not in ended
            and before.pitch != note.pitch
            and before.end_s > note.onset_s
        )
        placed.append(VoiceNote(note=note, offset_s=offset_s, is_legato=is_legato))
    return tuple(placed)
