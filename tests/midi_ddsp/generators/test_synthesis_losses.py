"""Losses are nothing where all is as wanted, and reach everything that learns."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from musegen.midi_ddsp.generators.control_measures import ControlMeasures
from musegen.midi_ddsp.generators.synthesis_losses import (
    LOSSES,
    SynthesisLosses,
    below_nyquist_shares,
)

Batch = dict[str, np.ndarray]


def true_logits(batch: Batch) -> np.ndarray:
    """Logits [B, T, 161] of nothing but the wanted classes."""
    shares = np.full((*batch["pitch_class"].shape, 161), 1e-12)
    lower, share = batch["pitch_class"][..., None], batch["pitch_share"][..., None]
    np.put_along_axis(shares, lower, 1.0 - share + 1e-12, axis=-1)
    np.put_along_axis(shares, lower + 1, share + 1e-12, axis=-1)
    return np.asarray(np.log(shares), np.float32)


def true_levels(batch: Batch) -> np.ndarray:
    """What the network should say: harmonics against one another."""
    levels = batch["wanted_levels"].copy()
    levels[..., 1:61] += 37.0
    return levels


def losses_of(batch: Batch, levels: np.ndarray, logits: np.ndarray) -> Batch:
    found = SynthesisLosses()(
        tf.constant(levels),
        tf.constant(logits),
        {name: tf.constant(values) for name, values in batch.items()},
    )
    assert set(found) == set(LOSSES)
    return {name: np.asarray(values) for name, values in found.items()}


def test_what_was_played_has_no_loss(batch: Batch) -> None:
    found = losses_of(batch, true_levels(batch), true_logits(batch))
    np.testing.assert_allclose(found["level"], 0.0, atol=0.02)  # stored as float16
    np.testing.assert_allclose(found["promise"][:2], 0.0, atol=1e-3)
    assert found["promise"][2] > 0.1  # nobody played it so
    share = np.clip(batch["pitch_share"], 1e-9, 1 - 1e-9)
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    weight = batch["pitch_weight"]
    least = (entropy * weight).sum(axis=1) / (weight.sum(axis=1) + 1.0)
    np.testing.assert_allclose(found["pitch"], least, atol=1e-3)


def test_a_promise_is_kept_where_the_asked_for_controls_are_met(batch: Batch) -> None:
    levels = true_levels(batch)
    shares = below_nyquist_shares(tf.constant(levels[..., 1:61]), batch["f0"])
    met = ControlMeasures()(
        tf.constant(levels[..., :1]),
        shares,
        tf.constant(levels[..., 61:]),
        tf.constant(batch["spans"]),
    )
    kept = {**batch, "controls": met.numpy()}
    assert not losses_of(kept, levels, true_logits(batch))["promise"].any()
    is_there = batch["spans"][..., 1] > batch["spans"][..., 0]
    assert is_there.any(axis=1).all()
    # One step of an error in one of five controls of each note.
    kept["controls"] = kept["controls"] + np.array([2.0, 0, 0, 0, 0], np.float32)
    count = 5.0 * is_there.sum(axis=1)
    found = losses_of(kept, levels, true_logits(batch))["promise"]
    np.testing.assert_allclose(found, 0.5 * count / 5.0 / (count + 1.0), rtol=1e-3)


def test_every_decibel_counts(batch: Batch) -> None:
    for place in (slice(0, 1), slice(1, 20), slice(61, 126)):
        levels = true_levels(batch)
        levels[:, :, place] += np.linspace(3.0, 9.0, levels[:, :, place].shape[2])
        found = losses_of(batch, levels, true_logits(batch))["level"]
        assert (found[:2] > 0.1).all()


def test_what_nobody_played_is_not_compared(batch: Batch) -> None:
    wrong = np.random.default_rng(0).normal(size=batch["wanted_levels"].shape)
    logits = np.zeros((3, 300, 161), np.float32)
    found = losses_of(batch, wrong.astype(np.float32) - 30.0, logits)
    assert found["level"][2] == found["pitch"][2] == 0.0
    assert (found["level"][:2] > 0.5).all()
    assert (found["pitch"][:2] > 3.0).all()


def test_silence_is_silence_however_deep(batch: Batch) -> None:
    levels = true_levels(batch)
    quiet = {**batch, "wanted_levels": np.full_like(levels, -120.0)}
    levels[..., :1], levels[..., 61:] = -81.0, -101.0
    near = losses_of(quiet, levels, true_logits(batch))["level"]
    levels[..., :1], levels[..., 61:] = -300.0, -300.0
    np.testing.assert_allclose(
        losses_of(quiet, levels, true_logits(batch))["level"], 0.0, atol=1e-6
    )
    np.testing.assert_allclose(near, 0.0, atol=0.05)


def test_nothing_sounds_above_half_the_sample_rate() -> None:
    harmonics = np.zeros((1, 3, 60), np.float32)
    f0_hz = np.array([[[100.0], [999.0], [1000.0]]], np.float32)
    shares = np.asarray(below_nyquist_shares(harmonics, f0_hz))
    np.testing.assert_allclose(shares.sum(axis=2), 1.0, rtol=1e-5)
    assert (shares > 0.0).sum(axis=2).tolist() == [[60, 8, 7]]
