"""The harmonic oscillator bank: sines at the multiples of a gliding fundamental.

For files and streams of any length: memory does not grow and partials stay locked. What
is differentiated is in the Keras layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.distribution import is_below_nyquist
from musegen.midi_ddsp.dsp.interpolation import FrameGrid, raised_cosine

LOOKAHEAD_FRAMES = 2  # a frame is ready when so many after it are known
_CYCLE = 2.0**64  # a phase is a count of this many parts of a cycle
_MAX_WAVE_VALUES = 2**17  # sines computed at once: half a megabyte, in cache


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmonicFrames:
    """Frames of a harmonic tone.

    Args:
        f0_hz: [T], float64.
        levels: [T, K], float32: amplitude times share of each harmonic.
    """

    f0_hz: NDArray[np.float64]
    levels: NDArray[np.float32]


class HarmonicBank:
    """Renders a harmonic tone from frames that come in blocks.

    Frequency is interpolated linearly between frames, amplitude by a raised cosine. The
    phase of sample n is the sum of the frequencies of the samples before it (sample 0
    has phase 0), counted in 2^-64 of a cycle of the fundamental, so that nothing drifts
    and the order of adding has no effect; harmonic k has k times that phase.

    A harmonic is silent at a frame beside which it reaches `limit_hz`, and fades
    within the frame before; a fundamental of 0 Hz is silent, and the frequency beside
    it is held.

    With `compat` the sound is the original's: the phase counts the sample itself too
    (one sample ahead), harmonics are cut at the sample where they reach the limit, and
    0 Hz is a frequency like any other.

    Args:
        grid: Where frames stand among samples.
        sample_rate: Samples a second.
        limit_hz: Harmonics lie below it; at most half of `sample_rate`.
        compat: As said above.

    Raises:
        UsageError: `compat` with a hop that is not a whole number of samples.

    Source:
        Engel et al., "DDSP", ICLR 2020; the phase and the fades are ours.
    """

    def __init__(
        self,
        *,
        grid: FrameGrid,
        sample_rate: int,
        limit_hz: float,
        compat: bool = False,
    ) -> None:
        if compat and grid.num_kinds != 1:
            raise UsageError(
                "compat needs a whole number of samples a frame; got "
                f"{float(grid.hop):g}: render at 16000 Hz, or without compat."
            )
        self._grid = grid
        self._sample_rate = sample_rate
        self._limit_hz = limit_hz
        self._compat = compat
        self._glide = (
            _Glide.lead(grid, sample_rate)
            if compat
            else _Glide.exact(grid, sample_rate)
        )
        inside = np.clip(grid.positions(0, grid.num_columns), 0.0, 1.0)
        self._inside = inside
        self._fade_in = raised_cosine(inside).astype(np.float32)
        self._room = np.empty(0, np.float32)
        self._next_frame = 0
        self._phase = np.uint64(0)
        self._held: HarmonicFrames | None = None
        self._first_hz: float | None = None

    def process(
        self, f0_hz: NDArray[np.float32], levels: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Take the next frames and return the samples that are ready.

        Args:
            f0_hz: [T], Hz.
            levels: [T, K], linear amplitude of each harmonic.

        Returns:
            The samples of all frames but the last `LOOKAHEAD_FRAMES`.
        """
        frames = HarmonicFrames(f0_hz=f0_hz.astype(np.float64), levels=levels)
        if not len(f0_hz):
            return np.zeros(0, np.float32)
        if self._held is None:
            frames = _concatenate(_row(frames, 0), frames)
        else:
            frames = _concatenate(self._held, frames)
        return self._render(frames)

    def finish(self) -> NDArray[np.float32]:
        """Return the samples still owed; the last frame is held."""
        if self._held is None:
            return np.zeros(0, np.float32)
        last = _row(self._held, -1)
        return self._render(_concatenate(self._held, _concatenate(last, last)))

    def _render(self, frames: HarmonicFrames) -> NDArray[np.float32]:
        """Sound all frames but the first and the last two, which are context."""
        keep = LOOKAHEAD_FRAMES + 1
        self._held = HarmonicFrames(
            f0_hz=frames.f0_hz[-keep:], levels=frames.levels[-keep:]
        )
        if len(frames.f0_hz) <= keep:
            self._held = frames
            return np.zeros(0, np.float32)
        spans = self._spans(frames)
        num_spans, num_harmonics = spans.levels.shape[0], spans.levels.shape[2]
        step = max(
            1, _MAX_WAVE_VALUES // (max(num_harmonics, 1) * self._grid.num_columns)
        )
        pieces = [
            self._sound(spans.cut(first, first + step))
            for first in range(0, num_spans, step)
        ]
        return np.concatenate(pieces)

    def _spans(self, frames: HarmonicFrames) -> _Spans:
        """From frames to the spans between neighbours, with levels at both ends."""
        left, right = frames.f0_hz[:-1], frames.f0_hz[1:]
        levels = frames.levels[1:-1]
        if not self._compat:
            is_left, is_right = left > 0.0, right > 0.0
            left, right = (
                np.where(is_left, left, right),
                np.where(is_right, right, left),
            )
            levels = self._audible(levels, frames.f0_hz, np.maximum(left, right))
        levels = levels[:, : _num_used(levels)]
        return _Spans(
            left_hz=left[1:-1],
            slope_hz=(right - left)[1:-1],
            levels=np.stack([levels[:-1], levels[1:]], axis=1),
        )

    def _audible(
        self,
        levels: NDArray[np.float32],
        f0_hz: NDArray[np.float64],
        highest_hz: NDArray[np.float64],
    ) -> NDArray[np.float32]:
        """Levels of all frames but the outer ones, 0 where they must be silent."""
        num_harmonics = levels.shape[1]
        if highest_hz.max() * num_harmonics < self._limit_hz and f0_hz.min() > 0.0:
            return levels
        beside = np.maximum(highest_hz[:-1], highest_hz[1:])
        is_sounding = is_below_nyquist(
            beside, num_harmonics, sample_rate=2.0 * self._limit_hz
        )
        is_sounding &= f0_hz[1:-1, None] > 0.0
        return np.where(is_sounding, levels, np.float32(0.0))

    def _sound(self, spans: _Spans) -> NDArray[np.float32]:
        num_spans = len(spans.left_hz)
        frames = np.arange(self._next_frame, self._next_frame + num_spans)
        kind = self._grid.kind(frames)
        first_sample = self._grid.start(self._next_frame)
        angle = self._angles(spans, kind)
        self._next_frame += num_spans
        num_harmonics = spans.levels.shape[2]
        if num_harmonics == 0:
            num_samples = self._grid.start(self._next_frame) - first_sample
            return np.zeros(num_samples, np.float32)
        number = np.arange(1, num_harmonics + 1, dtype=np.float32)
        waves = self._scratch((num_spans, num_harmonics, angle.shape[1]))
        np.multiply(angle[:, None, :], number[:, None], out=waves)
        np.sin(waves, out=waves)
        if self._compat:
            waves *= self._is_below(spans, num_harmonics)
        ends = np.matmul(spans.levels, waves)
        fade_in = self._fade_in[kind]
        audio = ends[:, 0] + fade_in * (ends[:, 1] - ends[:, 0])
        if self._grid.num_kinds == 1:
            return np.asarray(audio.reshape(-1))
        columns = np.arange(self._grid.num_columns)
        return np.asarray(audio[columns < self._grid.lengths(frames)[:, None]])

    def _scratch(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Room for waves, kept: fresh memory would cost as much as the sines."""
        size = math.prod(shape)
        if len(self._room) < size:
            self._room = np.empty(size, np.float32)
        return self._room[:size].reshape(shape)

    def _angles(self, spans: _Spans, kind: NDArray[np.int64]) -> NDArray[np.float32]:
        """The fundamental's phase [T, columns] in radians, within [-pi, pi]."""
        glide = self._glide
        left, slope = spans.left_hz, spans.slope_hz
        advance = left * glide.hold_cycles + slope * glide.slope_cycles
        parts = ((advance - np.floor(advance)) * _CYCLE).astype(np.uint64)
        ends = self._phase + np.cumsum(parts, dtype=np.uint64)
        starts = np.concatenate([[self._phase], ends[:-1]])
        self._phase = ends[-1]
        if self._first_hz is None:
            self._first_hz = float(left[0])
        inside = left[:, None] * glide.hold[kind] + slope[:, None] * glide.slope[kind]
        if not self._compat:
            # A sum over samples lags an integral by half a step of the frequency.
            hz = left[:, None] + slope[:, None] * self._inside[kind]
            inside -= (hz - self._first_hz) * (0.5 / self._sample_rate)
        cycles = starts[:, None].astype(np.float64) / _CYCLE + inside
        cycles -= np.rint(cycles)
        return (cycles * (2.0 * np.pi)).astype(np.float32)

    def _is_below(self, spans: _Spans, num_harmonics: int) -> NDArray[np.bool_]:
        hz = spans.left_hz[:, None] + spans.slope_hz[:, None] * self._inside[0]
        number = np.arange(1, num_harmonics + 1, dtype=np.float64)
        return np.asarray(hz[:, None, :] * number[:, None] < self._limit_hz)


class _Spans(NamedTuple):
    """The time from each frame to the next: [T], [T], and levels [T, 2, K]."""

    left_hz: NDArray[np.float64]
    slope_hz: NDArray[np.float64]
    levels: NDArray[np.float32]

    def cut(self, first: int, last: int) -> _Spans:
        return _Spans(
            self.left_hz[first:last],
            self.slope_hz[first:last],
            self.levels[first:last],
        )


class _Glide(NamedTuple):
    """Cycles gained within a span, a hertz of its left frequency and of its slope.

    By the whole span (`..._cycles`), and up to each sample [kinds, columns].
    """

    hold_cycles: float
    slope_cycles: float
    hold: NDArray[np.float64]
    slope: NDArray[np.float64]

    @classmethod
    def exact(cls, grid: FrameGrid, sample_rate: int) -> _Glide:
        """The integral of a frequency that is linear in time."""
        span_s = float(grid.hop) / sample_rate
        inside = grid.positions(0, grid.num_columns)
        return cls(span_s, span_s / 2, span_s * inside, span_s * inside**2 / 2)

    @classmethod
    def lead(cls, grid: FrameGrid, sample_rate: int) -> _Glide:
        """The sum over samples, each sample's own frequency included."""
        hop = float(grid.hop)
        column = np.arange(grid.num_columns, dtype=np.float64)[None]
        return cls(
            hop / sample_rate,
            (hop - 1.0) / 2 / sample_rate,
            (column + 1.0) / sample_rate,
            column * (column + 1.0) / (2 * hop * sample_rate),
        )


def _num_used(levels: NDArray[np.float32]) -> int:
    """Up to which harmonic any frame sounds: those beyond are not computed."""
    if levels[:, -1].any():
        return int(levels.shape[1])
    return int(np.flatnonzero(levels.any(axis=0)).max(initial=-1)) + 1


def _row(frames: HarmonicFrames, index: int) -> HarmonicFrames:
    return HarmonicFrames(f0_hz=frames.f0_hz[[index]], levels=frames.levels[[index]])


def _concatenate(first: HarmonicFrames, second: HarmonicFrames) -> HarmonicFrames:
    return HarmonicFrames(
        f0_hz=np.concatenate([first.f0_hz, second.f0_hz]),
        levels=np.concatenate([first.levels, second.levels]),
    )
