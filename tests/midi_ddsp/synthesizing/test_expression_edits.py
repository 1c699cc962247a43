"""What a user says of expression acts, or it is said why it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.automation import Automation
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.presets.expression_presets import parse_preset
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer
from musegen.midi_ddsp.synthesizing.expression_edits import (
    EditedExpression,
    edited_expression,
)
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices
from musegen.midi_ddsp.tables.note_table import NoteTable, PartialNoteTable
from musegen.midi_ddsp.tables.note_table_files import csv_bytes, read_partial_table

PART = PlayablePart(
    name="Solo",
    instrument=instrument_named("violin"),
    notes=tuple(
        PlayedNote(pitch=67 + k, onset_s=0.5 * k, offset_s=0.5 * k + 0.5, velocity=80)
        for k in range(5)
    ),
    legato_in=(False,) * 5,
    automation=Automation(),
    part_index=0,
    voice_index=0,
)
PERFORMER = FormulaPerformer()
CHOICES = PlayingChoices(seed=5)
PREDICTED = PERFORMER.expression(PART, CHOICES)


class Deaf(FormulaPerformer):
    """Plays every velocity alike."""

    def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
        alike = tuple(replace(note, velocity=64) for note in part.notes)
        table = super().expression(replace(part, notes=alike), choices)
        written = np.array([note.velocity for note in part.notes])
        return table.with_columns({"velocity": written})


def edited(
    text: str = "",
    *,
    performer: Performer = PERFORMER,
    choices: PlayingChoices = CHOICES,
    presets: tuple[str, ...] = (),
) -> EditedExpression:
    cells: PartialNoteTable | None = None
    if text:
        cells = read_partial_table(text.encode(), name="edit.csv")
    chosen = tuple(map(parse_preset, presets))
    return edited_expression(PART, performer, choices, cells=cells, presets=chosen)


def codes(found: EditedExpression) -> list[str]:
    return [notice.code for notice in found.notices]


def changed(found: NoteTable, before: NoteTable = PREDICTED) -> dict[str, list[int]]:
    """The notes, from 1, in which each column differs."""
    differing = {
        name: (np.flatnonzero(found[name] != before[name]) + 1).tolist()
        for name in before.names
    }
    return {name: notes for name, notes in differing.items() if notes}


def test_cells_change_their_notes_and_presets_act_on_the_outcome() -> None:
    found = edited("note,volume_db\n2,-40\n", presets=("louder",))
    assert codes(found) == []
    assert found.table["volume_db"][1] == pytest.approx(-34.0)
    assert changed(edited("note,volume_db\n2,-40\n").table) == {"volume_db": [2]}


def test_a_saved_table_given_back_changes_nothing_and_is_no_word_worth() -> None:
    saved = csv_bytes(PREDICTED).decode()
    found = edited(saved)
    assert (changed(found.table), codes(found)) == ({}, [])
    elsewhere = edited(saved, choices=PlayingChoices(seed=6))
    assert (changed(elsewhere.table), codes(elsewhere)) == ({}, [])


def test_columns_that_are_not_read_are_said_and_left_out() -> None:
    found = edited("note,volume,attack,volume_db\n1,-40,,-30\n")
    assert codes(found) == ["unread-columns"]
    assert "model none does not read these columns of the expression: volume" in str(
        found.notices[0]
    )
    assert found.table.names == PREDICTED.names
    assert changed(found.table) == {"volume_db": [1]}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("note,volume_db\n1,500\n", "row 2, column 'volume_db': 500 is out of range"),
        ("note,peak_position\n1,\n2,7\n", "row 3, column 'peak_position': 7 is out"),
        ("note,velocity\n1,0\n", "row 2, column 'velocity': 0 is out of range"),
        ("note,instrument\n1,kazoo\n", "row 2, column 'instrument': there is no inst"),
        ("note,volume_db\n9,-20\n", "row 2, column 'note': there is no such note"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(InputError, match=f"edit.csv: {place}"):
        edited(text)


def test_what_is_beyond_the_model_is_said_and_the_table_says_what_is_played() -> None:
    found = edited("mean_harmonic\n80\n4\n90\n70\n99\n")
    assert codes(found) == ["limited-expression"]
    assert str(found.notices[0]) == (
        "Solo: mean_harmonic of notes 1, 3, 4 and 1 more is beyond what the model none "
        "can play: 60 is played where 80 is asked for"
    )
    assert found.table["mean_harmonic"].tolist() == [60.0, 4.0, 60.0, 60.0, 60.0]
    assert codes(edited(presets=("brighter:4", "brighter:4", "brighter:4"))) == [
        "limited-expression"
    ]


# === Velocity ===


def at_velocity(velocity: int, note: int) -> NoteTable:
    notes = list(PART.notes)
    notes[note - 1] = replace(notes[note - 1], velocity=velocity)
    return PERFORMER.expression(replace(PART, notes=tuple(notes)), CHOICES)


def test_a_velocity_acts_as_it_would_in_the_score() -> None:
    found = edited("note,velocity\n2,20\n")
    assert codes(found) == []
    assert changed(found.table) == {"velocity": [2], "volume_db": [2]}
    assert changed(found.table, at_velocity(20, 2)) == {}


def test_a_velocity_in_a_saved_table_acts_and_what_was_edited_beside_it_too() -> None:
    rows = csv_bytes(PREDICTED).decode().splitlines()
    rows[2] = rows[2].replace(",80,", ",20,")
    found = edited("\n".join(rows))
    assert codes(found) == []
    assert changed(found.table, at_velocity(20, 2)) == {}
    again = edited(csv_bytes(found.table).decode())
    assert (changed(again.table, found.table), codes(again)) == ({}, [])


def test_a_velocity_that_the_table_leaves_nothing_to_is_said() -> None:
    found = edited("note,velocity,volume_db\n2,20,-25\n")
    assert codes(found) == ["unheard-velocity"]
    assert "the velocity of note 2 does nothing" in str(found.notices[0])
    assert found.table["volume_db"][1] == -25.0
    rows = csv_bytes(PREDICTED).decode().splitlines()
    rows[2] = rows[2].replace(",80,", ",20,")
    other = edited("\n".join(rows), choices=PlayingChoices(seed=6))
    assert codes(other) == ["unheard-velocity"]


def test_a_velocity_that_the_model_does_not_hear_is_said_and_not_saved() -> None:
    found = edited("note,velocity\n2,20\n", performer=Deaf())
    assert codes(found) == ["unread-columns"]
    assert "expression: velocity" in str(found.notices[0])
    assert set(found.table["velocity"]) == {80}
    assert codes(edited("note,velocity\n2,80\n", performer=Deaf())) == []


def test_a_performer_that_leaves_notes_out_does_not_hear_velocities() -> None:
    class Short(FormulaPerformer):
        def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
            kept = replace(part, notes=part.notes[1:])
            return super().expression(kept, choices)

    found = edited("note,velocity\n2,20\n", performer=Short())
    assert codes(found) == ["unread-columns"]
    assert found.table.num_notes == 4


# === Instrument ===


@pytest.mark.parametrize("name", ["violin", " Violin ", "vn", ""])
def test_who_plays_anyway_may_be_named(name: str) -> None:
    assert codes(edited(f"note,instrument,volume_db\n2,{name},-20\n")) == []


def test_an_instrument_that_does_not_play_is_said_and_not_saved() -> None:
    found = edited("note,instrument\n2,violin\n3,flute\n4,oboe\n")
    assert [str(notice) for notice in found.notices] == [
        "edit.csv: row 3, column 'instrument': the flute does not play: all of Solo is "
        "the violin's; choose the instrument of the part instead"
    ]
    assert changed(found.table) == {}


def test_notices_do_not_hold_what_they_do_not_need() -> None:
    everything: Any = edited(
        "note,volume,velocity,instrument,mean_harmonic\n1,1,20,flute,80\n"
    )
    assert codes(everything) == [
        "unread-instrument",
        "unread-columns",
        "limited-expression",
    ]
