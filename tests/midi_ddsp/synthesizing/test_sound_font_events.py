"""What a synthesiser of sound fonts is told of a part."""

from __future__ import annotations

from musegen.data.score import (
    ControlChange,
    Note,
    Part,
    PitchBend,
    ProgramChange,
    Score,
    Tempo,
)
from musegen.midi_ddsp.synthesizing.sound_font_events import (
    EventKind,
    SoundEvent,
    part_events,
)

_QUARTER = 480


def note(onset: int, duration: int, pitch: int = 60) -> Note:
    return Note(onset=onset, duration=duration, pitch=pitch)


def score(*parts: Part, tempos: tuple[Tempo, ...] = ()) -> Score:
    return Score(ticks_per_quarter=_QUARTER, parts=parts, tempos=tempos)


def told(part: Part, *, has_pan: bool = True) -> list[tuple[float, str, int, int]]:
    events = part_events(score(part), 0, has_pan=has_pan)
    return [(e.time_s, e.kind.name, e.number, e.value) for e in events]


def times_of(events: tuple[SoundEvent, ...], kind: EventKind) -> list[float]:
    return [event.time_s for event in events if event.kind is kind]


def test_a_part_without_notes_has_no_events() -> None:
    assert told(Part(controls=(ControlChange(tick=0, number=7, value=3),))) == []


def test_on_one_tick_what_ends_ends_before_what_begins() -> None:
    part = Part(
        notes=(note(0, _QUARTER), note(_QUARTER, _QUARTER)),
        program=40,
        controls=(ControlChange(tick=_QUARTER, number=7, value=90),),
        pitch_bends=(PitchBend(tick=_QUARTER, value=-100),),
        program_changes=(ProgramChange(tick=_QUARTER, program=41),),
    )
    assert told(part) == [
        (0.0, "PROGRAM", 40, 0),
        (0.0, "NOTE_ON", 60, 80),
        (0.5, "NOTE_OFF", 60, 0),
        (0.5, "CONTROL", 7, 90),
        (0.5, "BEND", -100, 0),
        (0.5, "PROGRAM", 41, 0),
        (0.5, "NOTE_ON", 60, 80),
        (1.0, "NOTE_OFF", 60, 0),
        (1.0, "CONTROL", 64, 0),
    ]


def test_a_note_without_length_ends_after_it_begins() -> None:
    kinds = [kind for _, kind, _, _ in told(Part(notes=(note(0, 0),)))]
    assert kinds == ["PROGRAM", "NOTE_ON", "ZERO_LENGTH_OFF", "CONTROL"]


def test_a_pitch_struck_again_sounds_until_the_last_of_its_notes_ends() -> None:
    overlapping = Part(notes=(note(0, 960), note(480, 960)))
    nested = Part(notes=(note(0, 1440), note(480, 480)))
    for part in (overlapping, nested):
        ends = [time_s for time_s, kind, _, _ in told(part) if kind == "NOTE_OFF"]
        assert ends == [1.5]


def test_pan_and_foreign_controllers_are_left_out() -> None:
    numbers = (0, 1, 7, 10, 11, 64, 91, 101)
    controls = tuple(ControlChange(tick=0, number=n, value=5) for n in numbers)
    part = Part(notes=(note(0, 480),), controls=controls)

    def kept(*, has_pan: bool) -> set[int]:
        events = told(part, has_pan=has_pan)
        return {number for _, kind, number, _ in events if kind == "CONTROL"}

    assert kept(has_pan=True) == {1, 7, 10, 11, 64, 101}
    assert kept(has_pan=False) == {1, 7, 11, 64, 101}


def pedalled(*moves: tuple[int, int]) -> float:
    controls = tuple(ControlChange(tick=t, number=64, value=v) for t, v in moves)
    return told(Part(notes=(note(0, _QUARTER),), controls=controls))[-1][0]


def test_the_pedal_is_let_go_where_the_file_does_it_but_not_for_ever() -> None:
    assert pedalled((0, 127)) == 0.5
    assert pedalled((0, 127), (1440, 0)) == 1.5
    assert pedalled((0, 127), (96_000, 0)) == 0.5


def test_what_follows_the_last_sound_is_left_out() -> None:
    controls = (ControlChange(tick=2 * _QUARTER, number=7, value=0),)
    part = Part(notes=(note(0, _QUARTER),), controls=controls)
    assert all(time_s <= 0.5 for time_s, *_ in told(part))


def test_time_follows_the_tempo_map() -> None:
    tempos = (Tempo(tick=0, qpm=60.0), Tempo(tick=_QUARTER, qpm=240.0))
    part = Part(notes=(note(_QUARTER, _QUARTER), note(2 * _QUARTER, _QUARTER)))
    events = part_events(score(part, tempos=tempos), 0, has_pan=False)
    assert times_of(events, EventKind.NOTE_ON) == [1.0, 1.25]


def test_a_track_without_notes_lends_its_controllers() -> None:
    lender = Part(channel=3, controls=(ControlChange(tick=0, number=7, value=11),))
    player = Part(channel=3, notes=(note(0, _QUARTER),))
    events = part_events(score(lender, player), 1, has_pan=False)
    assert (EventKind.CONTROL, 7, 11) in [(e.kind, e.number, e.value) for e in events]
