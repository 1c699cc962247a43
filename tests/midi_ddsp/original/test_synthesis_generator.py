"""The original's Synthesis Generator gives what the original program gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.original.pitch_bins import bin_to_deviation
from musegen.midi_ddsp.original.synthesis_generator import SynthesisGenerator
from musegen.midi_ddsp.original.weights import WeightReader
from musegen.midi_ddsp.parameters import hz_to_midi, midi_to_hz

Recorded = Mapping[str, NDArray[Any]]
SHORT = 40  # frames, where length does not matter


def likeliest(logits: NDArray[np.float32]) -> int:
    return int(logits.argmax())


def test_the_recorded_pitch_comes_out(
    synthesis_generator: SynthesisGenerator, expected: Recorded
) -> None:
    bins, logits = synthesis_generator.pitch(expected["z_midi_decoder"], likeliest)
    np.testing.assert_allclose(logits, expected["argmax_f0_logits"], atol=1e-4)
    pitch = np.repeat(expected["note_pitch"], expected["note_length_frames"])
    f0_hz = midi_to_hz(pitch + bin_to_deviation(bins))
    np.testing.assert_allclose(f0_hz, expected["argmax_f0_hz"][:, 0], rtol=1e-5)


def test_the_recorded_logits_of_known_pitches_come_out(
    synthesis_generator: SynthesisGenerator, expected: Recorded
) -> None:
    logits = synthesis_generator.pitch.forced(
        expected["z_midi_decoder"], expected["forced_bins"]
    )
    np.testing.assert_allclose(logits, expected["forced_f0_logits"], atol=1e-4)


def test_the_recorded_timbre_comes_out(
    synthesis_generator: SynthesisGenerator, expected: Recorded
) -> None:
    raw = synthesis_generator.timbre(
        expected["z_midi_decoder"],
        hz_to_midi(expected["argmax_f0_hz"][:, 0]).astype(np.float32),
    )
    for found, name in (
        (raw.amplitude, "argmax_amplitudes"),
        (raw.harmonics, "argmax_harmonic_distribution"),
        (raw.noise, "argmax_noise_magnitudes"),
    ):
        recorded = expected[name].reshape(found.shape)
        np.testing.assert_allclose(found, recorded, atol=1e-4)


def test_each_pitch_depends_on_the_one_before(
    synthesis_generator: SynthesisGenerator, expected: Recorded
) -> None:
    z = expected["z_midi_decoder"][:SHORT]
    asked: list[int] = []

    def keep_low(logits: NDArray[np.float32]) -> int:
        asked.append(len(logits))
        return 0

    bins, low = synthesis_generator.pitch(z, keep_low)
    _, high = synthesis_generator.pitch(z, lambda _: 200)
    assert asked == [201] * SHORT
    assert not bins.any()
    np.testing.assert_array_equal(low[0], high[0])  # nothing was chosen before it
    assert np.abs(low[1:] - high[1:]).max(axis=1).min() > 1e-4


def test_the_generator_has_the_parameters_of_the_original(
    synthesis_weights: WeightReader,
) -> None:
    sizes = [
        array.size
        for name, array in synthesis_weights.tensors.items()
        if name.startswith("midi_decoder/")
    ]
    assert sum(sizes) == 4_429_383
