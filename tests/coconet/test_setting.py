"""The melody comes back as it was; three voices stand beside it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.coconet.melody import prepare_melody
from musegen.coconet.onsets import certain_onsets, rule_onsets
from musegen.coconet.score_task import ScoreTask
from musegen.coconet.setting import BuiltSetting, side_by_side
from musegen.data.errors import UsageError
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    ProgramChange,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

Untyped = Any  # Keras has no type information; options are of many types

QUARTER = 480
CHORD = (40, 31, 26, 19)  # of indices: alto 67, tenor 62, bass 55


def notes(*lengths: tuple[int, float], velocity: int = 80) -> tuple[Note, ...]:
    """From (pitch or -1 for a rest, quarters)."""
    made, tick = [], 0
    for pitch, quarters in lengths:
        duration = round(quarters * QUARTER)
        if pitch >= 0:
            made.append(
                Note(onset=tick, duration=duration, pitch=pitch, velocity=velocity)
            )
        tick += duration
    return tuple(made)


def score_of(*parts: Part) -> Score:
    return Score(
        ticks_per_quarter=QUARTER,
        parts=parts,
        tempos=(Tempo(tick=0, qpm=90.0), Tempo(tick=960, qpm=60.0)),
        time_signatures=(TimeSignature(tick=0, numerator=3, denominator=4),),
        markers=(TextEvent(tick=0, text="A"),),
        title="Tune",
    )


def task_of(*parts: Part, voice: str | None = None) -> ScoreTask:
    return prepare_melody(
        score_of(*parts),
        voices=() if voice is None else (voice,),
        beat_level=Fraction(1),
    )


def build_setting(
    task: ScoreTask, pitch: NDArray[np.int16], *, keep: tuple[str, ...] = ()
) -> BuiltSetting:
    """Write with the onsets of the rule."""
    given = np.where(task.is_free, pitch, task.pitch_index)[None].astype(np.int16)
    free = task.is_free[None]
    onset = rule_onsets(certain_onsets(given, free, task.planes.onset), free)
    return side_by_side(task, pitch, onset[0], keep=keep)


def filled(task: ScoreTask) -> NDArray[np.int16]:
    return np.tile(np.array(CHORD, np.int16), (len(task.pitch_index), 1))


def lines(built: BuiltSetting) -> list[list[tuple[int, int, int]]]:
    """(onset, end, pitch) of each note of alto, tenor and bass, in quarters/480."""
    return [
        [(note.onset, note.end, note.pitch) for note in part.notes]
        for part in built.score.parts[1:4]
    ]


def onsets(*lengths: tuple[int, float]) -> list[int]:
    task = task_of(Part(notes=notes(*lengths)))
    return [onset for onset, _, _ in lines(build_setting(task, filled(task)))[2]]


def test_the_melodys_part_is_the_very_part_that_was_read() -> None:
    part = Part(
        notes=notes((72, 1), (72, 0.4), (-1, 0.1), (71, 1 / 3), (71, 0.005)),
        name="Tune",
        program=73,
        channel=4,
        lyrics=(TextEvent(tick=0, text="la"),),
        controls=(ControlChange(tick=0, number=7, value=90),),
        fermatas=(480,),
    )
    task = task_of(part)
    built = build_setting(task, filled(task))
    assert built.score.parts[0] is part
    assert not any(voice.fermatas for voice in built.score.parts[1:])
    assert replace(built.score, parts=()) == replace(task.score, parts=())
    assert built.grid[:, 0].tolist() == task.pitch[:, 0].tolist()


def test_a_melody_that_changes_its_program_comes_back_whole() -> None:
    change = ProgramChange(tick=960, program=40)
    melody = notes((72, 1), (74, 1), (76, 1), (77, 1))
    part = Part(notes=melody, program=73, channel=0, program_changes=(change,))
    read = read_midi(midi_bytes(score_of(part))).score
    task = prepare_melody(read, beat_level=Fraction(1))
    back, *voices = build_setting(task, filled(task)).score.parts
    assert back == part
    assert [(voice.program, voice.program_changes) for voice in voices] == [
        (73, ())
    ] * 3


def test_three_named_voices_follow_in_the_sound_of_the_melody() -> None:
    task = task_of(Part(notes=notes((72, 1)), program=19))
    built = build_setting(task, filled(task))
    names = [part.name for part in built.score.parts]
    assert names == ["", "Alto", "Tenor", "Bass"]
    assert [part.program for part in built.score.parts] == [19] * 4
    assert lines(built) == [[(0, 480, 67)], [(0, 480, 62)], [(0, 480, 55)]]
    assert built.grid.tolist() == [[72, 67, 62, 55]] * 4
    assert built.grid.dtype == np.int16
    assert built.notices == ()


def test_what_was_transposed_for_the_network_is_transposed_back() -> None:
    task = task_of(Part(notes=notes((48, 1))))
    assert task.shift == 12
    built = build_setting(task, filled(task))
    assert built.grid[0].tolist() == [48, 55, 50, 43]


def test_held_pitches_are_struck_on_the_beat_with_the_melody() -> None:
    quarters = (72, 1), (72, 1), (74, 1)
    assert onsets(*quarters) == [0, 480, 960]
    # While the melody holds nobody strikes, nor does anybody off the beat.
    assert onsets((72, 2), (74, 1)) == [0, 960]
    assert onsets((72, 0.5), (74, 0.5), (72, 1.5), (71, 0.5)) == [0, 480]


def test_a_change_of_pitch_begins_a_note_anywhere() -> None:
    task = task_of(Part(notes=notes((72, 2))))
    pitch = filled(task)
    pitch[3:, 3] += 2
    bass = lines(build_setting(task, pitch))[2]
    assert bass == [(0, 360, 55), (360, 960, 57)]


def test_voices_are_struck_again_after_a_rest() -> None:
    task = task_of(Part(notes=notes((72, 1), (-1, 4), (72, 1))))
    assert task.phrases == ((0, 4), (20, 24))
    pitch = filled(task)
    pitch[4:20] = -1
    assert lines(build_setting(task, pitch))[0] == [(0, 480, 67), (2400, 2880, 67)]


@pytest.mark.parametrize("quarters", [0.5, 0.4, 0.75])
def test_no_voice_outlasts_the_melody(quarters: float) -> None:
    task = task_of(Part(notes=notes((72, 1), (74, quarters))))
    pitch = filled(task)
    built = build_setting(task, pitch)
    end = task.voices[0].kept[-1].end
    for line in lines(built):
        assert [(onset, last) for onset, last, _ in line] == [(0, 480), (480, end)]
    assert ((built.grid[:, 1:] >= 0) == task.is_free[:, 1:]).all()


def test_a_last_note_before_its_step_is_still_harmonised() -> None:
    early = Note(onset=QUARTER - 6, duration=3, pitch=74)
    task = task_of(Part(notes=(*notes((72, 0.5)), early)))
    pitch = filled(task)
    pitch[4:, 1:] += 2
    for line in lines(build_setting(task, pitch)):
        assert all(end - onset >= 120 for onset, end, _ in line)


def test_voices_are_softer_than_the_note_they_are_struck_with() -> None:
    melody = (
        Note(onset=0, duration=480, pitch=72, velocity=100),
        Note(onset=480, duration=480, pitch=74, velocity=40),
        Note(onset=960, duration=480, pitch=74, velocity=1),
    )
    task = task_of(Part(notes=melody))
    built = build_setting(task, filled(task))
    for part in built.score.parts[1:4]:
        assert [note.velocity for note in part.notes] == [85, 34, 1]


@pytest.mark.parametrize(
    ("melody", "others", "expected"),
    [
        (None, [], [0, 1, 2]),
        (0, [], [1, 2, 3]),
        (8, [0, 1], [2, 3, 4]),
        (7, [0, 1, 2, 3, 4, 5, 6], [8, 10, 11]),
        (0, [*range(1, 16)], [0, 0, 0]),
    ],
)
def test_new_voices_have_free_channels_but_never_the_drums(
    melody: int | None, others: list[int], expected: list[int]
) -> None:
    parts = [
        Part(notes=notes((50, 1)), channel=channel, is_drum=channel == 9)
        for channel in others
    ]
    task = task_of(Part(notes=notes((72, 1)), channel=melody, name="Melody"), *parts)
    built = build_setting(task, filled(task), keep=("all",))
    assert [part.channel for part in built.score.parts[1:4]] == expected
    assert built.score.parts[0].channel == melody


def ensemble() -> tuple[Part, ...]:
    return (
        Part(notes=notes((43, 1)), name="Cello"),
        Part(notes=notes((72, 1)), name="Melody"),
        Part(notes=notes((36, 1)), name="Kit", channel=9, is_drum=True),
        Part(name="Nothing"),
        Part(name="Words", lyrics=(TextEvent(tick=0, text="la"),)),
    )


def kept(*keep: str) -> tuple[list[str], list[str]]:
    task = task_of(*ensemble())
    built = build_setting(task, filled(task), keep=keep)
    names = [part.name for part in built.score.parts]
    assert names[:4] == ["Melody", "Alto", "Tenor", "Bass"]
    return names[4:], [notice.message for notice in built.notices]


def test_other_parts_are_left_out_and_named() -> None:
    names, messages = kept()
    assert names == []
    assert messages == [
        "not in the result: part 1 'Cello', part 3 'Kit', part 5 'Words'; add "
        "--keep all to keep other parts"
    ]


def test_other_parts_are_kept_as_asked() -> None:
    assert kept("all") == (["Cello", "Kit", "Nothing", "Words"], [])
    names, messages = kept("Cello")
    assert names == ["Cello"]
    assert "part 3 'Kit', part 5 'Words'" in messages[0]
    assert kept("track:1")[0] == ["Cello"]


def test_keeping_the_melody_is_refused_as_it_does_nothing() -> None:
    with pytest.raises(UsageError, match="names the melody"):
        kept("Melody")


def test_of_a_part_with_more_than_the_melody_only_the_melody_comes_back() -> None:
    chords = (
        Note(onset=0, duration=480, pitch=60),
        Note(onset=0, duration=480, pitch=72),
        Note(onset=480, duration=480, pitch=71),
    )
    changes = (ProgramChange(tick=480, program=5),)
    piano = Part(notes=chords, name="Piano", program=4, program_changes=changes)
    task = task_of(piano, voice="top")
    part = build_setting(task, filled(task)).score.parts[0]
    assert (part.notes, part.program_changes) == (chords[1:], changes)
    assert (part.name, part.program) == ("Piano", 4)


def moved(melody_pitch: int, written: int) -> Untyped:
    """The bass that is written where transposing back gives `written`."""
    task = task_of(Part(notes=notes((melody_pitch, 1))))
    pitch = filled(task)
    pitch[:, 3] = written - 36 + task.shift
    assert 0 <= pitch[0, 3] <= 45
    built = build_setting(task, pitch)
    assert (built.grid[:, 3] == built.score.parts[3].notes[0].pitch).all()
    return built.grid[0, 3], [notice.code for notice in built.notices]


@pytest.mark.parametrize(
    ("melody_pitch", "written", "expected"),
    [(6, -1, 11), (6, -12, 0), (6, -13, 11), (6, 0, 0)],
)
def test_what_lies_beyond_midi_is_moved_by_octaves(
    melody_pitch: int, written: int, expected: int
) -> None:
    pitch, codes = moved(melody_pitch, written)
    assert pitch == expected
    assert codes == ([] if pitch == written else ["moved-into-midi-range"])


def test_a_voice_above_midi_comes_down_by_octaves() -> None:
    task = task_of(Part(notes=notes((127, 1))))
    pitch = filled(task)
    pitch[:, 1] = 45
    built = build_setting(task, pitch)
    assert 81 - task.shift > 127
    assert 116 <= built.grid[0, 1] <= 127
    assert (81 - task.shift - built.grid[0, 1]) % 12 == 0
    assert "4 steps of the new voices" in built.notices[0].message


def test_onsets_are_struck_as_they_were_filled() -> None:
    task = task_of(Part(notes=notes((72, 2))))
    onset = np.ones((8, 4), dtype=np.int8)
    onset[[0, 3, 6], 3] = 2
    built = side_by_side(task, filled(task), onset)
    bass, tenor = built.score.parts[3], built.score.parts[2]
    assert [note.onset for note in bass.notes] == [0, 360, 720]
    assert [note.onset for note in tenor.notes] == [0]
    assert built.given_parts == (0,)


def test_silent_cells_are_rests() -> None:
    task = task_of(Part(notes=notes((72, 2))))
    pitch = filled(task)
    pitch[2:4, 2] = -1
    assert lines(build_setting(task, pitch))[1] == [(0, 240, 62), (480, 960, 62)]


def test_two_lines_of_one_part_become_two_parts() -> None:
    chords = tuple(
        Note(onset=480 * beat, duration=480, pitch=pitch)
        for beat in range(2)
        for pitch in (50, 72)
    )
    lyrics = (TextEvent(tick=0, text="la"),)
    piano = Part(notes=chords, name="Piano", lyrics=lyrics, fermatas=(480,))
    task = prepare_melody(
        score_of(piano), given=(0, 3), voices=("top", "bottom"), beat_level=Fraction(1)
    )
    parts = build_setting(task, filled(task)).score.parts
    assert [part.name for part in parts] == ["Piano", "Alto", "Tenor", "Piano bass"]
    assert [note.pitch for note in parts[3].notes] == [50, 50]
    assert [bool(part.lyrics) for part in parts] == [True, False, False, False]
    assert [part.fermatas for part in parts] == [(480,), (), (), ()]
