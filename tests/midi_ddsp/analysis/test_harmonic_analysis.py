from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from musegen.midi_ddsp.analysis import harmonic_analysis
from musegen.midi_ddsp.analysis.harmonic_analysis import HarmonicEstimator
from musegen.midi_ddsp.parameters import HOP_SAMPLES, SynthesisParameters

RATE = 16_000
Floats = npt.NDArray[np.float32]


def tone(f0_hz: float, levels: list[float], *, seconds: float = 1.0) -> Floats:
    time_s = np.arange(round(seconds * RATE)) / RATE
    wave = np.zeros(len(time_s))
    for number, level in enumerate(levels, start=1):
        wave += level * np.sin(2 * np.pi * number * f0_hz * time_s)
    return wave.astype(np.float32)


def estimate(audio: Floats, f0_hz: float) -> SynthesisParameters:
    curve = np.full(-(-len(audio) // HOP_SAMPLES), f0_hz, dtype=np.float32)
    return HarmonicEstimator().estimate(audio, curve, np.zeros_like(curve))


@pytest.mark.parametrize("f0_hz", [110.0, 440.0, 1500.0])
def test_harmonics_of_a_tone_are_found(f0_hz: float) -> None:
    levels = [0.3, 0.1, 0.2, 0.05]
    found = estimate(tone(f0_hz, levels), f0_hz)
    inner = found.frames(30, 220)
    partials = inner.amplitude[:, None] * inner.harmonics
    decibels = 20 * np.log10(partials[:, :4] / np.array(levels))
    assert np.abs(decibels).max() < 0.5


def test_noise_is_found_between_the_harmonics() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, RATE).astype(np.float32)
    loud, soft = (
        estimate(tone(440.0, [0.3]) + gain * noise, 440.0) for gain in (0.1, 0.01)
    )
    for found, gain in ((loud, 0.1), (soft, 0.01)):
        level = 20 * np.log10(np.median(found.noise[30:220, 5:60]) / gain)
        assert abs(level) < 2.0


def test_silence_and_frames_without_pitch_have_no_harmonics() -> None:
    silent = estimate(np.zeros(RATE, dtype=np.float32), 440.0)
    assert silent.amplitude.max() == silent.noise.max() == 0
    noise = np.random.default_rng(2).uniform(-0.1, 0.1, RATE).astype(np.float32)
    unvoiced = estimate(noise, 0.0)
    assert unvoiced.amplitude.max() == 0
    assert unvoiced.noise.mean() > 0.01


def test_result_does_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    audio = tone(200.0, [0.2, 0.1], seconds=2.0)
    whole = estimate(audio, 200.0)
    monkeypatch.setattr(harmonic_analysis, "BLOCK_FRAMES", 37)
    pieces = estimate(audio, 200.0)
    for name in ("amplitude", "harmonics", "noise"):
        np.testing.assert_allclose(
            getattr(pieces, name), getattr(whole, name), rtol=1e-4, atol=1e-7
        )


def test_progress_counts_every_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harmonic_analysis, "BLOCK_FRAMES", 100)
    told: list[int] = []
    curve = np.full(250, 300.0, dtype=np.float32)
    HarmonicEstimator().estimate(
        tone(300.0, [0.1]), curve, np.zeros_like(curve), advance=told.append
    )
    assert told == [100, 100, 50]


def test_no_frames_give_none() -> None:
    empty = np.zeros(0, dtype=np.float32)
    assert HarmonicEstimator().estimate(empty, empty, empty).num_frames == 0
