"""Rooms from sound files: an impulse response that the user brings."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.data.files import read_bytes
from musegen.midi_ddsp.audio.encoding import import_soundfile
from musegen.midi_ddsp.audio.reading import open_audio
from musegen.midi_ddsp.mixing.rooms import Room, level_taps

MAX_ROOM_S = 30.0
_SILENT = 1e-9


def looks_like_a_path(text: str) -> bool:
    """Whether a text is meant as a file: a separator, an extension, or it is there."""
    separators = [mark for mark in (os.sep, os.altsep) if mark]
    if any(mark in text for mark in separators) or Path(text).suffix:
        return True
    return Path(text).exists()


def read_room(path: str | Path, sample_rate: int) -> Room:
    """Read an impulse response.

    Mono serves left and right alike; of more than two channels the first two are
    taken. The first sample counts as 0, as that of any room, and the level is ours.

    Args:
        path: A sound file of at most 30 s.
        sample_rate: It is brought to this rate, in Hz.

    Raises:
        InputError: There is no such file, it is too long, silent, or not finite.
        FileFormatError: It is no sound file, or damaged.
    """
    label = str(path)
    with open_audio(Path(path)) as stream:
        original_rate = stream.original_sample_rate
        _refuse_long(label, stream.declared_duration_s)
    sound = _read(Path(path), label, round(MAX_ROOM_S * original_rate) + 1)
    _refuse_long(label, (len(sound) - 1) / original_rate)
    if not np.isfinite(sound).all():
        raise InputError(
            f"{label}: {int((~np.isfinite(sound)).sum())} samples are NaN or infinite: "
            "no room sounds like that; give another file"
        )
    pair = np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]
    taps = level_taps(_at_rate(pair, original_rate, sample_rate), sample_rate)
    if np.abs(taps).max(initial=0.0) < _SILENT:
        raise InputError(
            f"{label}: there is no sound after its first sample: a room needs some; "
            "give another file"
        )
    return Room(
        name=Path(path).stem,
        taps=taps,
        sample_rate=sample_rate,
        licence=f"from the file {Path(path).name}; its licence is not known to musegen",
    )


def _refuse_long(label: str, duration_s: float) -> None:
    if duration_s > MAX_ROOM_S:
        raise InputError(
            f"{label}: {duration_s:.0f} s or more of sound; an impulse response has at "
            f"most {MAX_ROOM_S:g} s: give that of a room"
        )


def _read(path: Path, label: str, max_frames: int) -> NDArray[np.float64]:
    """Return [n, channels], n at least 1."""
    soundfile = import_soundfile()
    data, _ = read_bytes(path)
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as handle:
            sound = handle.read(max_frames, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise FileFormatError(
            f"{label}: the file is damaged ({error}); export or download it again"
        ) from error
    if not len(sound):
        raise FileFormatError(
            f"{label}: there is not one sample in it; export it again"
        )
    return np.asarray(sound, np.float64)


def _at_rate(
    sound: NDArray[np.float64], original_rate: int, sample_rate: int
) -> NDArray[np.float64]:
    if original_rate == sample_rate:
        return sound
    import soxr

    resampled = soxr.resample(sound, original_rate, sample_rate, quality="VHQ")
    return np.asarray(resampled, np.float64)
