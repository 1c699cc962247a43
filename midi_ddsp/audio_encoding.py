"""Sound files out: WAV, FLAC, Ogg and MP3, the same bytes for the same samples.

Samples beyond full scale are never clipped without a word: the caller names what is
done with them. Reading is in `musegen.midi_ddsp.audio_files`.
"""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, MissingPackageError, UsageError
from musegen.data.files import write_bytes
from musegen.data.notices import Notice

Depth = Literal["16", "24", "float"]
Beyond = Literal["refuse", "clip", "scale"]

FORMATS = ("wav", "flac", "ogg", "mp3")
"""What can be written; also the extensions."""

_SUBTYPES = {
    ("wav", "16"): "PCM_16",
    ("wav", "24"): "PCM_24",
    ("wav", "float"): "FLOAT",
    ("flac", "16"): "PCM_16",
    ("flac", "24"): "PCM_24",
    ("ogg", "16"): "VORBIS",
    ("mp3", "16"): "MPEG_LAYER_III",
}
_MAX_INT16 = 2**15 - 1
_MAX_INT24 = 2**23 - 1
_PEAK_TIME = slice(12, 16)  # within a PEAK chunk: identifier, size, version, time
_OGG_SERIAL = b"mgen"
_OGG_POLYNOMIAL = 0x04C1_1DB7


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedAudio:
    """A sound file as bytes.

    Args:
        data: The whole file.
        notices: What was done to the samples.
    """

    data: bytes
    notices: tuple[Notice, ...] = ()


def import_soundfile() -> Any:
    """Return soundfile.

    Raises:
        MissingPackageError: It, or the library it needs, is not there.
    """
    try:
        import soundfile
    except (ModuleNotFoundError, OSError) as error:
        raise MissingPackageError(
            "soundfile", extra="player", purpose="Reading and writing sound"
        ) from error
    return soundfile


def write_audio(
    path: Path,
    samples: NDArray[np.floating[Any]],
    sample_rate: int,
    *,
    format: str | None = None,
    depth: Depth = "16",
    beyond: Beyond = "refuse",
    overwrite: bool = False,
) -> tuple[Notice, ...]:
    """Write a sound file, whole or not at all.

    Args:
        path: Where; the folder must exist.
        samples: Full scale 1: mono [N] or [N, channels].
        sample_rate: In Hz.
        format: One of `FORMATS`; without it the extension of the path.
        depth: Bits of a sample, or `float`; Ogg and MP3 know only `16`.
        beyond: What to do with samples beyond 1: `refuse`, `clip` them to 1, or
            `scale` all so that the largest is 1. `float` files hold them as they are.
        overwrite: Whether an existing file may be replaced.

    Returns:
        What was done to the samples.

    Raises:
        InputError: A sample is not finite, or beyond 1 and that is refused.
        UsageError: The format or depth is not known.
        OutputError: It cannot be written.
    """
    chosen = (format or path.suffix.removeprefix(".")).lower()
    encoded = encode_audio(
        samples, sample_rate, format=chosen, depth=depth, beyond=beyond
    )
    write_bytes(path, encoded.data, overwrite=overwrite)
    return encoded.notices


def encode_audio(
    samples: NDArray[np.floating[Any]],
    sample_rate: int,
    *,
    format: str = "wav",
    depth: Depth = "16",
    beyond: Beyond = "refuse",
) -> EncodedAudio:
    """Return a sound file as bytes; arguments as in `write_audio`.

    Raises:
        InputError: A sample is not finite, or beyond 1 and that is refused.
        UsageError: The format or depth is not known.
    """
    subtype = _SUBTYPES.get((format, depth))
    if subtype is None:
        known = ", ".join(f"{name} {bits}" for name, bits in _SUBTYPES)
        raise UsageError(
            f"sound cannot be written as {format or 'nothing'} {depth}; choose from "
            f"{known}"
        )
    if sample_rate < 1:
        raise UsageError(f"a sample rate is at least 1 Hz; got {sample_rate}")
    limited, notices = _limit(
        np.asarray(samples, np.float64), beyond="keep" if depth == "float" else beyond
    )
    soundfile = import_soundfile()
    sink = io.BytesIO()
    try:
        soundfile.write(
            sink, _coded(limited, subtype), sample_rate, format=format, subtype=subtype
        )
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{format} cannot hold this sound at {sample_rate} Hz ({error}); choose "
            "another format or rate"
        ) from error
    return EncodedAudio(data=_without_chance(sink.getvalue()), notices=notices)


def to_int16(samples: NDArray[np.floating[Any]]) -> NDArray[np.int16]:
    """Return samples as 16-bit integers, [N]; beyond full scale they are limited.

    The inverse, `x / 32768`, is exact: it is what reading a 16-bit file gives.
    """
    scaled = np.rint(np.asarray(samples, np.float64) * (_MAX_INT16 + 1))
    return np.clip(scaled, -_MAX_INT16 - 1, _MAX_INT16).astype(np.int16)


def _limit(
    samples: NDArray[np.float64], *, beyond: str
) -> tuple[NDArray[np.float64], tuple[Notice, ...]]:
    if not np.isfinite(samples).all():
        raise InputError(
            f"{int((~np.isfinite(samples)).sum())} samples are NaN or infinite: such "
            "sound is not written"
        )
    peak = float(np.abs(samples).max(initial=0.0))
    if peak <= 1.0 or beyond == "keep":
        return samples, ()
    count = int((np.abs(samples) > 1.0).sum())
    found = f"{count} samples go beyond full scale, up to {peak:.4g}"
    if beyond == "clip":
        notice = Notice(code="clipped", message=f"{found}; they were clipped to 1")
        return np.clip(samples, -1.0, 1.0), (notice,)
    if beyond == "scale":
        notice = Notice(
            code="scaled",
            message=f"{found}; all were made softer by {20 * np.log10(peak):.1f} dB",
        )
        return samples / peak, (notice,)
    raise InputError(f"{found}: clip them, scale them, or write a float file")


def _coded(samples: NDArray[np.float64], subtype: str) -> NDArray[Any]:
    """Return the integers that a file shall hold, so that reading gives them back."""
    if subtype == "PCM_16":
        return to_int16(samples)
    if subtype == "PCM_24":
        scaled = np.rint(samples * (_MAX_INT24 + 1))
        limited = np.clip(scaled, -_MAX_INT24 - 1, _MAX_INT24).astype(np.int32)
        return limited << 8  # soundfile takes the upper 24 of 32 bits
    return samples.astype(np.float32)


def _without_chance(data: bytes) -> bytes:
    """Take out of a file what libsndfile draws or reads off the clock."""
    if data[:4] == b"RIFF":
        place = data.find(b"PEAK", 0, 256)
        if place < 0:
            return data
        changed = bytearray(data)
        changed[place + _PEAK_TIME.start : place + _PEAK_TIME.stop] = bytes(4)
        return bytes(changed)
    if data[:4] == b"OggS":
        return _with_fixed_serial(data)
    return data


def _with_fixed_serial(data: bytes) -> bytes:
    """Give every Ogg page one serial number, and its checksum anew (RFC 3533)."""
    changed = bytearray(data)
    place = 0
    while changed[place : place + 4] == b"OggS":
        num_segments = changed[place + 26]
        sizes = changed[place + 27 : place + 27 + num_segments]
        end = place + 27 + num_segments + sum(sizes)
        changed[place + 14 : place + 18] = _OGG_SERIAL
        changed[place + 22 : place + 26] = bytes(4)
        checksum = _ogg_checksum(changed[place:end])
        changed[place + 22 : place + 26] = checksum.to_bytes(4, "little")
        place = end
    return bytes(changed)


@functools.cache
def _ogg_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1) ^ (_OGG_POLYNOMIAL if value & 0x8000_0000 else 0)
        table.append(value & 0xFFFF_FFFF)
    return tuple(table)


def _ogg_checksum(page: bytearray) -> int:
    table, value = _ogg_table(), 0
    for byte in page:
        value = ((value << 8) & 0xFFFF_FFFF) ^ table[(value >> 24) ^ byte]
    return value
