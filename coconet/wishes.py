"""What users ask of every result, in places and names that musicians use.

`alto@3:2=F#4` becomes a `Pin`, `4:1=Am` a `ChordWish`; `constraints_of` turns wishes
into the statements of `musegen.coconet.constraints` for a score on its grid, and
refuses those that could not act.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from musegen.coconet.config import VOICE_NAMES
from musegen.coconet.constraints import (
    Cadence,
    CadenceKind,
    Constraints,
    PinnedChord,
    PinnedNote,
    Statement,
    VoiceRange,
)
from musegen.coconet.given import parse_voice
from musegen.coconet.score_planes import parse_place, tick_of_place
from musegen.coconet.score_task import ScoreTask
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key, find_key
from musegen.data.quantization import SILENCE
from musegen.data.score import BarBeat

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ALTERS = {"": 0, "#": 1, "##": 2, "b": -1, "bb": -2}
_CHORDS = {
    "": (0, 4, 7),
    "maj": (0, 4, 7),
    "m": (0, 3, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7": (0, 3, 7, 10),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
}
_FINAL_SHARE_OF_BAR = 0.5  # of a last chord that no given note holds. Our own choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A voice at a place; `pitch` None is a rest."""

    voice: int
    place: BarBeat
    pitch: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChordWish:
    """A chord at a place; `bass` None is any of its notes."""

    place: BarBeat
    pitch_classes: tuple[int, ...]
    bass: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeWish:
    """The lowest and the highest pitch of a voice, both included."""

    voice: int
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """All that a user asks of every result.

    Args:
        pins: Notes at places.
        chords: Chords at places.
        ranges: Of voices, none twice.
        cadence: How the written music ends; None leaves it open.
        key: Of the cadence; None takes the key signature, or finds one.

    Raises:
        UsageError: A place or a voice was named twice, or the key cannot act.
    """

    pins: tuple[Pin, ...] = ()
    chords: tuple[ChordWish, ...] = ()
    ranges: tuple[RangeWish, ...] = ()
    cadence: CadenceKind | None = None
    key: Key | None = None

    def __post_init__(self) -> None:
        named = [f"--pin {VOICE_NAMES[pin.voice]} in {pin.place}" for pin in self.pins]
        named += [f"--chord in {chord.place}" for chord in self.chords]
        named += [f"--range {VOICE_NAMES[one.voice]}" for one in self.ranges]
        for name in named:
            if named.count(name) > 1:
                raise UsageError(f"{name} was given twice: leave one out")


def parse_pin(text: str) -> Pin:
    """Read `alto@3:2=F#4`, or `alto@3:2=rest`.

    Raises:
        UsageError: It is not of this form.
    """
    where, equals, pitch = text.partition("=")
    voice, at, place = where.partition("@")
    if not (equals and at):
        raise UsageError(
            f"--pin {text}: write voice, place and pitch, as in alto@3:2=F#4"
        )
    is_rest = pitch.strip().lower() == "rest"
    return Pin(
        voice=parse_voice(voice),
        place=parse_place(place),
        pitch=None if is_rest else parse_pitch(pitch),
    )


def parse_chord_wish(text: str) -> ChordWish:
    """Read `4:1=Am`, `4:3=D7` or `5:1=G/B`.

    Raises:
        UsageError: It is not of this form.
    """
    place, equals, name = text.partition("=")
    if not equals:
        raise UsageError(f"--chord {text}: write place and chord, as in 4:1=Am")
    chord, slash, bass = name.strip().partition("/")
    match = re.fullmatch(r"([A-G])(##|#|bb|b)?(.*)", chord)
    intervals = None if match is None else _CHORDS.get(match[3])
    if match is None or intervals is None:
        raise UsageError(
            f"'{name.strip()}' is no chord that is known: write a root and one of "
            f"{', '.join(kind for kind in _CHORDS if kind)} or nothing, as in Am, "
            "F#dim or G/B"
        )
    root = _pitch_class(match[1], match[2])
    return ChordWish(
        place=parse_place(place),
        pitch_classes=tuple((root + interval) % 12 for interval in intervals),
        bass=parse_pitch_class(bass) if slash else None,
    )


def parse_range(text: str) -> RangeWish:
    """Read `tenor=C3..G4`.

    Raises:
        UsageError: It is not of this form, or goes downwards.
    """
    voice, equals, span = text.partition("=")
    low, dots, high = span.partition("..")
    if not (equals and dots):
        raise UsageError(
            f"--range {text}: write voice, lowest and highest pitch, as in tenor=C3..G4"
        )
    wish = RangeWish(
        voice=parse_voice(voice), lowest=parse_pitch(low), highest=parse_pitch(high)
    )
    if wish.lowest > wish.highest:
        raise UsageError(f"--range {text}: the lower pitch comes first, as in C3..G4")
    return wish


def parse_pitch(text: str) -> int:
    """Read `F#4` or a MIDI number; middle C is C4, or 60.

    Raises:
        UsageError: It is no pitch.
    """
    word = text.strip()
    match = re.fullmatch(r"([A-Ga-g])(##|#|bb|b)?(-?\d{1,2})", word)
    pitch = -1
    if match is not None:
        natural = _NATURALS[match[1].upper()] + _ALTERS[match[2] or ""]
        pitch = natural + 12 * (int(match[3]) + 1)
    elif re.fullmatch(r"\d{1,3}", word):
        pitch = int(word)
    if not 0 <= pitch <= 127:
        raise UsageError(
            f"'{word}' is no pitch: write a name such as F#4 (middle C is C4), or a "
            "MIDI number from 0 to 127"
        )
    return pitch


def parse_pitch_class(text: str) -> int:
    """Read `F#` as 6; C is 0.

    Raises:
        UsageError: It is no name of a note.
    """
    match = re.fullmatch(r"\s*([A-G])(##|#|bb|b)?\s*", text)
    if match is None:
        raise UsageError(f"'{text.strip()}' is no note: write A to G, with # or b")
    return _pitch_class(match[1], match[2])


def parse_key(text: str) -> Key:
    """Read `G`, `Em`, `Bb major`, `c# minor`.

    Raises:
        UsageError: It is no key.
    """
    match = re.fullmatch(
        r"\s*([A-Ga-g])(#|b)?\s*(m|min|minor|maj|major)?\s*", text, re.ASCII
    )
    if match is None:
        raise UsageError(
            f"'{text.strip()}' is no key: write G, Em, Bb, F#m, 'C minor' or the like"
        )
    mode = match[3] or ""
    return Key(
        tonic=_pitch_class(match[1].upper(), match[2]),
        is_minor=mode.startswith("m") and not mode.startswith("maj"),
    )


def tonic_chord(key: Key, place: BarBeat) -> ChordWish:
    """Return the wish for the tonic triad at a place, its root in the bass."""
    third = 3 if key.is_minor else 4
    return ChordWish(
        place=place,
        pitch_classes=tuple((key.tonic + note) % 12 for note in (0, third, 7)),
        bass=key.tonic,
    )


def constraints_of(wishes: Wishes, task: ScoreTask) -> Constraints | None:
    """Turn wishes into statements about the steps of a score.

    Args:
        wishes: What is asked for.
        task: The score, which says where the places are and what is free.

    Returns:
        The statements; None where nothing is asked for.

    Raises:
        UsageError: A wish lies outside of the score, or where nothing is written.
    """
    statements: list[Statement] = []
    for pin in wishes.pins:
        start, end = _beat_of(pin.place, task)
        what = f"--pin {VOICE_NAMES[pin.voice]}"
        _require_free(task, what, (pin.voice,), start, end, pin.place)
        statements.append(
            PinnedNote(voice=pin.voice, start=start, end=end, pitch=pin.pitch)
        )
    for chord in wishes.chords:
        start, end = _beat_of(chord.place, task)
        _require_free(task, "--chord", (0, 1, 2, 3), start, end, chord.place)
        statements.append(
            PinnedChord(
                start=start,
                end=end,
                pitch_classes=chord.pitch_classes,
                bass=chord.bass,
            )
        )
    for one in wishes.ranges:
        if not task.is_free[:, one.voice].any():
            raise UsageError(
                f"--range {VOICE_NAMES[one.voice]} does nothing: no note of the "
                f"{VOICE_NAMES[one.voice]} is to be written; leave it out"
            )
        statements.append(
            VoiceRange(voices=(one.voice,), lowest=one.lowest, highest=one.highest)
        )
    if wishes.cadence is not None:
        statements.append(_cadence(wishes.cadence, wishes.key, task))
    if not statements:
        return None
    return Constraints(statements=tuple(statements), shift=task.shift)


def key_of_score(task: ScoreTask) -> Key:
    """Return the key that the end of a score is in.

    A key signature stands for its major or its minor key, whichever the notes are
    heard in; without one the notes alone decide.
    """
    pitch = task.pitch
    weights = np.bincount(pitch[pitch != SILENCE] % 12, minlength=12)
    heard = find_key(weights.astype(np.float64))
    signatures = [s for s in task.score.key_signatures if s.tick < task.end_tick]
    if not signatures:
        return heard
    last = signatures[-1]
    major = Key(tonic=last.sharps * 7 % 12, is_minor=False)
    minor = Key(tonic=(major.tonic + 9) % 12, is_minor=True)
    if heard in (major, minor):
        return heard
    return minor if last.is_minor else major


def _pitch_class(letter: str, accidental: str | None) -> int:
    return (_NATURALS[letter] + _ALTERS[accidental or ""]) % 12


def _beat_of(place: BarBeat, task: ScoreTask) -> tuple[int, int]:
    """Steps from a place to the end of its harmonic beat."""
    tick = tick_of_place(task.score, place, end=task.grid.end)
    grid = task.grid
    if not grid.start <= tick < grid.end:
        raise UsageError(
            f"{place} lies where nothing is written: name a place from "
            f"{task.place(0)} to {task.place(grid.num_steps - 1)}"
        )
    start = min(grid.step_at(tick), grid.num_steps - 1)
    return start, start + grid.steps_per_beat - start % grid.steps_per_beat


def _require_free(
    task: ScoreTask,
    what: str,
    voices: tuple[int, ...],
    start: int,
    end: int,
    place: BarBeat,
) -> None:
    if not task.is_free[start:end, list(voices)].any():
        raise UsageError(
            f"{what} does nothing in {place}: no note is to be written there; leave it "
            "out, or name another place"
        )


def _cadence(kind: CadenceKind, key: Key | None, task: ScoreTask) -> Cadence:
    """The cadence at the end of what is written."""
    free_steps = np.flatnonzero(task.is_free.any(axis=1))
    end = int(free_steps[-1]) + 1
    key = key_of_score(task) if key is None else key
    beat = task.grid.steps_per_beat
    start = _final_start(task, end)
    final = task.pitch[start:end]
    has_major_third = bool((final[final != SILENCE] % 12 == (key.tonic + 4) % 12).any())
    return Cadence(
        kind=kind,
        tonic=key.tonic,
        is_minor=key.is_minor,
        end=end,
        final_steps=end - start,
        approach_steps=min(beat, start),
        has_picardy_third=key.is_minor and has_major_third,
    )


def _final_start(task: ScoreTask, end: int) -> int:
    """First step of the last chord: of the last given note, or of the half bar."""
    for given in task.voices:
        if not task.is_free[end - 1, given.voice]:
            onsets = np.flatnonzero(given.line.is_onset[:end])
            if len(onsets):
                return int(onsets[-1])
    tick = task.grid.tick_of(end - 1)
    bar = task.score.time_signature_at(max(tick, task.score.pickup)).quarters_per_bar
    beats = Fraction(bar * task.score.ticks_per_quarter) * task.grid.steps_per_beat
    bar_steps = beats / (task.grid.tick_of(task.grid.steps_per_beat) - task.grid.start)
    half = int(bar_steps * Fraction(_FINAL_SHARE_OF_BAR))
    return max(end - max(half, task.grid.steps_per_beat), 0)
