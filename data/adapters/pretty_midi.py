"""`Score` to and from `pretty_midi.PrettyMIDI`.

A PrettyMIDI holds notes, velocities, programs, drums, names, controllers, pitch bends,
tempos, metres, lyrics and texts. Its times are seconds; the ticks come back exactly,
through its own tick scales.

It cannot hold: the pickup; the title; fermatas; channels; changes of program within a
part (its first program plays all of it); whose the lyrics are (they come back in the
part that has most notes where the syllables stand); keys with more than six accidentals
(Cb major comes back as B major, C# as Db, and Gb as F#, which it does not tell apart).
A tempo of 120 that was only implied comes back as a tempo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from musegen.data.adapters.seconds import TempoMap
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

if TYPE_CHECKING:
    import pretty_midi


def to_pretty_midi(score: Score) -> pretty_midi.PrettyMIDI:
    """Return a score as a PrettyMIDI, one instrument a part, in order.

    Args:
        score: Any score; empty parts become instruments without notes, which
            pretty_midi leaves out of the files it writes.
    """
    import pretty_midi

    result = pretty_midi.PrettyMIDI(resolution=score.ticks_per_quarter)
    tempo_map = TempoMap(ticks_per_quarter=score.ticks_per_quarter, tempos=score.tempos)
    # PrettyMIDI has no public way to more than one tempo.
    result._tick_scales = list(tempo_map.tick_scales)
    result._update_tick_to_time(0)
    at = tempo_map.seconds_at
    result.instruments = [_instrument(part, tempo_map) for part in score.parts]
    result.time_signature_changes = [
        pretty_midi.TimeSignature(s.numerator, s.denominator, at(s.tick))
        for s in score.time_signatures
    ]
    result.key_signature_changes = [
        pretty_midi.KeySignature(_key_number(s), at(s.tick))
        for s in score.key_signatures
    ]
    lyrics = sorted(event for part in score.parts for event in part.lyrics)
    result.lyrics = [pretty_midi.Lyric(e.text, at(e.tick)) for e in lyrics]
    result.text_events = [pretty_midi.Text(e.text, at(e.tick)) for e in score.markers]
    return result


def from_pretty_midi(midi: pretty_midi.PrettyMIDI) -> Score:
    """Return the music of a PrettyMIDI.

    Args:
        midi: Any; times between two ticks go to the nearer one. A velocity of 0 becomes
            1.

    Raises:
        ValueError: A note ends before it begins, or its pitch is not 0 to 127.
    """

    def tick(seconds: float) -> int:
        return int(midi.time_to_tick(seconds))

    parts = [_part(instrument, midi) for instrument in midi.instruments]
    lyrics = [TextEvent(tick=tick(e.time), text=e.text) for e in midi.lyrics]
    return Score(
        ticks_per_quarter=midi.resolution,
        parts=_with_lyrics(parts, lyrics),
        tempos=tuple(
            Tempo(tick=int(start), qpm=_qpm(60.0 / (float(scale) * midi.resolution)))
            for start, scale in midi._tick_scales
        ),
        time_signatures=tuple(
            TimeSignature(
                tick=tick(s.time),
                numerator=int(s.numerator),
                denominator=int(s.denominator),
            )
            for s in midi.time_signature_changes
        ),
        key_signatures=tuple(
            _key_signature(int(s.key_number), tick(s.time))
            for s in midi.key_signature_changes
        ),
        markers=tuple(
            TextEvent(tick=tick(e.time), text=e.text) for e in midi.text_events
        ),
    )


def _instrument(part: Part, tempo_map: TempoMap) -> pretty_midi.Instrument:
    import pretty_midi

    at = tempo_map.seconds_at
    result = pretty_midi.Instrument(part.program, is_drum=part.is_drum, name=part.name)
    result.notes = [
        pretty_midi.Note(n.velocity, n.pitch, at(n.onset), at(n.end))
        for n in part.notes
    ]
    result.control_changes = [
        pretty_midi.ControlChange(c.number, c.value, at(c.tick)) for c in part.controls
    ]
    result.pitch_bends = [
        pretty_midi.PitchBend(b.value, at(b.tick)) for b in part.pitch_bends
    ]
    return result


def _part(instrument: pretty_midi.Instrument, midi: pretty_midi.PrettyMIDI) -> Part:
    def tick(seconds: float) -> int:
        return int(midi.time_to_tick(seconds))

    return Part(
        notes=sorted_notes(
            Note(
                onset=tick(n.start),
                duration=tick(n.end) - tick(n.start),
                pitch=int(n.pitch),
                velocity=max(1, int(n.velocity)),
            )
            for n in instrument.notes
        ),
        name=instrument.name,
        program=int(instrument.program),
        is_drum=bool(instrument.is_drum),
        controls=tuple(
            ControlChange(tick=tick(c.time), number=int(c.number), value=int(c.value))
            for c in instrument.control_changes
        ),
        pitch_bends=tuple(
            PitchBend(tick=tick(b.time), value=int(b.pitch))
            for b in instrument.pitch_bends
        ),
    )


def _with_lyrics(
    parts: Sequence[Part], lyrics: Sequence[TextEvent]
) -> tuple[Part, ...]:
    """Give the lyrics to the part with most notes where they stand (or the first)."""
    if not lyrics or not parts:
        return tuple(parts)
    ticks = {event.tick for event in lyrics}
    matches = [len(ticks & {note.onset for note in part.notes}) for part in parts]
    singer = matches.index(max(matches))
    return tuple(
        replace(part, lyrics=tuple(lyrics)) if index == singer else part
        for index, part in enumerate(parts)
    )


def _qpm(value: float) -> float:
    """Undo the last bit that going over seconds a tick may cost."""
    return round(value, 9)


def _key_number(key: KeySignature) -> int:
    """Key number of pretty_midi: pitch class of the tonic, 12 more in minor."""
    tonic = (7 * key.sharps + (9 if key.is_minor else 0)) % 12
    return tonic + 12 * key.is_minor


def _key_signature(key_number: int, tick: int) -> KeySignature:
    """Return the signature with the fewest accidentals, F# rather than Gb."""
    is_minor = key_number >= 12
    major_tonic = (key_number - (9 if is_minor else 0)) % 12
    sharps = (7 * major_tonic + 5) % 12 - 5
    return KeySignature(tick=tick, sharps=sharps, is_minor=is_minor)
