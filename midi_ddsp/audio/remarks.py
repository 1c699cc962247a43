"""What is odd about the samples of a sound file, found block by block.

For `musegen.midi_ddsp.audio.reading`, which reads the blocks. Nothing here changes a
sample, but for those that are not numbers; everything found becomes a `Notice`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError
from musegen.data.notices import Notice

MAX_BAD_SHARE = 0.01
"""Share of samples that may be NaN or infinite before a file is refused."""
MAX_PEAK = 1e10
"""Of full scale; more (200 dB) is no level of any program's."""
MAX_DC_OFFSET = 0.01
"""Mean of a channel, of full scale, from which it is said."""
CANCELLED_SHARE = 0.01
"""Energy of the mixdown, of that of the channels, below which they cancel."""
MIN_CLIPPED_RUN = 3
"""Samples in a row at full scale that make a flat top."""
MIN_CLIPPED_SHARE = 1e-5
"""Share of samples in flat tops from which it is said."""
EDGE_STEPS = 3.0
"""A flat top is entered or left by more than so many quantization steps; the rounded
top of an unclipped wave, by two at the most (a parabola, rounded)."""

_FULL_SCALE_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_DEFAULT_BITS = 16  # floats and lossy formats have been through 16 bits, or sound so


@dataclass(slots=True, kw_only=True)
class SampleRemarks:
    """Gathers what there is to say while blocks go by.

    Args:
        label: Name of the file for messages.
        sample_rate: Of the file, in Hz.
        num_channels: Of the file, at least 1.
        subtype: soundfile's name of the coding, such as `PCM_24`.
    """

    label: str
    sample_rate: int
    num_channels: int
    subtype: str
    num_frames: int = 0
    peak: float = 0.0
    _num_bad: int = 0
    _first_bad: int = -1
    _num_clipped: int = 0
    _first_clipped: int = -1
    _mixed_energy: float = 0.0
    _sums: NDArray[np.float64] = field(init=False)
    _energies: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self._sums = np.zeros(self.num_channels)
        self._energies = np.zeros(self.num_channels)

    def mix(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take note of a block and return its mean over the channels.

        Args:
            block: Samples as they are in the file, float32 [n, num_channels]. Those
                that are not finite are set to 0 in place.

        Returns:
            Mono, float32 [n].
        """
        self._repair(block)
        self._find_clipping(block)
        wide = block.astype(np.float64)
        mono: NDArray[np.float64] = wide.mean(axis=1)
        self._sums += wide.sum(axis=0)
        self._energies += (wide**2).sum(axis=0)
        self._mixed_energy += float((mono**2).sum())
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
        self.num_frames += len(block)
        return mono.astype(np.float32)

    def notices(self) -> tuple[Notice, ...]:
        """Return what there is to say, once all blocks have gone by.

        Raises:
            FileFormatError: More than 1 % of the samples are not numbers, or their
                levels lie far beyond full scale.
        """
        self._refuse_bad()
        self._refuse_loud()
        found = [
            self._mixdown(),
            self._bad(),
            self._level(),
            self._clipping(),
            self._dc_offset(),
        ]
        return tuple(notice for notice in found if notice is not None)

    def _repair(self, block: NDArray[np.float32]) -> None:
        is_bad = ~np.isfinite(block)
        if is_bad.any():
            if self._first_bad < 0:
                first = int(is_bad.any(axis=1).argmax())
                self._first_bad = self.num_frames + first
            self._num_bad += int(is_bad.sum())
            block[is_bad] = 0.0

    def _find_clipping(self, block: NDArray[np.float32]) -> None:
        step = 2.0 ** (1 - _FULL_SCALE_BITS.get(self.subtype, _DEFAULT_BITS))
        for channel in range(self.num_channels):
            for sign in (1.0, -1.0):
                starts, lengths = flat_tops(sign * block[:, channel], step=step)
                if starts.size:
                    self._num_clipped += int(lengths.sum())
                    first = self.num_frames + int(starts[0])
                    if self._first_clipped < 0 or first < self._first_clipped:
                        self._first_clipped = first

    def _time(self, frame: int) -> str:
        return f"{frame / self.sample_rate:.3f} s"

    @property
    def _num_samples(self) -> int:
        return max(1, self.num_frames * self.num_channels)

    def _refuse_bad(self) -> None:
        share = self._num_bad / self._num_samples
        if share > MAX_BAD_SHARE:
            raise FileFormatError(
                f"{self.label}: {share:.1%} of the samples are not numbers (NaN or "
                f"infinite, first at {self._time(self._first_bad)}); export it again"
            )

    def _refuse_loud(self) -> None:
        if self.peak > MAX_PEAK:
            raise FileFormatError(
                f"{self.label}: samples go up to {self.peak:.2g}, where full scale is "
                "1: these are no levels of a sound; export it again, as 24 bits or as "
                "floats from -1 to 1"
            )

    def _bad(self) -> Notice | None:
        if not self._num_bad:
            return None
        return Notice(
            code="samples-not-numbers",
            message=f"{self._num_bad} samples were NaN or infinite, first at "
            f"{self._time(self._first_bad)}; they are taken as 0",
        )

    def _mixdown(self) -> Notice | None:
        if self.num_channels == 1:
            return None
        energy = float(self._energies.mean())
        if energy > 0.0 and self._mixed_energy < CANCELLED_SHARE * energy:
            return Notice(
                code="channels-cancel",
                message=f"the {self.num_channels} channels cancel one another when "
                "mixed to mono; turn the sign of one of them, or export one alone",
            )
        return Notice(
            code="mixed-to-mono",
            message=f"{self.num_channels} channels were mixed to one (their mean)",
        )

    def _level(self) -> Notice | None:
        if self.num_frames and self.peak == 0.0:
            return Notice(code="silent", message="every sample is zero: it is silent")
        if self.peak > 1.0:
            return Notice(
                code="beyond-full-scale",
                message=f"samples go up to {self.peak:.4g}, beyond full scale (1); "
                "they are kept",
            )
        return None

    def _clipping(self) -> Notice | None:
        share = self._num_clipped / self._num_samples
        if share < MIN_CLIPPED_SHARE:
            return None
        return Notice(
            code="clipped",
            message=f"{share:.2%} of the samples are clipped (flat at full scale, "
            f"first at {self._time(self._first_clipped)}): it was recorded too loud",
        )

    def _dc_offset(self) -> Notice | None:
        means = self._sums / max(1, self.num_frames)
        worst = float(means[np.abs(means).argmax()])
        if abs(worst) <= MAX_DC_OFFSET:
            return None
        return Notice(
            code="dc-offset",
            message=f"the samples lie {worst:+.3f} of full scale beside zero in the "
            "mean (DC offset); they are kept as they are",
        )


def flat_tops(
    samples: NDArray[np.float32], *, step: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where a wave stands flat at full scale, as clipping leaves it.

    Args:
        samples: One channel, [n], full scale 1; only its upper side is looked at.
        step: Quantization step of the coding, of full scale.

    Returns:
        First sample and length of each flat top, int64 [k] each: 3 samples or more,
        with a jump before or after that no rounded top has.
    """
    is_full = np.zeros(len(samples) + 2, bool)
    is_full[1:-1] = np.abs(samples - 1.0) <= 1.5 * step
    edges: NDArray[Any] = np.flatnonzero(is_full[1:] != is_full[:-1])
    starts, ends = edges[::2], edges[1::2]
    is_long = ends - starts >= MIN_CLIPPED_RUN
    starts, ends = starts[is_long], ends[is_long]
    if not starts.size:
        return starts, ends
    last = len(samples) - 1
    rise = samples[starts] - samples[np.maximum(starts - 1, 0)]
    fall = samples[ends - 1] - samples[np.minimum(ends, last)]
    is_abrupt = np.maximum(rise, fall) > EDGE_STEPS * step
    return starts[is_abrupt], (ends - starts)[is_abrupt]
