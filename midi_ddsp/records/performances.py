"""The virtual player as a source: which tunes it plays, and what comes of one.

The plan is drawn from a seed before anything sounds, so that any worker can play any
part of it and the same plan always gives the same clips. Tunes are found in `tunes`
and `given_tunes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musegen.data.errors import InputError, PitchRangeError, UsageError
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.engine.seeds import derive_seed, generator
from musegen.midi_ddsp.audio.encoding import to_int16
from musegen.midi_ddsp.instruments import Instrument, instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.records.clips import AnalysedRecording, fitted, num_frames_of
from musegen.midi_ddsp.records.given_tunes import GivenTune, read_given
from musegen.midi_ddsp.records.tunes import LEAD_IN_S, Tune, tunes_in_order

MAX_REST_S = 1.5
"""Longer rests of a tune are cut to this: a part that waits teaches nothing."""
MIN_TUNE_S = 4.0
"""What is left of a tune at the end of the plan is at least so long."""
MAX_MINUTES = 10_000.0
"""A week of sound, about 20 GB; the plan of all of it is in memory."""
TAIL_S = 1.0
_SECONDS_A_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceJob:
    """One tune that the virtual player shall play.

    Args:
        piece: The music, what splits are made by.
        recording: Name, unique in the plan.
        instrument: Name.
        notes: In the instrument's range.
        style: Name of a style of the player.
        seed: Of the performance.
        sound_font: An .sf2 file; None takes the usual one.
        source: Where the tune is from.
        licence: Of the tune.
    """

    piece: str
    recording: str
    instrument: str
    notes: tuple[PlayedNote, ...]
    style: str
    seed: int
    sound_font: Path | None
    source: str
    licence: str

    @property
    def duration_s(self) -> float:
        """About how long it will sound, in seconds."""
        return self.notes[-1].offset_s + TAIL_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall be played.

    Args:
        jobs: In the order of the file, instrument after instrument.
        rejections: Given tunes that are not one voice, and those that none of the
            instruments reaches.
        notices: What was read otherwise than the scores say.
    """

    jobs: tuple[PerformanceJob, ...]
    rejections: tuple[Rejection, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def minutes(self) -> float:
        """About how long it will sound."""
        return sum(job.duration_s for job in self.jobs) / _SECONDS_A_MINUTE


def plan_performances(
    names: Sequence[str],
    instruments: Sequence[str],
    *,
    minutes: float,
    seed: int,
    styles: Sequence[str],
    licence: str | None = None,
    sound_font: Path | None = None,
) -> Plan:
    """Draw who plays what, how and how high, until the minutes are full.

    Every instrument gets the same time. It goes through the tunes in an order of its
    own, again from the start with other seeds if they are too few. The last tune is cut
    after the note that fills the time.

    Args:
        names: Collections of `musegen.midi_ddsp.records.tunes`, and paths of scores.
        instruments: Names, at least one.
        minutes: Of all instruments together, above 0, at most `MAX_MINUTES`.
        seed: Any integer.
        styles: Names to draw from, at least one.
        licence: Of the scores.
        sound_font: Passed on.

    Raises:
        UsageError: There is no such instrument or collection, or the minutes are out of
            their range.
        InputError: A score cannot be read, or no tune can be played.
        MissingPackageError: Collections need music21.
    """
    if not 0.0 < minutes <= MAX_MINUTES:
        raise UsageError(
            f"minutes are above 0 and at most {MAX_MINUTES:g}, which is a week; got "
            f"{minutes:g}"
        )
    chosen = list(dict.fromkeys(instrument_named(name).name for name in instruments))
    if not (names and chosen and styles):
        raise UsageError("a plan needs a tune, an instrument and a style at least")
    given = read_given(names, licence=licence)
    jobs: list[PerformanceJob] = []
    for name in chosen:
        jobs += _jobs_of(
            instrument_named(name),
            lambda order_seed: tunes_in_order(names, given.tunes, seed=order_seed),
            budget_s=minutes * _SECONDS_A_MINUTE / len(chosen),
            seed=seed,
            styles=styles,
            sound_font=sound_font,
        )
    out_of_range = _out_of_range(given.tunes, chosen)
    if not jobs:
        raise InputError(_no_jobs(given.rejections, out_of_range, chosen))
    return Plan(
        jobs=tuple(jobs),
        rejections=(*given.rejections, *out_of_range),
        notices=given.notices,
    )


def _no_jobs(
    unusable: Sequence[Rejection],
    out_of_range: Sequence[Rejection],
    instruments: Sequence[str],
) -> str:
    if not unusable:
        return (
            f"none of the tunes fits the range of {', '.join(instruments)}; choose "
            "another instrument or other tunes"
        )
    num_more = len(unusable) + len(out_of_range) - 1
    more = f" (and {num_more} more)" if num_more else ""
    return f"not one part can be played: {unusable[0]}{more}"


def _out_of_range(
    given: Sequence[GivenTune], instruments: Sequence[str]
) -> tuple[Rejection, ...]:
    return tuple(
        Rejection(
            source=tune.name,
            reason="out-of-range",
            message=f"its range is wider than that of {', '.join(instruments)}",
        )
        for tune in given
        if not any(
            _arranged(tune, instrument_named(name), seed=0) for name in instruments
        )
    )


def perform(
    job: PerformanceJob, *, play: Callable[..., Any] | None = None
) -> AnalysedRecording | Rejection:
    """Let the virtual player play a tune, and take what it says of it.

    Pitch, notes and expression are the player's own; loudness is measured.

    Args:
        job: Which tune.
        play: As `musegen.midi_ddsp.player.playing.play`, which is the default.

    Returns:
        What clips are cut from, or `not-played` with the reason.
    """
    from musegen.midi_ddsp.dsp.loudness import loudness_db

    try:
        performance = (play or _own_play())(
            job.notes,
            job.instrument,
            style=job.style,
            seed=job.seed,
            sound_font=job.sound_font,
            tune_source=job.source,
            tune_licence=job.licence,
        )
    except InputError as error:
        return Rejection(source=job.recording, reason="not-played", message=str(error))
    audio = to_int16(performance.audio)
    length = num_frames_of(len(audio))
    f0_hz = fitted(np.asarray(performance.f0_hz, np.float32), length)
    voiced = f0_hz > 0.0
    level = loudness_db(audio.astype(np.float32) / np.float32(32768.0))
    return AnalysedRecording(
        piece=job.piece,
        recording=job.recording,
        instrument=job.instrument,
        licence=performance.licence,
        source=performance.source,
        notes_from="player",
        audio=audio,
        f0_hz=f0_hz,
        f0_confidence=voiced.astype(np.float32),
        voiced=voiced,
        loudness_db=fitted(level, length),
        notes=tuple(performance.notes),
        expression=_expression(performance),
        notices=tuple(performance.notices),
    )


def _own_play() -> Callable[..., Any]:
    from musegen.midi_ddsp.player.playing import play

    return play


def _expression(performance: Any) -> tuple[dict[str, float], ...]:
    columns = performance.expression_columns()
    return tuple(
        {name: float(values[index]) for name, values in columns.items()}
        for index in range(len(performance.notes))
    )


def _jobs_of(
    instrument: Instrument,
    tunes: Callable[[int], Iterable[Tune]],
    *,
    budget_s: float,
    seed: int,
    styles: Sequence[str],
    sound_font: Path | None,
) -> Iterator[PerformanceJob]:
    left_s, round_index, is_reached = budget_s, 0, True
    while is_reached:  # another round, unless no tune at all fits
        is_reached = False
        for tune in tunes(derive_seed(seed, "order", instrument.name, round_index)):
            key = (instrument.name, tune.name, round_index)
            notes = _arranged(tune, instrument, seed=derive_seed(seed, "tune", *key))
            if not notes:
                continue
            is_reached = True
            draw = generator(seed, "style", *key)
            job = PerformanceJob(
                piece=tune.piece,
                recording=f"{instrument.name}/{tune.name}/{round_index}",
                instrument=instrument.name,
                notes=_shortened(notes, left_s - TAIL_S),
                style=styles[int(draw.integers(len(styles)))],
                seed=derive_seed(seed, "performance", *key),
                sound_font=sound_font,
                source=tune.source,
                licence=tune.licence,
            )
            yield job
            left_s -= job.duration_s
            if left_s < MIN_TUNE_S:
                return
        round_index += 1


def _arranged(
    tune: Tune, instrument: Instrument, *, seed: int
) -> tuple[PlayedNote, ...]:
    """Return a tune as the instrument may play it, empty where it cannot."""
    try:
        return tune.arranged(instrument, generator(seed))
    except PitchRangeError:
        return ()


def without_long_rests(
    notes: Sequence[PlayedNote], *, max_rest_s: float = MAX_REST_S
) -> tuple[PlayedNote, ...]:
    """Return notes with every rest cut to a length, and silence before the first.

    Args:
        notes: Sorted by onset, none overlapping.
        max_rest_s: In seconds.
    """
    kept: list[PlayedNote] = []
    removed_s = end_s = 0.0
    for note in notes:
        removed_s += max(0.0, note.onset_s - end_s - max_rest_s)
        end_s = note.offset_s
        kept.append(_moved(note, -removed_s))
    if kept and kept[0].onset_s < LEAD_IN_S:
        kept = [_moved(note, LEAD_IN_S - kept[0].onset_s) for note in kept]
    return tuple(kept)


def _moved(note: PlayedNote, by_s: float) -> PlayedNote:
    return replace(note, onset_s=note.onset_s + by_s, offset_s=note.offset_s + by_s)


def _shortened(notes: Sequence[PlayedNote], length_s: float) -> tuple[PlayedNote, ...]:
    """Return the notes that begin within a length, at least those of `MIN_TUNE_S`."""
    limit_s = max(length_s, MIN_TUNE_S)
    short = without_long_rests(notes)
    return tuple(note for note in short if note.onset_s < limit_s) or short[:1]
