"""Wishes that change a score before anybody plays it: key, speed, an excerpt.

For synthesis, where times, programs and drums count. Not for laying scores on grids or
into the range of a network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from musegen.data.constants import DEFAULT_TEMPO_QPM, MAX_MIDI_PITCH
from musegen.data.errors import EmptyScoreError, PitchRangeError, UsageError
from musegen.data.score import Note, Part, Score, Tempo, sorted_notes
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ
from musegen.midi_ddsp.parts.automation import Automation, Curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.parts.timing import TempoMap


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRange:
    """A stretch of a score.

    Args:
        first: Its first tick.
        last: The tick after its last; None for the end of the score.
    """

    first: int
    last: int | None = None


def transposed(score: Score, semitones: int) -> Score:
    """Return a score with its pitched parts moved; drums stay.

    Args:
        score: What is moved.
        semitones: Up if positive.

    Raises:
        PitchRangeError: A note would leave what MIDI can say; bar and beat are named.
    """
    if semitones == 0:
        return score

    def moved(note: Note) -> Note:
        pitch = note.pitch + semitones
        if not 0 <= pitch <= MAX_MIDI_PITCH:
            raise PitchRangeError(
                f"{score.bar_beat(note.onset)}: the note {note.pitch} moved by "
                f"{semitones} semitones is {pitch}, and there are 0 to "
                f"{MAX_MIDI_PITCH}: transpose by less"
            )
        return replace(note, pitch=pitch)

    return _with_notes(score, lambda part: tuple(map(moved, part.notes)), drums=False)


def at_speed(score: Score, factor: float) -> Score:
    """Return a score that is played faster, or slower below 1.

    Args:
        score: What is played.
        factor: Above 0; every tempo is multiplied by it.

    Raises:
        UsageError: The factor is not above 0.
    """
    if not 0.0 < factor < math.inf:
        raise UsageError(f"a speed is above 0; got {factor}")
    if factor == 1.0:
        return score
    tempos = score.tempos
    if not tempos or tempos[0].tick > 0:
        tempos = (Tempo(tick=0, qpm=DEFAULT_TEMPO_QPM), *tempos)
    return replace(
        score,
        tempos=tuple(
            replace(tempo, qpm=tempo.qpm * factor) if tempo.qpm > 0 else tempo
            for tempo in tempos
        ),
    )


def only_ticks(score: Score, ticks: TickRange) -> Score:
    """Return a score with the notes of a stretch alone, at the times they had.

    A note that sounds as the stretch begins is begun there; none goes on beyond its
    end. All else (tempo, controllers, places by bar and beat) is as it was.

    Raises:
        EmptyScoreError: No note sounds in the stretch.
    """
    end = score.end if ticks.last is None else ticks.last

    def kept(part: Part) -> tuple[Note, ...]:
        return sorted_notes(
            replace(
                note,
                onset=max(note.onset, ticks.first),
                duration=min(note.end, end) - max(note.onset, ticks.first),
            )
            for note in part.notes
            if note.onset < end and max(note.end, note.onset + 1) > ticks.first
        )

    excerpt = _with_notes(score, kept)
    if not excerpt.num_notes:
        raise EmptyScoreError("no note sounds in these bars: choose others")
    return excerpt


def first_frame(score: Score, ticks: TickRange | None) -> int:
    """Return the frame, 250 a second, with which the sound of a stretch begins."""
    if ticks is None:
        return 0
    return math.floor(TempoMap(score).seconds_at(ticks.first) * FRAME_RATE_HZ + 1e-6)


def moved_earlier(part: PlayablePart, num_frames: int) -> PlayablePart:
    """Return a part that is played earlier.

    Args:
        part: None of its notes begins before frame `num_frames`.
        num_frames: By how much, 250 a second.
    """
    if num_frames == 0:
        return part
    shift_s = num_frames / FRAME_RATE_HZ
    return replace(
        part,
        notes=tuple(
            replace(
                note,
                onset_s=max(0.0, note.onset_s - shift_s),
                offset_s=note.offset_s - shift_s,
            )
            for note in part.notes
        ),
        automation=automation_earlier(part.automation, num_frames),
    )


def automation_earlier(automation: Automation, num_frames: int) -> Automation:
    """Return automation that does everything earlier.

    Args:
        automation: Its frames may come to lie before 0.
        num_frames: By how much, 250 a second.
    """

    def earlier(curve: Curve) -> Curve:
        return Curve(frames=curve.frames - num_frames, values=curve.values)

    return Automation(
        **{
            curve.name: earlier(getattr(automation, curve.name))
            for curve in fields(Automation)
        }
    )


def _with_notes(
    score: Score, change: Callable[[Part], tuple[Note, ...]], *, drums: bool = True
) -> Score:
    parts = tuple(
        replace(part, notes=change(part)) if drums or not part.is_drum else part
        for part in score.parts
    )
    return replace(score, parts=parts)
