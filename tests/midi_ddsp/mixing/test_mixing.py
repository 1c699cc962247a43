"""Stems to one sound."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.midi_ddsp.mixing.mixing import Mixer, MixOptions, Stem, Tap
from musegen.midi_ddsp.mixing.panning import Pan, pan_gains
from musegen.midi_ddsp.mixing.rooms import Room
from musegen.midi_ddsp.parts.automation import Curve

Floats = NDArray[np.float32]
RATE = 8_000
DRY = MixOptions(ceiling_db=None)


def noise(seed: int, length: int = 6_000) -> Floats:
    return np.random.default_rng(seed).uniform(-0.2, 0.2, length).astype(np.float32)


def cut(sound: Floats, pieces: Sequence[int] = (700,)) -> Iterator[Floats]:
    first = index = 0
    while first < len(sound):
        last = first + pieces[index % len(pieces)]
        yield sound[first:last]
        first, index = last, index + 1


def small_room(num_taps: int = 3_000) -> Room:
    generator = np.random.default_rng(9)
    taps = generator.normal(0.0, 0.02, (num_taps, 2)).astype(np.float32)
    return Room(name="small", taps=taps, sample_rate=RATE, licence="test")


def mixed(options: MixOptions, *stems: Stem, num_workers: int | None = 0) -> Floats:
    mixer = Mixer(options, RATE, num_workers=num_workers)
    nothing = np.zeros((0, mixer.num_channels), np.float32)
    return np.concatenate([nothing, *mixer.mix(stems)])


def stem(
    sound: Floats,
    *,
    pan: Pan = 0.0,
    tap: Tap | None = None,
    pieces: Sequence[int] = (700,),
) -> Stem:
    return Stem(name="line", blocks=cut(sound, pieces), pan=pan, tap=tap)


def test_one_dry_line_in_mono_is_the_line_itself() -> None:
    options = MixOptions(is_mono=True)
    assert (mixed(options, stem(noise(0)))[:, 0] == noise(0)).all()


def test_stems_are_placed_and_summed() -> None:
    sound = mixed(DRY, stem(noise(0), pan=-0.5), stem(noise(1), pan=0.25))
    first, second = pan_gains(np.array([-0.5, 0.25]))
    expected = np.outer(noise(0), first) + np.outer(noise(1), second)
    np.testing.assert_allclose(sound, expected, atol=1e-6)


def test_a_place_may_move() -> None:
    curve = Curve(frames=np.array([0, 100], np.int64), values=np.array([-1.0, 1.0]))
    sound = mixed(DRY, stem(np.full(6_000, 0.5, np.float32), pan=curve))
    assert sound[0] == pytest.approx([0.5, 0.0], abs=1e-6)
    assert sound[1600] == pytest.approx([0.3536, 0.3536], abs=1e-3)
    assert sound[-1] == pytest.approx([0.0, 0.5], abs=1e-6)


def test_spread_gain_and_mono_are_obeyed() -> None:
    near = mixed(replace(DRY, spread=0.0), stem(noise(0), pan=-1.0))
    assert (near[:, 0] == near[:, 1]).all()
    soft = mixed(replace(DRY, gain_db=-20.0), stem(noise(0), pan=-1.0))
    np.testing.assert_allclose(soft[:, 0], 0.1 * noise(0), rtol=1e-5)
    one = mixed(replace(DRY, is_mono=True), stem(noise(0)), stem(noise(1), pan=1.0))
    np.testing.assert_allclose(one[:, 0], noise(0) + noise(1), atol=1e-6)


def test_after_its_end_a_stem_is_silent() -> None:
    sound = mixed(DRY, stem(noise(0, 3_001), pan=-1.0), stem(noise(1), pan=1.0))
    assert len(sound) == 6_000
    assert (sound[:3_001, 0] == noise(0, 3_001)).all()
    assert np.abs(sound[3_001:, 0]).max() < 1e-15


@pytest.mark.parametrize("is_mono", [False, True])
def test_all_stems_sound_in_one_room_until_it_is_silent(is_mono: bool) -> None:
    room = small_room()
    options = MixOptions(reverb=room, reverb_gain=0.5, ceiling_db=None, is_mono=is_mono)
    stems = [stem(noise(k)) for k in range(2)]
    wet = mixed(options, *stems)
    dry = mixed(replace(options, is_dry=True), *[stem(noise(k)) for k in range(2)])
    assert (len(dry), len(wet)) == (6_000, 6_000 + 2_999)
    sent = noise(0) + noise(1)
    sides = room.mono()[None] if is_mono else room.taps.T
    expected = np.stack([0.5 * np.convolve(sent, taps) for taps in sides], axis=1)
    expected[:6_000] += dry
    np.testing.assert_allclose(wet, expected, atol=1e-4)


def test_a_room_without_gain_leaves_no_tail() -> None:
    options = replace(DRY, reverb=small_room(), reverb_gain=0.0)
    assert (mixed(options, stem(noise(0))) == mixed(DRY, stem(noise(0)))).all()


def test_the_first_sound_does_not_wait_for_the_whole_response() -> None:
    num_pulled = 0

    def told() -> Iterator[Floats]:
        nonlocal num_pulled
        for piece in cut(noise(0, 100_000)):
            num_pulled += len(piece)
            yield piece

    options = MixOptions(reverb=small_room(50_000))
    mixer = Mixer(options, RATE, num_workers=0)
    with closing(mixer.mix([Stem(name="x", blocks=told())])) as blocks:
        assert len(next(blocks))
    assert num_pulled < RATE


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 3_000), min_size=1, max_size=4),
    st.sampled_from([0, 1, 2, None]),
)
def test_no_bit_depends_on_pieces_or_threads(
    pieces: list[int], num_workers: int | None
) -> None:
    options = MixOptions(reverb=small_room(), gain_db=12.0)
    curve = Curve(frames=np.array([0, 99], np.int64), values=np.array([-1.0, 1.0]))
    whole = mixed(
        options, stem(noise(0), pan=curve), stem(noise(1, 4_000)), num_workers=0
    )
    again = mixed(
        options,
        stem(noise(0), pan=curve, pieces=pieces),
        stem(noise(1, 4_000), pieces=pieces[::-1]),
        num_workers=num_workers,
    )
    assert (again == whole).all()


def test_the_ceiling_is_held_and_told() -> None:
    options = MixOptions(is_mono=True, ceiling_db=-3.0)
    mixer = Mixer(options, RATE)
    loud = (10 * noise(0)).astype(np.float32)
    sound = np.concatenate(list(mixer.mix([stem(loud)])))
    assert np.abs(sound).max() <= 10 ** (-3 / 20)
    (notice,) = mixer.notices()
    assert notice.code == "limited"
    assert "beyond -3 dBTP" in notice.message
    assert f"up to {mixer.max_reduction_db:.1f} dB softer" in notice.message
    gain_db = float(notice.message.split("a gain of ")[1].split(" dB")[0])
    calm = Mixer(replace(options, gain_db=gain_db), RATE)
    list(calm.mix([stem(loud)]))
    assert calm.notices() == ()


def test_below_the_ceiling_nothing_is_told() -> None:
    mixer = Mixer(MixOptions(), RATE)
    list(mixer.mix([stem(noise(0))]))
    assert (mixer.notices(), mixer.max_reduction_db) == ((), 0.0)


def test_taps_hear_each_stem_dry_at_the_gain_of_the_mix() -> None:
    heard: dict[str, list[Floats]] = {"a": [], "b": []}
    mixed(
        MixOptions(reverb=small_room(), gain_db=20.0),
        stem(noise(0), pan=-1.0, tap=heard["a"].append),
        stem(noise(1, 2_500), tap=heard["b"].append),
    )
    first, second = (np.concatenate(pieces) for pieces in heard.values())
    np.testing.assert_allclose(first, 10 * noise(0), rtol=1e-5)
    np.testing.assert_allclose(second[:2_500], 10 * noise(1, 2_500), rtol=1e-5)
    assert len(second) == 6_000
    assert (second[2_500:] == 0.0).all()


def test_without_stems_there_is_no_sound() -> None:
    assert mixed(MixOptions(reverb=small_room())).shape == (0, 2)
    assert mixed(MixOptions(), stem(noise(0, 0))).shape == (0, 2)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_error_in_a_stem_reaches_the_caller(num_workers: int) -> None:
    def failing() -> Iterator[Floats]:
        yield noise(0)
        raise RuntimeError("a string broke")

    mixer = Mixer(MixOptions(), RATE, num_workers=num_workers)
    with pytest.raises(RuntimeError, match="a string broke"):
        list(mixer.mix([stem(noise(0, 20_000)), Stem(name="x", blocks=failing())]))
    assert not any(one.name.startswith("stems-") for one in threading.enumerate())


def test_closing_the_mix_early_closes_the_stems() -> None:
    was_closed = []

    def endless() -> Iterator[Floats]:
        try:
            while True:
                yield noise(0)
        finally:
            was_closed.append(True)

    blocks = Mixer(MixOptions(), RATE).mix([Stem(name="x", blocks=endless())])
    next(blocks)
    blocks.close()
    assert was_closed == [True]
    assert not any(one.name.startswith("stems-") for one in threading.enumerate())


def test_a_mixer_mixes_once() -> None:
    mixer = Mixer(MixOptions(), RATE)
    list(mixer.mix([stem(noise(0))]))
    with pytest.raises(UsageError, match="mixes once"):
        list(mixer.mix([stem(noise(0))]))


def test_a_room_of_another_rate_is_refused() -> None:
    with pytest.raises(UsageError, match="made for 8000 Hz, the mix has 16000 Hz"):
        Mixer(MixOptions(reverb=small_room()), 16_000)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gain_db": 200.0}, "a gain is -120 to 120 dB"),
        ({"gain_db": float("nan")}, "a gain is"),
        ({"reverb_gain": -1.0}, "a reverb gain is a factor of 0 to 100"),
        ({"spread": 1.5}, "a spread is 0 to 1"),
        ({"ceiling_db": 1.0}, "a ceiling is -60 to 0 dB"),
    ],
)
def test_options_out_of_range_are_refused(
    changes: dict[str, float], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        MixOptions(**changes)  # type: ignore[arg-type]


def test_a_silent_mix_is_told() -> None:
    mixer = Mixer(MixOptions(), 16000, num_workers=0)
    silent = Stem(name="nobody", blocks=[np.zeros(400, np.float32)])
    assert sum(len(block) for block in mixer.mix([silent])) >= 400
    assert [notice.code for notice in mixer.notices()] == ["silent"]
