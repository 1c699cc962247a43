"""What users want of the lines of a score: what moves, where they sit, what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.data.score import ControlChange, Note, Part, Score
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer
from musegen.midi_ddsp.synthesizing.casting import PlanWishes, plan_synthesis
from musegen.midi_ddsp.synthesizing.synthesis import Synthesis, SynthesisWishes
from musegen.midi_ddsp.tables.automation_files import AutomationTable
from musegen.midi_ddsp.tables.note_table import PartialNoteTable

HIGH, LOW = (
    Part(
        notes=tuple(
            Note(onset=240 * i, duration=240, pitch=pitch + i) for i in range(4)
        ),
        name=name,
        program=program,
    )
    for name, pitch, program in (("High", 74, 40), ("Low", 48, 42))
)


def synthesis(*parts: Part, **wishes: object) -> Synthesis:
    music = Score(ticks_per_quarter=480, parts=parts or (HIGH, LOW))
    return Synthesis(
        music,
        plan_synthesis(music, PlanWishes()),
        FormulaPerformer(),
        wishes=SynthesisWishes(**wishes),  # type: ignore[arg-type]
    )


def levels(found: Synthesis) -> list[np.ndarray]:
    """Of each line, [T]."""
    return [
        np.concatenate([block.amplitude for block in line.parameters()])
        for line in found.lines
    ]


def pans(automation: AutomationTable | None, *parts: Part) -> list[float]:
    stems = synthesis(*parts, automation=automation).stems()
    return [
        stem.pan if isinstance(stem.pan, float) else float(stem.pan.at(0, 1)[0])
        for stem in stems
    ]


def placed(name: str, place: float) -> AutomationTable:
    return AutomationTable(
        by_part={name: Automation(pan=constant_curve(place))}, placed=frozenset({name})
    )


# === What moves ===


def test_automation_finds_its_parts() -> None:
    quiet = Automation(gain_db=constant_curve(-40.0))
    table = AutomationTable(by_part={"High": quiet})
    plain, moved = levels(synthesis()), levels(synthesis(automation=table))
    np.testing.assert_allclose(moved[0], 0.01 * plain[0], rtol=1e-5)
    np.testing.assert_array_equal(moved[1], plain[1])
    with pytest.raises(InputError, match="no part 'Middle'"):
        synthesis(automation=AutomationTable(by_part={"Middle": quiet}))


def test_automation_of_an_excerpt_counts_from_the_start_of_the_score() -> None:
    jump = Curve(frames=np.array([124, 125]), values=np.array([0.0, -40.0]))
    table = AutomationTable(by_part={"": Automation(gain_db=jump)})
    late = replace(HIGH, notes=HIGH.notes[1:])  # from frame 62.5
    for first in (0, 62):
        plain, moved = (
            levels(synthesis(late, automation=one, first_frame=first))[0]
            for one in (None, table)
        )
        place = 125 - first
        np.testing.assert_array_equal(moved[: place - 1], plain[: place - 1])
        np.testing.assert_allclose(moved[place:], 0.01 * plain[place:], rtol=1e-5)


# === Places ===


def test_who_is_put_somewhere_leaves_the_seat_and_the_others_keep_theirs() -> None:
    seated = pans(None)
    assert seated[0] < 0 < seated[1]
    assert pans(placed("Low", -1.0)) == [seated[0], -1.0]
    assert pans(placed("High", 0.0)) == [0.0, seated[1]]
    assert pans(placed("", 0.0)) == [0.0, 0.0]
    louder = AutomationTable(by_part={"": Automation(gain_db=constant_curve(3.0))})
    assert pans(louder) == seated


def test_a_wished_pan_moves_a_part_from_where_the_score_puts_it() -> None:
    right = (ControlChange(tick=0, number=10, value=127),)
    parts = (replace(HIGH, controls=right), LOW)
    assert pans(None, *parts) == [1.0, 0.0]
    assert pans(placed("High", -0.25), *parts) == [0.75, 0.0]
    assert pans(placed("Low", -0.25), *parts) == [1.0, -0.25]


def test_a_line_that_nobody_plays_keeps_its_seat() -> None:
    saved = list(synthesis().lines[1].parameters())
    given = synthesis(parameters={"low": saved}, automation=placed("", 0.0))
    assert given.stems()[1].pan == pans(None)[1]


# === What is said ===


def test_what_wishes_do_not_do_is_said_once() -> None:
    columns = {"note": np.array([1.0, 2.0]), "volume": np.array([0.5, 0.5])}
    cells = PartialNoteTable(columns=columns, row_labels=("row 2", "row 3"))
    found = synthesis(expression={"high": cells, "low": cells})
    assert [notice.code for notice in found.notices()] == ["unread-columns"]
    assert synthesis().notices() == ()
