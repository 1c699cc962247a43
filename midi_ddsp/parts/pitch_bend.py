"""Pitch bends in cents, by the bend range that the controllers set.

For `musegen.midi_ddsp.parts.automation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from musegen.data.score import ControlChange, PitchBend
from musegen.midi_ddsp.parts.sustain import RESET_ALL_CONTROLLERS

DEFAULT_BEND_RANGE_CENTS = 200.0  # General MIDI: two semitones either way
FULL_BEND_DOWN = 8192
FULL_BEND_UP = 8191

_DATA_COARSE, _DATA_FINE = 6, 38
_NRPN_FINE, _NRPN_COARSE = 98, 99
_RPN_FINE, _RPN_COARSE = 100, 101
_BEND_RANGE = (0, 0)  # the registered parameter, coarse and fine
_NO_PARAMETER = (127, 127)


@dataclass(frozen=True, slots=True, kw_only=True)
class BendMoves:
    """How a part's pitch is bent.

    Args:
        moves: (tick, cents) by tick.
        range_cents: The widest range that was in force.
    """

    moves: list[tuple[int, float]]
    range_cents: float


def bend_moves(
    controls: Sequence[ControlChange], bends: Sequence[PitchBend]
) -> BendMoves:
    """Return bends in cents; a new range also moves the bend in force.

    On one tick controllers come before bends.

    Args:
        controls: By tick.
        bends: In any order.
    """
    events: list[tuple[int, int, ControlChange | PitchBend]] = [
        *((control.tick, 0, control) for control in controls),
        *((bend.tick, 1, bend) for bend in bends),
    ]
    events.sort(key=lambda event: event[:2])
    state = _BendState()
    moves: list[tuple[int, float]] = []
    widest = DEFAULT_BEND_RANGE_CENTS
    for tick, _, event in events:
        before = state.cents
        if isinstance(event, PitchBend):
            state.bend = event.value
        else:
            state.take(event)
        widest = max(widest, state.range_cents)
        if state.cents != before or isinstance(event, PitchBend):
            moves.append((tick, state.cents))
    return BendMoves(moves=moves, range_cents=widest)


@dataclass(slots=True)
class _BendState:
    """Where the bend stands, and which parameter data entry goes to."""

    bend: int = 0
    semitones: int = 2
    fine_cents: int = 0
    parameter: tuple[int, int] = _NO_PARAMETER

    @property
    def range_cents(self) -> float:
        return 100.0 * self.semitones + self.fine_cents

    @property
    def cents(self) -> float:
        full = FULL_BEND_UP if self.bend > 0 else FULL_BEND_DOWN
        return self.range_cents * self.bend / full

    def take(self, control: ControlChange) -> None:
        """Follow one controller."""
        coarse, fine = self.parameter
        if control.number == _RPN_COARSE:
            self.parameter = (control.value, fine)
        elif control.number == _RPN_FINE:
            self.parameter = (coarse, control.value)
        elif control.number in (_NRPN_COARSE, _NRPN_FINE):
            self.parameter = _NO_PARAMETER
        elif control.number == _DATA_COARSE and self.parameter == _BEND_RANGE:
            self.semitones, self.fine_cents = control.value, 0
        elif control.number == _DATA_FINE and self.parameter == _BEND_RANGE:
            self.fine_cents = control.value
        elif control.number == RESET_ALL_CONTROLLERS:
            self.bend, self.parameter = 0, _NO_PARAMETER
