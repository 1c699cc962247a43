"""Parts to one sound: placed, in one room, summed, and kept under a ceiling.

    room = room_named("hall", sample_rate)           # or a sound file's path; None: dry
    mixer = Mixer(MixOptions(reverb=room), sample_rate)
    stems = [Stem(name="violin", blocks=blocks, pan=-0.5), ...]
    channels = mixer.num_channels
    with (
        AudioWriter(path, sample_rate=sample_rate, channels=channels) as out,
        contextlib.closing(mixer.mix(stems)) as mixed,
    ):
        for block in mixed:                          # float32 [n, channels]
            out.write(block)
    mixer.notices()                                  # what the limiter took away

Memory does not grow with length, and no sample depends on how the stems' blocks are
cut, nor on threads. Writing is in `musegen.midi_ddsp.audio.writing`.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.midi_ddsp.dsp.convolution import StreamingConvolution
from musegen.midi_ddsp.mixing.limiting import (
    DEFAULT_CEILING_DB,
    Limiter,
    check_ceiling,
)
from musegen.midi_ddsp.mixing.panning import Pan, Panner
from musegen.midi_ddsp.mixing.pulling import pull_together
from musegen.midi_ddsp.mixing.rooms import Room

DEFAULT_REVERB_GAIN = 0.3
BLOCK_S = 0.2  # the longest piece that is worked on at once

MIN_TOLD_DB = 0.1  # less of limiting nobody hears of

Floats = NDArray[np.float32]
Tap = Callable[[NDArray[np.float32]], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stem:
    """One line of sound.

    Args:
        name: For messages.
        blocks: Its mono sound, float32 [n] at the mixer's sample rate, in pieces of any
            length; a generator, best, for it is pulled ahead in another thread (never
            by two at once), and closed when the mix ends, early or not.
        pan: Where it stands, -1 (left) to 1 (right), or how that moves, in frames.
        tap: Called with each piece of it as it goes into the mix: mono, dry, float32
            [n], with the mix's gain but not its pan, room or limiter. All taps of a mix
            get the same lengths: silence follows the end of a shorter stem. Called in
            the thread that takes the mix.
    """

    name: str
    blocks: Iterable[NDArray[np.float32]]
    pan: Pan = 0.0
    tap: Tap | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixOptions:
    """How parts become one sound.

    Args:
        gain_db: Of all, before the limiter.
        reverb: The room; None for none.
        reverb_gain: Of the room's sound beside the dry sound, linear, at least 0; at 1
            both are about as strong.
        is_dry: Whether the room is left out after all.
        spread: 0 to 1: of the distance of each stem from the centre.
        ceiling_db: Highest true peak, dBTP, -60 to 0; None to let all through.
        is_mono: One channel instead of two; places do not matter.

    Raises:
        UsageError: A number is out of range.
    """

    gain_db: float = 0.0
    reverb: Room | None = None
    reverb_gain: float = DEFAULT_REVERB_GAIN
    is_dry: bool = False
    spread: float = 1.0
    ceiling_db: float | None = DEFAULT_CEILING_DB
    is_mono: bool = False

    def __post_init__(self) -> None:
        if not -120.0 <= self.gain_db <= 120.0:
            raise UsageError(f"a gain is -120 to 120 dB; got {self.gain_db:g}")
        if not 0.0 <= self.reverb_gain <= 100.0:
            raise UsageError(
                f"a reverb gain is a factor of 0 to 100; got {self.reverb_gain:g}"
            )
        if not 0.0 <= self.spread <= 1.0:
            raise UsageError(f"a spread is 0 to 1; got {self.spread:g}")
        if self.ceiling_db is not None:
            check_ceiling(self.ceiling_db)

    @property
    def room(self) -> Room | None:
        """The room that is heard, if any."""
        is_heard = (
            self.reverb is not None and not self.is_dry and self.reverb_gain > 0.0
        )
        return self.reverb if is_heard else None


class Mixer:
    """Mixes stems as they come.

    Args:
        options: How.
        sample_rate: Of the stems and of the sound, in Hz.
        num_workers: Threads that stems are computed in, at least 0; 0 is the caller's
            own thread, None as many as there are cores. The sound is the same.

    Raises:
        UsageError: The room is of another sample rate.
    """

    def __init__(
        self,
        options: MixOptions,
        sample_rate: int,
        *,
        num_workers: int | None = None,
    ) -> None:
        room = options.room
        if room is not None and room.sample_rate != sample_rate:
            raise UsageError(
                f"the room {room.name} is made for {room.sample_rate} Hz, the mix has "
                f"{sample_rate} Hz; make the room anew for that"
            )
        self._options = options
        self._sample_rate = sample_rate
        self._num_workers = num_workers
        self._block_samples = 1 << int(BLOCK_S * sample_rate).bit_length() - 1
        self._gain = np.float32(10.0 ** (options.gain_db / 20.0))
        self._reverb = _Reverb(room, options, self._block_samples) if room else None
        self._limiter: Limiter | None = None
        if options.ceiling_db is not None:
            self._limiter = Limiter(
                sample_rate=sample_rate,
                num_channels=self.num_channels,
                ceiling_db=options.ceiling_db,
            )
        self._has_begun = False
        self._is_silent = True

    @property
    def num_channels(self) -> int:
        """1 or 2."""
        return 1 if self._options.is_mono else 2

    @property
    def max_reduction_db(self) -> float:
        """How much the limiter took away at most so far, in dB, at least 0."""
        return 0.0 if self._limiter is None else self._limiter.max_reduction_db

    def mix(self, stems: Sequence[Stem]) -> Generator[Floats, None, None]:
        """Yield the sound, float32 [n, channels], n at least 1, to the room's silence.

        A mixer mixes once. Close the iterator (`contextlib.closing`) if it is not taken
        to its end: that stops the threads and closes the stems.

        Raises:
            UsageError: It has mixed before.
            Exception: Whatever a stem raised, once; nothing more is pulled then.
        """
        if self._has_begun:
            raise UsageError("a mixer mixes once; make a new one for more")
        self._has_begun = True
        for block in self._mixed(stems):
            self._is_silent = self._is_silent and not block.any()
            ready = block if self._limiter is None else self._limiter.process(block)
            if len(ready):
                yield ready
        if self._limiter is not None and len(rest := self._limiter.finish()):
            yield rest

    def notices(self) -> tuple[Notice, ...]:
        """Return what is to be said of the mix, once it has ended."""
        if self._is_silent:
            return (
                Notice(
                    code="silent",
                    message="nothing is heard: the whole mix is silent; look at the "
                    "score's volume and expression controllers, and at the gain",
                ),
            )
        reduction_db = self.max_reduction_db
        if reduction_db < MIN_TOLD_DB:
            return ()
        softer = self._options.gain_db - math.ceil(10.0 * reduction_db) / 10.0
        return (
            Notice(
                code="limited",
                message=f"the loudest moments went beyond {self._options.ceiling_db:g} "
                f"dBTP and were made up to {reduction_db:.1f} dB softer; a gain of "
                f"{softer:.1f} dB leaves them whole",
            ),
        )

    def _mixed(self, stems: Sequence[Stem]) -> Generator[Floats, None, None]:
        """Yield blocks before the limiter, and the room's tail."""
        panners = [self._panner(stem) for stem in stems]
        rows = pull_together(
            [stem.blocks for stem in stems],
            block_samples=self._block_samples,
            num_workers=self._num_workers,
        )
        with contextlib.closing(rows):
            for row in rows:
                yield self._sum(stems, panners, row)
        if self._reverb is not None:
            yield from self._reverb.tail()

    def _panner(self, stem: Stem) -> Panner | None:
        if self._options.is_mono:
            return None
        return Panner(
            stem.pan, sample_rate=self._sample_rate, spread=self._options.spread
        )

    def _sum(
        self,
        stems: Sequence[Stem],
        panners: Sequence[Panner | None],
        row: Sequence[Floats],
    ) -> Floats:
        """Return one block of all stems, in their room, [n, channels]."""
        length = max(map(len, row))
        total = np.zeros((length, self.num_channels), np.float32)
        sent = np.zeros(length, np.float32)  # to the room
        for stem, panner, piece in zip(stems, panners, row, strict=True):
            sound = np.zeros(length, np.float32)
            sound[: len(piece)] = piece * self._gain
            if stem.tap is not None:
                stem.tap(sound)
            total += sound[:, None] if panner is None else panner.process(sound)
            sent += sound
        if self._reverb is not None:
            total += self._reverb.process(sent)
        return total


class _Reverb:
    """The room's sound alone, of all that is sent to it."""

    def __init__(self, room: Room, options: MixOptions, block_samples: int) -> None:
        rows = room.mono()[None] if options.is_mono else room.taps.T
        gain = np.float32(options.reverb_gain)
        self._block_samples = block_samples
        self._sides = [
            StreamingConvolution(taps * gain, block_samples=block_samples)
            for taps in rows
        ]
        self._num_owed = max(len(room.taps) - 1, 0)
        self._has_begun = False

    def process(self, sent: Floats) -> Floats:
        """Return [n, channels] of mono [n]."""
        self._has_begun = True
        return np.stack([side.process(sent) for side in self._sides], axis=1)

    def tail(self) -> Iterator[Floats]:
        """Yield what still sounds after the last sample, in blocks."""
        owed = self._num_owed if self._has_begun else 0
        for first in range(0, owed, self._block_samples):
            count = min(self._block_samples, owed - first)
            yield self.process(np.zeros(count, np.float32))
