"""Names, ids, programs and ranges of the instruments."""

from __future__ import annotations

import pytest

from musegen.data.errors import UsageError
from musegen.midi_ddsp.instruments import (
    INSTRUMENTS,
    Instrument,
    instrument_named,
    instrument_of_program,
)


def test_the_published_ids_count_from_0_to_12_in_order() -> None:
    ids = [item.urmp_id for item in INSTRUMENTS if item.urmp_id is not None]
    assert ids == list(range(13))
    keys = " ".join(item.urmp_key for item in INSTRUMENTS[:13])
    assert keys == "vn va vc db fl ob cl sax bn tpt hn tbn tba"


def test_every_name_and_program_is_there_once() -> None:
    assert len({item.name for item in INSTRUMENTS}) == len(INSTRUMENTS)
    assert len({item.gm_program for item in INSTRUMENTS}) == len(INSTRUMENTS)


@pytest.mark.parametrize("item", INSTRUMENTS, ids=lambda item: item.name)
def test_the_comfortable_range_lies_within_the_range(item: Instrument) -> None:
    assert item.lowest_pitch <= item.comfortable_lowest_pitch
    assert item.comfortable_lowest_pitch + 19 < item.comfortable_highest_pitch
    assert item.comfortable_highest_pitch <= item.highest_pitch


@pytest.mark.parametrize(
    ("name", "program"),
    [("violin", 40), ("Alto_Sax", 65), ("saxophone", 66), ("vn", 40), (" tpt", 56)],
)
def test_names_and_keys_find_the_instrument(name: str, program: int) -> None:
    assert instrument_named(name).gm_program == program


def test_an_unknown_name_is_answered_by_the_nearest_and_the_list() -> None:
    with pytest.raises(UsageError, match=r'Did you mean "violin"\?.*trombone'):
        instrument_named("violine")


def test_only_those_that_can_be_chosen_are_listed() -> None:
    listed = INSTRUMENTS[4:6]
    with pytest.raises(UsageError, match=r"^[^?]*Choose one of: flute, oboe$"):
        instrument_named("violine", listed=listed)
    with pytest.raises(UsageError, match=r'mean "fl"\?'):
        instrument_named("fll", listed=listed)


def test_programs_find_their_instrument_or_none() -> None:
    found = instrument_of_program(73)
    assert found is not None
    assert found.name == "flute"
    assert instrument_of_program(0) is None
