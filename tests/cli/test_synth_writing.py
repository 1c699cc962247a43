"""Everything that is written while one performance sounds, or nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from musegen.cli._output import Output
from musegen.cli._paths import Target
from musegen.cli._synth_files import PartFiles
from musegen.cli._synth_options import Sound
from musegen.cli._synth_writing import Writers
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.midi_ddsp.audio.reading import read_audio

SCORE = Score(
    ticks_per_quarter=480,
    parts=(Part(notes=(Note(onset=0, duration=480, pitch=60),), name="Tune"),),
)
SOUND = Sound(
    sample_rate=16_000,
    depth="16",
    dry=True,
    reverb=None,
    reverb_level=0.0,
    gain=0.0,
    ceiling=None,
    mono=False,
    spread=1.0,
    stems=True,
)
BLOCK = np.full((1600, 2), 0.1, np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def writers(
    *formats: str, stems: Mapping[str, tuple[Target, ...]] | None = None
) -> Writers:
    return Writers(
        targets=[
            Target(path=Path(f"mix.{format}"), format=format, index=1)
            for format in formats
        ],
        files=PartFiles(stems=stems or {}, expression={}, parameters={}),
        sound=SOUND,
        num_channels=2,
        overwrite=False,
        output=Output(),
        title="Tune",
        score=SCORE,
    )


STEMS = {"tune": (Target(path=Path("new/mix.tune.wav"), format="wav", index=1),)}


def test_mixes_and_stems_are_written_together() -> None:
    with writers("wav", "flac", stems=STEMS) as found:
        for _ in range(3):
            found.write(BLOCK)
            found.taps["tune"](BLOCK[:, 0])
        assert found.duration_s == pytest.approx(0.3)
    assert found.notices() == ()
    for name in ("mix.wav", "mix.flac", "new/mix.tune.wav"):
        assert read_audio(Path(name)).duration_s == pytest.approx(0.3)
    assert read_audio(Path("new/mix.tune.wav")).num_channels == 1


def test_what_is_clipped_is_said_once() -> None:
    with writers("wav", "flac") as found:
        found.write(30 * BLOCK)
    assert [notice.code for notice in found.notices()] == ["clipped"]


def test_an_error_leaves_nothing() -> None:
    with pytest.raises(KeyboardInterrupt), writers("wav", "html", stems=STEMS) as found:
        found.write(BLOCK)
        raise KeyboardInterrupt
    assert [path for path in Path().rglob("*") if path.is_file()] == []


def test_what_cannot_be_opened_leaves_nothing_of_the_others() -> None:
    Path("mix.flac").write_bytes(b"mine")
    with pytest.raises(Exception, match=r"mix\.flac"), writers("wav", "flac"):
        pass
    assert [path.name for path in Path().iterdir()] == ["mix.flac"]


def test_a_page_is_written_when_all_has_sounded() -> None:
    with writers("html") as found:
        found.write(BLOCK)
        assert not Path("mix.html").exists()
    assert b"<audio" in Path("mix.html").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="pipes close in another way")
def test_a_reader_that_closes_its_pipe_ends_the_program_quietly() -> None:
    notes = tuple(Note(onset=480 * i, duration=480, pitch=60) for i in range(240))
    long = Score(ticks_per_quarter=480, parts=(Part(notes=notes, name="Long"),))
    Path("long.mid").write_bytes(midi_bytes(long))
    words = ["synth", "long.mid", "--model", "none", "-o", "-", "-q", "--seed", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "musegen", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(4)[:4] == b"RIFF"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert [path.name for path in Path().iterdir()] == ["long.mid"]
