"""What the judge sees: decibels on a scale of its own."""

from __future__ import annotations

import keras
import numpy as np

from musegen.midi_ddsp.generators.judged_levels import JudgedLevels

Batch = dict[str, np.ndarray]


def test_the_judge_sees_the_same_where_all_is_as_wanted(batch: Batch) -> None:
    levels = batch["wanted_levels"].copy()
    levels[..., 1:61] += 37.0  # harmonics are told against one another
    heard, made = JudgedLevels()(levels, batch)
    assert heard.shape == made.shape == (3, 300, 126)
    is_near = np.abs(np.asarray(heard) - np.asarray(made)) < 0.1
    assert is_near[batch["is_played"][:, 0] > 0].mean() > 0.98
    assert np.abs(np.asarray(heard)).max() <= 3.0


def test_what_cannot_sound_is_the_same_on_both_sides(batch: Batch) -> None:
    rng = np.random.default_rng(0)
    levels = rng.normal(-40.0, 10.0, batch["wanted_levels"].shape).astype(np.float32)
    f0_hz = batch["f0"].copy()
    f0_hz[:, ::7] = 0.0
    wanted = {**batch, "f0": f0_hz}
    heard, made = (np.asarray(part) for part in JudgedLevels()(levels, wanted))
    is_silent = (f0_hz == 0.0) | (f0_hz * np.arange(1, 61) >= 8000.0)
    assert 0.2 < is_silent.mean() < 0.95
    np.testing.assert_allclose(heard[..., 1:61][is_silent], -1.5)  # -90 dB
    np.testing.assert_allclose(made[..., 1:61][is_silent], -1.5)


def test_a_config_gives_the_layer_back() -> None:
    config = keras.saving.serialize_keras_object(JudgedLevels(name="judged_levels"))
    assert keras.saving.deserialize_keras_object(config).name == "judged_levels"
