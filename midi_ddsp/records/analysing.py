"""A recording and its notes to everything that clips are made of, or a reason why not.

A stage without a state: one recording in, one outcome out, in any process. What listens
to the sound is handed in as `Listening`, so that tests need no tracker.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import EmptyScoreError, InputError, PolyphonyError, UsageError
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.data.score import Part
from musegen.midi_ddsp.analysis.polyphony import Polyphony, find_polyphony
from musegen.midi_ddsp.analysis.remarks import left_remarks, polyphony_remark
from musegen.midi_ddsp.analysis.segmentation import MIN_NOTE_S, segment_notes
from musegen.midi_ddsp.audio.encoding import to_int16
from musegen.midi_ddsp.audio.reading import Recording, read_audio
from musegen.midi_ddsp.instruments import instrument_named, instrument_of_program
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ
from musegen.midi_ddsp.records.clips import AnalysedRecording, fitted, num_frames_of
from musegen.midi_ddsp.records.matching import Track, find_mismatch
from musegen.midi_ddsp.records.note_lists import (
    LIST_SUFFIXES,
    read_note_list,
    read_score_part,
)
from musegen.midi_ddsp.records.recordings import RecordingJob

MAX_POLYPHONIC_SHARE = 0.5
"""Share of the pitched time in which several notes may sound, where they are heard."""

NotesChoice = Literal["auto", "paired", "sound"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """What hears pitch, loudness and notes; all take 16 kHz mono.

    Args:
        track: (audio) to a track without knowing the notes.
        track_known: (audio, notes) to a track around the notes.
        loudness_db: (audio) to [T].
        segment: (track, loudness_db) to notes.
        align: (notes, audio, track) to the notes moved to where they sound.
        polyphony: (audio, track) to where several notes sound, None for one voice.
    """

    track: Callable[[Floats], Track]
    track_known: Callable[[Floats, Sequence[PlayedNote]], Track]
    loudness_db: Callable[[Floats], Floats]
    segment: Callable[[Track, Floats], Sequence[PlayedNote]]
    align: Callable[[Sequence[PlayedNote], Floats, Track], Sequence[PlayedNote]]
    polyphony: Callable[[Floats, Track], Polyphony | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSettings:
    """How recordings are taken.

    Args:
        notes: `auto`: the paired notes, else those heard; `paired`: only recordings
            with notes; `sound`: always those heard.
        is_aligned: Whether paired notes are moved to fit the sound.
        min_duration_s: What is shorter is refused.
        min_note_s: No shorter sound is heard as a note.
    """

    notes: NotesChoice = "auto"
    is_aligned: bool = False
    min_duration_s: float = 1.0
    min_note_s: float = MIN_NOTE_S


class _RefusalError(Exception):
    """A recording gives no clips, for a reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _PairedNotes:
    notes: tuple[PlayedNote, ...]
    origin: str
    part: Part | None = None
    notices: tuple[Notice, ...] = ()


def analyse_recording(
    job: RecordingJob, settings: AnalysisSettings, *, listening: Listening | None = None
) -> AnalysedRecording | Rejection:
    """Analyse one recording.

    Args:
        job: Which one.
        settings: How.
        listening: What hears; the package's own without it.

    Returns:
        What clips are cut from, or why there are none: `unreadable-audio`, `silent`,
        `too-short`, `unreadable-notes`, `no-notes`, `polyphonic`, `duration-mismatch`,
        `pitch-mismatch`, `unknown-instrument`, `not-analysed`.
    """
    try:
        return _analysed(job, settings, listening or own_listening(settings))
    except _RefusalError as refusal:
        return Rejection(
            source=job.recording, reason=refusal.reason, message=str(refusal)
        )
    except InputError as error:  # a tracker's, of sound that it cannot take
        return Rejection(
            source=job.recording, reason="not-analysed", message=str(error)
        )


def own_listening(settings: AnalysisSettings) -> Listening:
    """Return the trackers of this package; their packages load when they are used.

    Args:
        settings: How recordings are taken.
    """
    from musegen.midi_ddsp.dsp.loudness import loudness_db

    return Listening(
        track=_track,
        track_known=_track_known,
        loudness_db=loudness_db,
        segment=functools.partial(_segment, min_note_s=settings.min_note_s),
        align=_align,
        polyphony=_polyphony,
    )


def _track(audio: Floats) -> Track:
    from musegen.midi_ddsp.analysis.pitch_tracking import track_pitch

    return track_pitch(audio, SAMPLE_RATE_HZ)


def _track_known(audio: Floats, notes: Sequence[PlayedNote]) -> Track:
    from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch

    return track_known_pitch(audio, SAMPLE_RATE_HZ, notes)


def _segment(
    track: Any, loudness_db: Floats, *, min_note_s: float
) -> Sequence[PlayedNote]:
    return segment_notes(track, loudness_db, min_note_s=min_note_s)


def _polyphony(audio: Floats, track: Any) -> Polyphony | None:
    return find_polyphony(audio, track)


def _align(
    notes: Sequence[PlayedNote], audio: Floats, track: Any
) -> Sequence[PlayedNote]:
    from musegen.midi_ddsp.analysis.alignment import align

    return align(notes, audio, SAMPLE_RATE_HZ, track=track).notes


def _analysed(
    job: RecordingJob, settings: AnalysisSettings, listening: Listening
) -> AnalysedRecording:
    paired = _paired_notes(job, settings)
    instrument = _instrument(job, paired)
    recording = _read(job, settings)
    samples, notices = _within_full_scale(recording.samples)
    audio = to_int16(samples)
    samples = audio.astype(np.float32) / np.float32(32768.0)
    level = fitted(listening.loudness_db(samples), num_frames_of(len(audio)))
    track = listening.track(samples)
    if paired is None:
        notices += _one_voice(samples, track, listening)
        notes, origin = _heard_notes(track, level, listening), "sound"
        notices += left_remarks(np.asarray(track.voiced, bool), notes)
    else:
        notes, origin = paired.notes, paired.origin
        is_aligned = settings.is_aligned or job.is_score
        if is_aligned:
            notes = tuple(listening.align(notes, samples, track))
            origin = f"{origin}, aligned"
        notes = _within(notes, track, len(audio), is_aligned=is_aligned)
        track = listening.track_known(samples, notes)
    return AnalysedRecording(
        piece=job.piece,
        recording=job.recording,
        instrument=instrument,
        licence=job.licence,
        source=job.recording,
        notes_from=origin,
        audio=audio,
        **track_columns(track, len(audio)),
        loudness_db=level,
        notes=notes,
        notices=(
            *recording.notices,
            *notices,
            *(() if paired is None else paired.notices),
        ),
    )


def track_columns(track: Track, num_samples: int) -> dict[str, Any]:
    """Return a track as the columns of clips, each [ceil(num_samples / 64)].

    Trackers hold the pitch where nothing is voiced; in clips it is 0 there.
    """
    length = num_frames_of(num_samples)
    voiced = fitted(np.asarray(track.voiced, bool), length)
    f0_hz = fitted(np.asarray(track.f0_hz, np.float32), length)
    return {
        "f0_hz": np.where(voiced, f0_hz, np.float32(0.0)),
        "f0_confidence": fitted(np.asarray(track.confidence, np.float32), length),
        "voiced": voiced,
    }


def _read(job: RecordingJob, settings: AnalysisSettings) -> Recording:
    try:
        recording = read_audio(
            job.audio, sample_rate=SAMPLE_RATE_HZ, name=job.recording
        )
    except InputError as error:
        raise _RefusalError("unreadable-audio", str(error)) from error
    if recording.duration_s < settings.min_duration_s:
        raise _RefusalError(
            "too-short",
            f"it lasts {recording.duration_s:.2f} s; at least "
            f"{settings.min_duration_s:g} s are needed",
        )
    if not recording.samples.any():
        raise _RefusalError("silent", "every sample is zero")
    return recording


def _within_full_scale(samples: Floats) -> tuple[Floats, tuple[Notice, ...]]:
    peak = float(np.abs(samples).max(initial=0.0))
    if peak <= 1.0:
        return samples, ()
    notice = Notice(
        code="scaled",
        message=f"samples go up to {peak:.4g}; all were made softer by "
        f"{20 * np.log10(peak):.1f} dB to fit 16 bits",
    )
    return (samples / np.float32(peak)).astype(np.float32), (notice,)


def _paired_notes(job: RecordingJob, settings: AnalysisSettings) -> _PairedNotes | None:
    if settings.notes == "sound":
        return None
    if job.notes is None:
        if settings.notes == "paired":
            raise _RefusalError(
                "no-notes", "there is no file of notes of the same name beside it"
            )
        return None
    try:
        return _read_notes(job)
    except EmptyScoreError as error:
        raise _RefusalError("no-notes", str(error)) from error
    except PolyphonyError as error:
        raise _RefusalError("polyphonic", str(error)) from error
    except InputError as error:
        raise _RefusalError("unreadable-notes", str(error)) from error


def _read_notes(job: RecordingJob) -> _PairedNotes:
    if job.notes is None:
        raise EmptyScoreError(f"{job.recording}: there are no notes beside it")
    if job.notes.suffix.lower() in LIST_SUFFIXES:
        notes, notices = read_note_list(job.notes)
        origin = "urmp" if job.notes.name.startswith("Notes_") else "list"
        return _PairedNotes(notes=notes, origin=origin, notices=notices)
    known = None if job.instrument is None else instrument_named(job.instrument)
    notes, part, notices = read_score_part(
        job.notes, part_index=job.notes_part, instrument=known
    )
    is_midi = job.notes.suffix.lower() in (".mid", ".midi")
    return _PairedNotes(
        notes=notes,
        origin="midi" if is_midi else "musicxml",
        part=part,
        notices=notices,
    )


def _instrument(job: RecordingJob, paired: _PairedNotes | None) -> str:
    if job.instrument is not None:
        return job.instrument
    if paired is not None and paired.part is not None:
        try:
            return instrument_named(paired.part.name).name
        except UsageError:
            found = instrument_of_program(paired.part.program)
        if found is not None:
            return found.name
    raise _RefusalError(
        "unknown-instrument",
        "neither its name nor a folder's says one instrument: rename it, as in "
        "tune_violin.wav, or say --instrument",
    )


def _one_voice(
    samples: Floats, track: Track, listening: Listening
) -> tuple[Notice, ...]:
    """Refuse chords, and remark on what may be some."""
    found = listening.polyphony(samples, track)
    if found is None:
        return ()
    notice = polyphony_remark(found)
    if found.share > MAX_POLYPHONIC_SHARE:
        raise _RefusalError("polyphonic", notice.message)
    return (notice,)


def _heard_notes(
    track: Track, level: Floats, listening: Listening
) -> tuple[PlayedNote, ...]:
    notes = tuple(listening.segment(track, level))
    if not notes:
        raise _RefusalError("no-notes", "no note with a pitch is heard in it")
    return notes


def _within(
    notes: tuple[PlayedNote, ...], track: Track, num_samples: int, *, is_aligned: bool
) -> tuple[PlayedNote, ...]:
    """Return the notes that lie within the sound, if they are those of the sound."""
    duration_s = num_samples / SAMPLE_RATE_HZ
    mismatch = find_mismatch(notes, track, duration_s=duration_s, is_aligned=is_aligned)
    if mismatch is not None:
        raise _RefusalError(mismatch.reason, mismatch.message)
    return tuple(note for note in notes if note.onset_s < duration_s)
