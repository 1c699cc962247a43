"""Sound files out: WAV, FLAC, Ogg and MP3, the same bytes for the same samples.

Samples beyond full scale are never clipped without a word: the caller names what is
done with them. Reading is in `musegen.midi_ddsp.audio.reading`.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, MissingPackageError, UsageError
from musegen.data.files import write_bytes
from musegen.data.notices import Notice
from musegen.midi_ddsp.audio.ogg import OggPages

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
    subtype = subtype_of(format, depth)
    check_sample_rate(sample_rate)
    limited, notices = _limit(
        np.asarray(samples, np.float64), beyond="keep" if depth == "float" else beyond
    )
    soundfile = import_soundfile()
    sink = io.BytesIO()
    try:
        soundfile.write(
            sink, coded(limited, subtype), sample_rate, format=format, subtype=subtype
        )
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise cannot_hold(format, sample_rate, error) from error
    return EncodedAudio(data=_without_chance(sink.getvalue()), notices=notices)


def subtype_of(format: str, depth: str) -> str:
    """Return libsndfile's name for how samples are held.

    Raises:
        UsageError: The format or depth is not known.
    """
    subtype = _SUBTYPES.get((format, depth))
    if subtype is None:
        known = ", ".join(f"{name} {bits}" for name, bits in _SUBTYPES)
        raise UsageError(
            f"sound cannot be written as {format or 'nothing'} {depth}; choose from "
            f"{known}"
        )
    return subtype


def check_sample_rate(sample_rate: int) -> None:
    """Refuse a sample rate below 1 Hz.

    Raises:
        UsageError: It is below 1.
    """
    if sample_rate < 1:
        raise UsageError(f"a sample rate is at least 1 Hz; got {sample_rate}")


def cannot_hold(format: str, sample_rate: int, error: Exception) -> UsageError:
    """Return the error for a format that does not know a rate or channels."""
    return UsageError(
        f"{format} cannot hold this sound at {sample_rate} Hz ({error}); choose "
        "another format or rate"
    )


def beyond_full_scale(num_samples: int, peak: float) -> str:
    """Say in words how many samples are beyond 1, and how far the largest is."""
    return f"{num_samples} samples go beyond full scale, up to {peak:.4g}"


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
    found = beyond_full_scale(int((np.abs(samples) > 1.0).sum()), peak)
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


def coded(samples: NDArray[np.float64], subtype: str) -> NDArray[Any]:
    """Return the numbers that a file shall hold, so that reading gives them back.

    Args:
        samples: Full scale 1, of any shape; limited to it where integers are.
        subtype: From `subtype_of`.

    Returns:
        int16 for `PCM_16`, int32 whose upper 24 bits count for `PCM_24`, else float32.
    """
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
        pages = OggPages()
        return pages.push(data) + pages.rest()
    return data
