"""What a plan knows of its parts."""

from __future__ import annotations

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.automation import Automation
from musegen.midi_ddsp.parts.plan import PartPlan, PlayablePart


def line(*offsets_s: float) -> PlayablePart:
    notes = tuple(PlayedNote(pitch=60, onset_s=0.0, offset_s=end) for end in offsets_s)
    return PlayablePart(
        name="line",
        instrument=instrument_named("oboe"),
        notes=notes,
        legato_in=(False,) * len(notes),
        automation=Automation(),
        part_index=0,
        voice_index=0,
    )


def test_a_plan_ends_with_its_last_note() -> None:
    plan = PartPlan(
        parts=(line(1.0, 2.0), line(3.0), line(2.5)), skipped=(), notices=()
    )
    assert [part.end_s for part in plan.parts] == [2.0, 3.0, 2.5]
    assert plan.end_s == 3.0
