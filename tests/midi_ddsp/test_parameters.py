"""Synthesis parameters: what is refused, what comes back from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from musegen.data.errors import FileFormatError, InputError
from musegen.midi_ddsp.parameters import (
    HOP_SAMPLES,
    METADATA_KEY,
    SynthesisParameters,
    from_logits,
    hz_to_midi,
    midi_to_hz,
    read_description,
)


def arrays(num_frames: int = 3, **changes: ArrayLike) -> dict[str, Any]:
    """Arguments that are accepted, but for the changes."""
    harmonics = np.zeros((num_frames, 4), np.float32)
    harmonics[:, :2] = 0.5
    good = {
        "f0_hz": np.full(num_frames, 440.0),
        "amplitude": np.ones(num_frames),
        "harmonics": harmonics,
        "noise": np.zeros((num_frames, 5)),
    }
    return good | changes


def test_hop_follows_from_the_rates() -> None:
    assert HOP_SAMPLES == 64


def test_midi_pitch_of_known_frequencies() -> None:
    pitch = hz_to_midi([440.0, 880.0, 8.175798915643707, 0.0, -1.0])
    np.testing.assert_allclose(pitch, [69.0, 81.0, 0.0, 0.0, 0.0], atol=1e-9)


def test_pitch_zero_is_a_rest_and_no_other_is() -> None:
    np.testing.assert_allclose(midi_to_hz([0.0, 69.0, 1.0]), [0.0, 440.0, 8.661957])


@given(st.floats(1.0, 127.0))
def test_pitch_survives_the_way_through_hz(pitch: float) -> None:
    assert float(hz_to_midi(midi_to_hz(pitch))) == pytest.approx(pitch, abs=1e-9)


def test_sizes_and_duration_are_told() -> None:
    parameters = SynthesisParameters(**arrays(500))
    assert (parameters.num_frames, parameters.num_harmonics) == (500, 4)
    assert parameters.num_noise_bands == 5
    assert parameters.duration_s == 2.0
    assert parameters.f0_hz.dtype == np.float32


def test_frames_are_cut_like_slices() -> None:
    parameters = SynthesisParameters(**arrays(f0_hz=[1.0, 2.0, 3.0]))
    assert parameters.frames(1, 9).f0_hz.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"f0_hz": np.zeros((3, 1))}, r"f0_hz must have the shape \[frames\]"),
        ({"noise": np.zeros(3)}, r"noise must have the shape \[frames, bands\]"),
        ({"amplitude": [1.0, np.nan, 1.0]}, "amplitude .* nan at frame 1"),
        ({"f0_hz": [1.0, 1.0, np.inf]}, "f0_hz .* inf at frame 2"),
        ({"noise": -np.ones((3, 5))}, "noise .* at least 0"),
        ({"amplitude": np.ones(4)}, "one number of frames"),
        ({"noise": np.zeros((3, 1))}, "2 noise bands"),
        ({"harmonics": np.ones((3, 4))}, "at frame 0 they sum to 4"),
        ({"sample_rate": 0}, "sample rate"),
        ({"frame_rate_hz": 0.0}, "frame rate"),
    ],
    ids=[
        "f0 of two axes",
        "noise of one axis",
        "NaN",
        "infinity",
        "below 0",
        "lengths",
        "bands",
        "sum",
        "sample rate",
        "frame rate",
    ],
)
def test_what_cannot_be_played_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SynthesisParameters(**arrays(**changes))


def test_silent_rows_are_accepted() -> None:
    SynthesisParameters(**arrays(harmonics=np.zeros((3, 4))))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 40), st.integers(0, 10**6))
def test_a_file_gives_back_what_was_saved(
    tmp_path_factory: pytest.TempPathFactory, num_frames: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    saved = from_logits(
        generator.uniform(0.0, 900.0, num_frames),
        generator.normal(size=num_frames),
        generator.normal(size=(num_frames, 7)),
        generator.normal(size=(num_frames, 9)),
        sample_rate=24000,
        frame_rate_hz=125.0,
    )
    path = tmp_path_factory.mktemp("saved") / "a.parquet"
    saved.save(path)
    loaded = SynthesisParameters.load(path)
    for name in ("f0_hz", "amplitude", "harmonics", "noise"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(saved, name))
    assert (loaded.sample_rate, loaded.frame_rate_hz) == (24000, 125.0)


def test_the_same_parameters_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        SynthesisParameters(**arrays()).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"text"])
def test_another_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wrong.parquet"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="does not hold synthesis parameters"):
        SynthesisParameters.load(path)


def test_a_table_of_something_else_is_refused(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "other.parquet"
    table = pyarrow.table({"f0_hz": [1.0]})
    ours = b'{"schema_version": 1, "sample_rate": 16000, "frame_rate_hz": 250}'
    for metadata, said in (
        (None, "not one of parameters that musegen wrote"),
        ({b"pandas": b"{}"}, "not one of parameters that musegen wrote"),
        ({METADATA_KEY: ours}, "the column amplitude is missing"),
    ):
        pyarrow.parquet.write_table(table.replace_schema_metadata(metadata), str(path))
        with pytest.raises(FileFormatError, match=rf"other.parquet does not .*{said}"):
            SynthesisParameters.load(path)


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        (None, "not one of parameters"),
        (b"\xff", "no JSON"),
        (b"null", "no JSON object"),
        (b"{}", "another version"),
        (b'{"schema_version": 1}', "no sample_rate"),
        (b'{"schema_version": 1, "sample_rate": NaN}', "no sample_rate"),
        (b'{"schema_version": 1, "sample_rate": 16000}', "no frame_rate_hz"),
    ],
)
def test_what_a_file_says_of_itself_is_checked(stored: bytes | None, said: str) -> None:
    with pytest.raises(FileFormatError, match=said):
        read_description(stored)


def test_logits_become_linear_values() -> None:
    zeros = np.zeros((2, 1))
    parameters = from_logits(
        np.full((2, 1), 1000.0), zeros, np.zeros((2, 60)), np.zeros((2, 65))
    )
    np.testing.assert_allclose(parameters.amplitude, 0.405399, rtol=1e-5)
    np.testing.assert_allclose(parameters.noise, 1.97931e-5, rtol=1e-5)
    expected = np.where(np.arange(60) < 7, 1 / 7, 0.0)
    np.testing.assert_allclose(parameters.harmonics[0], expected, rtol=1e-6)
