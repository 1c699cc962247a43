from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.data.errors import ModelNotFoundError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One shipped model `coconet` in a folder, in place of the real engine."""
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "network.onnx").write_bytes(b"graph")
    info = SimpleNamespace(
        name="coconet",
        kind="coconet",
        version="1",
        path=tmp_path,
        size_bytes=4_200_000,
        is_shipped=True,
        licence="CC0",
        summary="Four-part chorales.",
    )
    cached = SimpleNamespace(**{**vars(info), "name": "mine", "is_shipped": False})

    def find_model(name: str) -> object:
        if name != "coconet":
            raise ModelNotFoundError(f"no model '{name}'; did you mean 'coconet'?")
        return SimpleNamespace(
            path=tmp_path, config={"num_layers": 20}, card="# Coconet\n\nChorales.\n"
        )

    engine: Any = ModuleType("musegen.engine.models")
    engine.list_models = lambda: (info, cached)
    engine.find_model = find_model
    monkeypatch.setitem(sys.modules, "musegen.engine.models", engine)
    return tmp_path


def test_list_is_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split()[:4] == ["NAME", "KIND", "VERSION", "SIZE"]
    assert "4.2 MB" in first
    assert "shipped" in first
    assert "Four-part chorales." in first
    assert "cached" in second


def test_list_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "models list"
    assert document["models"][0] == {
        "name": "coconet",
        "kind": "coconet",
        "version": "1",
        "path": str(folder),
        "size_bytes": 4_200_000,
        "is_shipped": True,
        "licence": "CC0",
        "summary": "Four-part chorales.",
    }


def test_an_empty_list_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["musegen.engine.models"], "list_models", lambda: ())
    assert run(["models", "list"]) == 0
    assert capsys.readouterr().out == "no models\n"


def test_info_is_the_card_and_the_digests(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["models", "info", "coconet"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# Coconet\n\nChorales.\n\nFILE ")
    assert f"network.onnx  {hashlib.sha256(b'graph').hexdigest()}" in out
    assert out.endswith(f"in {folder}\n")


def test_info_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "info", "coconet", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["config"] == {"num_layers": 20}
    assert document["card"].startswith("# Coconet")
    assert document["sha256"] == {
        "config.json": hashlib.sha256(b"{}").hexdigest(),
        "network.onnx": hashlib.sha256(b"graph").hexdigest(),
    }


@pytest.mark.parametrize("options", [[], ["-q"]])
def test_path_is_the_path_and_nothing_else(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert run(["models", "path", "coconet", *options]) == 0
    assert capsys.readouterr() == (f"{folder}\n", "")


def test_path_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "path", "coconet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["path"] == str(folder)


@pytest.mark.parametrize("command", ["info", "path"])
def test_an_unknown_model_is_4_and_a_hint(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(["models", command, "coconte"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert "did you mean 'coconet'?" in err


def test_a_mistyped_subcommand_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["models", "lsit"]) == 2
    assert "list" in capsys.readouterr().err


# With the real engine


def test_every_listed_model_has_info_and_a_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["models", "list", "--json"]) == 0
    for model in json.loads(capsys.readouterr().out)["models"]:
        assert run(["models", "path", model["name"]]) == 0
        assert Path(capsys.readouterr().out.rstrip("\n")).is_dir()
        assert run(["models", "info", model["name"]]) == 0
        assert "config.json" in capsys.readouterr().out


def test_the_real_engine_gives_a_hint_for_a_mistyped_model(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["models", "list", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    if not models:
        pytest.skip("no model is installed yet")
    name = models[0]["name"]
    assert run(["models", "info", f"{name}x"]) == 4
    assert name in capsys.readouterr().err
