"""Scores to MIDI files: format 1, one track for tempo and metre and one for each part.

Written without symusic, which has no channel numbers (0.6 chooses them itself), and
without mido, which takes five times as long for the same bytes (64 000 messages).
`read_midi` of what is written gives the score again, but for what `midi_notices`
names; a part without a channel comes back with the one it was given. Changes of
program come back as `Part` wants them: those up to the first note as its program, and
none that changes nothing. The bytes depend on the score alone.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from musegen.data import midi_events
from musegen.data.constants import DRUM_CHANNEL, MAX_MIDI_PITCH
from musegen.data.errors import OutputError
from musegen.data.files import write_bytes
from musegen.data.midi_events import MidiEvent, midi_file_bytes, track_bytes
from musegen.data.midi_metre import join_pickup
from musegen.data.notices import Notice
from musegen.data.score import Note, Part, Score, TimeSignature, is_drum_channel

_NUM_CHANNELS = 16
_MAX_TICKS_PER_QUARTER = 0x7FFF
_MAX_MICROSECONDS = 0xFF_FFFF
_NEUTRAL_RELEASE = 64
_BEND_CENTRE = 8192

# The order of events at one tick: what ended ends first, what sets the sound comes
# before the notes, and a zero-length note ends before another of its pitch begins.
_ENDS, _CONTROLS, _BENDS, _PROGRAMS, _LYRICS, _ZERO_LENGTHS, _ONSETS = range(7)


def write_midi(
    score: Score, path: Path, *, overwrite: bool = False
) -> tuple[Notice, ...]:
    """Write a score to a MIDI file.

    Args:
        score: What to write.
        path: Where; the folder must exist.
        overwrite: Whether an existing file may be replaced.

    Returns:
        What the file cannot say, as `midi_notices`.

    Raises:
        OutputExistsError: The file exists and `overwrite` is false.
        OutputError: It cannot be written, or MIDI has no number for something in it.
    """
    write_bytes(path, midi_bytes(score), overwrite=overwrite)
    return midi_notices(score)


def midi_bytes(score: Score) -> bytes:
    """Return a score as the bytes of a MIDI file; the same score gives the same bytes.

    A part without a channel gets a free one, never the tenth unless it is percussion;
    with more parts than channels, parts of one program share. Where parts of different
    programs must share, each changes the program before its notes.

    Args:
        score: What to write.

    Raises:
        OutputError: MIDI has no number for its resolution, tempo, metre, key, or for a
            controller or channel in it.

    Source:
        "Standard MIDI Files 1.0", MIDI Manufacturers Association, RP-001 (1996).
    """
    if score.ticks_per_quarter > _MAX_TICKS_PER_QUARTER:
        raise OutputError(
            f"MIDI has at most {_MAX_TICKS_PER_QUARTER} ticks a quarter; the score has "
            f"{score.ticks_per_quarter}: bring it to a lower resolution first"
        )
    channels = _assign_channels(score.parts)
    returns = _program_returns(score.parts, channels)
    tracks = [track_bytes(_conductor_events(score))]
    for part, channel, ticks in zip(score.parts, channels, returns, strict=True):
        tracks.append(track_bytes(_part_events(part, channel, ticks)))
    return midi_file_bytes(tracks, ticks_per_quarter=score.ticks_per_quarter)


def midi_notices(score: Score) -> tuple[Notice, ...]:
    """Say what a MIDI file of this score would not give back.

    Args:
        score: What would be written.

    Returns:
        One notice a part for notes inside a longer note of the same pitch (their ends
        come back exchanged), and for percussion that is not on channel 10 or the
        reverse; one for all fermatas, which MIDI has no event for.
    """
    notices: list[Notice] = []
    num_fermatas = sum(len(part.fermatas) for part in score.parts)
    if num_fermatas:
        message = (
            f"not in the MIDI file, which has no place for them: fermatas "
            f"({num_fermatas}); MusicXML keeps them"
        )
        notices.append(Notice(code="fermatas-not-in-midi", message=message))
    for number, part in enumerate(score.parts, 1):
        label = f"part {number}" + (f" ({part.name})" if part.name else "")
        nested = _nested_notes(part)
        if nested:
            notices.append(
                Notice(
                    code="nested-note",
                    message=f"{label}: notes that end before one of their pitch which "
                    f"began earlier: {len(nested)}; MIDI returns their ends exchanged "
                    f"(the first is pitch {nested[0].pitch})",
                    place=score.bar_beat(nested[0].onset),
                )
            )
        if part.channel is not None and part.is_drum != is_drum_channel(part.channel):
            kind = "percussion" if part.is_drum else "no percussion"
            message = (
                f"{label} is {kind}, which channel {part.channel + 1} does not say"
            )
            notices.append(Notice(code="drum-channel", message=message))
    return tuple(notices)


def _nested_notes(part: Part) -> list[Note]:
    latest_end: dict[int, int] = {}
    nested: list[Note] = []
    for note in sorted(part.notes):
        if note.end < latest_end.get(note.pitch, 0):
            nested.append(note)
        latest_end[note.pitch] = max(note.end, latest_end.get(note.pitch, 0))
    return nested


# === Channels ===


def _assign_channels(parts: Sequence[Part]) -> list[int | None]:
    """Return a channel for each part; None for one that only has a name and lyrics."""
    users: defaultdict[int, list[Part]] = defaultdict(list)
    for part in parts:
        if part.channel is not None:
            if not 0 <= part.channel < _NUM_CHANNELS:
                raise OutputError(
                    f"part {part.name!r}: channel {part.channel} does not exist in "
                    "MIDI; give 0 to 15, or none"
                )
            users[part.channel].append(part)
    channels: list[int | None] = []
    for part in parts:
        channel = part.channel
        if channel is None and _needs_channel(part):
            channel = DRUM_CHANNEL if part.is_drum else _free_channel(part, users)
            users[channel].append(part)
        channels.append(channel)
    return channels


def _needs_channel(part: Part) -> bool:
    content = part.notes or part.controls or part.pitch_bends or part.program_changes
    return bool(content) or part.program != 0 or part.is_drum


def _free_channel(part: Part, users: dict[int, list[Part]]) -> int:
    """Choose an unused channel, else one of the same program, else the least used."""

    def cost(channel: int) -> tuple[bool, int, int]:
        programs = [_programs(user) for user in users.get(channel, [])]
        clashes = len(_programs(part).union(*programs)) > 1 and bool(programs)
        return clashes, len(users.get(channel, [])), channel

    return min((c for c in range(_NUM_CHANNELS) if c != DRUM_CHANNEL), key=cost)


def _programs(part: Part) -> set[int]:
    return {part.program, *(change.program for change in part.program_changes)}


def _program_returns(
    parts: Sequence[Part], channels: Sequence[int | None]
) -> list[set[int]]:
    """Return for each part the ticks at which it must set its program again.

    A player has one program a channel: where parts of several programs share one, a
    part sets its own whenever another's is in force.
    """
    programs: defaultdict[int, set[int]] = defaultdict(set)
    for part, channel in zip(parts, channels, strict=True):
        if channel is not None:
            programs[channel] |= _programs(part)
    returns: list[set[int]] = [set() for _ in parts]
    onsets = sorted(
        {
            (tick, index)
            for index, (part, channel) in enumerate(zip(parts, channels, strict=True))
            if channel is not None and len(programs[channel]) > 1
            for tick in {0, *_change_ticks(part), *(n.onset for n in part.notes)}
        }
    )
    in_force: dict[int, int] = {}
    for tick, index in onsets:
        channel, program = channels[index], parts[index].program_at(tick)
        if channel is not None and in_force.get(channel) != program:
            in_force[channel] = program
            returns[index].add(tick)
    return returns


def _change_ticks(part: Part) -> set[int]:
    return {change.tick for change in part.program_changes}


# === Events ===


def _conductor_events(score: Score) -> list[MidiEvent]:
    """Return title, metre, key, tempo and markers in time order."""
    signatures, pickup_text = join_pickup(score)
    events: list[MidiEvent] = []
    if score.title:
        events.append(_text(0, midi_events.TRACK_NAME, score.title))
    if pickup_text:
        events.append(_text(0, midi_events.TEXT, pickup_text))
    events += [_time_signature(signature) for signature in signatures]
    for key in score.key_signatures:
        if not -7 <= key.sharps <= 7:
            raise OutputError(
                f"{score.bar_beat(key.tick)}: a key of {key.sharps} sharps; MIDI has "
                "-7 to 7, so choose the enharmonic key"
            )
        data = key.sharps.to_bytes(1, "big", signed=True) + bytes((key.is_minor,))
        events.append(MidiEvent(key.tick, midi_events.KEY_SIGNATURE, data))
    for tempo in score.tempos:
        place = score.bar_beat(tempo.tick)
        data = _microseconds(tempo.qpm, str(place)).to_bytes(3, "big")
        events.append(MidiEvent(tempo.tick, midi_events.TEMPO, data))
    events += [_text(m.tick, midi_events.MARKER, m.text) for m in score.markers]
    return sorted(events, key=lambda event: event.tick)


def _microseconds(qpm: float, place: str) -> int:
    """Return the microseconds of a quarter note."""
    value = 60e6 / qpm if math.isfinite(qpm) and qpm > 0 else 0.0
    if not 1 <= round(value) <= _MAX_MICROSECONDS:
        raise OutputError(
            f"{place}: a tempo of {qpm} quarter notes a minute; MIDI has 3.58 to 60 "
            "million, so choose one of these"
        )
    return round(value)


def _time_signature(signature: TimeSignature) -> MidiEvent:
    numerator, denominator = signature.numerator, signature.denominator
    power = denominator.bit_length() - 1
    if not 1 <= numerator <= 255 or not 0 <= power <= 7 or denominator != 1 << power:
        raise OutputError(
            f"tick {signature.tick}: a time signature of {numerator}/{denominator}; "
            "MIDI has 1 to 255 over 1, 2, 4 ... 128, so choose one of these"
        )
    clocks_a_click = max(1, 96 // denominator)
    data = bytes((numerator, power, clocks_a_click, 8))
    return MidiEvent(signature.tick, midi_events.TIME_SIGNATURE, data)


def _text(tick: int, kind: int, text: str) -> MidiEvent:
    return MidiEvent(tick, kind, text.encode("utf-8", "replace"))


def _part_events(
    part: Part, channel: int | None, program_ticks: set[int]
) -> list[MidiEvent]:
    """Return the events of a part's track in time order."""
    ranked = [
        (lyric.tick, _LYRICS, _text(lyric.tick, midi_events.LYRIC, lyric.text))
        for lyric in part.lyrics
    ]
    if channel is not None:
        ranked += _setting_events(part, channel, program_ticks)
        ranked += _note_events(part.notes, channel)
    ranked.sort(key=lambda item: item[:2])
    name = _text(0, midi_events.TRACK_NAME, part.name)
    return [name, *(event for _, _, event in ranked)]


def _setting_events(
    part: Part, channel: int, program_ticks: set[int]
) -> Iterator[tuple[int, int, MidiEvent]]:
    def event(
        tick: int, rank: int, kind: int, *data: int
    ) -> tuple[int, int, MidiEvent]:
        if not all(0 <= value <= MAX_MIDI_PITCH for value in data):
            raise OutputError(
                f"part {part.name!r}, tick {tick}: a program, controller or bend "
                "beyond what MIDI can say (0 to 127, bends -8192 to 8191)"
            )
        return tick, rank, MidiEvent(tick, kind | channel, bytes(data))

    for control in part.controls:
        yield event(
            control.tick, _CONTROLS, midi_events.CONTROL, control.number, control.value
        )
    for bend in part.pitch_bends:
        high, low = divmod(bend.value + _BEND_CENTRE, 128)
        yield event(bend.tick, _BENDS, midi_events.BEND, low, high)
    for tick in sorted({0, *_change_ticks(part), *program_ticks}):
        program = part.program_at(tick)
        yield event(tick, _PROGRAMS, midi_events.PROGRAM, program)


def _note_events(
    notes: Sequence[Note], channel: int
) -> Iterator[tuple[int, int, MidiEvent]]:
    """Yield note-ons by onset and end, so that first in, first out pairs them."""
    on, off = midi_events.NOTE_ON | channel, midi_events.NOTE_OFF | channel
    for note in sorted(notes):
        rank = _ONSETS if note.duration else _ZERO_LENGTHS
        start = MidiEvent(note.onset, on, bytes((note.pitch, note.velocity)))
        yield note.onset, rank, start
        end = MidiEvent(note.end, off, bytes((note.pitch, _NEUTRAL_RELEASE)))
        yield note.end, rank if not note.duration else _ENDS, end
