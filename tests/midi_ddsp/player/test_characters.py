"""Every instrument has a character."""

from __future__ import annotations

import pytest

from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.player.characters import character_of


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda item: item.name)
def test_louder_is_brighter_on_every_instrument(instrument: Instrument) -> None:
    character = character_of(instrument)
    assert character.brightening > 0.0
    assert 0.0 < character.noise_low_hz < character.noise_high_hz < 8000.0


def test_brass_brightens_more_than_strings_and_clarinets_hardly_vibrate() -> None:
    def of(name: str) -> float:
        return character_of(instrument_named(name)).brightening

    assert of("trumpet") > of("violin")
    clarinet = character_of(instrument_named("clarinet"))
    saxophone = character_of(instrument_named("alto saxophone"))
    assert clarinet.vibrato_share < saxophone.vibrato_share
