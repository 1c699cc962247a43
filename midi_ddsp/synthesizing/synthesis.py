"""From a plan of parts to their sound and to the mix: what `musegen synth` does.

    synthesis = Synthesis(plan, performer, wishes=SynthesisWishes(...))
    mixer = Mixer(synthesis.mix_options(...), sample_rate)
    for block in synthesis.mix(mixer):      # float32 [n, channels]
        ...

Sample n of the sound is the time n / sample_rate of the score. A line depends on its
own notes, its name and the seed; never on what other lines there are. Memory does not
grow with the length of the music beyond its notes. Files and words are `musegen.cli`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.data.notices import Notice
from musegen.data.score import ControlChange, Part, Score
from musegen.engine.seeds import derive_seed
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.mixing.mixing import Mixer, Stem, Tap
from musegen.midi_ddsp.mixing.panning import Pan, seats
from musegen.midi_ddsp.parameters import (
    A4_HZ,
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
)
from musegen.midi_ddsp.parts.automation import read_automation
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.parts.timing import TempoMap
from musegen.midi_ddsp.synthesizing.casting import SoundFontPart, SynthesisPlan
from musegen.midi_ddsp.synthesizing.line import Line, LineSound, LineWishes
from musegen.midi_ddsp.synthesizing.performers import TAIL_S, Performer, PlayingChoices
from musegen.midi_ddsp.synthesizing.score_wishes import (
    automation_earlier,
    moved_earlier,
)
from musegen.midi_ddsp.tables.note_table import PartialNoteTable

if TYPE_CHECKING:
    from musegen.midi_ddsp.presets.expression_presets import PresetChoice
    from musegen.midi_ddsp.tables.automation_files import AutomationTable

FloatArray = NDArray[np.float32]
Blocks = Iterable[SynthesisParameters]

SOUND_FONT_BLOCK_S = 0.2
"""Length of a piece of what a sound font plays."""

_FINE_TUNING, _COARSE_TUNING, _NO_PARAMETER = 1, 2, 127  # registered parameters
_DATA, _DATA_FINE, _REGISTERED_FINE, _REGISTERED = 6, 38, 100, 101
_TUNING_CENTRE, _TUNING_STEPS_A_SEMITONE, _CENTRE = 8192, 8192, 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SynthesisWishes:
    """What the user wants of all lines, or of some by key (`SynthesisPlan.keys`).

    Args:
        choices: What may be drawn; each line has a seed of its own, derived from this.
        sample_rate: In Hz.
        has_learned_rooms: Whether each line is played in the room learned with its
            instrument.
        room_gain: Of these rooms, linear.
        tuning_hz: Of the A above middle C.
        presets: Named changes of the expression.
        expression: Cells of tables of expression, by key.
        automation: What is moved beside what the score moves.
        parameters: What some lines sound like, by key.
        sound_font: Plays what the plan gives to a sound font.
        first_frame: The frame of the score, 250 a second, that is heard first.
    """

    choices: PlayingChoices = field(default_factory=PlayingChoices)
    sample_rate: int = SAMPLE_RATE_HZ
    has_learned_rooms: bool = True
    room_gain: float = 1.0
    tuning_hz: float = A4_HZ
    presets: tuple[PresetChoice, ...] = ()
    expression: Mapping[str, PartialNoteTable] = field(default_factory=dict)
    automation: AutomationTable | None = None
    parameters: Mapping[str, Blocks] = field(default_factory=dict)
    sound_font: Path | None = None
    first_frame: int = 0


class Synthesis:
    """A score that is about to sound.

    Args:
        score: The score, for what a sound font plays.
        plan: Who plays what of it.
        performer: Plays the lines; None where a sound font plays all.
        wishes: What else is wanted.

    Raises:
        InputError: The automation names a part that is not there.
    """

    def __init__(
        self,
        score: Score,
        plan: SynthesisPlan,
        performer: Performer | None,
        *,
        wishes: SynthesisWishes,
    ) -> None:
        self._score = score
        self._plan = plan
        self._wishes = wishes
        parts = [moved_earlier(part, wishes.first_frame) for part in plan.parts]
        if wishes.automation is not None:
            wishes.automation.refuse_unknown_parts(parts)
        self.keys = plan.keys
        """What files of its parts are called by."""
        seeds = _seeds([part.name for part in parts], wishes.choices.seed)
        self.lines = tuple(
            self._line(part, key, performer, seed)
            for part, key, seed in zip(parts, self.keys, seeds, strict=False)
            if performer is not None
        )
        """What performers play."""

    @property
    def duration_s(self) -> float:
        """About how long it sounds, in seconds: rooms may ring on."""
        ends_s = [line.part.end_s + TAIL_S for line in self.lines]
        times = TempoMap(self._score)
        start_s = self._wishes.first_frame / FRAME_RATE_HZ
        for part in self._plan.sound_font_parts:
            end = max(note.end for note in part.notes)
            ends_s.append(times.seconds_at(end) - start_s)
        return max(ends_s)

    def stems(self, taps: Mapping[str, Tap] | None = None) -> tuple[Stem, ...]:
        """Return what a mixer takes, in the order of `keys`.

        Args:
            taps: Called with the sound of some lines, by key.
        """
        taps = taps or {}
        sounds = [
            *(line.sound() for line in self.lines),
            *(self._sound_font_sound(part) for part in self._plan.sound_font_parts),
        ]
        return tuple(
            Stem(name=key, blocks=sound, pan=pan, tap=taps.get(key))
            for key, sound, pan in zip(self.keys, sounds, self._pans(), strict=True)
        )

    def notices(self) -> tuple[Notice, ...]:
        """Return what is to be said of the wishes, each thing once.

        Raises:
            InputError: A table of expression does not fit its line.
        """
        told = [notice for line in self.lines for notice in line.notices]
        return tuple(dict.fromkeys(told))

    def mix(
        self,
        mixer: Mixer,
        *,
        taps: Mapping[str, Tap] | None = None,
        advance: Callable[[int], object] | None = None,
    ) -> Generator[FloatArray]:
        """Yield the mix, float32 [n, channels].

        Args:
            mixer: A new one.
            taps: See `stems`.
            advance: Called with each whole second of music that is made.
        """
        num_samples, told_s = 0, 0
        mixed = mixer.mix(self.stems(taps))
        try:
            for block in mixed:
                yield block
                num_samples += len(block)
                done_s = num_samples // self._wishes.sample_rate
                if advance is not None and done_s > told_s:
                    advance(done_s - told_s)
                    told_s = done_s
        finally:
            mixed.close()

    def _line(
        self, part: PlayablePart, key: str, performer: Performer, seed: int
    ) -> Line:
        wishes = self._wishes
        table = wishes.automation
        automation = None
        if table is not None:
            automation = automation_earlier(table.for_part(part), wishes.first_frame)
        return Line(
            part=part,
            performer=performer,
            choices=replace(
                wishes.choices, seed=seed, works_ahead=len(self._plan.parts) == 1
            ),
            wishes=LineWishes(
                expression=wishes.expression.get(key),
                presets=wishes.presets,
                automation=automation,
                parameters=wishes.parameters.get(key),
                tuning_hz=wishes.tuning_hz,
            ),
            sound_wishes=LineSound(
                sample_rate=wishes.sample_rate,
                room=self._room(performer, part),
                room_gain=wishes.room_gain,
            ),
        )

    def _room(self, performer: Performer, part: PlayablePart) -> ImpulseResponse | None:
        if not self._wishes.has_learned_rooms:
            return None
        return performer.room(part.instrument.name)

    def _pans(self) -> list[Pan]:
        """Where the score puts its parts; where it puts none anywhere, in seats.

        A part that the user puts somewhere leaves its seat, and is moved from where the
        score puts it.
        """
        given = [line.part.automation.pan for line in self.lines]
        times = TempoMap(self._score)
        for part in self._plan.sound_font_parts:
            source = self._score.parts[part.part_index]
            given.append(read_automation(source, times.seconds_at).pan)
        places: list[Pan] = [*given]
        if all(pan.is_constant and pan.values[0] == 0.0 for pan in given):
            names = [line.part.instrument.name for line in self.lines]
            seated = (float(place) for place in seats(names))
            places = [*seated, *(0.0 for _ in self._plan.sound_font_parts)]
        table = self._wishes.automation
        for index, line in enumerate(self.lines):
            if table is not None and table.places(line.part) and not line.is_given:
                places[index] = line.automation.pan
        return places

    def _sound_font_sound(self, part: SoundFontPart) -> Iterator[FloatArray]:
        from musegen.midi_ddsp.synthesizing.sound_font_parts import (
            iterate_sound_font_part,
        )

        wishes = self._wishes
        assert wishes.sound_font is not None, "the plan has parts for a sound font"
        source = self._score.parts[part.part_index]
        cents = LineWishes(tuning_hz=wishes.tuning_hz).tuning_cents
        changed = tuned_part(replace(source, notes=part.notes), cents)
        parts = [*self._score.parts]
        parts[part.part_index] = changed
        blocks = iterate_sound_font_part(
            replace(self._score, parts=tuple(parts)),
            part.part_index,
            sound_font=wishes.sound_font,
            sample_rate=wishes.sample_rate,
            block_samples=int(SOUND_FONT_BLOCK_S * wishes.sample_rate),
        )
        return _without_first(blocks, _samples_of(wishes))


def tuned_part(part: Part, cents: float) -> Part:
    """Return a part with the registered parameters that tune its channel.

    Args:
        part: Percussion stays as it is.
        cents: Up if positive.

    Source:
        MIDI 1.0, registered parameters 1 (fine tuning) and 2 (coarse tuning).
    """
    if cents == 0.0 or part.is_drum:
        return part
    semitones = int(cents // 100.0)
    steps = round((cents / 100.0 - semitones) * _TUNING_STEPS_A_SEMITONE)
    fine = min(_TUNING_CENTRE + steps, 2 * _TUNING_CENTRE - 1)
    numbers = (
        (_REGISTERED, 0),
        (_REGISTERED_FINE, _COARSE_TUNING),
        (_DATA, _CENTRE + semitones),
        (_REGISTERED_FINE, _FINE_TUNING),
        (_DATA, fine >> 7),
        (_DATA_FINE, fine & 127),
        (_REGISTERED, _NO_PARAMETER),
        (_REGISTERED_FINE, _NO_PARAMETER),
    )
    told = (ControlChange(tick=0, number=n, value=value) for n, value in numbers)
    return replace(part, controls=(*told, *part.controls))


def _seeds(names: Sequence[str], seed: int) -> list[int]:
    """A seed for each line, by its name and by how many of that name came before."""
    met: Counter[str] = Counter()
    seeds = []
    for name in names:
        seeds.append(derive_seed(seed, name, met[name]))
        met[name] += 1
    return seeds


def _samples_of(wishes: SynthesisWishes) -> int:
    """The samples of the score before the first that is heard."""
    return round(wishes.first_frame * wishes.sample_rate / FRAME_RATE_HZ)


def _without_first(
    blocks: Iterable[FloatArray], num_samples: int
) -> Iterator[FloatArray]:
    for block in blocks:
        if num_samples >= len(block):
            num_samples -= len(block)
            continue
        yield block[num_samples:]
        num_samples = 0
