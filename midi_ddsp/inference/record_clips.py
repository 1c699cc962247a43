"""Clips for training from a clip file, by split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.inference.batches import TrainingClip
from musegen.midi_ddsp.instruments import INSTRUMENTS, instrument_named
from musegen.midi_ddsp.parameters import HOP_SAMPLES
from musegen.midi_ddsp.records.clip_reading import open_clips
from musegen.midi_ddsp.records.schema import ClipRecord

INSTRUMENT_NAMES = tuple(instrument.name for instrument in INSTRUMENTS)
_FULL_SCALE = np.float32(1.0 / 32768.0)


def read_training_clips(path: Path, split: str) -> list[TrainingClip]:
    """Return all clips of a split, in the file's order.

    Args:
        path: Clip file of `musegen data prepare`.
        split: `train`, `valid` or `test`.

    Raises:
        FileFormatError: It is no clip file.
        TrainingError: It has no clip of that split.
    """
    with open_clips(path) as clips:
        chosen = clips.where(split=split).tolist()
        if not chosen:
            raise TrainingError(
                f"{path} has no clip of the split '{split}': prepare more pieces"
            )
        return [training_clip(clips.clip(index)) for index in chosen]


def training_clip(record: ClipRecord) -> TrainingClip:
    """Return a record as training takes it, without what was filled up."""
    num_frames = record.num_frames
    name = record.instrument
    known = instrument_named(name).name if name else INSTRUMENT_NAMES[0]
    return TrainingClip(
        audio=record.audio[: num_frames * HOP_SAMPLES].astype(np.float32) * _FULL_SCALE,
        f0_hz=np.asarray(record.f0_hz[:num_frames], dtype=np.float32),
        loudness_db=np.asarray(record.loudness_db[:num_frames], dtype=np.float32),
        instrument_id=INSTRUMENT_NAMES.index(known),
        instrument=known,
        piece=record.piece,
    )
