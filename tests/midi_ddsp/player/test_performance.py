"""The record of a performance."""

from __future__ import annotations

import numpy as np

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.characters import character_of
from musegen.midi_ddsp.player.performance import Performance
from musegen.midi_ddsp.player.performer import interpret
from musegen.midi_ddsp.player.styles import STYLES


def test_columns_hold_every_control_by_name() -> None:
    violin = instrument_named("violin")
    notes = [
        PlayedNote(pitch=60 + index, onset_s=0.5 * index, offset_s=0.5 * index + 0.5)
        for index in range(5)
    ]
    played = interpret(
        notes,
        style=STYLES["lively"],
        character=character_of(violin),
        rng=np.random.default_rng(0),
    )
    curve = np.zeros(750, np.float32)
    performance = Performance(
        audio=np.zeros(48_000, np.float32),
        sample_rate=16_000,
        notes=played.notes,
        expression=played.expression,
        f0_hz=curve,
        level_db=curve,
        noise_db=curve,
        tilt_db_per_octave=curve,
        instrument=violin,
        style="lively",
        seed=0,
        licence="",
        source="",
    )
    columns = performance.expression_columns()
    assert performance.duration_s == 3.0
    assert columns["volume_db"].tolist() == [
        item.volume_db for item in played.expression
    ]
    assert {len(column) for column in columns.values()} == {5}
