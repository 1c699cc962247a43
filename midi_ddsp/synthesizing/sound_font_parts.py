"""Parts that no performer plays, by FluidSynth and a sound font: drums, effects, all.

For the drums and sound effects of `musegen synth`, and for hearing a whole score beside
it. Dry: no reverb, no chorus. Not for single notes (`musegen.midi_ddsp.player.sampler`)
and not for finding the file (`musegen.midi_ddsp.player.sound_fonts`).

Sound is made at 48 kHz, whatever is asked for, and brought to the asked rate: at
16 kHz FluidSynth, which has no filter against it, would fold cymbals over.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.data.constants import DRUM_CHANNEL
from musegen.data.errors import UsageError, VoiceNotFoundError
from musegen.data.score import Score
from musegen.midi_ddsp.player.sampler import SAMPLER_RATE_HZ, Sampler, without_log
from musegen.midi_ddsp.synthesizing.sound_font_events import (
    EventKind,
    SoundEvent,
    part_events,
)

LONGEST_TAIL_S = 10.0
"""How long the last notes may go on sounding after they are let go."""

_STEP_SAMPLES = 64
"""FluidSynth's block: what it is told acts from the next one on."""

_CHUNK_STEPS = 64
_POLYPHONY = 256
_MELODY_CHANNEL = 0
_BEND_CENTRE = 8192
_NUM_SIDES = 2

FloatArray = NDArray[np.float32]


def iterate_sound_font_part(
    score: Score,
    part_index: int,
    *,
    sound_font: Path,
    sample_rate: int = SAMPLER_RATE_HZ,
    block_samples: int = SAMPLER_RATE_HZ,
    is_stereo: bool = False,
) -> Iterator[FloatArray]:
    """Yield the sound of one part; memory does not grow with its length.

    Programs, velocities, volume, expression, modulation, pedals, pitch bend and its
    range are played; each note begins within 0.7 ms of its absolute time. What is heard
    does not depend on the size of blocks or on other parts.

    Args:
        score: Where the part is.
        part_index: Which, from 0; percussion is played by the font's drum kits.
        sound_font: An .sf2 or .sf3 file; `describe_sound_font` says its licence.
        sample_rate: In Hz, at least 1.
        block_samples: Samples a block, at least 1; the last may be shorter.
        is_stereo: Two sides, with the part's pan, instead of one without it.

    Yields:
        float32, [n], or [n, 2] where `is_stereo`: from the start of the score until
        nothing sounds any more; no block for a part without notes.

    Raises:
        VoiceNotFoundError: There is no such part.
        UsageError: A rate or block is below 1.
        MissingPackageError: FluidSynth is not installed.
        FileFormatError: FluidSynth cannot read the sound font.
        InputError: A tempo is not above 0, or the score lasts more than a day.
    """
    if not 0 <= part_index < len(score.parts):
        raise VoiceNotFoundError(
            f"there is no part {part_index + 1}: the score has {len(score.parts)}; "
            "choose one of them"
        )
    if sample_rate < 1 or block_samples < 1:
        raise UsageError(
            "a sample rate and a block are at least 1; got "
            f"{sample_rate} Hz and {block_samples} samples"
        )
    events = part_events(score, part_index, has_pan=is_stereo)
    is_drum = score.parts[part_index].is_drum
    return _in_blocks(
        _at_rate(_played(events, sound_font, is_drum=is_drum), sample_rate),
        block_samples,
        is_stereo=is_stereo,
    )


def render_score(
    score: Score, *, sound_font: Path, sample_rate: int = SAMPLER_RATE_HZ
) -> FloatArray:
    """Return the sound of all parts together, each played by itself.

    Args:
        score: Any; it may be without notes.
        sound_font: An .sf2 or .sf3 file.
        sample_rate: In Hz, at least 1.

    Returns:
        [N, 2] float32, not limited: several loud parts may go beyond 1.

    Raises:
        MusegenError: As `iterate_sound_font_part`.
    """
    total = np.zeros((0, _NUM_SIDES), np.float32)
    for index in range(len(score.parts)):
        blocks = iterate_sound_font_part(
            score, index, sound_font=sound_font, sample_rate=sample_rate, is_stereo=True
        )
        sound = np.concatenate([total[:0], *blocks])
        if len(sound) > len(total):
            total, sound = sound, total
        total[: len(sound)] += sound
    return total


def _played(
    events: tuple[SoundEvent, ...], sound_font: Path, *, is_drum: bool
) -> Iterator[FloatArray]:
    """Yield pieces [n, 2] at `SAMPLER_RATE_HZ`, as FluidSynth plays the events."""
    if not events:
        return
    with _PartSampler(sound_font) as sampler:
        channel = DRUM_CHANNEL if is_drum else _MELODY_CHANNEL
        now = 0
        for event in events:
            step = round(event.time_s * SAMPLER_RATE_HZ / _STEP_SAMPLES)
            while now < step:
                num_steps = min(step - now, _CHUNK_STEPS)
                yield sampler.advance(num_steps)
                now += num_steps
            sampler.tell(channel, event)
        last = now + round(LONGEST_TAIL_S * SAMPLER_RATE_HZ / _STEP_SAMPLES)
        while now < last and sampler.is_sounding:
            yield sampler.advance(_CHUNK_STEPS)
            now += _CHUNK_STEPS


class _PartSampler(Sampler):
    """A sound font that plays one part, event by event."""

    def __init__(self, sound_font: Path) -> None:
        super().__init__(sound_font)
        allow_voices = self._library.cfunc(
            "fluid_synth_set_polyphony",
            ctypes.c_int,
            ("synth", ctypes.c_void_p, 1),
            ("polyphony", ctypes.c_int, 1),
        )
        allow_voices(self._synth, _POLYPHONY)

    @property
    def is_sounding(self) -> bool:
        """Whether a note sounds, or dies away."""
        count = self._library.fluid_synth_get_active_voice_count(self._synth)
        return bool(count > 0)

    def advance(self, num_steps: int) -> FloatArray:
        """Return the next [64 num_steps, 2] samples."""
        sides = np.zeros((_NUM_SIDES, num_steps * _STEP_SAMPLES), np.float32)
        self._render(sides)
        return np.ascontiguousarray(sides.T)

    def tell(self, channel: int, event: SoundEvent) -> None:
        """Let something happen from the next step on."""
        # Of a program that the font lacks it would log, and takes another.
        with without_log(self._library):
            self._tell(channel, event)

    def _tell(self, channel: int, event: SoundEvent) -> None:
        library, synth = self._library, self._synth
        number, value = event.number, event.value
        if event.kind is EventKind.NOTE_ON:
            library.fluid_synth_noteon(synth, channel, number, value)
        elif event.kind in (EventKind.NOTE_OFF, EventKind.ZERO_LENGTH_OFF):
            library.fluid_synth_noteoff(synth, channel, number)
        elif event.kind is EventKind.CONTROL:
            library.fluid_synth_cc(synth, channel, number, value)
        elif event.kind is EventKind.BEND:
            library.fluid_synth_pitch_bend(synth, channel, number + _BEND_CENTRE)
        else:
            library.fluid_synth_program_change(synth, channel, number)


def _at_rate(pieces: Iterable[FloatArray], sample_rate: int) -> Iterator[FloatArray]:
    """Bring pieces [n, 2] to another rate."""
    if sample_rate == SAMPLER_RATE_HZ:
        yield from pieces
        return
    import soxr

    resampler = soxr.ResampleStream(
        SAMPLER_RATE_HZ, sample_rate, _NUM_SIDES, dtype="float32"
    )
    for piece in pieces:
        yield resampler.resample_chunk(piece)
    yield resampler.resample_chunk(np.zeros((0, _NUM_SIDES), np.float32), last=True)


def _in_blocks(
    pieces: Iterable[FloatArray], block_samples: int, *, is_stereo: bool
) -> Iterator[FloatArray]:
    """Cut pieces [n, 2] anew, to one length; without `is_stereo` the sides' mean."""
    held: list[FloatArray] = []
    num_held = 0
    for piece in pieces:
        held.append(piece if is_stereo else piece.mean(axis=1, dtype=np.float32))
        num_held += len(piece)
        if num_held < block_samples:
            continue
        joined = np.concatenate(held)
        for first in range(0, num_held - block_samples + 1, block_samples):
            yield joined[first : first + block_samples].copy()
        num_held %= block_samples
        held = [joined[len(joined) - num_held :]]
    if num_held:
        yield np.concatenate(held)
