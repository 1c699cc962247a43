"""From a music21 stream to a `Score`, with a notice for everything a score cannot keep.

Serves `musegen.data.adapters.music21` and the MusicXML reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from musegen.data.adapters.notation_content import (
    Content,
    Heard,
    PartContent,
    result_of,
)
from musegen.data.constants import DRUM_CHANNEL, MAX_MIDI_PITCH, MAX_MIDI_VELOCITY
from musegen.data.errors import InputError, MissingPackageError
from musegen.data.read_result import ReadResult
from musegen.data.score import Note
from musegen.data.spelling import pitch_name

if TYPE_CHECKING:
    import music21

    M21Stream: TypeAlias = music21.stream.Stream[Any]
    # A note, rest, chord or drum: music21 has no common type with all their attributes.
    M21Note: TypeAlias = Any

TICKS_KEY = "musegen_ticks_per_quarter"
_START = Fraction(0)
_MAX_DENOMINATOR = 65535
_DEFAULT_VELOCITY = Note(onset=0, duration=0, pitch=0).velocity


def load_music21() -> ModuleType:
    """Return the music21 package.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        import music21
    except ModuleNotFoundError as error:
        if error.name != "music21":
            raise
        raise MissingPackageError(
            "music21", extra="score", purpose="reading and writing music21 scores"
        ) from error
    return music21


def read_music21(stream: M21Stream) -> ReadResult:
    """Return the music of a music21 stream and what a score could not keep of it.

    Args:
        stream: A Score, a Part, or any stream with notes (which is then the one part).

    Returns:
        The score and notices: grace notes, repeats (not expanded), chord symbols, marks
        of expression, tempos read from words, bars whose length differs from the metre.

    Raises:
        InputError: The stream is an Opus (several pieces).
        MissingPackageError: music21 is not installed.
    """
    m21 = load_music21()
    if isinstance(stream, m21.stream.Opus):
        raise InputError(
            "a music21 Opus holds several pieces: convert each of its scores by itself"
        )
    sounding = _at_sounding_pitch(stream)
    content = Content()
    is_score = isinstance(sounding, m21.stream.Score)
    parts: list[M21Stream] = list(sounding.getElementsByClass(m21.stream.Part))
    if not is_score:
        parts = []
    for part in parts or [sounding]:
        content.parts.append(_read_part(part, content))
    if parts:
        _read_score_level(sounding, content)
    _read_bars(parts[0] if parts else sounding, content)
    metadata = getattr(sounding, "metadata", None)
    if metadata is not None:
        content.title = metadata.title or metadata.movementName or ""
    if stream.hasEditorialInformation:
        content.ticks_per_quarter = stream.editorial.get(TICKS_KEY)
    return result_of(content)


def _at_sounding_pitch(stream: M21Stream) -> M21Stream:
    """Return the stream as it sounds, where an instrument or a line transposes."""
    m21 = load_music21()
    elements = stream.recurse()
    transposes = any(
        found.transposition is not None
        for found in elements.getElementsByClass(m21.instrument.Instrument)
    )
    ottava = elements.getElementsByClass(m21.spanner.Ottava).first()
    return stream.toSoundingPitch() if transposes or ottava is not None else stream


def _quarters(value: float | Fraction) -> Fraction:
    return Fraction(value).limit_denominator(_MAX_DENOMINATOR)


def _read_part(part: M21Stream, content: Content) -> PartContent:
    """Read one part; what belongs to the whole score goes into `content`."""
    m21 = load_music21()
    result = PartContent()
    elements = list(_walk(part))
    instruments = [
        (element, place)
        for element, place, _ in elements
        if isinstance(element, m21.instrument.Instrument)
    ]
    name = getattr(part, "partName", None)
    if instruments:
        first, _ = instruments[0]
        name = name or first.partName
        result.program = first.midiProgram or 0
        result.channel = first.midiChannel
        is_unpitched = isinstance(first, m21.instrument.UnpitchedPercussion)
        result.is_drum = is_unpitched or first.midiChannel == DRUM_CHANNEL
        if len({instrument.midiProgram for instrument, _ in instruments}) > 1:
            content.remark(
                "program-change",
                f"part '{name or ''}' changes its instrument; the first one is kept",
                instruments[1][1],
            )
    result.name = name or ""
    for element, place, voice in elements:
        if isinstance(element, m21.note.GeneralNote):
            _read_note(element, place, voice, result, content)
        elif isinstance(element, m21.spanner.Spanner):
            _read_spanner(element, content)
        else:
            _read_mark(element, place, content)
    return result


def _walk(
    stream: M21Stream, start: Fraction = _START, voice: str = ""
) -> Iterator[tuple[music21.base.Music21Object, Fraction, str]]:
    """Yield (element, place, name of the voice) of all that is in a stream, deeply."""
    m21 = load_music21()
    for element in stream:
        place = start + _quarters(stream.elementOffset(element))
        if isinstance(element, m21.stream.Voice):
            yield from _walk(element, place, str(element.id))
        elif isinstance(element, m21.stream.Stream):
            yield from _walk(element, place, voice)
        else:
            yield element, place, voice


def _read_note(
    element: M21Note,
    place: Fraction,
    voice: str,
    part: PartContent,
    content: Content,
) -> None:
    """Read a note, chord or drum; of a rest only its fermata."""
    m21 = load_music21()
    if element.isRest:
        _read_expressions(element, place, part, content)
        return
    if isinstance(element, m21.harmony.Harmony):
        content.left_out["chord symbols"] += 1
        return
    members = list(element.notes) if hasattr(element, "notes") else [element]
    if element.duration.isGrace:
        names = ", ".join(pitch_name(_pitch(member)) for member in members)
        message = f"the grace note {names} is left out"
        content.remark("grace-note", message, place)
        return
    end = place + _quarters(element.duration.quarterLength)
    for member in members:
        tie = member.tie or element.tie
        part.heard.append(
            Heard(
                start=place,
                end=end,
                pitch=min(max(_pitch(member), 0), MAX_MIDI_PITCH),
                velocity=_velocity(member) or _velocity(element) or _DEFAULT_VELOCITY,
                tie=tie.type if tie is not None else "",
                voice=voice,
            )
        )
    content.left_out["articulations"] += len(element.articulations)
    for carrier in {id(one): one for one in (element, *members)}.values():
        _read_expressions(carrier, place, part, content)
    for lyric in sorted(element.lyrics, key=lambda found: found.number):
        goes_on = lyric.syllabic in {"begin", "middle"}
        part.lyrics.append((place, f"{lyric.text or ''}{'-' if goes_on else ''}"))


def _read_expressions(
    element: M21Note, place: Fraction, part: PartContent, content: Content
) -> None:
    """Keep the fermata of a note, a chord, a member of one or a rest; count the others.

    Of tied notes the one that has the fermata is where it stands.
    """
    m21 = load_music21()
    for expression in element.expressions:
        if isinstance(expression, m21.expressions.Fermata):
            part.fermatas.append(place)
        else:
            content.left_out["ornaments"] += 1


def _pitch(member: M21Note) -> int:
    """Return the MIDI number of a note; of a drum the one its instrument has."""
    instrument = getattr(member, "storedInstrument", None)
    mapped = getattr(instrument, "percMapPitch", None)
    if not hasattr(member, "pitch"):
        line = member.displayPitch().midi if mapped is None else mapped
        return int(line)
    number = round(member.pitch.ps)
    return int(number)


def _velocity(element: M21Note) -> int | None:
    if not element.hasVolumeInformation() or element.volume.velocity is None:
        return None
    velocity = round(element.volume.velocity)
    return min(max(int(velocity), 1), MAX_MIDI_VELOCITY)


def _read_mark(
    element: music21.base.Music21Object, place: Fraction, content: Content
) -> None:
    """Read a tempo, metre, key or text; count what has no place in a score."""
    m21 = load_music21()
    if isinstance(element, m21.tempo.MetronomeMark):
        number = element.numberSounding or element.number
        if number:
            qpm = float(number * element.referent.quarterLength)
            content.tempos.setdefault(place, qpm)
            if element.numberImplicit and element.numberSounding is None:
                content.remark(
                    "tempo-from-words",
                    f"'{element.text}' is taken as {qpm:g} quarters a minute",
                    place,
                )
    elif isinstance(element, m21.meter.TimeSignature):
        metre = (element.numerator, element.denominator)
        if content.metres.setdefault(place, metre) != metre:
            content.remark(
                "several-metres",
                f"another part has {metre[0]}/{metre[1]} here; the first one is kept",
                place,
            )
    elif isinstance(element, m21.key.KeySignature):
        is_minor = getattr(element, "mode", None) == "minor"
        content.keys.setdefault(place, (element.sharps or 0, is_minor))
    elif isinstance(
        element, m21.expressions.TextExpression | m21.expressions.RehearsalMark
    ):
        content.markers.append((place, str(element.content)))
    elif isinstance(element, m21.repeat.RepeatMark):
        content.remark("repeats", _REPEATS)
    elif isinstance(element, m21.dynamics.Dynamic):
        content.left_out["dynamics"] += 1


_REPEATS = "the file has repeats, which are not played: each bar is read once"


def _read_spanner(spanner: music21.base.Music21Object, content: Content) -> None:
    """Count lines over several notes; brackets of staves are no music."""
    m21 = load_music21()
    if isinstance(spanner, m21.spanner.RepeatBracket):
        content.remark("repeats", _REPEATS)
    elif not isinstance(spanner, m21.layout.StaffGroup):
        content.left_out["slurs and other lines"] += 1


def _read_score_level(score: M21Stream, content: Content) -> None:
    """Read what stands in the score outside all parts."""
    m21 = load_music21()
    for element in score:
        if isinstance(element, m21.spanner.Spanner):
            _read_spanner(element, content)
        elif not isinstance(element, m21.stream.Stream):
            _read_mark(element, _quarters(score.elementOffset(element)), content)


def _read_bars(part: M21Stream, content: Content) -> None:
    """Find the pickup, and repeats at bar lines."""
    m21 = load_music21()
    measures = list(part.getElementsByClass(m21.stream.Measure))
    content.bar_starts = [_quarters(part.elementOffset(m)) for m in measures]
    for measure in measures:
        lines = (measure.leftBarline, measure.rightBarline)
        if any(isinstance(line, m21.bar.Repeat) for line in lines):
            content.remark("repeats", _REPEATS)
        pauses = [line for line in lines if line is not None and line.pause is not None]
        content.left_out["fermatas over bar lines"] += len(pauses)
    if not measures:
        return
    first = measures[0]
    length = _quarters(first.duration.quarterLength)
    if len(measures) > 1:
        length = content.bar_starts[1] - content.bar_starts[0]
    numerator, denominator = content.metres.get(content.bar_starts[0], (4, 4))
    full = Fraction(4 * numerator, denominator)
    if len(measures) > 1:
        # A short bar before a new metre is one that the new metre cuts short.
        is_cut = first.number != 0 and content.bar_starts[1] in content.metres
        is_short = length < full and not is_cut
    else:
        is_short = length < full and first.paddingLeft > 0
    if length and (is_short or (first.number == 0 and length != full)):
        content.pickup = length
