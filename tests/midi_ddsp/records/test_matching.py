from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.midi_ddsp.notes import PlayedNote, note_frames
from musegen.midi_ddsp.parameters import midi_to_hz
from musegen.midi_ddsp.records.matching import find_mismatch

Scale = Callable[..., tuple[PlayedNote, ...]]
DURATION_S = 4.0


@dataclass(frozen=True)
class Heard:
    f0_hz: NDArray[Any]
    confidence: NDArray[Any]
    voiced: NDArray[Any]


def hear(notes: Sequence[PlayedNote], *, above: float = 0.0) -> Heard:
    frames = note_frames(notes, 1000)
    voiced = frames.note_index >= 0
    f0_hz = np.where(voiced, midi_to_hz(frames.pitch + above), 0.0)
    return Heard(f0_hz, voiced.astype(np.float32), voiced)


def reason(notes: Sequence[PlayedNote], track: Heard) -> str | None:
    found = find_mismatch(notes, track, duration_s=DURATION_S)
    return None if found is None else found.reason


@pytest.mark.parametrize("above", [-0.4, 0.0, 0.5])
def test_notes_of_the_sound_match_though_out_of_tune(
    above: float, make_scale: Scale
) -> None:
    notes = make_scale(60, 64, 67, 72, 67)
    assert reason(notes, hear(notes, above=above)) is None


def test_some_octave_errors_are_forgiven(make_scale: Scale) -> None:
    notes = make_scale(60, 64, 67, 72, 67)
    track = hear(notes)
    track.f0_hz[::3] *= 2.0
    assert reason(notes, track) is None
    assert reason(notes, hear(notes, above=-12.0)) == "pitch-mismatch"


@pytest.mark.parametrize(
    ("above", "message"), [(2.2, "+2 semitones"), (-5.0, "-5 semitones")]
)
def test_another_key_is_named(above: float, message: str, make_scale: Scale) -> None:
    notes = make_scale(60, 64, 67, 72, 67)
    found = find_mismatch(notes, hear(notes, above=above), duration_s=DURATION_S)
    assert found is not None
    assert found.reason == "pitch-mismatch"
    assert message in found.message


def test_other_music_and_other_times_are_told(make_scale: Scale) -> None:
    track = hear(make_scale(60, 64, 67, 72, 67))
    assert reason(make_scale(67, 72, 67, 64, 60), track) == "pitch-mismatch"
    assert reason(make_scale(60), track) == "duration-mismatch"
    assert reason(make_scale(*[60] * 20), track) == "duration-mismatch"
    late = [PlayedNote(pitch=60, onset_s=3.0, offset_s=3.9)]
    assert reason(late, track) == "duration-mismatch"
    beyond = [PlayedNote(pitch=60, onset_s=4.5, offset_s=4.9)]
    assert reason(beyond, track) == "no-notes"
    assert reason([], track) == "no-notes"


def test_aligning_is_advised_where_it_was_not_done(make_scale: Scale) -> None:
    track = hear(make_scale(60, 64, 67, 72, 67))
    for notes in (make_scale(60), make_scale(67, 72, 67, 64, 60)):
        for is_aligned in (False, True):
            found = find_mismatch(
                notes, track, duration_s=DURATION_S, is_aligned=is_aligned
            )
            assert found is not None
            assert "of another recording" in found.message
            assert ("--align" in found.message) is not is_aligned
