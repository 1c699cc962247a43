"""Which notes are struck once the pitches are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.coconet.config import NUM_PITCHES
from musegen.coconet.control import Control
from musegen.coconet.onsets import (
    certain_onsets,
    check_onset_mode,
    network_onsets,
    rule_onsets,
)
from musegen.coconet.planes import HELD, STRUCK, UNKNOWN, Codes, Planes
from musegen.coconet.predicting import (
    IsHidden,
    PitchIndex,
    Prediction,
    ToldNetwork,
    network_of,
)
from musegen.coconet.windows import WindowConfig

WHOLE = WindowConfig()
SMALL = WindowConfig(length=8, context=4, lookahead=0)


class Striking:
    """A network that gives odds by voice, and keeps the onsets it was told."""

    def __init__(self, *odds: float) -> None:
        self.odds = np.array(odds, dtype=np.float32)
        self.told: list[Codes] = []

    def __call__(
        self, pitch: PitchIndex, is_hidden: IsHidden, planes: Planes
    ) -> Prediction:
        assert not is_hidden.any()
        self.told.append(np.array(planes.onset))
        return Prediction(
            logits=np.zeros((*pitch.shape, NUM_PITCHES), dtype=np.float32),
            onset_odds=np.broadcast_to(self.odds, pitch.shape).astype(np.float32),
        )


def told(network: Striking, num_steps: int) -> ToldNetwork:
    return ToldNetwork(network=network, planes=Planes.unknown(num_steps))


def lines(*voices: list[int]) -> PitchIndex:
    return np.array(voices, dtype=np.int16).T[None]


def unknown(pitch: PitchIndex) -> Codes:
    return np.zeros(pitch.shape, dtype=np.int8)


def test_a_note_begins_where_the_pitch_changes_or_after_silence() -> None:
    pitch = lines([5, 5, 7, 7], [-1, 3, -1, 3], [2, 2, 2, 2], [0, -1, -1, 1])
    found = certain_onsets(pitch, np.ones(pitch.shape, bool), unknown(pitch))
    h, s, u = HELD, STRUCK, UNKNOWN
    assert found[0].T.tolist() == [
        [s, u, s, u],
        [h, s, h, s],
        [s, u, u, u],
        [s, h, h, s],
    ]


def test_given_onsets_stay_and_unknown_ones_are_heard_in_the_pitch() -> None:
    pitch = lines([5, 5, 5, 7], [5, 5, 5, 7], [0] * 4, [0] * 4)
    is_free = np.zeros(pitch.shape, dtype=bool)
    codes = unknown(pitch)
    codes[0, :, 0] = STRUCK, STRUCK, HELD, HELD
    found = certain_onsets(pitch, is_free, codes)
    assert found[0, :, 0].tolist() == [STRUCK, STRUCK, HELD, HELD]
    assert found[0, :, 1].tolist() == [STRUCK, HELD, HELD, STRUCK]


def test_the_rule_strikes_on_the_beat_with_the_given_voices() -> None:
    pitch = lines([9] * 12, [5] * 12, [3] * 12, [1] * 12)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    codes = unknown(pitch)
    codes[0, :, 0] = HELD
    codes[0, [0, 2, 8], 0] = STRUCK  # on the first beat, off it, on the third
    found = rule_onsets(certain_onsets(pitch, is_free, codes), is_free)
    for voice in (1, 2, 3):
        assert np.flatnonzero(found[0, :, voice] == STRUCK).tolist() == [0, 8]
    assert found[0, :, 0].tolist() == codes[0, :, 0].tolist()
    assert (found != UNKNOWN).all()


def test_where_nothing_is_given_the_soprano_leads() -> None:
    pitch = lines([9] * 4 + [7] * 8, [5] * 12, [3] * 12, [1] * 12)
    is_free = np.ones(pitch.shape, dtype=bool)
    found = rule_onsets(certain_onsets(pitch, is_free, unknown(pitch)), is_free)
    assert np.flatnonzero(found[0, :, 3] == STRUCK).tolist() == [0, 4]
    assert np.flatnonzero(found[0, :, 0] == STRUCK).tolist() == [0, 4]


def test_the_network_is_asked_from_the_bass_up_and_hears_what_was_decided() -> None:
    network = Striking(0.0, 9.0, -9.0, 9.0)
    pitch = lines([9] * 4, [5] * 4, [3] * 4, [1] * 4)
    is_free = np.ones(pitch.shape, dtype=bool)
    is_free[:, :, 0] = False
    onset = certain_onsets(pitch, is_free, unknown(pitch))
    found = network_onsets(
        pitch,
        onset,
        told=told(network, 4),
        window_config=WHOLE,
        generators=None,
        control=Control(),
    )
    assert found is not None
    assert found[0, 1:].T.tolist() == [
        [HELD] * 3,
        [STRUCK] * 3,
        [HELD] * 3,
        [STRUCK] * 3,
    ]
    assert len(network.told) == 3
    bass, tenor, alto = network.told
    assert (bass[0, 1:, 1:] == UNKNOWN).all()
    assert (tenor[0, 1:, 3] == STRUCK).all()
    assert (tenor[0, 1:, 1:3] == UNKNOWN).all()
    assert (alto[0, 1:, 2] == HELD).all()
    assert (alto[..., 0] == onset[..., 0]).all()


def test_onsets_are_drawn_with_the_odds() -> None:
    network = Striking(*[np.log(0.25 / 0.75)] * 4)
    pitch = np.ones((1, 800, 4), dtype=np.int16)
    onset = np.full(pitch.shape, UNKNOWN, dtype=np.int8)

    def found(seed: int) -> NDArray[np.int8]:
        result = network_onsets(
            pitch,
            onset,
            told=told(network, 800),
            window_config=WHOLE,
            generators=[np.random.default_rng(seed)],
            control=Control(),
        )
        assert result is not None
        return result

    assert (found(0) == STRUCK).mean() == pytest.approx(0.25, abs=0.03)
    assert np.array_equal(found(0), found(0))
    assert not np.array_equal(found(0), found(1))


def test_long_scores_are_asked_about_window_by_window() -> None:
    network = Striking(9.0, 9.0, 9.0, 9.0)
    pitch = np.ones((1, 12, 4), dtype=np.int16)
    onset = np.full(pitch.shape, UNKNOWN, dtype=np.int8)
    found = network_onsets(
        pitch,
        onset,
        told=told(network, 12),
        window_config=SMALL,
        generators=None,
        control=Control(),
    )
    assert found is not None
    assert (found == STRUCK).all()
    assert {codes.shape[1] for codes in network.told} == {8}
    assert (network.told[4][0, :4] == STRUCK).all()  # what is before is known by then


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_an_item_does_not_depend_on_its_batch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pitch = rng.integers(-1, 3, (3, 12, 4)).astype(np.int16)
    is_free = rng.random(pitch.shape) < 0.7
    is_free[1] = False
    onset = certain_onsets(pitch, is_free, unknown(pitch))

    def found(items: list[int]) -> Codes:
        result = network_onsets(
            pitch[items],
            onset[items],
            told=told(Striking(0.1, -0.3, 0.5, 0.0), 12),
            window_config=SMALL,
            generators=[np.random.default_rng([seed, item]) for item in items],
            control=Control(),
        )
        assert result is not None
        return result

    together = found([0, 1, 2])
    for item in range(3):
        assert np.array_equal(found([item])[0], together[item])
    assert (together != UNKNOWN).all()
    is_certain = onset != UNKNOWN
    assert np.array_equal(together[is_certain], onset[is_certain])


def test_networks_that_do_not_say_and_stopped_work_leave_it_to_the_rule() -> None:
    pitch = np.ones((1, 4, 4), dtype=np.int16)
    onset = np.full(pitch.shape, UNKNOWN, dtype=np.int8)
    silent = network_of(
        lambda pitch, is_hidden: np.zeros((*pitch.shape, NUM_PITCHES), np.float32)
    )
    assert (
        network_onsets(
            pitch,
            onset,
            told=ToldNetwork(network=silent, planes=Planes.unknown(4)),
            window_config=WHOLE,
            generators=None,
            control=Control(),
        )
        is None
    )
    network = Striking(0.0, 0.0, 0.0, 0.0)
    stopped = network_onsets(
        pitch,
        onset,
        told=told(network, 4),
        window_config=WHOLE,
        generators=None,
        control=Control(is_stopped=lambda: True),
    )
    assert stopped is None
    assert not network.told


def test_an_unknown_mode_is_refused() -> None:
    check_onset_mode("likeliest")
    with pytest.raises(ValueError, match="onsets must be one of sampled, likeliest"):
        check_onset_mode("loud")
