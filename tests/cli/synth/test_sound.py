"""`musegen synth`: formats, rooms, levels, places, stems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.synth import FORMATS
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.audio.reading import read_audio, write_audio

RATE = 16_000


@pytest.mark.parametrize(
    ("format", "start"),
    [("wav", b"RIFF"), ("flac", b"fLaC"), ("ogg", b"OggS"), ("mp3", b"")],
)
def test_formats(format: str, start: bytes, synth: Callable[..., int]) -> None:
    assert synth("line.mid", "-f", format) == 0
    path = Path(f"line.synth.{format}")
    assert path.read_bytes().startswith(start)
    assert read_audio(path).duration_s == pytest.approx(2.35, abs=0.2)


def test_several_formats_are_one_performance(synth: Callable[..., int]) -> None:
    assert synth("line.mid", "-f", "wav,flac", "--stems") == 0
    wav, flac = (read_audio(Path(f"line.synth.{f}")).samples for f in ("wav", "flac"))
    np.testing.assert_array_equal(wav, flac)
    assert Path("line.synth.tune.flac").exists()


@pytest.mark.skipif("html" not in FORMATS, reason="pages are no format yet")
def test_a_page_plays_what_a_file_plays(synth: Callable[..., int]) -> None:
    assert synth("line.mid", "-f", "html,wav", "--stems") == 0
    page = Path("line.synth.html").read_bytes()
    assert b"<audio" in page and b"<svg" in page
    assert Path("line.synth.tune.wav").exists()


def test_sample_rate_and_depth(synth: Callable[..., int]) -> None:
    import soundfile

    words = ("--sample-rate", "48000", "--depth", "24")
    assert synth("line.mid", *words) == 0
    info = soundfile.info("line.synth.wav")
    assert (info.samplerate, info.subtype) == (48_000, "PCM_24")
    assert synth("line.mid", "--depth", "float", "-o", "f.wav") == 0
    assert soundfile.info("f.wav").subtype == "FLOAT"


def test_rooms(sound: Callable[..., np.ndarray]) -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[[0, -1]] = 1.0
    write_audio(Path("echo.wav"), impulse, RATE)
    dry, chamber, hall, echo, none = (
        len(sound("line.mid", *words))
        for words in (
            ("--dry",),
            (),
            ("--reverb", "hall"),
            ("--reverb", "echo.wav"),
            ("--reverb", "none"),
        )
    )
    assert dry == none < chamber < echo < hall


def test_levels(
    sound: Callable[..., np.ndarray], level_db: Callable[[np.ndarray], float]
) -> None:
    def level(*words: str) -> float:
        return level_db(sound("line.mid", "--depth", "float", *words))

    plain = level("--dry", "--ceiling", "none")
    assert level("--dry", "--ceiling", "none", "--gain", "-12") == pytest.approx(
        plain - 12, abs=0.1
    )
    peak = np.abs(sound("line.mid", "--gain", "40", "--ceiling", "-6")).max()
    assert 0.3 < peak <= 10 ** (-6 / 20)
    beyond = sound("line.mid", "--gain", "40", "--ceiling", "none", "--depth", "float")
    assert np.abs(beyond).max() > 2
    tail = slice(round(0.85 * RATE), round(1.1 * RATE))
    soft, wet = (
        level_db(sound("line.mid", "--depth", "float", "--reverb-level", db)[tail])
        for db in ("-20", "6")
    )
    assert wet == pytest.approx(soft + 26, abs=0.5)


def test_places(sound: Callable[..., np.ndarray]) -> None:
    spread, close = (
        sound("duet.mid", "--dry", "--spread", amount) for amount in ("1", "0")
    )
    assert np.abs(spread[:, 0] - spread[:, 1]).max() > 0.001
    assert np.abs(close[:, 0] - close[:, 1]).max() < 0.001  # but for the dither
    assert sound("duet.mid", "--mono").shape[1] == 1


def test_stems_are_dry_lines_beside_the_mix(synth: Callable[..., int]) -> None:
    assert synth("duet.mid", "--stems", "--reverb", "hall", "-d", "out") == 0
    names = sorted(path.name for path in Path("out").iterdir())
    assert names == [
        "duet.synth.high.wav",
        "duet.synth.low.wav",
        "duet.synth.musegen.json",
        "duet.synth.wav",
    ]
    high, low = (read_audio(Path(f"out/duet.synth.{k}.wav")) for k in ("high", "low"))
    assert high.num_channels == low.num_channels == 1
    assert len(high.samples) == len(low.samples) == round(1.5 * RATE)
    recipe = read_recipe(Path("out/duet.synth.musegen.json"))
    assert [file.facts.get("part") for file in recipe.outputs] == [None, "high", "low"]
    assert synth("duet.mid", "--stems", "-o", "mix.wav") == 0
    assert Path("mix.low.wav").exists()
