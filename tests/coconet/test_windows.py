"""Windows: kept parts tile a score, and nothing that is written is written again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.coconet.ancestral import AncestralConfig
from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.drawing import NUM_CLASSES, Allowed
from musegen.coconet.predicting import (
    IsHidden,
    Logits,
    LogitsFunction,
    PitchIndex,
    SameEverywhere,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig, gibbs_sample
from musegen.coconet.windows import (
    Window,
    WindowConfig,
    sample_windows,
    window_forwards,
    windows,
)

SMALL = WindowConfig(length=16, context=8, lookahead=4)


def generators(num_items: int) -> list[np.random.Generator]:
    return [np.random.default_rng([5, item]) for item in range(num_items)]


class Recorder:
    """A network that prefers the pitch before, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[PitchIndex, IsHidden]] = []

    def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
        self.asked.append((pitch.copy(), is_hidden.copy()))
        before = np.roll(np.where(is_hidden, 20, pitch), 1, axis=1)
        distance = np.abs(np.arange(NUM_PITCHES) - before[..., None])
        return (-0.2 * distance).astype(np.float32)


@st.composite
def configs(draw: st.DrawFn) -> WindowConfig:
    context, lookahead = draw(st.integers(0, 20)), draw(st.integers(0, 20))
    room = draw(st.integers(1, 20))
    return WindowConfig(
        length=context + lookahead + room, context=context, lookahead=lookahead
    )


@given(num_steps=st.integers(0, 400), config=configs())
def test_kept_parts_tile_any_length(num_steps: int, config: WindowConfig) -> None:
    done = 0
    for window in windows(num_steps, config):
        assert window.keep_start == done
        assert window.keep_end > window.keep_start
        assert window.start == max(0, window.keep_start - config.context)
        assert window.keep_end <= window.end <= num_steps
        assert window.end - window.start <= config.length
        if window.end < num_steps:
            assert window.end - window.keep_end == config.lookahead
        done = window.keep_end
    assert done == num_steps


def test_windows_by_hand() -> None:
    assert list(windows(24, SMALL)) == [
        Window(start=0, end=16, keep_start=0, keep_end=12),
        Window(start=4, end=20, keep_start=12, keep_end=16),
        Window(start=8, end=24, keep_start=16, keep_end=24),
    ]
    assert list(windows(16, SMALL)) == [
        Window(start=0, end=16, keep_start=0, keep_end=16)
    ]
    assert list(windows(0, SMALL)) == []


def test_a_short_score_is_sampled_as_a_whole() -> None:
    pitch = np.full((2, 16, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = 30
    config = GibbsConfig(num_steps=5)
    whole = gibbs_sample(
        pitch,
        pitch < 0,
        logits=Recorder(),
        config=config,
        generators=generators(2),
    )
    cut = sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(Recorder()),
        config=config,
        window_config=SMALL,
        generators=generators(2),
    )
    assert np.array_equal(whole, cut)


def test_a_long_score_is_filled_with_bounded_windows() -> None:
    recorder = Recorder()
    pitch = np.full((1, 100, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = np.arange(100) % NUM_PITCHES
    advanced: list[int] = []
    result = sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(recorder),
        config=GibbsConfig(num_steps=3),
        window_config=SMALL,
        generators=generators(1),
        control=Control(advance=advanced.append),
    )
    assert (result >= 0).all()
    assert np.array_equal(result[:, :, 0], pitch[:, :, 0])
    assert {asked.shape[1] for asked, _ in recorder.asked} == {16}
    num_windows = len(list(windows(100, SMALL)))
    assert advanced == [1] * (3 * num_windows)


def test_what_is_written_is_shown_as_context_and_never_altered() -> None:
    recorder = Recorder()
    pitch = np.full((1, 40, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = 10
    result = sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(recorder),
        config=GibbsConfig(num_steps=2),
        window_config=SMALL,
        generators=generators(1),
    )
    plan = [window for window in windows(40, SMALL) for _ in range(2)]
    assert len(plan) == len(recorder.asked)
    for window, (asked, is_hidden) in zip(plan, recorder.asked, strict=True):
        fixed = slice(0, window.keep_start - window.start)
        assert not is_hidden[:, fixed].any()
        assert np.array_equal(
            asked[:, fixed], result[:, window.start : window.keep_start]
        )


def test_what_lies_ahead_is_written_anew_by_the_next_window() -> None:
    recorder = Recorder()
    pitch = np.full((1, 24, 4), -1, dtype=np.int16)
    sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(recorder),
        config=GibbsConfig(num_steps=1),
        window_config=SMALL,
        generators=generators(1),
    )
    _, second = recorder.asked[1]
    assert not second[:, :8].any()
    assert second[:, 8:].all()


def test_an_item_does_not_depend_on_its_batch_even_where_it_has_nothing_free() -> None:
    pitch = np.full((2, 40, 4), -1, dtype=np.int16)
    pitch[1, :16] = 3
    is_free = pitch < 0

    def sample(items: list[int]) -> PitchIndex:
        return sample_windows(
            pitch[items],
            is_free[items],
            logits=SameEverywhere(Recorder()),
            config=GibbsConfig(num_steps=3),
            window_config=SMALL,
            generators=[generators(2)[item] for item in items],
        )

    together = sample([0, 1])
    assert np.array_equal(sample([0])[0], together[0])
    assert np.array_equal(sample([1])[0], together[1])


def test_each_window_is_asked_of_the_network_of_its_steps() -> None:
    asked: list[slice] = []

    class Watching:
        def __call__(self, pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
            raise AssertionError("asked about the whole")

        def window(self, steps: slice) -> LogitsFunction:
            asked.append(steps)
            return Recorder()

    pitch = np.full((1, 24, 4), -1, dtype=np.int16)
    sample_windows(
        pitch,
        pitch < 0,
        logits=Watching(),
        config=GibbsConfig(num_steps=1),
        window_config=SMALL,
        generators=generators(1),
    )
    assert asked == [slice(0, 16), slice(4, 20), slice(8, 24)]


def test_what_is_allowed_is_cut_with_the_windows() -> None:
    pitch = np.full((1, 40, 4), -1, dtype=np.int16)
    classes = np.zeros((1, 40, 4, NUM_CLASSES), dtype=bool)
    classes[0, np.arange(40), :, np.arange(40)] = True  # step t may only be pitch t
    result = sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(Recorder()),
        config=GibbsConfig(num_steps=2),
        window_config=SMALL,
        generators=generators(1),
        refinement=RefinementConfig(num_rounds=1),
        allowed=Allowed(classes=classes),
    )
    assert (result[0] == np.arange(40)[:, None]).all()


def test_windows_without_a_free_cell_cost_nothing() -> None:
    recorder = Recorder()
    pitch = np.full((1, 40, 4), 5, dtype=np.int16)
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[:, 36:] = True
    refinement = RefinementConfig(num_rounds=2)
    advanced: list[int] = []
    sample_windows(
        pitch,
        is_free,
        logits=SameEverywhere(recorder),
        config=GibbsConfig(num_steps=3),
        window_config=SMALL,
        generators=generators(1),
        refinement=refinement,
        control=Control(advance=advanced.append),
    )
    assert len(recorder.asked) == sum(advanced) == 3 + 6
    foretold = window_forwards(
        is_free,
        config=GibbsConfig(num_steps=3),
        window_config=SMALL,
        refinement=refinement,
    )
    assert foretold == 9


def test_passes_are_counted_with_the_cells_of_each_window() -> None:
    is_free = np.ones((2, 24, 4), dtype=bool)
    is_free[0] = False
    is_free[:, :, 0] = False
    config = AncestralConfig()
    count = window_forwards(is_free, config=config, window_config=SMALL)
    # windows of 16 steps, of which 0, 8 and 8 are fixed: three voices free in the rest
    assert count == 3 * (16 + 8 + 8)


def test_when_stopped_each_window_that_is_left_takes_one_pass() -> None:
    recorder = Recorder()
    pitch = np.full((1, 40, 4), -1, dtype=np.int16)
    pitch[:, :, 0] = 10
    result = sample_windows(
        pitch,
        pitch < 0,
        logits=SameEverywhere(recorder),
        config=GibbsConfig(num_steps=5),
        window_config=SMALL,
        generators=generators(1),
        refinement=RefinementConfig(),
        control=Control(is_stopped=lambda: len(recorder.asked) >= 3),
    )
    assert (result >= 0).all()
    assert (result[:, :, 0] == 10).all()
    assert len(recorder.asked) == 3 + len(list(windows(40, SMALL))) - 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"length": 96}, r"received 64 \+ 32 in 96"),
        ({"context": -4}, r"received -4 \+ 32 in 1024"),
        ({"lookahead": -4}, r"received 64 \+ -4 in 1024"),
    ],
)
def test_a_config_without_room_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        WindowConfig(**changed)
