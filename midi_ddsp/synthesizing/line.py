"""One line from notes to sound: expression, parameters, edits, samples, as a stream.

Every level is open: the table of expression and the synthesis parameters come from a
performer or from the user, and can be taken out again. Not for several lines together
(`musegen.midi_ddsp.synthesizing.synthesis`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.engine.seeds import derive_seed
from musegen.midi_ddsp.dsp.rendering import Renderer, RenderOptions, render_blocks
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.parameters import A4_HZ, SAMPLE_RATE_HZ, SynthesisParameters
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.automating import apply_automation, combine
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices
from musegen.midi_ddsp.tables.note_table import NoteTable, PartialNoteTable

if TYPE_CHECKING:
    from musegen.midi_ddsp.presets.expression_presets import PresetChoice

CENTS_AN_OCTAVE = 1200.0
LOWEST_TUNING_HZ, HIGHEST_TUNING_HZ = 220.0, 880.0

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineWishes:
    """What the user wants of how a line is played.

    Args:
        expression: Cells laid over the table of expression.
        presets: Named changes of it, after these cells.
        automation: What is moved beside what the score moves.
        parameters: Blocks to be sounded as they stand, from the beginning of the line,
            250 frames a second, in place of those that a performer would play.
        tuning_hz: Of the A above middle C.

    Raises:
        UsageError: The tuning is out of range.
    """

    expression: PartialNoteTable | None = None
    presets: tuple[PresetChoice, ...] = ()
    automation: Automation | None = None
    parameters: Iterable[SynthesisParameters] | None = None
    tuning_hz: float = A4_HZ

    def __post_init__(self) -> None:
        if not LOWEST_TUNING_HZ <= self.tuning_hz <= HIGHEST_TUNING_HZ:
            raise UsageError(
                f"a tuning is {LOWEST_TUNING_HZ:g} to {HIGHEST_TUNING_HZ:g} Hz; got "
                f"{self.tuning_hz:g}"
            )

    @property
    def tuning_cents(self) -> float:
        """How far the tuning is from 440 Hz."""
        return CENTS_AN_OCTAVE * math.log2(self.tuning_hz / A4_HZ)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineSound:
    """How parameters become samples.

    Args:
        sample_rate: In Hz.
        room: That only this line is played in, None for none.
        room_gain: Linear.
    """

    sample_rate: int = SAMPLE_RATE_HZ
    room: ImpulseResponse | None = None
    room_gain: float = 1.0


@dataclass(slots=True, kw_only=True, eq=False)
class Line:
    """A part and all that is wanted of it; make one, then take its `sound` once.

    Args:
        part: What is played.
        performer: Who plays it.
        choices: What may be drawn, with a seed of this line's own.
        wishes: What is changed.
        sound_wishes: How it sounds.
        tap: Called with each block of parameters that is sounded.
    """

    part: PlayablePart
    performer: Performer
    choices: PlayingChoices = field(default_factory=PlayingChoices)
    wishes: LineWishes = field(default_factory=LineWishes)
    sound_wishes: LineSound = field(default_factory=LineSound)
    tap: Callable[[SynthesisParameters], None] | None = None
    _table: NoteTable | None = field(default=None, init=False)
    _notices: tuple[Notice, ...] = field(default=(), init=False)

    @property
    def table(self) -> NoteTable:
        """The notes and how each is played, all edits in it.

        Raises:
            InputError: An edit does not fit.
        """
        if self._table is None:
            self._table = self._expression()
        return self._table

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What of the wishes does nothing or is more than the performer can do.

        Raises:
            InputError: An edit does not fit.
        """
        if not self.is_given:
            _ = self.table
        return self._notices

    def _expression(self) -> NoteTable:
        wishes = self.wishes
        if wishes.expression is None and not wishes.presets:
            predicted = self.performer.expression(self.part, self.choices)
            return self.performer.playable(predicted)
        from musegen.midi_ddsp.synthesizing.expression_edits import edited_expression

        edited = edited_expression(
            self.part,
            self.performer,
            self.choices,
            cells=wishes.expression,
            presets=wishes.presets,
        )
        self._notices = edited.notices
        return edited.table

    @property
    def automation(self) -> Automation:
        """What the score and the user move together."""
        if self.wishes.automation is None:
            return self.part.automation
        return combine(self.part.automation, self.wishes.automation)

    @property
    def is_given(self) -> bool:
        """Whether parameters are given, so that nobody plays the notes."""
        return self.wishes.parameters is not None

    def parameters(self) -> Iterator[SynthesisParameters]:
        """Yield what is sounded, in blocks of any length, edits and tuning in it."""
        if self.wishes.parameters is not None:
            yield from self.wishes.parameters
            return
        automation = self.automation
        played = self.performer.parameters(
            replace(self.part, automation=automation), self.table, self.choices
        )
        tuned = _tuned(automation, self.wishes.tuning_cents)
        first = 0
        for block in played:
            last = first + block.num_frames
            yield apply_automation(block, tuned.frames(first, last))
            first = last

    def sound(self) -> Iterator[FloatArray]:
        """Yield the sound, [n], from the beginning of the score; memory is constant."""
        wishes = self.sound_wishes
        renderer = Renderer(
            sample_rate=wishes.sample_rate,
            reverb=wishes.room,
            seed=derive_seed(self.choices.seed, "noise"),
            options=RenderOptions(
                reverb_gain=wishes.room_gain,
                has_reverb_tail=wishes.room is not None,
                is_extended=wishes.sample_rate > SAMPLE_RATE_HZ,
            ),
        )
        return render_blocks(self._tapped(), renderer=renderer)

    def _tapped(self) -> Iterator[SynthesisParameters]:
        for block in self.parameters():
            if self.tap is not None:
                self.tap(block)
            yield block


def _tuned(automation: Automation, cents: float) -> Automation:
    if cents == 0.0:
        return automation
    bend = automation.bend_cents
    moved = (
        constant_curve(float(bend.values[0]) + cents)
        if bend.is_constant
        else Curve(frames=bend.frames, values=bend.values + cents)
    )
    return replace(automation, bend_cents=moved)
