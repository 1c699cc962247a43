"""Crops: where they are cut, how loud they become, what a batch is made of."""

from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.inference.batches import (
    Crop,
    TrainingClip,
    batch_of,
    draw_crops,
    usable_clips,
)
from musegen.midi_ddsp.inference.config import (
    AutoencoderNetworkConfig,
    CorrectionNetworkConfig,
)


def clip(num_frames: int = 40, peak: float = 0.5) -> TrainingClip:
    generator = np.random.default_rng(num_frames)
    audio = generator.uniform(-1, 1, 64 * num_frames)
    return TrainingClip(
        audio=(peak * audio).astype(np.float32),
        f0_hz=np.linspace(200, 300, num_frames, dtype=np.float32),
        loudness_db=np.full(num_frames, -20.0, np.float32),
        instrument_id=2,
    )


def test_short_and_silent_clips_are_left_out() -> None:
    kept = usable_clips([clip(40), clip(9), clip(40, peak=0.0)], 10, "training")
    assert [item.num_frames for item in kept] == [40]
    with pytest.raises(TrainingError, match=r"no training clip is 0\.2 s long"):
        usable_clips([clip(40)], 50, "training")


def test_crops_lie_inside_and_never_clip() -> None:
    clips = [clip(40), clip(20, peak=0.9)]
    crops = draw_crops(
        clips,
        batch_size=300,
        crop_frames=20,
        max_gain_db=12.0,
        generator=np.random.default_rng(0),
    )
    assert {crop.clip for crop in crops} == {0, 1}
    firsts = [crop.first_frame for crop in crops if crop.clip == 0]
    assert min(firsts) == 0
    assert max(firsts) == 20
    assert all(crop.first_frame == 0 for crop in crops if crop.clip == 1)
    for crop in crops:
        peak = np.abs(clips[crop.clip].audio).max() * 10 ** (crop.gain_db / 20)
        assert peak <= 0.991
        assert -12.0 <= crop.gain_db <= 12.0


def test_a_batch_holds_what_was_cut_as_loud_as_asked() -> None:
    source = clip(40)
    crops = [
        Crop(clip=0, first_frame=5, gain_db=0.0),
        Crop(clip=0, first_frame=7, gain_db=-6.0),
    ]
    inputs, audio = batch_of(
        [source], crops, crop_frames=10, network=AutoencoderNetworkConfig()
    )
    np.testing.assert_array_equal(audio[0], source.audio[320:960])
    np.testing.assert_allclose(audio[1], source.audio[448:1088] * 0.50119, rtol=1e-4)
    np.testing.assert_array_equal(inputs["f0_hz"][0, :, 0], source.f0_hz[5:15])
    np.testing.assert_allclose(inputs["loudness"][1], -26.0 / 80.0, rtol=1e-5)
    assert inputs["instrument"].tolist() == [[2], [2]]


def test_features_of_a_crop_know_the_sound_around_it() -> None:
    source = clip(80)
    network = CorrectionNetworkConfig()
    whole, _ = batch_of(
        [source],
        [Crop(clip=0, first_frame=0, gain_db=0.0)],
        crop_frames=80,
        network=network,
    )
    part, _ = batch_of(
        [source],
        [Crop(clip=0, first_frame=30, gain_db=0.0)],
        crop_frames=10,
        network=network,
    )
    for name in ("features", "measured"):
        np.testing.assert_allclose(part[name], whole[name][:, 30:40], atol=1e-4)
