"""Sound out as it is made: to a file that appears whole or not at all, or to a pipe.

    with AudioWriter(path, sample_rate=48000, channels=2) as writer:
        for block in blocks:                     # float32 [n, channels]
            writer.write(block)
    writer.notices()                             # what was clipped

Memory does not grow, and the bytes do not depend on how the blocks are cut. Whole
recordings are written by `musegen.midi_ddsp.audio.encoding`.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.data.notices import Notice
from musegen.engine.seeds import derive_seed
from musegen.midi_ddsp.audio.encoders import make_encoder
from musegen.midi_ddsp.audio.encoding import (
    Depth,
    beyond_full_scale,
    check_sample_rate,
)
from musegen.midi_ddsp.audio.targets import target_of
from musegen.midi_ddsp.dsp.noise_source import WhiteNoise

STREAM_NAME = "the output stream"
_LSB_16 = 2.0**-15


class AudioWriter:
    """Writes a sound in pieces; a context manager.

    Leaving it after an error leaves no file. To a pipe (a stream, or the path of a
    device) bytes go at once and in order: a WAV header then says "to the end"
    (0xFFFFFFFF), FLAC and MP3 lack their length, Ogg is the same as in a file. An
    `io.BytesIO` gets what a file gets. WAV files beyond 4 GB are RF64.

    16-bit WAV and FLAC get triangular dither of one step to either side, the same for
    the same seed; exact zeros stay zeros. Samples beyond full scale are clipped, and
    `notices` says so; `float` files hold them as they are.

    Args:
        target: A path, or a stream such as `sys.stdout.buffer`, which is not closed.
        sample_rate: In Hz.
        channels: At least 1.
        format: One of `musegen.midi_ddsp.audio.encoding.FORMATS`; without it the
            extension of the path, and `wav` for a stream.
        depth: Bits of a sample, or `float`; Ogg and MP3 know only `16`.
        overwrite: Whether an existing file may be replaced.
        dither_seed: Any integer; None to round without dither.
        name: Name for messages; without it the path.

    Raises:
        UsageError: The format, depth, rate or number of channels cannot be.
        MissingPackageError: Not WAV, and soundfile is not there.
    """

    def __init__(
        self,
        target: Path | BinaryIO,
        *,
        sample_rate: int,
        channels: int,
        format: str | None = None,
        depth: Depth = "16",
        overwrite: bool = False,
        dither_seed: int | None = 0,
        name: str | None = None,
    ) -> None:
        if channels < 1:
            raise UsageError(f"a sound has at least 1 channel; got {channels}")
        check_sample_rate(sample_rate)
        own_format, own_name = "wav", STREAM_NAME
        if isinstance(target, Path):
            own_format, own_name = target.suffix.removeprefix("."), str(target)
        format = (own_format if format is None else format).lower()
        self._encoder = make_encoder(
            format=format,
            depth=depth,
            sample_rate=sample_rate,
            num_channels=channels,
        )
        self._name = name or own_name
        self._target = target_of(target, name=self._name, overwrite=overwrite)
        self._sample_rate = sample_rate
        self._num_channels = channels
        self._is_float = depth == "float"
        has_dither = format in {"wav", "flac"} and depth == "16"
        self._dither: _Dither | None = None
        if has_dither and dither_seed is not None:
            self._dither = _Dither(dither_seed, channels)
        self._num_frames = 0
        self._num_beyond = 0
        self._peak = 0.0

    @property
    def num_frames(self) -> int:
        """How many frames were written."""
        return self._num_frames

    @property
    def duration_s(self) -> float:
        """How much sound was written, in seconds."""
        return self._num_frames / self._sample_rate

    def __enter__(self) -> AudioWriter:
        """Make the target ready.

        Raises:
            OutputExistsError: The file exists and may not be replaced.
            OutputError: It cannot be written there.
        """
        self._target.open()
        return self

    def write(self, block: NDArray[np.float32]) -> None:
        """Add a piece of sound.

        Args:
            block: [n, channels], or [n] for one channel; full scale 1.

        Raises:
            UsageError: The number of channels is another.
            InputError: A sample is not finite.
            OutputError: It cannot be written, for instance because the disk is full.
            BrokenPipeError: The reader of a pipe went away.
        """
        samples = block[:, None] if block.ndim == 1 else block
        if samples.ndim != 2 or samples.shape[1] != self._num_channels:
            raise UsageError(
                f"this sound has {self._num_channels} channels; got an array of the "
                f"shape {list(block.shape)}"
            )
        self._refuse_what_is_no_number(samples)
        if not self._is_float:
            samples = self._clipped(samples)
        if self._dither is not None:
            samples = self._dither.add(samples, self._num_frames)
        self._num_frames += len(samples)
        self._target.write(self._encoder.encode(samples))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Finish the file, or leave nothing behind after an error.

        Raises:
            InputError: Not one sample came.
            OutputError: It cannot be written to its end.
            BrokenPipeError: The reader of a pipe went away.
        """
        if kind is not None:
            self._target.discard()
            return
        try:
            if not self._num_frames:
                raise InputError(
                    f"{self._name}: there is not one sample of sound to write; check "
                    "what was to sound"
                )
            last, patches = self._encoder.finish()
            self._target.write(last)
            self._target.finish(patches)
        except BaseException:
            self._target.discard()
            raise

    def notices(self) -> tuple[Notice, ...]:
        """Return what was done to the samples so far."""
        if not self._num_beyond:
            return ()
        found = beyond_full_scale(self._num_beyond, self._peak)
        return (Notice(code="clipped", message=f"{found}; they were clipped to 1"),)

    def _refuse_what_is_no_number(self, samples: NDArray[np.float32]) -> None:
        is_number = np.isfinite(samples)
        if not is_number.all():
            first = self._num_frames + int(np.argmin(is_number.all(axis=1)))
            raise InputError(
                f"{int((~is_number).sum())} samples from "
                f"{first / self._sample_rate:.2f} s on are NaN or infinite: such sound "
                "is not written"
            )

    def _clipped(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        peak = float(np.abs(samples).max(initial=0.0))
        if peak <= 1.0:
            return samples
        self._num_beyond += int((np.abs(samples) > 1.0).sum())
        self._peak = max(self._peak, peak)
        return np.clip(samples, -1.0, 1.0)


class _Dither:
    """Triangular noise, each sample's by its number."""

    def __init__(self, seed: int, num_channels: int) -> None:
        self._sources = [
            [WhiteNoise(seed=derive_seed(seed, "dither", side, k)) for k in range(2)]
            for side in range(num_channels)
        ]

    def add(self, samples: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """Return [n, channels] with dither; `first` is the number of the first."""
        noise = np.stack(
            [
                sum(source.samples(first, len(samples)) for source in pair)
                for pair in self._sources
            ],
            axis=1,
        )
        dithered = samples + noise * np.float32(0.5 * _LSB_16)
        return np.where(samples == 0.0, samples, dithered).astype(np.float32)
