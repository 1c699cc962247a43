"""FluidSynth beside musegen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from musegen.data.errors import MissingPackageError
from musegen.data.midi_writer import write_midi
from musegen.data.score import ControlChange, Note, Part, Score
from musegen.midi_ddsp.dsp.rendering import render
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.parts.planning import plan_parts
from musegen.midi_ddsp.player.sampler import import_fluidsynth
from musegen.midi_ddsp.player.sound_fonts import bundled_sound_font
from musegen.midi_ddsp.synthesizing.parametric_performer import synthesise_units

_RATE = 16_000
_QUARTER = 480


@pytest.fixture(scope="module")
def beside(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("beside_fluidsynth")


def note(quarter: float, pitch: int, *, quarters: float = 1.0) -> Note:
    return Note(
        onset=round(quarter * _QUARTER),
        duration=round(quarters * _QUARTER),
        pitch=pitch,
    )


@pytest.fixture(scope="module")
def score() -> Score:
    """A violin, its notes overlapping, and a flute in thirds; drums."""
    violin = tuple(note(i, p, quarters=1.1) for i, p in enumerate((69, 71, 74, 72)))
    thirds = tuple(note(i, p) for i in range(4) for p in (76 + i, 80 + i))
    drums = tuple(note(i, 38, quarters=0.2) for i in range(4))
    swell = (ControlChange(tick=0, number=11, value=100),)
    return Score(
        ticks_per_quarter=_QUARTER,
        parts=(
            Part(notes=violin, program=40, channel=0, controls=swell),
            Part(notes=drums, is_drum=True, channel=9),
            Part(notes=tuple(sorted(thirds)), program=73, channel=1),
        ),
    )


def test_a_line_alone_keeps_its_notes_as_they_are_written(
    beside: ModuleType, score: Score
) -> None:
    lines = plan_parts(score).parts
    alone = [beside.line_alone(score, line) for line in lines]
    assert [line.part_index for line in lines] == [0, 2, 2]
    assert alone[0].parts[0] == score.parts[0]
    pitches = [{n.pitch for n in found.parts[2].notes} for found in alone[1:]]
    assert pitches == [{80, 81, 82, 83}, {76, 77, 78, 79}]


def test_figures_say_what_is_in_the_sound(beside: ModuleType, score: Score) -> None:
    lines = plan_parts(score).parts[:1]
    units = dict.fromkeys(UNIT_NAMES, 0.0)
    units |= {"volume_db": -20.0, "mean_harmonic": 3.0, "attack_noise_db": -90.0}
    units |= {"peak_position": 0.5, "intonation_cents": 8.0}
    values = np.array([list(units.values())] * len(lines[0].notes))
    stem = render(synthesise_units(lines[0].notes, values, 600))
    late = np.pad(stem, (round(0.02 * _RATE), 0))
    performance = beside.Performance(
        mix=np.stack([late, late], axis=1), stems={0: late}, seconds=0.5
    )
    figures = beside.figures_of(performance, lines, _RATE)
    assert figures["tuning: median error of these, cents"] == pytest.approx(8, abs=0.5)
    assert figures["onsets: median error, ms"] == pytest.approx(18.0, abs=2.5)
    assert figures["vibrato: share of these notes, %"] == 0.0
    assert figures["speed, times real time"] == pytest.approx(2 * 2.42, abs=0.01)
    assert np.isnan(figures["peak memory, MB"])


def test_one_command_makes_a_page(
    beside: ModuleType, score: Score, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        import_fluidsynth()
    except MissingPackageError as error:
        pytest.skip(f"{error.package} is not installed")
    font = bundled_sound_font()
    if font is None:
        pytest.skip("pretty_midi, which brings a sound font, is not installed")
    path, page = tmp_path / "trio.mid", tmp_path / "trio.html"
    figures = tmp_path / "figures.json"
    write_midi(score, path)
    written = ["-o", str(page), "--figures", str(figures), "--picture-seconds", "1"]
    wishes = ["--sound-font", str(font), "--", "--model", "none"]
    assert beside.main([str(path), *written, *wishes]) == 0
    assert "FluidSynth" in capsys.readouterr().out
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert {side["lines measured"] for side in found.values()} == {3.0}
    html = page.read_text(encoding="utf-8")
    assert html.count("<audio") == 2
    assert "TimGM6mb" in html


def test_a_score_that_is_not_there_is_refused_in_a_sentence(
    beside: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert beside.main([str(tmp_path / "nothing.mid"), "--", "--model", "none"]) == 1
    assert "there is no such file" in capsys.readouterr().err
