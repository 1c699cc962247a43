"""Hard constraints: what every filled score satisfies, as users say it.

Statements are in MIDI pitches and in steps of the grid. `Constraints.resolve` turns
them into what each cell may be, and refuses what cannot be met, naming the place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from musegen.coconet.config import VOICE_NAMES
from musegen.coconet.constraint_cells import ALL_VOICES, SILENCE, Cells
from musegen.coconet.drawing import Allowed
from musegen.coconet.predicting import PitchIndex
from musegen.data.errors import UsageError
from musegen.data.spelling import pitch_name

CadenceKind = Literal["authentic", "half", "plagal"]

_PERFECT_FIFTH, _OCTAVE = 7, 12
_SEVENTH_OF_DOMINANT = 5  # above the tonic


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedNote:
    """A voice has one pitch, or is silent.

    Args:
        voice: 0 = soprano to 3 = bass.
        start: First step.
        end: Step after the last.
        pitch: MIDI pitch; None = silence.
    """

    voice: int
    start: int
    end: int
    pitch: int | None

    def restrict(self, cells: Cells) -> None:
        """Apply to the cells."""
        steps = cells.steps(self.start, self.end)
        if self.pitch is None:
            is_meant = SILENCE
            words = f"the {VOICE_NAMES[self.voice]} is pinned to silence"
        else:
            is_meant = cells.pitches(lambda pitch: pitch == self.pitch)
            words = (
                f"the {VOICE_NAMES[self.voice]} is pinned to {cells.name(self.pitch)}"
            )
            if not is_meant.any():
                raise UsageError(
                    f"{cells.place(self.start)}: {words}, which lies outside what the "
                    f"network knows, {cells.reach()}: pin a pitch within"
                )
        cells.check_given(self.voice, steps, is_meant, words)
        if self.pitch is None:
            cells.allow_silence((self.voice,), steps)
        cells.keep((self.voice,), steps, is_meant, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedChord:
    """A whole chord sounds in each step; the bass may be bound to one note.

    Every note of the chord is in some voice, but for a perfect fifth above the root,
    which the voices may leave out. Given voices have to begin with notes of the chord.

    Args:
        start: First step.
        end: Step after the last.
        pitch_classes: Notes of the chord, its root first; 0 = C to 11 = B.
        bass: Pitch class of the bass, of the chord or not. None: any note of the chord.
        optional: Notes that need not sound either.
        name: What the user calls it; empty names its notes.
    """

    start: int
    end: int
    pitch_classes: tuple[int, ...]
    bass: int | None = None
    optional: tuple[int, ...] = ()
    name: str = field(default="", compare=False)

    @property
    def required(self) -> tuple[int, ...]:
        """The notes that have to sound."""
        fifth = (self.pitch_classes[0] + _PERFECT_FIFTH) % _OCTAVE
        spared = (fifth, *self.optional)
        return tuple(note for note in self.pitch_classes if note not in spared)

    def restrict(self, cells: Cells) -> None:
        """Apply to the cells."""
        first = slice(self.start, self.start + 1)
        for voice in self._chord_voices:
            cells.check_given(
                voice, first, self._notes(cells) | SILENCE, self._words(cells)
            )
        self.bind(cells, f"the chord {self.name or cells.names(self.pitch_classes)}")

    def bind(self, cells: Cells, needed_by: str) -> None:
        """Apply to the free cells; of the given ones only a bound bass is checked.

        Args:
            cells: All cells.
            needed_by: What the chord is for, in messages.
        """
        steps = cells.steps(self.start, self.end)
        is_meant = self._notes(cells) | SILENCE
        cells.keep(self._chord_voices, steps, is_meant, self._words(cells))
        if self.bass is not None:
            is_meant = cells.pitches(lambda pitch: pitch % _OCTAVE == self.bass)
            chord = f"the chord {self.name}".strip()
            words = f"the bass of {chord} is {cells.names((self.bass,))}"
            first = slice(self.start, self.start + 1)
            cells.check_given(ALL_VOICES[-1], first, is_meant | SILENCE, words)
            cells.keep(ALL_VOICES[-1:], steps, is_meant, words)
        cells.require(steps, self.required, needed_by)

    @property
    def _chord_voices(self) -> tuple[int, ...]:
        """The voices that sound notes of the chord."""
        return ALL_VOICES if self.bass is None else ALL_VOICES[:-1]

    def _notes(self, cells: Cells) -> NDArray[np.bool_]:
        return cells.pitches(lambda pitch: np.isin(pitch % _OCTAVE, self.pitch_classes))

    def _words(self, cells: Cells) -> str:
        return f"the chord is {self.name or cells.names(self.pitch_classes)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRange:
    """Free notes of voices lie within a range, or outside of it.

    Args:
        voices: 0 = soprano to 3 = bass.
        lowest: MIDI pitch, inclusive.
        highest: MIDI pitch, inclusive.
        start: First step.
        end: Step after the last; None: to the end.
        is_forbidden: Whether the range is what is to be avoided.
    """

    voices: tuple[int, ...]
    lowest: int
    highest: int
    start: int = 0
    end: int | None = None
    is_forbidden: bool = False

    def __post_init__(self) -> None:
        if self.lowest > self.highest:
            raise UsageError(
                f"a range goes from its lowest pitch up; received "
                f"{pitch_name(self.lowest)} to {pitch_name(self.highest)}"
            )

    def restrict(self, cells: Cells) -> None:
        """Apply to the cells."""
        is_within = cells.pitches(
            lambda pitch: (pitch >= self.lowest) & (pitch <= self.highest)
        )
        is_meant = ~is_within if self.is_forbidden else is_within | SILENCE
        verb = "keeps out of" if self.is_forbidden else "stays within"
        names = " and the ".join(VOICE_NAMES[voice] for voice in self.voices)
        words = (
            f"each of the {names} {verb} {cells.name(self.lowest)} to "
            f"{cells.name(self.highest)}"
        ).removeprefix("each of " if len(self.voices) == 1 else "")
        steps = cells.steps(self.start, self.end)
        cells.keep(self.voices, steps, is_meant, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """Free cells may be silent, or may not.

    Args:
        is_allowed: Which of the two.
        voices: 0 = soprano to 3 = bass.
        start: First step.
        end: Step after the last; None: to the end.
    """

    is_allowed: bool
    voices: tuple[int, ...] = ALL_VOICES
    start: int = 0
    end: int | None = None

    def restrict(self, cells: Cells) -> None:
        """Apply to the cells."""
        steps = cells.steps(self.start, self.end)
        if not self.is_allowed:
            is_sound = ~SILENCE
            cells.keep(self.voices, steps, is_sound, "rests are forbidden")
        elif cells.writes_rests:
            cells.allow_silence(self.voices, steps)
        else:
            raise UsageError(
                "this network writes no rests: leave out where they are allowed, or "
                "name another model with --model"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How a phrase ends: its last chord, and the one before where that is part of it.

    Both are whole chords, as of `PinnedChord`. Given notes have to belong to the last
    one; they may pass through the one before.

    Args:
        kind: `authentic` (dominant, tonic), `plagal` (subdominant, tonic) or `half` (to
            the dominant); all with their roots in the bass.
        tonic: Pitch class of the key, 0 = C to 11 = B.
        is_minor: Mode of the key.
        end: Step after the last chord.
        final_steps: Length of the last chord.
        approach_steps: Length of the chord before; 0 leaves it open.
        has_picardy_third: Whether the tonic is major in minor.
    """

    kind: CadenceKind
    tonic: int
    is_minor: bool = False
    end: int
    final_steps: int = 4
    approach_steps: int = 4
    has_picardy_third: bool = False

    def __post_init__(self) -> None:
        if self.kind not in get_args(CadenceKind):
            raise UsageError(
                f"a cadence is one of {', '.join(get_args(CadenceKind))}; received "
                f"'{self.kind}'"
            )

    def chords(self) -> tuple[PinnedChord, ...]:
        """Return the chords it consists of, the last first.

        Source:
            Any textbook of harmony; the dominant may have its seventh.
        """
        third = 3 if self.is_minor and not self.has_picardy_third else 4
        tonic, dominant = (0, third, 7), (7, 11, 2)
        subdominant = (5, 8 if self.is_minor else 9, 0)
        last, before = {
            "authentic": (tonic, (*dominant, _SEVENTH_OF_DOMINANT)),
            "plagal": (tonic, subdominant),
            "half": (dominant, None),
        }[self.kind]
        turn = self.end - self.final_steps
        chords = [self._chord(last, turn, self.end)]
        if before is not None and self.approach_steps:
            chords.append(self._chord(before, turn - self.approach_steps, turn))
        return tuple(chords)

    def _chord(self, notes: tuple[int, ...], start: int, end: int) -> PinnedChord:
        return PinnedChord(
            start=start,
            end=end,
            pitch_classes=tuple((self.tonic + note) % _OCTAVE for note in notes),
            bass=(self.tonic + notes[0]) % _OCTAVE,
            optional=tuple((self.tonic + note) % _OCTAVE for note in notes[3:]),
        )

    def restrict(self, cells: Cells) -> None:
        """Apply to the cells; given notes have to fit the last chord."""
        last, *_ = chords = self.chords()
        fits = cells.pitches(lambda pitch: np.isin(pitch % _OCTAVE, last.pitch_classes))
        words = f"the {self.kind} cadence ends on {cells.names(last.pitch_classes)}"
        for voice in ALL_VOICES:
            steps = cells.steps(last.start, last.end)
            cells.check_given(voice, steps, fits | SILENCE, words)
        for chord in chords:
            chord.bind(cells, f"the {self.kind} cadence")


Statement = PinnedNote | PinnedChord | VoiceRange | Rests | Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What every result satisfies.

    Args:
        statements: All hold at once. Where rests are allowed or forbidden the later
            statement counts.
        forbids_crossing: Whether a voice may never lie beyond its neighbour.
        shift: Semitones from pitches as stated to pitches as the network sees them.
        sharps: Key signature by which messages spell pitches, -7 to 7.
        is_minor: Whether that key is minor.
    """

    statements: tuple[Statement, ...] = ()
    forbids_crossing: bool = False
    shift: int = 0
    sharps: int = 0
    is_minor: bool = False

    def shifted(self, semitones: int) -> Constraints:
        """Return the same for a score that is transposed for the network."""
        return replace(self, shift=self.shift + semitones)

    def resolve(
        self,
        pitch: PitchIndex,
        is_free: NDArray[np.bool_],
        *,
        allow_rests: bool,
        writes_rests: bool,
        place: Callable[[int], str] | None = None,
        is_later: NDArray[np.bool_] | None = None,
        is_given: NDArray[np.bool_] | None = None,
    ) -> Allowed:
        """Return what each cell may be.

        Args:
            pitch: (time, voice), index of given cells, -1 = silence.
            is_free: Same shape.
            allow_rests: Whether free cells may be silent where nothing else is said.
            writes_rests: Whether the network can draw silence.
            place: Names the bar and beat of a step; None: steps are counted.
            is_later: Same shape as `is_free`, cells that are written afterwards; None:
                there are none.
            is_given: Same shape, cells that nobody writes; None: all that are neither
                free nor written afterwards.

        Raises:
            UsageError: Statements contradict one another or what is given, or reach
                beyond the score or the network.
        """
        cells = Cells(
            pitch,
            is_free,
            shift=self.shift,
            allow_rests=allow_rests,
            writes_rests=writes_rests,
            place=place or (lambda step: f"step {step + 1}"),
            spell=self._spell,
            is_later=is_later,
            is_given=is_given,
        )
        for statement in sorted(self.statements, key=lambda one: _order(one)):
            statement.restrict(cells)
        return cells.allowed(forbids_crossing=self.forbids_crossing)

    def _spell(self, pitch: int) -> str:
        return pitch_name(pitch, sharps=self.sharps, is_minor=self.is_minor)


def _order(statement: Statement) -> int:
    """Rests are allowed before anything is pinned or forbidden."""
    return 0 if isinstance(statement, Rests) and statement.is_allowed else 1
