"""Filtered noise: white noise through a filter that changes from frame to frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.dsp.interpolation import FrameGrid, raised_cosine
from musegen.midi_ddsp.dsp.noise_filters import filter_basis, filter_reach
from musegen.midi_ddsp.dsp.transforms import fast_size

COMPAT_DELAY_SAMPLES = 2  # the original drops 62 samples of a delay of 64
# Transformed at once: arrays of 64 KB, in cache and cheap to have.
_MAX_PIECE_VALUES = 2**14


class FilteredNoise:
    """Filters an excitation by magnitudes that come in blocks of frames.

    The excitation is cut into pieces two frames long under raised cosines that sum to
    1, the piece about frame t is filtered by frame t's magnitudes without any delay,
    and the pieces are added: filters hand over smoothly, and a steady one is exact.
    The last frame is held.

    With `compat` the pieces are one frame long, without a window, and the sound comes
    2 samples late, as in the original.

    Args:
        grid: Where frames stand among samples.
        num_bands: M, magnitudes a frame.
        sample_rate: Samples a second.
        model_rate: Twice the frequency of the last band.
        compat: As said above.

    Raises:
        UsageError: `compat` at another rate than the model's.

    Source:
        Engel et al., "DDSP", ICLR 2020; the windows and the zero delay are ours.
    """

    def __init__(
        self,
        *,
        grid: FrameGrid,
        num_bands: int,
        sample_rate: int,
        model_rate: int,
        compat: bool = False,
    ) -> None:
        if compat and (sample_rate != model_rate or grid.num_kinds != 1):
            raise UsageError(
                f"compat renders at the model's own rate, {model_rate} Hz, only; got "
                f"{sample_rate} Hz: render without compat."
            )
        self._grid = grid
        self._delay = COMPAT_DELAY_SAMPLES if compat else 0
        columns = grid.num_columns
        self._reach = filter_reach(
            num_bands, sample_rate=sample_rate, model_rate=model_rate
        )
        self._lead = 0 if compat else columns  # samples a piece begins before its frame
        self._windows = _rectangle(columns) if compat else _windows(grid)
        self._fft_size = fast_size(self._windows.shape[1] + 2 * self._reach)
        self._step = max(1, _MAX_PIECE_VALUES // self._fft_size)
        self._basis = filter_basis(
            num_bands,
            self._fft_size,
            sample_rate=sample_rate,
            model_rate=model_rate,
        )
        self._next_frame = 0
        # Excitation not yet needed for the last time, and sound not yet complete.
        self._excitation = np.zeros(self._lead, np.float32)
        self._sum = np.zeros(0, np.float32)
        self._sum_start = -(self._lead + self._reach) + self._delay
        self._last: NDArray[np.float32] | None = None

    def process(
        self, magnitudes: NDArray[np.float32], excitation: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Take the next frames and return the samples that are complete.

        Args:
            magnitudes: [T, M].
            excitation: All samples of these frames.

        Returns:
            The samples that no later frame can change.
        """
        if not len(magnitudes):
            return np.zeros(0, np.float32)
        self._last = magnitudes[-1:]
        start = self._grid.start(self._next_frame)
        for first in range(0, len(magnitudes), self._step):
            some = magnitudes[first : first + self._step]
            here = self._grid.start(self._next_frame) - start
            after = self._grid.start(self._next_frame + len(some)) - start
            self._add(some, excitation[here:after])
        following = self._grid.start(self._next_frame) - self._lead - self._reach
        return self._take(following + self._delay)

    def finish(self) -> NDArray[np.float32]:
        """Return the samples still owed, to the end of the last frame."""
        if self._last is None:
            return np.zeros(0, np.float32)
        num_samples = self._grid.start(self._next_frame)
        if self._lead:
            self._add(self._last, np.zeros(self._grid.num_columns, np.float32))
        return self._take(num_samples)

    def _add(
        self, magnitudes: NDArray[np.float32], excitation: NDArray[np.float32]
    ) -> None:
        frames = np.arange(self._next_frame, self._next_frame + len(magnitudes))
        self._next_frame += len(magnitudes)
        starts = self._grid.starts(frames)
        width = self._windows.shape[1]
        held = np.concatenate([self._excitation, excitation])
        # A frame of fewer samples than columns reads past the end, under a window of 0.
        padded = np.concatenate([held, np.zeros(width, np.float32)])
        offsets = starts - starts[0]
        pieces = np.zeros((len(frames), self._fft_size), np.float32)
        np.multiply(
            padded[offsets[:, None] + np.arange(width)],
            self._windows[self._grid.kind(frames)],
            out=pieces[:, self._reach : self._reach + width],
        )
        self._excitation = held[len(held) - self._lead :]
        spectra = np.fft.rfft(pieces, axis=-1)
        spectra *= magnitudes @ self._basis
        rows = np.fft.irfft(spectra, n=self._fft_size, axis=-1)
        self._overlap_add(rows.astype(np.float32, copy=False), starts)

    def _overlap_add(
        self, rows: NDArray[np.float32], starts: NDArray[np.int64]
    ) -> None:
        """Add filtered pieces, each beginning a lead and a reach before its frame."""
        hop, size = self._grid.num_columns, self._fft_size
        first = int(starts[0]) + self._delay - self._lead - self._reach
        first -= self._sum_start
        num_rows = int(starts[-1] - starts[0]) // hop + 1
        needed = first + int(starts[-1] - starts[0]) + size
        total = np.zeros(needed, np.float32)
        total[: len(self._sum)] = self._sum
        if self._grid.num_kinds == 1 and size % hop == 0:
            # Equal hops: the parts of all rows that are one hop long, at once.
            blocks = total[first:].reshape(-1, hop)
            parts = rows.reshape(num_rows, -1, hop)
            for part in range(size // hop):
                blocks[part : part + num_rows] += parts[:, part]
        else:
            for row, offset in zip(rows, (starts - starts[0]).tolist(), strict=True):
                total[first + offset : first + offset + size] += row
        self._sum = total

    def _take(self, end: int) -> NDArray[np.float32]:
        """Cut off the sum before sample `end`, without what lies before sample 0."""
        count = max(end - self._sum_start, 0)
        done = self._sum[:count]
        skipped = min(max(-self._sum_start, 0), len(done))
        self._sum = self._sum[count:]
        self._sum_start += count
        return done[skipped:]


def _windows(grid: FrameGrid) -> NDArray[np.float32]:
    """The raised cosine about a frame's instant [kinds, 2 columns]."""
    columns = grid.num_columns
    distance = np.abs(grid.positions(-columns, 2 * columns))
    return raised_cosine(1.0 - np.minimum(distance, 1.0)).astype(np.float32)


def _rectangle(columns: int) -> NDArray[np.float32]:
    return np.ones((1, columns), np.float32)
