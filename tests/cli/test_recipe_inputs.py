"""Inputs are named as seen from the folder of the recipe."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from musegen.cli._inputs import Source
from musegen.cli._paths import Plan, Target
from musegen.cli._recipe_inputs import recorded_inputs


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(tmp_path)
    Path("notes.mid").write_bytes(b"notes")
    return Plan(
        source=Source(name="a.wav", path=Path("a.wav")),
        targets=(Target(path=Path("out/a.txt"), format="text", index=1),),
        sidecar=Path("out/a.musegen.json"),
        overwrite=False,
        is_skipped=False,
    )


def test_names_are_seen_from_the_recipe(plan: Plan) -> None:
    assert recorded_inputs(plan, b"sound", [Path("notes.mid")]) == (
        ("../a.wav", b"sound"),
        ("../notes.mid", b"notes"),
    )


def test_full_paths_and_pipes_keep_their_names(plan: Plan, tmp_path: Path) -> None:
    full = tmp_path / "notes.mid"
    piped = dataclasses.replace(plan, source=Source(name="stdin", path=None))
    assert recorded_inputs(piped, b"x", [full]) == (
        ("stdin", b"x"),
        (str(full), b"notes"),
    )
    bare = dataclasses.replace(plan, sidecar=None)
    assert recorded_inputs(bare, b"x") == (("a.wav", b"x"),)
