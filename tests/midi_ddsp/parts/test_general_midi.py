"""The table of General MIDI programs."""

from __future__ import annotations

import pytest

from musegen.midi_ddsp.instruments import INSTRUMENTS, instrument_named
from musegen.midi_ddsp.parts.general_midi import NUM_PROGRAMS, players_of, program_name


def test_there_are_128_programs_of_different_names() -> None:
    assert NUM_PROGRAMS == 128
    assert len({program_name(program) for program in range(128)}) == 128


@pytest.mark.parametrize("program", range(128))
def test_whoever_plays_a_program_is_an_instrument(program: int) -> None:
    players = [instrument_named(name) for name in players_of(program)]
    assert len(set(players)) == len(players)


@pytest.mark.parametrize("item", INSTRUMENTS, ids=lambda item: item.name)
def test_every_instrument_alone_plays_its_own_program(item: object) -> None:
    found = [i for i in INSTRUMENTS if i == item]
    assert players_of(found[0].gm_program) == (found[0].name,)


def test_the_specification_names_programs_where_they_stand() -> None:
    known = {0: "acoustic grand piano", 19: "church organ", 46: "orchestral harp"}
    known |= {60: "French horn", 79: "ocarina", 109: "bagpipe", 127: "gunshot"}
    assert {program: program_name(program) for program in known} == known


def test_sound_effects_and_unpitched_drums_have_no_player() -> None:
    nobody = {program for program in range(128) if not players_of(program)}
    assert nobody == {113, *range(115, 128)}
