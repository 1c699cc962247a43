"""The sentences of a plan's notices."""

from __future__ import annotations

import pytest

from musegen.data.score import Part, Score
from musegen.midi_ddsp.instruments import Instrument, instrument_named
from musegen.midi_ddsp.parts.plan import SkippedPart
from musegen.midi_ddsp.parts.plan_remarks import PlanRemarks
from musegen.midi_ddsp.parts.voice_allocation import allocate_voices

VIOLIN, CELLO = instrument_named("violin"), instrument_named("cello")
TRUMPET = instrument_named("trumpet")


def remarks(num_parts: int = 1) -> PlanRemarks:
    parts = tuple(Part(name=f"P{number}") for number in range(num_parts))
    return PlanRemarks(score=Score(ticks_per_quarter=480, parts=parts))


@pytest.mark.parametrize(
    ("programs", "players", "message"),
    [
        ([40, 40], [VIOLIN], None),
        ([56, 59], [TRUMPET], "muted trumpet (program 59) is played by the nearest"),
        ([48], [VIOLIN, VIOLIN, CELLO], "nearest instrument: violin and cello"),
        ([48, 49, 48], [CELLO], "string ensemble 1 (program 48) and string ensemble 2"),
    ],
    ids=["exact", "one exact", "several players", "several programs"],
)
def test_a_near_match_is_said_with_both_names(
    programs: list[int], players: list[Instrument], message: str | None
) -> None:
    told = remarks()
    told.nearest(0, programs, players)
    assert len(told.notices) == (message is not None)
    for notice in told.notices:
        assert notice.code == "nearest-instrument"
        assert notice.message.startswith("part 1 'P0': ")
        assert message and message in notice.message


def test_what_is_skipped_is_told_and_kept() -> None:
    told = remarks()
    told.skip_effects(0, [127, 127], 2, 5)
    assert told.skipped == [SkippedPart(part_index=0, reason="effect", num_notes=2)]
    (notice,) = told.notices
    assert notice.code == "skipped-effect"
    assert notice.message == (
        "part 1 'P0' is gunshot (program 127), in 2 of 5 notes, which nobody here "
        "plays: skipped"
    )


def test_the_reasons_of_a_hundred_parts_stay_one_sentence() -> None:
    told = remarks(100)
    for index in range(100):
        told.skip(index, "drums", 1, "is percussion")
    message = str(told.nothing_to_play())
    assert "part 8 'P7' is percussion; and 92 more" in message
    assert "P8" not in message
    assert "the score has no parts" in str(remarks().nothing_to_play())


def test_one_voice_is_not_worth_a_notice() -> None:
    told = remarks()
    told.voices(0, allocate_voices([]), max_voices=16)
    assert told.notices == []
