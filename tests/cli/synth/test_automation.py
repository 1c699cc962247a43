"""`musegen synth --automation`: every column is heard, each in its own way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.tables.automation_columns import COLUMNS

# Values that differ from rest by much.
MOVED: Mapping[str, float] = {
    "gain_db": -30.0,
    "vibrato_factor": 5.0,
    "bend_cents": 200.0,
    "pan": 1.0,
    "brightness_db_per_octave": 12.0,
    "noise_db": 40.0,
}
SHIPPED = ("synthesis_base", "none")


@pytest.fixture(autouse=True)
def pair(scores: Path) -> None:
    """Two long notes side by side, called `pair`."""
    parts = tuple(
        Part(
            notes=(Note(onset=0, duration=960, pitch=pitch),),
            name=name,
            program=program,
        )
        for name, pitch, program in (("High", 74, 40), ("Low", 50, 42))
    )
    content = Score(ticks_per_quarter=480, parts=parts)
    (scores / "pair.mid").write_bytes(midi_bytes(content))


def test_every_column_has_a_case() -> None:
    assert set(MOVED) == {column.name for column in COLUMNS}


@pytest.mark.parametrize("model", SHIPPED)
@pytest.mark.parametrize("name", MOVED)
def test_a_column_changes_the_sound_of_its_part(
    name: str, model: str, synth: Callable[..., int]
) -> None:
    Path("moved.csv").write_text(f"time_s,part,{name}\n0,High,{MOVED[name]}\n")
    words = ("pair.mid", "--dry", "--ceiling", "none", "--depth", "float")
    assert synth(*words, "-o", "plain.wav", model=model) == 0
    moved = ("--automation", "moved.csv", "-o", "moved.wav")
    assert synth(*words, *moved, model=model) == 0
    import soundfile

    plain, other = (soundfile.read(f"{one}.wav")[0] for one in ("plain", "moved"))
    assert np.sqrt(np.mean((other - plain) ** 2)) > 0.05 * np.sqrt(np.mean(plain**2))


def test_a_pan_goes_from_side_to_side(sound: Callable[..., np.ndarray]) -> None:
    Path("pan.csv").write_text("time_s,part,pan\n0,1,-1\n1,1,1\n")
    samples = sound("line.mid", "--dry", "--automation", "pan.csv")
    early, late = (
        np.sqrt((samples[int(16000 * at) :][:2000] ** 2).mean(axis=0))
        for at in (0.05, 0.6)
    )
    assert early[0] > 5 * early[1]
    assert late[1] > 1.2 * late[0]
    Path("centre.csv").write_text("time_s,pan\n0,0\n")
    left, right = sound("duet.mid", "--dry", "--automation", "centre.csv").T
    np.testing.assert_allclose(left, right, atol=1e-4)  # but for rounding


def test_playing_imports_no_masked_arrays() -> None:
    script = (
        "import sys\n"
        "from musegen.cli.main import run\n"
        "code = run(['synth', 'line.mid', '--seed', '1', '-q'])\n"
        "sys.exit(code or 'numpy.ma' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
