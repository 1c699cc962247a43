"""Which files are taken for MIDI-DDSP's, with indices that only name tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, InputError
from musegen.engine.archives import Archive
from musegen.engine.tensorflow_bundle import TensorEntry
from musegen.midi_ddsp.original import importing
from musegen.midi_ddsp.original.importing import MidiDdspSource, find_midi_ddsp
from musegen.midi_ddsp.original.weights import TENSOR_SUFFIX

ROOT = "midi_ddsp_model_weights_urmp_9_10"
MARKS = {
    "S": "midi_decoder/z_preconditioning_stack/dense_out/kernel",
    "E": "duration_emb/kernel",
    "C": "conv_1/weights",
}


@dataclass
class FakeBundle:
    """The index of a checkpoint, whose content is one letter; `!` is damage."""

    archive: Archive
    prefix: str
    entries: dict[str, TensorEntry] = field(init=False)

    def __post_init__(self) -> None:
        letter = self.archive.read(f"{self.prefix}.index").decode()
        if letter == "!":
            raise FileFormatError(f"{self.prefix}.index is damaged")
        entry = TensorEntry(
            dtype="float32", shape=(2,), shard=0, offset=0, size=8, checksum=0
        )
        self.entries = {MARKS[letter] + TENSOR_SUFFIX: entry}

    def tensors(self, names: list[str]) -> dict[str, NDArray[np.float32]]:
        return {name: np.array([1, np.nan], dtype=np.float32) for name in names}


@pytest.fixture(autouse=True)
def fake_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "TensorBundle", FakeBundle)


def found(
    contents: dict[str, str], *, path: str = "download", focus: str = ""
) -> MidiDdspSource | None:
    files = {f"{name}.index": letter.encode() for name, letter in contents.items()}
    archive = Archive(
        path=Path(path),
        names=tuple(sorted([*files, "train.log"])),
        focus=focus,
        read_file=files.__getitem__,
    )
    return find_midi_ddsp(archive)


@pytest.mark.parametrize(
    ("synthesis", "expression", "name"),
    [
        (
            f"{ROOT}/synthesis_generator/50000",
            f"{ROOT}/expression_generator/5000",
            "midi-ddsp-urmp",
        ),
        ("synthesis_generator/50000", "expression_generator/5000", "download"),
        ("synthesis_generator", "expression_generator", "download"),
        ("a/anything", "b/else", "download"),
    ],
    ids=["official", "inside", "flat", "renamed"],
)
def test_both_are_known_by_their_tensors(
    synthesis: str, expression: str, name: str
) -> None:
    source = found({synthesis: "S", expression: "E", "other/model": "C"})
    assert source is not None
    assert (source.synthesis.name, source.expression.name) == (synthesis, expression)
    assert source.suggested_name == name
    assert source.notices == ()


@pytest.mark.parametrize(
    "contents", [{}, {"best_model.ckpt": "C"}, {"model": "!"}], ids=str
)
def test_what_is_not_midi_ddsp_is_left_to_others(contents: dict[str, str]) -> None:
    assert found(contents) is None


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ({"s": "S"}, r"the Synthesis Generator of MIDI-DDSP \(s\) and not its Expr"),
        ({"e": "E", "c": "C"}, r"the Expression Generator of MIDI-DDSP \(e\) and not"),
    ],
    ids=["synthesis", "expression"],
)
def test_half_of_it_is_refused(contents: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=f"{words}.*give the folder or zip that holds"):
        found(contents)


def test_a_damaged_half_is_named_as_damaged() -> None:
    with pytest.raises(FileFormatError, match=r"e\.index is damaged"):
        found({"s": "S", "e": "!"})


def test_the_latest_of_several_is_taken_and_told() -> None:
    names = {"s/9000": "S", "s/50000": "S", "s/40000": "S", "e/5000": "E"}
    source = found(names)
    assert source is not None
    assert source.synthesis.name == "s/50000"
    (notice,) = source.notices
    assert notice.code == "several-checkpoints"
    assert "'s/50000' was taken" in notice.message
    assert "40000, 9000" in notice.message


def test_the_one_that_the_user_points_at_is_taken() -> None:
    names = {"s-1": "S", "s-2": "S", "e": "E"}
    source = found(names, focus="s-1.index")
    assert source is not None
    assert source.synthesis.name == "s-1"
    assert found(names, focus="train.log") is None


def test_two_folders_of_one_half_are_one_too_many() -> None:
    with pytest.raises(InputError, match="Synthesis Generator of MIDI-DDSP in a, b"):
        found({"a/s": "S", "b/s": "S", "e": "E"})


def test_values_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    source = found({"s": "S", "e": "E"})
    assert source is not None
    with pytest.raises(FileFormatError, match=r"s\.index: .* are no numbers"):
        source.import_to(tmp_path / "model", name="x")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pitch_emb/embeddings", r"has shape \(64, 64\), MIDI-DDSP's has \(128, 64\)"),
        ("other", r"has no tensor pitch_emb/embeddings: it is no complete MIDI-DDSP"),
    ],
    ids=["size", "missing"],
)
def test_other_networks_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    tensors = {name + TENSOR_SUFFIX: np.ones((64, 64), dtype=np.float32)}
    monkeypatch.setattr(FakeBundle, "tensors", lambda *_: tensors)
    source = found({"s": "S", "e": "E"})
    assert source is not None
    with pytest.raises(FileFormatError, match=f"download.e.index.* {words}"):
        source.import_to(tmp_path / "model", name="x")
    assert not (tmp_path / "model").exists()
