from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.adapters.note_seq import from_note_seq, to_note_seq
from musegen.data.errors import MissingPackageError
from musegen.data.score import (
    ControlChange,
    KeySignature,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
    sorted_notes,
)

pytest.importorskip("note_seq", reason="the extra `magenta` is not installed")

NOTES = st.builds(
    Note,
    onset=st.integers(0, 20_000),
    duration=st.integers(0, 2_000),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
)
PARTS = st.builds(
    Part,
    notes=st.lists(NOTES, min_size=1, max_size=8).map(sorted_notes),
    name=st.text(st.characters(codec="utf-8"), max_size=6),
    program=st.integers(0, 127),
    is_drum=st.booleans(),
)
TEMPOS = st.dictionaries(
    st.integers(0, 20_000), st.floats(20, 400, width=32), max_size=5
).map(lambda found: tuple(Tempo(tick=t, qpm=q) for t, q in sorted(found.items())))


@settings(max_examples=50, deadline=None)
@given(
    parts=st.lists(PARTS, max_size=3).map(tuple),
    tempos=TEMPOS,
    ticks_per_quarter=st.sampled_from([24, 96, 220, 480, 960]),
)
def test_notes_come_back_at_their_ticks(
    parts: tuple[Part, ...], tempos: tuple[Tempo, ...], ticks_per_quarter: int
) -> None:
    score = Score(ticks_per_quarter=ticks_per_quarter, parts=parts, tempos=tempos)
    assert from_note_seq(to_note_seq(score)) == score


def whole_score() -> Score:
    return Score(
        ticks_per_quarter=480,
        parts=(
            Part(
                notes=(Note(onset=0, duration=480, pitch=60, velocity=33),),
                name="Oboe",
                program=68,
                controls=(ControlChange(tick=5, number=7, value=90),),
                pitch_bends=(PitchBend(tick=11, value=-300),),
            ),
            Part(name="silent"),
            Part(notes=(Note(onset=7, duration=1, pitch=38),), is_drum=True),
        ),
        tempos=(Tempo(tick=0, qpm=90.0), Tempo(tick=333, qpm=60.0)),
        time_signatures=(TimeSignature(tick=0, numerator=3, denominator=4),),
        key_signatures=(
            KeySignature(tick=0, sharps=-3, is_minor=True),
            KeySignature(tick=1440, sharps=6),
        ),
        title="Canción",
        markers=(TextEvent(tick=480, text="A"),),
    )


def test_everything_a_sequence_can_hold_comes_back() -> None:
    assert from_note_seq(to_note_seq(whole_score())) == whole_score()


def test_what_a_sequence_cannot_hold_is_what_the_module_says() -> None:
    oboe, silent, drums = whole_score().parts
    lyrics = (TextEvent(tick=0, text="la"),)
    score = replace(
        whole_score(),
        parts=(
            replace(oboe, channel=4, lyrics=lyrics, fermatas=(0,)),
            replace(silent, program=9),
            drums,
        ),
        pickup=240,
    )
    assert from_note_seq(to_note_seq(score)) == whole_score()


def test_each_program_of_a_part_comes_back_as_a_part_of_its_own() -> None:
    notes = tuple(Note(onset=480 * i, duration=480, pitch=60 + i) for i in range(3))
    changes = (ProgramChange(tick=480, program=40), ProgramChange(tick=960, program=0))
    part = Part(
        notes=notes,
        controls=(ControlChange(tick=0, number=7, value=1),),
        pitch_bends=(PitchBend(tick=500, value=1),),
        program_changes=changes,
    )
    score = Score(ticks_per_quarter=480, parts=(part,))
    first, second = from_note_seq(to_note_seq(score)).parts
    assert (first.program, first.notes) == (0, (notes[0], notes[2]))
    assert (second.program, second.notes) == (40, (notes[1],))
    assert (first.controls, second.controls) == (part.controls, ())
    assert (first.pitch_bends, second.pitch_bends) == ((), part.pitch_bends)


def test_note_seq_itself_understands_the_sequence() -> None:
    import note_seq

    score = whole_score()
    midi = note_seq.sequence_proto_to_pretty_midi(to_note_seq(score))
    assert midi.resolution == 480
    assert [i.name for i in midi.instruments] == ["Oboe", ""]
    assert midi.time_to_tick(midi.instruments[0].notes[0].end) == 480
    assert to_note_seq(score).total_time == pytest.approx(score.seconds_at(480))


@pytest.mark.parametrize(
    ("tonic", "mode", "sharps", "is_minor"),
    [
        ("C", "MAJOR", 0, False),
        ("G", "MIXOLYDIAN", 0, False),
        ("D", "DORIAN", 0, False),
        ("E", "PHRYGIAN", 0, False),
        ("F", "LYDIAN", 0, False),
        ("B", "LOCRIAN", 0, False),
        ("A", "MINOR", 0, True),
        ("E_FLAT", "NOT_SPECIFIED", -3, False),
        ("D_FLAT", "MAJOR", -5, False),
    ],
)
def test_modes_become_signatures(
    tonic: str, mode: str, sharps: int, is_minor: bool
) -> None:
    from note_seq.protobuf.music_pb2 import NoteSequence

    sequence = NoteSequence()
    kinds = sequence.KeySignature
    sequence.key_signatures.add(
        key=kinds.Key.Value(tonic), mode=kinds.Mode.Value(mode), time=0.5
    )
    (key,) = from_note_seq(sequence).key_signatures
    assert key == KeySignature(tick=220, sharps=sharps, is_minor=is_minor)


def test_a_bare_sequence_gets_note_seqs_resolution_and_a_velocity() -> None:
    from note_seq.protobuf.music_pb2 import NoteSequence

    sequence = NoteSequence()
    sequence.notes.add(pitch=60, start_time=0.5, end_time=1.0)
    kinds = sequence.TextAnnotation.TextAnnotationType
    sequence.text_annotations.add(
        time=0.0, text="C", annotation_type=kinds.Value("CHORD_SYMBOL")
    )
    sequence.text_annotations.add(time=0.0, annotation_type=kinds.Value("BEAT"))
    score = from_note_seq(sequence)
    assert score.ticks_per_quarter == 220
    assert score.parts == (Part(notes=(Note(onset=220, duration=220, pitch=60),)),)
    assert score.markers == (TextEvent(tick=0, text="C"),)


def test_a_missing_note_seq_is_said_with_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "note_seq"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "note_seq", None)
    with pytest.raises(MissingPackageError, match=r'pip install "musegen\[magenta\]"'):
        to_note_seq(Score(ticks_per_quarter=480))
