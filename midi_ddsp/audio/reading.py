"""Sound files in: any format and rate to mono at the asked rate, with remarks.

`read_audio` gives a whole recording, `open_audio` its blocks in flat memory. What is
odd about a file is said in notices; what cannot be used is refused in a sentence.
Writing is in `musegen.midi_ddsp.audio.encoding`, found here as `write_audio` too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice
from musegen.midi_ddsp.audio.encoding import import_soundfile
from musegen.midi_ddsp.audio.encoding import write_audio as write_audio
from musegen.midi_ddsp.audio.remarks import SampleRemarks

DEFAULT_SAMPLE_RATE = 16_000
BLOCK_S = 1.0  # no more than that is lost of a damaged file
MAX_SAMPLE_RATE = 768_000
_UNNAMED = "the input"
_PLACEHOLDER_BYTES = 0x7FFF_0000  # a size that large was never filled in by a recorder
_TEXT_START = 64  # bytes looked at to tell text from data
_TEXT_SHARE = 0.7  # of them are printable in a text, of whatever coding
_PRINTABLE_FROM = 32
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"MThd", "a MIDI file; give the recording"),
    (b"%PDF", "a PDF document; give a recording"),
    (b"<!do", "a web page; download the recording itself"),
    (b"<html", "a web page; download the recording itself"),
    (b"PK\x03\x04", "an archive; unpack it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recording as the models take it.

    Args:
        samples: Mono, full scale 1, float32 [N].
        sample_rate: Of `samples`, in Hz.
        original_sample_rate: Of the file, in Hz.
        num_channels: Of the file.
        notices: What was changed or is odd.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    original_sample_rate: int
    num_channels: int
    notices: tuple[Notice, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def read_audio(
    source: Path | bytes,
    *,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
    name: str | None = None,
) -> Recording:
    """Read a sound file whole: mono, at the asked rate.

    Args:
        source: A path, or the content itself. WAV, FLAC, Ogg, MP3, AIFF and whatever
            else libsndfile knows, by content.
        sample_rate: Rate of the result in Hz, at least 1.
        name: Name for messages; without it the path.

    Returns:
        The recording. Its notices tell of a mixdown, band limits, NaN that were taken
        as 0, silence, clipping, DC offset, samples beyond 1 and a file cut short.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty, no sound file, has no samples, or more than 1 % of
            them are NaN or infinite.

    Example:
        >>> import numpy as np, tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.wav"
        >>> _ = write_audio(path, np.full(441, 0.5, np.float32), 44100)
        >>> read_audio(path).samples.shape
        (160,)
    """
    with open_audio(source, sample_rate=sample_rate, name=name) as stream:
        blocks = list(stream)
        return Recording(
            samples=np.concatenate(blocks),
            sample_rate=sample_rate,
            original_sample_rate=stream.original_sample_rate,
            num_channels=stream.num_channels,
            notices=stream.notices(),
        )


class AudioStream:
    """The blocks of a sound file, mono at the asked rate; memory does not grow.

    Iterate once, then ask for `notices()`. Close it, or use it as a context manager.
    Made by `open_audio`.
    """

    def __init__(
        self,
        handle: Any,
        file: BinaryIO,
        *,
        label: str,
        sample_rate: int,
        block_s: float,
    ) -> None:
        self.sample_rate = sample_rate
        self.original_sample_rate = int(handle.samplerate)
        self.num_channels = int(handle.channels)
        self._handle = handle
        self._file = file
        self._label = label
        self._block_frames = max(1, round(block_s * self.original_sample_rate))
        self._remarks = SampleRemarks(
            label=label,
            sample_rate=self.original_sample_rate,
            num_channels=self.num_channels,
            subtype=handle.subtype,
        )
        self._declared_frames = _declared_frames(file, handle)

    @property
    def declared_duration_s(self) -> float:
        """How long the file says it is, in seconds; 0 where it does not say."""
        return self._declared_frames / self.original_sample_rate

    def __enter__(self) -> AudioStream:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._handle.close()
        self._file.close()

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Yield mono blocks, float32 [n], of varying n >= 1.

        Raises:
            FileFormatError: Nothing could be read, or too many samples are not numbers.
        """
        num_given = 0
        for block in self._resampled():
            if block.size:
                num_given += len(block)
                yield block
        if not self._remarks.num_frames:
            raise FileFormatError(
                f"{self._label}: there is not one sample in it; export it again"
            )
        self._remarks.notices()
        if not num_given:
            raise FileFormatError(
                f"{self._label}: {self._remarks.num_frames} samples at "
                f"{self.original_sample_rate} Hz are less than one at "
                f"{self.sample_rate} Hz; give a longer recording"
            )

    def notices(self) -> tuple[Notice, ...]:
        """Return what is to be said of the file, once all blocks were taken."""
        found = list(self._remarks.notices())
        if self.original_sample_rate < self.sample_rate:
            found.append(
                Notice(
                    code="band-limited",
                    message=f"recorded at {self.original_sample_rate} Hz: there is "
                    f"nothing above {self.original_sample_rate / 2:g} Hz in it",
                )
            )
        missing = self._declared_frames - self._remarks.num_frames
        if missing > 0:
            rate = self.original_sample_rate
            found.append(
                Notice(
                    code="cut-short",
                    message=f"the file says {self._declared_frames / rate:.2f} s, but "
                    f"only {self._remarks.num_frames / rate:.2f} s are in it; copy or "
                    "download it again if the rest matters",
                )
            )
        return tuple(found)

    def _resampled(self) -> Iterator[NDArray[np.float32]]:
        if self.original_sample_rate == self.sample_rate:
            yield from self._mono()
            return
        import soxr

        resampler = soxr.ResampleStream(
            self.original_sample_rate, self.sample_rate, 1, dtype="float32"
        )
        for block in self._mono():
            yield resampler.resample_chunk(block)
        yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)

    def _mono(self) -> Iterator[NDArray[np.float32]]:
        soundfile = import_soundfile()
        while True:
            try:
                block = self._handle.read(
                    self._block_frames, dtype="float32", always_2d=True
                )
            except (soundfile.LibsndfileError, RuntimeError) as error:
                if not self._remarks.num_frames:
                    raise _refusal(self._label, self._file, str(error)) from error
                return  # `notices` says what is missing
            if not len(block):
                return
            yield self._remarks.mix(block)


def open_audio(
    source: Path | bytes,
    *,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
    block_s: float = BLOCK_S,
    name: str | None = None,
) -> AudioStream:
    """Open a sound file to read it in blocks.

    Args:
        source: A path, or the content itself.
        sample_rate: Rate of the blocks in Hz, at least 1.
        block_s: About how long a block is, in seconds, above 0. The samples do not
            depend on it.
        name: Name for messages; without it the path.

    Raises:
        InputError: There is no such file, it is a folder, or it may not be read.
        FileFormatError: It is empty or no sound file.
    """
    if not 1 <= sample_rate <= MAX_SAMPLE_RATE:
        raise InputError(
            f"a sample rate is 1 to {MAX_SAMPLE_RATE} Hz; got {sample_rate}"
        )
    soundfile = import_soundfile()
    file, label = _open_bytes(source, name)
    try:
        # Not its name: from that, soundfile would guess the format.
        handle = soundfile.SoundFile(_Nameless(file))
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        refusal = _refusal(label, file, str(error))
        file.close()
        raise refusal from error
    return AudioStream(
        handle, file, label=label, sample_rate=sample_rate, block_s=block_s
    )


class _Nameless:
    """A file without a name, as soundfile takes it."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.readinto = getattr(file, "readinto", None)
        self.seek = file.seek
        self.tell = file.tell
        self.write = file.write


def _open_bytes(source: Path | bytes, name: str | None) -> tuple[BinaryIO, str]:
    if isinstance(source, bytes):
        file: BinaryIO = io.BytesIO(source)
        label = name or _UNNAMED
    else:
        label = name or str(source)
        try:
            file = source.open("rb")
        except FileNotFoundError as error:
            raise InputError(
                f"{label}: there is no such file; check the path"
            ) from error
        except IsADirectoryError as error:
            raise InputError(f"{label}: this is a folder; give a file in it") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"{label}: cannot be read ({reason}); check its permissions and the "
                "disk"
            ) from error
    if not file.read(1):
        file.close()
        raise FileFormatError(
            f"{label}: the file is empty (0 bytes); export or download it again"
        )
    file.seek(0)
    return file, label


def _refusal(label: str, file: BinaryIO, reason: str) -> FileFormatError:
    """Say why a file is no sound file that can be read."""
    file.seek(0)
    start = file.read(_TEXT_START)
    for magic, sentence in _FOREIGN:
        if start.lower().startswith(magic.lower()):
            return FileFormatError(f"{label}: this is {sentence}")
    if start.startswith((b"RIFF", b"fLaC", b"OggS", b"ID3", b"FORM")):
        detail = reason.rpartition(": ")[2].rstrip(". ")
        return FileFormatError(
            f"{label}: the file is damaged, or of a kind that is not known ({detail}); "
            "export or download it again"
        )
    if sum(_PRINTABLE_FROM <= byte < 127 or byte in b"\t\r\n" for byte in start) > (
        _TEXT_SHARE * len(start)
    ):
        return FileFormatError(
            f"{label}: this is a text file, not a sound file (it starts with "
            f"{start[:12]!r}); give a WAV, FLAC, Ogg or MP3 file"
        )
    return FileFormatError(
        f"{label}: this is no sound file that is known (it starts with {start[:8]!r}); "
        "give a WAV, FLAC, Ogg or MP3 file"
    )


def _declared_frames(
    file: BinaryIO,
    handle: Any,
) -> int:
    """Return how many frames a file says it has; libsndfile believes the file's end.

    Only RIFF WAVE with plain PCM says so in a way that is checked here.
    """
    claimed = int(handle.frames)
    if claimed >= _PLACEHOLDER_BYTES:  # unknown
        claimed = 0
    place = file.tell()
    try:
        declared = _wave_frames(file)
    finally:
        file.seek(place)
    return claimed if declared is None else max(claimed, declared)


def _wave_frames(file: BinaryIO) -> int | None:
    file.seek(0)
    head = file.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        return None
    block_bytes = 0
    while len(head := file.read(8)) == 8:
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"data":
            is_known = 0 < size < _PLACEHOLDER_BYTES and block_bytes > 0
            return size // block_bytes if is_known else None
        start = file.tell()
        if head[:4] == b"fmt ":
            content = file.read(16)
            if content[:2] in (b"\x01\x00", b"\x03\x00", b"\xfe\xff"):
                block_bytes = int.from_bytes(content[12:14], "little")
        file.seek(start + size + size % 2)
    return None
