"""The room: recorded values, the fade, other sample rates."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import InputError
from musegen.engine.tensorflow_bundle import open_bundle
from musegen.midi_ddsp.dsp.reverb import (
    ImpulseResponse,
    inference_fade,
    reverberate,
)

PARITY = Path(__file__).parents[3] / "../shared/parity/midi_ddsp"
TABLE = "reverb_module/magnitudes_embedding/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
INSTRUMENT = 3  # of the recording


def test_a_click_meets_every_tap_and_nothing_else() -> None:
    click = np.zeros(64000)
    click[10] = 1.0
    taps = np.zeros(48000)
    taps[[0, 100, 47999]] = [5.0, 0.5, 0.25]
    expected = np.zeros(64000)
    expected[[10, 110, 48009]] = [1.0, 0.5, 0.25]
    np.testing.assert_allclose(reverberate(click, taps), expected, atol=1e-6)


def test_fade_of_the_original() -> None:
    fade = inference_fade(48000)
    np.testing.assert_allclose(
        fade[[15999, 16000, 32000, 47999]], [1.0, 1.0, 0.135327, 0.018316], atol=1e-5
    )


def test_short_rooms_do_not_fade() -> None:
    assert inference_fade(700).tolist() == [1.0] * 700


@pytest.mark.skipif(not PARITY.is_dir(), reason="the recorded reverb is not here")
def test_recorded_reverb_of_the_original() -> None:
    recorded = np.load(PARITY / "expected.npz")
    bundle = open_bundle(PARITY / "synthesis_generator")
    (name,) = [name for name in bundle.entries if name.endswith(TABLE)]
    room = ImpulseResponse(taps=bundle.tensor(name)[INSTRUMENT]).faded()
    wet = reverberate(recorded["reverb_in"], room.taps)
    np.testing.assert_allclose(wet, recorded["reverb_out"], atol=1e-4)


def test_tail_goes_on_until_the_room_is_silent() -> None:
    generator = np.random.default_rng(0)
    dry, taps = generator.normal(size=300), generator.normal(size=90)
    wet = reverberate(dry, taps, gain=0.5, with_tail=True)
    room = np.concatenate([[0.0], taps[1:]])
    expected = 0.5 * np.convolve(dry, room)
    expected[:300] += dry
    np.testing.assert_allclose(wet, expected, atol=1e-4)


def test_without_a_room_the_sound_is_dry() -> None:
    dry = np.arange(5.0)
    np.testing.assert_array_equal(reverberate(dry, np.zeros(0)), dry)


def test_the_click_itself_is_no_part_of_a_room() -> None:
    taps = np.ones(4, np.float32)
    assert ImpulseResponse(taps=taps).taps.tolist() == [0.0, 1.0, 1.0, 1.0]
    assert taps[0] == 1.0


@pytest.mark.parametrize("sample_rate", [8000, 44100, 48000])
def test_another_rate_has_the_same_response(sample_rate: int) -> None:
    time_s = np.arange(1600) / 16000
    shape = np.exp(-time_s / 0.01) * time_s * 100
    taps = shape * np.cos(2 * np.pi * 700.0 * time_s)
    room = ImpulseResponse(taps=taps.astype(np.float32))
    moved = room.at_rate(sample_rate)
    assert len(moved.taps) == sample_rate // 10
    bins = np.arange(100, 3000, 50)  # Hz, a tenth of a second padded to a whole one
    before = np.fft.rfft(room.taps, n=16000)[bins]
    after = np.fft.rfft(moved.taps, n=sample_rate)[bins]
    np.testing.assert_allclose(after, before, atol=0.01 * np.abs(before).max())


@pytest.mark.parametrize(
    "taps",
    [np.zeros((2, 3), np.float32), np.array([0.0, np.nan], np.float32)],
    ids=["two rows", "NaN"],
)
def test_what_is_no_room_is_refused(taps: NDArray[np.float32]) -> None:
    with pytest.raises(InputError, match="one row of finite numbers"):
        ImpulseResponse(taps=taps)
