"""A ceiling for the true peak: what the sound reaches between its samples too.

Look-ahead, so that the gain falls smoothly and in time; the delay is taken out again.
Where nothing comes near the ceiling not a bit is changed. Not for loudness.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.mixing.blocks import BlockQueue

DEFAULT_CEILING_DB = -1.0
BLOCK_SAMPLES = 4096
ATTACK_S = 0.004  # in which the gain falls, before the peak
RELEASE_S = 0.08  # time constant of its return
PHASES = 4  # places looked at a sample
HALF_TAPS = 62  # samples on each side from which a place between is computed
CUTOFF = 0.96  # of half the sample rate: what usual converters pass
BETA = 8.0  # of the filter's Kaiser window
MARGIN_DB = 0.1  # kept, for what lies between the places too
_NEGLIGIBLE = 1e-5  # of the gain: from there on it is 1


def check_ceiling(ceiling_db: float) -> None:
    """Refuse a ceiling that is not -60 to 0 dB.

    Raises:
        UsageError: It is out of range.
    """
    if not -60.0 <= ceiling_db <= 0.0:
        raise UsageError(f"a ceiling is -60 to 0 dB; got {ceiling_db:g}")


class Limiter:
    """Keeps the true peak of a stream of [n, channels] under a ceiling.

    One gain for all channels. What comes out depends neither on how the stream is cut
    nor on its length.

    Args:
        sample_rate: In Hz.
        num_channels: At least 1.
        ceiling_db: Highest true peak in dB of full scale, -60 to 0.

    Raises:
        UsageError: The ceiling is out of range.

    Source:
        ITU-R BS.1770-4, annex 2, for measuring at four times the rate; the filter, the
        peak of a parabola through three places, and the rest are our own.
    """

    def __init__(
        self,
        *,
        sample_rate: int,
        num_channels: int = 2,
        ceiling_db: float = DEFAULT_CEILING_DB,
    ) -> None:
        check_ceiling(ceiling_db)
        self._ceiling = 10.0 ** ((ceiling_db - MARGIN_DB) / 20.0)
        self._lowest_gain = 1.0
        self._attack = max(round(ATTACK_S * sample_rate), 2)
        window = np.hanning(self._attack + 2)[1:-1]
        self._window = window / window.sum()
        self._decay = math.exp(-1.0 / (RELEASE_S * sample_rate))
        self._meter = _PeakMeter(num_channels, self._ceiling)
        self._queue = BlockQueue(BLOCK_SAMPLES, (num_channels,))
        # Still without its gain. It begins with as much silence as the gain of the
        # first sample looks back on, and is seen late.
        self._num_early = _PeakMeter.DELAY + self._attack - 1
        self._sound = np.zeros((self._num_early, num_channels), np.float32)
        # Reductions of samples whose future is not known yet.
        self._wanted = np.zeros(self._attack - 1)
        self._released = 0.0
        self._recent = np.zeros(self._attack - 1)  # last reductions, released
        self._nothing = np.zeros((0, num_channels), np.float32)
        self._num_in = 0
        self._num_out = 0

    @property
    def max_reduction_db(self) -> float:
        """How much was taken away at most so far, in dB, at least 0."""
        return max(0.0, -20.0 * math.log10(self._lowest_gain))

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take [n, channels] and return what is ready, [m, channels], maybe none."""
        self._num_in += len(samples)
        pieces = [self._block(block) for block in self._queue.push(samples)]
        return np.concatenate([self._nothing, *pieces])

    def finish(self) -> NDArray[np.float32]:
        """Return what is still held, so that as much came out as went in."""
        owed = self._num_in - self._num_out
        silence = np.zeros((BLOCK_SAMPLES, self._sound.shape[1]), np.float32)
        pieces = [self._nothing]
        while sum(map(len, pieces)) < owed:
            pieces += [self._block(block) for block in self._queue.push(silence)]
        return np.concatenate(pieces)[:owed]

    def _block(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take a block of the fixed length and return what is ready."""
        self._sound = np.concatenate([self._sound, block])
        peaks = self._meter.process(block)
        # Up to the ceiling nothing is wanted: exactly 0.
        wanted = 1.0 - self._ceiling / np.maximum(peaks, self._ceiling)
        gain = self._gain(wanted)
        ready, self._sound = self._sound[: len(gain)], self._sound[len(gain) :]
        lowest = float(gain.min(initial=1.0))
        if lowest < 1.0:
            self._lowest_gain = min(self._lowest_gain, lowest)
            ready = ready * gain.astype(np.float32)[:, None]
        early = min(self._num_early, len(ready))
        self._num_early -= early
        self._num_out += len(ready) - early
        return ready[early:]

    def _gain(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the gains that are settled now that more reductions are known."""
        self._wanted = np.concatenate([self._wanted, wanted])
        released = self._release(_max_ahead(self._wanted, self._attack))
        recent = np.concatenate([self._recent, released])
        self._wanted = self._wanted[len(wanted) :]
        self._recent = recent[len(wanted) :]
        if not recent.any():
            return np.ones(len(wanted))
        return np.asarray(1.0 - np.convolve(recent, self._window, mode="valid"))

    def _release(self, reductions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Let reductions fall off no faster than the release."""
        if self._released == 0.0 and not reductions.any():
            return reductions
        falling = self._decay ** np.arange(1, len(reductions) + 1)
        held = np.maximum.accumulate(np.maximum(reductions / falling, self._released))
        released = np.asarray(np.maximum(held * falling, reductions))
        released[released < _NEGLIGIBLE] = 0.0
        self._released = float(released[-1])
        return released


class _PeakMeter:
    """The true peak around each sample, over all channels; `DELAY` samples late.

    Args:
        num_channels: At least 1.
        floor: Below that, peaks may be told as 0.
    """

    DELAY = HALF_TAPS + 2  # a parabola, and the place before, need one sample each

    def __init__(self, num_channels: int, floor: float) -> None:
        self._floor = floor
        self._before = np.zeros((num_channels, 2 * self.DELAY), np.float32)

    def process(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return [n]: the peaks from `DELAY` samples before the block's first on."""
        window = np.concatenate([self._before, block.T], axis=1)
        self._before = window[:, -2 * self.DELAY :]
        if np.abs(window).max() * _largest_gain() <= self._floor:
            return np.zeros(len(block), np.float32)
        size = window.shape[1]
        spectrum = np.fft.rfft(window)
        spectrum *= _response(size)
        places = np.abs(np.fft.irfft(spectrum, n=PHASES * size))
        for row in places:
            self._raise_to_parabolas(row)
        highest = functools.reduce(np.maximum, places)
        between = functools.reduce(
            np.maximum, [highest[phase::PHASES] for phase in range(PHASES)]
        )
        around = np.maximum(between[1:], between[:-1])  # of samples 1, 2, ...
        around = functools.reduce(np.maximum, np.abs(window[:, 1:]), around)
        return np.asarray(around[self.DELAY - 1 :][: len(block)])

    def _raise_to_parabolas(self, places: NDArray[np.float32]) -> None:
        """Put, where a place is the highest around, the peak of the parabola there."""
        near = np.flatnonzero(places[1:-1] > 0.9 * self._floor) + 1
        before, here, after = places[near - 1], places[near], places[near + 1]
        is_top = (here >= before) & (here >= after)
        before, here, after = before[is_top], here[is_top], after[is_top]
        slope, bend = 0.5 * (after - before), 2.0 * here - before - after
        places[near[is_top]] = here + slope**2 / np.maximum(2.0 * bend, 1e-9)


@functools.cache
def _kernel() -> NDArray[np.float64]:
    """Return the taps between samples, [PHASES, 2 HALF_TAPS]: a sinc under a Kaiser."""
    offsets = np.arange(-HALF_TAPS + 1, HALF_TAPS + 1)
    time = np.arange(PHASES)[:, None] / PHASES - offsets
    inside = np.sqrt(np.clip(1.0 - (time / HALF_TAPS) ** 2, 0.0, 1.0))
    return CUTOFF * np.sinc(CUTOFF * time) * np.i0(BETA * inside) / np.i0(BETA)


@functools.cache
def _largest_gain() -> float:
    """Return by how much a place between can be above the largest sample."""
    return float(np.abs(_kernel()).sum(axis=1).max())


@functools.cache
def _response(size: int) -> NDArray[np.float32]:
    """Return the gain of each bin of a spectrum of `size` samples, [size / 2 + 1].

    It is next to nothing at half the sample rate, where the spectrum is cut off.
    """
    offsets = np.arange(-HALF_TAPS + 1, HALF_TAPS + 1)
    moments = np.arange(PHASES)[:, None] / PHASES - offsets
    taps = np.zeros(PHASES * size)
    taps[np.rint(moments * PHASES).astype(np.int64)] = _kernel()
    # Symmetric about 0, so real.
    return np.fft.rfft(taps)[: size // 2 + 1].real.astype(np.float32)


def _max_ahead(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return the maximum of each `width` values in a row, [n - width + 1]."""
    reach = 1
    while 2 * reach <= width:
        values = np.maximum(values[:-reach], values[reach:])
        reach *= 2
    missing = width - reach
    if missing:
        values = np.maximum(values[:-missing], values[missing:])
    return values
