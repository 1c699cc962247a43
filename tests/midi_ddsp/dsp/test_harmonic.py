"""The oscillator bank: closed forms, the band limit, and independence of the blocks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.harmonic import HarmonicBank
from musegen.midi_ddsp.dsp.interpolation import FrameGrid, upsample

CHORD = (0.6, 0.3, 0.1)


def tone(
    f0_hz: ArrayLike,
    levels: ArrayLike,
    *,
    sample_rate: int = 16000,
    limit_hz: float | None = None,
    compat: bool = False,
    cuts: tuple[int, ...] = (),
) -> NDArray[np.float32]:
    """The sound of frames [T] with levels [K] or [T, K], in blocks ending at cuts."""
    frequency = np.asarray(f0_hz, np.float32)
    shape = (len(frequency), np.shape(levels)[-1])
    strength = np.broadcast_to(np.asarray(levels, np.float32), shape)
    bank = HarmonicBank(
        grid=FrameGrid.between(sample_rate=sample_rate, frame_rate_hz=250.0),
        sample_rate=sample_rate,
        limit_hz=sample_rate / 2 if limit_hz is None else limit_hz,
        compat=compat,
    )
    edges = [0, *cuts, len(frequency)]
    pieces = [
        bank.process(frequency[first:last], strength[first:last])
        for first, last in pairwise(edges)
    ]
    return np.concatenate([*pieces, bank.finish()])


def chord(
    sample: NDArray[np.int64], f0_hz: float, sample_rate: int
) -> NDArray[np.float64]:
    """The closed form of a steady tone of three harmonics."""
    cycles = f0_hz * sample / sample_rate
    parts = [h * np.sin(2 * np.pi * k * cycles) for k, h in enumerate(CHORD, start=1)]
    return np.asarray(0.5 * np.sum(parts, axis=0))


def original(
    f0_hz: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What the paper's program does at 16 kHz, without its rounding."""
    number = np.arange(1, levels.shape[1] + 1)
    hz = upsample(f0_hz, 64)[:, None] * number
    strength = upsample(levels, 64, method="window") * (hz < 8000.0)
    phase = 2 * np.pi * np.cumsum(hz / 16000, axis=0)
    return np.asarray((strength * np.sin(phase)).sum(axis=1))


@pytest.mark.parametrize(("compat", "lead"), [(False, 0), (True, 1)])
def test_a_minute_of_a_steady_tone_is_the_closed_form(compat: bool, lead: int) -> None:
    levels = 0.5 * np.array(CHORD)
    sound = tone(np.full(15000, 440.0), levels, compat=compat)
    sample = np.arange(60 * 16000)
    assert len(sound) == len(sample)
    error = np.abs(sound - chord(sample + lead, 440.0, 16000)).max()
    assert error < 1e-5  # the bar is 1e-4


@pytest.mark.parametrize("sample_rate", [8000, 22050, 24000, 44100, 48000])
def test_any_rate_has_the_closed_form(sample_rate: int) -> None:
    sound = tone(np.full(500, 440.0), 0.5 * np.array(CHORD), sample_rate=sample_rate)
    sample = np.arange(2 * sample_rate)
    np.testing.assert_allclose(sound, chord(sample, 440.0, sample_rate), atol=1e-5)


def test_sixty_harmonics_stay_locked_to_the_fundamental() -> None:
    levels = np.full(60, 1 / 60)
    sound = tone(np.full(2500, 130.8), levels)[-16000:]
    cycles = np.float64(np.float32(130.8)) * np.arange(144000, 160000) / 16000
    parts = [np.sin(2 * np.pi * k * cycles) for k in range(1, 61)]
    np.testing.assert_allclose(sound, np.mean(parts, axis=0), atol=1e-5)


@pytest.mark.parametrize("compat", [False, True])
def test_phase_of_a_chirp_is_the_sum_of_its_frequencies(compat: bool) -> None:
    f0_hz = np.linspace(200.0, 1000.0, 251)
    sound = tone(f0_hz, [1.0], compat=compat)[: 250 * 64]
    hz = upsample(f0_hz.astype(np.float32), 64)[: 250 * 64]
    phase = 2 * np.pi * np.cumsum(hz / 16000)
    expected = phase if compat else np.concatenate([[0.0], phase[:-1]])
    # Where the sine is steepest its error is that of the phase.
    error = np.abs(sound - np.sin(expected))
    assert error.max() < 1e-3


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_compat_is_the_original(seed: int) -> None:
    generator = np.random.default_rng(seed)
    f0_hz = generator.uniform(50.0, 1500.0, 12).astype(np.float32).astype(np.float64)
    levels = generator.uniform(0.0, 0.2, (12, 10))
    sound = tone(f0_hz, levels, compat=True)
    np.testing.assert_allclose(sound, original(f0_hz, levels), atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 60), max_size=6),
    st.sampled_from([16000, 44100]),
    st.booleans(),
)
def test_blocks_do_not_matter(
    cuts: list[int], sample_rate: int, has_rests: bool
) -> None:
    generator = np.random.default_rng(3)
    f0_hz = generator.uniform(-400.0 if has_rests else 50.0, 900.0, 60)
    f0_hz = np.maximum(f0_hz, 0.0)
    levels = generator.uniform(0.0, 0.1, (60, 12))
    whole = tone(f0_hz, levels, sample_rate=sample_rate)
    parts = tone(f0_hz, levels, sample_rate=sample_rate, cuts=tuple(sorted(cuts)))
    assert len(whole) == -(-60 * sample_rate // 250)
    np.testing.assert_allclose(parts, whole, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 4.0), st.floats(60.0, 3000.0))
def test_sound_scales_with_its_levels(factor: float, f0_hz: float) -> None:
    levels = np.array([0.3, 0.2, 0.1])
    sound = tone(np.full(20, f0_hz), levels)
    scaled = tone(np.full(20, f0_hz), levels * factor)
    np.testing.assert_allclose(scaled, factor * sound, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.floats(100.0, 1000.0))
def test_an_octave_up_doubles_every_peak(f0_hz: float) -> None:
    levels = [0.4, 0.3, 0.2]

    def peaks(frequency: float) -> NDArray[np.float64]:
        sound = tone(np.full(250, frequency), levels) * np.hanning(16000)
        spectrum = np.abs(np.fft.rfft(sound))
        found = []
        for number in (1, 2, 3):
            near = round(number * frequency)
            first = near - 20
            found.append(first + int(np.argmax(spectrum[first : near + 21])))
        return np.array(found, dtype=np.float64)

    np.testing.assert_allclose(peaks(2 * f0_hz), 2 * peaks(f0_hz), atol=3.0)


@pytest.mark.parametrize("sample_rate", [16000, 48000])
def test_a_sweep_has_nothing_above_the_limit(sample_rate: int) -> None:
    """Aliases would fall where no harmonic is: between the harmonics of a sweep."""
    f0_hz = np.geomspace(1500.0, 2300.0, 500)
    sound = tone(f0_hz, [0.0, 0.0, 0.0, 1.0], sample_rate=sample_rate, limit_hz=8000.0)
    crossing = int(np.argmax(4 * f0_hz >= 8000.0))
    first_silent = -(-crossing * sample_rate // 250)
    assert not sound[first_silent:].any()
    assert np.abs(sound[: first_silent - 2 * sample_rate // 250]).max() > 0.9
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    frequency = np.fft.rfftfreq(len(sound), 1 / sample_rate)
    outside = (frequency > 8400.0) | (frequency < 5600.0)
    assert spectrum[outside].max() < 1e-3 * spectrum.max()


def loudest_stray(
    f0_hz: NDArray[np.float64],
    sound: NDArray[np.float32],
    *,
    num_harmonics: int,
    rate: int,
) -> float:
    """What sounds where no harmonic below 8 kHz is, beside the loudest that is one.

    In windows of 32 ms. Within 300 Hz of a harmonic's way through the window lies its
    own main lobe (of a Blackman window, 94 Hz) and what a glide adds to it; within
    600 Hz of the limit the sound of a harmonic that fades in one frame, 4 ms.
    """
    length, hop = rate * 32 // 1000, rate // 250
    hz = np.fft.rfftfreq(length, 1 / rate)
    number = np.arange(1, num_harmonics + 1)
    stray = loudest = 0.0
    for first in range(0, len(sound) - length + 1, length // 2):
        spectrum = np.abs(
            np.fft.rfft(sound[first : first + length] * np.blackman(length))
        )
        beside = f0_hz[max(0, first // hop - 1) : (first + length) // hop + 2]
        low, high = number * beside.min(), number * beside.max()
        is_near = (hz[:, None] > low - 300.0) & (hz[:, None] < high + 300.0)
        is_owned = is_near[:, low < 8000.0].any(axis=1) & (hz < 8600.0)
        is_owned |= np.abs(hz - 8000.0) < 600.0
        stray = max(stray, spectrum[~is_owned].max(initial=0.0))
        loudest = max(loudest, spectrum.max())
    return stray / loudest


@settings(max_examples=12, deadline=None)
@given(
    start_hz=st.floats(500.0, 4000.0),
    octaves=st.floats(-1.0, 1.0),
    num_harmonics=st.integers(1, 6),
    sample_rate=st.sampled_from([16000, 48000]),
)
def test_no_sweep_has_energy_where_no_harmonic_is(
    start_hz: float, octaves: float, num_harmonics: int, sample_rate: int
) -> None:
    f0_hz = start_hz * 2.0 ** (octaves * np.linspace(0.0, 1.0, 100))
    levels = np.full(num_harmonics, 1.0)
    sound = tone(f0_hz, levels, sample_rate=sample_rate, limit_hz=8000.0)
    # 50 dB: the lobes of a fading harmonic are up to 1e-3 (of 400 draws), while what
    # aliases without a limit is as loud as the harmonics themselves.
    found = loudest_stray(f0_hz, sound, num_harmonics=num_harmonics, rate=sample_rate)
    assert found < 3e-3


def test_a_sweep_without_a_limit_has_aliases() -> None:
    """So that the test above is known to hear them."""
    f0_hz = np.geomspace(1500.0, 2300.0, 100)
    sound = tone(f0_hz, [1.0] * 6, sample_rate=16000, limit_hz=16000.0)
    assert loudest_stray(f0_hz, sound, num_harmonics=6, rate=16000) > 0.1


def test_a_harmonic_that_reaches_the_limit_fades_and_is_not_cut() -> None:
    f0_hz = np.linspace(1990.0, 2010.0, 100)
    sound = tone(f0_hz, [0.0, 0.0, 0.0, 1.0])
    envelope = np.abs(sound).reshape(-1, 16).max(axis=1)  # 8 kHz: every 2 samples
    assert np.abs(np.diff(envelope)).max() < 0.6


@pytest.mark.parametrize("f0_hz", [8000.0, 9000.0, 0.0])
def test_frequencies_that_cannot_sound_are_silent(f0_hz: float) -> None:
    assert not tone(np.full(5, f0_hz), CHORD).any()


def test_a_note_holds_its_frequency_into_the_rest() -> None:
    f0_hz = np.array([440.0] * 5 + [0.0] * 5)
    held = tone(np.full(10, 440.0), CHORD)
    sound = tone(f0_hz, CHORD)
    np.testing.assert_array_equal(sound[: 4 * 64], held[: 4 * 64])
    fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(64) / 64)
    np.testing.assert_allclose(sound[256:320], fade * held[256:320], atol=1e-6)
    assert not sound[320:].any()


def test_nothing_given_nothing_heard() -> None:
    assert len(tone([], np.zeros((0, 3)))) == 0


def test_compat_needs_a_whole_hop() -> None:
    with pytest.raises(UsageError, match=r"got 176\.4"):
        tone([440.0], [1.0], sample_rate=44100, compat=True)
