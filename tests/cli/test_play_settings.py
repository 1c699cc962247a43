"""Results that sound: `--play` on every command that fills scores."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from musegen.cli import _play_settings
from musegen.cli._interrupt import IsStopped
from musegen.cli.main import run
from musegen.data.midi import midi_bytes, read_midi
from musegen.data.score import Note, Part, Score, Tempo
from musegen.engine.digests import sha256_of
from musegen.engine.recipe import read_recipe
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer

pytestmark = pytest.mark.usefixtures("tune", "fake_model")

QUICK = ["--seed", "0", "--steps", "1", "--rounds", "0", "--candidates", "2"]
BY_FORMULA = ["--synth-model", "none"]
COMMANDS = {
    "harmonize": ["harmonize", "tune.mid"],
    "complete": ["complete", "tune.mid"],
    "compose": ["compose", "--bars", "1", "--key", "C", "--tempo", "240"],
}


@pytest.fixture
def tune(workplace: Path) -> None:
    """A bar of a flute, and one with drums, in the working folder."""
    notes = tuple(
        Note(onset=240 * i, duration=240, pitch=pitch)
        for i, pitch in enumerate((67, 69, 71, 72))
    )
    flute = Part(name="Flute", channel=0, program=73, notes=notes)
    kit = Part(name="Kit", channel=9, is_drum=True, notes=notes)
    score = Score(
        ticks_per_quarter=240, tempos=(Tempo(tick=0, qpm=240),), parts=(flute,)
    )
    (workplace / "tune.mid").write_bytes(midi_bytes(score))
    (workplace / "band.mid").write_bytes(midi_bytes(replace(score, parts=(flute, kit))))


def play(*words: str, name: str = "harmonize", who: str = "string-quartet") -> int:
    return run([*COMMANDS[name], *QUICK, "--play", who, *BY_FORMULA, *words])


def sound(*words: str, who: str = "string-quartet") -> tuple[np.ndarray, int]:
    assert play(*words, "-o", "x.wav", "--overwrite", "-q", who=who) == 0
    samples, rate = soundfile.read("x.wav", always_2d=True)
    return np.asarray(samples), int(rate)


def page_sound(page: bytes) -> tuple[np.ndarray, int]:
    """The samples that a page plays."""
    found = re.search(rb'src="data:audio/(?:mpeg|ogg);base64,([^"]+)"', page)
    assert found is not None
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(found[1])))
    return np.asarray(samples), int(rate)


def document(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    capsys.readouterr()
    assert play(*words, "--json") == 0
    return dict(json.loads(capsys.readouterr().out))


# === Every command sounds ===


@pytest.mark.parametrize("name", COMMANDS)
def test_one_word_more_gives_the_sound_too(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play("-d", "out", name=name) == 0
    out, err = capsys.readouterr()
    endings = [Path(line).suffix for line in out.split()]
    assert endings == [".mid", ".wav"]
    assert all(player in err for player in ("violin", "viola", "cello"))
    (wav,) = Path("out").glob("*.wav")
    samples, rate = soundfile.read(wav)
    assert samples.shape[1] == 2
    assert 1.0 < len(samples) / rate < 5.0
    assert np.abs(samples).max() > 0.01


@pytest.mark.parametrize("name", COMMANDS)
def test_scores_are_the_same_with_and_without_players(name: str) -> None:
    formats = "midi,musicxml,svg"
    assert run([*COMMANDS[name], *QUICK, "-f", formats, "-d", "silent"]) == 0
    assert play("-f", f"{formats},wav,html", "-d", "heard", name=name) == 0
    before = {path.name: path.read_bytes() for path in Path("silent").iterdir()}
    after = {path.name: path.read_bytes() for path in Path("heard").iterdir()}
    (recipe,) = [file for file in before if file.endswith(".json")]
    del before[recipe]
    assert len(before) == 3
    assert before.items() < after.items()
    assert after.keys() - before.keys() - {recipe} == {
        path.name
        for path in Path("heard").iterdir()
        if path.suffix in (".wav", ".html")
    }


@pytest.mark.parametrize("format", ["wav", "flac", "ogg", "mp3"])
def test_formats(format: str) -> None:
    assert play("-o", f"x.{format}") == 0
    samples, rate = soundfile.read(f"x.{format}")
    assert len(samples) / rate == pytest.approx(len(sound()[0]) / 16_000, abs=0.2)


def test_every_result_sounds_and_differs() -> None:
    assert play("-n", "2", "-f", "midi,wav") == 0
    sounds = [Path(f"tune.harmonized.{n}.wav").read_bytes() for n in (1, 2)]
    assert sounds[0] != sounds[1]
    assert play("-n", "2", "-o", "y.wav") == 0
    assert [Path(f"y.{n}.wav").read_bytes() for n in (1, 2)] == sounds


def test_a_result_that_is_not_there_is_not_heard() -> None:
    assert play("-n", "2", "--temperature", "0", "-f", "wav") == 0
    assert [path.name for path in Path().glob("*.wav")] == ["tune.harmonized.1.wav"]


def test_the_same_again_is_the_same_bytes() -> None:
    for folder in ("a", "b"):
        assert play("-f", "wav,mp3,html", "-d", folder) == 0
    made = {path.name: path.read_bytes() for path in Path("a").iterdir()}
    assert len(made) == 4
    assert made == {path.name: path.read_bytes() for path in Path("b").iterdir()}


# === Every option counts ===


def test_who_plays_is_heard() -> None:
    sounds = [sound(who=who)[0] for who in ("violin", "flute", "brass-quartet")]
    assert not np.array_equal(sounds[0][:8000], sounds[1][:8000])
    assert not np.array_equal(sounds[1][:8000], sounds[2][:8000])


def test_the_room_and_the_rate_are_heard() -> None:
    dry, hall = (len(sound("--reverb", room)[0]) for room in ("none", "hall"))
    assert dry < len(sound()[0]) < hall
    samples, rate = sound("--sample-rate", "48000", "--reverb", "none")
    assert rate == 48_000
    assert len(samples) == pytest.approx(3 * dry, abs=3)


def test_the_gain_is_heard() -> None:
    plain, soft = (sound("--gain", gain)[0].std() for gain in ("-10", "-22"))
    assert 20 * np.log10(plain / soft) == pytest.approx(12, abs=0.2)


def test_the_seed_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    real = FormulaPerformer.expression

    def watched(self: FormulaPerformer, part: Any, choices: Any) -> Any:  # noqa: ANN401
        seeds.append(choices.seed)
        return real(self, part, choices)

    monkeypatch.setattr(FormulaPerformer, "expression", watched)
    for seed in ("0", "1", "0"):
        sound("--seed", seed)
    assert len(set(seeds)) == 8
    assert sorted(seeds[:4]) == sorted(seeds[8:])


def test_the_melody_keeps_its_program_and_the_first_chair_plays_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = document(capsys)
    assert told["ensemble"] == "string-quartet"
    assert told["performer"]["name"] == "none"
    assert [one["instrument"] for one in told["players"]] == [
        "violin",
        "violin",
        "viola",
        "cello",
    ]
    parts = read_midi(Path("tune.harmonized.mid")).score.parts
    assert (parts[0].name, parts[0].program) == ("Flute", 73)


def test_kept_drums_are_left_out_of_the_sound_and_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["harmonize", "band.mid", "--keep", "all", *QUICK, "--json"]
    assert run([*command, "--play", "violin", *BY_FORMULA]) == 0
    told = json.loads(capsys.readouterr().out)
    messages = [warning["message"] for warning in told["warnings"]]
    assert any("'Kit'" in message and "percussion" in message for message in messages)
    assert len(told["players"]) == 4


# === Pages and pipes ===


def test_a_page_plays_the_sound_and_shows_the_score() -> None:
    assert play("-f", "html,wav") == 0
    page = Path("tune.harmonized.html").read_bytes()
    samples, rate = page_sound(page)
    wav, wav_rate = soundfile.read("tune.harmonized.wav")
    assert len(samples) / rate == pytest.approx(len(wav) / wav_rate, abs=0.1)
    assert samples.std() == pytest.approx(wav.std(), rel=0.2)
    assert b"<audio controls" in page
    assert b"<svg" in page
    assert b"<script" not in page
    assert not re.search(rb'(src|href)="(?!data:|#)', page)
    assert len(page) < 300_000


def test_a_page_outlines_what_was_given() -> None:
    assert play("-f", "html,svg", "-d", "given") == 0
    _, _, drawn = Path("given/tune.harmonized.svg").read_bytes().partition(b"<svg")
    assert drawn.strip() in Path("given/tune.harmonized.html").read_bytes()


def test_stdout_is_the_sound(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    sound()
    capfdbinary.readouterr()
    assert play("-o", "-") == 0
    out, err = capfdbinary.readouterr()
    assert out.startswith(b"RIFF")
    _, _, streamed = out.partition(b"data")
    _, _, written = Path("x.wav").read_bytes().partition(b"data")
    assert streamed[4:] == written[4:]  # but for the length, which a pipe cannot know
    assert b"RIFF" not in err


def test_stdout_may_be_a_page(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert play("-o", "page.html") == 0
    capfdbinary.readouterr()
    assert play("-o", "-", "-f", "html") == 0
    assert capfdbinary.readouterr().out == Path("page.html").read_bytes()


# === The recipe, and what goes wrong ===


def test_the_recipe_names_who_played() -> None:
    assert play("-f", "midi,wav", "--reverb", "hall") == 0
    recipe = read_recipe(Path("tune.harmonized.musegen.json"))
    assert recipe.options["play"] == "string-quartet"
    assert recipe.options["synth_model"] == "none"
    assert (recipe.options["reverb"], recipe.options["format"]) == (
        "hall",
        ["midi", "wav"],
    )
    midi, wav = recipe.outputs
    assert midi.facts == {"format": "midi", "rank": 1}
    assert wav.facts == {
        "format": "wav",
        "rank": 1,
        "ensemble": "string-quartet",
        "performer": "none",
        "performer_sha256": FormulaPerformer().digest,
        "seed": 0,
    }
    for file in recipe.outputs:
        assert sha256_of(Path(file.name).read_bytes()) == file.sha256


def test_ctrl_c_while_it_plays_leaves_the_score_without_a_sound(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def at_once(tell: object) -> Iterator[IsStopped]:
        del tell
        yield lambda: True

    monkeypatch.setattr(_play_settings, "graceful_interrupt", at_once)
    assert play("-f", "midi,wav", "-n", "2") == 130
    assert not list(Path().glob("*.wav"))
    assert len(list(Path().glob("tune.harmonized.*.mid"))) == 2
    assert "the sound was left out" in capsys.readouterr().err
    recipe = read_recipe(Path("tune.harmonized.musegen.json"))
    assert [file.facts["format"] for file in recipe.outputs] == ["midi", "midi"]


def test_nothing_is_written_if_one_result_cannot_be_played(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = []
    real = FormulaPerformer.expression

    def failing(self: FormulaPerformer, part: Any, choices: Any) -> Any:  # noqa: ANN401
        calls.append(part)
        if len(calls) > 4:
            raise OSError("no more")
        return real(self, part, choices)

    monkeypatch.setattr(FormulaPerformer, "expression", failing)
    assert play("-n", "2", "-f", "midi,wav,html", "-d", "out") == 1
    assert len(calls) > 4
    assert not Path("out").exists() or not list(Path("out").iterdir())
