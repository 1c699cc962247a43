"""A trained Synthesis Generator: lines to synthesis parameters, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import ModelFolderError
from musegen.engine.models import find_model
from musegen.engine.predictor import Predictor, load_predictor
from musegen.engine.seeds import generator
from musegen.engine.threads import map_in_threads
from musegen.midi_ddsp.dsp.distribution import is_below_nyquist
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.building import build_synthesis_from
from musegen.midi_ddsp.generators.config import SynthesisNetworkConfig
from musegen.midi_ddsp.generators.controls import COLUMNS
from musegen.midi_ddsp.generators.described import SYNTHESIS_KIND, described
from musegen.midi_ddsp.generators.line import Line
from musegen.midi_ddsp.generators.pitch_classes import likeliest_cents, quantile_cents
from musegen.midi_ddsp.generators.swing import MadeSwing
from musegen.midi_ddsp.medians import medians
from musegen.midi_ddsp.parameters import (
    FRAME_RATE_HZ,
    NUM_HARMONICS,
    SAMPLE_RATE_HZ,
    SynthesisParameters,
    midi_to_hz,
)

# The first blocks are short, so that something is heard soon.
FIRST_BLOCK_FRAMES = 64
BLOCK_FRAMES = 1000

# A tone is let ring for this long after its note at most, and may speak this early.
RING_S = 0.7
FADE_S = 0.2
EARLY_S = 0.02
# What is below these levels is silence.
_SILENT_AMPLITUDE_DB = -90.0
_SILENT_NOISE_DB = -110.0
# Pitch wavers with this correlation time, within these shares of its distribution.
_WAVER_FRAMES = 12
_WAVER_SHARES = (0.08, 0.92)
SMOOTHED_FRAMES = 5  # whose median the pitch of a frame is
_LOGISTIC = 1.702  # a logistic curve of this slope is nearly the normal distribution

FloatArray = NDArray[np.float64]
Factor = Callable[[int, int], NDArray[np.floating]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SynthesisModel:
    """Our Synthesis Generator, trained. Make one with `load`.

    Args:
        name: Of the model.
        digest: Of its files.
        config: Of its network.
        instruments: What it has learned to play.
        scales: Between what the controls of each instrument's notes lay.
        predictor: The network.
    """

    name: str
    digest: str
    config: SynthesisNetworkConfig
    instruments: tuple[str, ...]
    scales: ExpressionScales
    predictor: Predictor

    @classmethod
    def load(
        cls,
        name_or_path: str | Path,
        *,
        device: str = "auto",
        backend: str = "onnx",
        num_threads: int | None = 1,
    ) -> Self:
        """Load a model by name or folder.

        Args:
            name_or_path: A name of `musegen models list`, or a model folder.
            device: `auto`, `cpu` or `gpu`.
            backend: `onnx` (fast to start) or `keras`.
            num_threads: Of one forward pass; parts are played side by side, so 1.

        Raises:
            ModelNotFoundError: No such model.
            ModelFolderError: The folder is damaged or of another kind.
        """
        folder = find_model(name_or_path, kind=SYNTHESIS_KIND)
        config, instruments, scales = described(folder)
        if not isinstance(config, SynthesisNetworkConfig):
            raise ModelFolderError(
                f"{folder.path}/config.json describes no Synthesis Generator: fetch "
                "the model again or name another"
            )
        predictor = load_predictor(
            folder,
            device=device,
            backend=backend,
            num_threads=num_threads,
            build=build_synthesis_from,
        )
        return cls(
            name=folder.config.name,
            digest=folder.digest,
            config=config,
            instruments=instruments,
            scales=scales,
            predictor=predictor,
        )

    def play(
        self,
        line: Line,
        num_frames: int,
        *,
        seed: int | None = None,
        vibrato_factor: Factor | None = None,
        works_ahead: bool = False,
    ) -> Iterator[SynthesisParameters]:
        """Yield a line's parameters, block by block, from frame 0.

        Args:
            line: What is played.
            num_frames: How many frames in all.
            seed: Of the wavering of the pitch; None for the likeliest pitch.
            vibrato_factor: From a first frame and the one after the last to how much
                a wheel widens the vibrato there.
            works_ahead: Whether blocks are made in a few threads ahead of their turn.
        """
        swing = MadeSwing(line.spans[:, 0], line.controls)
        shares = None if seed is None else _wandering(seed, num_frames)

        def ask(stretch: tuple[int, int]) -> SynthesisParameters:
            return self._ask(line, swing, stretch, shares, vibrato_factor)

        stretches = _stretches(num_frames)
        return map_in_threads(ask, stretches) if works_ahead else map(ask, stretches)

    def _ask(
        self,
        line: Line,
        swing: MadeSwing,
        stretch: tuple[int, int],
        shares: FloatArray | None,
        vibrato_factor: Factor | None,
    ) -> SynthesisParameters:
        """Return what the network makes of a stretch of frames."""
        first, last = stretch
        beside = SMOOTHED_FRAMES // 2
        reach = self.config.context_frames + beside
        begin, end = first - reach, last + reach + (last - first) % 2
        factor = None
        if vibrato_factor is not None:
            inside = vibrato_factor(max(begin, 0), end)
            factor = np.concatenate([np.ones(max(-begin, 0)), inside])
        swings = swing.at(begin, end, factor)
        features = line.features(begin, end, swings)
        outputs = self.predictor({"features": features[None]})
        here = slice(reach, reach + last - first)
        around = slice(here.start - beside, here.stop + beside)
        frames = np.arange(first - beside, last + beside)
        cents = _cents(outputs["pitch"][0, around], shares, frames)
        pitch = written_pitch(line, frames) + (cents + swings[around, 0]) / 100.0
        return sounding(
            line,
            np.arange(first, last),
            outputs["levels"][0, here],
            smoothed_pitch(pitch),
        )


def _cents(
    logits: NDArray[np.floating],
    shares: FloatArray | None,
    frames: NDArray[np.int64],
) -> FloatArray:
    """Return [T]: the likeliest deviations, or those at given shares."""
    if shares is None:
        return likeliest_cents(logits)
    return quantile_cents(logits, shares[np.clip(frames, 0, len(shares) - 1)])


def written_pitch(line: Line, frames: NDArray[np.int64]) -> FloatArray:
    """Return [T]: the written pitch with each note's intonation, in semitones."""
    note = line.notes_at(frames)
    intonation = line.controls[note, COLUMNS["intonation_cents"]]
    pitch: FloatArray = line.pitches[note] + intonation / 100.0
    return pitch


def smoothed_pitch(pitch: FloatArray) -> FloatArray:
    """Return a pitch curve without outliers of one or two frames.

    At the seam of two notes, deviations are from the one before and from the other
    after; a frame in which the network is late by one would be a click. Steps stay.

    Args:
        pitch: [T + SMOOTHED_FRAMES - 1], half of the surplus on either side.

    Returns:
        [T], medians.
    """
    windows = np.lib.stride_tricks.sliding_window_view(pitch, SMOOTHED_FRAMES)
    return medians(windows)


def _stretches(num_frames: int) -> Iterator[tuple[int, int]]:
    """Yield first frames and frames after the last, short stretches first."""
    first, size = 0, FIRST_BLOCK_FRAMES
    while first < num_frames:
        last = min(first + size, num_frames)
        yield first, last
        first, size = last, min(4 * size, BLOCK_FRAMES)


def sounding(
    line: Line,
    frames: NDArray[np.int64],
    levels: NDArray[np.floating],
    pitch: FloatArray,
) -> SynthesisParameters:
    """Turn what the network says into parameters; silence is silent.

    Args:
        line: What is played.
        frames: [T], which frames these are.
        levels: [T, 126] in dB, as of the network.
        pitch: [T], in semitones.
    """
    f0_hz = midi_to_hz(pitch)
    gate = _gate(line, frames)
    amplitude_db, noise_db = levels[:, 0], levels[:, 1 + NUM_HARMONICS :]
    amplitude = _linear(amplitude_db, _SILENT_AMPLITUDE_DB) * gate
    noise = _linear(noise_db, _SILENT_NOISE_DB) * gate[:, None]
    return SynthesisParameters(
        f0_hz=f0_hz.astype(np.float32),
        amplitude=amplitude.astype(np.float32),
        harmonics=_shares(levels[:, 1 : 1 + NUM_HARMONICS], f0_hz),
        noise=noise.astype(np.float32),
    )


def _linear(levels_db: NDArray[np.floating], silent_db: float) -> FloatArray:
    linear: FloatArray = 10.0 ** (np.asarray(levels_db, np.float64) / 20.0)
    return np.where(levels_db > silent_db, linear, 0.0)


def _shares(
    harmonics_db: NDArray[np.floating], f0_hz: FloatArray
) -> NDArray[np.float32]:
    is_heard = is_below_nyquist(f0_hz, NUM_HARMONICS, sample_rate=SAMPLE_RATE_HZ)
    levels = np.where(is_heard, harmonics_db, -np.inf)
    loudest = levels.max(axis=1, keepdims=True)
    linear = 10.0 ** ((levels - np.where(np.isfinite(loudest), loudest, 0.0)) / 20.0)
    total = linear.sum(axis=1, keepdims=True)
    shares: NDArray[np.float32] = (linear / np.maximum(total, 1e-7)).astype(np.float32)
    return shares


def _gate(line: Line, frames: NDArray[np.int64]) -> FloatArray:
    """Return [T]: 1 where a note may be heard, 0 in silence, with a fade between."""
    note = line.notes_at(frames)
    since_end_s = (frames - line.spans[note, 1]) / FRAME_RATE_HZ
    ringing = np.clip((RING_S - since_end_s) / FADE_S, 0.0, 1.0)
    following = np.minimum(
        np.searchsorted(line.spans[:, 0], frames, side="right"), len(line.spans) - 1
    )
    until_s = (line.spans[following, 0] - frames) / FRAME_RATE_HZ
    speaks = (until_s >= 0.0) & (until_s <= EARLY_S)
    has_begun = frames >= line.spans[0, 0]
    gate: FloatArray = np.where(speaks, 1.0, ringing * has_begun)
    return gate


def _wandering(seed: int, num_frames: int) -> FloatArray:
    """Return [num_frames]: shares of a distribution that wander slowly."""
    window = np.hanning(2 * _WAVER_FRAMES + 3)[1:-1]
    window /= np.sqrt(np.square(window).sum())
    white = generator(seed, "pitch").standard_normal(num_frames + len(window) - 1)
    slow = np.convolve(white, window, mode="valid")
    shares = 1.0 / (1.0 + np.exp(-_LOGISTIC * slow))
    return np.clip(shares, *_WAVER_SHARES)
