"""Ensembles by name, and which voice of a score goes to which chair."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import EmptyScoreError, UsageError
from musegen.data.score import ControlChange, Note, Part, Score
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.synthesizing.ensembles import (
    ENSEMBLES,
    ensemble_named,
    plan_ensemble,
    seat_parts,
)

SOPRANO, ALTO, TENOR, BASS = (60, 81), (53, 74), (48, 69), (40, 62)
VOICES = {"Soprano": 72, "Alto": 65, "Tenor": 58, "Bass": 48}


def part(name: str, *pitches: int, **more: object) -> Part:
    notes = tuple(
        Note(onset=240 * i, duration=240, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )
    return Part(notes=notes, name=name, **more)  # type: ignore[arg-type]


def score(*parts: Part) -> Score:
    return Score(ticks_per_quarter=480, parts=parts)


def four_voices() -> Score:
    return score(*(part(name, pitch, pitch + 2) for name, pitch in VOICES.items()))


def played(content: Score, name: str, available: Sequence[Instrument]) -> list[str]:
    plan = plan_ensemble(content, ensemble_named(name), available=available)
    return [one.instrument.name for one in plan.parts]


def chairs(num_voices: int, name: str = "string-quartet") -> list[int]:
    content = score(*(part(str(i), 76 - 4 * i) for i in range(num_voices)))
    return [seat.chair for seat in seat_parts(content, ensemble_named(name))]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("string-quartet", ["violin", "violin", "viola", "cello"]),
        ("Woodwind_Quartet", ["flute", "oboe", "clarinet", "bassoon"]),
        ("brass quartet", ["trumpet", "trumpet", "horn", "trombone"]),
        ("mixed-quartet", ["clarinet", "trumpet", "tenor saxophone", "tuba"]),
        ("alto-sax", ["alto saxophone"] * 4),
    ],
)
def test_voices_sit_from_the_highest(name: str, expected: list[str]) -> None:
    assert played(four_voices(), name, INSTRUMENTS) == expected


@pytest.mark.parametrize("name", ENSEMBLES)
def test_chairs_have_every_note_of_their_voice(name: str) -> None:
    members = [instrument_named(c.instrument) for c in ENSEMBLES[name].chairs]
    for member, (low, high) in zip(members, (SOPRANO, ALTO, TENOR, BASS), strict=True):
        strained = range(member.lowest_pitch, member.highest_pitch + 1)
        assert {low + 5, high} <= set(strained), member.name


@pytest.mark.parametrize("name", ENSEMBLES)
def test_gains_balance_and_do_not_only_make_louder(name: str) -> None:
    gains = [chair.gain_db for chair in ENSEMBLES[name].chairs]
    assert abs(sum(gains)) <= 2
    assert max(map(abs, gains)) <= 6


def test_an_unknown_name_lists_all_and_guesses() -> None:
    with pytest.raises(UsageError, match=r'mean "string-quartet".*brass-quartet.*tuba'):
        ensemble_named("sting-quartet")
    with pytest.raises(UsageError, match='mean "violin"'):
        ensemble_named("violine")
    viola = instrument_named("viola")
    with pytest.raises(UsageError, match=r"mixed-quartet, viola$"):
        ensemble_named("kazoo", available=[viola])


def test_order_is_by_what_sounds_and_not_by_the_score() -> None:
    parts = list(four_voices().parts)
    random.Random(3).shuffle(parts)
    by_name = {
        one.name: one.instrument.name
        for one in plan_ensemble(
            score(*parts), ensemble_named("woodwind-quartet")
        ).parts
    }
    assert by_name == dict(
        zip(VOICES, ["flute", "oboe", "clarinet", "bassoon"], strict=True)
    )


def test_fewer_voices_take_the_chairs_that_fit() -> None:
    content = score(part("High", 72, 74), part("Low", 43, 45))
    assert played(content, "string-quartet", INSTRUMENTS) == ["violin", "cello"]
    alone = score(part("Low", 38, 40))
    assert played(alone, "string-quartet", INSTRUMENTS) == ["cello"]
    assert played(score(part("Tune", 72)), "brass-quartet", INSTRUMENTS) == ["trumpet"]


def test_more_voices_share_chairs() -> None:
    assert chairs(4) == [0, 1, 2, 3]
    assert chairs(5) == [0, 0, 1, 2, 3]
    low = score(*(part(str(i), pitch) for i, pitch in enumerate((72, 65, 58, 45, 40))))
    seats = seat_parts(low, ensemble_named("string-quartet"))
    assert [seat.chair for seat in seats] == [0, 1, 2, 3, 3]


@given(
    st.lists(st.integers(36, 88), min_size=1, max_size=12),
    st.sampled_from(sorted(ENSEMBLES)),
)
@settings(max_examples=30)
def test_nobody_is_passed_over_and_no_voice_sits_above_a_higher_one(
    pitches: list[int], name: str
) -> None:
    content = score(*(part(str(i), pitch) for i, pitch in enumerate(pitches)))
    seats = seat_parts(content, ensemble_named(name))
    assert [seat.part_index for seat in seats] == list(range(len(pitches)))
    order = sorted(range(len(pitches)), key=lambda i: (-pitches[i], i))
    taken = [seats[index].chair for index in order]
    assert taken == sorted(taken)
    assert len(set(taken)) == min(4, len(pitches))


def test_a_missing_voice_has_a_substitute_that_is_said() -> None:
    available = [i for i in INSTRUMENTS if i.name not in ("tuba", "trumpet")]
    plan = plan_ensemble(
        four_voices(), ensemble_named("mixed-quartet"), available=available
    )
    families = [one.instrument.family for one in plan.parts]
    assert families == ["woodwind", "brass", "woodwind", "brass"]
    told = [n.message for n in plan.notices if n.code == "substitute"]
    assert len(told) == 2
    assert "no voice for the trumpet of the mixed-quartet" in told[0]
    assert "part 4 'Bass'" in told[1]


def test_an_only_instrument_plays_what_it_must() -> None:
    only = [instrument_named("flute")]
    assert played(four_voices(), "brass-quartet", only) == ["flute"] * 4


def test_gains_are_in_the_sound_beside_those_of_the_score() -> None:
    soft = ControlChange(tick=0, number=7, value=50)
    content = score(part("Low", 43, controls=(soft,)), part("High", 72))
    seats = {
        seat.part_index: seat.gain_db
        for seat in seat_parts(content, ensemble_named("string-quartet"))
    }
    assert seats[0] != seats[1]
    alone, together = (
        [
            float(one.automation.gain_db.at(5, 6)[0])
            for one in plan_ensemble(content, ensemble_named(name)).parts
        ]
        for name in ("cello", "string-quartet")
    )
    moved = [after - before for before, after in zip(alone, together, strict=True)]
    assert moved == pytest.approx([seats[0], seats[1]], abs=1e-4)


def test_percussion_effects_and_empty_parts_have_no_chair() -> None:
    content = score(
        part("Kit", 36, 38, channel=9, is_drum=True),
        part("Gun", 90, program=127),
        part("Nothing"),
        *four_voices().parts,
    )
    seats = seat_parts(content, ensemble_named("string-quartet"))
    assert [seat.part_index for seat in seats] == [3, 4, 5, 6]
    plan = plan_ensemble(content, ensemble_named("string-quartet"))
    assert [one.part_index for one in plan.skipped] == [0, 1, 2]


def test_a_part_of_chords_is_played_by_one_chair() -> None:
    chord = tuple(Note(onset=0, duration=480, pitch=pitch) for pitch in (72, 76))
    content = score(Part(notes=chord, name="Chords"), part("Low", 43, 45))
    assert played(content, "string-quartet", INSTRUMENTS) == [
        "violin",
        "violin",
        "cello",
    ]


def test_a_score_without_notes_is_refused() -> None:
    with pytest.raises(EmptyScoreError):
        plan_ensemble(score(part("Nothing")), ensemble_named("violin"))
