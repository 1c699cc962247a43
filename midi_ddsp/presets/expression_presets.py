"""Named changes of how notes are played: more vibrato, louder at the cadence.

For: editing the expression of a note table without touching its numbers. What each
preset does is in `preset_edits`. Not for: single notes by hand
(`musegen.midi_ddsp.tables.note_table_merging`), nor for changes inside a note
(`musegen.midi_ddsp.tables.automation_files`).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.presets import preset_edits as edits
from musegen.midi_ddsp.tables.note_columns import COLUMN_BY_NAME
from musegen.midi_ddsp.tables.note_table import NoteTable, PartialNoteTable
from musegen.midi_ddsp.tables.note_table_merging import merge

DEFAULT_STRENGTH = 1.0
MAX_STRENGTH = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named change.

    Args:
        name: As users write it.
        meaning: One sentence for help texts.
        edit: What it does.
    """

    name: str
    meaning: str
    edit: edits.Edit

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Columns in units that it acts on."""
        return self.edit.unit_names

    @property
    def control_names(self) -> tuple[str, ...]:
        """Controls of the published model that it acts on; empty for none."""
        return self.edit.control_names


_PRESETS = (
    ("more-vibrato", "Widen the vibrato by half.", edits.MORE_VIBRATO),
    ("less-vibrato", "Halve the vibrato.", edits.LESS_VIBRATO),
    ("no-vibrato", "Take the vibrato out.", edits.NO_VIBRATO),
    ("late-vibrato", "Let the vibrato set in later.", edits.LATE_VIBRATO),
    ("louder", "Play 6 dB louder.", edits.LOUDER),
    ("softer", "Play 6 dB softer.", edits.SOFTER),
    ("wider-dynamics", "Double the dynamics from note to note.", edits.WIDER_DYNAMICS),
    ("even-dynamics", "Halve the dynamics from note to note.", edits.EVEN_DYNAMICS),
    ("brighter", "Brighten the tone by a quarter.", edits.BRIGHTER),
    ("darker", "Darken the tone by a fifth.", edits.DARKER),
    ("sharper-attack", "Begin notes with 6 dB more noise.", edits.SHARPER_ATTACK),
    ("softer-attack", "Begin notes with 6 dB less noise.", edits.SOFTER_ATTACK),
    ("swelling", "Let each note grow and be loudest late.", edits.SWELLING),
    ("fading", "Let each note be loudest early and die away.", edits.FADING),
    (
        "louder-at-the-cadence",
        "Play the ends of phrases up to 6 dB louder.",
        edits.LOUDER_AT_THE_CADENCE,
    ),
    (
        "softer-at-the-cadence",
        "Play the ends of phrases up to 6 dB softer.",
        edits.SOFTER_AT_THE_CADENCE,
    ),
    ("crescendo", "Grow by 12 dB from first note to last.", edits.CRESCENDO),
    ("diminuendo", "Fade by 12 dB from first note to last.", edits.DIMINUENDO),
    ("in-tune", "Put each note at its written pitch.", edits.IN_TUNE),
)
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        name: Preset(name=name, meaning=meaning, edit=edit)
        for name, meaning, edit in _PRESETS
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetChoice:
    """A preset and how much of it.

    Args:
        name: A key of `PRESETS`.
        strength: 0 changes nothing, 1 is what the preset says, up to 4.

    Raises:
        UsageError: There is no such preset, or the strength is out of range.
    """

    name: str
    strength: float = DEFAULT_STRENGTH

    def __post_init__(self) -> None:
        if self.name not in PRESETS:
            near = difflib.get_close_matches(self.name, PRESETS, n=1)
            hint = f"did you mean '{near[0]}'? The" if near else "the"
            raise UsageError(
                f"there is no preset '{self.name}'; {hint} presets are "
                f"{', '.join(PRESETS)}"
            )
        if not 0.0 <= self.strength <= MAX_STRENGTH:
            raise UsageError(
                f"{self.name}:{self.strength:g}: the strength of a preset is 0 to "
                f"{MAX_STRENGTH:g}; for the opposite, take the opposite preset of "
                f"{', '.join(PRESETS)}"
            )

    def __str__(self) -> str:
        if self.strength == DEFAULT_STRENGTH:
            return self.name
        return f"{self.name}:{self.strength:g}"


def parse_preset(text: str) -> PresetChoice:
    """Read `more-vibrato` or `more-vibrato:0.5`.

    Raises:
        UsageError: There is no such preset, or the strength is no number or out of
            range; the presets are listed.
    """
    name, colon, strength_text = text.strip().partition(":")
    name = name.strip().lower()
    if not colon:
        return PresetChoice(name=name)
    try:
        strength = float(strength_text)
    except ValueError as error:
        raise UsageError(
            f"{text}: after the colon stands how strong the preset is, a number from 0 "
            f"to {MAX_STRENGTH:g}; the presets are {', '.join(PRESETS)}"
        ) from error
    return PresetChoice(name=name, strength=strength)


def describe_presets() -> str:
    """Return a line for each preset: name and meaning, for help texts."""
    width = max(map(len, PRESETS))
    return "\n".join(
        f"{preset.name:<{width}}  {preset.meaning}" for preset in PRESETS.values()
    )


def apply_presets(
    table: NoteTable,
    choices: Iterable[PresetChoice],
    *,
    read_names: Collection[str] | None = None,
) -> NoteTable:
    """Return a table with presets applied, one after the other.

    Args:
        table: With columns in units, the six published controls, or both.
        choices: In order.
        read_names: Columns that the performer reads; a preset that changes none of
            them is refused. None: all that are there.

    Raises:
        InputError: A preset finds no column to act on.
    """
    for choice in choices:
        table = _applied(table, choice, read_names)
    return table


def _applied(
    table: NoteTable, choice: PresetChoice, read_names: Collection[str] | None
) -> NoteTable:
    preset = PRESETS[choice.name]
    names = table.names if read_names is None else read_names
    can_act = preset.edit.can_act(set(table.names).intersection(names))
    if not can_act:
        raise InputError(_refusal(preset, has_reader=read_names is not None))
    if choice.strength == 0.0 or not table.num_notes:
        return table
    changed = preset.edit.changed(table, choice.strength)
    return merge(
        table,
        PartialNoteTable(
            columns={name: _within(name, values) for name, values in changed.items()},
            row_labels=tuple(f"note {note + 1}" for note in range(table.num_notes)),
            source=f"the preset {choice}",
        ),
    )


def _within(name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values [N] held within what a column may say."""
    column = COLUMN_BY_NAME[name]
    return np.clip(values, column.lowest, column.highest)


def _refusal(preset: Preset, *, has_reader: bool) -> str:
    wanted = ", ".join(preset.unit_names)
    if preset.control_names:
        wanted += f" (or of the published model: {', '.join(preset.control_names)})"
    whose = "this model reads none of these columns" if has_reader else "none is there"
    return (
        f"the preset {preset.name} acts on {wanted}, and {whose}; leave the preset out"
        + (", or choose another model" if has_reader else ", or add one")
    )
