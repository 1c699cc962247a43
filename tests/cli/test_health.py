from __future__ import annotations

import errno
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from musegen.cli import _health
from musegen.cli._health import Check, Status, examine
from musegen.data.errors import ModelFolderError

InstallModels = Callable[..., None]


@pytest.fixture
def install_models(monkeypatch: pytest.MonkeyPatch) -> InstallModels:
    """Put an engine with the given models in place of the real one."""

    def put(*names: str, error: Exception | None = None) -> None:
        def find_model(name: str) -> None:
            if error is not None:
                raise error

        models = [
            SimpleNamespace(name=name, version="1", is_shipped=name != "cached")
            for name in names
        ]
        engine = ModuleType("musegen.engine.models")
        engine.list_models = lambda: models  # type: ignore[attr-defined]
        engine.find_model = find_model  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "musegen.engine.models", engine)

    return put


def found(name: str) -> Check:
    (check,) = [check for check in examine() if check.name == name]
    return check


def test_this_installation_has_what_is_essential() -> None:
    essential = [c for c in examine() if c.group in {"packages", "machine"}]
    assert {c.name for c in essential} >= {
        "python",
        "musegen",
        "numpy",
        "onnxruntime",
        "cache",
        "working folder",
        "cores",
        "memory",
    }
    assert [c for c in essential if c.status is Status.FAILED] == []


def test_every_failure_and_every_absence_has_a_remedy(
    install_models: InstallModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_models("coconet", error=ModelFolderError("coconet: a digest differs"))
    monkeypatch.setattr(_health, "installed_version", lambda package: None)
    for check in examine():
        if check.status is not Status.OK:
            assert check.remedy, check


def test_tensorflow_is_found_without_importing_it() -> None:
    before = "tensorflow" in sys.modules
    list(examine())
    assert ("tensorflow" in sys.modules) is before


def test_the_core_of_the_declared_packages_is_looked_at() -> None:
    core = {
        requirement.partition(">")[0].strip()
        for requirement in importlib.metadata.requires("musegen") or ()
        if "extra" not in requirement
    }
    assert core == {*_health.ESSENTIAL_PACKAGES, *_health.PURE_PACKAGES}


def test_the_extras_are_those_of_the_metadata() -> None:
    extras = _health.packages_of_extras()
    assert {"train", "score", "plot", "beam", "magenta", "gpu"} <= set(extras)
    assert "tensorflow" in extras["train"]
    assert "audioop-lts" not in extras["magenta"]


def test_an_extra_that_is_missing_names_its_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {"music21": "9.9"}
    monkeypatch.setattr(_health, "installed_version", versions.get)
    check = {c.name: c for c in _health._extras()}["score"]
    assert check.status is Status.ABSENT
    assert check.detail == "music21 9.9; not installed: cairosvg, verovio"
    assert check.remedy == 'pip install "musegen[score]"'


def test_an_extra_that_is_there_shows_its_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_health, "installed_version", lambda package: "1.0")
    checks = {c.name: c for c in _health._extras()}
    assert checks["plot"].status is Status.OK
    assert checks["plot"].detail == "matplotlib 1.0"
    assert "dev" not in checks


def test_the_gpu_build_of_onnxruntime_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "onnxruntime-gpu":
            return "1.25"
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert _health.installed_version("onnxruntime") == "1.25"
    assert _health.installed_version("numpy") is None


def test_an_old_python_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert _health._python().status is Status.FAILED


@pytest.mark.parametrize("version", ["2.0", None])
def test_a_package_that_cannot_be_imported_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(_health, "installed_version", lambda package: version)
    check = _health._compiled_package("onnxruntime")
    assert check.status is Status.FAILED
    assert ("cannot be imported" in check.detail) is (version is not None)
    assert "onnxruntime" in check.remedy


def test_a_missing_pure_package_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_health, "installed_version", lambda package: None)
    assert _health._pure_package("rich").status is Status.FAILED


@pytest.mark.parametrize(
    ("providers", "status"),
    [
        (["CPUExecutionProvider"], Status.ABSENT),
        (["CUDAExecutionProvider", "CPUExecutionProvider"], Status.OK),
    ],
)
def test_a_gpu_is_told_by_the_providers(
    monkeypatch: pytest.MonkeyPatch, providers: list[str], status: Status
) -> None:
    runtime: Any = ModuleType("onnxruntime")
    runtime.get_available_providers = lambda: providers
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    check = _health._gpu()
    assert check.status is status
    assert ", ".join(providers) in check.detail


def test_without_onnxruntime_a_gpu_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert _health._gpu().detail == "unknown"


def test_shipped_models_are_loaded_and_cached_ones_left(
    install_models: InstallModels,
) -> None:
    install_models("coconet", "cached")
    (check,) = _health._models()
    assert (check.name, check.status) == ("coconet", Status.OK)


def test_a_damaged_model_is_a_failure(install_models: InstallModels) -> None:
    install_models("coconet", error=ModelFolderError("coconet: a digest differs"))
    (check,) = _health._models()
    assert check.status is Status.FAILED
    assert check.detail == "coconet: a digest differs"
    assert "pip install" in check.remedy


def test_no_shipped_model_is_a_failure(install_models: InstallModels) -> None:
    install_models("cached")
    (check,) = _health._models()
    assert (check.status, check.detail) == (Status.FAILED, "none is installed")


def test_a_broken_engine_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "musegen.engine.models", None)
    (check,) = _health._models()
    assert check.status is Status.FAILED


def test_the_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MUSEGEN_HOME", str(tmp_path / "home"))
    assert _health.cache_folder() == tmp_path / "home"
    assert found("cache").detail == str(tmp_path / "home")
    monkeypatch.delenv("MUSEGEN_HOME")
    assert _health.cache_folder().name == "musegen"


def test_a_folder_that_cannot_be_written_to_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(dir: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    cache = _health._folder("cache", tmp_path)
    assert cache.status is Status.FAILED
    assert "read-only" in cache.detail
    assert "MUSEGEN_HOME" in cache.remedy
    assert "-d" in _health._folder("working folder", tmp_path).remedy


def test_a_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    assert _health._folder("cache", tmp_path).status is Status.OK
    assert list(tmp_path.iterdir()) == []


def test_cores_and_memory_are_numbers_here() -> None:
    assert int(found("cores").detail) >= 1
    assert found("memory").detail.endswith(" GiB")


def test_little_memory_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_health, "memory_bytes", lambda: 1 << 28)
    check = _health._memory()
    assert (check.status, check.detail) == (Status.FAILED, "0.2 GiB")


def test_a_system_that_does_not_say_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert _health.memory_bytes() is None
    assert _health._memory() == Check(
        group="machine", name="memory", status=Status.OK, detail="unknown"
    )
    assert _health._cores().status is Status.OK
