"""New notes in the parts of the score that was read, all else as it was."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from musegen.coconet.completion import prepare_completion
from musegen.coconet.setting import BuiltSetting, in_place
from musegen.data.score import Note, Part, Score, TimeSignature

Untyped = Any  # options are of many types

QUARTER = 480


def notes(*lengths: tuple[int, float], velocity: int = 80) -> tuple[Note, ...]:
    """From (pitch, quarters)."""
    made, tick = [], 0
    for pitch, quarters in lengths:
        duration = round(quarters * QUARTER)
        made.append(Note(onset=tick, duration=duration, pitch=pitch, velocity=velocity))
        tick += duration
    return tuple(made)


def quartet() -> Score:
    pitches = (72, 67, 60, 48)
    names = ("Soprano", "Alto", "Tenor", "Bass")
    parts = (
        Part(notes=notes(*[(p, 1)] * 6, velocity=50 + i), name=n, channel=i, program=i)
        for i, (p, n) in enumerate(zip(pitches, names, strict=True))
    )
    return Score(
        ticks_per_quarter=QUARTER,
        parts=tuple(parts),
        time_signatures=(TimeSignature(tick=0, numerator=3, denominator=4),),
    )


def completed(score: Score, **options: Untyped) -> BuiltSetting:
    task = prepare_completion(score, beat_level=Fraction(1), **options)
    pitch = np.tile(np.array((45, 40, 26, 19), np.int16), (len(task.is_free), 1))
    onset = np.where(task.is_free, 1, task.onset).astype(np.int8)
    return in_place(task, pitch, onset)


def test_new_notes_go_into_their_own_part() -> None:
    score = quartet()
    built = completed(score, bars=((2, 2),), hidden=(1, 2))
    assert built.given_parts == (0, 3)
    assert (built.score.parts[0], built.score.parts[3]) == (
        score.parts[0],
        score.parts[3],
    )
    alto = built.score.parts[1]
    assert alto.notes[:3] == score.parts[1].notes[:3]
    (new,) = alto.notes[3:]
    assert (new.onset, new.duration, new.pitch, new.velocity) == (1440, 1440, 76, 51)


def test_fermatas_stay_over_new_notes_and_the_network_hears_of_them() -> None:
    first, *others = quartet().parts
    score = replace(quartet(), parts=(replace(first, fermatas=(960, 2400)), *others))
    built = completed(score, bars=((2, 2),), phrase_ends="auto")
    assert [part.fermatas for part in built.score.parts] == [(960, 2400), (), (), ()]
    assert len(built.score.parts[0].notes) == 4
    task = prepare_completion(
        score, beat_level=Fraction(1), bars=((2, 2),), phrase_ends="auto"
    )
    under = np.flatnonzero(task.fermata == 2).tolist()
    assert under == [*range(8, 12), *range(20, 24)]


def test_missing_voices_stand_between_their_neighbours() -> None:
    score = quartet()
    drums = Part(name="Kit", is_drum=True, notes=notes((36, 1)))
    duet = replace(score, parts=(score.parts[0], score.parts[3], drums))
    built = completed(duet)
    names = [part.name for part in built.score.parts]
    assert names == ["Soprano", "Alto", "Tenor", "Bass", "Kit"]
    assert built.given_parts == (0, 3)
    inner = replace(score, parts=(score.parts[1], drums))
    names = [part.name for part in completed(inner).score.parts]
    assert names == ["Soprano", "Alto", "Tenor", "Bass", "Kit"]


def test_new_notes_give_way_to_notes_played_beyond_their_steps() -> None:
    score = quartet()
    bass = score.parts[3]
    late = Note(onset=0, duration=490, pitch=55, velocity=9)
    early = Note(onset=950, duration=490, pitch=55, velocity=9)
    bass = replace(bass, notes=(late, early))
    score = replace(score, parts=(*score.parts[:3], bass))
    built = completed(score)
    assert [(n.onset, n.end, n.pitch) for n in built.score.parts[3].notes] == [
        (0, 490, 55),
        (490, 950, 55),
        (950, 1440, 55),
        (1440, 2880, 55),
    ]
