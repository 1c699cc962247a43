"""Masks hide what they say, as often as they say, and always something."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.masks import (
    KINDS,
    Mask,
    check_mixture,
    draw_mask,
    frames,
    future,
    orderless,
    spans,
    voices,
)

NUM_DRAWS = 2000


def draws(kind: str, num_steps: int, num_draws: int = NUM_DRAWS) -> list[Mask]:
    generator = np.random.default_rng(7)
    return [KINDS[kind](num_steps, generator) for _ in range(num_draws)]


@given(
    kind=st.sampled_from(sorted(KINDS)),
    num_steps=st.integers(1, 100),
    seed=st.integers(0, 2**32),
)
def test_a_mask_has_its_shape_and_hides_something(
    kind: str, num_steps: int, seed: int
) -> None:
    mask = draw_mask(num_steps, {kind: 1.0}, generator=np.random.default_rng(seed))
    assert mask.shape == (num_steps, 4)
    assert mask.dtype == bool
    assert mask.any()


def test_a_draw_of_nothing_is_mended() -> None:
    assert not all(mask.any() for mask in draws("voices", 1, 200))
    generator = np.random.default_rng(7)
    masks = [draw_mask(1, {"voices": 1.0}, generator=generator) for _ in range(200)]
    assert all(mask.any() for mask in masks)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_generator_gives_the_same_mask(kind: str) -> None:
    first, again, other = (
        draw_mask(32, {kind: 1.0}, generator=np.random.default_rng(seed))
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_orderless_hides_every_number_of_cells_alike() -> None:
    counts = np.bincount([mask.sum() for mask in draws("orderless", 2, 8000)])
    assert counts[0] == 0
    assert len(counts) == 9
    assert np.abs(counts[1:] - 1000).max() < 150  # five standard deviations


def test_orderless_hides_every_cell_alike() -> None:
    rate = np.mean([orderless(2, np.random.default_rng(s)) for s in range(4000)], 0)
    assert np.abs(rate - 4.5 / 8).max() < 0.04


def test_frames_are_hidden_whole_but_for_one_in_eight() -> None:
    counts = []
    for mask in draws("frames", 16):
        is_touched = mask.any(axis=1)
        partly = is_touched & ~mask.all(axis=1)
        assert partly.sum() <= max(1, is_touched.sum() // 8)
        counts.append(is_touched.sum())
    counted = np.bincount(counts, minlength=17)
    assert counted[0] == 0
    assert np.abs(counted[1:] - NUM_DRAWS / 16).max() < 55


def test_future_hides_all_that_follows_a_moment() -> None:
    lengths = []
    for mask in draws("future", 32):
        now = int(np.argmax(mask.any(axis=1)))
        assert mask[now + 1 :].all()
        lengths.append(32 - now)
    # Log-uniform over 1 to 32: half of the lengths are at most the square root of 33.
    assert {1, 32} <= set(lengths)
    assert np.mean(np.array(lengths) < 5.7) == pytest.approx(0.5, abs=0.06)


def test_voices_hides_all_but_the_soprano_half_of_the_time() -> None:
    masks = draws("voices", 64, 4000)
    hidden_sets = [tuple(np.asarray(mask.any(axis=0)).tolist()) for mask in masks]
    # Half by choice, and 5 of 64 of the others by chance.
    share = hidden_sets.count((False, True, True, True)) / len(masks)
    assert share == pytest.approx(0.5 + 0.5 * 5 / 64, abs=0.04)
    assert not any(all(hidden) for hidden in hidden_sets)
    assert (True, False, False, False) in hidden_sets


def test_half_of_the_voice_masks_hide_their_voices_whole() -> None:
    masks = draws("voices", 64)
    is_whole = [np.array_equal(m.any(axis=0), m.all(axis=0)) for m in masks]
    assert np.mean(is_whole) == pytest.approx(0.5, abs=0.06)
    shares = [
        mask[:, mask.any(axis=0)].mean()
        for mask, whole in zip(masks, is_whole, strict=True)
        if not whole
    ]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


def test_spans_are_runs_in_time_of_a_beat_to_four_bars() -> None:
    for mask in draws("spans", 128):
        edges = np.abs(np.diff(mask.astype(int), axis=0)).sum(axis=0)
        assert edges.max() <= 8  # four spans at most
    whole = np.mean([m.any(axis=0).all() for m in draws("spans", 128)])
    assert 0.5 < whole < 1.0


def test_a_span_may_begin_before_the_crop_and_end_after_it() -> None:
    masks = draws("spans", 16)
    assert any(mask[0].any() for mask in masks)
    assert any(mask[-1].any() for mask in masks)
    assert any(mask.all() for mask in masks)


def test_kinds_are_drawn_by_weight() -> None:
    generator = np.random.default_rng(1)
    # In a single step `future` hides any number of voices, `voices` never all four.
    mixture = {"future": 3.0, "voices": 1.0, "spans": 0.0}
    all_hidden = [
        draw_mask(1, mixture, generator=generator).all() for _ in range(NUM_DRAWS * 2)
    ]
    assert np.mean(all_hidden) == pytest.approx(0.75 / 4, abs=0.03)


@pytest.mark.parametrize(
    ("mixture", "words"),
    [
        ({"orderless": 1.0, "zigzag": 1.0}, "knows orderless, .*; received zigzag"),
        ({"orderless": 0.0}, "one of them above 0"),
        ({"orderless": 1.0, "future": -0.5}, "weights of at least 0"),
        ({"orderless": float("nan")}, "weights of at least 0"),
        ({}, "one of them above 0"),
    ],
)
def test_a_mixture_that_nothing_can_be_drawn_by_is_refused(
    mixture: dict[str, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        check_mixture(mixture)
    with pytest.raises(ValueError, match=words):
        draw_mask(8, mixture, generator=np.random.default_rng(0))


def test_the_kinds_are_the_functions_of_their_names() -> None:
    assert dict(KINDS) == {
        "orderless": orderless,
        "frames": frames,
        "future": future,
        "voices": voices,
        "spans": spans,
    }
