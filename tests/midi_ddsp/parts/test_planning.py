"""A score to lines for instruments, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from musegen.data.errors import (
    EmptyScoreError,
    InputError,
    PitchRangeError,
    UsageError,
    VoiceNotFoundError,
)
from musegen.data.files import read_score
from musegen.data.midi_writer import write_midi
from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
)
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parts.plan import PartPlan, SkippedPart
from musegen.midi_ddsp.parts.planning import plan_parts

SECOND = 1000  # ticks


def line(*pitches: int, length: int = SECOND) -> tuple[Note, ...]:
    return tuple(
        Note(onset=i * SECOND, duration=length, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )


def chord(*pitches: int) -> tuple[Note, ...]:
    return tuple(Note(onset=0, duration=SECOND, pitch=p) for p in sorted(pitches))


def score_of(*parts: Part) -> Score:
    """A tick is a millisecond; bars are of four seconds."""
    return Score(
        ticks_per_quarter=SECOND, parts=parts, tempos=(Tempo(tick=0, qpm=60.0),)
    )


def part(notes: tuple[Note, ...] = line(60, 62), **fields: Any) -> Part:  # noqa: ANN401
    return Part(notes=notes, **{"program": 40, "name": "Solo", **fields})


def codes(plan: PartPlan) -> list[str]:
    return [notice.code for notice in plan.notices]


# === One line ===


def test_a_line_for_its_own_instrument_needs_no_remark() -> None:
    plan = plan_parts(score_of(part()))
    (only,) = plan.parts
    assert (only.name, only.instrument.name) == ("Solo", "violin")
    assert (only.part_index, only.voice_index) == (0, 0)
    assert only.notes == (
        PlayedNote(pitch=60, onset_s=0.0, offset_s=1.0),
        PlayedNote(pitch=62, onset_s=1.0, offset_s=2.0),
    )
    assert only.legato_in == (False, False)
    assert plan.end_s == 2.0
    assert plan.notices == () and plan.skipped == ()


def test_legato_overlaps_do_not_move_what_follows() -> None:
    notes = line(*(60 + i % 12 for i in range(600)), length=SECOND + 40)
    (only,) = plan_parts(score_of(part(notes))).parts
    assert [note.onset_s for note in only.notes] == [float(i) for i in range(600)]
    assert only.legato_in == (False, *(True,) * 599)
    assert only.notes[0].offset_s == 1.0 and only.end_s == 600.04


def test_velocity_pedal_and_curves_come_along() -> None:
    controls = [(0, 64, 127), (0, 1, 127), (0, 7, 50), (3 * SECOND, 64, 0)]
    solo = part(
        (Note(onset=0, duration=SECOND, pitch=60, velocity=17),),
        controls=tuple(
            ControlChange(tick=t, number=n, value=v) for t, n, v in controls
        ),
        pitch_bends=(PitchBend(tick=SECOND, value=-8192),),
    )
    (only,) = plan_parts(score_of(solo)).parts
    assert only.notes[0].velocity == 17
    assert only.end_s == 3.0
    frames = only.automation.frames(249, 251)
    assert frames.bend_cents.tolist() == [0.0, -200.0]
    assert frames.vibrato_factor.tolist() == [3.0, 3.0]
    assert frames.gain_db.max() < -12.0
    (plain,) = plan_parts(score_of(solo), pedal="ignore").parts
    assert plain.end_s == 1.0


def test_notes_of_no_length_are_left_out_and_named() -> None:
    notes = (Note(onset=0, duration=0, pitch=60), *line(62))
    plan = plan_parts(score_of(part(notes)))
    assert [note.pitch for note in plan.parts[0].notes] == [62]
    assert codes(plan) == ["empty-note"]
    assert str(plan.notices[0].place) == "bar 1, beat 1"


# === Instruments ===


def test_a_near_match_is_said_aloud() -> None:
    plan = plan_parts(score_of(part(program=89, name="Pad")))
    assert plan.parts[0].instrument.name == "violin"
    assert [str(notice) for notice in plan.notices] == [
        "part 1 'Pad': warm pad (program 89) is played by the nearest instrument: "
        "violin"
    ]


def test_what_is_asked_for_needs_no_remark() -> None:
    score = score_of(part(program=89), part(program=0, name="Left"))
    plan = plan_parts(score, instrument="oboe", overrides={"left": "cello"})
    assert [item.instrument.name for item in plan.parts] == ["oboe", "cello"]
    assert plan.notices == ()


def test_chords_become_voices_from_the_top_each_with_its_own_instrument() -> None:
    plan = plan_parts(score_of(part(chord(76, 67, 52, 36), program=48, name="")))
    assert [(item.name, item.instrument.name) for item in plan.parts] == [
        ("part 1, voice 1", "violin"),
        ("part 1, voice 2", "violin"),
        ("part 1, voice 3", "viola"),
        ("part 1, voice 4", "cello"),
    ]
    assert [item.notes[0].pitch for item in plan.parts] == [76, 67, 52, 36]
    assert [item.voice_index for item in plan.parts] == [0, 1, 2, 3]
    assert len({id(item.automation) for item in plan.parts}) == 1
    assert codes(plan) == ["chord-voices", "nearest-instrument"]
    assert plan.notices[1].message.endswith("violin and viola and cello")


def test_another_program_from_a_tick_on_is_another_instrument() -> None:
    changes = (ProgramChange(tick=SECOND, program=73),)
    plan = plan_parts(score_of(part(line(60, 62, 64), program_changes=changes)))
    assert [(p.instrument.name, len(p.notes)) for p in plan.parts] == [
        ("violin", 1),
        ("flute", 2),
    ]
    assert [p.voice_index for p in plan.parts] == [0, 1]


def test_only_voices_that_there_are_play() -> None:
    available = [instrument_named("cello"), instrument_named("flute")]
    plan = plan_parts(score_of(part()), available=available)
    assert plan.parts[0].instrument.name == "cello"
    assert codes(plan) == ["nearest-instrument"]


# === Range ===


def test_notes_out_of_range_are_played_and_named() -> None:
    plan = plan_parts(score_of(part(line(60, 50))))
    assert [note.pitch for note in plan.parts[0].notes] == [60, 50]
    assert codes(plan) == ["out-of-range"]
    assert str(plan.notices[0].place) == "bar 1, beat 2"


def test_notes_out_of_range_are_moved_by_octaves_if_wished() -> None:
    plan = plan_parts(score_of(part(line(60, 50))), out_of_range="octave")
    assert [note.pitch for note in plan.parts[0].notes] == [60, 62]
    assert codes(plan) == ["transposed-octave"]


def test_notes_out_of_range_are_refused_if_wished() -> None:
    with pytest.raises(PitchRangeError, match=r"part 1 'Solo': .*D3.*bar 1, beat 2"):
        plan_parts(score_of(part(line(60, 50))), out_of_range="refuse")


# === What is not played ===


def test_every_part_that_is_not_played_is_named() -> None:
    score = score_of(
        part(is_drum=True, channel=9, name="Kit"),
        part((), name="Nothing"),
        part(program=127, name="Bang"),
        part(name="Second"),
        part((Note(onset=0, duration=0, pitch=60),), name="Short"),
        part(),
    )
    plan = plan_parts(score, overrides={"Second": "skip"})
    assert [item.part_index for item in plan.parts] == [5]
    assert plan.skipped == (
        SkippedPart(part_index=0, reason="drums", num_notes=2),
        SkippedPart(part_index=1, reason="empty", num_notes=0),
        SkippedPart(part_index=2, reason="effect", num_notes=2),
        SkippedPart(part_index=3, reason="asked", num_notes=2),
        SkippedPart(part_index=4, reason="empty", num_notes=1),
    )
    names = ("Kit", "Nothing", "Bang", "Second", "Short")
    for name, notice in zip(names, plan.notices, strict=True):
        assert f"'{name}'" in notice.message and "skipped" in notice.message


def test_an_effect_within_a_part_is_skipped_alone() -> None:
    changes = (ProgramChange(tick=SECOND, program=127),)
    plan = plan_parts(score_of(part(program_changes=changes)))
    assert [len(item.notes) for item in plan.parts] == [1]
    assert plan.skipped == (SkippedPart(part_index=0, reason="effect", num_notes=1),)


def test_named_percussion_and_effects_are_played() -> None:
    score = score_of(part(is_drum=True), part(program=127))
    plan = plan_parts(score, instrument="flute", overrides={"1": "oboe"})
    assert [item.instrument.name for item in plan.parts] == ["oboe", "flute"]
    assert codes(plan) == ["drums-played"]


def test_an_instrument_for_all_leaves_percussion_alone() -> None:
    plan = plan_parts(score_of(part(is_drum=True), part()), instrument="flute")
    assert [item.part_index for item in plan.parts] == [1]


def test_percussion_can_be_refused() -> None:
    with pytest.raises(InputError, match="part 1 'Solo' is percussion"):
        plan_parts(score_of(part(is_drum=True), part()), drums="refuse")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((), "the score has no parts"),
        ((part(()),), "part 1 'Solo' has no notes"),
        ((part(is_drum=True),), "part 1 'Solo' is percussion"),
        ((part(program=127),), r"part 1 'Solo' is gunshot \(program 127\)"),
    ],
    ids=["no parts", "empty", "drums", "effect"],
)
def test_a_score_with_nothing_to_play_says_why(
    parts: tuple[Part, ...], why: str
) -> None:
    with pytest.raises(EmptyScoreError, match=f"nothing to play: {why}"):
        plan_parts(score_of(*parts))


@pytest.mark.parametrize(
    "choices",
    [
        {"drums": "play"},
        {"out_of_range": "wrap"},
        {"pedal": "up"},
        {"max_voices": 0},
        {"available": []},
        {"instrument": "kazoo"},
    ],
    ids=lambda choices: next(iter(choices)),
)
def test_choices_that_are_none_are_refused(choices: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        plan_parts(score_of(part()), **choices)


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(VoiceNotFoundError):
        plan_parts(score_of(part()), overrides={"7": "violin"})


def test_too_many_notes_at_once_are_named() -> None:
    plan = plan_parts(score_of(part(chord(60, 64, 67))), max_voices=2)
    assert len(plan.parts) == 2
    assert codes(plan) == ["chord-voices", "notes-left-out"]
    assert str(plan.notices[1].place) == "bar 1, beat 1"


def test_a_midi_file_gives_the_plan_of_its_score(tmp_path: Path) -> None:
    score = score_of(
        part(line(60, 64, 67, length=SECOND + 30), channel=0),
        part(chord(48, 55), program=0, channel=1),
        part(is_drum=True, channel=9),
    )
    path = tmp_path / "piece.mid"
    write_midi(score, path)
    read, written = plan_parts(read_score(path).score), plan_parts(score)
    assert [(p.name, p.instrument, p.notes, p.legato_in) for p in read.parts] == [
        (p.name, p.instrument, p.notes, p.legato_in) for p in written.parts
    ]
    assert read.notices == written.notices
