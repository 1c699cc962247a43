"""Masks hide what they say, as often as they say, and always something."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet import masks
from musegen.coconet.masks import (
    KINDS,
    Mask,
    Places,
    check_mixture,
    draw_mask,
    emphasis,
    orderless,
)

NUM_DRAWS = 2000


def places_of(
    num_steps: int, *, bar_lines: tuple[int, ...] = (), fermatas: tuple[int, ...] = ()
) -> Places:
    """Places with bar lines and beats under fermatas at these steps."""
    steps = np.arange(num_steps)
    return Places(
        num_steps=num_steps,
        bar_lines=np.isin(steps, bar_lines),
        fermatas=np.isin(steps - steps % 4, fermatas),
    )


def draws(kind: str, places: Places | int, num_draws: int = NUM_DRAWS) -> list[Mask]:
    generator = np.random.default_rng(7)
    where = Places.bare(places) if isinstance(places, int) else places
    return [KINDS[kind](where, generator) for _ in range(num_draws)]


def touched(mask: Mask) -> NDArray[np.intp]:
    """Steps in which something is hidden."""
    return np.flatnonzero(mask.any(axis=1))


@settings(max_examples=30)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    num_steps=st.integers(1, 100),
    is_known=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_a_mask_has_its_shape_and_hides_something(
    kind: str, num_steps: int, is_known: bool, seed: int
) -> None:
    places = places_of(num_steps, bar_lines=(0, 16), fermatas=(12,))
    drawn = draw_mask(
        places if is_known else Places.bare(num_steps),
        {kind: 1.0},
        generator=np.random.default_rng(seed),
    )
    assert drawn.kind == kind
    assert drawn.is_hidden.shape == drawn.emphasis.shape == (num_steps, 4)
    assert drawn.is_hidden.dtype == bool
    assert drawn.emphasis.dtype == np.float32
    assert drawn.is_hidden.any()
    assert (drawn.emphasis > 0.0).all()


@pytest.mark.parametrize("kind", ["voices", "bars"])
def test_a_draw_of_nothing_is_mended(kind: str) -> None:
    assert not all(mask.any() for mask in draws(kind, 1, 200))
    generator = np.random.default_rng(7)
    drawn = [
        draw_mask(Places.bare(1), {kind: 1.0}, generator=generator) for _ in range(200)
    ]
    assert all(mask.is_hidden.any() for mask in drawn)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_generator_gives_the_same_mask(kind: str) -> None:
    first, again, other = (
        [
            draw_mask(Places.bare(32), {kind: 1.0}, generator=generator).is_hidden
            for _ in range(5)
        ]
        for generator in map(np.random.default_rng, (3, 3, 4))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_orderless_hides_every_number_of_cells_alike() -> None:
    counts = np.bincount([mask.sum() for mask in draws("orderless", 2, 8000)])
    assert counts[0] == 0
    assert len(counts) == 9
    assert np.abs(counts[1:] - 1000).max() < 150  # five standard deviations


def test_orderless_hides_every_cell_alike() -> None:
    generators = map(np.random.default_rng, range(4000))
    rate = np.mean([orderless(Places.bare(2), each) for each in generators], axis=0)
    assert np.abs(rate - 4.5 / 8).max() < 0.04


def test_beats_of_single_voices_are_hidden_whole_in_every_number_alike() -> None:
    counts = []
    for mask in draws("beats", 8, 4000):
        by_beat = mask.reshape(2, 4, 4)
        assert (by_beat == by_beat[:, :1]).all()
        counts.append(by_beat[:, 0].sum())
    counted = np.bincount(counts, minlength=9)
    assert counted[0] == 0
    assert np.abs(counted[1:] - 500).max() < 110  # five standard deviations


def test_beats_reach_into_a_last_beat_that_is_cut_off() -> None:
    assert {mask[4].any() for mask in draws("beats", 5, 50)} == {True, False}


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


def test_future_hides_all_that_follows_a_moment_in_the_voices_not_given() -> None:
    frontiers = []
    num_given = 0
    for mask in draws("future", 32, 4000):
        if not mask.any():  # the last frame, all of it given
            continue
        now, hidden = touched(mask)[0], mask.any(axis=0)
        assert mask[now + 1 :, hidden].all()
        if hidden.all():
            frontiers.append(now)
        elif now < 30:  # else one frame alone decides
            num_given += 1
    # Of the first 30 moments, each equally likely, a third have given voices.
    assert num_given / 4000 == pytest.approx(30 / 32 / 3, abs=0.04)
    counted = np.bincount(frontiers, minlength=32)[:31]
    assert np.abs(counted - 4000 * 2 / 3 / 32).max() < 48  # five standard deviations


def test_the_frame_at_the_moment_is_hidden_in_any_number_of_voices() -> None:
    at_once = [
        int(mask[touched(mask)[0]].sum())
        for mask in draws("future", 32, 4000)
        if mask.any(axis=0).all()
    ]
    shares = np.bincount(at_once, minlength=5) / len(at_once)
    assert np.abs(shares[1:] - 0.25).max() < 0.05


def test_voices_hides_all_but_the_soprano_half_of_the_time() -> None:
    drawn = draws("voices", 64, 4000)
    hidden_sets = [tuple(np.asarray(mask.any(axis=0)).tolist()) for mask in drawn]
    # Half by choice, and 5 of 64 of the others by chance.
    share = hidden_sets.count((False, True, True, True)) / len(drawn)
    assert share == pytest.approx(0.5 + 0.5 * 5 / 64, abs=0.04)
    assert not any(all(hidden) for hidden in hidden_sets)
    assert (True, False, False, False) in hidden_sets


def test_half_of_the_voice_masks_hide_their_voices_whole() -> None:
    drawn = draws("voices", 64)
    is_whole = [np.array_equal(m.any(axis=0), m.all(axis=0)) for m in drawn]
    assert np.mean(is_whole) == pytest.approx(0.5, abs=0.06)
    shares = [
        mask[:, mask.any(axis=0)].mean()
        for mask, whole in zip(drawn, is_whole, strict=True)
        if not whole
    ]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


def test_half_of_the_partly_shown_voices_are_shown_by_whole_beats() -> None:
    partly = [
        mask
        for mask in draws("voices", 64)
        if not np.array_equal(mask.any(axis=0), mask.all(axis=0))
    ]
    by_beat = [mask.reshape(16, 4, 4) for mask in partly]
    is_by_beats = [bool((beat == beat[:, :1]).all()) for beat in by_beat]
    assert np.mean(is_by_beats) == pytest.approx(0.5, abs=0.08)


def test_spans_are_runs_in_time_of_a_beat_to_four_bars() -> None:
    for mask in draws("spans", 128):
        edges = np.abs(np.diff(mask.astype(int), axis=0)).sum(axis=0)
        assert edges.max() <= 8  # four spans at most
    whole = np.mean([m.any(axis=0).all() for m in draws("spans", 128)])
    assert 0.5 < whole < 1.0


def test_a_span_may_begin_before_the_crop_and_end_after_it() -> None:
    drawn = draws("spans", 16)
    assert any(mask[0].any() for mask in drawn)
    assert any(mask[-1].any() for mask in drawn)
    assert any(mask.all() for mask in drawn)


def run_of(mask: Mask) -> tuple[int, int]:
    """Begin and end of the one run that a mask hides, alike in all its voices."""
    steps = touched(mask)
    begin, end = int(steps[0]), int(steps[-1]) + 1
    assert mask[begin:end, mask.any(axis=0)].all()
    return begin, end


def test_bars_begin_and_end_on_bar_lines() -> None:
    edges = [4, 16, 28, 44, 60, 76, 88]  # a pickup, and the metre changes
    places = places_of(88, bar_lines=tuple(edges[:-1]))
    runs = [run_of(mask) for mask in draws("bars", places)]
    assert {edge for run in runs for edge in run} == set(edges)
    lengths = [edges.index(end) - edges.index(begin) for begin, end in runs]
    assert set(lengths) == {1, 2, 3, 4}
    of_first = [n for n, run in zip(lengths, runs, strict=True) if run[0] == 4]
    assert np.mean(of_first) == pytest.approx(2.5, abs=0.35)  # one to four alike


def test_without_a_metre_bars_are_four_beats_from_any_beat() -> None:
    runs = [run_of(mask) for mask in draws("bars", 96)]
    assert {begin % 16 for begin, _ in runs} == {0, 4, 8, 12}
    assert all((end - begin) % 16 == 0 or end == 96 for begin, end in runs)
    assert max(end - begin for begin, end in runs) == 64


def test_a_cadence_ends_with_a_fermata() -> None:
    places = places_of(96, fermatas=(28, 32, 92))
    runs = [run_of(mask) for mask in draws("cadence", places)]
    assert {end for _, end in runs} == {36, 96}
    lengths = [end - begin for begin, end in runs]
    assert set(lengths) == {4 * beats for beats in range(2, 9)}
    assert np.mean([end == 36 for _, end in runs]) == pytest.approx(0.5, abs=0.06)


def test_without_a_fermata_a_cadence_ends_with_the_crop() -> None:
    assert {run_of(mask)[1] for mask in draws("cadence", 40, 200)} == {40}


def test_a_cadence_longer_than_what_came_before_begins_with_the_crop() -> None:
    places = places_of(40, fermatas=(4,))
    assert {run_of(mask) for mask in draws("cadence", places, 200)} == {(0, 8)}


@pytest.mark.parametrize("kind", ["bars", "cadence"])
def test_half_of_them_hide_all_voices_the_others_any_number(kind: str) -> None:
    num_hidden = [int(mask.any(axis=0).sum()) for mask in draws(kind, 64)]
    shares = np.bincount(num_hidden, minlength=5)[1:] / NUM_DRAWS
    assert shares == pytest.approx([1 / 8, 1 / 8, 1 / 8, 5 / 8], abs=0.06)


def test_kinds_are_drawn_by_weight() -> None:
    generator = np.random.default_rng(1)
    mixture = {"future": 3.0, "voices": 1.0, "spans": 0.0}
    places = Places.bare(4)
    kinds = [
        draw_mask(places, mixture, generator=generator).kind for _ in range(NUM_DRAWS)
    ]
    assert set(kinds) == {"future", "voices"}
    assert kinds.count("future") / NUM_DRAWS == pytest.approx(0.75, abs=0.05)


def test_what_comes_next_is_emphasised_of_the_future() -> None:
    is_hidden = np.zeros((12, 4), dtype=bool)
    is_hidden[3, 2] = True
    is_hidden[4:] = True
    weights = emphasis("future", is_hidden)
    assert (weights == weights[:, :1]).all()
    ahead = np.arange(9)
    assert weights[3:, 0] == pytest.approx(0.02 + np.exp(-ahead / 4.0), rel=1e-6)
    assert weights[:3] == pytest.approx(1.02)  # shown, and so without influence


def test_partly_shown_frames_are_emphasised() -> None:
    is_hidden = np.zeros((3, 4), dtype=bool)
    is_hidden[0] = True
    is_hidden[2, :3] = True
    assert emphasis("frames", is_hidden).tolist() == [[1.0] * 4, [1.0] * 4, [8.0] * 4]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"future", "frames"}))
def test_elsewhere_all_cells_count_alike(kind: str) -> None:
    is_hidden = draws(kind, 16, 1)[0]
    assert (emphasis(kind, is_hidden) == 1.0).all()


def test_a_drawn_mask_brings_its_own_emphasis() -> None:
    generator = np.random.default_rng(0)
    drawn = draw_mask(Places.bare(24), {"future": 1.0}, generator=generator)
    assert np.array_equal(drawn.emphasis, emphasis("future", drawn.is_hidden))
    assert len(np.unique(drawn.emphasis)) > 1


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
        draw_mask(Places.bare(8), mixture, generator=np.random.default_rng(0))


def test_the_kinds_are_the_functions_of_their_names() -> None:
    names = ["orderless", "beats", "frames", "future"]
    names += ["voices", "spans", "bars", "cadence"]
    functions: dict[str, Callable[..., Mask]] = {
        name: getattr(masks, name) for name in names
    }
    assert dict(KINDS) == functions
