"""Writes the melodies beside this file, our own: one trait of MIDI files each.

Run it after a change; `tests/cli/test_harmonize_preserves.py` checks that the files are
what it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from musegen.data import midi_events
from musegen.data.midi import midi_bytes
from musegen.data.midi_events import MidiEvent, midi_file_bytes, track_bytes
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

FOLDER = Path(__file__).parent / "melodies"
TICKS = 480
SCALE = (0, 2, 4, 5, 7, 9, 11)
STEPS = (1, 1, -1, 2, -1, -1, 1, -2, 1, 2, -3, 1)
REST = None
Length = int | float | str | Fraction
Maker = Callable[[], Score | bytes]


def walk(count: int, *, start: int = 67) -> list[int | None]:
    """A line of steps and small skips in the major scale on `start`."""
    degrees, degree = [], 0
    for step in islice(cycle(STEPS), count):
        degrees.append(degree)
        degree += step
    return [start + 12 * (d // 7) + SCALE[d % 7] for d in (x % 9 - 1 for x in degrees)]


def line(
    pitches: Sequence[int | None],
    lengths: Iterable[Length],
    *,
    ticks: int = TICKS,
    start: Length = 0,
    velocity: int = 80,
) -> tuple[Note, ...]:
    """Notes one after another; lengths in quarters, taken in turn; None is a rest."""
    notes = []
    place = Fraction(start)
    for pitch, length in zip(pitches, cycle(lengths), strict=False):
        end = place + Fraction(length)
        if pitch is not None:
            onset = round(place * ticks)
            notes.append(
                Note(
                    onset=onset,
                    duration=round(end * ticks) - onset,
                    pitch=pitch,
                    velocity=velocity,
                )
            )
        place = end
    return tuple(notes)


def melody(
    notes: Iterable[Note],
    *,
    metre: tuple[int, int] | None = (4, 4),
    tempo: float | None = 100,
    ticks: int = TICKS,
    part: dict[str, Any] | None = None,
    **fields: object,
) -> Score:
    """A score of one part on the first channel."""
    defaults: dict[str, Any] = {"name": "Melody", "channel": 0}
    whole = Part(notes=sorted_notes(notes), **(defaults | (part or {})))
    score: dict[str, Any] = {"parts": (whole,)}
    if metre is not None:
        score["time_signatures"] = (time_signature(0, *metre),)
    if tempo is not None:
        score["tempos"] = (Tempo(tick=0, qpm=tempo),)
    return Score(ticks_per_quarter=ticks, **(score | fields))


def time_signature(tick: int, numerator: int, denominator: int) -> TimeSignature:
    return TimeSignature(tick=tick, numerator=numerator, denominator=denominator)


def quarters(**fields: object) -> Score:
    """Eight bars of quarters and halves: where something other than rhythm is shown."""
    return melody(line(walk(24), (1, 1, 2)), **fields)


# === Tempo and metre ===


def tempo_changes() -> Score:
    tempos = enumerate((60, 66, 132, 240, 30, 90.5))
    return quarters(
        tempos=tuple(Tempo(tick=i * 1700 + 1, qpm=qpm) for i, qpm in tempos)
    )


def ritardando() -> Score:
    tempos = tuple(Tempo(tick=5760 + 60 * i, qpm=120 - i) for i in range(60))
    return quarters(tempos=tempos)


def metres() -> Iterator[tuple[str, Maker]]:
    patterns: dict[tuple[int, int], tuple[Length, ...]] = {
        (2, 2): (2, 1, 1),
        (3, 4): (2, 1),
        (3, 8): (1, 0.5),
        (4, 4): (1.5, 0.5, 1, 1),
        (5, 4): (1, 1, 1, 2),
        (6, 8): (1, 0.5, 0.75, 0.25, 0.5),
        (7, 8): (0.5, 0.5, 0.5, 0.5, 1.5),
        (9, 8): (1.5, 1, 0.5, 0.5, 0.5, 0.5),
        (12, 8): (1, 0.5, 1.5, 1, 0.5, 0.5, 0.5, 0.5),
    }
    for metre, lengths in patterns.items():
        notes = line(walk(6 * len(lengths)), lengths)
        name = f"metre_{metre[0]}_{metre[1]}"
        yield name, lambda notes=notes, metre=metre: melody(notes, metre=metre)  # type: ignore[misc]


def metre_changes() -> Score:
    metres = [(4, 4), (3, 4), (6, 8), (5, 8), (2, 4), (4, 4)]
    signatures, tick, lengths = [], 0, []
    for numerator, denominator in metres:
        signatures.append(time_signature(tick, numerator, denominator))
        unit = Fraction(4, denominator)
        lengths += [unit] * (2 * numerator)
        tick += int(2 * numerator * unit * TICKS)
    notes = line(walk(len(lengths)), lengths)
    return melody(notes, time_signatures=tuple(signatures))


# === Rhythm ===


def swing() -> Score:
    return melody(line(walk(48), (Fraction(2, 3), Fraction(1, 3))), tempo=160)


def quintuplets() -> Score:
    fifth = Fraction(1, 5)
    return melody(line(walk(42), (1, *[fifth] * 5, 2)))


def pickup(length: Length, metre: tuple[int, int], lengths: Sequence[Length]) -> Score:
    notes = line(walk(1, start=62), (length,)) + line(walk(30), lengths, start=length)
    return melody(notes, metre=metre, pickup=int(Fraction(length) * TICKS))


def legato_overlaps() -> Score:
    notes = line(walk(24), (1, 0.5, 0.5))
    return melody(replace(note, duration=note.duration + 40) for note in notes)


def staccato() -> Score:
    notes = line(walk(32), (0.5,))
    return melody(replace(note, duration=30) for note in notes)


def humanised() -> Score:
    notes = []
    for i, note in enumerate(line(walk(32), (1, 0.5, 0.5), start=1)):
        late, held = (7919 * i) % 47 - 23, (104729 * i) % 61
        notes.append(
            replace(
                note,
                onset=note.onset + late,
                duration=note.duration - 60 + held,
                velocity=40 + (31 * i) % 80,
            )
        )
    return melody(notes)


def sparse(duration: int) -> Score:
    """Notes of one length each in a quarter of its own, among longer ones."""
    notes = line(walk(24), (1,))
    return melody(
        replace(note, duration=duration if i % 3 else note.duration)
        for i, note in enumerate(notes)
    )


# === Pitch ===


def wide_leap() -> Score:
    return melody(line([36, 81, 60, 72, 48, 79, 36, 81], (1,)))


def repeated_notes() -> Score:
    pitches = [67, 67, 67, 67, 69, 69, 67, 67, 72, 72, 72, 72, 67, 67, 67, 67]
    return melody(line(pitches * 2, (0.5, 0.5, 1)))


# === Rests ===


def rests_inside() -> Score:
    return melody(
        line(walk(12), (1,))
        + line(walk(12), (0.5, 0.5, 1), start=25)
        + line(walk(4), (2,), start=33.5)
    )


def rests_between_notes() -> Score:
    pitches = [p if i % 4 else REST for i, p in enumerate(walk(40))]
    return melody(line(pitches, (0.5, 0.5, 1, 0.25)))


def rests_trailing() -> Score:
    return quarters(markers=(TextEvent(tick=48 * TICKS, text="end"),))


# === What stands beside the notes ===


def with_lyrics() -> Score:
    notes = line(walk(16), (1,))
    words = ["Ah,", "ça", "i-", "ra,", "größ-", "te", "歌", "_", "la", "la", "la"]
    lyrics = tuple(
        TextEvent(tick=note.onset, text=word)
        for note, word in zip(notes, words, strict=False)
    )
    return melody(notes, part={"lyrics": lyrics, "program": 53})


def with_controls() -> Score:
    controls = tuple(
        ControlChange(tick=240 * i, number=number, value=(37 * i) % 128)
        for i in range(30)
        for number in (7, 11, 64)
    )
    return quarters(part={"controls": controls, "program": 40})


def with_pitch_bends() -> Score:
    bends = (PitchBend(tick=120 * i, value=(997 * i) % 16384 - 8192) for i in range(40))
    return quarters(part={"pitch_bends": (*bends, PitchBend(tick=4800, value=0))})


def melody_second() -> Score:
    score = quarters()
    bass = Part(name="Bass", channel=1, program=32, notes=line([48, 43] * 4, (4,)))
    tune = replace(score.parts[0], name="Lead", channel=2, program=65)
    drums = Part(name="Kit", channel=9, is_drum=True, notes=line([36, 42] * 16, (1,)))
    return replace(score, parts=(bass, tune, drums))


def highest_of_three() -> Score:
    parts = tuple(
        Part(name="", channel=i, program=6 * i, notes=line(walk(16, start=p), (2,)))
        for i, p in enumerate((48, 72, 60))
    )
    return quarters(parts=parts)


def latin_1_name() -> bytes:
    return named_file("Mélodie für Flöte".encode("latin-1"))


def smf_0() -> bytes:
    data = named_file(b"One track")
    return data[:8] + (0).to_bytes(2, "big") + data[10:]


def named_file(name: bytes, *, programs: Sequence[int] = (68,)) -> bytes:
    """One track with everything in it; programs change in the bar before the notes."""
    events = [
        MidiEvent(0, midi_events.TRACK_NAME, name),
        MidiEvent(0, midi_events.TEMPO, (600_000).to_bytes(3, "big")),
        MidiEvent(0, midi_events.TIME_SIGNATURE, bytes((3, 2, 24, 8))),
        MidiEvent(0, midi_events.KEY_SIGNATURE, bytes((1, 0))),
    ]
    for i, program in enumerate(programs):
        events.append(MidiEvent(i * TICKS, midi_events.PROGRAM | 3, bytes((program,))))
    for note in line(walk(18), (2, 1), start=3):
        on = midi_events.NOTE_ON | 3
        events.append(MidiEvent(note.onset, on, bytes((note.pitch, 90))))
        events.append(MidiEvent(note.end, on, bytes((note.pitch, 0))))
    return midi_file_bytes([track_bytes(events)], ticks_per_quarter=TICKS)


def smpte() -> bytes:
    """Time in frames: 25 a second, 40 ticks each."""
    data = midi_bytes(melody(line(walk(16), (1,), ticks=500), ticks=500, tempo=None))
    return data[:12] + bytes((256 - 25, 40)) + data[14:]


def resolutions() -> Iterator[tuple[str, Maker]]:
    for ticks in (24, 77, 96, 960, 15360):
        notes = line(walk(32), (1, 0.5, 0.5, 1.5, 0.5), ticks=ticks)
        name = f"ticks_{ticks}"
        yield name, lambda notes=notes, ticks=ticks: melody(notes, ticks=ticks)  # type: ignore[misc]


MELODIES: dict[str, Maker] = {
    "tempo_30": lambda: quarters(tempo=30),
    "tempo_240": lambda: melody(line(walk(64), (0.5,)), tempo=240),
    "tempo_none": lambda: quarters(tempo=None, metre=None),
    "tempo_changes": tempo_changes,
    "ritardando": ritardando,
    **dict(metres()),
    "metre_changes": metre_changes,
    "triplets": lambda: melody(line(walk(48), (Fraction(1, 3),))),
    "triplets_mixed": lambda: melody(line(walk(40), (1, *["1/3"] * 3, 0.5, 0.5, 1))),
    "quintuplets": quintuplets,
    "thirty_seconds": lambda: melody(line(walk(64), (1, *[0.125] * 8, 0.5, 0.5))),
    "swing": swing,
    "dotted": lambda: melody(line(walk(32), (0.75, 0.25, 1.75, 0.25, 1))),
    "syncopated": lambda: melody(line(walk(32), (0.5, 1, 1, 1, 0.5))),
    "pickup_beat": lambda: pickup(1, (4, 4), (1, 1, 2)),
    "pickup_eighth": lambda: pickup(0.5, (6, 8), (1, 0.5)),
    "pickup_three_eighths": lambda: pickup(1.5, (4, 4), (1, 1, 2)),
    "pickup_triplet": lambda: pickup("1/3", (3, 4), (2, 1)),
    "low": lambda: melody(line(walk(24, start=36), (1,))),
    "lowest": lambda: melody(line([0, 2, 4, 5, 7, 5, 4, 0], (1,))),
    "high": lambda: melody(line(walk(24, start=96), (1,))),
    "highest": lambda: melody(line([127, 125, 124, 122, 120, 122, 124, 127], (1,))),
    "male_voice": lambda: melody(line(walk(24, start=53), (1,))),
    "wide_leap": wide_leap,
    "chromatic": lambda: melody(line(list(range(60, 80)), (0.5, 0.5, 1))),
    "repeated_notes": repeated_notes,
    "rests_leading": lambda: melody(line(walk(16), (1,), start=9.5)),
    "rests_inside": rests_inside,
    "rests_between_notes": rests_between_notes,
    "rests_trailing": rests_trailing,
    "legato_overlaps": legato_overlaps,
    "staccato": staccato,
    "humanised": humanised,
    "one_tick_notes": lambda: sparse(1),
    "zero_length_notes": lambda: sparse(0),
    "single_note": lambda: melody(line([69], (1,))),
    "single_one_tick_note": lambda: melody(line([69], (1,), ticks=1)),
    "two_hundred_bars": lambda: melody(line(walk(800), (1, 0.5, 0.5, 2))),
    "lyrics": with_lyrics,
    "controllers": with_controls,
    "pitch_bends": with_pitch_bends,
    "key_changes": lambda: quarters(
        key_signatures=(
            KeySignature(tick=0, sharps=-6, is_minor=True),
            KeySignature(tick=7680, sharps=7),
        )
    ),
    "melody_second": melody_second,
    "highest_of_three": highest_of_three,
    "program_changes_first": lambda: named_file(b"Setup", programs=(19, 41)),
    "latin_1_name": latin_1_name,
    "smf_0": smf_0,
    "smpte": smpte,
    **dict(resolutions()),
}


def files() -> dict[str, bytes]:
    """Return the bytes of every melody by file name."""
    made = {}
    for name, make in MELODIES.items():
        content = make()
        data = content if isinstance(content, bytes) else midi_bytes(content)
        made[f"{name}.mid"] = data
    return made


def main() -> None:
    """Write them all and remove what is no longer made."""
    FOLDER.mkdir(exist_ok=True)
    made = files()
    for path in FOLDER.glob("*.mid"):
        if path.name not in made:
            path.unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
