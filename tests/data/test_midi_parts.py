"""What becomes of the notes and channels of tracks, through the reader's own door."""

from __future__ import annotations

import io
from fractions import Fraction

import mido

from musegen.data.midi_reader import read_midi
from musegen.data.read_result import ReadResult
from musegen.data.score import BarBeat, Note, PitchBend, ProgramChange, TextEvent


def on(
    pitch: int, wait: int = 0, *, channel: int = 0, velocity: int = 64
) -> mido.Message:
    return mido.Message(
        "note_on", note=pitch, velocity=velocity, channel=channel, time=wait
    )


def off(pitch: int, wait: int = 0, *, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, channel=channel, time=wait)


def program(number: int, wait: int = 0, *, channel: int = 0) -> mido.Message:
    return mido.Message("program_change", program=number, channel=channel, time=wait)


def control(number: int, wait: int = 0, *, channel: int = 0) -> mido.Message:
    return mido.Message(
        "control_change", control=number, value=1, channel=channel, time=wait
    )


def name(text: str) -> mido.MetaMessage:
    return mido.MetaMessage("track_name", name=text)


def read(*tracks: list[mido.Message], file_format: int = 1) -> ReadResult:
    file = mido.MidiFile(type=file_format, charset="utf-8")
    file.tracks.extend(mido.MidiTrack(track) for track in tracks)
    stream = io.BytesIO()
    file.save(file=stream)
    return read_midi(stream.getvalue())


def codes(result: ReadResult) -> list[str]:
    return [notice.code for notice in result.notices]


def changes(*pairs: tuple[int, int]) -> tuple[ProgramChange, ...]:
    return tuple(ProgramChange(tick=tick, program=number) for tick, number in pairs)


def note(onset: int, duration: int, pitch: int, velocity: int = 64) -> Note:
    return Note(onset=onset, duration=duration, pitch=pitch, velocity=velocity)


def test_note_on_of_velocity_zero_ends_a_note() -> None:
    result = read([on(60), on(60, 10, velocity=0)])
    assert result.score.parts[0].notes == (note(0, 10, 60),)
    assert result.notices == ()


def test_zero_length_note_is_kept_and_told() -> None:
    result = read([on(60, 480), off(60)])
    assert result.score.parts[0].notes == (note(480, 0, 60),)
    assert codes(result) == ["zero-length-note"]
    assert result.notices[0].place == BarBeat(bar=1, beat=Fraction(2))


def test_unclosed_note_lasts_to_the_end_of_its_track() -> None:
    end = mido.MetaMessage("end_of_track", time=100)
    result = read([on(60), on(62, 480), off(62, 480), end])
    assert result.score.parts[0].notes == (note(0, 1060, 60), note(480, 480, 62))
    assert codes(result) == ["unclosed-note"]
    assert "pitch 60" in result.notices[0].message


def test_overlapping_notes_of_a_pitch_are_paired_first_in_first_out() -> None:
    result = read(
        [on(60, velocity=1), on(60, 10, velocity=2), off(60, 10), off(60, 10)]
    )
    assert result.score.parts[0].notes == (note(0, 20, 60, 1), note(10, 20, 60, 2))
    assert codes(result) == ["overlapping-note"]


def test_end_without_a_beginning_is_told() -> None:
    result = read([off(60), on(60), off(60, 10), off(60)])
    assert result.score.parts[0].notes == (note(0, 10, 60),)
    assert codes(result) == ["stray-note-off"]
    assert "2" in result.notices[0].message


def test_same_pitch_on_two_channels_or_tracks_does_not_mix() -> None:
    result = read(
        [on(60), on(60, channel=1), off(60, 10, channel=1), off(60, 10)],
        [on(60), off(60, 5)],
    )
    durations = [part.notes[0].duration for part in result.score.parts]
    assert durations == [20, 10, 5]
    assert result.notices == ()


def test_release_velocity_and_pressures_are_counted_as_not_kept() -> None:
    release = mido.Message("note_off", note=60, velocity=99, time=10)
    poly = mido.Message("polytouch", note=60, value=9)
    result = read([on(60), poly, mido.Message("aftertouch", value=3), release])
    assert codes(result) == ["events-not-kept"]
    for kind in ("key pressure (1)", "channel pressure (1)", "release velocity (1)"):
        assert kind in result.notices[0].message


def test_channels_of_a_format_0_file_become_parts() -> None:
    events = [
        name("Song"),
        program(5, channel=3),
        on(36, channel=9),
        on(60, channel=3),
        off(60, 10, channel=3),
        off(36, channel=9),
    ]
    score = read(events, file_format=0).score
    assert score.title == "Song"
    found = [(p.channel, p.program, p.is_drum, p.name) for p in score.parts]
    assert found == [(3, 5, False, ""), (9, 0, True, "")]


def test_only_part_of_a_format_0_file_has_the_name_as_well() -> None:
    score = read([name("Song"), on(60), off(60, 9)], file_format=0).score
    assert (score.title, score.parts[0].name) == ("Song", "Song")


def test_program_changes_within_a_track_stay_in_its_part() -> None:
    events = [program(40), on(60), off(60, 480), program(45), on(62), off(62, 480)]
    events += [program(40), on(64), off(64, 480)]
    result = read(events)
    (part,) = result.score.parts
    assert [n.pitch for n in part.notes] == [60, 62, 64]
    assert (part.program, part.program_changes) == (40, changes((480, 45), (960, 40)))
    assert [part.program_at(tick) for tick in (0, 479, 480, 960)] == [40, 40, 45, 40]
    assert result.notices == ()


def test_settings_stay_with_the_notes_of_every_program() -> None:
    bend = mido.Message("pitchwheel", pitch=5)
    events = [control(7), program(1), on(60), off(60, 480), control(11, 10), bend]
    events += [program(2), on(62), off(62, 480), control(64, 10)]
    (part,) = read(events).score.parts
    assert [(c.tick, c.number) for c in part.controls] == [(0, 7), (490, 11), (980, 64)]
    assert part.pitch_bends == (PitchBend(tick=490, value=5),)


def test_program_that_no_note_plays_before_the_first_is_not_kept() -> None:
    (part,) = read(
        [program(1), program(2, 9), on(60), off(60, 10), program(3)]
    ).score.parts
    assert (part.program, part.program_changes) == (2, changes((19, 3)))


def test_program_changes_that_change_nothing_are_not_kept() -> None:
    again = [program(4, 10), program(5), program(4), program(4, 10)]
    (part,) = read([program(4), on(60), *again, off(60, 10)]).score.parts
    assert (part.program, part.program_changes) == (4, ())


def test_first_program_may_come_after_the_first_note() -> None:
    (part,) = read([on(60), off(60, 480), program(9), on(62), off(62, 9)]).score.parts
    assert (part.program, part.program_changes) == (0, changes((480, 9)))


def test_program_changes_of_channels_do_not_mix() -> None:
    events = [on(60), on(72, channel=1), program(9, 10, channel=1)]
    low, high = read([*events, off(60, 10), off(72, channel=1)]).score.parts
    assert low.program_changes == ()
    assert high.program_changes == changes((10, 9))


def test_program_set_in_another_track_counts() -> None:
    score = read(
        [program(7, channel=2)], [on(60, channel=2), off(60, 9, channel=2)]
    ).score
    assert [(part.program, part.channel) for part in score.parts] == [(7, 2)]


def test_program_changes_of_another_track_count_until_the_own_or_last_note() -> None:
    setup = [program(7), program(8, 480), program(9, 480), program(10, 480)]
    without = [on(60), off(60, 480), on(62), off(62, 9)]
    with_own = [on(60), off(60, 480), on(62), program(50, 9), off(62, 9)]
    first, second = read(setup, without, with_own).score.parts
    assert (first.program, first.program_changes) == (7, changes((480, 8)))
    assert second.program_changes == changes((480, 8), (489, 50))


def test_settings_of_the_first_track_join_the_part_on_their_channel() -> None:
    setup = [control(7, channel=2), control(7, channel=3)]
    melody = [control(10, channel=2), on(60, channel=2), off(60, 9, channel=2)]
    setting, part = read(setup, melody).score.parts
    assert [c.number for c in part.controls] == [7, 10]
    assert (setting.channel, len(setting.controls), setting.notes) == (3, 1, ())


def test_syllables_go_to_the_notes_they_stand_at() -> None:
    def syllable(text: str, wait: int = 0) -> mido.MetaMessage:
        return mido.MetaMessage("lyrics", text=text, time=wait)

    events = [on(48), syllable("A"), off(48, 10), on(60, channel=1), syllable("men")]
    events += [off(60, 10, channel=1), syllable("!", 5)]
    low, high = read(events).score.parts
    assert low.lyrics == (TextEvent(tick=0, text="A"), TextEvent(tick=25, text="!"))
    assert high.lyrics == (TextEvent(tick=10, text="men"),)


def test_track_of_words_alone_is_a_part() -> None:
    words = [name("Words"), mido.MetaMessage("lyrics", text="la", time=3)]
    _, part = read([on(60), off(60, 9)], words).score.parts
    assert (part.name, part.channel, part.notes) == ("Words", None, ())
    assert part.lyrics == (TextEvent(tick=3, text="la"),)


def test_named_empty_track_is_a_part_and_a_nameless_one_is_not() -> None:
    score = read([name("Title")], [name("Silent")], []).score
    assert score.title == "Title"
    assert [part.name for part in score.parts] == ["Silent"]


def test_channel_with_only_a_program_is_a_part_without_notes() -> None:
    score = read([], [program(12, channel=4)]).score
    assert [(p.program, p.channel, p.notes) for p in score.parts] == [(12, 4, ())]
    (part,) = read([], [program(12, 5), program(13, 5)]).score.parts
    assert (part.program, part.program_changes) == (12, changes((10, 13)))


def test_instrument_name_stands_in_for_a_missing_track_name() -> None:
    instrument = mido.MetaMessage("instrument_name", name="Oboe")
    named = [name("Solo"), instrument, instrument, name("More"), on(60), off(60, 1)]
    result = read([instrument, on(60), off(60, 1)], named)
    assert [part.name for part in result.score.parts] == ["Oboe", "Solo"]
    assert codes(result) == ["events-not-kept"]
    assert "instrument name (2)" in result.notices[0].message
    assert "further track name (1)" in result.notices[0].message
