"""Sound written as it is made."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import (
    InputError,
    OutputError,
    OutputExistsError,
    UsageError,
)
from musegen.midi_ddsp.audio.encoding import FORMATS, Depth
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.audio.writing import AudioWriter

RATE = 16_000
LENGTH = 2 * RATE
TONES = np.stack(
    [0.5 * np.sin(np.arange(LENGTH) * 0.1), 0.3 * np.sin(np.arange(LENGTH) * 0.05)],
    axis=1,
).astype(np.float32)
KINDS: list[tuple[str, Depth, float]] = [
    ("wav", "16", 2**-14),
    ("wav", "24", 2**-23),
    ("wav", "float", 0.0),
    ("flac", "16", 2**-14),
    ("flac", "24", 2**-23),
    ("ogg", "16", 0.06),
    ("mp3", "16", 0.06),
]
each_kind = pytest.mark.parametrize(("container", "depth", "error"), KINDS)


class Pipe(io.RawIOBase):
    """What cannot be sought in, and may have lost its reader."""

    def __init__(self, *, capacity: int = 10**9) -> None:
        self.data = bytearray()
        self.capacity = capacity

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | memoryview) -> int:  # type: ignore[override]
        if len(self.data) + len(data) > self.capacity:
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")
        self.data += data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        raise AssertionError("nobody may seek in a pipe")


def written(
    sound: NDArray[np.float32],
    container: str = "wav",
    depth: Depth = "16",
    *,
    cuts: tuple[int, ...] = (),
    dither_seed: int | None = 0,
) -> bytes:
    stream = Pipe()
    channels = sound.shape[1] if sound.ndim == 2 else 1
    with AudioWriter(
        stream,  # type: ignore[arg-type]
        sample_rate=RATE,
        channels=channels,
        format=container,
        depth=depth,
        dither_seed=dither_seed,
    ) as writer:
        for piece in np.split(sound, sorted(cuts)):
            writer.write(piece)
    return bytes(stream.data)


@each_kind
def test_what_is_written_to_a_file_is_read(
    container: str, depth: Depth, error: float, tmp_path: Path
) -> None:
    path = tmp_path / f"tones.{container}"
    with AudioWriter(path, sample_rate=RATE, channels=2, depth=depth) as writer:
        for piece in np.array_split(TONES, 7):
            writer.write(piece)
    assert (writer.num_frames, writer.duration_s) == (LENGTH, 2.0)
    assert writer.notices() == ()
    found, rate = soundfile.read(path)
    assert rate == RATE
    assert len(found) >= LENGTH
    assert np.abs(found[:LENGTH] - TONES).max() <= error
    notices = read_audio(path).notices
    assert [notice.code for notice in notices] == ["mixed-to-mono"]


@pytest.mark.parametrize(("container", "depth", "error"), KINDS[:-1])
def test_a_pipe_gets_a_stream_that_is_read(
    container: str, depth: Depth, error: float
) -> None:
    data = written(TONES, container, depth)
    with soundfile.SoundFile(io.BytesIO(data)) as handle:
        blocks = [handle.read(RATE // 4) for _ in range(7)]
    found = np.concatenate(blocks)
    assert np.abs(found - TONES[: len(found)]).max() <= error


def test_an_mp3_from_a_pipe_begins_with_an_empty_frame() -> None:
    """Its place was kept for a head that a pipe cannot get any more."""
    with soundfile.SoundFile(io.BytesIO(written(TONES, "mp3"))) as handle:
        found = handle.read(8_000)
    assert np.abs(found[:500]).max() < 0.01
    loudest = np.abs(found[4_000:]).max(axis=0)
    assert loudest == pytest.approx([0.5, 0.3], abs=0.06)


@each_kind
def test_memory_gets_what_a_file_gets(
    container: str, depth: Depth, error: float, tmp_path: Path
) -> None:
    path, memory = tmp_path / f"a.{container}", io.BytesIO()
    for place in (path, memory):
        with AudioWriter(
            place, sample_rate=RATE, channels=2, format=container, depth=depth
        ) as writer:
            writer.write(TONES)
    assert memory.getvalue() == path.read_bytes()
    assert np.abs(soundfile.read(path)[0][:LENGTH] - TONES).max() <= error


def test_a_wav_from_a_pipe_is_read_whole_without_remarks() -> None:
    recording = read_audio(written(TONES[:, 0]))
    assert len(recording.samples) == LENGTH
    assert recording.notices == ()
    assert written(TONES)[4:8] == b"\xff" * 4


@each_kind
@settings(max_examples=8, deadline=None)
@given(cuts=st.lists(st.integers(0, LENGTH), max_size=5).map(tuple))
def test_no_byte_depends_on_the_pieces(
    container: str, depth: Depth, error: float, cuts: tuple[int, ...]
) -> None:
    assert written(TONES, container, depth, cuts=cuts) == written(
        TONES, container, depth
    )


def test_dither_is_triangular_seeded_and_leaves_zeros_alone() -> None:
    step = 2.0**-15
    level = np.full(20_000, 0.3 * step, np.float32)
    level[:100] = 0.0
    found = read_audio(written(level)).samples / step
    assert (found[:100] == 0.0).all()
    assert set(found[100:].tolist()) == {-1.0, 0.0, 1.0}
    assert found[100:].mean() == pytest.approx(0.3, abs=0.02)
    assert written(level) == written(level)
    assert written(level) != written(level, dither_seed=1)
    plain = read_audio(written(level, dither_seed=None)).samples
    assert (plain == 0.0).all()


def test_both_sides_have_dither_of_their_own() -> None:
    level = np.full((1000, 2), 0.3 * 2.0**-15, np.float32)
    found, _ = soundfile.read(io.BytesIO(written(level)))
    assert (found[:, 0] != found[:, 1]).any()


@pytest.mark.parametrize("container", FORMATS)
def test_samples_beyond_full_scale_are_clipped_and_told(container: str) -> None:
    stream = Pipe()
    with AudioWriter(
        stream,  # type: ignore[arg-type]
        sample_rate=RATE,
        channels=2,
        format=container,
    ) as writer:
        writer.write(TONES)
        assert writer.notices() == ()
        writer.write(4 * TONES)
    (notice,) = writer.notices()
    assert notice.code == "clipped"
    assert "up to 2; they were clipped to 1" in notice.message


def test_a_float_file_holds_samples_beyond_full_scale() -> None:
    found, _ = soundfile.read(io.BytesIO(written(4 * TONES, "wav", "float")))
    assert (found.astype(np.float32) == 4 * TONES).all()


@pytest.mark.parametrize("container", FORMATS)
def test_after_an_error_there_is_no_file(container: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{container}"
    with (
        pytest.raises(KeyboardInterrupt),
        AudioWriter(path, sample_rate=RATE, channels=2) as writer,
    ):
        writer.write(TONES)
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_a_number_is_not_written(tmp_path: Path) -> None:
    bad = TONES.copy()
    bad[RATE // 2, 1] = np.nan
    with (
        pytest.raises(InputError, match=r"1 samples from 2\.50 s on are NaN"),
        AudioWriter(tmp_path / "a.wav", sample_rate=RATE, channels=2) as writer,
    ):
        writer.write(TONES)
        writer.write(bad)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("capacity", [10, 50_000])
def test_a_reader_that_went_away_is_a_broken_pipe(capacity: int) -> None:
    stream = Pipe(capacity=capacity)
    with (
        pytest.raises(BrokenPipeError),
        AudioWriter(stream, sample_rate=RATE, channels=2) as writer,  # type: ignore[arg-type]
    ):
        for piece in np.array_split(TONES, 10):
            writer.write(piece)
    assert not stream.closed


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_told() -> None:
    with (
        pytest.raises(OutputError, match="No space left"),
        AudioWriter(
            Path("/dev/full"), sample_rate=RATE, channels=2, format="wav"
        ) as writer,
    ):
        writer.write(TONES)


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    with (
        pytest.raises(OutputExistsError),
        AudioWriter(path, sample_rate=RATE, channels=2),
    ):
        pass
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "depth", "rate", "channels"),
    [
        ("a.aac", "16", RATE, 2),
        ("a", "16", RATE, 2),
        ("a.mp3", "24", RATE, 2),
        ("a.mp3", "16", 12_345, 2),
        ("a.wav", "16", 0, 2),
        ("a.wav", "16", RATE, 0),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(
    name: str, depth: Depth, rate: int, channels: int, tmp_path: Path
) -> None:
    with pytest.raises(UsageError):
        AudioWriter(tmp_path / name, sample_rate=rate, channels=channels, depth=depth)
    assert list(tmp_path.iterdir()) == []


def test_blocks_must_have_the_channels_that_were_said() -> None:
    with pytest.raises(UsageError, match="has 2 channels; got an array of the shape"):
        written_to_two = AudioWriter(io.BytesIO(), sample_rate=RATE, channels=2)
        with written_to_two as writer:
            writer.write(TONES[:, 0])


@pytest.mark.parametrize("container", FORMATS)
def test_not_one_sample_is_no_file(container: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{container}"
    with (
        pytest.raises(InputError, match="not one sample of sound to write"),
        AudioWriter(path, sample_rate=RATE, channels=1) as writer,
    ):
        writer.write(np.zeros(0, np.float32))
    assert list(tmp_path.iterdir()) == []
