from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import (
    FileFormatError,
    InputError,
    OutputError,
    OutputExistsError,
)
from musegen.midi_ddsp.parameters import METADATA_KEY, SynthesisParameters
from musegen.midi_ddsp.tables import parameter_files
from musegen.midi_ddsp.tables.parameter_columns import COLUMN_NAMES
from musegen.midi_ddsp.tables.parameter_files import (
    ParameterWriter,
    iterate_parameters,
    read_header,
    read_parameters,
)

arrow = pytest.importorskip("pyarrow", reason="the extra 'records'")
parquet = pytest.importorskip("pyarrow.parquet")


def played(num_frames: int = 40, sample_rate: int = 16000) -> SynthesisParameters:
    random = np.random.default_rng(num_frames)
    shares = random.random((num_frames, 3)).astype(np.float32)
    return SynthesisParameters(
        f0_hz=random.uniform(0, 900, num_frames).astype(np.float32),
        amplitude=np.append(random.random(num_frames - 1), 1e-42).astype(np.float32),
        harmonics=shares / shares.sum(axis=1, keepdims=True),
        noise=random.random((num_frames, 4)).astype(np.float32),
        sample_rate=sample_rate,
    )


def write(
    path: Path,
    blocks: Sequence[SynthesisParameters],
    part: str = "",
    instrument: str = "",
) -> Path:
    with ParameterWriter(path, part=part, instrument=instrument) as writer:
        for block in blocks:
            writer.write(block)
    return path


def assert_equal(first: SynthesisParameters, second: SynthesisParameters) -> None:
    for name in COLUMN_NAMES:
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert first.sample_rate == second.sample_rate
    assert first.frame_rate_hz == second.frame_rate_hz


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 40), max_size=4),
    block_frames=st.integers(1, 50),
    group_frames=st.integers(1, 50),
)
def test_frames_come_back_to_the_bit_however_they_are_cut(
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    block_frames: int,
    group_frames: int,
) -> None:
    whole = played()
    edges = [0, *sorted(cuts), 40]
    path = tmp_path_factory.mktemp("parameters") / "a.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameter_files, "ROW_GROUP_FRAMES", group_frames)
        write(path, [whole.frames(*pair) for pair in itertools.pairwise(edges)])
    assert parquet.ParquetFile(path).num_row_groups == -(-40 // group_frames)
    first = 0
    for block in iterate_parameters(path, block_frames):
        assert block.num_frames == min(block_frames, 40 - first)
        assert_equal(block, whole.frames(first, first + block.num_frames))
        first += block.num_frames
    assert first == 40


def test_cutting_does_not_change_the_bytes(tmp_path: Path) -> None:
    whole = played()
    one = write(tmp_path / "one.parquet", [whole])
    cut = [whole.frames(0, 7), whole.frames(7, 7), whole.frames(7, 40)]
    many = write(tmp_path / "many.parquet", cut)
    assert one.read_bytes() == many.read_bytes()


def test_the_file_says_whose_it_is(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.parquet",
        [played(sample_rate=48000)],
        part="Violín I",
        instrument="violin",
    )
    header = read_header(path)
    assert (header.part, header.instrument) == ("Violín I", "violin")
    assert (header.sample_rate, header.frame_rate_hz) == (48000, 250.0)
    assert (header.num_frames, header.duration_s) == (40, 0.16)


def test_the_file_says_where_notes_are_if_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    spans = np.array([[0, 10], [10, 25], [30, 40]])
    with ParameterWriter(path, note_spans=spans) as writer:
        writer.write(played())
    assert read_header(path).note_spans == ((0, 10), (10, 25), (30, 40))
    assert read_header(write(tmp_path / "b.parquet", [played()])).note_spans is None
    assert_equal(SynthesisParameters.load(path), played())


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [played(3000)])
    assert_equal(read_parameters(path), played(3000))


def test_files_of_save_are_read_and_files_of_the_writer_loaded(tmp_path: Path) -> None:
    saved, written = tmp_path / "saved.parquet", tmp_path / "written.parquet"
    played().save(saved)
    (block,) = iterate_parameters(saved)
    assert_equal(block, played())
    assert read_header(saved).part == ""
    write(written, [played()], part="1")
    assert_equal(SynthesisParameters.load(written), played())


def test_pandas_reads_it_and_what_pandas_writes_is_read(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas", reason="no extra of ours needs it")
    frames = pandas.read_parquet(write(tmp_path / "a.parquet", [played()]))
    assert list(frames.columns) == list(COLUMN_NAMES)
    assert np.array_equal(frames["amplitude"], played().amplitude)
    assert np.array_equal(np.stack(frames["noise"]), played().noise)
    frames["amplitude"] *= 0.5
    frames.to_parquet(tmp_path / "b.parquet")
    (block,) = iterate_parameters(tmp_path / "b.parquet")
    assert np.array_equal(block.amplitude, played().amplitude / 2)
    assert np.array_equal(block.harmonics, played().harmonics)


def columns(**changes: object) -> dict[str, Any]:
    """Two frames as another program may write them."""
    plain: dict[str, Any] = {
        "f0_hz": [220.0, 0.0],
        "amplitude": [0.5, 0.0],
        "harmonics": [[0.25, 0.75], [0.5, 0.5]],
        "noise": [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]],
    }
    return {name: value for name, value in (plain | changes).items() if value}


def test_lists_of_other_programs_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table(columns(remark=["a", "b"])), path)
    (block,) = iterate_parameters(path)
    assert block.f0_hz.tolist() == [220.0, 0.0]
    assert block.noise.shape == (2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"noise": None}, "the column 'noise' is missing"),
        ({"f0_hz": ["a", "b"]}, "column 'f0_hz': each frame needs a number"),
        ({"noise": [0.0, 1.0]}, "column 'noise': each frame needs a list of numbers"),
        ({"noise": [["a"], ["b"]]}, "column 'noise': each frame needs a list"),
        ({"noise": [[0.0, 1.0], [0.0]]}, "frame 1 has another number of values"),
        ({"noise": [[0.0, None], [0.0, 1.0]]}, "'noise': a cell is empty"),
        ({"amplitude": [0.5, None]}, "'amplitude': a cell is empty"),
        ({"amplitude": [0.5, -1.0]}, "amplitude must be finite and at least 0"),
        ({"amplitude": [0.5, 1e300]}, "amplitude must be finite and at least 0"),
        ({"harmonics": [[1.0, 1.0], [0.5, 0.5]]}, "at frame 0 they sum to 2"),
    ],
)
def test_wrong_files_are_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table(columns(**changes)), path)
    with pytest.raises((FileFormatError, InputError), match=message) as caught:
        list(iterate_parameters(path))
    assert str(caught.value).startswith(str(path))


def test_a_frame_of_a_later_block_can_be_found(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(arrow.table(columns(amplitude=[0.5, -1.0])), path)
    with pytest.raises(InputError, match=r"counted from 1\).* at frame 0"):
        list(iterate_parameters(path, block_frames=1))


def test_what_is_no_parameter_file_is_said_at_once(tmp_path: Path) -> None:
    text, empty = tmp_path / "a.csv", tmp_path / "empty.parquet"
    text.write_text("f0_hz\n1\n")
    parquet.write_table(arrow.table(columns()).slice(0, 0), empty)
    for path, message in (
        (text, "this is no Parquet file, or it is damaged"),
        (empty, "there are no frames in it"),
        (tmp_path / "none", "there is no such file"),
        (tmp_path, "this is a folder"),
    ):
        with pytest.raises(InputError, match=message):
            iterate_parameters(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rates = b'"schema_version": 1, "sample_rate": 16000, "frame_rate_hz": 250'
    for said in (
        b'{"schema_version": 99}',
        b"[]",
        b"{",
        b"null",
        b'{"note_spans": [[5, 2]], ' + rates + b"}",
        b'{"note_spans": 3, ' + rates + b"}",
    ):
        table = arrow.table(columns()).replace_schema_metadata({METADATA_KEY: said})
        parquet.write_table(table, path)
        with pytest.raises(FileFormatError, match="says of itself cannot be read"):
            read_header(path)


def test_damage_behind_the_beginning_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [played(3000)])
    data = bytearray(path.read_bytes())
    data[200:4000] = bytes(3800)
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match="the file is damaged after frame 0"):
        list(iterate_parameters(path))


def test_a_block_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with (
        pytest.raises(InputError, match="one number of harmonics"),
        ParameterWriter(path) as writer,
    ):
        writer.write(played())
        writer.write(played(sample_rate=48000))
    assert list(tmp_path.iterdir()) == []


def test_without_frames_or_after_an_error_there_is_no_file(tmp_path: Path) -> None:
    for blocks in ([], [played().frames(0, 0)]):
        with pytest.raises(InputError, match="there are no frames"):
            write(tmp_path / "a.parquet", blocks)
    with (
        pytest.raises(KeyError),
        ParameterWriter(tmp_path / "a.parquet") as writer,
    ):
        writer.write(played(3000))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_files_are_overwritten_only_if_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", [played()])
    with pytest.raises(OutputExistsError):
        ParameterWriter(path)
    with ParameterWriter(path, overwrite=True) as writer:
        writer.write(played(10))
    assert read_header(path).num_frames == 10
    with pytest.raises(OutputError, match="this is a folder"):
        ParameterWriter(tmp_path)
    with pytest.raises(OutputError, match="does not exist"):
        ParameterWriter(tmp_path / "none" / "a.parquet")


def test_a_block_without_frames_is_our_own_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        iterate_parameters(tmp_path, block_frames=0)
