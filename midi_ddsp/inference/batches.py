"""Random crops of clips as batches for training DDSP Inference.

What a step sees derives from the run's seed and the step alone. Where clips come from
is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.inference.config import NetworkConfig
from musegen.midi_ddsp.inference.features import Stretch, network_inputs
from musegen.midi_ddsp.inference.measuring import Floats
from musegen.midi_ddsp.parameters import HOP_SAMPLES

_LOUDEST_SAMPLE = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingClip:
    """A stretch of solo recording with what is known of it.

    Args:
        audio: [N], 16 kHz, within [-1, 1].
        f0_hz: [T], 250 frames a second; 0 where there is no pitch.
        loudness_db: [T].
        instrument_id: Slot of the instrument.
        instrument: Its name.
        piece: The piece, so that pieces may be held out.
    """

    audio: Floats
    f0_hz: Floats
    loudness_db: Floats
    instrument_id: int = 0
    instrument: str = ""
    piece: str = ""

    @property
    def num_frames(self) -> int:
        """Frames that are wholly covered by sound and by f0."""
        return min(len(self.f0_hz), len(self.audio) // HOP_SAMPLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """Where a training example is cut, and how loud it is made.

    Args:
        clip: Index of the clip.
        first_frame: Where it begins.
        gain_db: What its level is changed by.
    """

    clip: int
    first_frame: int
    gain_db: float


def usable_clips(
    clips: Sequence[TrainingClip], crop_frames: int, what: str
) -> list[TrainingClip]:
    """Return the clips that are long enough and hold sound.

    Raises:
        TrainingError: There is none.
    """
    kept = [
        clip
        for clip in clips
        if clip.num_frames >= crop_frames and np.abs(clip.audio).max(initial=0) > 0
    ]
    if not kept:
        raise TrainingError(
            f"no {what} clip is {crop_frames / 250:g} s long and not silent: give more "
            "data or lower crop_frames in the config"
        )
    return kept


def draw_crops(
    clips: Sequence[TrainingClip],
    *,
    batch_size: int,
    crop_frames: int,
    max_gain_db: float,
    generator: np.random.Generator,
) -> list[Crop]:
    """Draw where to cut: any clip, any place, any gain within bounds.

    Args:
        clips: As `usable_clips` returns them.
        batch_size: Crops to draw.
        crop_frames: Length of each.
        max_gain_db: Gains lie within this of 0 either way; none lets samples clip.
        generator: Source of randomness.
    """
    crops = []
    for index in generator.integers(len(clips), size=batch_size).tolist():
        clip = clips[index]
        first = int(generator.integers(clip.num_frames - crop_frames + 1))
        peak = max(float(np.abs(clip.audio).max()), 1e-6)
        loudest_db = max(20.0 * float(np.log10(_LOUDEST_SAMPLE / peak)), 0.0)
        drawn = float(generator.uniform(-max_gain_db, max_gain_db))
        crops.append(
            Crop(clip=index, first_frame=first, gain_db=min(drawn, loudest_db))
        )
    return crops


def batch_of(
    clips: Sequence[TrainingClip],
    crops: Sequence[Crop],
    *,
    crop_frames: int,
    network: NetworkConfig,
) -> tuple[dict[str, NDArray[Any]], Floats]:
    """Cut a batch.

    Args:
        clips: What is cut.
        crops: Where.
        crop_frames: Length of each crop.
        network: Names the inputs.

    Returns:
        The network's inputs and `f0_hz` [B, T, 1], batch first; and the audio
        [B, 64 T].
    """
    made, audios = [], []
    for crop in crops:
        clip = _louder(clips[crop.clip], crop.gain_db)
        stretch = Stretch(
            audio=clip.audio,
            f0_hz=clip.f0_hz,
            loudness_db=clip.loudness_db,
            instrument_id=clip.instrument_id,
            first_frame=crop.first_frame,
            num_frames=crop_frames,
        )
        f0_hz = np.maximum(clip.f0_hz[stretch.frames], 0.0).astype(np.float32)
        made.append({**network_inputs(network, stretch), "f0_hz": f0_hz[:, None]})
        start = crop.first_frame * HOP_SAMPLES
        audios.append(clip.audio[start : start + crop_frames * HOP_SAMPLES])
    inputs = {name: np.stack([item[name] for item in made]) for name in made[0]}
    return inputs, np.stack(audios).astype(np.float32)


def _louder(clip: TrainingClip, gain_db: float) -> TrainingClip:
    gain = np.float32(10.0 ** (gain_db / 20.0))
    return replace(
        clip, audio=clip.audio * gain, loudness_db=clip.loudness_db + gain_db
    )
