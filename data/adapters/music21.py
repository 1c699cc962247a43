"""`Score` to and from `music21.stream.Score` (extra `score`).

A music21 score holds, exactly: notes with pitch, onset, length and velocity; part
names, programs, channels and drums; tempos, metres, keys; pickup; lyrics; fermatas;
markers (as rehearsal marks); title; the resolution (kept in `score.editorial`).

Tempos within a millionth of a whole number become it. It cannot hold controllers, pitch
bends and changes of program within a part, nor notes' order among equals. A syllable
that stands under no note becomes a text, and comes back as a marker. From music21 a
`Score` cannot hold the spelling of pitches, articulations, dynamics, slurs, ornaments,
grace notes, chord symbols and repeats; `read_music21` says which it met.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from musegen.data.adapters.music21_reading import TICKS_KEY, load_music21, read_music21
from musegen.data.constants import DRUM_CHANNEL
from musegen.data.musicxml_elements import Lyric, syllables
from musegen.data.musicxml_fermatas import under_fermatas
from musegen.data.musicxml_layout import (
    Layout,
    Segment,
    bar_rest,
    exact_events,
    lay_out,
    voices,
    with_whole_beats,
)
from musegen.data.score import KeySignature, Note, Part, Score
from musegen.data.spelling import estimate_sharps, spell

if TYPE_CHECKING:
    import music21

__all__ = ["from_music21", "read_music21", "to_music21"]

_MAX_DENOMINATOR = 65535  # music21's own limit for fractions of a quarter


def from_music21(stream: music21.stream.Stream[Any]) -> Score:
    """Return the music of a music21 stream.

    Args:
        stream: A Score, a Part, or any stream with notes (which is then the one part).
            Transposing instruments are brought to sounding pitch; tied notes become
            one.

    Returns:
        The music, exact wherever the stream's offsets are.

    Raises:
        InputError: The stream is an Opus (several pieces).
        MissingPackageError: music21 is not installed.
    """
    return read_music21(stream).score


def to_music21(score: Score) -> music21.stream.Score:
    """Return a score as music21 parts and measures, pitches spelled by the key.

    Args:
        score: Any score of at most 65 535 ticks a quarter. Notes are cut and tied at
            bar lines; those that overlap in one part stand in voices.

    Raises:
        MissingPackageError: music21 is not installed.
        ValueError: More ticks a quarter than music21 can count.
    """
    if score.ticks_per_quarter > _MAX_DENOMINATOR:
        raise ValueError(
            f"music21 counts up to {_MAX_DENOMINATOR} ticks a quarter; got "
            f"{score.ticks_per_quarter}: bring the score to a coarser resolution first"
        )
    m21 = load_music21()
    even = with_whole_beats(score)
    layout = lay_out(even, until=_last_mark(even) + 1, exact=True)
    stream: music21.stream.Score = m21.stream.Score()
    stream.editorial[TICKS_KEY] = score.ticks_per_quarter
    if score.title:
        stream.metadata = m21.metadata.Metadata(title=score.title)
    for number, part in enumerate(even.parts, start=1):
        writer = _PartWriter(
            score=even, part=part, layout=layout, lyrics=_lyrics_by_tick(part)
        )
        stream.insert(0, writer.build(f"P{number}", has_marks=number == 1))
    return stream


def _last_mark(score: Score) -> int:
    """Return the last tick at which anything but a note stands."""
    ticks = [
        *(tempo.tick for tempo in score.tempos),
        *(metre.tick for metre in score.time_signatures),
        *(key.tick for key in score.key_signatures),
        *(marker.tick for marker in score.markers),
        *(lyric.tick for part in score.parts for lyric in part.lyrics),
    ]
    return max(ticks, default=0)


def _lyrics_by_tick(part: Part) -> dict[int, list[Lyric]]:
    """Syllables under the notes that begin with them."""
    onsets = {note.onset for note in part.notes}
    found: dict[int, list[Lyric]] = {}
    texts = syllables([event.text for event in part.lyrics])
    for event, lyric in zip(part.lyrics, texts, strict=True):
        if event.tick in onsets:
            found.setdefault(event.tick, []).append(lyric)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _PartWriter:
    """Builds one music21 part.

    Args:
        score: The whole score, for what all parts share.
        part: The part.
        layout: Bars at their exact lengths.
        lyrics: Syllables by the tick of their note; each is used once.
    """

    score: Score
    part: Part
    layout: Layout
    lyrics: dict[int, list[Lyric]]

    def build(self, part_id: str, *, has_marks: bool) -> music21.stream.Part:
        """Return the part; one part of a score has the tempos and markers."""
        m21 = load_music21()
        result: music21.stream.Part = m21.stream.Part(id=part_id)
        result.partName = self.part.name
        result.insert(0, self._instrument())
        measures = self._measures()
        self._insert_signatures(measures)
        self._insert_texts(measures, has_marks=has_marks)
        rows = under_fermatas(
            self.part,
            voices(exact_events(self.part, self.layout)),
            self.layout,
            place_of=self.layout.exact_place,
        )
        for index, measure in enumerate(measures):
            found = {
                str(number): row[index]
                for number, row in enumerate(rows, start=1)
                if index in row
            }
            self._fill(measure, index, found)
            result.insert(self.layout.bars[index].at, measure)
        return result

    def _instrument(self) -> music21.instrument.Instrument:
        m21 = load_music21()
        part = self.part
        result: music21.instrument.Instrument = (
            m21.instrument.UnpitchedPercussion()
            if part.is_drum
            else m21.instrument.Instrument()
        )
        result.partName = part.name
        result.midiProgram = part.program
        is_silent_drum = part.is_drum and part.channel is None
        result.midiChannel = DRUM_CHANNEL if is_silent_drum else part.channel
        return result

    def _measures(self) -> list[music21.stream.Measure]:
        m21 = load_music21()
        result = []
        for bar in self.layout.bars:
            measure = m21.stream.Measure(number=bar.number)
            measure.paddingLeft = float(bar.offset)
            result.append(measure)
        return result

    def _insert(
        self,
        measures: Sequence[music21.stream.Measure],
        tick: int,
        element: music21.base.Music21Object,
    ) -> None:
        """Put an element at a tick into the measure that holds it."""
        index = self.layout.bar_index_at(tick)
        place = self.layout.exact_place(tick) - self.layout.bars[index].at
        measures[index].insert(place, element)

    def _insert_signatures(self, measures: Sequence[music21.stream.Measure]) -> None:
        m21 = load_music21()
        for metre in self.score.time_signatures:
            name = f"{metre.numerator}/{metre.denominator}"
            self._insert(measures, metre.tick, m21.meter.TimeSignature(name))
        for signature in self.score.key_signatures:
            key = m21.key.KeySignature(signature.sharps)
            mode = "minor" if signature.is_minor else "major"
            self._insert(measures, signature.tick, key.asKey(mode))

    def _insert_texts(
        self, measures: Sequence[music21.stream.Measure], *, has_marks: bool
    ) -> None:
        """Put in tempos and markers, and syllables that no note carries."""
        m21 = load_music21()
        onsets = {note.onset for note in self.part.notes}
        for lyric in self.part.lyrics:
            if lyric.tick not in onsets:
                text = m21.expressions.TextExpression(lyric.text)
                self._insert(measures, lyric.tick, text)
        if not has_marks:
            return
        for tempo in self.score.tempos:
            mark = m21.tempo.MetronomeMark(
                number=tempo.qpm, referent=m21.duration.Duration(1.0)
            )
            self._insert(measures, tempo.tick, mark)
        for marker in self.score.markers:
            rehearsal = m21.expressions.RehearsalMark(marker.text)
            self._insert(measures, marker.tick, rehearsal)

    def _fill(
        self,
        measure: music21.stream.Measure,
        index: int,
        rows: Mapping[str, Sequence[Segment]],
    ) -> None:
        """Put the notes and rests of a bar into its measure, by voices if several."""
        m21 = load_music21()
        bar = self.layout.bars[index]
        if not rows:
            rows = {"1": [bar_rest(bar)]}
        for name, row in rows.items():
            voice = m21.stream.Voice(id=name) if len(rows) > 1 else None
            for segment in row:
                target = measure if voice is None else voice
                target.insert(segment.start - bar.offset, self._element(segment))
            if voice is not None:
                measure.insert(0, voice)

    def _element(self, segment: Segment) -> music21.note.GeneralNote:
        """Return a rest, a note or a chord."""
        m21 = load_music21()
        duration = m21.duration.Duration(segment.end - segment.start)
        result: music21.note.GeneralNote = m21.note.Rest()
        if segment.event is not None:
            notes = [self._note(note, segment) for note in segment.event.notes]
            result = notes[0] if len(notes) == 1 else m21.chord.Chord(notes)
        result.duration = duration
        if segment.has_fermata:
            result.expressions.append(m21.expressions.Fermata())
        if segment.event is not None and not segment.is_tied_in:
            onset = segment.event.notes[0].onset
            for number, lyric in enumerate(self.lyrics.pop(onset, []), start=1):
                result.lyrics.append(
                    m21.note.Lyric(
                        text=lyric.text, number=number, syllabic=lyric.syllabic
                    )
                )
        return result

    def _note(self, note: Note, segment: Segment) -> music21.note.Note:
        m21 = load_music21()
        key = self._key_at(note.onset)
        name = spell(note.pitch, sharps=key.sharps, is_minor=key.is_minor)
        pitch = m21.pitch.Pitch(step=name.step, octave=name.octave)
        if name.alter:
            pitch.accidental = m21.pitch.Accidental(name.alter)
        result: music21.note.Note = m21.note.Note(pitch)
        result.volume.velocity = note.velocity
        tie = _TIES[segment.is_tied_in, segment.is_tied_out]
        result.tie = m21.tie.Tie(tie) if tie else None
        return result

    def _key_at(self, tick: int) -> KeySignature:
        """Return the key in force, or one that fits the notes where none is given."""
        keys = self.score.key_signatures
        if not keys:
            pitches = [note.pitch for note in self.part.notes]
            return KeySignature(tick=0, sharps=estimate_sharps(pitches))
        earlier = [key for key in keys if key.tick <= tick]
        return earlier[-1] if earlier else KeySignature(tick=0, sharps=0)


_TIES: Mapping[tuple[bool, bool], str] = {
    (False, False): "",
    (False, True): "start",
    (True, True): "continue",
    (True, False): "stop",
}
