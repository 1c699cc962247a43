from __future__ import annotations

from dataclasses import replace

import pretty_midi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.adapters.pretty_midi import from_pretty_midi, to_pretty_midi
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

TICKS = st.integers(0, 20_000)
NOTES = st.builds(
    Note,
    onset=TICKS,
    duration=st.integers(0, 2_000),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)
PARTS = st.builds(
    Part,
    notes=st.lists(NOTES, max_size=8).map(sorted_notes),
    name=st.text(max_size=6),
    program=st.integers(0, 127),
    is_drum=st.booleans(),
    controls=st.lists(
        st.builds(
            ControlChange,
            tick=TICKS,
            number=st.integers(0, 127),
            value=st.integers(0, 127),
        ),
        max_size=3,
    ).map(tuple),
    pitch_bends=st.lists(
        st.builds(PitchBend, tick=TICKS, value=st.integers(-8192, 8191)), max_size=3
    ).map(tuple),
)
TEMPOS = st.dictionaries(
    TICKS, st.floats(20, 400, allow_nan=False, width=32), max_size=5
).map(lambda found: tuple(Tempo(tick=t, qpm=q) for t, q in sorted(found.items())))


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(PARTS, max_size=3).map(tuple),
    tempos=TEMPOS,
    ticks_per_quarter=st.sampled_from([24, 96, 220, 480, 960]),
)
def test_notes_controls_and_bends_come_back_at_their_ticks(
    parts: tuple[Part, ...], tempos: tuple[Tempo, ...], ticks_per_quarter: int
) -> None:
    score = Score(ticks_per_quarter=ticks_per_quarter, parts=parts, tempos=tempos)
    back = from_pretty_midi(to_pretty_midi(score))
    assert back.parts == score.parts
    assert back.ticks_per_quarter == ticks_per_quarter
    given_tempos = {tempo.tick: tempo.qpm for tempo in back.tempos}
    for tempo in tempos:
        assert given_tempos[tempo.tick] == pytest.approx(tempo.qpm)


def test_metres_keys_lyrics_and_markers_come_back() -> None:
    melody = Part(
        notes=(
            Note(onset=0, duration=480, pitch=60),
            Note(onset=700, duration=20, pitch=62),
        ),
        lyrics=(TextEvent(tick=0, text="A-"), TextEvent(tick=700, text="men")),
        name="Sopran",
    )
    bass = Part(notes=(Note(onset=0, duration=960, pitch=40),), program=32)
    score = Score(
        ticks_per_quarter=480,
        parts=(bass, melody),
        tempos=(Tempo(tick=0, qpm=90.0), Tempo(tick=333, qpm=60.0)),
        time_signatures=(
            TimeSignature(tick=0, numerator=3, denominator=4),
            TimeSignature(tick=1440, numerator=6, denominator=8),
        ),
        key_signatures=(
            KeySignature(tick=0, sharps=-3, is_minor=True),
            KeySignature(tick=1440, sharps=2),
        ),
        markers=(TextEvent(tick=480, text="A"),),
    )
    assert from_pretty_midi(to_pretty_midi(score)) == score


@pytest.mark.parametrize("sharps", range(-5, 7))
@pytest.mark.parametrize("is_minor", [False, True])
def test_keys_are_those_of_pretty_midi(sharps: int, is_minor: bool) -> None:
    key = KeySignature(tick=0, sharps=sharps, is_minor=is_minor)
    midi = to_pretty_midi(Score(ticks_per_quarter=480, key_signatures=(key,)))
    (change,) = midi.key_signature_changes
    expected = pretty_midi.mode_accidentals_to_key_number(int(is_minor), sharps)
    assert change.key_number == expected
    assert from_pretty_midi(midi).key_signatures == (key,)


def test_enharmonic_keys_come_back_as_their_twins() -> None:
    keys = tuple(KeySignature(tick=0, sharps=sharps) for sharps in (-7, -6, 7))
    back = [
        from_pretty_midi(
            to_pretty_midi(Score(ticks_per_quarter=1, key_signatures=(key,)))
        )
        for key in keys
    ]
    assert [score.key_signatures[0].sharps for score in back] == [5, 6, -5]


def test_what_pretty_midi_cannot_hold_is_what_the_module_says() -> None:
    notes = (Note(onset=0, duration=9, pitch=60),)
    score = Score(
        ticks_per_quarter=480,
        parts=(Part(notes=notes, channel=3, fermatas=(0,)),),
        tempos=(Tempo(tick=0, qpm=120.0),),
        pickup=240,
        title="Song",
    )
    part = replace(score.parts[0], channel=None, fermatas=())
    assert from_pretty_midi(to_pretty_midi(score)) == replace(
        score, parts=(part,), pickup=0, title=""
    )


def test_an_implied_tempo_comes_back_as_a_tempo() -> None:
    score = Score(ticks_per_quarter=480)
    assert from_pretty_midi(to_pretty_midi(score)).tempos == (Tempo(tick=0, qpm=120.0),)


def test_lyrics_without_a_part_are_dropped_with_it() -> None:
    midi = to_pretty_midi(Score(ticks_per_quarter=480))
    midi.lyrics.append(pretty_midi.Lyric("la", 0.0))
    assert from_pretty_midi(midi).parts == ()


def test_seconds_agree_with_the_score() -> None:
    score = Score(
        ticks_per_quarter=480,
        parts=(Part(notes=(Note(onset=960, duration=480, pitch=60),)),),
        tempos=(Tempo(tick=0, qpm=60.0), Tempo(tick=480, qpm=120.0)),
    )
    (note,) = to_pretty_midi(score).instruments[0].notes
    assert note.start == pytest.approx(score.seconds_at(960)) == pytest.approx(1.5)
    assert note.end == pytest.approx(score.seconds_at(1440))


def test_a_score_beyond_the_last_tick_pretty_midi_reads_is_converted() -> None:
    late = Note(onset=20_000_000, duration=480, pitch=60)
    score = Score(ticks_per_quarter=480, parts=(Part(notes=(late,)),))
    assert from_pretty_midi(to_pretty_midi(score)).parts[0].notes == (late,)


def test_velocity_zero_of_another_program_becomes_one() -> None:
    midi = pretty_midi.PrettyMIDI(resolution=480)
    instrument = pretty_midi.Instrument(0)
    instrument.notes.append(pretty_midi.Note(0, 60, 0.0, 0.5))
    midi.instruments.append(instrument)
    (note,) = from_pretty_midi(midi).parts[0].notes
    assert note == Note(onset=0, duration=480, pitch=60, velocity=1)
