"""The columns of a note table: names, units, meanings and bounds, each written once.

What stands in the columns is for `note_table`; how they are read and written for
`note_table_files`.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from musegen.data.constants import MAX_MIDI_PITCH, MAX_MIDI_VELOCITY
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import NOTE_RANGE_DB, QUIET_DB, UNIT_NAMES
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ

# A day: no recording of one voice is longer.
MAX_TIME_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Args:
        name: Its name in files and in code.
        unit: What its numbers count; "text" for text.
        meaning: A few words for people.
        lowest: Least value allowed.
        highest: Greatest value allowed.
        is_whole: Whether only whole numbers are allowed.
    """

    name: str
    unit: str
    meaning: str
    lowest: float = -math.inf
    highest: float = math.inf
    is_whole: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it holds text and not numbers."""
        return self.unit == "text"

    def fault_of(self, value: float) -> str | None:
        """Say what is wrong with a number; None if nothing is."""
        if math.isnan(value):
            return "is no number; leave the cell empty, or give a number"
        if math.isinf(value):
            return "is infinite; give a number"
        if self.is_whole and value != int(value):
            return f"is no whole number; a {self.name} is one"
        if not self.lowest <= value <= self.highest:
            return f"is out of range: {self.range_text}"
        return None

    @property
    def range_text(self) -> str:
        """The bounds in words."""
        if math.isinf(self.highest):
            return f"{self.name} is {self.lowest:g} or more"
        return f"{self.name} is {self.lowest:g} to {self.highest:g}"


_CONTROL_MEANINGS = (
    "mean level: -90 dB is 0, -30 dB is 1",
    "spread of the level within the note",
    "strength of the vibrato: 1 is 27 cents",
    "mean harmonic number, divided by 12",
    "noise of the first 40 ms: -105 dB is 0, -65 dB is 1",
    "where in the note it is loudest",
)
_UNIT_UNITS = ("dB", "dB", "0 to 1", "cents", "Hz", "s", "1", "Hz", "dB", "dB", "cents")
# Between these bounds lies all that is measured in sound or played by anyone, and much
# that nobody can play: what is beyond has been mistyped. Our own choice.
_UNIT_BOUNDS = (
    (QUIET_DB, -QUIET_DB),
    (0.0, NOTE_RANGE_DB),
    (0.0, 1.0),
    (0.0, 1200.0),
    (0.0, 20.0),
    (0.0, MAX_TIME_S),
    (0.0, 100.0),
    (0.0, 1_000_000.0),
    (QUIET_DB, -QUIET_DB),
    (2.0 * QUIET_DB, -2.0 * QUIET_DB),
    (-100.0 * MAX_MIDI_PITCH, 100.0 * MAX_MIDI_PITCH),
)
_UNIT_MEANINGS = (
    "mean level of the harmonics",
    "spread of that level within the note",
    "where in the note it is loudest",
    "amplitude of the vibrato, half of peak to peak",
    "cycles of the vibrato a second; 0 for none",
    "time from the onset until the vibrato sets in",
    "mean number of the harmonic, weighted by amplitude",
    "the same as a frequency",
    "noise of the first 40 ms",
    "noise of the first 40 ms above that of the rest",
    "mean pitch above the written one",
)

# The first ten after `note` stand in the order in which the released MIDI-DDSP reads
# them by position; here a column is always asked for by name.
COLUMNS: tuple[Column, ...] = (
    Column(
        name="note",
        unit="1",
        meaning="number of the note, from 1",
        lowest=1,
        is_whole=True,
    ),
    *(
        Column(name=name, unit="0 to 1", meaning=meaning)
        for name, meaning in zip(CONTROL_NAMES, _CONTROL_MEANINGS, strict=True)
    ),
    Column(
        name="pitch",
        unit="MIDI note number",
        meaning="written pitch, 60 is middle C",
        lowest=0,
        highest=MAX_MIDI_PITCH,
        is_whole=True,
    ),
    Column(
        name="onset",
        unit="frames of 4 ms",
        meaning="first frame",
        lowest=0,
        highest=MAX_TIME_S * FRAME_RATE_HZ,
        is_whole=True,
    ),
    Column(
        name="offset",
        unit="frames of 4 ms",
        meaning="frame after the last",
        lowest=0,
        highest=MAX_TIME_S * FRAME_RATE_HZ,
        is_whole=True,
    ),
    Column(
        name="note_length",
        unit="frames of 4 ms",
        meaning="offset less onset",
        lowest=1,
        highest=MAX_TIME_S * FRAME_RATE_HZ,
        is_whole=True,
    ),
    Column(
        name="onset_s",
        unit="s",
        meaning="where it begins",
        lowest=0,
        highest=MAX_TIME_S,
    ),
    Column(
        name="offset_s",
        unit="s",
        meaning="where it ends",
        lowest=0,
        highest=MAX_TIME_S,
    ),
    Column(
        name="velocity",
        unit="1 to 127",
        meaning="MIDI velocity",
        lowest=1,
        highest=MAX_MIDI_VELOCITY,
        is_whole=True,
    ),
    Column(name="instrument", unit="text", meaning="name of the instrument"),
    *(
        Column(name=name, unit=unit, meaning=meaning, lowest=lowest, highest=highest)
        for name, unit, meaning, (lowest, highest) in zip(
            UNIT_NAMES, _UNIT_UNITS, _UNIT_MEANINGS, _UNIT_BOUNDS, strict=True
        )
    ),
)
COLUMN_BY_NAME = {column.name: column for column in COLUMNS}


def describe_columns() -> str:
    """Return a line for each column: name, unit and meaning, for help texts."""
    width = max(len(column.name) for column in COLUMNS)
    return "\n".join(
        f"{column.name:<{width}}  {column.meaning} [{column.unit}]"
        for column in COLUMNS
    )


def in_column_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return known names in the order of `COLUMNS`."""
    given = set(names)
    return tuple(column.name for column in COLUMNS if column.name in given)


def unknown_column_text(name: str) -> str:
    """Say that there is no column of a name, and which may be meant."""
    near = difflib.get_close_matches(name, COLUMN_BY_NAME, n=1)
    remedy = (
        f"did you mean '{near[0]}'?"
        if near
        else f"the columns are {', '.join(COLUMN_BY_NAME)}"
    )
    return f"there is no column '{name}'; {remedy}"
