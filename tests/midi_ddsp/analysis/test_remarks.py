from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.analysis.pitch_track import PitchTrack
from musegen.midi_ddsp.analysis.polyphony import Polyphony
from musegen.midi_ddsp.analysis.remarks import (
    hearing_remarks,
    left_remarks,
    polyphony_remark,
)
from musegen.midi_ddsp.notes import PlayedNote

RATE = 16_000
Floats = npt.NDArray[np.float32]


def tone(*frequencies_hz: float) -> Floats:
    """A second of harmonic tones."""
    time_s = np.arange(RATE) / RATE
    wave = sum(
        np.sin(2 * np.pi * number * hertz * time_s) / number
        for hertz in frequencies_hz
        for number in range(1, 9)
    )
    return np.asarray(0.1 * wave, np.float32)


def track(f0_hz: float = 440.0, *, voiced: bool = True) -> PitchTrack:
    return PitchTrack(
        f0_hz=np.full(250, f0_hz, np.float32),
        confidence=np.ones(250, np.float32),
        voiced=np.full(250, voiced),
    )


def note(onset_s: float, offset_s: float) -> PlayedNote:
    return PlayedNote(pitch=69, onset_s=onset_s, offset_s=offset_s)


def codes(
    audio: Floats,
    notes: list[PlayedNote],
    *,
    found: PitchTrack | None = None,
    are_given: bool = False,
    free: PitchTrack | None = None,
) -> list[str]:
    remarks = hearing_remarks(
        audio, found or track(), notes, are_given=are_given, free=free
    )
    return [remark.code for remark in remarks]


def test_a_line_that_is_all_notes_needs_no_remark() -> None:
    assert codes(tone(440), [note(0.0, 1.0)]) == []


def test_no_pitch_no_notes_and_late_notes_are_said() -> None:
    assert codes(tone(440), [], found=track(voiced=False)) == ["no-pitch"]
    assert codes(tone(440), []) == ["no-notes"]
    late = [note(0.0, 1.0), note(2.0, 3.0)]
    assert codes(tone(440), late, are_given=True) == ["notes-beyond-end"]
    assert codes(np.zeros(RATE, np.float32), []) == []


def test_pitch_without_a_note_is_counted_and_placed() -> None:
    voiced = np.zeros(500, bool)
    voiced[50:150] = voiced[200:220] = voiced[300:330] = True
    (remark,) = left_remarks(voiced, [note(0.2, 0.6)])
    assert "2 stretches of pitch became no note, 0.20 s in all" in remark.message
    assert "first at 0.80 s" in remark.message
    assert codes(tone(440), [note(0.0, 0.5)]) == ["pitch-without-note"]
    assert codes(tone(440), [note(0.0, 0.5)], are_given=True, free=track()) == []


@pytest.mark.parametrize("end_s", [0.32, 0.38])
def test_a_trifle_is_not_spoken_of(end_s: float) -> None:
    assert left_remarks(np.ones(100, bool), [note(0.0, end_s)]) == ()


def test_several_notes_are_said_with_share_and_place() -> None:
    duet = tone(440, 554.4)
    assert codes(duet, [note(0.0, 1.0)]) == ["several-notes"]
    assert codes(duet, [note(0.0, 1.0)], are_given=True) == ["other-notes"]
    assert codes(duet, [note(0.0, 1.0)], are_given=True, free=track()) == [
        "several-notes"
    ]
    message = polyphony_remark(Polyphony(share=0.42, first_s=1.5)).message
    assert "42% of the time with a pitch, first at 1.50 s" in message
