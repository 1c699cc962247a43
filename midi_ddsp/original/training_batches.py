"""Clips of takes as batches for the Synthesis Generator.

What a step sees derives from the run's seed and the step alone.

Source:
    Wu et al., "MIDI-DDSP", ICLR 2022, and its program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError, UsageError
from musegen.midi_ddsp.dsp.nonlinearity import (
    EXPONENT,
    MAX_VALUE,
    NOISE_BIAS,
    THRESHOLD,
)
from musegen.midi_ddsp.expression import compat_controls, spread
from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.original.conditioning import conditioning
from musegen.midi_ddsp.original.pitch_bins import deviation_to_bin
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    SynthesisParameters,
    hz_to_midi,
)
from musegen.midi_ddsp.takes.take import Take

_FULL_SCALE = np.float32(1.0 / 32768.0)
_LOGIT_RANGE = (-12.0, 10.0)  # below it is nothing, above it no more than 2
Inputs = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlace:
    """Where a clip is cut.

    Args:
        take: Index of the take.
        first_frame: Where it begins.
    """

    take: int
    first_frame: int


def slot_of(take: Take) -> int:
    """Return the slot of a take's instrument.

    Raises:
        TrainingError: The original has none for it.
    """
    try:
        slot = instrument_named(take.instrument).urmp_id
    except UsageError:
        slot = None
    if slot is None:
        raise TrainingError(
            f"{take.recording} is played by '{take.instrument}', for which the "
            "original MIDI-DDSP has no slot: leave such takes out"
        )
    return slot


def usable_takes(takes: Sequence[Take], clip_frames: int, what: str) -> list[Take]:
    """Return the takes that are long enough for a clip.

    Raises:
        TrainingError: There is none, or one is of an instrument without a slot.
    """
    for take in takes:
        slot_of(take)
    kept = [take for take in takes if take.num_frames >= clip_frames]
    if not kept:
        raise TrainingError(
            f"no {what} take is {clip_frames / 250:g} s long: give more data or lower "
            "clip_frames in the config"
        )
    return kept


def draw_places(
    takes: Sequence[Take],
    *,
    count: int,
    clip_frames: int,
    generator: np.random.Generator,
) -> list[ClipPlace]:
    """Draw where to cut: each second of music is as likely.

    Args:
        takes: As `usable_takes` returns them.
        count: Clips to draw.
        clip_frames: Length of each.
        generator: Source of randomness.
    """
    starts = np.cumsum([take.num_frames - clip_frames + 1 for take in takes])
    places = []
    for drawn in generator.integers(starts[-1], size=count).tolist():
        index = int(np.searchsorted(starts, drawn, side="right"))
        before = int(starts[index - 1]) if index else 0
        places.append(ClipPlace(take=index, first_frame=drawn - before))
    return places


def clip_batch(
    takes: Sequence[Take],
    places: Sequence[ClipPlace],
    *,
    clip_frames: int,
    generator: np.random.Generator,
    compat: bool,
) -> Inputs:
    """Cut a batch.

    Args:
        takes: What is cut.
        places: Where.
        clip_frames: T of each clip.
        generator: Draws the noise of the synthesizer.
        compat: See `SynthesisTrainingConfig`.

    Returns:
        `frames` [B, T, 10], `instrument` [B, 1], `bins` [B, T], `pitch` and `f0_hz`
        [B, T, 1], `counted` [B, T] (1 where the pitch counts), `heard_logits`
        [B, T, 126], `audio` and `noise` [B, 64 T].
    """
    clips = [
        _clip(takes[place.take], place.first_frame, clip_frames, compat=compat)
        for place in places
    ]
    batch = {name: np.stack([clip[name] for clip in clips]) for name in clips[0]}
    noise = generator.uniform(-1.0, 1.0, batch["audio"].shape)
    return {**batch, "noise": noise.astype(np.float32)}


def _clip(take: Take, first: int, num_frames: int, *, compat: bool) -> Inputs:
    last = first + num_frames
    sound = take.parameters.frames(first, last)
    frames = cut_frames(take.frames(), first, last, compat=compat)
    controls = (
        compat_controls(sound, frames, clip_frames=num_frames)
        if compat
        else take.controls
    )
    pitch = hz_to_midi(sound.f0_hz)
    is_counted = np.full(num_frames, True) if compat else frames.note_index >= 0
    samples = slice(first * HOP_SAMPLES, last * HOP_SAMPLES)
    return {
        "frames": conditioning(frames, spread(np.asarray(controls), frames)),
        "instrument": np.array([slot_of(take)], np.int32),
        "bins": deviation_to_bin(pitch - frames.pitch).astype(np.int32),
        "pitch": pitch.astype(np.float32)[:, None],
        "f0_hz": sound.f0_hz[:, None],
        "counted": is_counted.astype(np.float32),
        "heard_logits": heard_logits(sound),
        "audio": take.audio[samples].astype(np.float32) * _FULL_SCALE,
    }


def cut_frames(
    frames: NoteFrames, first: int, last: int, *, compat: bool
) -> NoteFrames:
    """Return the frames from `first` to before `last`.

    Args:
        frames: Of a whole take.
        first: First frame.
        last: The one after the last.
        compat: Whether positions are those in the clip, as if a note that is cut were
            whole, as the released program has them; else those in the note.
    """
    chosen = slice(first, last)
    cut = NoteFrames(
        pitch=frames.pitch[chosen],
        onset=frames.onset[chosen],
        offset=frames.offset[chosen],
        note_index=frames.note_index[chosen],
        position=frames.position[chosen],
        num_notes=frames.num_notes,
    )
    if not compat:
        return cut
    index = cut.note_index
    spans = np.append(cut.spans(), [[0, 0]], axis=0)  # the last is that of rests
    counted = np.arange(1, len(index) + 1) - spans[index, 0]
    lengths = np.maximum(spans[index, 1] - spans[index, 0], 1)
    position = np.where(index >= 0, counted / lengths, 0.0).astype(np.float32)
    return NoteFrames(
        pitch=cut.pitch,
        onset=cut.onset,
        offset=cut.offset,
        note_index=index,
        position=position,
        num_notes=cut.num_notes,
    )


def heard_logits(sound: SynthesisParameters) -> NDArray[np.float32]:
    """Return the raw parameters that mean a sound, [T, 126].

    Those of the harmonics are fixed only up to what all share: here their shares sum
    to 1 before they are scaled. Nothing at all is -12.

    Args:
        sound: T frames of 60 harmonics and 65 bands.
    """
    amplitude = _logits(sound.amplitude)[:, None]
    noise = np.maximum(_logits(sound.noise) - NOISE_BIAS, _LOGIT_RANGE[0])
    return np.concatenate([amplitude, _logits(sound.harmonics), noise], axis=1).astype(
        np.float32
    )


def _logits(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Invert the exp-sigmoid, within `_LOGIT_RANGE`."""
    above = (values.astype(np.float64) - THRESHOLD) / MAX_VALUE
    log_sigmoid = np.log(np.clip(above, 1e-30, 1.0 - 1e-9)) / EXPONENT
    logits = log_sigmoid - np.log(-np.expm1(log_sigmoid))
    return np.clip(logits, *_LOGIT_RANGE)
