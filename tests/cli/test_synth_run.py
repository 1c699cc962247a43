"""What a run tells of itself: options that nobody heeds, and files that went in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from musegen.cli import _synth_run as running
from musegen.cli._synth_models import LoadedModel
from musegen.cli.main import run
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer

SCORE = Score(
    ticks_per_quarter=480,
    parts=(Part(notes=(Note(onset=0, duration=240, pitch=60),), program=40),),
)


class Roomy(FormulaPerformer):
    """One that learned a room of a second."""

    def room(self, instrument: str) -> ImpulseResponse:
        taps = np.zeros(16_000, np.float32)
        taps[-1] = 0.1
        return ImpulseResponse(taps=taps)


@pytest.fixture(autouse=True)
def here(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (workplace / "tune.mid").write_bytes(midi_bytes(SCORE))
    loaded = LoadedModel(performer=Roomy(), draws_expression=False)
    monkeypatch.setattr(running, "load_beside_imports", lambda *_, **__: loaded)
    return workplace


def length_s(*words: str) -> float:
    import soundfile

    assert run(["synth", "tune.mid", "-o", "a.wav", "--overwrite", "-q", *words]) == 0
    return float(soundfile.info("a.wav").duration)


def test_variety_is_refused_where_nothing_is_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["synth", "tune.mid", "--variety", "2"]) == 2
    assert "--variety does nothing with the model none" in capsys.readouterr().err


def test_learned_rooms_ring_on_and_others_take_their_place() -> None:
    learned, named, dry = (
        length_s(*words) for words in ((), ("--reverb", "chamber"), ("--dry",))
    )
    assert length_s("--reverb", "learned") == learned
    assert learned == pytest.approx(dry + 1, abs=0.01)
    assert dry < named < learned


def test_the_recipe_holds_every_file_that_went_in() -> None:
    Path("fade.csv").write_text("time_s,gain_db\n0,-3\n")
    Path("edit.csv").write_text("note,volume_db\n1,-20\n")
    length_s("--automation", "fade.csv", "--expression", "edit.csv")
    recipe = read_recipe(Path("a.musegen.json"))
    names = [file.name for file in recipe.inputs]
    assert names == ["tune.mid", "fade.csv", "edit.csv"]
    assert recipe.options["automation"] == "fade.csv"
