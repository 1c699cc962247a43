"""Programs to instruments, and what users ask for."""

from __future__ import annotations

import pytest

from musegen.data.errors import UsageError, VoiceNotFoundError
from musegen.data.score import Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.parts.instrument_choice import (
    available_players,
    discomfort,
    fittest,
    nearest_instrument,
    read_overrides,
    wanted_instrument,
)

VIOLIN, CELLO = instrument_named("violin"), instrument_named("cello")
FLUTE, TUBA = instrument_named("flute"), instrument_named("tuba")
SCORE = Score(
    ticks_per_quarter=480,
    parts=(
        Part(name="Violin I", channel=0),
        Part(name="Violin II", channel=1),
        Part(name="2", channel=1),
        Part(name="", channel=None),
    ),
)


@pytest.mark.parametrize("item", INSTRUMENTS, ids=lambda item: item.name)
def test_an_instrument_plays_its_own_program_at_any_pitch(item: Instrument) -> None:
    assert nearest_instrument(item.gm_program, [0, 127]) is item


@pytest.mark.parametrize(
    ("program", "pitches", "name"),
    [
        (48, [76, 79], "violin"),
        (48, [50, 60], "viola"),
        (49, [40, 50], "cello"),
        (50, [28, 40], "double bass"),
        (0, [60, 72, 84], "violin"),
        (0, [40, 50], "cello"),
        (33, [28, 33], "double bass"),
        (19, [67, 72], "flute"),
        (19, [36, 43], "bassoon"),
        (61, [48, 60], "horn"),
        (61, [30, 36], "tuba"),
        (72, [96, 100], "flute"),
        (69, [60, 70], "oboe"),
        (69, [52, 60], "clarinet"),
        (52, [72, 79], "flute"),
        (52, [45, 50], "horn"),
        (59, [60], "trumpet"),
    ],
)
def test_the_nearest_by_family_and_range(
    program: int, pitches: list[int], name: str
) -> None:
    found = nearest_instrument(program, pitches)
    assert found is not None and found.name == name


@pytest.mark.parametrize("program", [115, 122, 127])
def test_nobody_plays_sound_effects(program: int) -> None:
    assert nearest_instrument(program, [60]) is None


def test_where_the_instrument_has_no_voice_its_family_stands_in() -> None:
    assert available_players(40, available=[FLUTE, CELLO]) == (CELLO,)
    assert available_players(58, available=[FLUTE, CELLO]) == (FLUTE, CELLO)
    assert nearest_instrument(58, [40], available=[FLUTE, CELLO]) is CELLO


def test_of_equal_fit_the_first_is_taken() -> None:
    assert fittest([CELLO, VIOLIN], [60]) is CELLO
    assert fittest([VIOLIN, CELLO], [60]) is VIOLIN
    assert fittest([VIOLIN, TUBA], [60, 30, 30]) is TUBA


def test_discomfort_grows_with_what_is_out_of_reach() -> None:
    assert discomfort(VIOLIN, [55, 72]) == 0
    assert discomfort(VIOLIN, []) == 0
    strained = discomfort(VIOLIN, [VIOLIN.highest_pitch])
    assert 0 < strained < discomfort(VIOLIN, [VIOLIN.lowest_pitch - 12])
    assert discomfort(VIOLIN, [40, 41]) == pytest.approx(
        discomfort(VIOLIN, [40]) + discomfort(VIOLIN, [41])
    )


def test_an_instrument_without_a_voice_is_not_to_be_had() -> None:
    assert wanted_instrument("vc") is CELLO
    with pytest.raises(UsageError, match=r"no voice for the tuba .* of: flute, cello"):
        wanted_instrument("tuba", available=[FLUTE, CELLO])


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("1", 0),
        ("4", 3),
        ("channel:1", 0),
        ("violin ii", 1),
        ("name:2", 2),
        ("name:Violin I", 0),
        (" 2 ", 1),
    ],
)
def test_a_part_answers_to_number_channel_and_name(asked: str, index: int) -> None:
    assert read_overrides(SCORE, {asked: "cello"}) == {index: CELLO}


@pytest.mark.parametrize("asked", ["0", "5", "channel:9", "Oboe", "", "name:"])
def test_a_part_that_is_not_there_is_named_with_those_that_are(asked: str) -> None:
    with pytest.raises(VoiceNotFoundError, match=r"no part is .*part 1 'Violin I'"):
        read_overrides(SCORE, {asked: "cello"})


@pytest.mark.parametrize("asked", ["violin", "channel:2"])
def test_more_than_one_part_is_refused(asked: str) -> None:
    with pytest.raises(
        VoiceNotFoundError, match=r"more than one part: .*by its number"
    ):
        read_overrides(SCORE, {asked: "cello"})


def test_a_part_can_be_left_out() -> None:
    assert read_overrides(SCORE, {"1": "Skip", "2": "vn"}) == {0: None, 1: VIOLIN}


def test_two_instruments_for_a_part_are_refused() -> None:
    with pytest.raises(UsageError, match="part 1 'Violin I' is given two instruments"):
        read_overrides(SCORE, {"1": "cello", "Violin I": "viola"})
    assert read_overrides(SCORE, {"1": "cello", "Violin I": "vc"}) == {0: CELLO}


def test_an_unknown_instrument_is_refused() -> None:
    with pytest.raises(UsageError, match='no instrument "banjo"'):
        read_overrides(SCORE, {"1": "banjo"})
    with pytest.raises(UsageError, match=r"Choose one of: flute, cello$"):
        read_overrides(SCORE, {"1": "banjo"}, available=[FLUTE, CELLO])
