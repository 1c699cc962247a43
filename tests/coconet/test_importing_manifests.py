"""Which of several files beside browser weights is their manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.coconet.importing import find_coconet
from musegen.data.errors import FileFormatError
from musegen.engine.archives import open_archive

GAMMA = {"name": "model/conv0/gamma", "shape": [8], "dtype": "float32"}


def write_manifest(path: Path) -> None:
    path.write_text(json.dumps([{"paths": ["shard"], "weights": [GAMMA]}]))


@pytest.mark.parametrize("content", ['{"name": "my app"}', "[1]", "{", ""])
def test_another_model_json_beside_the_manifest_is_passed_over(
    tmp_path: Path, content: str
) -> None:
    write_manifest(tmp_path / "weights_manifest.json")
    (tmp_path / "model.json").write_text(content)
    source = find_coconet(open_archive(tmp_path))
    assert source is not None
    assert source.weights_name == "weights_manifest.json"


@pytest.mark.parametrize("name", ["model.json", "weights_manifest.json"])
def test_a_damaged_manifest_alone_or_pointed_at_is_told(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_text("{")
    words = rf"{name} is none or damaged"
    with pytest.raises(FileFormatError, match=words):
        find_coconet(open_archive(tmp_path))
    other = {"model.json", "weights_manifest.json"} - {name}
    write_manifest(tmp_path / other.pop())
    assert find_coconet(open_archive(tmp_path)) is not None
    with pytest.raises(FileFormatError, match=words):
        find_coconet(open_archive(tmp_path / name))
