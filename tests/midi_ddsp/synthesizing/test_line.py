"""One line from notes to sound: every level can be changed, and nothing drifts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters, hz_to_midi
from musegen.midi_ddsp.parts.automation import Automation, Curve, constant_curve
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.presets.expression_presets import parse_preset
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer
from musegen.midi_ddsp.synthesizing.line import (
    Line,
    LineSound,
    LineWishes,
)
from musegen.midi_ddsp.synthesizing.performers import PlayingChoices
from musegen.midi_ddsp.tables.note_table import NoteTable, PartialNoteTable

RATE = 16_000
PART = PlayablePart(
    name="Solo",
    instrument=instrument_named("violin"),
    notes=(
        PlayedNote(pitch=67, onset_s=0.1, offset_s=0.5),
        PlayedNote(pitch=69, onset_s=0.5, offset_s=0.9),
    ),
    legato_in=(False, True),
    automation=Automation(),
    part_index=0,
    voice_index=0,
)
CHOICES = PlayingChoices(seed=5)


def line(part: PlayablePart = PART, **wishes: Any) -> Line:  # noqa: ANN401
    return Line(
        part=part,
        performer=FormulaPerformer(),
        choices=CHOICES,
        wishes=LineWishes(**wishes),
    )


def played(found: Line) -> SynthesisParameters:
    blocks = list(found.parameters())
    return SynthesisParameters(
        f0_hz=np.concatenate([block.f0_hz for block in blocks]),
        amplitude=np.concatenate([block.amplitude for block in blocks]),
        harmonics=np.concatenate([block.harmonics for block in blocks]),
        noise=np.concatenate([block.noise for block in blocks]),
    )


def heard(found: Line) -> np.ndarray:
    return np.concatenate(list(found.sound()))


def cells(**columns: list[float]) -> PartialNoteTable:
    arrays = {name: np.array(values) for name, values in columns.items()}
    labels = tuple(f"row {i + 1}" for i in range(len(next(iter(columns.values())))))
    return PartialNoteTable(columns=arrays, row_labels=labels)


PLAIN = played(line())


def test_the_sound_ends_a_second_after_the_last_note() -> None:
    sound = heard(line())
    assert len(sound) == round(1.9 * RATE)
    assert np.abs(sound[: round(0.09 * RATE)]).max() < 1e-4
    assert np.abs(sound[round(0.12 * RATE) : round(0.85 * RATE)]).max() > 0.01


def test_pieces_are_short_so_that_sound_comes_soon() -> None:
    assert 0 < len(next(iter(line().sound()))) <= RATE // 4


def test_cells_and_presets_change_the_table_in_this_order() -> None:
    both = line(
        expression=cells(note=[2.0], volume_db=[-40.0]),
        presets=(parse_preset("louder"),),
    )
    assert both.table["volume_db"][1] == pytest.approx(-34.0, abs=0.5)
    changed = played(both).amplitude
    assert changed[130:220].max() < PLAIN.amplitude[130:220].min()


def test_the_score_and_the_file_move_a_line_together() -> None:
    jump = Curve(frames=np.array([99, 100]), values=np.array([0.0, -20.0]))
    part = replace(PART, automation=Automation(gain_db=jump))
    extra = Automation(gain_db=constant_curve(-6.0), bend_cents=constant_curve(100.0))
    moved = played(line(part, automation=extra))
    ratio = moved.amplitude[30:200] / PLAIN.amplitude[30:200]
    np.testing.assert_allclose(20 * np.log10(ratio[:60]), -6.0, atol=0.01)
    np.testing.assert_allclose(20 * np.log10(ratio[80:]), -26.0, atol=0.01)
    shift = hz_to_midi(moved.f0_hz) - hz_to_midi(PLAIN.f0_hz)
    np.testing.assert_allclose(shift[25:], 1.0, atol=1e-3)


def test_a_file_widens_the_vibrato_before_it_is_played() -> None:
    long = replace(PART, notes=(PlayedNote(pitch=67, onset_s=0.0, offset_s=2.0),))
    wide = played(line(long, automation=Automation(vibrato_factor=constant_curve(3.0))))
    plain = played(line(long))
    assert np.ptp(wide.f0_hz[100:400]) > 2 * np.ptp(plain.f0_hz[100:400])


@pytest.mark.parametrize("bend", [Automation(), None])
def test_tuning_moves_every_pitch(bend: Automation | None) -> None:
    moving = Curve(frames=np.array([0, 400]), values=np.array([0.0, 50.0]))
    part = PART if bend else replace(PART, automation=Automation(bend_cents=moving))
    low, usual = (played(line(part, tuning_hz=hz)).f0_hz for hz in (415.0, 440.0))
    np.testing.assert_allclose(low[30:] / usual[30:], 415 / 440, rtol=1e-5)


def test_given_parameters_sound_as_they_stand() -> None:
    halved = replace(PLAIN, amplitude=PLAIN.amplitude * np.float32(0.5))

    class Unplayed(FormulaPerformer):
        def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
            raise AssertionError("nobody shall play")

    given = Line(
        part=PART,
        performer=Unplayed(),
        choices=CHOICES,
        wishes=LineWishes(parameters=[halved], tuning_hz=415.0),
    )
    assert given.is_given and not line().is_given
    np.testing.assert_array_equal(played(given).f0_hz, PLAIN.f0_hz)
    np.testing.assert_array_equal(played(given).amplitude, halved.amplitude)


def test_saved_parameters_given_back_are_the_same_sound() -> None:
    blocks: list[SynthesisParameters] = []
    saved = line(tuning_hz=430.0)
    saved.tap = blocks.append
    first = heard(saved)
    again = heard(line(parameters=blocks))
    np.testing.assert_array_equal(first, again)


def test_blocks_are_taken_one_by_one() -> None:
    taken = 0

    class Counting(FormulaPerformer):
        def parameters(
            self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
        ) -> Iterator[SynthesisParameters]:
            nonlocal taken
            for block in super().parameters(part, table, choices):
                taken += 1
                yield block

    notes = tuple(
        PlayedNote(pitch=60 + i % 9, onset_s=float(i), offset_s=i + 1.0)
        for i in range(30)
    )
    part = replace(PART, notes=notes, legato_in=(False,) * len(notes))
    sound = Line(part=part, performer=Counting(), choices=CHOICES).sound()
    next(sound)
    assert taken <= 2
    for count in range(1, 6):
        next(sound)
        assert taken <= count + 2


def test_the_room_rings_on_and_has_a_level() -> None:
    taps = np.zeros(RATE, np.float32)
    taps[RATE // 2] = 0.5

    def in_room(gain: float) -> np.ndarray:
        room = ImpulseResponse(taps=taps)
        wet = line()
        wet.sound_wishes = LineSound(room=room, room_gain=gain)
        return heard(wet)

    dry, wet, louder = heard(line()), in_room(1.0), in_room(2.0)
    assert len(wet) == len(dry) + RATE - 1
    echo = slice(RATE, round(1.35 * RATE))
    np.testing.assert_allclose(
        louder[echo] - dry[echo], 2 * (wet[echo] - dry[echo]), atol=1e-5
    )
    assert np.abs(wet[echo] - dry[echo]).max() > 0.005


def test_a_higher_rate_has_the_same_music() -> None:
    fine = line()
    fine.sound_wishes = LineSound(sample_rate=48_000)
    assert len(heard(fine)) == 3 * len(heard(line()))


def test_what_does_nothing_is_said_where_somebody_plays() -> None:
    edit = cells(note=[1.0], volume=[0.5])
    assert [notice.code for notice in line(expression=edit).notices] == [
        "unread-columns"
    ]
    assert line().notices == ()
    assert line(expression=edit, parameters=[PLAIN]).notices == ()


def test_a_predicted_table_is_within_what_can_be_played() -> None:
    class Shrill(FormulaPerformer):
        def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
            table = super().expression(part, choices)
            return table.with_columns({"mean_harmonic": np.array([90.0, 4.0])})

    shrill = Line(part=PART, performer=Shrill(), choices=CHOICES)
    assert shrill.table["mean_harmonic"].tolist() == [60.0, 4.0]
    assert shrill.notices == ()


def test_wrong_wishes_are_refused() -> None:
    with pytest.raises(UsageError, match="220 to 880"):
        LineWishes(tuning_hz=44.0)
    with pytest.raises(InputError, match="no such note"):
        _ = line(expression=cells(note=[9.0], volume_db=[-20.0])).table
