"""Odd scores give parts or one clear sentence, never anything else."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import MusegenError
from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
    TimeSignature,
    sorted_notes,
)
from musegen.midi_ddsp.parts.plan import PartPlan
from musegen.midi_ddsp.parts.planning import plan_parts

HOUR_TICKS = 480 * 2 * 3600  # at 120 and 480 a quarter
TICKS = st.one_of(st.integers(0, 2000), st.integers(0, HOUR_TICKS))
NOTES = st.builds(
    Note,
    onset=TICKS,
    duration=st.one_of(st.integers(0, 900), st.just(HOUR_TICKS)),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)
CLUSTERS = st.builds(
    lambda tick, low, count, length: [
        Note(onset=tick, duration=length, pitch=low + step) for step in range(count)
    ],
    tick=TICKS,
    low=st.integers(0, 100),
    count=st.integers(1, 24),
    length=st.integers(1, 2000),
)
CONTROLS = st.builds(
    ControlChange,
    tick=TICKS,
    number=st.one_of(
        st.sampled_from([1, 6, 7, 10, 11, 38, 64, 100, 101, 120, 121]),
        st.integers(0, 127),
    ),
    value=st.integers(0, 127),
)
PARTS = st.builds(
    lambda notes, clusters, **fields: Part(
        notes=sorted_notes([*notes, *(n for cluster in clusters for n in cluster)]),
        **fields,
    ),
    notes=st.lists(NOTES, max_size=12),
    clusters=st.lists(CLUSTERS, max_size=2),
    name=st.sampled_from(["", "Solo", "1", " ", "a\x00b"]),
    program=st.one_of(st.sampled_from([0, 40, 48, 126, 127]), st.integers(0, 127)),
    channel=st.one_of(st.none(), st.integers(0, 15)),
    is_drum=st.sampled_from([False, False, False, True]),
    controls=st.lists(CONTROLS, max_size=12).map(
        lambda items: tuple(sorted(items, key=lambda item: item.tick))
    ),
    pitch_bends=st.lists(
        st.builds(PitchBend, tick=TICKS, value=st.integers(-8192, 8191)), max_size=6
    ).map(lambda items: tuple(sorted(items))),
    program_changes=st.lists(
        st.builds(ProgramChange, tick=TICKS, program=st.integers(0, 127)), max_size=3
    ).map(lambda items: tuple(sorted(items))),
)
SCORES = st.builds(
    Score,
    ticks_per_quarter=st.sampled_from([1, 24, 480, 32767]),
    parts=st.lists(PARTS, max_size=4).map(tuple),
    tempos=st.lists(
        st.builds(
            Tempo, tick=TICKS, qpm=st.sampled_from([3.6, 60.0, 120.0, 300.0, 6e7])
        ),
        max_size=3,
    ).map(lambda items: tuple(sorted(items))),
    time_signatures=st.lists(
        st.builds(
            TimeSignature,
            tick=TICKS,
            numerator=st.integers(1, 13),
            denominator=st.sampled_from([1, 4, 8, 64]),
        ),
        max_size=2,
        unique_by=lambda item: item.tick,
    ).map(lambda items: tuple(sorted(items))),
    pickup=st.sampled_from([0, 0, 7]),
)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "instrument": st.sampled_from(["violin", "tuba"]),
        "overrides": st.dictionaries(
            st.sampled_from(["1", "3", "Solo", "channel:2"]),
            st.sampled_from(["flute", "skip"]),
            max_size=2,
        ),
        "out_of_range": st.sampled_from(["play", "octave", "refuse"]),
        "pedal": st.sampled_from(["hold", "ignore"]),
        "max_voices": st.integers(1, 16),
    },
)


def planned(score: Score, choices: dict[str, Any]) -> PartPlan | str:
    """The plan, or the sentence that there is instead; nothing else may come."""
    try:
        return plan_parts(score, **choices)
    except MusegenError as error:
        return str(error)


def facts(plan: PartPlan | str) -> object:
    """What two plans of the same score have in common: all but arrays."""
    if isinstance(plan, str):
        return plan
    lines = [(p.name, p.instrument, p.notes, p.legato_in) for p in plan.parts]
    return lines, plan.skipped, plan.notices


@settings(max_examples=30, deadline=None)
@given(score=SCORES, choices=CHOICES)
def test_any_score_gives_parts_or_a_sentence(
    score: Score, choices: dict[str, Any]
) -> None:
    plan = planned(score, choices)
    assert facts(plan) == facts(planned(score, choices))
    if isinstance(plan, str):
        assert len(plan) > 20 and "Traceback" not in plan
        return
    assert plan.parts
    heard = {part.part_index for part in plan.parts}
    silent = {part.part_index for part in plan.skipped}
    assert heard | silent == set(range(len(score.parts)))
    for part in plan.parts:
        assert len(part.notes) == len(part.legato_in)
        assert all(a.offset_s <= b.onset_s for a, b in pairwise(part.notes))
        if choices.get("out_of_range") == "octave":
            low, high = part.instrument.lowest_pitch, part.instrument.highest_pitch
            assert all(low <= note.pitch <= high for note in part.notes)
        frames = part.automation.frames(0, 50)
        assert np.isfinite(frames.gain_db).all()
        assert np.isfinite(frames.bend_cents).all()


@settings(max_examples=30, deadline=None)
@given(part=PARTS)
def test_every_note_of_a_part_is_heard_or_accounted_for(part: Part) -> None:
    score = Score(ticks_per_quarter=480, parts=(part,))
    plan = planned(score, {"instrument": "violin", "pedal": "ignore"})
    if isinstance(plan, str) or len(part.notes) > 16:
        return
    sounding = sorted((n.onset, n.pitch) for n in part.notes if n.duration)
    heard = [note for line in plan.parts for note in line.notes]
    assert sorted((round(n.onset_s * 960), n.pitch) for n in heard) == sounding


def test_an_hour_in_sixteen_voices_is_planned_quickly() -> None:
    notes = sorted_notes(
        Note(onset=beat * 480, duration=480, pitch=40 + 3 * voice)
        for beat in range(1200)
        for voice in range(16)
    )
    bends = tuple(PitchBend(tick=60 * i, value=i % 8000) for i in range(9600))
    tempos = tuple(Tempo(tick=480 * i, qpm=20.0 + i % 2) for i in range(1200))
    part = Part(notes=notes, program=48, pitch_bends=bends)
    score = Score(ticks_per_quarter=480, parts=(part,), tempos=tempos)
    began = time.process_time()
    plan = plan_parts(score)
    assert time.process_time() - began < 10.0
    assert [len(part.notes) for part in plan.parts] == [1200] * 16
    assert 3500 < plan.end_s <= 3600
