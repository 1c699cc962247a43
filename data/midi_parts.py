"""One MIDI track to parts: pairs note-ons with note-offs, sorts events by channel.

For `musegen.data.midi_reader` only, which sees all tracks together.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from musegen.data import midi_events
from musegen.data.midi_chunks import MidiTrack
from musegen.data.midi_events import MidiEvent
from musegen.data.midi_metre import pickup_from_tag
from musegen.data.midi_remarks import Remarks
from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    TextEvent,
    is_drum_channel,
    sorted_notes,
)

_BEND_CENTRE = 8192
_NEUTRAL_RELEASE = (0, 64)  # note-off velocities that mean "not measured"
_NOT_KEPT_META = {
    0x00: "sequence number",
    0x01: "text",
    0x02: "copyright text",
    0x07: "cue point",
    0x08: "program name",
    0x09: "device name",
    0x20: "channel prefix",
    0x21: "port",
    0x54: "SMPTE offset",
    0x7F: "sequencer-specific event",
}
_READ_ELSEWHERE = {
    midi_events.TEMPO,
    midi_events.TIME_SIGNATURE,
    midi_events.KEY_SIGNATURE,
    midi_events.MARKER,
}


class ProgramMap:
    """Which programs a channel plays, for a track that does not say it.

    Args:
        tracks: All tracks of the file.
    """

    def __init__(self, tracks: Iterable[MidiTrack]) -> None:
        self._changes: dict[int, list[ProgramChange]] = defaultdict(list)
        for track in tracks:
            for tick, kind, data in track.events:
                if kind & 0xF0 == midi_events.PROGRAM and kind < midi_events.SYSTEM:
                    change = ProgramChange(tick=tick, program=data[0])
                    self._changes[kind & 0x0F].append(change)
        for changes in self._changes.values():
            changes.sort(key=lambda change: change.tick)

    def of(self, channel: int) -> Sequence[ProgramChange]:
        """Return the changes of all tracks on a channel, by tick."""
        return self._changes.get(channel, ())


@dataclass(slots=True)
class _Channel:
    """What one channel of a track holds; sounding notes as (onset, velocity)."""

    notes: list[Note] = field(default_factory=list)
    controls: list[ControlChange] = field(default_factory=list)
    pitch_bends: list[PitchBend] = field(default_factory=list)
    programs: list[ProgramChange] = field(default_factory=list)
    sounding: defaultdict[int, deque[tuple[int, int]]] = field(
        default_factory=lambda: defaultdict(deque)
    )


class TrackReader:
    """Reads the events of one track at once; `parts` and `name` then tell.

    Args:
        track: Its events.
        number: From 1, for messages.
        programs: For channels whose program this track does not say.
        remarks: Takes what should be told.
    """

    def __init__(
        self, track: MidiTrack, *, number: int, programs: ProgramMap, remarks: Remarks
    ) -> None:
        self.name = ""
        self._has_name = False
        self._number = number
        self._programs = programs
        self._remarks = remarks
        self._channels: dict[int, _Channel] = defaultdict(_Channel)
        self._lyrics: list[TextEvent] = []
        self._instrument: bytes | None = None
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for event in track.events:
            if event.kind < midi_events.SYSTEM:
                self._read_channel_event(event)
            else:
                self._read_other(event)
        if self._instrument is not None and not self._has_name:
            self.name = remarks.decode(self._instrument, 0)
            self._has_name = True
        elif self._instrument is not None:
            remarks.not_kept("instrument name")
        self._close_all(track.end)
        self._report()

    # --- Events ---

    def _read_channel_event(self, event: MidiEvent) -> None:
        tick, kind, data = event
        channel = self._channels[kind & 0x0F]
        message = kind & 0xF0
        if message == midi_events.NOTE_ON and data[1]:
            self._open(channel, event)
        elif message in (midi_events.NOTE_ON, midi_events.NOTE_OFF):
            self._close(channel, event)
        elif message == midi_events.CONTROL:
            channel.controls.append(
                ControlChange(tick=tick, number=data[0], value=data[1])
            )
        elif message == midi_events.BEND:
            value = (data[1] << 7 | data[0]) - _BEND_CENTRE
            channel.pitch_bends.append(PitchBend(tick=tick, value=value))
        elif message == midi_events.PROGRAM:
            channel.programs.append(ProgramChange(tick=tick, program=data[0]))
        elif message == midi_events.POLY_PRESSURE:
            self._remarks.not_kept("key pressure")
        else:
            self._remarks.not_kept("channel pressure")

    def _open(self, channel: _Channel, event: MidiEvent) -> None:
        tick, _, (pitch, velocity) = event
        if channel.sounding[pitch]:
            self._places["overlapping-note"].append((tick, pitch))
        channel.sounding[pitch].append((tick, velocity))

    def _close(self, channel: _Channel, event: MidiEvent) -> None:
        tick, kind, (pitch, release) = event
        if not channel.sounding[pitch]:
            self._places["stray-note-off"].append((tick, pitch))
            return
        onset, velocity = channel.sounding[pitch].popleft()
        if kind & 0xF0 == midi_events.NOTE_OFF and release not in _NEUTRAL_RELEASE:
            self._remarks.not_kept("release velocity")
        if onset == tick:
            self._places["zero-length-note"].append((tick, pitch))
        channel.notes.append(
            Note(onset=onset, duration=tick - onset, pitch=pitch, velocity=velocity)
        )

    def _close_all(self, end: int) -> None:
        for channel in self._channels.values():
            for pitch, sounding in channel.sounding.items():
                for onset, velocity in sounding:
                    self._places["unclosed-note"].append((onset, pitch))
                    note = Note(
                        onset=onset,
                        duration=end - onset,
                        pitch=pitch,
                        velocity=velocity,
                    )
                    channel.notes.append(note)

    def _read_other(self, event: MidiEvent) -> None:
        tick, kind, data = event
        if kind == midi_events.TRACK_NAME and not self._has_name:
            self.name, self._has_name = self._remarks.decode(data, tick), True
        elif kind == midi_events.TRACK_NAME:
            self._remarks.not_kept("further track name")
        elif kind == midi_events.INSTRUMENT_NAME and self._instrument is None:
            self._instrument = data
        elif kind == midi_events.INSTRUMENT_NAME:
            self._remarks.not_kept("instrument name")
        elif kind == midi_events.LYRIC:
            text = self._remarks.decode(data, tick)
            self._lyrics.append(TextEvent(tick=tick, text=text))
        elif kind == midi_events.TEXT and self._is_ours(data):
            return
        elif kind not in _READ_ELSEWHERE:
            self._remarks.not_kept(_kind_name(kind))

    def _is_ours(self, data: bytes) -> bool:
        """Whether our writer put this text there: bridge of a long wait, or pickup."""
        if self._number > 1:
            return not data
        return not data or (
            data.isascii() and pickup_from_tag(data.decode()) is not None
        )

    def _report(self) -> None:
        sentences = {
            "unclosed-note": "never end: {}; closed at the end of the track",
            "stray-note-off": "end without having begun: {}; nothing to keep",
            "zero-length-note": "have no length: {}; kept so",
            "overlapping-note": "begin while their pitch sounds: {}; the first to "
            "begin is taken as the first to end",
        }
        for code, sentence in sentences.items():
            if places := self._places.get(code):
                tick, pitch = min(places)
                counted = sentence.format(len(places))
                message = (
                    f"track {self._number}: notes that {counted}; "
                    f"the first is pitch {pitch}"
                )
                self._remarks.add(code, message, tick)

    # --- Parts ---

    def parts(self, *, may_be_nameless: bool) -> list[Part]:
        """Return the parts by channel.

        Args:
            may_be_nameless: Whether a track with a name and nothing else is a part; the
                first of a file is not, its name is the title.
        """
        parts = [
            part
            for number, channel in sorted(self._channels.items())
            if (part := self._channel_part(number, channel)) is not None
        ]
        if not parts and (self._lyrics or (self._has_name and may_be_nameless)):
            parts = [Part(name=self.name)]
        return self._with_lyrics(parts)

    def _channel_part(self, number: int, channel: _Channel) -> Part | None:
        """Return what a channel holds, None for one that only ends notes."""
        if not (
            channel.notes or channel.programs or channel.controls or channel.pitch_bends
        ):
            return None
        notes = sorted_notes(channel.notes)
        program, later = self._channel_programs(number, channel.programs, notes)
        return Part(
            notes=notes,
            name=self.name,
            program=program,
            channel=number,
            is_drum=is_drum_channel(number),
            controls=tuple(channel.controls),
            pitch_bends=tuple(channel.pitch_bends),
            program_changes=later,
        )

    def _channel_programs(
        self, number: int, own: Sequence[ProgramChange], notes: Sequence[Note]
    ) -> tuple[int, tuple[ProgramChange, ...]]:
        """Return the program at the first note, and those that follow it.

        Before this track's first change other tracks say the program, for as long as
        notes begin. What no note played before the first is not kept; of several
        changes at one tick, the last.
        """
        last_onset = notes[-1].onset if notes else -1
        borrowed_end = own[0].tick if own else last_onset + 1
        borrowed = [
            change
            for change in self._programs.of(number)
            if change.tick < borrowed_end and change.tick <= last_onset
        ]
        by_tick = {change.tick: change.program for change in (*borrowed, *own)}
        start = notes[0].onset if notes else min(by_tick, default=0)
        first = in_force = 0
        later: list[ProgramChange] = []
        for tick, program in by_tick.items():
            if tick <= start:
                first = program
            elif program != in_force:
                later.append(ProgramChange(tick=tick, program=program))
            in_force = program
        return first, tuple(later)

    def _with_lyrics(self, parts: list[Part]) -> list[Part]:
        """Give each syllable to the first part with a note there, else to the first."""
        if not self._lyrics:
            return parts
        onsets = [{note.onset for note in part.notes} for part in parts]
        syllables: list[list[TextEvent]] = [[] for _ in parts]
        for syllable in self._lyrics:
            owners = (i for i, ticks in enumerate(onsets) if syllable.tick in ticks)
            syllables[next(owners, 0)].append(syllable)
        return [
            replace(part, lyrics=tuple(own))
            for part, own in zip(parts, syllables, strict=True)
        ]


def _kind_name(kind: int) -> str:
    if kind < midi_events.META:
        return "system-exclusive message" if kind in (0xF0, 0xF7) else "system message"
    return _NOT_KEPT_META.get(
        kind - midi_events.META, f"meta event {kind - midi_events.META:#04x}"
    )
