"""What the user gave comes back, whatever the score, the command and the sampler."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musegen.cli._sampling_options import DEFAULT_STEPS
from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import KeySignature, Note, Part, Score, Tempo, TimeSignature

TICKS = 480
SIXTEENTH = TICKS // 4
SAMPLERS = list(DEFAULT_STEPS)
RANGES = ((60, 81), (52, 74), (46, 69), (36, 66))
NAMES = ("Soprano", "Alto", "Tenor", "Bass")

few = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
pytestmark = pytest.mark.usefixtures("fake_model")


@st.composite
def lines(draw: st.DrawFn, voice: int) -> Part:
    """A line with rests, repeated notes and notes off the grid."""
    notes, tick = [], draw(st.integers(0, 4)) * SIXTEENTH
    low, high = RANGES[voice]
    for _ in range(draw(st.integers(1, 10))):
        length = draw(st.sampled_from((1, 2, 3, 4, 8))) * SIXTEENTH
        slack = draw(st.sampled_from((0, 0, 0, 7, 40)))
        notes.append(
            Note(
                onset=tick,
                duration=max(1, length - slack),
                pitch=draw(st.integers(low, high)),
                velocity=draw(st.integers(1, 127)),
            )
        )
        tick += length + draw(st.sampled_from((0, 0, 0, SIXTEENTH, TICKS)))
    return Part(
        name=NAMES[voice],
        channel=voice,
        program=draw(st.integers(0, 127)),
        notes=tuple(notes),
    )


@st.composite
def scores(draw: st.DrawFn, voices: Sequence[int]) -> Score:
    numerator = draw(st.sampled_from((2, 3, 4)))
    return Score(
        ticks_per_quarter=TICKS,
        parts=tuple(draw(lines(voice)) for voice in voices),
        tempos=(Tempo(tick=0, qpm=draw(st.sampled_from((60.0, 100.0)))),),
        time_signatures=(TimeSignature(tick=0, numerator=numerator, denominator=4),),
        key_signatures=(KeySignature(tick=0, sharps=draw(st.integers(-3, 3))),),
        title=draw(st.sampled_from(("", "Song"))),
    )


def filled(score: Score, command: str, sampler: str, *arguments: str) -> Score:
    """What comes of a score, read from its file."""
    steps = [] if DEFAULT_STEPS[sampler] is None else ["--steps", "1"]
    words = ["--sampler", sampler, "--candidates", "1", "--rounds", "1", *steps]
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "in.mid"), Path(folder, "out.mid")
        path.write_bytes(midi_bytes(score))
        words = [command, str(path), "-o", str(out), "--seed", "1", *words, *arguments]
        assert run([*words, "--quiet", "--rests"]) == 0
        assert read_midi(path).score == score
        return read_midi(out).score


def frame(score: Score) -> Score:
    return replace(score, parts=())


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("given_voices", [(0,), (3,), (0, 3), (0, 1, 2)], ids=str)
@few
@given(data=st.data())
def test_harmonize_returns_what_was_given(
    sampler: str, given_voices: tuple[int, ...], data: st.DataObject
) -> None:
    before = data.draw(scores(given_voices))
    names = ",".join(NAMES[voice].lower() for voice in given_voices)
    after = filled(before, "harmonize", sampler, "--given", names)
    assert frame(after) == frame(before)
    assert [after.parts[voice] for voice in given_voices] == list(before.parts)
    assert len(after.parts) == 4


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("revoice", [(), ("--revoice",)], ids=str)
@few
@given(data=st.data())
def test_complete_returns_all_that_is_not_in_the_hole(
    sampler: str, revoice: tuple[str, ...], data: st.DataObject
) -> None:
    before = data.draw(scores((0, 1, 2, 3)))
    hidden = data.draw(st.sampled_from((1, 2, 3)))
    name = NAMES[hidden].lower()
    after = filled(before, "complete", sampler, "--voices", name, *revoice)
    assert frame(after) == frame(before)
    for voice in range(4):
        old, new = before.parts[voice], after.parts[voice]
        assert replace(new, notes=()) == replace(old, notes=())
        if voice != hidden:
            assert new == old


@pytest.mark.parametrize("sampler", SAMPLERS)
@few
@given(data=st.data())
def test_complete_keeps_every_note_where_it_fills_rests(
    sampler: str, data: st.DataObject
) -> None:
    before = data.draw(scores((0, 2)))
    after = filled(before, "complete", sampler)
    by_name = {part.name: part for part in after.parts}
    assert frame(after) == frame(before)
    assert list(by_name) == list(NAMES)
    for part in before.parts:
        back = by_name[part.name]
        assert not Counter(part.notes) - Counter(back.notes)
        assert replace(back, notes=()) == replace(part, notes=())


@few
@given(data=st.data())
def test_complete_keeps_what_lies_outside_of_the_bars(data: st.DataObject) -> None:
    before = data.draw(scores((0, 1, 2, 3)))
    bar = before.time_signatures[0].numerator * TICKS
    after = filled(before, "complete", "gibbs", "--bars", "1")
    assert frame(after) == frame(before)
    for old, new in zip(before.parts, after.parts, strict=True):
        outside = [note for note in old.notes if note.end > bar]
        assert not Counter(outside) - Counter(new.notes)
        assert all(note.onset < bar or note in old.notes for note in new.notes)
