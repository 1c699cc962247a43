"""Synthesis parameters of a recording by closed formulas, where there is no network.

For: anything that needs an estimator and has no model of DDSP Inference at hand. It
reads levels off spectra (`musegen.midi_ddsp.inference.measuring`) and knows neither
reverberation nor instruments; a network does better. Both are `ParameterEstimator`s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.engine.threads import map_in_threads
from musegen.midi_ddsp.inference.measuring import (
    CONTEXT_SAMPLES,
    combined_harmonics,
    measure,
)
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    NUM_HARMONICS,
    NUM_NOISE_BANDS,
    SynthesisParameters,
)

Floats = NDArray[np.float32]

BLOCK_FRAMES = 2500  # ten seconds: memory does not grow with the recording
SILENT_LEVEL = float(np.log(2e-5))  # below this a frame is silence: -94 dB


class ParameterEstimator(Protocol):
    """Says how a recording is to be synthesised."""

    @property
    def name(self) -> str:
        """What recipes call it."""

    def estimate(
        self,
        audio: Floats,
        f0_hz: Floats,
        loudness_db: Floats,
        *,
        instrument: str | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> SynthesisParameters:
        """Return the parameters of a recording.

        Args:
            audio: Mono, 16 kHz, [N].
            f0_hz: 0 where there is no pitch, [T] with T = ceil(N / 64).
            loudness_db: By frame, [T].
            instrument: Name of the instrument, None where unknown.
            advance: Told of the frames just done.
        """


class HarmonicEstimator:
    """Reads the parameters off spectra; the same in whatever pieces it is done."""

    @property
    def name(self) -> str:
        """What recipes call it."""
        return "spectra"

    def estimate(
        self,
        audio: Floats,
        f0_hz: Floats,
        loudness_db: Floats,
        *,
        instrument: str | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> SynthesisParameters:
        """Return the parameters of a recording; loudness and instrument are not used.

        Args:
            audio: Mono, 16 kHz, [N].
            f0_hz: 0 where there is no pitch, [T].
            loudness_db: Not used.
            instrument: Not used.
            advance: Told of the frames just done.
        """
        del loudness_db, instrument
        if not len(f0_hz):
            return SynthesisParameters(
                f0_hz=f0_hz,
                amplitude=f0_hz,
                harmonics=np.zeros((0, NUM_HARMONICS), dtype=np.float32),
                noise=np.zeros((0, NUM_NOISE_BANDS), dtype=np.float32),
            )
        blocks = []
        starts = range(0, len(f0_hz), BLOCK_FRAMES)
        for block in map_in_threads(
            lambda first: _block(audio, f0_hz[first : first + BLOCK_FRAMES], first),
            starts,
        ):
            blocks.append(block)
            if advance is not None:
                advance(len(block[0]))
        amplitude, harmonics, noise = (
            np.concatenate(parts) for parts in zip(*blocks, strict=True)
        )
        return SynthesisParameters(
            f0_hz=np.maximum(f0_hz, 0),
            amplitude=amplitude,
            harmonics=harmonics,
            noise=noise,
        )


def _block(audio: Floats, f0_hz: Floats, first: int) -> tuple[Floats, Floats, Floats]:
    """Return amplitude [T], harmonics [T, K] and noise [T, M] of some frames."""
    # Only the samples that these frames see, so that a block costs what it holds.
    reach = -(-CONTEXT_SAMPLES // HOP_SAMPLES)
    start = max(0, first - reach)
    stop = (first + len(f0_hz) + reach) * HOP_SAMPLES
    near = audio[start * HOP_SAMPLES : stop]
    measured = measure(near, f0_hz, first_frame=first - start)
    is_silent = measured.level < SILENT_LEVEL
    magnitudes = np.exp(combined_harmonics(measured, f0_hz))
    magnitudes[~measured.is_active] = 0.0
    magnitudes[is_silent] = 0.0
    amplitude = magnitudes.sum(axis=1)
    sums = np.where(amplitude > 0, amplitude, np.float32(1.0))
    harmonics = (magnitudes / sums[:, None]).astype(np.float32)
    noise = np.exp(measured.noise)
    noise[is_silent] = 0.0
    return amplitude, harmonics, noise
