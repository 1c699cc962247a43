"""The one representation of a piece of music: a `Score` of `Part`s of `Note`s.

A file becomes a `Score` once and is written from one at the very end. Time is exact:
integer ticks, with the tempo map, metre and key beside the notes. Nothing here reads or
writes files, and nothing here knows of grids (`musegen.data.grids`) or networks.

Everything is immutable; change a score with `dataclasses.replace`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from musegen.data.constants import (
    DEFAULT_TEMPO_QPM,
    DRUM_CHANNEL,
    MAX_MIDI_PITCH,
    MAX_MIDI_VELOCITY,
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """One sounding note.

    Args:
        onset: First tick, at least 0.
        duration: Length in ticks, at least 0 (zero is kept as written).
        pitch: MIDI note number, 0 to 127.
        velocity: 1 to 127.
    """

    onset: int
    duration: int
    pitch: int
    velocity: int = 80

    def __post_init__(self) -> None:
        if self.onset < 0 or self.duration < 0:
            raise ValueError(
                f"a note needs onset >= 0 and duration >= 0; got onset {self.onset}, "
                f"duration {self.duration}"
            )
        if not 0 <= self.pitch <= MAX_MIDI_PITCH:
            raise ValueError(f"a pitch is 0 to 127; got {self.pitch}")
        if not 1 <= self.velocity <= MAX_MIDI_VELOCITY:
            raise ValueError(f"a velocity is 1 to 127; got {self.velocity}")

    @property
    def end(self) -> int:
        """First tick after the note."""
        return self.onset + self.duration


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TextEvent:
    """A lyric syllable or a marker at a tick."""

    tick: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ControlChange:
    """A MIDI controller value at a tick; `number` and `value` are 0 to 127."""

    tick: int
    number: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PitchBend:
    """A pitch bend at a tick; `value` is -8192 to 8191."""

    tick: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ProgramChange:
    """Another General MIDI program, 0 to 127, from a tick on."""

    tick: int
    program: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of a score: a track and channel of a file.

    Args:
        notes: Sorted by onset, then duration, then pitch.
        name: Track name as text, may be empty.
        program: General MIDI program at the first note, 0 to 127.
        channel: MIDI channel 0 to 15, None where the file does not say.
        is_drum: Channel 10 (9 counted from 0), or said to be percussion.
        lyrics: Syllables at ticks.
        controls: Controller changes, kept so that they come back.
        pitch_bends: Pitch bends, kept so that they come back.
        program_changes: Programs that follow `program` after the first note, sorted by
            tick, each another than the one before; notes of its tick play it already.
        fermatas: Ticks at which what is written under a fermata begins, ascending, none
            twice: a note, a chord or a rest; inside a note that is tied where it stands
            over the end of the tie.
    """

    notes: tuple[Note, ...] = ()
    name: str = ""
    program: int = 0
    channel: int | None = None
    is_drum: bool = False
    lyrics: tuple[TextEvent, ...] = ()
    controls: tuple[ControlChange, ...] = ()
    pitch_bends: tuple[PitchBend, ...] = ()
    program_changes: tuple[ProgramChange, ...] = ()
    fermatas: tuple[int, ...] = ()

    @property
    def end(self) -> int:
        """First tick after the last note; 0 for an empty part."""
        return max((note.end for note in self.notes), default=0)

    def program_at(self, tick: int) -> int:
        """Return the program in force for notes that begin at `tick`."""
        ticks = [change.tick for change in self.program_changes]
        index = bisect.bisect_right(ticks, tick)
        return self.program_changes[index - 1].program if index else self.program


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tempo:
    """Quarter notes a minute from a tick on."""

    tick: int
    qpm: float


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TimeSignature:
    """Metre from a tick on; `denominator` is a power of two."""

    tick: int
    numerator: int
    denominator: int

    @property
    def quarters_per_bar(self) -> Fraction:
        """Length of one bar in quarter notes."""
        return Fraction(4 * self.numerator, self.denominator)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class KeySignature:
    """Key from a tick on: `sharps` is -7 (seven flats) to 7 (seven sharps)."""

    tick: int
    sharps: int
    is_minor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BarBeat:
    """A place as musicians count: bar and beat from 1 (bar 0 is a pickup)."""

    bar: int
    beat: Fraction

    def __str__(self) -> str:
        beat = (
            str(self.beat)
            if self.beat.denominator == 1
            else f"{float(self.beat):.2f}".rstrip("0").rstrip(".")
        )
        return f"bar {self.bar}, beat {beat}"


@dataclass(frozen=True, kw_only=True)
class Score:
    """A piece of music with exact time.

    Args:
        ticks_per_quarter: Resolution, at least 1.
        parts: The lines, in file order.
        tempos: Sorted by tick; empty means 120 throughout.
        time_signatures: Sorted by tick; empty means 4/4 throughout.
        key_signatures: Sorted by tick; may be empty.
        pickup: Ticks of the incomplete first bar, 0 for none.
        title: May be empty.
        markers: Rehearsal marks and the like.
    """

    ticks_per_quarter: int
    parts: tuple[Part, ...] = ()
    tempos: tuple[Tempo, ...] = ()
    time_signatures: tuple[TimeSignature, ...] = ()
    key_signatures: tuple[KeySignature, ...] = ()
    pickup: int = 0
    title: str = ""
    markers: tuple[TextEvent, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.ticks_per_quarter < 1:
            raise ValueError(
                f"ticks_per_quarter is at least 1; got {self.ticks_per_quarter}"
            )
        if self.pickup < 0:
            raise ValueError(f"pickup is at least 0 ticks; got {self.pickup}")

    @property
    def end(self) -> int:
        """First tick after the last note of any part."""
        return max((part.end for part in self.parts), default=0)

    @property
    def num_notes(self) -> int:
        """Notes in all parts together."""
        return sum(len(part.notes) for part in self.parts)

    def time_signature_at(self, tick: int) -> TimeSignature:
        """Return the metre in force at `tick` (4/4 where none is given)."""
        current = TimeSignature(tick=0, numerator=4, denominator=4)
        for signature in self.time_signatures:
            if signature.tick > tick:
                break
            current = signature
        return current

    def tempo_at(self, tick: int) -> float:
        """Return quarter notes a minute at `tick` (120 where none is given)."""
        current = DEFAULT_TEMPO_QPM
        for tempo in self.tempos:
            if tempo.tick > tick:
                break
            current = tempo.qpm
        return current

    @cached_property
    def _metre_segments(self) -> tuple[tuple[int, int, int, int], ...]:
        """(first tick, its bar number, ticks a bar, ticks a beat) of each metre."""
        signatures = [s for s in self.time_signatures if s.tick > self.pickup]
        first = self.time_signature_at(self.pickup)
        segments: list[tuple[int, int, int, int]] = []
        start, bar = self.pickup, 1
        for signature in [first, *signatures]:
            if signature is not first:
                _, _, bar_ticks, _ = segments[-1]
                bar += -(-(signature.tick - start) // bar_ticks)
                start = signature.tick
            beat_ticks = max(1, self.ticks_per_quarter * 4 // signature.denominator)
            segments.append((start, bar, beat_ticks * signature.numerator, beat_ticks))
        return tuple(segments)

    def bar_beat(self, tick: int) -> BarBeat:
        """Name the place of `tick`; a beat is the metre's denominator."""
        segments = self._metre_segments
        if tick < self.pickup:
            _, _, bar_ticks, beat_ticks = segments[0]
            return BarBeat(
                bar=0,
                beat=Fraction(bar_ticks - self.pickup + tick, beat_ticks) + 1,
            )
        index = bisect.bisect_right([segment[0] for segment in segments], tick) - 1
        start, bar, bar_ticks, beat_ticks = segments[index]
        bars, rest = divmod(tick - start, bar_ticks)
        return BarBeat(bar=bar + bars, beat=Fraction(rest, beat_ticks) + 1)

    def bar_starts(self, end: int | None = None) -> Iterator[int]:
        """Yield the first tick of every full bar before `end` (default: the last)."""
        stop = self.end if end is None else end
        segments = self._metre_segments
        for index, (start, _, bar_ticks, _) in enumerate(segments):
            limit = segments[index + 1][0] if index + 1 < len(segments) else stop
            yield from range(start, min(limit, stop), bar_ticks)

    def seconds_at(self, tick: int) -> float:
        """Return the time of `tick` in seconds from the start, by the tempo map."""
        seconds, last_tick, qpm = 0.0, 0, DEFAULT_TEMPO_QPM
        for tempo in self.tempos:
            if tempo.tick >= tick:
                break
            seconds += (tempo.tick - last_tick) * 60.0 / (qpm * self.ticks_per_quarter)
            last_tick, qpm = tempo.tick, tempo.qpm
        return seconds + (tick - last_tick) * 60.0 / (qpm * self.ticks_per_quarter)


def sorted_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return notes in the order a `Part` keeps them."""
    return tuple(sorted(notes))


def is_drum_channel(channel: int | None) -> bool:
    """Return whether General MIDI reserves the channel for percussion."""
    return channel == DRUM_CHANNEL
