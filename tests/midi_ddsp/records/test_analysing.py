from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import InputError
from musegen.data.midi import midi_bytes
from musegen.data.preparation.records import Rejection
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.polyphony import Polyphony
from musegen.midi_ddsp.audio.reading import write_audio
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.records.analysing import (
    AnalysisSettings,
    Listening,
    analyse_recording,
    own_listening,
)
from musegen.midi_ddsp.records.clips import AnalysedRecording
from musegen.midi_ddsp.records.matching import Track
from musegen.midi_ddsp.records.recordings import RecordingJob, find_recordings

Write = Callable[..., Path]
Scale = Callable[..., tuple[PlayedNote, ...]]


def write_list(path: Path, notes: Sequence[PlayedNote]) -> None:
    lines = [f"{n.onset_s},{n.offset_s},{n.pitch}" for n in notes]
    path.write_text("\n".join(["onset,offset,pitch", *lines]) + "\n")


def only_job(folder: Path) -> RecordingJob:
    (job,) = find_recordings(folder).jobs
    return job


def analysed(
    folder: Path, listening: Listening, *, settings: AnalysisSettings | None = None
) -> AnalysedRecording:
    outcome = analyse_recording(
        only_job(folder), settings or AnalysisSettings(), listening=listening
    )
    assert isinstance(outcome, AnalysedRecording), outcome
    return outcome


def rejected(
    folder: Path, listening: Listening, *, settings: AnalysisSettings | None = None
) -> Rejection:
    outcome = analyse_recording(
        only_job(folder), settings or AnalysisSettings(), listening=listening
    )
    assert isinstance(outcome, Rejection), outcome
    return outcome


def test_a_pair_is_taken_with_its_notes(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    notes = make_scale(60, 64, 67, 72)
    write_sound(tmp_path / "a_vn.wav", notes)
    write_list(tmp_path / "a_vn.csv", notes)
    found = analysed(tmp_path, listening)
    assert found.notes == notes
    assert (found.notes_from, found.instrument) == ("list", "violin")
    assert found.num_frames == len(found.loudness_db) == 475
    middle = [round((n.onset_s + 0.2) * 250) for n in notes]
    assert np.round(hz_to_midi(found.f0_hz[middle])).tolist() == [60, 64, 67, 72]
    assert found.voiced[middle].all()
    assert found.audio.dtype == np.int16


def test_without_notes_they_are_heard(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a_vn.wav", make_scale(69, 69, 69))
    found = analysed(tmp_path, listening)
    assert found.notes_from == "sound"
    assert [note.pitch for note in found.notes] == [69]
    assert found.f0_hz[50] == pytest.approx(440.0, rel=0.02)
    assert not found.f0_hz[~found.voiced].any()


def test_paired_notes_may_be_asked_for_or_passed_over(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    notes = make_scale(69, 69, 71)
    write_sound(tmp_path / "a_vn.wav", notes)
    paired = AnalysisSettings(notes="paired")
    assert rejected(tmp_path, listening, settings=paired).reason == "no-notes"
    write_list(tmp_path / "a_vn.csv", notes)
    assert analysed(tmp_path, listening, settings=paired).notes == notes
    heard = analysed(tmp_path, listening, settings=AnalysisSettings(notes="sound"))
    assert heard.notes_from == "sound"


def test_midi_is_read_and_names_the_instrument(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a.wav", make_scale(60, 62), duration_s=1.5)
    notes = tuple(Note(onset=480 * k, duration=384, pitch=60 + 2 * k) for k in range(2))
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes, program=68),))
    (tmp_path / "a.mid").write_bytes(midi_bytes(score))
    found = analysed(tmp_path, listening)
    assert (found.notes_from, found.instrument) == ("midi", "oboe")
    assert [note.offset_s for note in found.notes] == pytest.approx([0.4, 0.9])


def test_notes_out_of_time_are_aligned_when_asked(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a_vn.wav", make_scale(60, 64, 67))
    write_list(tmp_path / "a_vn.csv", make_scale(60, 64, 67, note_s=1.5))
    assert rejected(tmp_path, listening).reason == "duration-mismatch"
    found = analysed(tmp_path, listening, settings=AnalysisSettings(is_aligned=True))
    assert found.notes_from == "list, aligned"
    assert found.notes[-1].offset_s == pytest.approx(1.4)


def test_aligned_notes_that_do_not_fit_are_not_to_be_aligned(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a_vn.wav", make_scale(60, 62, 64, 65, 67))
    write_list(tmp_path / "a_vn.csv", make_scale(67, 65, 64, 62, 60))
    aligned = AnalysisSettings(is_aligned=True)
    assert "--align" in rejected(tmp_path, listening).message
    assert "--align" not in rejected(tmp_path, listening, settings=aligned).message


def test_notes_of_other_music_are_refused(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a_vn.wav", make_scale(60, 62, 64, 65, 67))
    write_list(tmp_path / "a_vn.csv", make_scale(67, 65, 64, 62, 60))
    found = rejected(tmp_path, listening)
    assert found.reason == "pitch-mismatch"
    assert "of the frames sound another pitch" in found.message


@pytest.mark.parametrize("semitones", [-2, 3, 12])
def test_transposed_notes_are_named_as_such(
    semitones: int,
    tmp_path: Path,
    listening: Listening,
    write_sound: Write,
    make_scale: Scale,
) -> None:
    pitches = (60, 64, 67, 65)
    write_sound(tmp_path / "a_vn.wav", make_scale(*(p + semitones for p in pitches)))
    write_list(tmp_path / "a_vn.csv", make_scale(*pitches))
    found = rejected(tmp_path, listening)
    assert found.reason == "pitch-mismatch"
    assert f"{semitones:+} semitones" in found.message


def test_sound_outside_all_notes_is_refused(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    notes = make_scale(60, 62, 64, 65, 67, 69, 71)
    write_sound(tmp_path / "a_vn.wav", notes)
    write_list(tmp_path / "a_vn.csv", notes[:2])
    found = rejected(tmp_path, listening)
    assert found.reason == "duration-mismatch"
    assert "outside all notes" in found.message
    write_list(tmp_path / "a_vn.csv", notes)
    write_sound((tmp_path / "b" / "a_vn.wav"), notes[:1], duration_s=3.5)
    (tmp_path / "b" / "a_vn.wav").replace(tmp_path / "a_vn.wav")
    (tmp_path / "b").rmdir()
    assert "of the time of the notes only" in rejected(tmp_path, listening).message


def test_what_cannot_be_used_has_a_reason(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    notes = make_scale(60, 62, 64)
    path = tmp_path / "a_vn.wav"
    path.write_text("no sound")
    assert rejected(tmp_path, listening).reason == "unreadable-audio"
    write_audio(path, np.zeros(32_000), 16_000, overwrite=True)
    assert rejected(tmp_path, listening).reason == "silent"
    write_audio(path, np.full(800, 0.1), 16_000, overwrite=True)
    found = rejected(tmp_path, listening)
    assert (found.reason, found.source) == ("too-short", "a_vn.wav")
    assert "lasts 0.05 s" in found.message
    write_sound(tmp_path / "b" / "x.wav", notes)
    (tmp_path / "b" / "x.wav").replace(path)
    (tmp_path / "b").rmdir()
    (tmp_path / "a_vn.csv").write_text("onset,offset,pitch\n")
    assert rejected(tmp_path, listening).reason == "no-notes"
    (tmp_path / "a_vn.csv").write_text("nothing\n")
    assert rejected(tmp_path, listening).reason == "unreadable-notes"
    (tmp_path / "a_vn.csv").write_text("onset,offset,pitch\n0,1,60\n0,1,64\n")
    assert rejected(tmp_path, listening).reason == "polyphonic"
    path.replace(tmp_path / "a.wav")
    (tmp_path / "a_vn.csv").unlink()
    assert rejected(tmp_path, listening).reason == "unknown-instrument"


def test_nothing_heard_is_no_notes(tmp_path: Path, listening: Listening) -> None:
    rng = np.random.default_rng(0)
    write_audio(tmp_path / "a_vn.wav", 0.001 * rng.uniform(-1, 1, 32_000), 16_000)
    assert rejected(tmp_path, listening).reason == "no-notes"


def test_sound_beyond_full_scale_is_made_softer_and_said(
    tmp_path: Path, listening: Listening, make_scale: Scale, write_sound: Write
) -> None:
    tone = 2.0 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    write_audio(tmp_path / "a_vn.wav", tone, 16_000, depth="float")
    found = analysed(tmp_path, listening)
    assert [n.code for n in found.notices] == ["beyond-full-scale", "scaled"]
    assert np.abs(found.audio.astype(int)).max() >= 32_760


def test_what_a_tracker_refuses_is_told(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    def fail(audio: object) -> Track:
        raise InputError("too odd")

    write_sound(tmp_path / "a_vn.wav", make_scale(60, 62, 64))
    found = rejected(tmp_path, replace(listening, track=fail))
    assert (found.reason, found.message) == ("not-analysed", "too odd")


def test_chords_are_refused_where_notes_are_heard_and_some_are_remarked(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    notes = make_scale(69, 69, 69)
    write_sound(tmp_path / "a_vn.wav", notes)

    def several(share: float) -> Listening:
        found = Polyphony(share=share, first_s=0.5)
        return replace(listening, polyphony=lambda audio, track: found)

    outcome = rejected(tmp_path, several(0.9))
    assert outcome.reason == "polyphonic"
    assert "90% of the time" in outcome.message
    codes = [notice.code for notice in analysed(tmp_path, several(0.2)).notices]
    assert "several-notes" in codes
    write_list(tmp_path / "a_vn.csv", notes)
    assert analysed(tmp_path, several(0.9)).notes == notes


def test_pitch_that_became_no_note_is_remarked(
    tmp_path: Path, listening: Listening, write_sound: Write, make_scale: Scale
) -> None:
    write_sound(tmp_path / "a_vn.wav", make_scale(69, 69, 69))
    first = [PlayedNote(pitch=69, onset_s=0.0, offset_s=0.4)]
    half_deaf = replace(listening, segment=lambda track, level: first)
    codes = [notice.code for notice in analysed(tmp_path, half_deaf).notices]
    assert codes == ["pitch-without-note"]


def test_shortest_note_reaches_the_ears() -> None:
    pitched = np.repeat([True, False, True], [100, 50, 25])
    track = PitchTrack(
        f0_hz=np.full(175, 440.0, np.float32),
        confidence=pitched.astype(np.float32),
        voiced=pitched,
    )
    level = np.where(pitched, -20.0, -80.0).astype(np.float32)
    for min_note_s, count in ((0.04, 2), (0.2, 1)):
        ears = own_listening(AnalysisSettings(min_note_s=min_note_s))
        assert len(ears.segment(track, level)) == count
