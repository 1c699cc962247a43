from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.analysis import analysing
from musegen.midi_ddsp.analysis.analysing import (
    Analysis,
    AnalysisSettings,
    analyse,
    expression_table,
    frame_times_s,
)
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import hz_to_midi

pytest.importorskip("onnxruntime", reason="hears low pitches")

RATE = 16_000
PITCHES = (69, 72, 76)
Floats = npt.NDArray[np.float32]


def tune(pitches: tuple[int, ...] = PITCHES, *, cents: float = 0.0) -> Floats:
    """Notes of 0.4 s with five harmonics and gaps of 0.1 s."""
    pieces = []
    time_s = np.arange(round(0.4 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time_s, 0.4 - time_s) / 0.02)
    for pitch in pitches:
        f0_hz = 440 * 2 ** ((pitch + cents / 100 - 69) / 12)
        wave = sum(
            np.sin(2 * np.pi * number * f0_hz * time_s) / number
            for number in range(1, 6)
        )
        pieces += [np.zeros(round(0.1 * RATE)), 0.15 * fade * wave]
    return np.concatenate([*pieces, np.zeros(round(0.1 * RATE))]).astype(np.float32)


@pytest.fixture(scope="module")
def heard() -> Analysis:
    return analyse(tune())


def test_notes_and_pitch_of_a_tune_are_heard(heard: Analysis) -> None:
    assert [note.pitch for note in heard.notes] == list(PITCHES)
    onsets = [note.onset_s for note in heard.notes]
    assert onsets == pytest.approx([0.1, 0.6, 1.1], abs=0.04)
    middle = round(0.3 * 250)
    assert hz_to_midi(heard.f0_hz[middle]) == pytest.approx(69, abs=0.05)
    assert heard.num_frames == heard.parameters.num_frames == -(-len(tune()) // 64)
    assert heard.estimator == "spectra"
    assert heard.notices == ()


def test_rests_have_no_pitch_and_are_softer(heard: Analysis) -> None:
    rest, note = round(0.03 * 250), round(0.3 * 250)
    assert not heard.voiced[rest]
    assert heard.f0_hz[rest] == 0
    assert heard.loudness_db[note] > heard.loudness_db[rest] + 20
    assert heard.confidence[note] > 0.8
    np.testing.assert_array_equal(heard.f0_hz > 0, heard.voiced)


def test_known_notes_are_moved_to_the_sound_unless_told_not_to() -> None:
    late = tuple(
        PlayedNote(pitch=pitch, onset_s=0.25 + 0.5 * i, offset_s=0.65 + 0.5 * i)
        for i, pitch in enumerate(PITCHES)
    )
    moved = analyse(tune(), notes=late)
    kept = analyse(tune(), notes=late, settings=AnalysisSettings(is_aligned=False))
    assert kept.notes == late
    assert [note.onset_s for note in moved.notes] == pytest.approx(
        [0.1, 0.6, 1.1], abs=0.06
    )
    assert [note.pitch for note in moved.notes] == list(PITCHES)
    assert moved.notices == ()


def test_notes_of_another_piece_are_said_to_be_not_heard() -> None:
    other = [
        PlayedNote(pitch=pitch, onset_s=0.5 * i, offset_s=0.5 * i + 0.4)
        for i, pitch in enumerate((50, 53, 90))
    ]
    found = analyse(tune(), notes=other)
    assert "notes-not-heard" in {notice.code for notice in found.notices}


def test_range_of_the_instrument_and_bounds_limit_the_pitch() -> None:
    violin = AnalysisSettings(instrument=instrument_named("violin"))
    low, high = violin.bounds_hz()
    assert low == pytest.approx(196 * 2 ** (-3 / 12), rel=1e-3)
    assert high > 3000
    assert replace(violin, min_hz=300.0).bounds_hz() == (300.0, high)
    heard_low = analyse(tune((48,)), settings=AnalysisSettings(max_hz=200.0))
    heard_high = analyse(tune((48,)), settings=AnalysisSettings(min_hz=180.0))
    assert [note.pitch for note in heard_low.notes] == [48]
    assert all(note.pitch > 52 for note in heard_high.notes)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"min_hz": 5.0}, "min-hz is"),
        ({"max_hz": 9000.0}, "max-hz is"),
        ({"min_hz": 300.0, "max_hz": 400.0}, "less than an octave"),
        ({"min_hz": float("nan")}, "min-hz is"),
    ],
)
def test_bounds_out_of_reach_are_refused(
    wishes: dict[str, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        AnalysisSettings(**wishes)  # type: ignore[arg-type]


def test_progress_adds_up_to_a_hundred() -> None:
    told: list[int] = []
    analyse(tune((69,)), advance=told.append)
    assert sum(told) == 100
    assert min(told) > 0
    assert sum(analysing.STEPS.values()) == 100


def test_silence_has_no_notes_and_no_remarks() -> None:
    found = analyse(np.zeros(RATE, dtype=np.float32))
    assert found.notes == ()
    assert not found.voiced.any()
    assert found.notices == ()
    assert found.parameters.amplitude.max() == 0


def test_noise_is_said_to_have_no_pitch() -> None:
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, RATE).astype(np.float32)
    found = analyse(noise)
    assert found.notes == ()
    assert [notice.code for notice in found.notices] in (["no-pitch"], ["no-notes"])


def test_notes_beyond_the_end_are_remarked() -> None:
    notes = [
        PlayedNote(pitch=69, onset_s=0.1, offset_s=0.5),
        PlayedNote(pitch=70, onset_s=9.0, offset_s=9.5),
    ]
    found = analyse(
        tune((69,)), notes=notes, settings=AnalysisSettings(is_aligned=False)
    )
    assert [notice.code for notice in found.notices] == ["notes-beyond-end"]


def test_what_cannot_be_analysed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="not one sample"):
        analyse(np.zeros(0, dtype=np.float32))
    with pytest.raises(UsageError, match="nothing to align"):
        analyse(tune((69,)), settings=AnalysisSettings(is_aligned=False))
    monkeypatch.setattr(analysing, "MAX_DURATION_S", 0.1)
    with pytest.raises(InputError, match="cut it into pieces"):
        analyse(tune((69,)))


def test_table_of_expression_has_a_row_a_note(heard: Analysis) -> None:
    table = expression_table(heard)
    assert table.num_notes == 3
    assert table["pitch"].tolist() == list(PITCHES)
    assert np.abs(table["intonation_cents"]).max() < 5
    named = replace(heard, instrument=instrument_named("flute"))
    assert set(expression_table(named)["instrument"]) == {"flute"}
    assert expression_table(replace(heard, notes=())).num_notes == 0


def test_mistuning_is_intonation() -> None:
    found = analyse(tune(cents=20.0))
    assert expression_table(found)["intonation_cents"].mean() == pytest.approx(
        20, abs=4
    )


def test_frames_stand_four_milliseconds_apart() -> None:
    assert frame_times_s(3).tolist() == [0.0, 0.004, 0.008]
