"""Single notes of a sound font."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, MissingPackageError
from musegen.midi_ddsp.player.sampler import (
    SAMPLER_RATE_HZ,
    Sampler,
    import_fluidsynth,
)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Couldn't find the FluidSynth library.", "apt-get install fluidsynth"),
        ("No module named 'fluidsynth'", r'pip install "musegen\[player\]"'),
    ],
    ids=["library", "package"],
)
def test_what_is_missing_is_named_with_the_line_that_installs_it(
    words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"raise ImportError({words!r})"
    (tmp_path / "fluidsynth.py").write_text(text, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "fluidsynth", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError, match=line):
        import_fluidsynth()


def test_a_note_does_not_depend_on_what_sounded_before(sound_font: Path) -> None:
    with Sampler(sound_font) as sampler:
        alone = sampler.note(69, program=71, duration_s=0.5)
        sampler.note(50, program=60, duration_s=0.3)
        again = sampler.note(69, program=71, duration_s=0.5)
    assert alone.shape == (SAMPLER_RATE_HZ // 2,)
    assert np.abs(alone).max() > 0.01
    np.testing.assert_array_equal(alone, again)


def test_a_longer_note_begins_like_a_shorter_one(sound_font: Path) -> None:
    with Sampler(sound_font) as sampler:
        short = sampler.note(60, program=73, duration_s=0.25)
        long = sampler.note(60, program=73, duration_s=0.5)
    np.testing.assert_array_equal(short, long[: len(short)])


def test_a_damaged_sound_font_is_refused(
    tmp_path: Path, sound_font: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cut.sf2"
    path.write_bytes(sound_font.read_bytes()[:1000])
    with pytest.raises(FileFormatError, match=r"cut\.sf2 cannot be read"):
        Sampler(path)
    assert capfd.readouterr().err == ""


def test_a_program_that_is_not_there_is_refused(sound_font: Path) -> None:
    with Sampler(sound_font) as sampler, pytest.raises(FileFormatError, match="bank"):
        sampler.note(60, program=3, bank=77, duration_s=0.1)
