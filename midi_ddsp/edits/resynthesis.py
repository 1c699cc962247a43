"""A recording to parameters, edited, and back to sound.

For: `musegen resynth`. Not for: files, nor for playing notes, which have no recording.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.midi_ddsp.analysis.pitch_track import hold_unvoiced
from musegen.midi_ddsp.dsp.rendering import Renderer, RenderOptions
from musegen.midi_ddsp.edits.parameter_edits import Edits, apply_edits, stretched_index
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ, SynthesisParameters

Floats = NDArray[np.float32]

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 8000, 192_000
BLOCK_FRAMES = 2500  # ten seconds at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynthesis:
    """What came of it.

    Args:
        audio: Mono; may go beyond full scale, [N].
        sample_rate: Of the audio.
        parameters: What was rendered: edited.
        note_index: Note of each of its frames, [T]; None if unknown.
        notices: What the user should hear of.
    """

    audio: Floats
    sample_rate: int
    parameters: SynthesisParameters
    note_index: NDArray[np.integer[Any]] | None = None
    notices: tuple[Notice, ...] = ()


def resynthesize(
    parameters: SynthesisParameters,
    edits: Edits,
    *,
    seed: int,
    note_index: NDArray[np.integer[Any]] | None = None,
    sample_rate: int = SAMPLE_RATE_HZ,
    advance: Callable[[int], None] | None = None,
) -> Resynthesis:
    """Edit a performance and render it.

    Args:
        parameters: What was played.
        edits: What to change.
        seed: Which noise.
        note_index: Note of each frame, -1 where there is none, [T]; None if unknown.
        sample_rate: Of the sound, 8000 to 192000. Harmonics that a higher rate has room
            for are heard where they are known; noise stays below 8 kHz.
        advance: Told of the frames just rendered.

    Raises:
        UsageError: The sample rate is out of reach.
        InputError: A timbre is asked for and there is too little pitched sound.
    """
    if not LOWEST_RATE_HZ <= sample_rate <= HIGHEST_RATE_HZ:
        raise UsageError(
            f"a sample rate is {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ} Hz; got "
            f"{sample_rate}"
        )
    notices = list(_remarks(parameters, edits))
    has_pitch = bool((parameters.f0_hz > 0).any())
    edited = apply_edits(
        parameters,
        edits,
        note_index=note_index,
        tell=notices.append if has_pitch else None,
    )
    audio = _render(with_held_pitch(edited), sample_rate, seed, advance)
    return Resynthesis(
        audio=audio,
        sample_rate=sample_rate,
        parameters=edited,
        note_index=(
            None if note_index is None else stretched_index(note_index, edits.stretch)
        ),
        notices=tuple(notices),
    )


def with_held_pitch(parameters: SynthesisParameters) -> SynthesisParameters:
    """Return the same sound with a pitch at every frame, where it has one anywhere.

    A pitch that begins or ends would glide from or to 0 Hz within a frame. So a frame
    without pitch takes that of the nearest frame with one, and gives no harmonics.
    """
    is_pitched = parameters.f0_hz > 0
    if not is_pitched.any():
        return parameters
    held = hold_unvoiced(
        parameters.f0_hz.astype(np.float64), is_pitched, fallback_hz=0.0
    )
    return replace(
        parameters,
        f0_hz=held.astype(np.float32),
        amplitude=np.where(is_pitched, parameters.amplitude, 0.0).astype(np.float32),
    )


def _render(
    parameters: SynthesisParameters,
    sample_rate: int,
    seed: int,
    advance: Callable[[int], None] | None,
) -> Floats:
    renderer = Renderer(
        sample_rate=sample_rate,
        seed=seed,
        options=RenderOptions(is_extended=sample_rate > parameters.sample_rate),
    )
    pieces = []
    for first in range(0, parameters.num_frames, BLOCK_FRAMES):
        block = parameters.frames(first, first + BLOCK_FRAMES)
        pieces.append(renderer.push(block))
        if advance is not None:
            advance(block.num_frames)
    pieces.append(renderer.finish())
    return np.concatenate(pieces)


def _remarks(parameters: SynthesisParameters, edits: Edits) -> tuple[Notice, ...]:
    """Say which edits had nothing to act on."""
    needs_pitch = {"transpose", "formants", "vibrato", "tune", "brightness"}
    idle = [name for name in edits.changed if name in needs_pitch]
    if idle and not (parameters.f0_hz > 0).any():
        message = f"there is no pitch in it, so {', '.join(idle)} changed nothing"
        return (Notice(code="nothing-to-edit", message=message),)
    return ()
