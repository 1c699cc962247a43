"""The ceiling holds, and what is below it stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.mixing.limiting import BLOCK_SAMPLES, MARGIN_DB, Limiter

Floats = NDArray[np.float32]
LENGTH = 20_000
RATES = (16_000, 48_000)


def limited(
    sound: Floats, *, rate: int, cuts: Sequence[int] = (), ceiling_db: float = -1.0
) -> tuple[Floats, Limiter]:
    limiter = Limiter(
        sample_rate=rate, num_channels=sound.shape[1], ceiling_db=ceiling_db
    )
    edges = [0, *sorted(cuts), len(sound)]
    pieces = [limiter.process(sound[first:last]) for first, last in pairwise(edges)]
    return np.concatenate([*pieces, limiter.finish()]), limiter


def true_peak_db(sound: Floats) -> float:
    around = np.pad(sound.astype(np.float64), ((2000, 2000), (0, 0)))
    finer = soxr.resample(around, 1.0, 8.0, quality="VHQ")
    return float(20 * np.log10(np.abs(finer).max()))


def pair(row: NDArray[np.floating]) -> Floats:
    return np.stack([row, 0.5 * np.roll(row, 7)], axis=1).astype(np.float32)


def turning(turns_a_sample: float, phase: float = 0.0) -> NDArray[np.float64]:
    angle = 2 * np.pi * (turns_a_sample * np.arange(LENGTH) + phase)
    return np.asarray(np.sin(angle))


def nasty(name: str) -> Floats:
    """Sounds 20 dB above full scale."""
    generator = np.random.default_rng(0)
    rows: dict[str, NDArray[np.floating]] = {
        "click": np.eye(1, LENGTH, 5000)[0],
        "first sample": np.eye(1, LENGTH)[0],
        "last sample": np.eye(1, LENGTH, LENGTH - 1)[0],
        "clicks": (generator.random(LENGTH) < 0.003)
        * generator.choice([-1, 1], LENGTH),
        "square": np.sign(turning(0.0207, 0.01)),
        "fast square": np.sign(turning(0.146, 0.01)),
        "a quarter of the rate": turning(0.25, 0.125),
        "near half of Nyquist": turning(0.2313),
        "near Nyquist": turning(0.45),
        "chord": np.sum([turning(f, f) for f in (0.005, 0.0063, 0.02, 0.11)], axis=0)
        / 4,
        "burst": turning(0.2) * (np.arange(LENGTH) % 9000 > 8500),
        "step": (np.arange(LENGTH) > 5000).astype(np.float64),
    }
    return pair(10.0 * rows[name])


NASTY = (
    "click",
    "first sample",
    "last sample",
    "clicks",
    "square",
    "fast square",
    "a quarter of the rate",
    "near half of Nyquist",
    "near Nyquist",
    "chord",
    "burst",
    "step",
)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", NASTY)
def test_the_true_peak_stays_under_the_ceiling(name: str, rate: int) -> None:
    sound = nasty(name)
    held, limiter = limited(sound, rate=rate)
    assert held.shape == sound.shape
    assert true_peak_db(held) <= -1.0 + 0.1
    assert np.abs(held).max() <= 10 ** (-1.0 / 20)
    assert limiter.max_reduction_db > 20.0


def test_a_peak_between_samples_is_seen() -> None:
    sound = pair(turning(0.25, 0.125))  # its samples reach 0.707 only
    assert np.abs(sound).max() < 10 ** (-1.0 / 20)
    held, limiter = limited(sound, rate=16_000)
    assert true_peak_db(held) == pytest.approx(-1.0 - MARGIN_DB, abs=0.05)
    assert limiter.max_reduction_db > 1.0


@pytest.mark.parametrize("ceiling_db", [-20.0, -3.0, 0.0])
def test_any_ceiling_is_held_and_used(ceiling_db: float) -> None:
    held, _ = limited(nasty("chord"), rate=16_000, ceiling_db=ceiling_db)
    assert ceiling_db - 0.5 < true_peak_db(held) <= ceiling_db + 0.1


@pytest.mark.parametrize("level_db", [-1.2, -6.0, -40.0])
def test_below_the_ceiling_no_bit_changes(level_db: float) -> None:
    row = turning(0.01) * 10 ** (level_db / 20)
    held, limiter = limited(pair(row), rate=48_000)
    assert (held == pair(row)).all()
    assert limiter.max_reduction_db == 0.0


def test_far_from_a_peak_no_bit_changes() -> None:
    row = 0.1 * turning(0.01)
    row[8000] = 2.0
    held, _ = limited(pair(row), rate=4_000)
    assert (held[:7980] == pair(row)[:7980]).all()
    late = 8000 + round(4_000 * 0.08 * 14)
    assert (held[late:] == pair(row)[late:]).all()
    assert (held[8100:8200] != pair(row)[8100:8200]).any()


def test_the_sound_is_not_moved() -> None:
    sound = np.zeros((6000, 1), np.float32)
    sound[[0, 3000, 5999]] = 3.0
    held, _ = limited(sound, rate=16_000)
    assert np.flatnonzero(held[:, 0]).tolist() == [0, 3000, 5999]


def test_both_sides_get_one_gain() -> None:
    sound = nasty("chord")
    sound[:, 1] = 0.25 * sound[:, 0]
    held, _ = limited(sound, rate=16_000)
    np.testing.assert_allclose(held[:, 1], 0.25 * held[:, 0], atol=1e-6)


def test_the_gain_moves_smoothly() -> None:
    row = np.where(np.arange(LENGTH) > 9000, 8.0, 0.5) * turning(0.0)
    row += np.where(np.arange(LENGTH) > 9000, 8.0, 0.5)
    held, _ = limited(row[:, None].astype(np.float32), rate=48_000)
    gain = held[:, 0] / row
    assert np.abs(np.diff(gain)).max() < 0.02
    assert gain[0] == 1.0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 12_000), max_size=8))
def test_no_bit_depends_on_the_pieces(cuts: list[int]) -> None:
    sound = (nasty("chord") + nasty("clicks"))[:12_000]
    whole, _ = limited(sound, rate=16_000)
    held, _ = limited(sound, rate=16_000, cuts=cuts)
    assert (held == whole).all()


@pytest.mark.parametrize("length", [0, 1, 63, BLOCK_SAMPLES, BLOCK_SAMPLES + 1])
def test_as_much_comes_out_as_went_in(length: int) -> None:
    sound = nasty("square")[:length]
    held, _ = limited(sound, rate=48_000)
    assert held.shape == sound.shape


def test_a_ceiling_above_full_scale_is_refused() -> None:
    with pytest.raises(UsageError, match="-60 to 0 dB; got 3"):
        Limiter(sample_rate=16_000, ceiling_db=3.0)
