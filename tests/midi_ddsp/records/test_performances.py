from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, InputError, UsageError
from musegen.data.midi import midi_bytes
from musegen.data.notices import Notice
from musegen.data.preparation.records import Rejection
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.records.clips import AnalysedRecording
from musegen.midi_ddsp.records.performances import (
    MAX_MINUTES,
    MAX_REST_S,
    PerformanceJob,
    Plan,
    perform,
    plan_performances,
    without_long_rests,
)
from musegen.midi_ddsp.records.tunes import LEAD_IN_S


def write_tune(path: Path, *pitches: int, quarters: int = 1) -> str:
    notes = tuple(
        Note(onset=480 * quarters * k, duration=480 * quarters, pitch=pitch)
        for k, pitch in enumerate(pitches)
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes),))
    path.write_bytes(midi_bytes(score))
    return str(path)


@pytest.fixture
def two_tunes(tmp_path: Path) -> list[str]:
    scale = [60 + k for k in (0, 2, 4, 5, 7, 5, 4, 2) * 4]
    return [
        write_tune(tmp_path / "up.mid", *scale),
        write_tune(tmp_path / "down.mid", *reversed(scale)),
    ]


def plan(names: list[str], *instruments: str, **changes: Any) -> Plan:  # noqa: ANN401
    values: dict[str, Any] = {"minutes": 2.0, "seed": 1, "styles": ["plain", "lively"]}
    return plan_performances(names, instruments, **{**values, **changes})


def test_every_instrument_gets_its_minutes(two_tunes: list[str]) -> None:
    made = plan(two_tunes, "violin", "tuba", "vn")
    assert made.minutes == pytest.approx(2.0, abs=0.15)
    seconds = {
        name: sum(job.duration_s for job in made.jobs if job.instrument == name)
        for name in ("violin", "tuba")
    }
    assert seconds == pytest.approx({"violin": 60.0, "tuba": 60.0}, abs=5.0)
    assert {job.instrument for job in made.jobs} == {"violin", "tuba"}
    assert len({job.recording for job in made.jobs}) == len(made.jobs)
    assert len({job.seed for job in made.jobs}) == len(made.jobs)
    for job in made.jobs:
        instrument = instrument_named(job.instrument)
        for note in job.notes:
            assert instrument.lowest_pitch <= note.pitch <= instrument.highest_pitch


def test_the_plan_follows_from_its_seed(two_tunes: list[str]) -> None:
    assert plan(two_tunes, "violin") == plan(two_tunes, "violin")
    assert plan(two_tunes, "violin", seed=0) != plan(two_tunes, "violin")
    alone = plan(two_tunes, "violin", minutes=1.0).jobs
    assert alone == plan(two_tunes, "violin", "tuba").jobs[: len(alone)]


def test_styles_are_drawn_from_those_given(two_tunes: list[str]) -> None:
    assert {job.style for job in plan(two_tunes, "violin", minutes=10.0).jobs} == {
        "plain",
        "lively",
    }
    assert {job.style for job in plan(two_tunes, "violin", styles=["x"]).jobs} == {"x"}


def test_a_tune_too_wide_for_all_is_rejected(
    two_tunes: list[str], tmp_path: Path
) -> None:
    wide = write_tune(tmp_path / "wide.mid", 20, 100)
    made = plan([*two_tunes, wide], "violin")
    assert [(r.source, r.reason) for r in made.rejections] == [
        ("wide 1", "out-of-range")
    ]
    with pytest.raises(InputError, match="none of the tunes fits the range of violin"):
        plan([wide], "violin")


def write_chords(path: Path) -> str:
    notes = tuple(
        Note(onset=480 * k, duration=480, pitch=pitch)
        for k in range(4)
        for pitch in (60, 64)
    )
    score = Score(ticks_per_quarter=480, parts=(Part(notes=notes),))
    path.write_bytes(midi_bytes(score))
    return str(path)


def test_scores_of_one_name_are_pieces_of_their_own(
    two_tunes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    other = write_tune(tmp_path / "b" / "up.mid", 60, 67, 62, 65)
    made = plan([*two_tunes, other], "violin", "tuba")
    assert len({job.recording for job in made.jobs}) == len(made.jobs)
    assert {job.piece for job in made.jobs} == {f"{tmp_path.name}/up", "down", "b/up"}


def test_parts_of_chords_are_rejected(two_tunes: list[str], tmp_path: Path) -> None:
    chords = write_chords(tmp_path / "chords.mid")
    made = plan([*two_tunes, chords], "violin")
    assert [(r.source, r.reason) for r in made.rejections] == [
        ("chords 1", "polyphonic")
    ]
    assert {job.piece for job in made.jobs} == {"up", "down"}
    with pytest.raises(InputError, match=r"can be played: chords 1: 4 of 8 notes"):
        plan([chords], "violin")


def test_what_was_read_otherwise_is_told(tmp_path: Path) -> None:
    cut = Path(write_tune(tmp_path / "cut.mid", *[60, 62, 64, 65] * 4))
    cut.write_bytes(cut.read_bytes()[:-4])
    made = plan([str(cut)], "violin")
    assert made.notices
    assert "in cut.mid" in made.notices[0].message


def test_a_plan_of_nothing_is_refused(two_tunes: list[str]) -> None:
    for minutes in (0.0, float("nan"), float("inf"), 1e12, MAX_MINUTES + 1.0):
        with pytest.raises(UsageError, match="minutes are above 0 and at most 10000"):
            plan(two_tunes, "violin", minutes=minutes)
    with pytest.raises(UsageError, match="a tune, an instrument and a style"):
        plan([], "violin")
    with pytest.raises(UsageError, match="kazoo"):
        plan(two_tunes, "kazoo")


def test_long_rests_are_cut_and_a_silence_comes_first() -> None:
    notes = [
        PlayedNote(pitch=60, onset_s=onset_s, offset_s=onset_s + 1.0)
        for onset_s in (9.0, 10.0, 20.0, 22.0)
    ]
    onsets = [note.onset_s for note in without_long_rests(notes)]
    first = MAX_REST_S
    assert onsets == pytest.approx(
        [first, first + 1.0, first + 2.0 + MAX_REST_S, first + 4.0 + MAX_REST_S]
    )
    (early,) = without_long_rests([replace(notes[0], onset_s=0.0, offset_s=0.5)])
    assert (early.onset_s, early.offset_s) == (LEAD_IN_S, LEAD_IN_S + 0.5)
    assert without_long_rests([]) == ()


JOB = PerformanceJob(
    piece="up",
    recording="violin/up/0",
    instrument="violin",
    notes=(PlayedNote(pitch=69, onset_s=0.2, offset_s=0.8),),
    style="plain",
    seed=5,
    sound_font=None,
    source="up.mid",
    licence="CC0",
)


def fake_play(notes: tuple[PlayedNote, ...], instrument: str, **asked: Any) -> Any:  # noqa: ANN401
    assert (instrument, asked["style"], asked["seed"]) == ("violin", "plain", 5)
    f0_hz = np.zeros(250, np.float32)
    f0_hz[50:200] = 440.0
    return SimpleNamespace(
        audio=np.full(16_000, 0.25, np.float32),
        notes=notes,
        f0_hz=f0_hz,
        licence=f"font; {asked['tune_licence']}",
        source=f"player, {asked['tune_source']}",
        notices=(Notice(code="test-font", message="for tests"),),
        expression_columns=lambda: {"volume_db": np.array([-20.0])},
    )


def test_a_performance_is_taken_with_its_truth() -> None:
    found = perform(JOB, play=fake_play)
    assert isinstance(found, AnalysedRecording)
    assert (found.notes, found.notes_from) == (JOB.notes, "player")
    assert found.expression == ({"volume_db": -20.0},)
    assert (found.licence, found.source) == ("font; CC0", "player, up.mid")
    assert found.voiced.sum() == 150
    assert found.f0_hz[100] == 440.0
    assert found.loudness_db.shape == (250,)
    assert (found.audio == 8192).all()
    assert [notice.code for notice in found.notices] == ["test-font"]


def test_what_cannot_be_played_is_rejected() -> None:
    def fail(*_notes: object, **_asked: object) -> None:
        raise FileFormatError("the font has no violin")

    found = perform(JOB, play=fail)
    assert found == Rejection(
        source="violin/up/0", reason="not-played", message="the font has no violin"
    )
