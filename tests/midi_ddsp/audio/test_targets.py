"""Files that appear whole or not at all, and pipes."""

from __future__ import annotations

import errno
import io
import os
from pathlib import Path

import pytest

from musegen.data.errors import OutputError, OutputExistsError
from musegen.midi_ddsp.audio.encoders import Patch
from musegen.midi_ddsp.audio.targets import FileTarget, PipeTarget, target_of


class Reader:
    """A stream that takes a few bytes at once, and may fail."""

    def __init__(self, error: OSError | None = None) -> None:
        self.taken = b""
        self.error = error
        self.is_open = True

    def write(self, data: memoryview) -> int:
        if self.error is not None:
            raise self.error
        self.taken += bytes(data[:3])
        return min(3, len(data))

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.is_open = False


def pipe(reader: Reader) -> PipeTarget:
    return PipeTarget(reader, "the stream")  # type: ignore[arg-type]


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    target = FileTarget(path, "a.wav", overwrite=False)
    target.open()
    target.write(b"????-body")
    assert not path.exists()
    target.finish([Patch(position=0, data=b"head")])
    assert path.read_bytes() == b"head-body"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_discarded_file_leaves_nothing(is_there: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    if is_there:
        path.write_bytes(b"old")
    target = FileTarget(path, "a.wav", overwrite=True)
    target.open()
    target.write(b"new")
    target.discard()
    target.discard()
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"old"] * is_there


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    with pytest.raises(OutputExistsError, match="the file exists"):
        FileTarget(path, str(path), overwrite=False).open()
    target = FileTarget(path, str(path), overwrite=True)
    target.open()
    target.write(b"new")
    assert path.read_bytes() == b"old"
    target.finish([])
    assert path.read_bytes() == b"new"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "link.wav"
    link.symlink_to(tmp_path / "far" / "a.wav")
    target = FileTarget(link, "link.wav", overwrite=False)
    target.open()
    target.write(b"new")
    target.finish([])
    assert link.is_symlink()
    assert (tmp_path / "far" / "a.wav").read_bytes() == b"new"


def test_places_that_cannot_be_are_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="its folder does not exist"):
        FileTarget(tmp_path / "no" / "a.wav", "a", overwrite=False).open()
    with pytest.raises(OutputError, match="this is a folder"):
        FileTarget(tmp_path, "a", overwrite=False).open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_locked_folder_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="no permission"):
            FileTarget(tmp_path / "a.wav", "a", overwrite=False).open()
    finally:
        tmp_path.chmod(0o700)


def test_a_stream_gets_all_and_stays_open() -> None:
    reader = Reader()
    target = pipe(reader)
    target.open()
    target.write(b"0123456789")
    target.finish([Patch(position=0, data=b"x")])
    assert reader.taken == b"0123456789"
    assert reader.is_open


def test_memory_is_put_right_where_our_bytes_are() -> None:
    memory = io.BytesIO(b"before ")
    memory.seek(7)
    target = PipeTarget(memory, "memory")
    target.open()
    target.write(b"????-body")
    target.finish([Patch(position=0, data=b"head")])
    assert memory.getvalue() == b"before head-body"


def test_a_reader_that_went_away_is_a_broken_pipe() -> None:
    target = pipe(Reader(BrokenPipeError(errno.EPIPE, "Broken pipe")))
    target.open()
    with pytest.raises(BrokenPipeError):
        target.write(b"x")
    target.discard()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_device_is_told_in_a_sentence() -> None:
    target = target_of(Path("/dev/full"), name="/dev/full", overwrite=False)
    assert isinstance(target, PipeTarget)
    target.open()
    with pytest.raises(OutputError, match=r"/dev/full: cannot be written \(No space"):
        target.write(b"x" * 100_000)
    target.discard()


def test_a_full_disk_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = FileTarget(tmp_path / "a.wav", "a.wav", overwrite=False)
    target.open()

    def full(data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    stream = target._stream
    assert stream is not None
    monkeypatch.setattr(
        target, "_stream", type("Full", (), {"write": full, "close": stream.close})
    )
    with pytest.raises(OutputError, match=r"a.wav: cannot be written \(No space"):
        target.write(b"x")
    target.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_written_to_directly(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        target = target_of(path, name="the pipe", overwrite=False)
        target.open()
        target.write(b"sound")
        target.finish([Patch(position=0, data=b"x")])
        assert os.read(reader, 100) == b"sound"
    finally:
        os.close(reader)
    assert list(tmp_path.iterdir()) == [path]
