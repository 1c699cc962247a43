from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.data.errors import FileFormatError, InputError, OutputExistsError
from musegen.engine.archives import open_archive
from musegen.engine.model_folder import (
    ModelFolder,
    NetworkFile,
    open_model_folder,
    write_model_folder,
)
from musegen.engine.model_sources import OwnModel, find_own_model, model_zip_bytes


def write(path: Path, *, name: str = "mine") -> ModelFolder:
    return write_model_folder(
        path,
        name=name,
        kind="coconet",
        version="3",
        architecture={"a": 1},
        licence="CC0",
        summary="One.",
        weights=b"1234",
        networks={
            "network": NetworkFile(file="network.onnx", inputs=("x",), outputs=("y",))
        },
        onnx={"network.onnx": b"56"},
        card="# Kårt\n",
    )


def found_in(path: Path) -> OwnModel:
    source = find_own_model(open_archive(path))
    assert source is not None
    return source


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_model_comes_back_from_a_folder_or_a_zip(
    tmp_path: Path, is_zip: bool
) -> None:
    original = write(tmp_path / "original")
    path = original.path
    if is_zip:
        path = tmp_path / "a.zip"
        path.write_bytes(model_zip_bytes(original))
    source = found_in(path)
    assert source.suggested_name == "mine"
    imported = source.import_to(tmp_path / "copy", name="mine")
    assert imported.notices == ()
    assert imported.folder.digest == original.digest
    imported.folder.verify()
    assert imported.folder.card == "# Kårt\n"


def test_a_copy_may_have_another_name(tmp_path: Path) -> None:
    write(tmp_path / "original")
    source = found_in(tmp_path / "original" / "config.json")
    source.import_to(tmp_path / "copy", name="yours")
    copy = open_model_folder(tmp_path / "copy")
    assert copy.config.name == "yours"
    assert copy.config.version == "3"
    assert copy.config.architecture == {"a": 1}


def test_what_exists_is_replaced_only_on_demand(tmp_path: Path) -> None:
    write(tmp_path / "original")
    write(tmp_path / "copy", name="old")
    source = found_in(tmp_path / "original")
    with pytest.raises(OutputExistsError):
        source.import_to(tmp_path / "copy", name="new")
    source.import_to(tmp_path / "copy", name="new", overwrite=True)
    assert open_model_folder(tmp_path / "copy").config.name == "new"


def test_the_same_model_is_the_same_zip(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    assert model_zip_bytes(first) == model_zip_bytes(second)


@pytest.mark.parametrize("name", ["network.onnx", "weights.safetensors", "card.md"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    write(tmp_path / "m")
    (tmp_path / "m" / name).write_bytes(b"other")
    with pytest.raises(FileFormatError, match=f"{name} is damaged"):
        found_in(tmp_path / "m").import_to(tmp_path / "copy", name="x")
    assert not (tmp_path / "copy").exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write(tmp_path / "m")
    (tmp_path / "m" / "network.onnx").unlink()
    with pytest.raises(InputError, match=r"network\.onnx is missing"):
        found_in(tmp_path / "m").import_to(tmp_path / "copy", name="x")


def test_a_config_without_weights_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "m")
    config = tmp_path / "m" / "config.json"
    document = json.loads(config.read_text())
    del document["files"]["card.md"]
    config.write_text(json.dumps(document))
    with pytest.raises(FileFormatError, match=r"lists no card\.md"):
        found_in(tmp_path / "m").import_to(tmp_path / "copy", name="x")


def test_a_config_of_another_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "m")
    config = tmp_path / "m" / "config.json"
    config.write_text(
        config.read_text().replace('"schema_version": 1', '"schema_version": 9')
    )
    with pytest.raises(FileFormatError, match=r"schema version 9.*newer musegen"):
        found_in(tmp_path / "m")


def test_two_models_are_one_too_many(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b")
    with pytest.raises(FileFormatError, match="models in a, b: give one"):
        find_own_model(open_archive(tmp_path))


def test_what_is_not_ours_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"num_layers": 3}')
    assert find_own_model(open_archive(tmp_path)) is None
    write(tmp_path / "m")
    assert find_own_model(open_archive(tmp_path / "m" / "network.onnx")) is None
