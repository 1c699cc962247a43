"""`musegen instruments`: every instrument, its range, and who plays it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from musegen.cli.main import run
from musegen.engine import models
from musegen.midi_ddsp.instruments import INSTRUMENTS


@pytest.fixture(autouse=True)
def two_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of our models that plays the violin, a broken one, and the published one."""
    found = (
        SimpleNamespace(
            name="ours", kind="midi_ddsp_synthesis", path=Path("ours"), problem=""
        ),
        SimpleNamespace(
            name="broken", kind="midi_ddsp_synthesis", path=Path("no"), problem="torn"
        ),
        SimpleNamespace(
            name="urmp", kind="midi_ddsp_original", path=Path("urmp"), problem=""
        ),
        SimpleNamespace(name="bach", kind="coconet", path=Path("bach"), problem=""),
    )
    config = SimpleNamespace(architecture={"instruments": ["violin", "oboe"]})
    monkeypatch.setattr(models, "list_models", lambda: found)
    monkeypatch.setattr(
        models, "find_model", lambda _path: SimpleNamespace(config=config)
    )


def test_a_row_for_every_instrument(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["instruments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(INSTRUMENTS)
    violin = next(line for line in lines if line.startswith("violin"))
    assert violin.split()[1:5] == ["strings", "41", "G3", "to"]
    assert violin.endswith("ours, urmp")
    alto = next(line for line in lines if line.startswith("alto saxophone"))
    assert alto.endswith("nobody yet")


def test_json_has_programs_from_one_and_pitches(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["instruments", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["instruments"]
    by_name = {item["name"]: item for item in facts}
    assert by_name["oboe"]["gm_program"] == 69
    assert by_name["oboe"]["models"] == ["ours", "urmp"]
    assert by_name["cello"]["lowest_pitch"] == 36
    assert by_name["cello"]["models"] == ["urmp"]
