"""Taking one voice out of a score: the melody, or the line the user names.

The notes that come back are the very notes of the score. Polyphony where one voice is
needed is an error that names the place and the way out. Which part is meant is decided
in `musegen.data.voice_choice`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from musegen.data.errors import PolyphonyError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.polyphony import find_chords, sound_together
from musegen.data.score import KeySignature, Note, Score
from musegen.data.spelling import pitch_name
from musegen.data.voice_choice import Edge, choose_parts

# An inner voice that enters a sixteenth or more before the outer note ends is not the
# outer line going on, however long both are. Our own choice.
_ENTRY_QUARTER_PARTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedVoice:
    """One voice of a score.

    Args:
        part_index: The part it was taken from, from 0; where several parts share in it,
            the one that gives most notes.
        notes: One after another (a legato overlap aside), sorted; the very objects of
            the score but for those in `cut_notes`.
        other_notes: Notes of the chosen part (for `top` and `bottom` of the whole
            score: of every pitched part) that the voice leaves out, sorted.
        cut_notes: (as written, as in `notes`) for each note that had to be shortened
            because the next one begins while it sounds.
        notices: What the user should hear of.
    """

    part_index: int
    notes: tuple[Note, ...]
    other_notes: tuple[Note, ...] = ()
    cut_notes: tuple[tuple[Note, Note], ...] = ()
    notices: tuple[Notice, ...] = ()


def extract_melody(score: Score, *, voice: str | None = None) -> ExtractedVoice:
    """Return the melody of a score, or the voice that is asked for.

    Args:
        score: Any score with at least one pitched note.
        voice: None picks by itself: the only part with notes, else the one named as a
            melody, else the highest single voice, and says so in a notice. `top` and
            `bottom` take the outer line of all pitched parts: each note that is the
            highest (lowest) as it begins, until one beyond it begins; a note held
            underneath does not come back when the upper one ends. `2` or `track:2` is
            the second part, `channel:3` the part on that MIDI channel (both counted
            from 1), `name:Soprano` or `Soprano` the part whose name contains that. Any
            of these takes `:top` or `:bottom` behind it.

    Returns:
        The voice with what it leaves out.

    Raises:
        EmptyScoreError: There is no pitched note in the score, or in the chosen part.
        PolyphonyError: The chosen part sounds several notes at once and neither `top`
            nor `bottom` was asked for.
        VoiceNotFoundError: No part, or more than one, answers to `voice`.
    """
    choice = choose_parts(score, voice)
    tagged = sorted(
        (
            (note, index)
            for index in choice.indices
            for note in score.parts[index].notes
        ),
        key=lambda pair: pair[0],
    )
    notes = [note for note, _ in tagged]
    if choice.edge is None:
        kept = _without_unisons(notes)
        _require_one_voice(score, [notes[item] for item in kept], choice.indices[0])
        cuts: dict[int, Note] = {}
    else:
        kept, cuts = _outer_line(
            notes, choice.edge, ticks_per_quarter=score.ticks_per_quarter
        )
    is_kept = set(kept)
    left_out = [note for item, note in enumerate(notes) if item not in is_kept]
    votes = [tagged[item][1] for item in kept]
    extracted = ExtractedVoice(
        part_index=max(choice.indices, key=votes.count),
        notes=tuple(cuts.get(item, notes[item]) for item in kept),
        other_notes=tuple(left_out),
        cut_notes=tuple((notes[item], cut) for item, cut in sorted(cuts.items())),
    )
    remarks = _remarks(score, extracted, choice.edge)
    return replace(extracted, notices=(*choice.notices, *remarks))


def _without_unisons(notes: Sequence[Note]) -> list[int]:
    """Indices of sorted notes, of equal onset and pitch only the longest."""
    longest: dict[tuple[int, int], int] = {}
    silent = [item for item, note in enumerate(notes) if not note.duration]
    for item, note in enumerate(notes):
        if note.duration:
            longest[note.onset, note.pitch] = item  # sorted: the longest comes last
    return sorted([*silent, *longest.values()])


def _require_one_voice(score: Score, notes: Sequence[Note], part_index: int) -> None:
    """Raise a PolyphonyError that names the first chord, if there is one."""
    chords = find_chords(notes, ticks_per_quarter=score.ticks_per_quarter)
    if not chords:
        return
    first, more = chords[0], len(chords) - 1
    key = KeySignature(tick=0, sharps=0)
    for signature in score.key_signatures:
        if signature.tick <= first.tick:
            key = signature
    names = [
        pitch_name(pitch, sharps=key.sharps, is_minor=key.is_minor)
        for pitch in sorted({note.pitch for note in first.notes})
    ]
    num_pitched = sum(bool(part.notes) and not part.is_drum for part in score.parts)
    prefix = f"track:{part_index + 1}:" if num_pitched > 1 else ""
    elsewhere = f" (and at {more} more places)" if more > 1 else ""
    elsewhere = " (and at one more place)" if more == 1 else elsewhere
    raise PolyphonyError(
        f"{part_label(score, part_index)}, {score.bar_beat(first.tick)}: "
        f"{', '.join(names[:-1])} and {names[-1]} sound together{elsewhere}, where a "
        f"melody has one note at a time; --voice {prefix}top takes the highest line, "
        f"--voice {prefix}bottom the lowest"
    )


def _outer_line(
    notes: Sequence[Note], edge: Edge, *, ticks_per_quarter: int
) -> tuple[list[int], dict[int, Note]]:
    """Indices of the outer line in sorted notes, and those of them that were cut."""
    sign = 1 if edge is Edge.TOP else -1
    inward = sorted(
        range(len(notes)),
        key=lambda item: (
            notes[item].onset,
            -sign * notes[item].pitch,
            -notes[item].duration,
        ),
    )
    line: list[int] = []
    sounding: list[Note] = []
    for item in inward:
        note = notes[item]
        sounding = [other for other in sounding if other.end > note.onset]
        if not any(
            sign * other.pitch >= sign * note.pitch
            and _hides(other, note, ticks_per_quarter=ticks_per_quarter)
            for other in sounding
        ):
            line.append(item)
        sounding.append(note)
    line.sort()
    return line, _cuts(notes, line, ticks_per_quarter=ticks_per_quarter)


def _cuts(
    notes: Sequence[Note], line: Sequence[int], *, ticks_per_quarter: int
) -> dict[int, Note]:
    """Shortened forms of the notes of a line that sound together with a later one."""
    cuts: dict[int, Note] = {}
    is_settled = False
    while not is_settled:  # a note that was cut may have had a longer overlap before it
        is_settled = True
        ringing: list[int] = []
        for item in line:
            note = cuts.get(item, notes[item])
            ringing = [other for other in ringing if notes[other].end > note.onset]
            for other in ringing:
                earlier = cuts.get(other, notes[other])
                if earlier.pitch != note.pitch and sound_together(
                    earlier, note, ticks_per_quarter=ticks_per_quarter
                ):
                    length = note.onset - earlier.onset
                    cuts[other] = replace(earlier, duration=length)
                    is_settled = False
            ringing.append(item)
    return cuts


def _hides(outer: Note, inner: Note, *, ticks_per_quarter: int) -> bool:
    """Whether a sounding note as far out keeps a beginning one from the line."""
    if not inner.duration:
        return True
    if outer.pitch == inner.pitch:
        return outer.onset == inner.onset
    overlap = min(outer.end, inner.end) - inner.onset
    if overlap * _ENTRY_QUARTER_PARTS >= ticks_per_quarter:
        return True
    return sound_together(outer, inner, ticks_per_quarter=ticks_per_quarter)


def _remarks(
    score: Score, extracted: ExtractedVoice, edge: Edge | None
) -> list[Notice]:
    """What was left out and what was cut."""
    notices: list[Notice] = []
    if extracted.other_notes:
        count, first = len(extracted.other_notes), extracted.other_notes[0]
        if edge is None:
            code, what = "unison-notes", "doubled at the unison and read once"
        else:
            side = "below" if edge is Edge.TOP else "above"
            code, what = "notes-left-out", f"{side} the {edge} line and left out of it"
        notices.append(
            Notice(
                code=code,
                message=f"{_counted(count)} {what}",
                place=score.bar_beat(first.onset),
            )
        )
    if extracted.cut_notes:
        notices.append(
            Notice(
                code="notes-cut",
                message=f"{_counted(len(extracted.cut_notes))} shortened in the {edge} "
                f"line, because the next one begins meanwhile",
                place=score.bar_beat(extracted.cut_notes[0][0].onset),
            )
        )
    return notices


def _counted(count: int) -> str:
    return "1 note is" if count == 1 else f"{count} notes are"
