from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from musegen.data.errors import ModelFolderError, OutputError, OutputExistsError
from musegen.engine.digests import sha256_of
from musegen.engine.model_folder import (
    ModelConfig,
    ModelFolder,
    NetworkFile,
    open_model_folder,
    write_model_folder,
)


def write(path: Path, **changes: object) -> ModelFolder:
    arguments: dict[str, Any] = {
        "name": "toy",
        "kind": "coconet",
        "version": "1",
        "architecture": {"layers": 2, "filters": [8, 8]},
        "licence": "CC0",
        "summary": "A toy.",
        "weights": b"weights",
        "networks": {
            "network": NetworkFile(
                file="network.onnx", inputs=("pitch", "is_hidden"), outputs=("logits",)
            )
        },
        "onnx": {"network.onnx": b"graph"},
        "card": "# Toy\n\nChoräle.\n",
    }
    return write_model_folder(path, **{**arguments, **changes})


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = path / "config.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = write(tmp_path / "deep" / "toy")
    opened = open_model_folder(tmp_path / "deep" / "toy")
    opened.verify()
    assert opened == written
    assert opened.card == "# Toy\n\nChoräle.\n"
    assert opened.read("weights.safetensors") == b"weights"
    assert opened.config.files["network.onnx"] == sha256_of(b"graph")
    assert opened.config.networks["network"].inputs == ("pitch", "is_hidden")
    assert opened.config.architecture == {"layers": 2, "filters": [8, 8]}


def test_a_model_may_have_no_exported_network(tmp_path: Path) -> None:
    written = write(tmp_path / "toy", networks={}, onnx={})
    opened = open_model_folder(tmp_path / "toy")
    opened.verify()
    assert opened == written
    assert opened.config.networks == {}
    assert set(opened.config.files) == {"weights.safetensors", "card.md"}


def test_folder_holds_four_files_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    assert sorted(file.name for file in (tmp_path / "toy").iterdir()) == [
        "card.md",
        "config.json",
        "network.onnx",
        "weights.safetensors",
    ]
    assert [file.name for file in tmp_path.iterdir()] == ["toy"]


def test_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    assert first.read("config.json") == second.read("config.json")
    assert first.digest == second.digest == sha256_of(first.read("config.json"))


def test_digest_changes_with_any_file(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b", weights=b"other")
    assert first.digest != second.digest


def test_config_and_its_json_are_exact_inverses(tmp_path: Path) -> None:
    config = write(tmp_path / "toy").config
    assert ModelConfig.from_json(config.to_json()) == config


def test_a_network_may_have_a_second_file_in_eight_bits(tmp_path: Path) -> None:
    network = NetworkFile(
        file="network.onnx", inputs=("x",), outputs=("y",), eight_bits="small.onnx"
    )
    files = {"network.onnx": b"graph", "small.onnx": b"small"}
    config = write(tmp_path / "toy", networks={"network": network}, onnx=files).config
    assert ModelConfig.from_json(config.to_json()) == config
    assert config.networks["network"].files == ("network.onnx", "small.onnx")
    with pytest.raises(ValueError, match=r"is in 'small\.onnx', which files does not"):
        write(tmp_path / "b", networks={"network": network}, onnx={"network.onnx": b""})


def test_an_existing_folder_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    with pytest.raises(OutputExistsError, match=r"toy exists.*--overwrite"):
        write(tmp_path / "toy", card="new")
    assert open_model_folder(tmp_path / "toy").card.startswith("# Toy")


def test_overwriting_replaces_the_whole_folder(tmp_path: Path) -> None:
    write(tmp_path / "toy", onnx={"network.onnx": b"graph", "other.onnx": b"graph"})
    (tmp_path / "toy" / "card.md").unlink()  # a damaged model may be replaced as well
    write(tmp_path / "toy", card="new", overwrite=True)
    assert open_model_folder(tmp_path / "toy").card == "new"
    assert not (tmp_path / "toy" / "other.onnx").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["toy"]


def test_overwriting_fills_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    write(tmp_path / "toy", overwrite=True).verify()
    assert [file.name for file in tmp_path.iterdir()] == ["toy"]


def test_overwriting_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    write(tmp_path / "toy")
    (tmp_path / "link").symlink_to("toy")
    write(tmp_path / "link", card="new", overwrite=True)
    assert (tmp_path / "link").is_symlink()
    assert open_model_folder(tmp_path / "toy").card == "new"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link", "toy"]


def test_the_working_folder_is_not_replaced_under_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="not replaced: it is the working folder"):
        write(Path(), overwrite=True)
    assert list(tmp_path.iterdir()) == []


def lay_thesis(path: Path) -> None:
    path.mkdir()
    (path / "thesis.tex").write_text("years of work", encoding="utf-8")
    (path / "drafts").mkdir()


def lay_other_config(path: Path) -> None:
    path.mkdir()
    (path / "config.json").write_text('{"num_layers": 3}', encoding="utf-8")


def lay_newer_model(path: Path) -> None:
    write(path)
    edit(path, lambda config: config.update(schema_version=2))


def lay_model_with_notes(path: Path) -> None:
    write(path)
    (path / "notes.txt").write_text("mine", encoding="utf-8")


def lay_model_with_a_folder(path: Path) -> None:
    write(path)
    (path / "card.md").unlink()
    (path / "card.md").mkdir()


def lay_file(path: Path) -> None:
    path.write_text("a file", encoding="utf-8")


@pytest.mark.parametrize(
    ("lay", "words"),
    [
        (lay_thesis, "it is no model folder and holds 'drafts' and 1 more"),
        (lay_other_config, r"its config\.json is none of a model"),
        (lay_newer_model, r"its config\.json is none of a model"),
        (lay_model_with_notes, r"beside the model it holds 'notes\.txt';"),
        (lay_model_with_a_folder, r"beside the model it holds 'card\.md';"),
        (lay_file, "it is a file and no model folder"),
    ],
)
def test_overwriting_replaces_models_only(
    tmp_path: Path, lay: Callable[[Path], None], words: str
) -> None:
    lay(tmp_path / "toy")

    def found() -> dict[Path, bytes]:
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in files}

    before = found()
    with pytest.raises(OutputError, match=rf"toy is not replaced: {words}"):
        write(tmp_path / "toy", card="new", overwrite=True)
    assert found() == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot write the model folder"):
        write(tmp_path / "file" / "toy")


def test_a_failed_rename_keeps_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "toy")
    rename = Path.rename

    def fail_for_new(path: Path, target: Path) -> Path:
        if path.name.endswith(".new"):
            raise OSError("disk full")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_new)
    with pytest.raises(OutputError, match="disk full"):
        write(tmp_path / "toy", card="new", overwrite=True)
    assert open_model_folder(tmp_path / "toy").card.startswith("# Toy")
    assert [file.name for file in tmp_path.iterdir()] == ["toy"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy")
    (tmp_path / "toy" / "network.onnx").write_bytes(b"grapf")
    with pytest.raises(ModelFolderError, match=r"network\.onnx is damaged"):
        folder.verify()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy")
    (tmp_path / "toy" / "card.md").unlink()
    with pytest.raises(ModelFolderError, match=r"card\.md is missing"):
        folder.verify()
    with pytest.raises(ModelFolderError, match=r"card\.md is missing"):
        _ = folder.card


def test_a_file_that_is_a_folder_cannot_be_read(tmp_path: Path) -> None:
    folder = write(tmp_path / "toy")
    (tmp_path / "toy" / "card.md").unlink()
    (tmp_path / "toy" / "card.md").mkdir()
    with pytest.raises(ModelFolderError, match="cannot read"):
        folder.verify()


def test_a_folder_without_config_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"config\.json is missing"):
        open_model_folder(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(extra=1), "unknown keys: 'extra'"),
        (lambda c: c.pop("licence"), "lacks the key 'licence'"),
        (
            lambda c: c.update(schema_version=2),
            "schema version 2, this musegen reads 1",
        ),
        (lambda c: c.update(name=""), "needs a name"),
        (lambda c: c.update(version=1), "version must be a string"),
        (lambda c: c["files"].update({"../x": "0"}), "'../x' is not the name"),
        (lambda c: c["files"].pop("network.onnx"), "which files does not list"),
        (
            lambda c: c["networks"]["network"].update(shape=[1]),
            "networks.network has unknown keys: 'shape'",
        ),
    ],
)
def test_a_config_that_is_wrong_is_refused_by_name(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    write(tmp_path / "toy")
    edit(tmp_path / "toy", change)
    with pytest.raises(ModelFolderError, match=message):
        open_model_folder(tmp_path / "toy")


@pytest.mark.parametrize("content", [b"", b"not json", b"\xff\xfe"])
def test_a_config_that_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    write(tmp_path / "toy")
    (tmp_path / "toy" / "config.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"config\.json"):
        open_model_folder(tmp_path / "toy")
