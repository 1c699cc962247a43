"""From synthesis parameters to sound: whole, or as a stream of any length.

What is rendered does not depend on how the parameters come or how the sound is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.dsp.convolution import StreamingConvolution
from musegen.midi_ddsp.dsp.harmonic import LOOKAHEAD_FRAMES, HarmonicBank
from musegen.midi_ddsp.dsp.interpolation import FrameGrid
from musegen.midi_ddsp.dsp.noise import FilteredNoise
from musegen.midi_ddsp.dsp.noise_source import WhiteNoise
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.dsp.transforms import fast_size
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ, SynthesisParameters

# Rendered at once: the first sound waits for a quarter of a second of frames, and from
# then on a second at a time costs a tenth less.
FIRST_CHUNK_FRAMES = 64
CHUNK_FRAMES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What is heard, and how far up.

    Args:
        harmonic_gain: Of the harmonics, linear.
        noise_gain: Of the noise, linear.
        dry_gain: Of both together, beside the reverb.
        reverb_gain: Of the reverb; 0 is dry.
        has_reverb_tail: Whether the sound goes on until the room is silent.
        is_extended: Whether harmonics may reach above half of the parameters' own
            sample rate where the output's rate allows it. Noise never does.
    """

    harmonic_gain: float = 1.0
    noise_gain: float = 1.0
    dry_gain: float = 1.0
    reverb_gain: float = 1.0
    has_reverb_tail: bool = False
    is_extended: bool = False


DEFAULT_OPTIONS = RenderOptions()


class Renderer:
    """Renders synthesis parameters that come in blocks; memory does not grow.

    Args:
        sample_rate: Of the sound, samples a second, at least the frame rate.
        reverb: The room, or its taps [R] at 16 000 Hz; brought to `sample_rate`. No
            fade is applied to it. None is dry.
        compat: Sound as the original does, its offsets included: see `HarmonicBank`
            and `FilteredNoise`. At the parameters' own sample rate only.
        seed: Which noise; any integer.
        options: Gains, the reverb's tail, and the band.

    Raises:
        UsageError: `compat` at another rate, from the first `push`.

    Source:
        Engel et al., "DDSP", ICLR 2020; Wu et al., "MIDI-DDSP", ICLR 2022.
    """

    def __init__(
        self,
        *,
        sample_rate: int = SAMPLE_RATE_HZ,
        reverb: ImpulseResponse | NDArray[np.float32] | None = None,
        compat: bool = False,
        seed: int = 0,
        options: RenderOptions = DEFAULT_OPTIONS,
    ) -> None:
        if isinstance(reverb, np.ndarray):
            reverb = ImpulseResponse(taps=reverb)
        self._sample_rate = sample_rate
        self._room = reverb if options.reverb_gain != 0.0 else None
        self._compat = compat
        self._seed = seed
        self._options = options
        self._form: _Form | None = None
        self._synthesizer: _Synthesizer | None = None
        self._reverb: StreamingConvolution | None = None
        self._waiting: _Frames | None = None
        self._chunk_frames = FIRST_CHUNK_FRAMES
        self._is_finished = False

    def push(self, parameters: SynthesisParameters) -> NDArray[np.float32]:
        """Take the next frames and return the samples that are ready, maybe none.

        Raises:
            InputError: The block has other rates or sizes than the first.
            UsageError: The stream is finished, or `compat` is impossible.
        """
        return _joined(self._push(parameters))

    def finish(self) -> NDArray[np.float32]:
        """Return the samples still owed: to the end of the last frame, and the tail."""
        if self._is_finished or self._synthesizer is None:
            self._is_finished = True
            return np.zeros(0, np.float32)
        self._is_finished = True
        pieces = []
        if self._waiting is not None:
            pieces.append(self._with_reverb(self._synthesizer.process(self._waiting)))
        pieces.append(self._with_reverb(self._synthesizer.finish()))
        if self._reverb is not None and self._options.has_reverb_tail:
            gain = np.float32(self._options.reverb_gain)
            pieces.append(self._reverb.finish() * gain)
        return _joined(pieces)

    def _push(self, parameters: SynthesisParameters) -> Iterator[NDArray[np.float32]]:
        synthesizer = self._prepared(parameters)
        frames = _Frames.of(parameters)
        while len(frames.f0_hz):
            wanted = self._chunk_frames
            if self._waiting is not None:
                wanted -= len(self._waiting.f0_hz)
            chunk, frames = frames.cut(0, wanted), frames.cut(wanted, None)
            if self._waiting is not None:
                chunk = self._waiting.then(chunk)
            if len(chunk.f0_hz) < self._chunk_frames:
                self._waiting = chunk.copied()
                return
            self._waiting = None
            if self._room is None:  # with one, pieces are as long as its blocks
                self._chunk_frames = CHUNK_FRAMES
            yield self._with_reverb(synthesizer.process(chunk))

    def _prepared(self, parameters: SynthesisParameters) -> _Synthesizer:
        if self._is_finished:
            raise UsageError("The sound is finished; make a new Renderer for more.")
        form = _Form.of(parameters)
        if self._synthesizer is None:
            self._form = form
            self._synthesizer = _Synthesizer(
                form,
                sample_rate=self._sample_rate,
                compat=self._compat,
                seed=self._seed,
                options=self._options,
            )
            if self._room is not None:
                self._reverb = self._primed_reverb(self._room, self._synthesizer)
        if form != self._form:
            raise InputError(
                "All blocks of one sound must have the same rates and sizes; the first "
                f"has {self._form}, a later one {form}."
            )
        return self._synthesizer

    def _primed_reverb(
        self, room: ImpulseResponse, synthesizer: _Synthesizer
    ) -> StreamingConvolution:
        size = fast_size(synthesizer.chunk_samples)
        taps = room.at_rate(self._sample_rate).taps
        reverb = StreamingConvolution(taps, block_samples=size)
        # Silence first, so that pieces end where blocks do: half the transforms.
        reverb.process(np.zeros(size - synthesizer.first_samples, np.float32))
        return reverb

    def _with_reverb(self, dry: NDArray[np.float32]) -> NDArray[np.float32]:
        options = self._options
        sound = dry * np.float32(options.dry_gain)
        if self._reverb is None:
            return sound
        sound += self._reverb.process(dry) * np.float32(options.reverb_gain)
        return sound


def render(
    parameters: SynthesisParameters,
    *,
    sample_rate: int = SAMPLE_RATE_HZ,
    reverb: ImpulseResponse | NDArray[np.float32] | None = None,
    compat: bool = False,
    seed: int = 0,
    options: RenderOptions = DEFAULT_OPTIONS,
) -> NDArray[np.float32]:
    """Return the sound of all frames.

    Args:
        parameters: T frames.
        sample_rate: See `Renderer` for this and what follows.
        reverb: The room, or its taps at 16 000 Hz.
        compat: Sound as the original does.
        seed: Which noise.
        options: Gains, the reverb's tail, and the band.

    Returns:
        [ceil(T * sample_rate / frame_rate)], float32, and the tail if it is wanted.

    Raises:
        UsageError: `compat` at another rate than the parameters' own.
    """
    renderer = Renderer(
        sample_rate=sample_rate,
        reverb=reverb,
        compat=compat,
        seed=seed,
        options=options,
    )
    return np.concatenate([renderer.push(parameters), renderer.finish()])


def render_blocks(
    blocks: SynthesisParameters | Iterable[SynthesisParameters],
    *,
    renderer: Renderer,
    block_samples: int | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield the sound in pieces; memory does not grow with it.

    Args:
        blocks: The parameters, whole or in blocks of any length.
        renderer: A new one; it is finished afterwards.
        block_samples: Samples a piece, at least 1; the last piece may be shorter. None
            for pieces as they become ready, of any length but none.

    Raises:
        UsageError: `block_samples` is below 1.
    """
    if block_samples is not None and block_samples < 1:
        raise UsageError(f"A block must have at least 1 sample; got {block_samples}.")
    if isinstance(blocks, SynthesisParameters):
        blocks = (blocks,)
    if block_samples is None:
        yield from filter(len, _sound_of(blocks, renderer))
        return
    held: list[NDArray[np.float32]] = []
    num_held = 0
    for ready in _sound_of(blocks, renderer):
        held.append(ready)
        num_held += len(ready)
        if num_held < block_samples:
            continue
        joined = _joined(held)
        for first in range(0, num_held - block_samples + 1, block_samples):
            yield joined[first : first + block_samples].copy()
        num_held %= block_samples
        held = [joined[len(joined) - num_held :]]
    if num_held:
        yield _joined(held)


def _sound_of(
    blocks: Iterable[SynthesisParameters], renderer: Renderer
) -> Iterator[NDArray[np.float32]]:
    for block in blocks:
        yield from renderer._push(block)
    yield renderer.finish()


class _Synthesizer:
    """The dry sound of chunks of frames."""

    def __init__(
        self,
        form: _Form,
        *,
        sample_rate: int,
        compat: bool,
        seed: int,
        options: RenderOptions,
    ) -> None:
        self._grid = FrameGrid.between(
            sample_rate=sample_rate, frame_rate_hz=form.frame_rate_hz
        )
        model_rate = form.sample_rate
        highest = sample_rate if options.is_extended else min(sample_rate, model_rate)
        self._bank = HarmonicBank(
            grid=self._grid,
            sample_rate=sample_rate,
            limit_hz=highest / 2,
            compat=compat,
        )
        self._noise = FilteredNoise(
            grid=self._grid,
            num_bands=form.num_noise_bands,
            sample_rate=sample_rate,
            model_rate=model_rate,
            compat=compat,
        )
        self._source = WhiteNoise(seed=seed)
        self._options = options
        self._next_frame = 0
        self._harmonic_left = np.zeros(0, np.float32)
        self._noise_left = np.zeros(0, np.float32)
        self.chunk_samples = self._grid.start(FIRST_CHUNK_FRAMES)
        self.first_samples = self._grid.start(FIRST_CHUNK_FRAMES - LOOKAHEAD_FRAMES)

    def process(self, frames: _Frames) -> NDArray[np.float32]:
        """Take the next frames and return the samples that are ready."""
        gain = np.float32(self._options.harmonic_gain)
        levels = (frames.amplitude * gain)[:, None] * frames.harmonics
        harmonic = self._bank.process(frames.f0_hz, levels)
        first = self._grid.start(self._next_frame)
        self._next_frame += len(frames.f0_hz)
        if self._options.noise_gain == 0.0:
            return harmonic
        count = self._grid.start(self._next_frame) - first
        excitation = self._source.samples(first, count)
        if self._options.noise_gain != 1.0:
            excitation *= np.float32(self._options.noise_gain)
        return self._mixed(harmonic, self._noise.process(frames.noise, excitation))

    def finish(self) -> NDArray[np.float32]:
        """Return the samples still owed."""
        harmonic = self._bank.finish()
        if self._options.noise_gain == 0.0:
            return harmonic
        return self._mixed(harmonic, self._noise.finish())

    def _mixed(
        self, harmonic: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        harmonic = np.concatenate([self._harmonic_left, harmonic])
        noise = np.concatenate([self._noise_left, noise])
        count = min(len(harmonic), len(noise))
        self._harmonic_left, self._noise_left = harmonic[count:], noise[count:]
        return harmonic[:count] + noise[:count]


class _Form(NamedTuple):
    """What all blocks of one sound have in common."""

    sample_rate: int
    frame_rate_hz: float
    num_harmonics: int
    num_noise_bands: int

    @classmethod
    def of(cls, parameters: SynthesisParameters) -> _Form:
        return cls(
            parameters.sample_rate,
            parameters.frame_rate_hz,
            parameters.num_harmonics,
            parameters.num_noise_bands,
        )


class _Frames(NamedTuple):
    """Frames of parameters already checked: [T], [T], [T, K], [T, M]."""

    f0_hz: NDArray[np.float32]
    amplitude: NDArray[np.float32]
    harmonics: NDArray[np.float32]
    noise: NDArray[np.float32]

    @classmethod
    def of(cls, parameters: SynthesisParameters) -> _Frames:
        return cls(
            parameters.f0_hz,
            parameters.amplitude,
            parameters.harmonics,
            parameters.noise,
        )

    def cut(self, first: int, last: int | None) -> _Frames:
        return _Frames(*(part[first:last] for part in self))

    def then(self, following: _Frames) -> _Frames:
        pairs = zip(self, following, strict=True)
        return _Frames(*(np.concatenate(pair) for pair in pairs))

    def copied(self) -> _Frames:
        return _Frames(*(part.copy() for part in self))


def _joined(pieces: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate([np.zeros(0, np.float32), *pieces])
