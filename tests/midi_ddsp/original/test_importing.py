"""The two checkpoints of the original become a model folder, TensorFlow apart."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.engine.archives import open_archive
from musegen.engine.model_folder import open_model_folder
from musegen.engine.model_sources import find_own_model
from musegen.engine.safetensors_reading import read_tensors
from musegen.midi_ddsp.dsp.reverb import reverberate
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.importing import MidiDdspSource, find_midi_ddsp
from musegen.midi_ddsp.original.model import KIND, PLAYED, OriginalModel
from musegen.midi_ddsp.original.note_rows import note_rows, row_frames
from musegen.midi_ddsp.original.performing import likeliest, synthesis_parameters
from musegen.midi_ddsp.parameters import from_logits

PARITY = Path(__file__).parents[3] / "../shared/parity/midi_ddsp"
SYNTHESIS, EXPRESSION = "synthesis_generator", "expression_generator"
OFFICIAL = {
    SYNTHESIS: "midi_ddsp_model_weights_urmp_9_10/synthesis_generator/50000",
    EXPRESSION: "midi_ddsp_model_weights_urmp_9_10/expression_generator/5000",
}
FRAME_S = 0.004

Recorded = Mapping[str, NDArray[Any]]


def copy(folder: Path, names: Mapping[str, str]) -> Path:
    """Copies recorded checkpoints, each to a prefix in a folder."""
    if not PARITY.is_dir():
        pytest.skip("the recorded outputs of the original program are not here")
    for name, prefix in names.items():
        for file in PARITY.glob(f"{name}.*"):
            target = folder / (prefix + file.name.removeprefix(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return folder


def found_in(path: Path) -> MidiDdspSource:
    source = find_midi_ddsp(open_archive(path))
    assert source is not None
    return source


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder made of the recorded checkpoints."""
    if not PARITY.is_dir():
        pytest.skip("the recorded outputs of the original program are not here")
    path = tmp_path_factory.mktemp("imported") / "model"
    imported = found_in(PARITY).import_to(path, name="mine")
    assert imported.notices == ()
    return path


@pytest.fixture(scope="session")
def imported(folder: Path) -> OriginalModel:
    return OriginalModel.load(folder)


def test_the_folder_holds_what_playing_needs(
    folder: Path, imported: OriginalModel
) -> None:
    archive = open_archive(folder)
    assert set(archive.names) == {"card.md", "config.json", "weights.safetensors"}
    own = find_own_model(archive)
    assert own is not None
    assert (own.config.name, own.config.kind) == ("mine", KIND)
    assert own.config.networks == {}
    assert own.config.architecture["instruments"] == [i.name for i in PLAYED]
    assert imported.name == "mine"
    card = archive.read("card.md").decode()
    assert "synthesis_generator.data-00000-of-00001 | 254e8872d24ae28cab" in card
    assert str(folder.parent) not in card


def test_the_numbers_of_each_part_are_those_of_the_paper(folder: Path) -> None:
    tensors = read_tensors((folder / "weights.safetensors").read_bytes(), where="")
    assert {array.dtype.name for array in tensors.values()} == {"float32"}
    sizes = {"synthesis/midi_decoder/": 0, "synthesis/reverb_": 0, "expression/": 0}
    for name, array in tensors.items():
        (part,) = (part for part in sizes if name.startswith(part))
        sizes[part] += array.size
    assert list(sizes.values()) == [4_429_383, 960_000, 541_062]


def test_the_recorded_expression_and_reverb_come_out(
    imported: OriginalModel, expected: Recorded
) -> None:
    slot = int(expected["instrument_id"])
    controls = imported.expression_generator(
        expected["note_pitch"], expected["note_length_frames"] * FRAME_S, slot
    )
    np.testing.assert_allclose(controls, expected["expression_raw"], atol=1e-5)
    room = imported.reverb(imported.instruments[slot])
    wet = reverberate(expected["reverb_in"], room.taps)
    np.testing.assert_allclose(wet, expected["reverb_out"], atol=1e-4)


def test_the_recorded_synthesis_parameters_come_out(
    imported: OriginalModel, expected: Recorded
) -> None:
    pitch, length = expected["note_pitch"], expected["note_length_frames"]
    ends = np.cumsum(length)
    notes = [
        PlayedNote(pitch=int(p), onset_s=(end - n) * FRAME_S, offset_s=end * FRAME_S)
        for p, n, end in zip(pitch, length, ends, strict=True)
        if p
    ]
    rows = note_rows(notes, tail_frames=0, compat=True)
    recorded = [str(name) for name in expected["table_columns"]]
    chosen = [recorded.index(name) for name in CONTROL_NAMES]
    found = synthesis_parameters(
        imported.synthesis_generator,
        row_frames(rows, compat=True),
        expected["table"][pitch > 0][:, chosen].astype(np.float64),
        int(expected["instrument_id"]),
        choose=likeliest,
        compat=True,
    )
    wanted = from_logits(
        expected["argmax_f0_hz"],
        expected["argmax_amplitudes"],
        expected["argmax_harmonic_distribution"],
        expected["argmax_noise_magnitudes"],
    )
    np.testing.assert_allclose(found.f0_hz, wanted.f0_hz, rtol=1e-5)
    for name in ("amplitude", "harmonics", "noise"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(wanted, name), rtol=1e-3, atol=1e-7
        )


def test_the_official_layout_is_known_as_a_folder_and_as_a_zip(
    tmp_path: Path, imported: OriginalModel
) -> None:
    path = copy(tmp_path / "download", OFFICIAL)
    (path / OFFICIAL[SYNTHESIS]).with_name("train.log").write_text("hidden")
    zipped = tmp_path / "weights.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for member in path.rglob("*.*"):
            archive.write(member, member.relative_to(path))
    for given in (path, path / "midi_ddsp_model_weights_urmp_9_10", zipped):
        assert found_in(given).suggested_name == "midi-ddsp-urmp"
    found_in(zipped).import_to(tmp_path / "model", name="mine")
    again = OriginalModel.load(tmp_path / "model")
    np.testing.assert_array_equal(again.reverbs, imported.reverbs)


def test_a_copied_model_is_imported_again(folder: Path, tmp_path: Path) -> None:
    source = find_own_model(open_archive(folder))
    assert source is not None
    again = source.import_to(tmp_path / "again", name="mine")
    assert again.folder.digest == open_model_folder(folder).digest


@pytest.mark.parametrize("half", [SYNTHESIS, EXPRESSION])
def test_damage_is_one_sentence(tmp_path: Path, half: str) -> None:
    path = copy(tmp_path / "flat", {SYNTHESIS: SYNTHESIS, EXPRESSION: EXPRESSION})
    data = path / f"{half}.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(FileFormatError, match=f"{data.name} is damaged"):
        found_in(path).import_to(tmp_path / "model", name="x")
    data.unlink()
    with pytest.raises(InputError, match=f"{data.name} is missing"):
        found_in(path).import_to(tmp_path / "model", name="x")
    index = path / f"{half}.index"
    index.write_bytes(index.read_bytes()[:-7])
    with pytest.raises(FileFormatError, match=f"{index.name} is no TensorFlow"):
        found_in(path)
    assert not (tmp_path / "model").exists()


def test_importing_and_playing_need_no_tensorflow(folder: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from musegen.engine.archives import open_archive
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.original.importing import find_midi_ddsp
from musegen.midi_ddsp.original.model import OriginalModel
assert find_midi_ddsp(open_archive(Path({str(PARITY)!r}))) is not None
model = OriginalModel.load(Path({str(folder)!r}))
note = PlayedNote(pitch=60, onset_s=0.0, offset_s=0.1)
assert len(model.perform([note], "violin").render()) == 275 * 64
heavy = {{"tensorflow", "keras", "onnx", "onnxruntime", "safetensors", "pyarrow"}}
sys.exit(" ".join(heavy & set(sys.modules)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
