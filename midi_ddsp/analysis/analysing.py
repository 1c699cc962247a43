"""A recording to all that is heard in it: pitch, loudness, notes, expression.

For: `musegen analyse`, and what edits recordings
(`musegen.midi_ddsp.edits.resynthesis`). Not for: training records, which have their own
road (`musegen.midi_ddsp.records`), nor for files; this takes samples and gives arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.data.notices import Notice
from musegen.data.spelling import pitch_name
from musegen.midi_ddsp.analysis.harmonic_analysis import (
    HarmonicEstimator,
    ParameterEstimator,
)
from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.pitch_tracking import (
    HIGHEST_HZ,
    LOWEST_HZ,
    MAX_HZ,
    MIN_HZ,
    track_pitch,
)
from musegen.midi_ddsp.analysis.remarks import hearing_remarks
from musegen.midi_ddsp.analysis.segmentation import (
    LONGEST_MIN_NOTE_S,
    MIN_NOTE_S,
    SHORTEST_NOTE_S,
    segment_notes,
)
from musegen.midi_ddsp.dsp.loudness import loudness_db
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.expression_units import measure_notes
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    midi_to_hz,
)
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

if TYPE_CHECKING:
    from musegen.midi_ddsp.note_frames import NoteFrames

Floats = NDArray[np.float32]

MAX_DURATION_S = 4 * 3600.0
RANGE_MARGIN_SEMITONES = 3.0  # around an instrument's range: mistuning and slides
MIN_FIT = 0.3  # share of a note's frames in which its pitch must be heard
STEPS = {"pitch": 50, "loudness": 5, "notes": 10, "parameters": 35}
"""Share of the work in hundredths, in order; what `advance` is told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisSettings:
    """How a recording is heard.

    Args:
        instrument: Who plays; its range bounds the pitch. None where unknown.
        min_hz: Lowest pitch that is looked for; None for the instrument's, or the
            tracker's own.
        max_hz: Highest pitch that is looked for; None as above.
        is_aligned: Whether notes that are given are moved to where they sound.
        min_note_s: Shorter notes are not heard, 0.02 to 2 s.

    Raises:
        UsageError: The bounds are out of order or out of reach.
    """

    instrument: Instrument | None = None
    min_hz: float | None = None
    max_hz: float | None = None
    is_aligned: bool = True
    min_note_s: float = MIN_NOTE_S

    def __post_init__(self) -> None:
        for name, value in (("min-hz", self.min_hz), ("max-hz", self.max_hz)):
            if value is not None and not LOWEST_HZ <= value <= HIGHEST_HZ:
                raise UsageError(
                    f"{name} is {LOWEST_HZ:g} to {HIGHEST_HZ:g} Hz; got {value:g}"
                )
        if not SHORTEST_NOTE_S <= self.min_note_s <= LONGEST_MIN_NOTE_S:
            raise UsageError(
                f"min-note-seconds is {SHORTEST_NOTE_S:g} to {LONGEST_MIN_NOTE_S:g}; "
                f"got {self.min_note_s:g}"
            )
        low, high = self.bounds_hz()
        if high < 2 * low:
            raise UsageError(
                f"the pitch would be looked for from {low:.0f} to {high:.0f} Hz, which "
                "is less than an octave: leave more room with --min-hz and --max-hz"
            )

    def bounds_hz(self) -> tuple[float, float]:
        """Return the lowest and the highest pitch to look for."""
        low, high = MIN_HZ, MAX_HZ
        if self.instrument is not None:
            ends = (
                self.instrument.lowest_pitch - RANGE_MARGIN_SEMITONES,
                self.instrument.highest_pitch + RANGE_MARGIN_SEMITONES,
            )
            low, high = np.clip(midi_to_hz(ends), LOWEST_HZ, HIGHEST_HZ).tolist()
        return (
            low if self.min_hz is None else self.min_hz,
            high if self.max_hz is None else self.max_hz,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What was heard in a recording; frame t stands at t / 250 s.

    Args:
        duration_s: Of the recording.
        f0_hz: 0 where there is no pitch, [T].
        confidence: Of the pitch, 0 to 1, [T].
        voiced: Whether there is a pitch, [T].
        loudness_db: A-weighted, new definition, [T].
        notes: Heard, or given and aligned.
        parameters: How to synthesise it, T frames.
        instrument: Who plays, None where unknown.
        estimator: What found the parameters.
        notices: What the user should hear of.
    """

    duration_s: float
    f0_hz: Floats
    confidence: Floats
    voiced: NDArray[np.bool_]
    loudness_db: Floats
    notes: tuple[PlayedNote, ...]
    parameters: SynthesisParameters
    instrument: Instrument | None
    estimator: str
    notices: tuple[Notice, ...] = ()

    @property
    def num_frames(self) -> int:
        """T."""
        return len(self.f0_hz)

    def note_frames(self) -> NoteFrames:
        """Return what each frame knows of the notes."""
        return note_frames(self.notes, self.num_frames)


def analyse(
    audio: Floats,
    *,
    settings: AnalysisSettings | None = None,
    notes: Sequence[PlayedNote] | None = None,
    estimator: ParameterEstimator | None = None,
    advance: Callable[[int], None] | None = None,
) -> Analysis:
    """Hear a recording.

    Without notes the pitch is tracked and notes are cut from it; with notes they are
    aligned to the sound and the pitch is looked for around each.

    Args:
        audio: Mono, 16 kHz, finite, [N].
        settings: How to hear; the defaults know nothing of the recording.
        notes: What is played, in seconds; None where unknown.
        estimator: Finds the parameters; by default closed formulas.
        advance: Told of hundredths of the work just done, 100 in all.

    Raises:
        InputError: There is no sample, or the recording is too long.
        UsageError: `is_aligned` is false and there are no notes to leave alone.
    """
    settings = settings or AnalysisSettings()
    estimator = estimator or HarmonicEstimator()
    _check(audio, settings, notes)
    steps = _Steps(advance)
    notices: list[Notice] = []
    free = None
    given = None if notes is None else tuple(notes)
    if given is not None and settings.is_aligned:
        free = _track(audio, settings, None, steps.share("pitch"))
        given, misfits = _aligned(given, audio, free)
        notices += misfits
    track = _track(audio, settings, given, steps.share("pitch"))
    steps.finish("pitch")
    loudness = loudness_db(audio)
    steps.finish("loudness")
    heard = given
    if heard is None:
        heard = tuple(segment_notes(track, loudness, min_note_s=settings.min_note_s))
    steps.finish("notes")
    f0_hz = np.where(track.voiced, track.f0_hz, 0.0).astype(np.float32)
    parameters = estimator.estimate(
        audio,
        f0_hz,
        loudness,
        instrument=None if settings.instrument is None else settings.instrument.name,
        advance=steps.part("parameters", len(f0_hz)),
    )
    steps.finish("parameters")
    notices += hearing_remarks(
        audio, track, heard, are_given=given is not None, free=free
    )
    return Analysis(
        duration_s=len(audio) / SAMPLE_RATE_HZ,
        f0_hz=f0_hz,
        confidence=track.confidence,
        voiced=track.voiced,
        loudness_db=loudness,
        notes=heard,
        parameters=parameters,
        instrument=settings.instrument,
        estimator=estimator.name,
        notices=tuple(notices),
    )


class _Steps:
    """Turns what is done into whole hundredths for a progress bar."""

    def __init__(self, advance: Callable[[int], None] | None) -> None:
        self._advance = advance
        self._told = 0

    def finish(self, name: str) -> None:
        """Say that a step is done."""
        self._tell(self._before(name) + STEPS[name])

    def share(self, name: str) -> Callable[[float], None]:
        """Return the callback of a step that tells its share done, 0 to 1."""
        before = self._before(name)
        return lambda share: self._tell(before + int(STEPS[name] * share))

    def part(self, name: str, total: int) -> Callable[[int], None]:
        """Return the callback of a step that counts to `total` itself."""
        report, done = self.share(name), 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            report(done / max(total, 1))

        return tell

    @staticmethod
    def _before(name: str) -> int:
        names = list(STEPS)
        return sum(STEPS[one] for one in names[: names.index(name)])

    def _tell(self, hundredths: int) -> None:
        if self._advance is not None and hundredths > self._told:
            self._advance(hundredths - self._told)
        self._told = max(self._told, hundredths)


def _check(
    audio: Floats, settings: AnalysisSettings, notes: Sequence[PlayedNote] | None
) -> None:
    if not len(audio):
        raise InputError("there is not one sample to analyse: give a recording")
    if len(audio) > MAX_DURATION_S * SAMPLE_RATE_HZ:
        raise InputError(
            f"a recording may be {MAX_DURATION_S / 3600:g} hours long; this one has "
            f"{len(audio) / SAMPLE_RATE_HZ / 3600:.1f}: cut it into pieces"
        )
    if notes is None and not settings.is_aligned:
        raise UsageError(
            "without notes there is nothing to align: leave --no-align out, or give "
            "the notes with --notes"
        )


def _aligned(
    notes: tuple[PlayedNote, ...], audio: Floats, track: PitchTrack
) -> tuple[tuple[PlayedNote, ...], tuple[Notice, ...]]:
    """Move notes to where they sound, and say which are not to be heard."""
    from musegen.midi_ddsp.analysis.alignment import align

    found = align(notes, audio, SAMPLE_RATE_HZ, track=track)
    lost = np.flatnonzero(found.fit < MIN_FIT)
    if not len(lost):
        return found.notes, ()
    first = found.notes[int(lost[0])]
    message = (
        f"{len(lost)} of the {len(notes)} notes are not heard where they should be, "
        f"the first, {pitch_name(first.pitch)}, at {first.onset_s:.2f} s: check that "
        "the notes belong to the recording"
    )
    return found.notes, (Notice(code="notes-not-heard", message=message),)


def _track(
    audio: Floats,
    settings: AnalysisSettings,
    notes: tuple[PlayedNote, ...] | None,
    report: Callable[[float], None],
) -> PitchTrack:
    if notes is not None:
        from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch

        return track_known_pitch(audio, SAMPLE_RATE_HZ, notes)
    low, high = settings.bounds_hz()
    return track_pitch(audio, SAMPLE_RATE_HZ, min_hz=low, max_hz=high, progress=report)


def expression_table(analysis: Analysis) -> NoteTable:
    """Return the notes with their six controls and with their expression in units.

    Args:
        analysis: Of a recording; without notes the table is empty.
    """
    frames = analysis.note_frames()
    return make_note_table(
        analysis.notes,
        instrument="" if analysis.instrument is None else analysis.instrument.name,
        controls=compat_controls(analysis.parameters, frames),
        units=measure_notes(analysis.parameters, frames),
    )


def frame_times_s(num_frames: int) -> NDArray[np.float64]:
    """Return the time of each frame in seconds, [T]."""
    return np.arange(num_frames) / FRAME_RATE_HZ
