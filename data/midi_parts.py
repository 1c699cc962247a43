"""One MIDI track to parts: pairs note-ons with note-offs, sorts events by channel.

For `musegen.data.midi_reader` only, which sees all tracks together.
"""

from __future__ import annotations

import bisect
from collections import defaultdict, deque
from collections.abc import Iterable
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
    """Which program a channel plays at a tick when only other tracks say it.

    Args:
        tracks: All tracks of the file.
    """

    def __init__(self, tracks: Iterable[MidiTrack]) -> None:
        self._changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for track in tracks:
            for tick, kind, data in track.events:
                if kind & 0xF0 == midi_events.PROGRAM and kind < midi_events.SYSTEM:
                    self._changes[kind & 0x0F].append((tick, data[0]))
        for changes in self._changes.values():
            changes.sort(key=lambda change: change[0])

    def at(self, channel: int, tick: int) -> int:
        """Return the program in force, 0 before any change."""
        changes = self._changes.get(channel, [])
        index = bisect.bisect_right(changes, tick, key=lambda change: change[0])
        return changes[index - 1][1] if index else 0


@dataclass(slots=True)
class _Channel:
    """What one channel of a track holds; notes with the program that plays them."""

    notes: list[tuple[int, Note]] = field(default_factory=list)
    controls: list[ControlChange] = field(default_factory=list)
    pitch_bends: list[PitchBend] = field(default_factory=list)
    program: int | None = None
    sounding: defaultdict[int, deque[tuple[int, int, int]]] = field(
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
            self._open(channel, kind & 0x0F, event)
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
            channel.program = data[0]
        elif message == midi_events.POLY_PRESSURE:
            self._remarks.not_kept("key pressure")
        else:
            self._remarks.not_kept("channel pressure")

    def _open(self, channel: _Channel, number: int, event: MidiEvent) -> None:
        tick, _, (pitch, velocity) = event
        program = channel.program
        if program is None:
            program = self._programs.at(number, tick)
        if channel.sounding[pitch]:
            self._places["overlapping-note"].append((tick, pitch))
        channel.sounding[pitch].append((tick, velocity, program))

    def _close(self, channel: _Channel, event: MidiEvent) -> None:
        tick, kind, (pitch, release) = event
        if not channel.sounding[pitch]:
            self._places["stray-note-off"].append((tick, pitch))
            return
        onset, velocity, program = channel.sounding[pitch].popleft()
        if kind & 0xF0 == midi_events.NOTE_OFF and release not in _NEUTRAL_RELEASE:
            self._remarks.not_kept("release velocity")
        if onset == tick:
            self._places["zero-length-note"].append((tick, pitch))
        channel.notes.append(
            (
                program,
                Note(
                    onset=onset, duration=tick - onset, pitch=pitch, velocity=velocity
                ),
            )
        )

    def _close_all(self, end: int) -> None:
        for channel in self._channels.values():
            for pitch, sounding in channel.sounding.items():
                for onset, velocity, program in sounding:
                    self._places["unclosed-note"].append((onset, pitch))
                    note = Note(
                        onset=onset,
                        duration=end - onset,
                        pitch=pitch,
                        velocity=velocity,
                    )
                    channel.notes.append((program, note))

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
        """Return the parts by channel, then in the order in which programs first sound.

        Args:
            may_be_nameless: Whether a track with a name and nothing else is a part; the
                first of a file is not, its name is the title.
        """
        parts = [
            part
            for number, channel in sorted(self._channels.items())
            for part in self._channel_parts(number, channel)
        ]
        if not parts and (self._lyrics or (self._has_name and may_be_nameless)):
            parts = [Part(name=self.name)]
        return self._with_lyrics(parts)

    def _channel_parts(self, number: int, channel: _Channel) -> list[Part]:
        whole = Part(
            name=self.name,
            program=channel.program or 0,
            channel=number,
            is_drum=is_drum_channel(number),
            controls=tuple(channel.controls),
            pitch_bends=tuple(channel.pitch_bends),
        )
        notes = sorted(channel.notes, key=lambda item: item[1])
        programs = list(dict.fromkeys(program for program, _ in notes))
        if not notes:
            has_setting = channel.program is not None
            return [whole] if has_setting or whole.controls or whole.pitch_bends else []
        if len(programs) == 1:
            kept = tuple(note for _, note in notes)
            return [replace(whole, program=programs[0], notes=kept)]
        onsets = [note.onset for _, note in notes]
        self._remarks.add(
            "program-change",
            f"track {self._number}, channel {number + 1} plays {len(programs)} "
            "programs; each is a part of its own",
            next(note.onset for program, note in notes if program == programs[1]),
        )

        def program_at(tick: int) -> int:
            index = min(bisect.bisect_left(onsets, tick), len(onsets) - 1)
            return notes[index][0]

        return [
            replace(
                whole,
                program=program,
                notes=sorted_notes(note for owner, note in notes if owner == program),
                controls=tuple(
                    c for c in whole.controls if program_at(c.tick) == program
                ),
                pitch_bends=tuple(
                    b for b in whole.pitch_bends if program_at(b.tick) == program
                ),
            )
            for program in programs
        ]

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
