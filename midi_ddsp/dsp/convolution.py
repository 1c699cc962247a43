"""Convolution of a stream with a long impulse response, without delay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class StreamingConvolution:
    """Filters a stream that comes in pieces of any length.

    The impulse response is cut into parts of one length. Each full block of the input
    is transformed once and meets every part where it is due; the part that reaches the
    block now being filled is computed as its samples come, so nothing waits. Memory
    and time a sample do not depend on how long the stream is.

    Args:
        taps: [R], the impulse response; may be empty.
        block_samples: Length of a part, at least 1. Best is the length of the pieces
            that come: a piece costs at least one transform of twice this length.
    """

    def __init__(self, taps: NDArray[np.float32], *, block_samples: int) -> None:
        self._block = block_samples
        self._num_parts = -(-len(taps) // block_samples)
        padded = np.zeros((self._num_parts, block_samples), np.float64)
        padded.reshape(-1)[: len(taps)] = taps
        self._num_taps = len(taps)
        self._parts = np.fft.rfft(padded, n=2 * block_samples, axis=-1).astype(
            np.complex64
        )
        self._spectra = np.zeros_like(self._parts)  # of the latest blocks, a ring
        self._latest = 0
        self._window = np.zeros(2 * block_samples, np.float32)  # last block, this one
        self._filled = 0
        # What earlier blocks add to this one, through parts 1 and later.
        self._overdue = np.zeros(block_samples + 1, np.complex64)
        self._product = np.zeros(block_samples + 1, np.complex64)

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the filtered samples, as many as came."""
        if not self._num_parts:
            return np.zeros(len(samples), np.float32)
        output = np.empty(len(samples), np.float32)
        done = 0
        while done < len(samples):
            count = min(self._block - self._filled, len(samples) - done)
            self._fill(samples[done : done + count], output[done : done + count])
            done += count
        return output

    def finish(self) -> NDArray[np.float32]:
        """Return what still sounds after the last sample: R - 1 samples."""
        silence = np.zeros(max(self._num_taps - 1, 0), np.float32)
        return self.process(silence)

    def _fill(self, samples: NDArray[np.float32], output: NDArray[np.float32]) -> None:
        first, last = self._filled, self._filled + len(samples)
        self._window[self._block + first : self._block + last] = samples
        spectrum = np.fft.rfft(self._window).astype(np.complex64, copy=False)
        np.multiply(spectrum, self._parts[0], out=self._product)
        self._product += self._overdue
        wet = np.fft.irfft(self._product, n=2 * self._block)
        output[:] = wet[self._block + first : self._block + last]
        self._filled = last
        if last == self._block:
            self._close_block(spectrum)

    def _close_block(self, spectrum: NDArray[np.complex64]) -> None:
        """Keep a full block and compute what earlier blocks add to the next one."""
        self._filled = 0
        self._window[: self._block] = self._window[self._block :]
        self._window[self._block :] = 0.0
        self._latest = (self._latest - 1) % self._num_parts
        self._spectra[self._latest] = spectrum
        self._overdue[:] = 0.0
        for part in range(1, self._num_parts):
            block = self._spectra[(self._latest + part - 1) % self._num_parts]
            np.multiply(block, self._parts[part], out=self._product)
            self._overdue += self._product
