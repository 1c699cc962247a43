from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES, NUM_VOICES
from musegen.coconet.refinement import (
    PASSES,
    RefinementConfig,
    faulty_cells,
    penalties,
    refine,
)
from musegen.data.grading.voice_leading import voice_leading

Grid = NDArray[np.int16]


def flat(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A network without opinion."""
    return np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32)


def generators(number: int) -> list[np.random.Generator]:
    return [np.random.default_rng(index) for index in range(number)]


def grid(*beats: tuple[int, int, int, int]) -> Grid:
    return np.repeat(np.array(beats, dtype=np.int16), 4, axis=0)[None]


@given(seed=st.integers(0, 2**32 - 1), num_beats=st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_known_cells_never_change(seed: int, num_beats: int) -> None:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(0, NUM_PITCHES, (2, 4 * num_beats, NUM_VOICES)).astype(
        np.int16
    )
    is_free = rng.random(pitch.shape) < 0.5
    result = refine(
        pitch,
        is_free,
        logits=flat,
        config=RefinementConfig(num_rounds=3),
        generators=generators(2),
    )
    np.testing.assert_array_equal(result[~is_free], pitch[~is_free])
    assert result.min() >= 0
    assert result.max() < NUM_PITCHES


def test_at_most_one_voice_of_a_beat_is_hidden_and_only_every_other_beat() -> None:
    seen: list[NDArray[np.bool_]] = []

    def watching(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        seen.append(is_hidden.copy())
        return flat(pitch, is_hidden)

    pitch = grid(*[(30, 25, 20, 10)] * 6)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    refine(
        pitch,
        is_free,
        logits=watching,
        config=RefinementConfig(num_rounds=2),
        generators=generators(1),
    )
    assert len(seen) == 2 * len(PASSES) == RefinementConfig(num_rounds=2).num_forwards
    for round_index, hidden in enumerate((seen[0], seen[3])):
        beats = hidden[0].reshape(6, 4, NUM_VOICES)
        assert (beats.any(axis=1).sum(axis=1) == [1, 0] * 3).all() or round_index == 1
        assert (beats.any(axis=1).sum(axis=1) == [0, 1] * 3).all() or round_index == 0
        assert not hidden[0, :, 0].any()
    # The first step is shown to the passes that follow, then the half.
    assert not seen[1][0, ::4].any()
    assert not seen[2][0, ::2].any()
    assert seen[2].any()


def test_no_round_leaves_the_grid() -> None:
    pitch = grid((30, 25, 20, 10))
    result = refine(
        pitch,
        np.ones(pitch.shape, dtype=bool),
        logits=flat,
        config=RefinementConfig(num_rounds=0),
        generators=generators(1),
    )
    np.testing.assert_array_equal(result, pitch)


def test_an_item_does_not_depend_on_its_batch() -> None:
    rng = np.random.default_rng(0)
    pitch = rng.integers(0, NUM_PITCHES, (3, 16, NUM_VOICES)).astype(np.int16)
    is_free = np.ones(pitch.shape, dtype=bool)
    config = RefinementConfig(num_rounds=2)
    together = refine(
        pitch, is_free, logits=flat, config=config, generators=generators(3)
    )
    alone = refine(
        pitch[2:],
        is_free[2:],
        logits=flat,
        config=config,
        generators=generators(3)[2:],
    )
    np.testing.assert_array_equal(together[2:], alone)


@pytest.mark.parametrize(
    ("there", "here", "candidate", "is_charged"),
    [
        ((31, 24), 26, 33, True),  # fifth to fifth, both up
        ((36, 24), 26, 38, True),  # octave to octave
        ((31, 24), 22, 29, True),  # both down
        ((31, 24), 26, 35, False),  # fifth to sixth
        ((31, 24), 19, 38, False),  # contrary motion
        ((31, 24), 24, 31, False),  # nobody moves
        ((29, 24), 26, 31, False),  # fourths may follow one another
    ],
)
def test_parallels_are_charged_on_the_way_in(
    there: tuple[int, int], here: int, candidate: int, is_charged: bool
) -> None:
    upper, lower = there
    pitch = np.full((1, 2, NUM_VOICES), -1, dtype=np.int16)
    pitch[0, 0, :2] = upper, lower
    pitch[0, 1, 1] = here
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[0, 1, 0] = True
    charge = penalties(pitch, is_hidden, hold=1, parallel_nats=6.0, crossing_nats=0.0)
    assert charge[0, 1, 0, candidate] == (6.0 if is_charged else 0.0)


def test_parallels_are_charged_on_the_way_out_of_a_held_note() -> None:
    pitch = grid((31, 24, -1, -1), (33, 26, -1, -1))
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[0, :4, 0] = True
    charge = penalties(pitch, is_hidden, hold=4, parallel_nats=6.0, crossing_nats=0.0)
    assert charge[0, 0, 0, 31] == 6.0
    assert charge[0, 0, 0, 32] == 0.0


def test_crossing_a_neighbour_is_charged() -> None:
    pitch = grid((30, 25, 20, 10))
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[0, :, 1] = True
    charge = penalties(pitch, is_hidden, hold=1, parallel_nats=0.0, crossing_nats=3.0)
    assert (charge[0, 0, 1, 31:] == 3.0).all()
    assert (charge[0, 0, 1, 20:31] == 0.0).all()
    assert (charge[0, 0, 1, :20] == 3.0).all()


def test_only_the_cells_asked_about_are_charged() -> None:
    pitch = grid((30, 25, 20, 10))
    is_hidden = np.zeros(pitch.shape, dtype=bool)
    is_hidden[0, :, 1] = True
    is_asked = is_hidden.copy()
    is_asked[0, 1:] = False
    charges = {"hold": 1, "parallel_nats": 6.0, "crossing_nats": 3.0}
    found = penalties(pitch, is_hidden, is_asked=is_asked, **charges)  # type: ignore[arg-type]
    whole = penalties(pitch, is_hidden, **charges)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found[0, 0], whole[0, 0])
    assert found[0, 0].any()
    assert not found[0, 1:].any()


def test_cells_that_make_a_parallel_or_cross_are_found() -> None:
    pitch = grid((40, 31, 24, 12), (40, 33, 26, 12), (40, 33, 36, 14))
    found = faulty_cells(pitch, np.ones(pitch.shape, dtype=bool))
    # Alto and tenor a fifth apart both rise at step 4; they cross from step 8 on.
    assert np.argwhere(found[0, :8]).tolist() == [[3, 1], [3, 2], [4, 1], [4, 2]]
    assert np.argwhere(found[0, 8:]).tolist() == [
        [t, v] for t in range(4) for v in (1, 2)
    ]
    is_free = np.zeros(pitch.shape, dtype=bool)
    is_free[..., 2] = True
    assert not faulty_cells(pitch, is_free)[..., 1].any()
    silent = np.full_like(pitch, -1)
    assert not faulty_cells(silent, np.ones(pitch.shape, dtype=bool)).any()


def test_voices_with_faults_are_chosen_first() -> None:
    pitch = grid((40, 31, 24, 12), (40, 33, 26, 12))
    chosen: list[NDArray[np.bool_]] = []

    def watching(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        chosen.append(is_hidden[0].any(axis=0))
        return flat(pitch, is_hidden)

    counts = {}
    for seeks_faults in (False, True):
        chosen.clear()
        for seed in range(40):
            refine(
                pitch,
                np.ones(pitch.shape, dtype=bool),
                logits=watching,
                config=RefinementConfig(num_rounds=1, seeks_faults=seeks_faults),
                generators=[np.random.default_rng(seed)],
            )
        counts[seeks_faults] = np.sum(chosen[::3], axis=0)
    assert counts[True][[0, 3]].sum() == 0
    assert counts[True][[1, 2]].min() > 8
    assert counts[False].min() > 2


def test_polishing_removes_parallels() -> None:
    rng = np.random.default_rng(1)
    melody = np.repeat(20 + rng.integers(-3, 4, 24).cumsum() % 12 + 12, 4)
    pitch = np.stack([melody, melody - 7, melody - 12, melody - 19], axis=-1)
    pitch = pitch.astype(np.int16)[None]
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False

    def near(pitch: Grid, is_hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Prefers pitches around a fixed one for each voice."""
        centre = np.array([30.0, 24.0, 18.0, 8.0])
        distance = np.abs(np.arange(NUM_PITCHES) - centre[:, None])
        return np.broadcast_to(-0.3 * distance, (*pitch.shape, NUM_PITCHES)).astype(
            np.float32
        )

    result = refine(
        pitch,
        is_free,
        logits=near,
        config=RefinementConfig(num_rounds=24),
        generators=generators(1),
    )
    before, after = voice_leading(pitch[0]), voice_leading(result[0])
    assert before.num_parallels > 40
    assert after.num_parallels <= 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_rounds": -1},
        {"temperature": -0.1},
        {"temperature": np.nan},
        {"top_p": 0.0},
    ],
)
def test_settings_out_of_range_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="received"):
        RefinementConfig(**arguments)  # type: ignore[arg-type]
