"""The columns of an automation table: names, units, meanings and bounds.

How the tables are read and written is for `musegen.midi_ddsp.tables.automation_files`.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from musegen.midi_ddsp.parts.automation import MUTE_DB

TIME, FRAME, PART = "time_s", "frame", "part"
PAN = "pan"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationColumn:
    """A column of what is moved.

    Args:
        name: In files, and of `Automation`.
        unit: What its numbers count.
        meaning: A few words for people.
        lowest: Least value allowed.
        highest: Greatest value allowed.
    """

    name: str
    unit: str
    meaning: str
    lowest: float
    highest: float


COLUMNS: tuple[AutomationColumn, ...] = (
    AutomationColumn(
        name="gain_db",
        unit="dB",
        meaning=f"added to the level; {MUTE_DB:g} is silence",
        lowest=MUTE_DB,
        highest=60.0,
    ),
    AutomationColumn(
        name="vibrato_factor",
        unit="1",
        meaning="how many times as wide the vibrato is",
        lowest=0.0,
        highest=10.0,
    ),
    AutomationColumn(
        name="bend_cents",
        unit="cents",
        meaning="added to the pitch",
        lowest=-2400.0,
        highest=2400.0,
    ),
    AutomationColumn(
        name=PAN,
        unit="-1 to 1",
        meaning="place from left to right",
        lowest=-1.0,
        highest=1.0,
    ),
    AutomationColumn(
        name="brightness_db_per_octave",
        unit="dB an octave",
        meaning="tilt of the harmonics, at the same power",
        lowest=-24.0,
        highest=24.0,
    ),
    AutomationColumn(
        name="noise_db",
        unit="dB",
        meaning="added to the noise alone",
        lowest=MUTE_DB,
        highest=60.0,
    ),
)
NAMES = (TIME, FRAME, PART, *(column.name for column in COLUMNS))


def describe_automation_columns() -> str:
    """Return a line for each column: name, meaning and unit, for help texts."""
    rows = [
        (TIME, "from the start of the score", "s"),
        (FRAME, f"instead of {TIME}: frames of 4 ms", "1"),
        (PART, "name or number; empty or without the column: all", "text"),
        *((column.name, column.meaning, column.unit) for column in COLUMNS),
    ]
    width = max(len(name) for name, _, _ in rows)
    return "\n".join(f"{name:<{width}}  {text} [{unit}]" for name, text, unit in rows)


def fault_of_name(name: str) -> str | None:
    """Say what is wrong with the name of a column; None if nothing is."""
    if name in NAMES:
        return None
    near = difflib.get_close_matches(name, NAMES, n=1)
    remedy = (
        f"did you mean '{near[0]}'?" if near else f"the columns are {', '.join(NAMES)}"
    )
    return f"there is no column '{name}'; {remedy}"
