"""What a user may import from the package boundaries, pinned."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.resources
import re
from pathlib import Path

import pytest

import musegen

ROOT = Path(__file__).parent.parent
# A name that joins or leaves a boundary is a change a user can see: CHANGELOG.md too.
PUBLIC = {
    "musegen": ["__version__"],
    "musegen.cli": [],
    "musegen.coconet": [],
    "musegen.data": [],
    "musegen.engine": [],
    "musegen.midi_ddsp": [],
    "musegen.render": [],
    "musegen.sunmask": [],
}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_boundary_exports_what_is_pinned(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert sorted(exported) == PUBLIC[name]
    assert all(hasattr(module, export) for export in exported)


def test_every_folder_with_code_is_a_pinned_boundary() -> None:
    folders = {init.parent.name for init in ROOT.glob("*/__init__.py")} - {"package"}
    assert {f"musegen.{folder}" for folder in folders} | {"musegen"} == set(PUBLIC)


def test_every_module_says_what_it_is_for(source_file: Path) -> None:
    text = source_file.read_text(encoding="utf-8")
    assert re.match(r'r?"""\S', text), "a module opens with a docstring"


def test_version_of_the_distribution_is_that_of_the_package() -> None:
    assert importlib.metadata.version("musegen") == musegen.__version__


def test_changelog_names_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert musegen.__version__ in changelog


def test_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files("musegen").joinpath("py.typed").is_file()


def test_core_installation_asks_for_no_training_package() -> None:
    requirements = importlib.metadata.requires("musegen") or []
    core = [line for line in requirements if "extra ==" not in line]
    names = {re.split(r"[^\w.-]", line)[0].lower() for line in core}
    assert "click" in names
    assert names.isdisjoint(
        {"tensorflow", "keras", "torch", "jax", "music21", "note-seq", "matplotlib"}
    )


def test_extras_are_those_that_error_messages_name() -> None:
    extras = importlib.metadata.metadata("musegen").get_all("Provides-Extra") or []
    assert sorted(extras) == [
        "beam",
        "dev",
        "gpu",
        "magenta",
        "player",
        "plot",
        "records",
        "score",
        "train",
    ]
