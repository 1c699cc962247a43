"""Our performer: an Expression Generator and a Synthesis Generator behind one door."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from musegen.engine.seeds import derive_seed
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.generators.controls import (
    COLUMNS,
    CONTROL_NAMES,
    controls_of_table,
    playable,
    playable_table,
)
from musegen.midi_ddsp.generators.described import known_instrument
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.line import make_line
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.note_frames import seconds_to_frame
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SynthesisParameters
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.performers import TAIL_S, PlayingChoices
from musegen.midi_ddsp.synthesizing.velocity_levels import velocity_gains_db
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

DEFAULT_SYNTHESIS = "synthesis_base"
DEFAULT_EXPRESSION = "expression_base"

# A decibel more makes the tone this much brighter. Our own choice.
_BRIGHTER_PER_DB = 0.015
# Notes that touch but are not slurred are this far apart when played.
_GAP_SHARE = 0.1
_LEAST_GAP_FRAMES, _MOST_GAP_FRAMES = 3, 10
_LEAST_FRAMES = 4
_TOUCH_S = 0.003

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PerformerModel:
    """Our generators as a `Performer`. Make one with `load`.

    Args:
        synthesis: What makes sound of controls.
        expression: What decides on controls.
    """

    synthesis: SynthesisModel
    expression_model: ExpressionModel

    @classmethod
    def load(
        cls,
        synthesis: str | Path = DEFAULT_SYNTHESIS,
        expression: str | Path = DEFAULT_EXPRESSION,
        *,
        device: str = "auto",
        num_threads: int | None = 1,
    ) -> Self:
        """Load two models by name or folder.

        Args:
            synthesis: A Synthesis Generator.
            expression: An Expression Generator.
            device: `auto`, `cpu` or `gpu`, of the first; the second needs none.
            num_threads: Of the first, for each part.

        Raises:
            ModelNotFoundError: No such model.
            ModelFolderError: A folder is damaged or of another kind.
        """
        return cls(
            synthesis=SynthesisModel.load(
                synthesis, device=device, num_threads=num_threads
            ),
            expression_model=ExpressionModel.load(expression),
        )

    @property
    def name(self) -> str:
        """Names of both models."""
        return f"{self.synthesis.name}+{self.expression_model.name}"

    @property
    def digest(self) -> str:
        """Digests of both models."""
        return f"{self.synthesis.digest}+{self.expression_model.digest}"

    @property
    def instruments(self) -> tuple[str, ...]:
        """What both models have learned to play."""
        known = self.expression_model.instruments
        return tuple(name for name in self.synthesis.instruments if name in known)

    @property
    def control_names(self) -> tuple[str, ...]:
        """The nine controls."""
        return CONTROL_NAMES

    def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
        """Return how each note shall be played; velocities count.

        Raises:
            UsageError: The instrument was not learned.
        """
        name = known_instrument(part.instrument.name, self.instruments, self.name)
        slurred = slurs(part.notes, part.legato_in)
        controls = self.expression_model.predict(
            part.notes,
            slurred,
            name,
            seed=_part_seed(choices),
            variety=0.0 if choices.is_deterministic else choices.variety,
        )
        controls = with_velocities(controls, part.notes)
        return make_note_table(
            part.notes,
            instrument=part.instrument.name,
            units=controls,
            unit_names=CONTROL_NAMES,
        )

    def playable(self, table: NoteTable) -> NoteTable:
        """Return a table with every control within what can be played.

        Raises:
            InputError: The table lacks a control.
        """
        return playable_table(table)

    def parameters(
        self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
    ) -> Iterator[SynthesisParameters]:
        """Yield the part's parameters, block by block.

        Raises:
            UsageError: The instrument was not learned.
            InputError: The table lacks a control.
        """
        name = known_instrument(part.instrument.name, self.instruments, self.name)
        notes = table.notes()
        slurred = slurs(notes, _legato_of(part, notes))
        line = make_line(
            notes, controls_of_table(table), instrument=name, is_slurred=slurred
        )
        line = replace(line, spans=articulated(line.spans, slurred))
        num_frames = round((notes[-1].offset_s + TAIL_S) * FRAME_RATE_HZ)
        wheel = part.automation.vibrato_factor
        return self.synthesis.play(
            line,
            num_frames,
            seed=None if choices.is_deterministic else _part_seed(choices),
            vibrato_factor=None if _is_still(wheel.values) else wheel.at,
            works_ahead=choices.works_ahead,
        )

    def room(self, instrument: str) -> ImpulseResponse | None:
        """Return None: what was learned is dry."""
        del instrument
        return None


def slurs(
    notes: Sequence[PlayedNote], legato_in: Sequence[bool] | None
) -> NDArray[np.bool_]:
    """Return [N]: which notes grow out of the one before.

    Args:
        notes: In order of time.
        legato_in: [N], which were asked to; None for all that touch.
    """
    asked = np.ones(len(notes), bool) if legato_in is None else np.asarray(legato_in)
    touches = np.array(
        [False]
        + [
            after.onset_s - before.offset_s < _TOUCH_S
            for before, after in itertools.pairwise(notes)
        ]
    )
    return np.asarray(asked & touches, dtype=np.bool_)


def articulated(
    spans: NDArray[np.int64], is_slurred: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return spans in which notes end a little before a note that is begun anew.

    Onsets stay where they are.

    Args:
        spans: [N, 2], first frames and the frames after the last.
        is_slurred: [N].
    """
    shaped = spans.copy()
    starts, ends = spans.T
    length = ends - starts
    gap = np.clip(
        np.round(_GAP_SHARE * length).astype(np.int64),
        _LEAST_GAP_FRAMES,
        _MOST_GAP_FRAMES,
    )
    following = np.append(starts[1:], np.iinfo(np.int64).max)
    is_begun_anew = np.append(~is_slurred[1:], False)
    latest = np.maximum(following - gap, starts + np.minimum(_LEAST_FRAMES, length))
    shaped[:, 1] = np.where(is_begun_anew, np.minimum(ends, latest), ends)
    return shaped


def with_velocities(controls: FloatArray, notes: Sequence[PlayedNote]) -> FloatArray:
    """Return controls [N, 9] of notes played as loud as their velocities say."""
    louder_db = velocity_gains_db(notes)
    changed = controls.copy()
    changed[:, COLUMNS["volume_db"]] += louder_db
    changed[:, COLUMNS["attack_noise_db"]] += louder_db
    changed[:, COLUMNS["mean_harmonic"]] *= 1.0 + _BRIGHTER_PER_DB * np.clip(
        louder_db, -24.0, 12.0
    )
    return playable(changed)


def _legato_of(part: PlayablePart, notes: Sequence[PlayedNote]) -> Sequence[bool]:
    """Which notes a part slurs; where some were taken out, by where they begin."""
    if len(notes) == len(part.notes):
        return part.legato_in
    asked = {
        seconds_to_frame(note.onset_s): is_asked
        for note, is_asked in zip(part.notes, part.legato_in, strict=True)
    }
    return [asked.get(seconds_to_frame(note.onset_s), False) for note in notes]


def _part_seed(choices: PlayingChoices) -> int:
    return derive_seed(choices.seed, "part")


def _is_still(values: NDArray[np.floating]) -> bool:
    return bool(np.all(values == 1.0))
