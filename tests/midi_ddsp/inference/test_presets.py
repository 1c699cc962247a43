"""Presets: what each is for."""

from __future__ import annotations

from musegen.midi_ddsp.inference.presets import PRESETS


def test_default_and_baseline_differ_in_the_network_only_and_how_often_they_look() -> (
    None
):
    default, baseline = PRESETS["default"], PRESETS["baseline"]
    assert default.network.architecture == "correction"
    assert baseline.network.architecture == "autoencoder"
    for name in ("minutes", "batch_size", "crop_frames", "optimizer", "clip_norm"):
        assert getattr(default, name) == getattr(baseline, name)
    assert default.loop.learning_rate == baseline.loop.learning_rate


def test_paper_trains_as_published() -> None:
    paper = PRESETS["paper"]
    assert paper.network.architecture == "compat"
    assert (paper.batch_size, paper.crop_frames, paper.num_reverbs) == (16, 1000, 20)
    assert (paper.loop.learning_rate, paper.clip_norm) == (3e-4, 2.5)
    assert paper.loop.num_steps == 10_000
