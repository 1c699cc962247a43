"""Bytes of sound files without going back."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile

from musegen.data.errors import UsageError
from musegen.midi_ddsp.audio import encoders as audio_writing_encoders
from musegen.midi_ddsp.audio.encoders import (
    SoundfileEncoder,
    WavEncoder,
    make_encoder,
)

RATE = 16_000
SOUND = np.random.default_rng(0).uniform(-1, 1, (501, 2)).astype(np.float32)
ONE_HOUR = 3600 * 48_000


def wav(subtype: str, num_channels: int = 2) -> WavEncoder:
    return WavEncoder(subtype=subtype, sample_rate=RATE, num_channels=num_channels)


def patched(encoder: WavEncoder | SoundfileEncoder) -> bytes:
    data = bytearray(encoder.encode(SOUND))
    last, patches = encoder.finish()
    data += last
    for patch in patches:
        data[patch.position : patch.position + len(patch.data)] = patch.data
    return bytes(data)


@pytest.mark.parametrize(
    ("subtype", "step"), [("PCM_16", 2**-15), ("PCM_24", 2**-23), ("FLOAT", 0.0)]
)
@pytest.mark.parametrize("has_sizes", [True, False])
def test_wav_is_read_with_and_without_its_sizes(
    subtype: str, step: float, has_sizes: bool
) -> None:
    encoder = wav(subtype)
    data = patched(encoder) if has_sizes else encoder.encode(SOUND)
    found, rate = soundfile.read(io.BytesIO(data), dtype="float64")
    assert rate == RATE
    assert found.shape == SOUND.shape
    assert np.abs(found - SOUND).max() <= step
    with soundfile.SoundFile(io.BytesIO(data)) as handle:
        assert handle.subtype == subtype


def test_a_wav_of_odd_length_is_padded() -> None:
    encoder = wav("PCM_24", num_channels=1)
    encoder.encode(np.zeros((3, 1), np.float32))
    last, _ = encoder.finish()
    assert last == b"\0"


def test_a_wav_without_samples_has_a_header() -> None:
    last, (patch,) = wav("PCM_16").finish()
    assert len(last) == len(patch.data)
    assert last[:4] == b"RIFF"
    assert len(soundfile.read(io.BytesIO(patch.data))[0]) == 0


def test_beyond_four_gigabytes_a_wav_is_rf64() -> None:
    encoder = wav("PCM_24")
    short, long = encoder.header(ONE_HOUR), encoder.header(5 * ONE_HOUR)
    assert len(short) == len(long) == len(encoder.header(None))
    assert (short[:4], short[12:16]) == (b"RIFF", b"JUNK")
    assert (long[:4], long[12:16]) == (b"RF64", b"ds64")
    data_bytes = 5 * ONE_HOUR * 6
    assert data_bytes > 2**32
    found = struct.unpack("<QQQ", long[20:44])
    assert found == (len(long) - 8 + data_bytes, data_bytes, 5 * ONE_HOUR)
    assert long[-4:] == long[4:8] == b"\xff" * 4


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_rf64_is_read(subtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio_writing_encoders, "LARGEST_RIFF", 100)
    data = patched(wav(subtype))
    with soundfile.SoundFile(io.BytesIO(data)) as handle:
        assert (handle.format, handle.frames) == ("RF64", len(SOUND))
        assert np.abs(handle.read() - SOUND).max() <= 2**-15


@pytest.mark.parametrize("format", ["flac", "ogg", "mp3"])
def test_libsndfile_gets_the_same_whatever_the_pieces(format: str) -> None:
    whole, pieces = (
        make_encoder(format=format, depth="16", sample_rate=RATE, num_channels=2)
        for _ in range(2)
    )
    sound = np.tile(0.5 * SOUND, (30, 1))
    data = whole.encode(sound)
    in_pieces = b"".join(
        pieces.encode(sound[first : first + 777]) for first in range(0, 15_030, 777)
    )
    (last, patches), (last_too, patches_too) = whole.finish(), pieces.finish()
    assert data + last == in_pieces + last_too
    assert patches == patches_too
    assert bool(patches) == (format != "ogg")


@pytest.mark.parametrize(
    ("format", "depth", "rate", "channels", "message"),
    [
        ("aac", "16", RATE, 2, "choose from wav 16"),
        ("ogg", "24", RATE, 2, "cannot be written as ogg 24"),
        ("mp3", "16", 12_345, 2, "mp3 cannot hold"),
        ("mp3", "16", RATE, 5, "mp3 cannot hold"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    format: str, depth: str, rate: int, channels: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        make_encoder(
            format=format, depth=depth, sample_rate=rate, num_channels=channels
        )
