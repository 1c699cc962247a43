"""Takes from a clip file: recordings put together again, and heard.

A recording's clips are laid end to end, DDSP Inference says what it sounds like, and
each note is measured whole, wherever clips may have cut it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.expression import compat_controls
from musegen.midi_ddsp.expression_units import measure_notes
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.note_frames import note_frames
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import HOP_SAMPLES
from musegen.midi_ddsp.records.clip_reading import open_clips
from musegen.midi_ddsp.records.schema import ClipNote, ClipRecord
from musegen.midi_ddsp.takes.take import Take

_FULL_SCALE = np.float32(1.0 / 32768.0)


def iterate_takes(
    path: Path,
    model: InferenceModel,
    *,
    splits: Collection[str] | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Iterator[Take]:
    """Yield the recordings of a clip file as takes, in the file's order.

    Args:
        path: Clip file of `musegen data prepare midi-ddsp`.
        model: What hears the recordings.
        splits: Some of `train`, `valid` and `test`; None for all.
        tell: Called after each take with how many are done, and how many there are.

    Raises:
        FileFormatError: It is no clip file.
        TrainingError: It has no recording of those, or a recording lacks a clip.
    """
    with open_clips(path) as clips:
        is_asked = [splits is None or name in splits for name in clips.values("split")]
        chosen = np.flatnonzero(is_asked)
        if not len(chosen):
            raise TrainingError(
                f"{path} has no clip of the split {' or '.join(splits or ())}: prepare "
                "more pieces"
            )
        recordings = np.array(clips.values("recording"), dtype=object)[chosen]
        names = list(dict.fromkeys(recordings))
        for count, name in enumerate(names, start=1):
            rows = chosen[recordings == name].tolist()
            yield take_of([clips.clip(row) for row in rows], model)
            if tell is not None:
                tell(count, len(names))


def take_of(clips: Sequence[ClipRecord], model: InferenceModel) -> Take:
    """Put the clips of one recording together.

    Args:
        clips: All clips of the recording; they may overlap.
        model: What hears it.

    Raises:
        TrainingError: A stretch of the recording is in no clip.
    """
    ordered = sorted(clips, key=lambda clip: clip.start_frame)
    first = ordered[0]
    num_frames = max(clip.start_frame + clip.num_frames for clip in ordered)
    audio = np.zeros(num_frames * HOP_SAMPLES, np.int16)
    f0_hz = np.zeros(num_frames, np.float32)
    loudness_db = np.zeros(num_frames, np.float32)
    covered = 0
    for clip in ordered:
        if clip.start_frame > covered:
            raise TrainingError(
                f"the recording {clip.recording} lacks the frames {covered} to "
                f"{clip.start_frame}: prepare the clips again"
            )
        covered = clip.start_frame + clip.num_frames
        there = slice(clip.start_frame, covered)
        f0_hz[there] = clip.f0_hz[: clip.num_frames]
        loudness_db[there] = clip.loudness_db[: clip.num_frames]
        samples = slice(there.start * HOP_SAMPLES, there.stop * HOP_SAMPLES)
        audio[samples] = clip.audio[: clip.num_frames * HOP_SAMPLES]
    notes = _notes(ordered)
    parameters = model.infer(
        audio.astype(np.float32) * _FULL_SCALE, f0_hz, loudness_db, first.instrument
    )
    frames = note_frames(notes, num_frames)
    return Take(
        piece=first.piece,
        recording=first.recording,
        split=first.split,
        instrument=first.instrument,
        notes=notes,
        parameters=parameters,
        units=_float32(measure_notes(parameters, frames)),
        controls=_float32(compat_controls(parameters, frames)),
        audio=audio,
    )


def _notes(clips: Sequence[ClipRecord]) -> tuple[PlayedNote, ...]:
    by_index: dict[int, ClipNote] = {}
    for clip in clips:
        by_index.update({note.index: note for note in clip.notes})
    return tuple(
        PlayedNote(
            pitch=note.pitch,
            onset_s=note.onset_s,
            offset_s=note.offset_s,
            velocity=note.velocity,
        )
        for _, note in sorted(by_index.items())
    )


def _float32(values: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)
