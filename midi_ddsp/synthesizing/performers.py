"""What plays a line: notes to expression, and expression to synthesis parameters.

The one interface behind which all models that play stand; what they are is elsewhere
(`musegen.midi_ddsp.generators` for ours, `musegen.midi_ddsp.original` for the
published one). Not for sound: `musegen.midi_ddsp.dsp` renders, and
`musegen.midi_ddsp.mixing` puts parts together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.tables.note_table import NoteTable

TAIL_S = 1.0
"""How long after the last note frames go on. Source: Wu et al., ICLR 2022."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayingChoices:
    """What a performer may draw, and from what.

    Args:
        seed: The same seed plays the same. Give each part a seed of its own.
        is_deterministic: Draw nothing: the likeliest everywhere, whatever the seed.
        variety: How far expression is drawn from its mean, 0 or more: 0 is the mean,
            1 as wide as what was learned.
        works_ahead: Whether blocks may be made in threads of their own, ahead of their
            turn; the same sound, and quicker for a line alone, not for many at once.
    """

    seed: int = 0
    is_deterministic: bool = False
    variety: float = 1.0
    works_ahead: bool = False


class Performer(Protocol):
    """A model that plays single lines.

    Every method plays each part by itself: nothing depends on what other parts are
    played, or in which order.
    """

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def digest(self) -> str:
        """What tells its files from others, for recipes."""
        ...

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names of the instruments it plays."""
        ...

    @property
    def control_names(self) -> tuple[str, ...]:
        """Columns of the note table that it reads; editing any other does nothing."""
        ...

    def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
        """Return how each note shall be played: the notes and all its controls."""
        ...

    def playable(self, table: NoteTable) -> NoteTable:
        """Return a table as it is played: no control beyond what the model can do."""
        ...

    def parameters(
        self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
    ) -> Iterator[SynthesisParameters]:
        """Play a part, in blocks of frames, 250 a second, from the score's beginning.

        Blocks come as they are made, the first of them soon. Together they reach
        `TAIL_S` beyond the last note's end. The modulation wheel (`vibrato_factor` of
        the part's automation) has widened the vibrato already; volume, bend and pan
        are not yet in them.

        Args:
            part: Whose instrument, legato and automation count.
            table: The notes (they may have been edited) and their controls.
            choices: What may be drawn.
        """
        ...

    def room(self, instrument: str) -> ImpulseResponse | None:
        """Return the reverb that was learned with an instrument; None for none."""
        ...
