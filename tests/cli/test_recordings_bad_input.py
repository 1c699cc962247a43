"""Recordings that are odd or none: a sentence or a sound result, never a traceback."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.midi_ddsp.audio.reading import read_audio

RATE = 16_000
SECONDS = 0.5


def tone(rate: int = RATE, level: float = 0.4) -> np.ndarray:
    time_s = np.arange(round(SECONDS * rate)) / rate
    return level * (
        np.sin(2 * np.pi * 440 * time_s) + 0.5 * np.sin(2 * np.pi * 880 * time_s)
    )


def wav(samples: np.ndarray, *, rate: int = RATE, bits: int = 16) -> bytes:
    """A RIFF file made by hand: 8 and 16 bit whole numbers, 32 bit floats."""
    wide = np.atleast_2d(samples.T).T
    kind = 3 if bits == 32 else 1
    limited = np.clip(wide, -1, 1)
    data: bytes = wide.astype("<f4").tobytes()
    if bits == 8:
        data = (limited * 127 + 128).astype(np.uint8).tobytes()
    elif bits == 16:
        data = (limited * 32767).astype("<i2").tobytes()
    channels = wide.shape[1]
    block = channels * bits // 8
    header = struct.pack("<HHIIHH", kind, channels, rate, rate * block, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(header)) + header
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def speech() -> np.ndarray:
    """Gliding buzz and hiss by turns, syllables of 80 ms."""
    random = np.random.default_rng(1)
    time_s = np.arange(round(SECONDS * RATE)) / RATE
    pitch_hz = 120 + 40 * np.sin(2 * np.pi * 1.3 * time_s)
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE))
    is_buzz = (time_s / 0.08).astype(int) % 2 == 0
    hiss = random.normal(size=len(time_s))
    return np.where(is_buzz, 0.2 * buzz, 0.1 * hiss)


def with_numbers_missing(share: float) -> np.ndarray:
    samples = tone()
    samples[: round(share * len(samples))] = np.nan
    return samples


SOUND: dict[str, Callable[[], bytes]] = {
    "silence": lambda: wav(np.zeros(round(SECONDS * RATE))),
    "white-noise": lambda: wav(np.random.default_rng(0).uniform(-0.5, 0.5, 8000)),
    "speech": lambda: wav(speech()),
    "stereo": lambda: wav(np.stack([tone(), -0.2 * tone()], axis=1)),
    "8-bit": lambda: wav(tone(), bits=8),
    "8-khz": lambda: wav(tone(8000), rate=8000),
    "192-khz": lambda: wav(tone(192_000), rate=192_000),
    "few-nan": lambda: wav(with_numbers_missing(0.005), bits=32),
    "clipped": lambda: wav(tone(level=4.0)),
    "far-beyond-full-scale": lambda: wav(tone(level=40.0), bits=32),
    "shorter-than-a-frame": lambda: wav(tone()[:40]),
    "one-sample": lambda: wav(tone()[:1] + 0.5),
    "dc-alone": lambda: wav(np.full(8000, 0.5)),
    "very-soft": lambda: wav(tone(level=1e-4)),
    "denormal": lambda: wav(tone(level=1e-40), bits=32),
}
NO_SOUND: dict[str, Callable[[], bytes]] = {
    "nan": lambda: wav(with_numbers_missing(1.0), bits=32),
    "no-levels": lambda: wav(tone(level=1e18), bits=32),
    "half-nan": lambda: wav(with_numbers_missing(0.5), bits=32),
    "empty": lambda: b"",
    "text": lambda: b"This is a text, and by no means a recording.\n" * 20,
    "no-samples": lambda: wav(np.zeros(0)),
    "header-alone": lambda: wav(tone())[:30],
    "midi": lambda: b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60",
}
COMMANDS = {
    "analyse": ("-f", "midi,csv,frames-csv,svg"),
    "resynth": ("--dry", "0.5", "--seed", "0"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", SOUND)
def test_odd_sound_gives_a_sound_result(
    name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.wav").write_bytes(SOUND[name]())
    words = [command, "odd.wav", "--json", *COMMANDS[command]]
    assert run(words) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["status"] == "done"
    assert "Traceback" not in err
    if command == "resynth":
        recording = read_audio(Path("odd.resynth.wav"))
        assert np.isfinite(recording.samples).all()
        assert np.abs(recording.samples).max() <= 1.0
    else:
        assert document["summary"]["duration_s"] > 0
        assert len(document["outputs"]) == 4


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", NO_SOUND)
def test_what_is_no_sound_is_refused_in_a_sentence(
    name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.wav").write_bytes(NO_SOUND[name]())
    assert run([command, "odd.wav", *COMMANDS[command]]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "odd.wav" in err
    assert "internal error" not in err
    assert "Traceback" not in err
    assert [path.name for path in Path().iterdir()] == ["odd.wav"]


def test_what_is_odd_is_remarked(capsys: pytest.CaptureFixture[str]) -> None:
    codes = {}
    for name in ("white-noise", "clipped", "stereo", "silence"):
        Path(f"{name}.wav").write_bytes(SOUND[name]())
        words = ["analyse", f"{name}.wav", "--json", "-f", "midi"]
        assert run(words) == 0
        document = json.loads(capsys.readouterr().out)
        codes[name] = {warning["code"] for warning in document["warnings"]}
    assert codes["white-noise"] & {"no-pitch", "no-notes"}
    assert "clipped" in codes["clipped"]
    assert "mixed-to-mono" in codes["stereo"]
    assert "silent" in codes["silence"]
