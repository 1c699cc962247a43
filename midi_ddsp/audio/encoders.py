"""Samples to the bytes of a sound file as they come, without ever going back.

What would have to be put right at the file's start once its length is known comes as
patches in the end; a pipe does without. Where bytes go is in
`musegen.midi_ddsp.audio.targets`.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.audio.encoding import (
    cannot_hold,
    coded,
    import_soundfile,
    subtype_of,
)
from musegen.midi_ddsp.audio.ogg import OggPages
from musegen.midi_ddsp.mixing.blocks import BlockQueue

UNKNOWN_SIZE = 0xFFFF_FFFF  # in a header: read to the end
LARGEST_RIFF = 0xFFFF_FFFE  # bytes after the first 8; more is RF64
_BLOCK_FRAMES = 4096  # what libsndfile gets at once
_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
_TAG_PCM, _TAG_FLOAT = 1, 3
_DS64_BYTES = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Bytes that belong at an earlier place of a file.

    Args:
        position: Where, in bytes from the start.
        data: What.
    """

    position: int
    data: bytes


class Encoder(Protocol):
    """One sound file in the making."""

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """Take [n, channels] and return the bytes that are ready, maybe none."""
        ...

    def finish(self) -> tuple[bytes, list[Patch]]:
        """Return the last bytes, and what is to be put right before them."""
        ...


def make_encoder(
    *, format: str, depth: str, sample_rate: int, num_channels: int
) -> Encoder:
    """Return an encoder.

    Raises:
        UsageError: The format or depth is not known, or cannot have this rate.
        MissingPackageError: Not WAV, and soundfile is not there.
    """
    subtype = subtype_of(format, depth)
    if format == "wav":
        return WavEncoder(
            subtype=subtype, sample_rate=sample_rate, num_channels=num_channels
        )
    return SoundfileEncoder(
        format=format,
        subtype=subtype,
        sample_rate=sample_rate,
        num_channels=num_channels,
    )


class WavEncoder:
    """WAV without going back: the header says 0xFFFFFFFF for "to the end".

    Players and libraries that read from pipes know that. Where the file can be patched
    it gets its true sizes; beyond 4 GB it becomes RF64 (EBU Tech 3306), for which a
    chunk `JUNK` keeps the place.

    Args:
        subtype: `PCM_16`, `PCM_24` or `FLOAT`.
        sample_rate: In Hz.
        num_channels: At least 1.
    """

    def __init__(self, *, subtype: str, sample_rate: int, num_channels: int) -> None:
        self._subtype = subtype
        self._sample_rate = sample_rate
        self._num_channels = num_channels
        self._num_frames = 0
        self._has_begun = False

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """Return the bytes of [n, channels], the header before the first."""
        start = b"" if self._has_begun else self.header(None)
        self._has_begun = True
        self._num_frames += len(samples)
        numbers = coded(samples.astype(np.float64), self._subtype)
        if self._subtype == "PCM_24":  # the upper three of four bytes
            four = np.ascontiguousarray(numbers, "<i4").view(np.uint8)
            return start + four.reshape(-1, 4)[:, 1:].tobytes()
        little = numbers.astype(numbers.dtype.newbyteorder("<"), copy=False)
        return start + little.tobytes()

    def finish(self) -> tuple[bytes, list[Patch]]:
        """Return a byte that makes the length even, and the header with its sizes."""
        start = b"" if self._has_begun else self.header(None)
        padding = bytes(self._data_bytes(self._num_frames) % 2)
        return start + padding, [Patch(position=0, data=self.header(self._num_frames))]

    def header(self, num_frames: int | None) -> bytes:
        """Return all before the samples; the same length for every number of frames.

        Args:
            num_frames: None where it is not known.
        """
        data_bytes = self._data_bytes(num_frames or 0)
        description = self._description(num_frames)
        # From `WAVE` on: the place of ds64, the description, the samples.
        riff_bytes = 4 + 8 + _DS64_BYTES + len(description) + 8
        riff_bytes += data_bytes + data_bytes % 2
        is_long = riff_bytes > LARGEST_RIFF
        place = bytes(_DS64_BYTES)
        if is_long:
            place = struct.pack("<QQQI", riff_bytes, data_bytes, num_frames or 0, 0)
        if is_long or num_frames is None:
            riff_bytes = data_bytes = UNKNOWN_SIZE
        return (
            struct.pack("<4sI4s", b"RF64" if is_long else b"RIFF", riff_bytes, b"WAVE")
            + struct.pack("<4sI", b"ds64" if is_long else b"JUNK", _DS64_BYTES)
            + place
            + description
            + struct.pack("<4sI", b"data", data_bytes)
        )

    def _description(self, num_frames: int | None) -> bytes:
        """Return the chunk `fmt `, and `fact` for floats."""
        is_float = self._subtype == "FLOAT"
        frame_bytes = _BYTES[self._subtype] * self._num_channels
        description = struct.pack(
            "<4sIHHIIHH",
            b"fmt ",
            16,
            _TAG_FLOAT if is_float else _TAG_PCM,
            self._num_channels,
            self._sample_rate,
            self._sample_rate * frame_bytes,
            frame_bytes,
            8 * _BYTES[self._subtype],
        )
        if not is_float:
            return description
        frames = UNKNOWN_SIZE if num_frames is None else min(num_frames, UNKNOWN_SIZE)
        return description + struct.pack("<4sII", b"fact", 4, frames)

    def _data_bytes(self, num_frames: int) -> int:
        return num_frames * self._num_channels * _BYTES[self._subtype]


class SoundfileEncoder:
    """FLAC, Ogg and MP3 by libsndfile, in memory and piece by piece.

    Args:
        format: `flac`, `ogg` or `mp3`.
        subtype: As libsndfile names it.
        sample_rate: In Hz.
        num_channels: At least 1.

    Raises:
        UsageError: The format cannot have this rate or number of channels.
    """

    def __init__(
        self, *, format: str, subtype: str, sample_rate: int, num_channels: int
    ) -> None:
        soundfile = import_soundfile()
        self._sink = _Sink()
        self._subtype = subtype
        self._pages = OggPages() if format == "ogg" else None
        self._queue = BlockQueue(_BLOCK_FRAMES, (num_channels,))
        try:
            self._handle: Any = soundfile.SoundFile(
                self._sink,
                mode="w",
                samplerate=sample_rate,
                channels=num_channels,
                format=format.upper(),
                subtype=subtype,
            )
        except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
            raise cannot_hold(format, sample_rate, error) from error

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """Return the bytes that are ready once [n, channels] is taken."""
        for block in self._queue.push(samples):
            self._handle.write(coded(block.astype(np.float64), self._subtype))
        return self._taken()

    def finish(self) -> tuple[bytes, list[Patch]]:
        """Return the last bytes, and the header with its length."""
        rest = self._queue.rest()
        if len(rest):
            self._handle.write(coded(rest.astype(np.float64), self._subtype))
        self._handle.close()
        last = self._taken()
        if self._pages is not None:
            last += self._pages.rest()
        return last, self._sink.patches

    def _taken(self) -> bytes:
        data = self._sink.take()
        return data if self._pages is None else self._pages.push(data)


class _Sink:
    """A file in memory whose finished part is taken away as it grows."""

    def __init__(self) -> None:
        self.patches: list[Patch] = []
        self._taken = 0  # bytes that are gone
        self._bytes = bytearray()
        self._place = 0

    def take(self) -> bytes:
        """Return the bytes since the last time."""
        data, self._bytes = bytes(self._bytes), bytearray()
        self._taken += len(data)
        return data

    def write(self, data: Any) -> int:
        content = bytes(data)
        gone = min(max(self._taken - self._place, 0), len(content))
        if gone:
            self.patches.append(Patch(position=self._place, data=content[:gone]))
        first = self._place + gone - self._taken
        self._bytes[first : first + len(content) - gone] = content[gone:]
        self._place += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        end = self._taken + len(self._bytes)
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: end}[whence]
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def read(self, size: int) -> bytes:  # libsndfile wants it to be there
        return b""

    def readinto(self, buffer: Any) -> int:
        return 0
