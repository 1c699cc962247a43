from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import InputError, OutputExistsError, UsageError
from musegen.midi_ddsp.audio.encoding import (
    FORMATS,
    Depth,
    encode_audio,
    to_int16,
    write_audio,
)
from musegen.midi_ddsp.audio.reading import read_audio

RATE = 16_000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)


@pytest.mark.parametrize(
    ("container", "depth", "error"),
    [
        ("wav", "16", 2**-16),
        ("wav", "24", 2**-24),
        ("wav", "float", 1e-7),
        ("flac", "16", 2**-16),
        ("flac", "24", 2**-24),
        ("ogg", "16", 0.05),
        ("mp3", "16", 0.05),
    ],
)
def test_what_is_written_is_read(
    container: str, depth: Depth, error: float, tmp_path: Path
) -> None:
    path = tmp_path / f"tone.{container}"
    assert write_audio(path, TONE, RATE, depth=depth) == ()
    samples = read_audio(path).samples
    assert samples[:RATE] == pytest.approx(TONE, abs=1.01 * error)


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50))
@settings(max_examples=20)
def test_sixteen_bits_round_trip(values: list[int]) -> None:
    samples = np.array(values) / 32768.0
    for container in ("wav", "flac"):
        encoded = encode_audio(samples, RATE, format=container)
        assert (read_audio(encoded.data).samples == samples.astype(np.float32)).all()


@pytest.mark.parametrize(
    ("container", "depth"), [("wav", "float"), ("ogg", "16"), ("mp3", "16")]
)
def test_the_same_samples_give_the_same_bytes_at_any_time(
    container: str, depth: Depth, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = encode_audio(TONE, RATE, format=container, depth=depth).data
    time.sleep(1.1)  # libsndfile's clock counts seconds
    assert encode_audio(TONE, RATE, format=container, depth=depth).data == first


def test_ogg_pages_stay_valid_after_their_serial_is_fixed() -> None:
    data = encode_audio(TONE, RATE, format="ogg").data
    assert data[14:18] == b"mgen"
    with soundfile.SoundFile(io.BytesIO(data)) as handle:  # libogg checks the sums
        assert handle.frames == RATE


@pytest.mark.parametrize("container", FORMATS)
def test_samples_beyond_full_scale_are_the_callers_choice(container: str) -> None:
    loud = 4.0 * TONE
    with pytest.raises(InputError, match="beyond full scale, up to 2"):
        encode_audio(loud, RATE, format=container)
    clipped = encode_audio(loud, RATE, format=container, beyond="clip")
    scaled = encode_audio(loud, RATE, format=container, beyond="scale")
    assert [n.code for n in (*clipped.notices, *scaled.notices)] == [
        "clipped",
        "scaled",
    ]
    assert "6.0 dB" in scaled.notices[0].message
    assert clipped.data != scaled.data


def test_clipping_and_scaling_do_what_they_say() -> None:
    loud = np.array([2.0, -1.0, 0.5])
    clipped = read_audio(encode_audio(loud, RATE, beyond="clip").data).samples
    scaled = read_audio(encode_audio(loud, RATE, beyond="scale").data).samples
    assert clipped == pytest.approx([1.0, -1.0, 0.5], abs=1e-4)
    assert scaled == pytest.approx([1.0, -0.5, 0.25], abs=1e-4)


def test_a_float_file_holds_samples_beyond_full_scale() -> None:
    encoded = encode_audio(np.array([3.0, -2.0]), RATE, depth="float")
    assert encoded.notices == ()
    assert (read_audio(encoded.data).samples == [3.0, -2.0]).all()


def test_stereo_is_written() -> None:
    data = encode_audio(np.stack([TONE, -TONE], axis=1), RATE).data
    assert read_audio(data).num_channels == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_not_written(bad: float) -> None:
    with pytest.raises(InputError, match="1 samples are NaN or infinite"):
        encode_audio(np.array([0.0, bad]), RATE, depth="float")


@pytest.mark.parametrize(
    ("name", "depth"), [("x.aac", "16"), ("x", "16"), ("x.ogg", "24")]
)
def test_an_unknown_format_or_depth_is_a_usage_error(
    name: str, depth: Depth, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="choose from wav 16"):
        write_audio(tmp_path / name, TONE, RATE, depth=depth)
    assert not (tmp_path / name).exists()


def test_a_rate_that_a_format_does_not_know_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="mp3 cannot hold"):
        encode_audio(TONE, 12_345, format="mp3")
    with pytest.raises(UsageError, match="at least 1 Hz"):
        encode_audio(TONE, 0)


def test_a_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_audio(path, TONE, RATE)
    with pytest.raises(OutputExistsError):
        write_audio(path, TONE, RATE)
    write_audio(path, 0.5 * TONE, RATE, overwrite=True)
    assert np.abs(read_audio(path).samples).max() < 0.3


def test_to_int16_limits_and_rounds() -> None:
    values = to_int16(np.array([2.0, -2.0, 1.0, 0.5, 1.4 / 32768]))
    assert values.tolist() == [32767, -32768, 32767, 16384, 1]
    assert values.dtype == np.int16
