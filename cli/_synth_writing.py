"""The files that one performance of `musegen synth` goes to, written as it sounds.

All appear whole when the performance has ended, or none: `Writers` is a context
manager. A pipe gets the sound as it is made.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from musegen.cli._output import Output
from musegen.cli._paths import Target, write_file
from musegen.cli._synth_files import PAGE, PartFiles
from musegen.cli._synth_options import Sound

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from musegen.data.notices import Notice
    from musegen.data.score import Score
    from musegen.midi_ddsp.audio.writing import AudioWriter
    from musegen.midi_ddsp.synthesizing.synthesis import Synthesis

PAGE_SOUND = "mp3"  # what a page holds


class Writers:
    """Everything that is written while one performance sounds.

    Args:
        targets: The mixes.
        files: Those of the parts.
        sound: Rate and depth.
        num_channels: Of the mixes.
        overwrite: Whether existing files may be replaced.
        output: Says that stdout carries a file.
        title: Of a page.
        score: Drawn on a page.
        given_parts: Indices of its parts that a page outlines.
    """

    def __init__(
        self,
        *,
        targets: Sequence[Target],
        files: PartFiles,
        sound: Sound,
        num_channels: int,
        overwrite: bool,
        output: Output,
        title: str,
        score: Score,
        given_parts: frozenset[int] = frozenset(),
    ) -> None:
        self.targets = tuple(targets)
        self.files = files
        self.taps: dict[str, Callable[[NDArray[np.float32]], None]] = {}
        """By key of a part, what takes its sound."""
        self._sound = sound
        self._num_channels = num_channels
        self._overwrite = overwrite
        self._output = output
        self._title = title
        self._score = score
        self._given_parts = given_parts
        self._stack = contextlib.ExitStack()
        self._mixes: list[AudioWriter] = []
        self._stems: list[AudioWriter] = []
        self._pages: list[tuple[Target, io.BytesIO]] = []

    @property
    def duration_s(self) -> float:
        """How long the sound is so far."""
        return self._mixes[0].duration_s

    def __enter__(self) -> Self:
        try:
            for target in self.targets:
                self._mixes.append(self._mix_writer(target))
            for key, targets in self.files.stems.items():
                self.taps[key] = self._stem_tap(targets)
        except BaseException:
            self._stack.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
        if kind is None:
            for target, sound in self._pages:
                self._write_page(target, sound)

    def follow(self, synthesis: Synthesis) -> None:
        """Write the parameters of lines as they are sounded."""
        if not self.files.parameters:
            return
        from musegen.midi_ddsp.note_frames import frame_spans
        from musegen.midi_ddsp.tables.parameter_files import ParameterWriter

        for key, line in zip(synthesis.keys, synthesis.lines, strict=False):
            if key not in self.files.parameters:
                continue
            path = self.files.parameters[key]
            path.parent.mkdir(parents=True, exist_ok=True)
            writer = ParameterWriter(
                path,
                part=line.part.name,
                instrument=line.part.instrument.name,
                note_spans=None if line.is_given else frame_spans(line.part.notes),
                overwrite=self._overwrite,
            )
            line.tap = self._stack.enter_context(writer).write

    def write(self, block: NDArray[np.float32]) -> None:
        """Write the next [n, channels] of the mix everywhere."""
        for writer in self._mixes:
            writer.write(block)

    def notices(self) -> tuple[Notice, ...]:
        """Return what is to be said of the files."""
        found = [n for writer in (*self._mixes, *self._stems) for n in writer.notices()]
        return tuple(dict.fromkeys(found))

    def _mix_writer(self, target: Target) -> AudioWriter:
        if target.format == PAGE:
            sound = io.BytesIO()
            self._pages.append((target, sound))
            return self._writer(sound, PAGE_SOUND, self._num_channels)
        if target.path is None:
            self._output.binary(b"")  # from here on stdout carries a file
            return self._writer(sys.stdout.buffer, target.format, self._num_channels)
        return self._writer(target.path, target.format, self._num_channels)

    def _stem_tap(
        self, targets: Sequence[Target]
    ) -> Callable[[NDArray[np.float32]], None]:
        writers = [
            self._writer(target.path, target.format, 1)
            for target in targets
            if target.path is not None
        ]
        self._stems += writers

        def tap(block: NDArray[np.float32]) -> None:
            for writer in writers:
                writer.write(block[:, None])

        return tap

    def _writer(
        self, place: Path | BinaryIO, format: str, channels: int
    ) -> AudioWriter:
        from musegen.midi_ddsp.audio.writing import AudioWriter

        if isinstance(place, Path):
            place.parent.mkdir(parents=True, exist_ok=True)
        lossy = format in ("mp3", "ogg")
        return self._stack.enter_context(
            AudioWriter(
                place,
                sample_rate=self._sound.sample_rate,
                channels=channels,
                format=format,
                depth="16" if lossy else self._sound.depth,
                overwrite=self._overwrite,
            )
        )

    def _write_page(self, target: Target, sound: io.BytesIO) -> None:
        from musegen.cli._synth_page import page_bytes

        page = page_bytes(
            self._score,
            sound.getvalue(),
            title=self._title,
            given_parts=self._given_parts,
        )
        if target.path is None:
            self._output.binary(page)
        else:
            write_file(target.path, page, overwrite=self._overwrite)


def leave_closed_pipe() -> None:
    """Send what is still to be flushed to stdout nowhere: its reader went away."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
