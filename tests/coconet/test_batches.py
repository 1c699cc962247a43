"""Batches: crops on beats, transposed in range, told what they may be told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.batches import (
    EVERYTHING,
    NOTHING,
    Draw,
    Telling,
    draw_batch,
    is_onset_asked,
    keras_batch,
    transposed,
)
from musegen.coconet.masks import emphasis
from musegen.coconet.planes import (
    FERMATA,
    HELD,
    STRUCK,
    UNKNOWN,
    Piece,
    Planes,
    begins_bar,
    fermata_codes,
    metre_codes,
    onset_codes,
    piece_of_grid,
)

ORDERLESS = {"orderless": 1.0}
NAMES = ("onset", "metre", "fermata")


def known_piece(num_steps: int = 64) -> Piece:
    """Four-four after a pickup of a beat; 46 steps in a row have 46 pitches."""
    steps = np.arange(num_steps)
    pitch = 36 + (steps % 46)[:, None] * np.ones(4, dtype=np.int16)
    struck = np.random.default_rng(0).random((num_steps, 4)) < 0.5
    return Piece(
        pitch=pitch.astype(np.int16),
        onset=onset_codes(struck),
        metre=metre_codes((steps + 12) % 16, np.full(num_steps, 16)),
        fermata=fermata_codes(steps % 32 >= 28),
    )


def drawn(
    pieces: list[Piece],
    seed: int = 0,
    *,
    batch_size: int = 4,
    crop_steps: int = 8,
    mixture: Mapping[str, float] = ORDERLESS,
    max_transposition: int = 0,
    telling: Telling = EVERYTHING,
) -> Draw:
    return draw_batch(
        pieces,
        batch_size=batch_size,
        crop_steps=crop_steps,
        mixture=mixture,
        max_transposition=max_transposition,
        telling=telling,
        generator=np.random.default_rng(seed),
    )


@settings(max_examples=30)
@given(
    lowest=st.integers(36, 81),
    width=st.integers(0, 45),
    limit=st.integers(0, 12),
    seed=st.integers(0, 1000),
)
def test_transposed_crops_stay_in_range(
    lowest: int, width: int, limit: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    grid = rng.integers(lowest, min(81, lowest + width) + 1, (8, 4)).astype(np.int16)
    grid[3, 2] = -1
    pitch = drawn([piece_of_grid(grid)], seed, max_transposition=limit).pitch
    assert pitch.shape == (4, 8, 4)
    assert pitch.min() >= -1
    assert pitch.max() < 46
    assert np.array_equal(pitch < 0, np.broadcast_to(grid < 0, pitch.shape))
    shifts = (pitch - (grid - 36))[:, grid >= 0]
    assert (shifts == shifts[:, :1]).all()
    assert np.abs(shifts).max() <= limit


def test_every_transposition_that_fits_is_drawn() -> None:
    piece = piece_of_grid(np.full((8, 4), 79))
    pitch = drawn([piece], batch_size=200, max_transposition=3).pitch
    assert set((pitch[:, 0, 0] + 36 - 79).tolist()) == {-3, -2, -1, 0, 1, 2}


def test_silence_stays_silence() -> None:
    silence = np.full((8, 4), -1, dtype=np.int32)
    assert (transposed(silence, 6, np.random.default_rng(0)) == -1).all()


def test_crops_begin_on_a_beat_and_cover_the_piece() -> None:
    draw = drawn([known_piece(24)], batch_size=200)
    assert set(draw.pitch[:, 0, 0].tolist()) == {0, 4, 8, 12, 16}
    assert (np.diff(draw.pitch, axis=1) == 1).all()


def test_every_piece_is_drawn() -> None:
    pieces = [piece_of_grid(np.full((8, 4), 40 + index)) for index in range(3)]
    found = drawn(pieces, batch_size=100).pitch[:, 0, 0] + 36
    assert set(found.tolist()) == {40, 41, 42}


def test_what_is_told_belongs_to_the_crop() -> None:
    piece = known_piece(44)
    draw = drawn([piece], batch_size=50, crop_steps=16)
    for item in range(50):
        steps = slice(draw.pitch[item, 0, 0], draw.pitch[item, 0, 0] + 16)
        assert np.array_equal(draw.told.metre[item], piece.metre[steps])
        assert np.array_equal(draw.told.fermata[item], piece.fermata[steps])
        assert np.array_equal(draw.onset[item], piece.onset[steps])
        shown = ~draw.is_hidden[item]
        assert np.array_equal(draw.told.onset[item], piece.onset[steps] * shown)


@settings(max_examples=20)
@given(seed=st.integers(0, 10000), rate=st.sampled_from([0.5, 1.0]))
def test_hidden_cells_are_never_told_their_onsets(seed: int, rate: float) -> None:
    telling = Telling(metre=rate, fermata=rate, onset=rate)
    draw = drawn([known_piece()], seed, telling=telling)
    assert not draw.told.onset[draw.is_hidden].any()
    is_told = draw.told.onset != UNKNOWN
    assert np.array_equal(draw.told.onset[is_told], draw.onset[is_told])


def test_at_a_rate_of_nothing_nothing_is_told() -> None:
    draw = drawn([known_piece()], batch_size=100, telling=NOTHING)
    assert not any(getattr(draw.told, name).any() for name in NAMES)
    assert (draw.onset != UNKNOWN).all()  # the answers stay


@pytest.mark.parametrize("name", NAMES)
def test_each_plane_is_told_as_often_as_asked(name: str) -> None:
    rates = {"onset": 0.4, "metre": 0.7, "fermata": 0.2}
    draw = drawn(
        [known_piece()],
        batch_size=600,
        mixture={"future": 1.0},
        telling=Telling(**rates),
    )
    plane, is_shown = getattr(draw.told, name), ~draw.is_hidden
    if name == "onset":  # of crops that show all four voices for a step
        plane = plane[:, 0][is_shown[:, 0].all(axis=1)]
        some = 1.0 - 0.5**4  # each voice's with even chance
        is_told = (plane != UNKNOWN).any(axis=1)
        assert np.mean(plane[is_told] != UNKNOWN) == pytest.approx(0.5 / some, abs=0.07)
        assert is_told.mean() == pytest.approx(0.4 * some, abs=0.07)
    else:
        is_told = (plane != UNKNOWN).any(axis=1)
        assert is_told.mean() == pytest.approx(rates[name], abs=0.07)
        assert (plane[is_told] != UNKNOWN).all()


def test_a_voice_is_told_throughout_or_not_at_all() -> None:
    telling = Telling(onset=0.5)
    draw = drawn([known_piece()], batch_size=100, telling=telling)
    for told, is_hidden in zip(draw.told.onset, draw.is_hidden, strict=True):
        for voice in range(4):
            shown = told[~is_hidden[:, voice], voice]
            assert (shown == UNKNOWN).all() or (shown != UNKNOWN).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_is_a_share(name: str, rate: float) -> None:
    with pytest.raises(ValueError, match=rf"{name} must lie in \[0, 1\]; received"):
        Telling(**{name: rate})


def test_masks_follow_the_mixture_and_the_places_of_the_crop() -> None:
    draw = drawn(
        [known_piece(128)],
        batch_size=60,
        crop_steps=48,
        mixture={"bars": 1.0},
        telling=NOTHING,  # masks know the metre though the network does not
    )
    piece = known_piece(128)
    for pitch, is_hidden in zip(draw.pitch, draw.is_hidden, strict=True):
        start = next(s for s in range(0, 84, 4) if fits(piece, pitch, s))
        lines = np.flatnonzero(begins_bar(piece.metre[start : start + 48]))
        edges = np.flatnonzero(np.diff(is_hidden.any(axis=1), prepend=False))
        assert set(edges.tolist()) <= set(lines.tolist())


def fits(piece: Piece, pitch: NDArray[np.int32], start: int) -> bool:
    """Whether the metre and the notes of a crop are those of this place."""
    return np.array_equal(piece.pitch[start : start + len(pitch)] - 36, pitch)


def test_cadences_lead_into_the_fermatas_of_the_piece() -> None:
    draw = drawn(
        [known_piece(32)],
        batch_size=20,
        crop_steps=32,
        mixture={"cadence": 1.0},
        telling=EVERYTHING,
    )
    for fermata, is_hidden in zip(draw.told.fermata, draw.is_hidden, strict=True):
        last = np.flatnonzero(is_hidden.any(axis=1))[-1]
        assert last == 31
        assert fermata[last] == FERMATA


def test_the_emphasis_is_that_of_the_mask() -> None:
    draw = drawn([known_piece()], mixture={"future": 1.0})
    for mask, weights in zip(draw.is_hidden, draw.emphasis, strict=True):
        assert np.array_equal(weights, emphasis("future", mask))


def test_the_same_generator_draws_the_same_batch() -> None:
    first, again, other = (
        drawn([known_piece()], seed, telling=Telling(), max_transposition=3)
        for seed in (5, 5, 6)
    )
    for name in ("pitch", "is_hidden", "emphasis", "onset"):
        assert np.array_equal(getattr(first, name), getattr(again, name))
    for name in NAMES:
        assert np.array_equal(getattr(first.told, name), getattr(again.told, name))
    assert not np.array_equal(first.pitch, other.pitch)


def one_voice(
    pitch: list[int], is_hidden: list[int], told: list[int], onset: list[int]
) -> Draw:
    """A batch of one in which the other voices are silent."""
    shape = (1, len(pitch), 4)
    grid = np.full(shape, -1, dtype=np.int32)
    hidden, codes = np.zeros(shape, dtype=bool), np.zeros((2, *shape), dtype=np.int8)
    grid[0, :, 1], hidden[0, :, 1] = pitch, is_hidden
    codes[0, 0, :, 1], codes[1, 0, :, 1] = told, onset
    flat = np.zeros(shape[:2], dtype=np.int8)
    return Draw(
        pitch=grid,
        is_hidden=hidden,
        emphasis=np.ones(shape, dtype=np.float32),
        told=Planes(onset=codes[0], metre=flat, fermata=flat),
        onset=codes[1],
    )


def asked(draw: Draw) -> list[int]:
    """Steps of voice 1 whose onset is asked; nothing is asked of the others."""
    found = is_onset_asked(draw)
    assert found.shape == draw.pitch.shape
    assert not found[..., [0, 2, 3]].any()
    steps: list[int] = np.flatnonzero(found[0, :, 1]).tolist()
    return steps


def test_onsets_are_asked_where_a_shown_note_stays_beside_a_shown_one() -> None:
    #        step 0 1 2 3  4  5  6 7 8 9
    pitch = [5, 5, 5, 7, 7, -1, -1, 7, 7, 7]
    none, all_held = [0] * 10, [HELD] * 10
    assert asked(one_voice(pitch, none, none, all_held)) == [1, 2, 4, 8, 9]
    is_hidden = [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]  # 8 is hidden, and 9 follows it
    assert asked(one_voice(pitch, is_hidden, none, all_held)) == [1, 2, 4]
    told = [0, STRUCK, HELD, 0, 0, 0, 0, 0, 0, 0]
    assert asked(one_voice(pitch, none, told, all_held)) == [4, 8, 9]
    known = [HELD] * 8 + [UNKNOWN] * 2  # there is no answer to ask for
    assert asked(one_voice(pitch, none, none, known)) == [1, 2, 4]


@pytest.mark.parametrize("planes", [(), ("metre",), NAMES])
def test_a_batch_is_what_a_compiled_model_takes(planes: tuple[str, ...]) -> None:
    draw = drawn([known_piece()], mixture={"future": 1.0})
    inputs, targets, weights = keras_batch(draw, planes=planes, onset_share=None)
    assert sorted(inputs) == sorted(["pitch", "is_hidden", *planes])
    assert np.array_equal(inputs["pitch"], draw.pitch)
    assert inputs["is_hidden"].dtype == np.float32
    for name in planes:
        assert inputs[name].dtype == np.int32
        assert np.array_equal(inputs[name], getattr(draw.told, name))
    assert np.array_equal(targets["logits"], draw.pitch)
    assert np.array_equal(weights["logits"] > 0.0, draw.is_hidden)
    assert weights["logits"].sum(axis=(1, 2)) == pytest.approx([8 * 4] * 4)
    ratio = weights["logits"][draw.is_hidden] / draw.emphasis[draw.is_hidden]
    assert np.ptp(weights["logits"][draw.is_hidden]) > 0.1
    assert len(np.unique(ratio.round(3))) <= 4  # one factor an example
    assert sorted(targets) == sorted(weights) == ["logits"]


def test_onsets_are_a_second_question_with_their_share() -> None:
    draw = drawn(
        [piece_of_repeated_notes()], mixture={"bars": 1.0}, telling=NOTHING, seed=1
    )
    totals: dict[float, Any] = {}
    for share in (0.1, 0.3):
        _, targets, weights = keras_batch(draw, planes=(), onset_share=share)
        assert np.array_equal(targets["onset_odds"], draw.onset == STRUCK)
        assert targets["onset_odds"].dtype == np.float32
        is_asked = is_onset_asked(draw)
        assert is_asked.any()
        assert np.array_equal(weights["onset_odds"] > 0.0, is_asked)
        totals[share] = weights["onset_odds"].mean()
    assert totals == pytest.approx({0.1: 0.1, 0.3: 0.3})


def piece_of_repeated_notes() -> Piece:
    """One chord throughout, struck on each beat."""
    is_struck = np.broadcast_to((np.arange(16) % 4 == 0)[:, None], (16, 4))
    bare = piece_of_grid(np.broadcast_to(np.array([72, 67, 60, 48]), (16, 4)))
    return Piece(
        pitch=bare.pitch,
        onset=onset_codes(is_struck),
        metre=bare.metre,
        fermata=bare.fermata,
    )
