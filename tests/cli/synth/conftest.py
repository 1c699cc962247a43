"""Short scores, and calls of `musegen synth` that play them by formula."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes
from musegen.data.score import ControlChange, Note, Part, Score

RATE = 16_000


def part(name: str, *pitches: int, program: int = 40, **more: object) -> Part:
    notes = tuple(
        Note(onset=240 * i, duration=240, pitch=pitch)
        for i, pitch in enumerate(pitches)
    )
    return Part(notes=notes, name=name, program=program, **more)  # type: ignore[arg-type]


def score(*parts: Part) -> Score:
    return Score(ticks_per_quarter=480, parts=parts)


CHORD = tuple(Note(onset=0, duration=480, pitch=pitch) for pitch in (60, 64, 67))
KIT = part("Kit", 36, 38, channel=9, is_drum=True)
PEDAL = (
    ControlChange(tick=0, number=64, value=127),
    ControlChange(tick=1440, number=64, value=0),
)
SCORES = {
    "line": score(part("Tune", 69, 71, 72)),
    "duet": score(part("High", 74, 76), part("Low", 48, 50, program=42)),
    "band": score(part("Tune", 69, 71), part("Keys", 60, 64, program=0), KIT),
    "drums": score(KIT),
    "empty": score(),
    "high": score(part("Tune", 104, 105)),
    "odd": score(part("A\x1b[31mB", 69)),
    "pedal": score(part("Tune", 69, controls=PEDAL)),
    "chord": score(Part(notes=CHORD, name="Chord", program=40)),
    "bars": score(part("Tune", *([69] * 16))),
}


@pytest.fixture(autouse=True)
def scores(workplace: Path) -> Path:
    """The scores, by their names, in the working folder."""
    for name, content in SCORES.items():
        (workplace / f"{name}.mid").write_bytes(midi_bytes(content))
    return workplace


@pytest.fixture
def synth() -> Callable[..., int]:
    """Calls the command and gives its exit code."""

    def call(*words: str, seed: int = 1, model: str | None = "none") -> int:
        chosen = () if model is None else ("--model", model)
        return run(["synth", *words, "--seed", str(seed), *chosen, "-q"])

    return call


@pytest.fixture
def sound(synth: Callable[..., int]) -> Callable[..., np.ndarray]:
    """Calls the command and gives the samples, [n, channels]."""
    import soundfile

    def call(*words: str, seed: int = 1, model: str | None = "none") -> np.ndarray:
        out = Path(f"out{len(list(Path().glob('out*.wav')))}.wav")
        assert synth(*words, "-o", str(out), seed=seed, model=model) == 0
        samples, _ = soundfile.read(out, always_2d=True)
        return np.asarray(samples)

    return call


@pytest.fixture
def facts(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Calls the command and gives its JSON."""

    def call(*words: str) -> dict[str, Any]:
        assert run(["synth", *words, "--seed", "1", "--model", "none", "--json"]) == 0
        return dict(json.loads(capsys.readouterr().out))

    return call


@pytest.fixture
def cast(facts: Callable[..., dict[str, Any]]) -> Callable[..., list[str]]:
    """Calls the command and gives the instruments that play."""

    def call(*words: str) -> list[str]:
        return [fact["instrument"] for fact in facts(*words)["parts"]]

    return call


@pytest.fixture
def level_db() -> Callable[[np.ndarray], float]:
    """Measures the mean level of samples."""
    return lambda samples: float(10 * np.log10((samples**2).mean() + 1e-12))


@pytest.fixture
def pitch_hz() -> Callable[[np.ndarray], float]:
    """Measures the strongest frequency of the first quarter of a second."""

    def measure(samples: np.ndarray) -> float:
        piece = samples[: RATE // 4].mean(axis=1)
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece)), n=1 << 17))
        return float(spectrum.argmax() * RATE / (1 << 17))

    return measure
