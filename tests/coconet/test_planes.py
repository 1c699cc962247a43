"""What a network is told, in codes: metre, onsets, fermatas, by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.coconet.planes import (
    FERMATA,
    HELD,
    NUM_FERMATAS,
    NUM_METRES,
    NUM_ONSETS,
    PLAIN,
    STRUCK,
    UNKNOWN,
    Planes,
    begins_bar,
    fermata_codes,
    metre_codes,
    onset_codes,
    piece_of_chorale,
    piece_of_grid,
    pieces_of_chorales,
)


def codes_of_beats(phases: list[int], bar_length: int) -> list[int]:
    """Codes of beats that begin at these steps of their bars."""
    steps = (np.array(phases)[:, None] + np.arange(4)).reshape(-1)
    codes = metre_codes(steps, np.full(len(steps), bar_length))
    by_beat = codes.reshape(-1, 4)
    assert (by_beat == by_beat[:, :1]).all()  # the steps of a beat share its code
    beats: list[int] = by_beat[:, 0].tolist()
    return beats


def code(since: int, until: int) -> int:
    """The code of so many beats since the bar line and until the next."""
    return 1 + 8 * since + until


@pytest.mark.parametrize(
    ("phases", "bar_length", "places"),
    [
        ([0, 4, 8, 12], 16, [(0, 3), (1, 2), (2, 1), (3, 0)]),
        ([0, 4, 8], 12, [(0, 2), (1, 1), (2, 0)]),
        ([0, 4], 8, [(0, 1), (1, 0)]),
        ([12, 0, 4], 16, [(3, 0), (0, 3), (1, 2)]),
        ([8, 12, 16, 20], 16, [(2, 1), (3, 0), (4, 0), (5, 0)]),
        ([28, 32, 60], 16, [(7, 0), (7, 0), (7, 0)]),
        ([0, 4, 28, 36], 40, [(0, 7), (1, 7), (7, 2), (7, 0)]),
    ],
    ids=["4/4", "3/4", "2/4", "pickup", "prolonged", "far_beyond", "long_bar"],
)
def test_the_metre_by_hand(
    phases: list[int], bar_length: int, places: list[tuple[int, int]]
) -> None:
    expected = [code(since, until) for since, until in places]
    assert codes_of_beats(phases, bar_length) == expected


def test_a_bar_of_an_uneven_length_ends_in_less_than_a_beat() -> None:
    codes = metre_codes(np.arange(14), np.full(14, 14))
    assert codes[[0, 4, 8, 12]].tolist() == [
        code(since, until) for since, until in [(0, 3), (1, 2), (2, 1), (3, 0)]
    ]


@settings(max_examples=30)
@given(phase=st.integers(0, 300), bar_length=st.integers(1, 128))
def test_every_place_has_a_code_that_is_not_unknown(
    phase: int, bar_length: int
) -> None:
    codes = metre_codes(np.array([phase]), np.array([bar_length]))
    assert codes.dtype == np.int8
    assert UNKNOWN < codes[0] < NUM_METRES


def test_metres_are_told_apart_on_every_beat() -> None:
    four, three = codes_of_beats([0, 4, 8, 12], 16), codes_of_beats([0, 4, 8], 12)
    assert not set(four) & set(three)


def test_bars_begin_where_the_first_beat_does() -> None:
    phase = np.concatenate([np.arange(12, 16), *[np.arange(16)] * 2, np.arange(16, 24)])
    metre = metre_codes(phase, np.full(len(phase), 16))
    assert np.flatnonzero(begins_bar(metre)).tolist() == [4, 20]


def test_a_piece_may_begin_with_a_bar_line_and_change_its_metre() -> None:
    phase = np.concatenate([np.arange(16), np.arange(12), np.arange(12)])
    metre = metre_codes(phase, np.repeat([16, 12], [16, 24]))
    assert np.flatnonzero(begins_bar(metre)).tolist() == [0, 16, 28]


def test_where_nothing_is_known_no_bar_begins() -> None:
    metre = metre_codes(np.tile(np.arange(16), 2), np.full(32, 16))
    metre[:20] = UNKNOWN
    assert not begins_bar(metre).any()
    assert not begins_bar(Planes.unknown(8).metre[0]).any()
    assert begins_bar(np.zeros(0, dtype=np.int8)).shape == (0,)


def test_onsets_and_fermatas_are_codes_that_networks_know() -> None:
    flags = np.array([[True, False], [False, True]])
    assert onset_codes(flags).tolist() == [[STRUCK, HELD], [HELD, STRUCK]]
    assert fermata_codes(flags).tolist() == [[FERMATA, PLAIN], [PLAIN, FERMATA]]
    assert onset_codes(flags).dtype == fermata_codes(flags).dtype == np.int8
    assert {UNKNOWN, HELD, STRUCK} == set(range(NUM_ONSETS))
    assert {UNKNOWN, PLAIN, FERMATA} == set(range(NUM_FERMATAS))


def numbered_planes(num_items: int, num_steps: int) -> Planes:
    """Planes no two cells of which are alike."""
    flat = np.arange(num_items * num_steps, dtype=np.int8)
    metre = flat.reshape(num_items, num_steps)
    onset = metre[..., None] + 20 * np.arange(4, dtype=np.int8)
    return Planes(onset=onset, metre=metre, fermata=metre + np.int8(1))


def test_a_window_holds_the_same_steps_of_every_plane() -> None:
    planes = numbered_planes(2, 6)
    window = planes.window(slice(2, 5))
    for name in ("onset", "metre", "fermata"):
        assert np.array_equal(getattr(window, name), getattr(planes, name)[:, 2:5])


def test_the_planes_of_one_item_serve_any_number() -> None:
    planes = numbered_planes(1, 5)
    spread = planes.spread(3)
    for name in ("onset", "metre", "fermata"):
        whole, one = getattr(spread, name), getattr(planes, name)
        assert whole.shape == (3, *one.shape[1:])
        assert (whole == one).all()
    assert planes.spread(1) is planes
    several = numbered_planes(3, 5)
    assert several.spread(3) is several
    with pytest.raises(ValueError, match="broadcast"):
        several.spread(4)


def test_unknown_planes_tell_nothing() -> None:
    planes = Planes.unknown(7, num_items=2)
    assert planes.onset.shape == (2, 7, 4)
    assert planes.metre.shape == planes.fermata.shape == (2, 7)
    assert not any(plane.any() for plane in (planes.onset, planes.metre))
    assert not planes.fermata.any()


@pytest.mark.parametrize(
    "shapes",
    [
        {"metre": (8,), "fermata": (8,), "onset": (8, 4)},
        {"fermata": (1, 7)},
        {"onset": (1, 8, 3)},
        {"onset": (2, 8, 4)},
    ],
)
def test_planes_of_other_shapes_are_refused(shapes: dict[str, Any]) -> None:
    shapes = {"metre": (1, 8), "fermata": (1, 8), "onset": (1, 8, 4), **shapes}
    arrays = {name: np.zeros(shape, dtype=np.int8) for name, shape in shapes.items()}
    with pytest.raises(ValueError, match=r"planes must be \(batch, time\).* received"):
        Planes(**arrays)


def chorale(split: str) -> Any:  # noqa: ANN401 - stands for a chorale
    """Two bars of three-four after a pickup, the last beat under a fermata."""
    phase = np.concatenate([np.arange(8, 12), np.arange(12), np.arange(12)])
    grid = np.repeat(np.arange(60, 67), 4)[:, None] - np.array([0, 5, 9, 12])
    return SimpleNamespace(
        split=split,
        grid=grid.astype(np.int16),
        is_onset=np.broadcast_to((np.arange(28) % 4 == 0)[:, None], (28, 4)),
        is_fermata=np.arange(28) >= 24,
        bar_phase=phase.astype(np.int16),
        bar_length_steps=np.full(28, 12, dtype=np.int16),
    )


def test_a_chorale_brings_all_that_is_known_of_it() -> None:
    piece = piece_of_chorale(chorale("train"))
    assert piece.pitch.dtype == np.int16
    assert piece.pitch[4].tolist() == [61, 56, 52, 49]
    assert (piece.onset[::4] == STRUCK).all()
    assert (piece.onset[1::4] == HELD).all()
    assert np.flatnonzero(begins_bar(piece.metre)).tolist() == [4, 16]
    assert piece.fermata.tolist() == [PLAIN] * 24 + [FERMATA] * 4
    planes = piece.planes
    assert planes.onset.shape == (1, 28, 4)
    assert np.array_equal(planes.metre[0], piece.metre)
    assert np.array_equal(planes.fermata[0], piece.fermata)


def test_the_pieces_of_a_split_come_in_their_order() -> None:
    first, other, second = chorale("train"), chorale("valid"), chorale("train")
    second.grid = second.grid + 1
    found = pieces_of_chorales([first, other, second], "train")
    assert [piece.pitch[0, 0] for piece in found] == [60, 61]
    assert len(pieces_of_chorales([first, other, second], "test")) == 0


def test_of_a_bare_grid_nothing_else_is_known() -> None:
    piece = piece_of_grid(np.full((8, 4), 60))
    assert piece.pitch.dtype == np.int16
    assert (piece.pitch == 60).all()
    assert not (piece.onset.any() or piece.metre.any() or piece.fermata.any())
    assert piece.onset.shape == (8, 4)
