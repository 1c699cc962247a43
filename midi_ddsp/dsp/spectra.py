"""Magnitude spectra over time, and the multi-scale spectral loss, in NumPy.

For measuring and for features of recordings of any length: signals are read in blocks.
The loss that trains is `musegen.midi_ddsp.dsp.loss_layers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.data.errors import UsageError

FFT_SIZES = (2048, 1024, 512, 256, 128, 64)
HOPS_A_FRAME = 4  # of the spectral loss
SAFE_LOG_FLOOR = 1e-5

# What the logarithm takes in place of small magnitudes: `clamped` replaces all up to
# the floor by it, `positive` replaces zeros only (the original's library since 2022).
LogConvention = Literal["clamped", "positive"]

_FRAMES_A_BLOCK = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralLoss:
    """The multi-scale spectral loss in its parts.

    Args:
        magnitude: Mean |S - S'| of each FFT size.
        log: Mean |log S - log S'| of each FFT size, natural logarithm.
    """

    magnitude: tuple[float, ...]
    log: tuple[float, ...]

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return sum(self.magnitude) + sum(self.log)


def periodic_hann(num_samples: int) -> NDArray[np.float32]:
    """Return the Hann window [num_samples] whose period is its length."""
    angle = np.arange(num_samples) * (2.0 * np.pi / num_samples)
    window: NDArray[np.float32] = (0.5 - 0.5 * np.cos(angle)).astype(np.float32)
    return window


def frame_blocks(
    audio: ArrayLike, *, frame_samples: int, hop_samples: int, lead_samples: int = 0
) -> Iterator[NDArray[np.float32]]:
    """Cut a signal into overlapping frames, a block of frames at a time.

    Args:
        audio: [N].
        frame_samples: Length of a frame, at least the hop.
        hop_samples: From one frame to the next.
        lead_samples: How long before sample `hop * t` frame t begins; half a frame
            centres it there.

    Yields:
        [F, frame_samples], ceil(N / hop) frames in all; zeros stand for what lies
        before and after the signal.
    """
    signal = np.asarray(audio, dtype=np.float32)
    num_frames = -(-len(signal) // hop_samples)
    for first in range(0, num_frames, _FRAMES_A_BLOCK):
        count = min(_FRAMES_A_BLOCK, num_frames - first)
        start = first * hop_samples - lead_samples
        stop = start + (count - 1) * hop_samples + frame_samples
        inside = signal[max(start, 0) : min(stop, len(signal))]
        missing = (max(-start, 0), max(stop - len(signal), 0))
        if any(missing):
            inside = np.pad(inside, missing)
        frames = np.lib.stride_tricks.sliding_window_view(inside, frame_samples)
        yield frames[::hop_samples]


def magnitude_blocks(
    audio: ArrayLike,
    *,
    frame_samples: int,
    hop_samples: int,
    fft_size: int | None = None,
    lead_samples: int = 0,
) -> Iterator[NDArray[np.float32]]:
    """Return short-time magnitudes under a periodic Hann window, block by block.

    Args:
        audio: [N].
        frame_samples: Length of a frame.
        hop_samples: From one frame to the next.
        fft_size: At least the length of a frame, which it is where None.
        lead_samples: As of `frame_blocks`.

    Yields:
        [F, fft_size / 2 + 1], not normalised; ceil(N / hop) frames in all.
    """
    window = periodic_hann(frame_samples)
    blocks = frame_blocks(
        audio,
        frame_samples=frame_samples,
        hop_samples=hop_samples,
        lead_samples=lead_samples,
    )
    for frames in blocks:
        yield np.abs(np.fft.rfft(frames * window, n=fft_size, axis=-1))


def stft_magnitude(
    audio: ArrayLike, fft_size: int, *, hop_samples: int | None = None
) -> NDArray[np.float32]:
    """Return the magnitudes of the whole signal, as the spectral loss takes them.

    Args:
        audio: [N], N at least 1.
        fft_size: Length of a frame and of its transform.
        hop_samples: A quarter of it where None.

    Returns:
        [ceil(N / hop), fft_size / 2 + 1]; frame t begins at sample hop * t.
    """
    hop = fft_size // HOPS_A_FRAME if hop_samples is None else hop_samples
    blocks = magnitude_blocks(audio, frame_samples=fft_size, hop_samples=hop)
    return np.concatenate(list(blocks))


def safe_log(
    values: ArrayLike, *, convention: LogConvention = "clamped"
) -> NDArray[np.float32]:
    """Return the natural logarithm, finite at 0: ln 1e-5 = -11.5129.

    Args:
        values: Any shape, at least 0.
        convention: Which values the floor replaces: `clamped`, all below it, or
            `positive`, zeros only (tiny values then lie below exact zeros).

    Source:
        Engel et al., "DDSP", ICLR 2020, clamps; its library from version 2 on does not.
    """
    magnitudes = np.asarray(values, dtype=np.float32)
    if convention == "clamped":
        return np.log(np.maximum(magnitudes, np.float32(SAFE_LOG_FLOOR)))
    return np.log(np.where(magnitudes > 0.0, magnitudes, np.float32(SAFE_LOG_FLOOR)))


def multi_scale_spectral_loss(
    target: ArrayLike,
    audio: ArrayLike,
    *,
    fft_sizes: Sequence[int] = FFT_SIZES,
    convention: LogConvention = "clamped",
) -> SpectralLoss:
    """Compare two signals by their spectra at several resolutions.

    Args:
        target: [N], N at least 1.
        audio: [N].
        fft_sizes: Multiples of 4.
        convention: Of the logarithm, see `safe_log`.

    Returns:
        The parts; `total` is the loss.

    Raises:
        UsageError: The signals are empty or differ in length.

    Source:
        Engel et al., "DDSP", ICLR 2020; Wu et al., "MIDI-DDSP", ICLR 2022.
    """
    pair = [np.asarray(signal, dtype=np.float32) for signal in (target, audio)]
    if not len(pair[0]) or len(pair[0]) != len(pair[1]):
        raise UsageError(
            "The spectral loss compares two signals of one length; got "
            f"{len(pair[0])} and {len(pair[1])} samples: cut the longer one."
        )
    parts = [_distances(pair[0], pair[1], size, convention) for size in fft_sizes]
    return SpectralLoss(
        magnitude=tuple(part[0] for part in parts), log=tuple(part[1] for part in parts)
    )


def _distances(
    target: NDArray[np.float32],
    audio: NDArray[np.float32],
    fft_size: int,
    convention: LogConvention,
) -> tuple[float, float]:
    hop = fft_size // HOPS_A_FRAME
    sums = np.zeros(2)
    count = 0
    blocks = (
        magnitude_blocks(signal, frame_samples=fft_size, hop_samples=hop)
        for signal in (target, audio)
    )
    for wanted, found in zip(*blocks, strict=True):
        sums[0] += np.abs(wanted - found).sum(dtype=np.float64)
        logs = [safe_log(values, convention=convention) for values in (wanted, found)]
        sums[1] += np.abs(logs[0] - logs[1]).sum(dtype=np.float64)
        count += wanted.size
    return float(sums[0] / count), float(sums[1] / count)
