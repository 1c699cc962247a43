"""Crops hold what was played, or controls nobody played; short takes are filled up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from musegen.midi_ddsp.generators.controls import COLUMNS, MEASURED, playable
from musegen.midi_ddsp.generators.line import NUM_FEATURES
from musegen.midi_ddsp.generators.pitch_classes import class_centres
from musegen.midi_ddsp.generators.synthesis_batches import (
    SILENT_DB,
    ControlRanges,
    TrainingLine,
    batch_of_crops,
    levels_of,
    prepare,
)
from musegen.midi_ddsp.parameters import hz_to_midi
from musegen.midi_ddsp.takes.take import Take

Arrays = dict[str, np.ndarray]
CROP = 200


@pytest.fixture(scope="module")
def lines(takes: tuple[Take, ...]) -> list[TrainingLine]:
    return [prepare(take) for take in takes]


def draw(
    lines: Sequence[TrainingLine],
    *,
    seed: int = 0,
    crop_frames: int = CROP,
    num_played: int = 2,
    num_changed: int = 2,
) -> Arrays:
    found = batch_of_crops(
        lines,
        num_played=num_played,
        num_changed=num_changed,
        crop_frames=crop_frames,
        ranges=ControlRanges(lines),
        generator=np.random.default_rng(seed),
    )
    return {name: np.asarray(values) for name, values in found.items()}


# === Takes made ready ===


def test_pitch_is_its_note_its_intonation_its_swing_and_what_is_left(
    takes: tuple[Take, ...], lines: list[TrainingLine]
) -> None:
    for take, item in zip(takes, lines, strict=True):
        index = take.frames().note_index
        sounds = index >= 0
        note = item.line.notes_at(np.arange(take.num_frames))
        cents = (
            item.deviation_cents
            + item.swing.at(0, take.num_frames)[:, 0]
            + item.line.controls[note, COLUMNS["intonation_cents"]]
        )
        pitch = item.line.pitches[note] + cents / 100.0
        expected = hz_to_midi(take.parameters.f0_hz)
        np.testing.assert_allclose(pitch[sounds], expected[sounds], atol=1e-3)
        assert (item.pitch_weight[sounds] == 1.0).all()
        assert (item.pitch_weight[~sounds] < 1.0).all()


def test_found_vibrato_leaves_little_to_guess(lines: list[TrainingLine]) -> None:
    item = lines[1]
    swing = item.swing.at(0, item.num_frames)[:, 0]
    start, end = item.line.spans[0]
    middle = slice(start + 80, end - 15)
    assert item.line.controls[0, COLUMNS["vibrato_extent_cents"]] > 4.0
    assert item.deviation_cents[middle].std() < 0.3 * swing[middle].std()


def test_without_expression_every_note_is_told_the_same(
    takes: tuple[Take, ...], lines: list[TrainingLine]
) -> None:
    item = prepare(takes[0], is_told_expression=False)
    assert (item.line.controls == item.line.controls[0]).all()
    assert not item.swing.at(0, item.num_frames).any()
    note = item.line.notes_at(np.arange(item.num_frames))
    whole = 100.0 * (hz_to_midi(takes[0].parameters.f0_hz) - item.line.pitches[note])
    has_pitch = takes[0].parameters.f0_hz > 0.0
    np.testing.assert_allclose(
        item.deviation_cents[has_pitch], whole[has_pitch], atol=1e-3
    )
    np.testing.assert_array_equal(item.levels, lines[0].levels)


def test_levels_are_decibels_and_harmonics_absolute(takes: tuple[Take, ...]) -> None:
    parameters = takes[0].parameters
    levels = levels_of(parameters)
    assert levels.shape == (takes[0].num_frames, 126)
    linear = 10.0 ** (levels / 20.0)
    np.testing.assert_allclose(linear[:, 0], parameters.amplitude, atol=2e-6)
    np.testing.assert_allclose(
        linear[:, 1:61], parameters.amplitude[:, None] * parameters.harmonics, atol=2e-6
    )
    np.testing.assert_allclose(linear[:, 61:], parameters.noise, atol=2e-6)
    assert levels.min() == pytest.approx(SILENT_DB)


# === Batches ===


def test_a_batch_has_the_shapes_that_the_network_takes(
    lines: list[TrainingLine],
) -> None:
    batch = draw(lines)
    most = batch["spans"].shape[1]
    assert {name: values.shape for name, values in batch.items()} == {
        "features": (4, CROP, NUM_FEATURES),
        "wanted_levels": (4, CROP, 126),
        "f0": (4, CROP, 1),
        "pitch_class": (4, CROP),
        "pitch_share": (4, CROP),
        "pitch_weight": (4, CROP),
        "spans": (4, most, 2),
        "controls": (4, most, 5),
        "is_played": (4, 1),
    }
    assert batch["is_played"][:, 0].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert batch["pitch_class"].dtype == batch["spans"].dtype == np.int32
    assert all(np.isfinite(values).all() for values in batch.values())


def test_only_whole_notes_are_asked_for_their_controls(
    lines: list[TrainingLine],
) -> None:
    batch = draw(lines, crop_frames=300, num_played=8)
    lengths = np.diff(batch["spans"], axis=2)[..., 0]
    assert ((batch["spans"] >= 0) & (batch["spans"] <= 300)).all()
    assert (lengths >= 0).all()
    assert (lengths > 0).any()
    assert not batch["controls"][lengths == 0].any()
    is_sounding = batch["features"][..., 0] > 0.5
    for crop, spans in enumerate(batch["spans"]):
        for start, end in spans[lengths[crop] > 0]:
            assert is_sounding[crop, start:end].all()


def test_a_played_crop_is_a_stretch_of_its_take(lines: list[TrainingLine]) -> None:
    item = lines[0]
    batch = draw([item], num_played=1, num_changed=0, crop_frames=400)
    levels = item.levels.astype(np.float32)
    (first,) = (
        start
        for start in range(item.num_frames - 399)
        if np.array_equal(batch["wanted_levels"][0], levels[start : start + 400])
    )
    there = slice(first, first + 400)
    np.testing.assert_array_equal(batch["f0"][0, :, 0], item.f0_hz[there])
    swing = item.swing.at(first, first + 400)
    expected = item.line.features(first, first + 400, swing)
    np.testing.assert_array_equal(batch["features"][0], expected)
    lower, share = batch["pitch_class"][0], batch["pitch_share"][0]
    centres = class_centres()
    cents = (1 - share) * centres[lower] + share * centres[lower + 1]
    np.testing.assert_allclose(cents, item.deviation_cents[there], atol=1e-3)
    wanted = [COLUMNS[name] for name in MEASURED]
    rows = item.line.controls[:, wanted].astype(np.float32)
    for span, row in zip(batch["spans"][0], batch["controls"][0], strict=True):
        (note,) = np.flatnonzero((item.line.spans == span + first).all(axis=1))
        np.testing.assert_array_equal(row, rows[note])


def test_a_take_shorter_than_a_crop_is_filled_with_silence(
    lines: list[TrainingLine],
) -> None:
    item = lines[0]
    batch = draw([item], crop_frames=item.num_frames + 50 + item.num_frames % 2)
    after = slice(item.num_frames, None)
    assert (batch["wanted_levels"][:, after] == SILENT_DB).all()
    assert not batch["f0"][:, after].any()
    assert not batch["pitch_weight"][:, after].any()
    assert batch["wanted_levels"][:, : item.num_frames].max() > -60.0
    assert (batch["spans"].max(axis=(1, 2)) == item.line.spans[-1, 1]).all()


def test_changed_crops_have_no_pitch_to_meet(lines: list[TrainingLine]) -> None:
    batch = draw(lines)
    assert batch["pitch_weight"][:2].any()
    assert not batch["pitch_weight"][2:].any()


def test_the_same_draw_is_the_same_batch(lines: list[TrainingLine]) -> None:
    one, same, other = draw(lines), draw(lines), draw(lines, seed=1)
    for name, values in one.items():
        np.testing.assert_array_equal(values, same[name])
    assert not np.array_equal(one["features"], other["features"])


def test_changed_controls_are_of_the_instrument_and_some_are_kept(
    lines: list[TrainingLine],
) -> None:
    ranges = ControlRanges(lines)
    line = lines[0].line
    rng = np.random.default_rng(0)
    drawn = np.stack([ranges.changed(line, rng) for _ in range(200)])
    kept = (drawn == line.controls).mean()
    assert 0.4 < kept < 0.65
    np.testing.assert_array_equal(drawn, playable(drawn))
    played = np.concatenate([item.line.controls for item in lines[:2]])  # violins
    low, high = played.min(axis=0), played.max(axis=0)
    reach = 0.1 * (high - low) + 1e-9
    assert (drawn >= low - reach).all()
    assert (drawn <= high + reach).all()
