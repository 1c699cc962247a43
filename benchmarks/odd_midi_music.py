"""Music that is unlike other music, as MIDI files; for `odd_midi_files`."""

from __future__ import annotations

import random
from collections.abc import Sequence

import odd_midi_writing as w

from musegen.data import midi_events
from musegen.data.midi_events import MidiEvent

SCALE = (60, 62, 64, 65, 67, 69, 71, 72)
LOW_SCALE = tuple(pitch - 24 for pitch in SCALE)
BEAT = (36, 42, 38, 42) * 4
VIOLIN, CELLO, FLUTE, CLARINET, GUNSHOT = 40, 42, 73, 71, 127
DRUMS = 9
MINUTE = 120 * w.DIVISION
TEN_MINUTES, HOUR = 10 * MINUTE, 60 * MINUTE
BAR = 4 * w.DIVISION
LEGATO_TICKS = round(0.04 / 0.5 * w.DIVISION)  # 40 ms


# === Parts ===


def drum_track() -> bytes:
    """Four bars of a kit."""
    return w.track(w.name("Drums"), w.notes(BEAT, channel=DRUMS, length=60))


def line(number: int, pitches: Sequence[int] = SCALE, *, channel: int = 0) -> bytes:
    """Eight notes by one program."""
    return w.track(
        w.program(number, channel=channel), w.notes(pitches, channel=channel)
    )


def no_notes() -> bytes:
    """A tempo, a name and a controller."""
    return w.midi(w.track(w.tempo(90)), w.track(w.name("Silence"), w.control(7, 90)))


def empty_tracks() -> bytes:
    """Two lines among tracks with nothing, and one with only a program."""
    nothing = w.track()
    named = w.track(w.name("Nobody"), w.program(CELLO, channel=3))
    return w.midi(nothing, line(FLUTE), nothing, named, line(VIOLIN, channel=1))


def sixteen_voices() -> bytes:
    """Chords of sixteen notes in one track."""
    chords = [
        w.chord(range(36 + i, 84 + i, 3), start=i * BAR, length=BAR) for i in range(3)
    ]
    return w.midi(w.track(w.program(VIOLIN), *chords))


def sixteen_channels() -> bytes:
    """All channels in the one track of a format 0 file."""
    groups = []
    for channel in range(16):
        groups.append(w.program(8 * channel, channel=channel))
        groups.append(w.notes(SCALE[:4], channel=channel, start=channel * 120))
    return w.midi(w.track(*groups), file_format=0)


def sixty_four_parts() -> bytes:
    """Two notes each, channels shared, each part of its own program."""
    lines = [line(40 + i % 32, SCALE[:2], channel=i % 9) for i in range(64)]
    return w.midi(*lines)


def duplicate_tracks() -> bytes:
    """Four tracks that are the same."""
    return w.midi(*[line(VIOLIN)] * 4)


def all_programs() -> bytes:
    """Every program in turn, a note each, in one track."""
    groups = [
        w.program(i, tick=240 * i) + w.notes((48 + i % 24,), start=240 * i, length=240)
        for i in range(128)
    ]
    return w.midi(w.track(*groups))


# === Notes ===


def overlapping_unisons() -> bytes:
    """A pitch that is struck again while it sounds."""
    return w.midi(w.track(w.program(CLARINET), w.notes([67] * 8, step=240, length=700)))


def zero_lengths() -> bytes:
    """Every other note without length."""
    events = [
        event
        for i, pitch in enumerate(SCALE)
        for event in w.notes((pitch,), start=480 * i, length=0 if i % 2 else 480)
    ]
    return w.midi(w.unsorted_track(w.program(FLUTE), events))


def only_zero_lengths() -> bytes:
    """No note with a length."""
    return w.midi(w.unsorted_track(w.program(FLUTE), w.notes(SCALE, length=0)))


def backward_notes() -> bytes:
    """Ends before beginnings, ends without beginnings, a beginning without end."""
    stray = [MidiEvent(0, midi_events.NOTE_OFF, bytes((p, 64))) for p in (50, 60, 70)]
    hanging = [MidiEvent(8 * 480, midi_events.NOTE_ON, bytes((76, 90)))]
    return w.midi(w.unsorted_track(w.program(VIOLIN), stray, w.notes(SCALE), hanging))


def very_long_note() -> bytes:
    """Two minutes."""
    return w.midi(w.track(w.program(CELLO), w.notes((48,), length=2 * MINUTE)))


def a_note_of_two_days() -> bytes:
    """Longer than any music."""
    return w.midi(w.track(w.program(CELLO), w.notes((48,), length=48 * HOUR)))


def out_of_range() -> bytes:
    """A violin far below its strings, a cello far above."""
    return w.midi(line(VIOLIN, LOW_SCALE), line(42, [p + 40 for p in SCALE], channel=1))


def lowest_and_highest() -> bytes:
    """Pitches 0 and 127, which nobody has."""
    return w.midi(line(VIOLIN, (0, 127, 1, 126, 60, 0, 127)))


def trills() -> bytes:
    """Thirty notes a second."""
    return w.midi(w.track(w.program(FLUTE), w.notes((76, 77) * 90, step=32, length=32)))


def grace_note() -> bytes:
    """One note of 20 ms, and that is all."""
    return w.midi(w.track(w.program(VIOLIN), w.notes((72,), length=20)))


def soft_as_can_be() -> bytes:
    """Velocity 1 throughout."""
    return w.midi(w.track(w.program(FLUTE), w.notes(SCALE, velocity=1)))


def ten_thousand_notes() -> bytes:
    """Sixteen notes a second, leaping, for ten minutes."""
    chance = random.Random(0)
    pitches = [chance.randrange(55, 90) for _ in range(10_000)]
    return w.midi(w.track(w.program(VIOLIN), w.notes(pitches, step=60, length=60)))


def legato_for_ten_minutes() -> bytes:
    """A line whose notes each go on for 40 ms into the next, 600 s."""
    return w.midi(w.track(w.program(VIOLIN), *legato_notes(TEN_MINUTES)))


def legato_notes(end: int) -> list[list[MidiEvent]]:
    """Notes of 0.25 to 1 s up to a tick, none a repetition, that overlap by 40 ms."""
    chance = random.Random(1)
    groups, onset, pitch = [], 0, 69
    while onset < end:
        length = min(chance.choice((240, 480, 480, 960)), end - onset)
        step = chance.choice((-5, -3, -2, -1, 1, 2, 3, 5))
        pitch += step if 60 <= pitch + step <= 88 else -step
        groups.append(w.notes((pitch,), start=onset, length=length + LEGATO_TICKS))
        onset += length
    return groups


def one_hour() -> bytes:
    """Violin and cello."""
    chance = random.Random(2)
    violin = [chance.choice(SCALE) + 12 for _ in range(HOUR // 960)]
    cello = [chance.choice(LOW_SCALE) for _ in range(HOUR // 1920)]
    return w.midi(
        w.track(w.program(VIOLIN), w.notes(violin, step=960, length=900)),
        w.track(
            w.program(CELLO, channel=1),
            w.notes(cello, channel=1, step=1920, length=1900),
        ),
    )


def late_start() -> bytes:
    """Ten minutes of rest before the first note."""
    return w.midi(w.track(w.program(FLUTE), w.notes(SCALE, start=TEN_MINUTES)))


# === Controllers ===


def pitch_bends() -> bytes:
    """A slide of an octave, by the bend range that the file sets."""
    slides = [w.bend(round(8191 * i / 200), tick=10 * i) for i in range(200)]
    back = [w.bend(0, tick=2000)]
    return w.midi(
        w.track(w.program(VIOLIN), w.bend_range(12), w.notes(SCALE), *slides, *back)
    )


def microtones() -> bytes:
    """Quarter tones: each note bent."""
    bends = [w.bend(2048 * (i % 4 - 2), tick=480 * i) for i in range(len(SCALE))]
    return w.midi(w.track(w.program(CLARINET), w.notes(SCALE), *bends))


def aftertouch() -> bytes:
    """Pressure of keys and of the channel."""
    keys = [
        MidiEvent(40 * i, midi_events.POLY_PRESSURE, bytes((SCALE[i // 12 % 8], i)))
        for i in range(96)
    ]
    channel = [
        MidiEvent(40 * i, midi_events.CHANNEL_PRESSURE, bytes((i,))) for i in range(96)
    ]
    return w.midi(w.track(w.program(FLUTE), w.notes(SCALE), keys, channel))


def sustain_pedal() -> bytes:
    """Down and up, and at last not up again."""
    moves = [
        w.control(64, 127 if i % 2 == 0 else 0, tick=960 * i + 30) for i in range(7)
    ]  # the last is never let go
    return w.midi(w.track(w.program(0), w.notes(SCALE, length=200), *moves))


def controller_storm() -> bytes:
    """A move of one of six controllers on each of 3840 ticks."""
    numbers = (1, 7, 10, 11, 74, 2)
    moves = [w.control(numbers[i % 6], 64 + (i * 37) % 64, tick=i) for i in range(3840)]
    return w.midi(w.track(w.program(VIOLIN), w.notes(SCALE), *moves))


def volume_zero() -> bytes:
    """Notes that cannot be heard."""
    return w.midi(w.track(w.program(VIOLIN), w.control(7, 0), w.notes(SCALE)))


def sound_off() -> bytes:
    """Controllers 120, 121 and 123 in the middle of notes."""
    off = [w.control(n, 0, tick=700 + n) for n in (120, 121, 123)]
    return w.midi(w.track(w.program(FLUTE), w.notes(SCALE), *off))
