from __future__ import annotations

import pytest

from musegen.data.preparation.inspection import Stage, inspect_score
from musegen.data.score import Note, Part, Score


def part(*onsets: int, name: str = "", duration: int = 480, drum: bool = False) -> Part:
    notes = tuple(Note(onset=o, duration=duration, pitch=60) for o in onsets)
    return Part(notes=notes, name=name, is_drum=drum)


def stages(*parts: Part, ticks_per_quarter: int = 480) -> tuple[Stage, ...]:
    return inspect_score(Score(ticks_per_quarter=ticks_per_quarter, parts=parts))


def test_a_four_part_score_passes_every_stage() -> None:
    found = stages(*[part(0, 480)] * 4)
    assert [stage.name for stage in found] == ["notes", "voices", "single line", "grid"]
    assert all(stage.is_passed and not stage.reason for stage in found)
    assert found[-1].message == "8 sixteenths"
    assert found[-1].notices == ()


@pytest.mark.parametrize(
    ("parts", "reason", "message"),
    [
        ((), "no-notes", "not one note"),
        ((part(), part()), "no-notes", "not one note"),
        ((part(0, name="Tune"), part(0, drum=True)), "not-four-voices", "1 parts"),
        ((part(0),) * 5, "not-four-voices", "5 parts"),
        (
            (part(0), part(0), part(0, 240, name="Organ"), part(0)),
            "several-notes-at-once",
            "part Organ has several notes at once at bar 1, beat 1.5",
        ),
    ],
)
def test_the_first_refusal_ends_it_with_a_reason(
    parts: tuple[Part, ...], reason: str, message: str
) -> None:
    last = stages(*parts)[-1]
    assert not last.is_passed
    assert last.reason == reason
    assert message in last.message


def test_notes_off_the_grid_are_remarked() -> None:
    found = stages(part(0, 500), part(0), part(0), part(0))
    assert [notice.code for notice in found[-1].notices] == ["notes-off-grid"]


def test_a_score_that_is_too_coarse_for_the_grid_is_refused() -> None:
    last = stages(*[part(0, duration=1)] * 4, ticks_per_quarter=2)[-1]
    assert (last.name, last.reason, last.is_passed) == ("grid", "too-coarse", False)
