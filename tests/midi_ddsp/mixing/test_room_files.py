"""Impulse responses that users bring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import FileFormatError, InputError, UsageError
from musegen.midi_ddsp.audio.encoding import write_audio
from musegen.midi_ddsp.mixing.room_files import MAX_ROOM_S, looks_like_a_path, read_room
from musegen.midi_ddsp.mixing.rooms import room_named

RATE = 16_000


def decaying(
    num_channels: int, rate: int = RATE
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    generator = np.random.default_rng(3)
    falling = np.exp(-np.arange(rate // 4) / (0.05 * rate))[:, None]
    return 0.2 * generator.uniform(-1, 1, (rate // 4, num_channels)) * falling


def test_a_stereo_file_is_its_room_but_for_level_and_click(tmp_path: Path) -> None:
    path = tmp_path / "Big Cave.wav"
    sound = decaying(2)
    write_audio(path, sound, RATE, depth="float")
    room = room_named(str(path), RATE)
    assert room is not None
    assert (room.name, room.sample_rate) == ("Big Cave", RATE)
    assert (room.taps[0] == 0.0).all()
    ratios = room.taps[1:] / sound[1:]
    np.testing.assert_allclose(ratios, ratios[0, 0], rtol=1e-3)
    assert "Big Cave.wav" in room.licence


def test_a_mono_file_is_alike_on_both_sides(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_audio(path, decaying(1), RATE, depth="float")
    taps = read_room(path, RATE).taps
    assert (taps[:, 0] == taps[:, 1]).all()
    assert np.abs(taps).max() > 0.0


def test_of_many_channels_the_first_two_are_taken(tmp_path: Path) -> None:
    sound = decaying(4)
    for name, channels in (("four", 4), ("two", 2)):
        write_audio(tmp_path / f"{name}.wav", sound[:, :channels], RATE, depth="float")
    four, two = (read_room(tmp_path / f"{name}.wav", RATE) for name in ("four", "two"))
    assert (four.taps == two.taps).all()


def test_another_rate_is_resampled(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_audio(path, decaying(2, 48_000), 48_000, depth="float")
    room = read_room(path, RATE)
    assert len(room.taps) == pytest.approx(RATE // 4, abs=2)
    assert room.sample_rate == RATE


def test_a_response_is_a_few_seconds_at_most(tmp_path: Path) -> None:
    path = tmp_path / "concert.wav"
    write_audio(path, np.full(round((MAX_ROOM_S + 1) * 1000), 0.1), 1000)
    with pytest.raises(InputError, match=r"concert.wav: 31 s .* at most 30 s"):
        read_room(path, RATE)


@pytest.mark.parametrize("sound", [np.zeros(100), np.eye(1, 100)[0]])
def test_silence_after_the_click_is_no_room(
    sound: np.ndarray[tuple[int], np.dtype[np.float64]], tmp_path: Path
) -> None:
    path = tmp_path / "a.wav"
    write_audio(path, sound, RATE, depth="float")
    with pytest.raises(InputError, match="no sound after its first sample"):
        read_room(path, RATE)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    import soundfile

    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([0.1, np.nan, 0.1]), RATE, subtype="FLOAT")
    with pytest.raises(InputError, match="1 samples are NaN"):
        read_room(path, RATE)


def test_bad_files_are_told_in_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "hall.wav"
    text.write_text(
        "this is a note about a hall, and no sound at all", encoding="utf-8"
    )
    with pytest.raises(FileFormatError, match="text file, not a sound file"):
        room_named(str(text), RATE)
    with pytest.raises(InputError, match="no such file"):
        room_named(str(tmp_path / "gone"), RATE)
    with pytest.raises(InputError, match="folder"):
        room_named(str(tmp_path), RATE)


def test_names_and_paths_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_audio(Path("cave.wav"), decaying(1), RATE)
    Path("cave.wav").rename("cave")
    assert looks_like_a_path("cave")
    assert looks_like_a_path("x.wav")
    assert not looks_like_a_path("barn")
    assert room_named("cave", RATE) is not None
    with pytest.raises(UsageError, match="barn"):
        room_named("barn", RATE)
