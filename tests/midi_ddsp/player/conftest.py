"""The small sound font that the player's tests use."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.data.errors import MissingPackageError
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player.sampler import import_fluidsynth
from musegen.midi_ddsp.player.sound_fonts import bundled_sound_font


@pytest.fixture(scope="session")
def sound_font() -> Path:
    """TimGM6mb, as pretty_midi brings it along."""
    try:
        import_fluidsynth()
    except MissingPackageError as error:
        pytest.skip(f"{error.package} is not installed")
    path = bundled_sound_font()
    if path is None:
        pytest.skip("pretty_midi, which brings a sound font, is not installed")
    return path


@pytest.fixture(scope="session")
def tune() -> tuple[PlayedNote, ...]:
    """Sixteen notes and two rests, 10 s."""
    lengths_s = (0.3, 0.6, 0.9, 0.4) * 4
    pitches = (69, 71, 73, 74, 76, 74, 73, 71, 69, 66, 64, 62, 64, 66, 69, 62)
    notes, time_s = [], 0.2
    for index, (pitch, length_s) in enumerate(zip(pitches, lengths_s, strict=True)):
        notes.append(
            PlayedNote(pitch=pitch, onset_s=time_s, offset_s=time_s + length_s)
        )
        time_s += length_s + (0.4 if index in (5, 11) else 0.0)
    return tuple(notes)
