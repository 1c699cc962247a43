from __future__ import annotations

import numpy as np
import pytest

from musegen.data.score import Note
from musegen.data.subdivision import detect_subdivision

TICKS = 480


def notes(places: list[float]) -> list[Note]:
    return [Note(onset=round(place * TICKS), duration=60, pitch=60) for place in places]


STRAIGHT = [beat + part for beat in range(8) for part in (0, 0.5)]
TRIPLET = [beat + part for beat in range(8) for part in (0, 1 / 3, 2 / 3)]
SWING = [beat + part for beat in range(8) for part in (0, 0.64)]


@pytest.mark.parametrize(
    ("places", "kind"),
    [
        ([0, 1, 2, 3], "straight"),
        (STRAIGHT, "straight"),
        ([beat + part for beat in range(4) for part in (0, 0.25, 0.75)], "straight"),
        (TRIPLET, "triplet"),
        (SWING, "swing"),
        (STRAIGHT + [8 + place for place in TRIPLET], "mixed"),
        ([beat + 0.15 for beat in range(8)], "free"),
    ],
)
def test_the_division_of_the_beat_is_told(places: list[float], kind: str) -> None:
    found = detect_subdivision(notes(places), ticks_per_quarter=TICKS)
    assert found.kind == kind
    assert str(found)


def test_the_ratio_of_swing_is_measured() -> None:
    found = detect_subdivision(notes(SWING), ticks_per_quarter=TICKS)
    assert found.swing_ratio == pytest.approx(0.64 / 0.36, rel=0.02)
    assert "1.8 to 1" in str(found)


def test_shares_count_onsets_off_the_beat() -> None:
    found = detect_subdivision(
        notes([0, 0.5, 1, 1 + 1 / 3, 1 + 2 / 3, 2.25]), ticks_per_quarter=TICKS
    )
    assert found.straight_share == pytest.approx(0.5)
    assert found.triplet_share == pytest.approx(0.5)


def test_played_timing_keeps_its_division() -> None:
    noise = np.random.default_rng(0).normal(0, 0.012, len(TRIPLET))
    places = [
        max(0.0, place + shift) for place, shift in zip(TRIPLET, noise, strict=True)
    ]
    assert detect_subdivision(notes(places), ticks_per_quarter=TICKS).kind == "triplet"
