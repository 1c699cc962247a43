"""Straight, triplet, swung and free tunes are told apart, however they are played."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from musegen.data.score import Note
from musegen.data.subdivision import Subdivision, detect_subdivision

STRAIGHT_EIGHTHS = [(0.0, 0.5)]
TRIPLETS = [(0.0, 1 / 3, 2 / 3)]


def tune(
    bars: Sequence[tuple[float, ...]],
    *,
    jitter: float = 0.0,
    quarters: int = 32,
    ticks: int = 480,
) -> list[Note]:
    """Play the patterns of `bars` (places in a quarter) in turn, loosely."""
    generator = np.random.default_rng(7)
    notes = []
    for quarter in range(quarters):
        for place in bars[quarter % len(bars)]:
            position = quarter + 1 + place + generator.normal(0.0, jitter)
            notes.append(Note(onset=round(position * ticks), duration=40, pitch=60))
    return notes


def detect(notes: list[Note], *, ticks: int = 480) -> Subdivision:
    return detect_subdivision(notes, ticks_per_quarter=ticks)


@pytest.mark.parametrize("jitter", [0.0, 0.02, 0.03])
@pytest.mark.parametrize("ticks", [96, 480])
@pytest.mark.parametrize(
    ("bars", "kind"),
    [
        ([(0.0,)], "straight"),
        (STRAIGHT_EIGHTHS, "straight"),
        ([(0.0, 0.25, 0.5, 0.75)], "straight"),
        ([(0.0, 0.75)], "straight"),
        ([(0.0, 0.5), (0.0, 0.75)], "straight"),
        (TRIPLETS, "triplet"),
        ([(0.0, 2 / 3), (0.0, 1 / 3, 2 / 3)], "triplet"),
        ([(0.0, 2 / 3)], "swing"),
        ([(0.0, 0.6), (0.0,)], "swing"),
        (STRAIGHT_EIGHTHS + TRIPLETS, "mixed"),
    ],
)
def test_the_kind_is_found_through_human_timing(
    bars: list[tuple[float, ...]], kind: str, jitter: float, ticks: int
) -> None:
    assert detect(tune(bars, jitter=jitter, ticks=ticks), ticks=ticks).kind == kind


def test_onsets_anywhere_are_free() -> None:
    generator = np.random.default_rng(3)
    onsets = generator.integers(0, 480 * 32, size=80).tolist()
    found = detect([Note(onset=onset, duration=9, pitch=60) for onset in onsets])
    assert found.kind == "free"
    assert found.straight_share + found.triplet_share < 0.5


def test_a_few_loose_notes_do_not_make_a_plain_tune_free() -> None:
    loose = [Note(onset=480 * quarter + 50, duration=9, pitch=60) for quarter in (3, 9)]
    assert detect([*tune([(0.0,)]), *loose]).kind == "straight"


def test_shares_say_how_much_of_each() -> None:
    found = detect(tune([*STRAIGHT_EIGHTHS * 3, *TRIPLETS]))
    assert found.straight_share == pytest.approx(0.75, abs=0.02)
    assert found.triplet_share == pytest.approx(0.25, abs=0.02)
    assert found.num_divided == 32
    assert found.sentence == (
        "25% of the divided quarter notes are triplets, 75% are divided straight"
    )


@pytest.mark.parametrize(("place", "ratio"), [(0.6, 1.5), (2 / 3, 2.0), (0.7, 2.33)])
def test_the_swing_ratio_is_long_to_short(place: float, ratio: float) -> None:
    found = detect(tune([(0.0, place)], jitter=0.01))
    assert found.swing_ratio == pytest.approx(ratio, rel=0.05)
    assert found.sentence == f"the eighths are swung, about {ratio:.1f} to 1"


def test_three_swung_notes_are_too_few_to_say() -> None:
    assert detect(tune([(0.0, 0.6)], quarters=3)).swing_ratio is None
    assert detect(tune([(0.0, 0.6)], quarters=4)).swing_ratio is not None


@pytest.mark.parametrize("notes", [[], [Note(onset=0, duration=1, pitch=60)]])
def test_nothing_to_divide_is_straight(notes: list[Note]) -> None:
    assert detect(notes) == Subdivision(
        kind="straight", straight_share=1.0, triplet_share=0.0
    )


@pytest.mark.parametrize(
    ("bars", "code", "word"),
    [
        (TRIPLETS, "subdivision-triplet", "into triplets"),
        ([(0.0, 0.6)], "subdivision-swing", "swung"),
        ([(0.0, 0.41), (0.1, 0.58), (0.9, 0.16)], "subdivision-free", "no grid"),
        (STRAIGHT_EIGHTHS + TRIPLETS, "subdivision-mixed", "50%"),
    ],
)
def test_all_but_straight_time_is_remarked(
    bars: list[tuple[float, ...]], code: str, word: str
) -> None:
    (notice,) = detect(tune(bars)).notices()
    assert notice.code == code
    assert word in notice.message


def test_straight_time_needs_no_remark() -> None:
    found = detect(tune(STRAIGHT_EIGHTHS))
    assert found.notices() == ()
    assert "straight" in found.sentence
