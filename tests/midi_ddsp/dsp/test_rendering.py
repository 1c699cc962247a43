"""Rendering: streams equal wholes, parts add up, any sample rate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.dsp.noise_source import WhiteNoise
from musegen.midi_ddsp.dsp.rendering import (
    CHUNK_FRAMES,
    FIRST_CHUNK_FRAMES,
    Renderer,
    RenderOptions,
    render,
    render_blocks,
)
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse, reverberate
from musegen.midi_ddsp.parameters import SynthesisParameters, from_logits

HARMONIC_ONLY = RenderOptions(noise_gain=0.0)
NOISE_ONLY = RenderOptions(harmonic_gain=0.0)
DRY = RenderOptions(reverb_gain=0.0)


def phrase(
    num_frames: int = 150, *, seed: int = 0, num_bands: int = 17
) -> SynthesisParameters:
    """A gliding tone with noise."""
    generator = np.random.default_rng(seed)
    return from_logits(
        200.0 + 100.0 * np.sin(np.arange(num_frames) / 9.0),
        generator.normal(size=num_frames),
        generator.normal(size=(num_frames, 12)),
        generator.normal(size=(num_frames, num_bands)) + 4.0,
    )


def room(num_taps: int = 5000) -> NDArray[np.float32]:
    """Noise that decays."""
    generator = np.random.default_rng(9)
    decay = np.exp(-np.arange(num_taps) / (num_taps / 5))
    return (0.05 * generator.normal(size=num_taps) * decay).astype(np.float32)


def pieces_of(
    parameters: SynthesisParameters, cuts: list[int]
) -> Iterator[SynthesisParameters]:
    """Blocks that end at the cuts."""
    edges = [0, *sorted(cuts), parameters.num_frames]
    for first, last in pairwise(edges):
        yield parameters.frames(first, last)


@pytest.mark.parametrize("sample_rate", [16000, 44100])
@pytest.mark.parametrize("block_samples", [64, 1000, 16000])
def test_blocks_of_any_length_equal_the_whole(
    block_samples: int, sample_rate: int
) -> None:
    parameters = phrase(300)
    whole = render(parameters, sample_rate=sample_rate, reverb=room())
    blocks = list(
        render_blocks(
            pieces_of(parameters, [1, 30, 31, 31, 200]),
            block_samples=block_samples,
            renderer=Renderer(sample_rate=sample_rate, reverb=room()),
        )
    )
    assert {len(block) for block in blocks[:-1]} <= {block_samples}
    assert 0 < len(blocks[-1]) <= block_samples
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)


@pytest.mark.parametrize("taps", [None, room()])
def test_pieces_come_as_they_are_ready(taps: np.ndarray | None) -> None:
    parameters = phrase(2 * CHUNK_FRAMES)
    renderer = Renderer(reverb=taps)
    pieces = list(
        render_blocks(pieces_of(parameters, [64, 100, 400]), renderer=renderer)
    )
    assert 0 < len(pieces[0]) <= 64 * FIRST_CHUNK_FRAMES
    longest = CHUNK_FRAMES if taps is None else FIRST_CHUNK_FRAMES
    assert max(map(len, pieces)) <= 64 * (longest + 3)
    assert min(map(len, pieces)) > 0
    whole = render(parameters, reverb=taps)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 150), max_size=6),
    st.booleans(),
    st.sampled_from([5, 17, 129]),
)
def test_how_the_parameters_come_does_not_matter(
    cuts: list[int], compat: bool, num_bands: int
) -> None:
    parameters = phrase(num_bands=num_bands)
    whole = render(parameters, compat=compat)
    renderer = Renderer(compat=compat)
    sound = [renderer.push(block) for block in pieces_of(parameters, cuts)]
    np.testing.assert_array_equal(np.concatenate([*sound, renderer.finish()]), whole)


@pytest.mark.parametrize("sample_rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_length_at_any_rate(sample_rate: int) -> None:
    sound = render(phrase(101), sample_rate=sample_rate)
    assert len(sound) == -(-101 * sample_rate // 250)
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()


def test_sound_comes_before_the_stream_ends() -> None:
    renderer = Renderer(reverb=room())
    ready = renderer.push(phrase(2 * FIRST_CHUNK_FRAMES))
    assert len(ready) >= (2 * FIRST_CHUNK_FRAMES - 3) * 64
    dry = Renderer()
    first = dry.push(phrase(FIRST_CHUNK_FRAMES))
    assert len(first) >= (FIRST_CHUNK_FRAMES - 3) * 64
    assert len(dry.push(phrase(CHUNK_FRAMES - 1))) == 0
    assert len(dry.push(phrase(1))) >= CHUNK_FRAMES * 64


def test_components_add_up() -> None:
    parameters = phrase()
    harmonic = render(parameters, options=HARMONIC_ONLY)
    noise = render(parameters, options=NOISE_ONLY)
    assert np.abs(harmonic).max() > 0.01
    assert np.abs(noise).max() > 0.01
    np.testing.assert_allclose(harmonic + noise, render(parameters), atol=1e-6)


def test_gains_are_linear() -> None:
    parameters = phrase()
    louder = RenderOptions(harmonic_gain=2.0, noise_gain=-0.5)
    harmonic = render(parameters, options=HARMONIC_ONLY)
    noise = render(parameters, options=NOISE_ONLY)
    expected = 2.0 * harmonic - 0.5 * noise
    np.testing.assert_allclose(render(parameters, options=louder), expected, atol=1e-5)


def test_reverb_is_added_without_delay() -> None:
    parameters = phrase()
    dry = render(parameters)
    wet = render(parameters, reverb=room())
    np.testing.assert_allclose(wet, reverberate(dry, room()), atol=1e-5)
    np.testing.assert_array_equal(render(parameters, reverb=room(), options=DRY), dry)


def test_reverb_alone_and_its_tail() -> None:
    parameters = phrase()
    options = RenderOptions(dry_gain=0.0, reverb_gain=0.5, has_reverb_tail=True)
    wet = render(parameters, reverb=room(), options=options)
    dry = render(parameters)
    expected = reverberate(dry, room(), gain=0.5, with_tail=True)
    expected[: len(dry)] -= dry
    np.testing.assert_allclose(wet, expected, atol=1e-5)


def test_the_room_is_brought_to_the_rate_of_the_sound() -> None:
    parameters = phrase()
    given_room = ImpulseResponse(taps=room())
    wet = render(parameters, sample_rate=48000, reverb=given_room)
    dry = render(parameters, sample_rate=48000)
    expected = reverberate(dry, given_room.at_rate(48000).taps)
    np.testing.assert_allclose(wet, expected, atol=1e-5)


def test_noise_is_drawn_from_the_seed() -> None:
    parameters = phrase()
    first = render(parameters, options=NOISE_ONLY, seed=0)
    np.testing.assert_array_equal(first, render(parameters, options=NOISE_ONLY))
    assert np.abs(first - render(parameters, options=NOISE_ONLY, seed=1)).max() > 0.01


def flat(num_frames: int, *, f0_hz: float, noise: float) -> SynthesisParameters:
    """A steady sine with a steady flat noise."""
    return SynthesisParameters(
        f0_hz=np.full(num_frames, f0_hz, np.float32),
        amplitude=np.full(num_frames, 0.5, np.float32),
        harmonics=np.ones((num_frames, 1), np.float32),
        noise=np.full((num_frames, 65), noise, np.float32),
    )


@pytest.mark.parametrize(("compat", "lead", "delay"), [(False, 0, 0), (True, 1, 2)])
def test_phase_and_delay_of_both_modes(compat: bool, lead: int, delay: int) -> None:
    sound = render(flat(100, f0_hz=440.0, noise=0.3), compat=compat)
    sample = np.arange(6400)
    sine = 0.5 * np.sin(2 * np.pi * 440.0 * (sample + lead) / 16000)
    noise = 0.3 * WhiteNoise(seed=0).samples(0, 6400)
    late = np.concatenate([np.zeros(delay), noise[: 6400 - delay]])
    np.testing.assert_allclose(sound, sine + late, atol=1e-5)


seeds = st.integers(0, 10**6)


def pitches(num_frames: int, seed: int) -> NDArray[np.float32]:
    """Any frequencies, rests and frequencies beyond the band among them."""
    generator = np.random.default_rng(seed)
    f0_hz = generator.uniform(0.0, 9000.0, num_frames)
    return np.where(generator.random(num_frames) < 0.2, 0.0, f0_hz).astype(np.float32)


@settings(max_examples=20, deadline=None)
@given(
    num_frames=st.integers(0, 80),
    seed=seeds,
    sample_rate=st.sampled_from([16000, 44100]),
    compat=st.booleans(),
    taps=st.sampled_from([None, 1, 700]),
)
def test_silence_in_silence_out(
    num_frames: int, seed: int, sample_rate: int, compat: bool, taps: int | None
) -> None:
    """To the bit: nothing times anything is nothing, also in a Fourier transform."""
    shares = np.random.default_rng(seed).random((num_frames, 4)).astype(np.float32)
    silent = SynthesisParameters(
        f0_hz=pitches(num_frames, seed),
        amplitude=np.zeros(num_frames, np.float32),
        harmonics=shares / shares.sum(axis=1, keepdims=True),
        noise=np.zeros((num_frames, 5), np.float32),
    )
    sound = render(
        silent,
        sample_rate=16000 if compat else sample_rate,
        reverb=None if taps is None else room(taps),
        compat=compat,
        seed=seed,
        options=RenderOptions(has_reverb_tail=True),
    )
    assert len(sound) >= num_frames * 64
    assert not sound.any()


@settings(max_examples=10, deadline=None)
@given(num_frames=st.integers(1, 80), seed=seeds)
def test_the_lowest_logits_are_inaudible(num_frames: int, seed: int) -> None:
    lowest = from_logits(
        pitches(num_frames, seed),
        np.full(num_frames, -np.inf),
        np.random.default_rng(seed).normal(0.0, 4.0, (num_frames, 60)),
        np.full((num_frames, 65), -np.inf),
    )
    # The floor of the exp-sigmoid is 1e-7, for the tone and for each band of the noise.
    assert np.abs(render(lowest, seed=seed)).max() < 1e-6


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 2.0))
def test_amplitude_scales_the_harmonics(factor: float) -> None:
    parameters = phrase(40)
    scaled = SynthesisParameters(
        f0_hz=parameters.f0_hz,
        amplitude=parameters.amplitude * np.float32(factor),
        harmonics=parameters.harmonics,
        noise=parameters.noise,
    )
    sound = render(parameters, options=HARMONIC_ONLY)
    np.testing.assert_allclose(
        render(scaled, options=HARMONIC_ONLY), factor * sound, atol=1e-5
    )


def test_harmonics_stay_in_the_band_unless_extended() -> None:
    parameters = SynthesisParameters(
        f0_hz=np.full(250, 3000.0, np.float32),
        amplitude=np.ones(250, np.float32),
        harmonics=np.full((250, 4), 0.25, np.float32),
        noise=np.full((250, 65), 0.1, np.float32),
    )

    def peaks(options: RenderOptions) -> list[bool]:
        sound = render(parameters, sample_rate=48000, options=options)
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
        return [bool(spectrum[hz] > 1000.0) for hz in (3000, 6000, 9000, 12000)]

    assert peaks(RenderOptions()) == [True, True, False, False]
    assert peaks(RenderOptions(is_extended=True)) == [True] * 4


def test_a_pitch_sounds_the_same_at_any_rate() -> None:
    parameters = phrase(250)
    low = render(parameters, options=HARMONIC_ONLY)
    high = render(parameters, sample_rate=48000, options=HARMONIC_ONLY)
    # Not equal: the phase is a sum over samples, and these are others.
    assert float(np.corrcoef(high[::3], low)[0, 1]) >= 0.99


def test_nothing_pushed_nothing_heard() -> None:
    assert len(Renderer(reverb=room()).finish()) == 0
    assert len(render(phrase(0), reverb=room())) == 0


def test_a_finished_sound_takes_no_more() -> None:
    renderer = Renderer()
    renderer.push(phrase(3))
    assert len(renderer.finish()) == 3 * 64
    assert len(renderer.finish()) == 0
    with pytest.raises(UsageError, match="finished"):
        renderer.push(phrase(3))


def test_blocks_of_another_form_are_refused() -> None:
    renderer = Renderer()
    renderer.push(phrase(3))
    with pytest.raises(InputError, match="num_noise_bands=5"):
        renderer.push(phrase(3, num_bands=5))


def test_compat_is_refused_at_another_rate() -> None:
    with pytest.raises(UsageError, match="16000"):
        render(phrase(3), sample_rate=48000, compat=True)


def test_blocks_of_no_samples_are_refused() -> None:
    blocks = render_blocks(phrase(3), block_samples=0, renderer=Renderer())
    with pytest.raises(UsageError, match="at least 1 sample"):
        next(blocks)
