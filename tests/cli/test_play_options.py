"""Options on hearing results: what they refuse, and when nothing is imported."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from musegen.cli import _synth_models
from musegen.cli._paths import Destination, Naming
from musegen.cli._play_options import HEARD_FORMATS, Play, complete_ensembles
from musegen.cli.main import run
from musegen.data.score import Score
from musegen.engine.models import find_model
from musegen.midi_ddsp.synthesizing.ensembles import ENSEMBLES, ensemble_named

pytestmark = pytest.mark.usefixtures("song", "fake_model")

COMMANDS = {
    "harmonize": ["harmonize", "solo.mid"],
    "complete": ["complete", "song.mid"],
    "compose": ["compose", "--bars", "2", "--key", "C"],
}
REFUSED = {
    "sound without players": (
        ["-o", "x.wav"],
        "wav needs players: say who with --play",
    ),
    "page without players": (["-f", "html"], "html needs players"),
    "players without sound": (["--play", "violin", "-o", "x.mid"], "-f midi,wav"),
    "nobody of that name": (["--play", "sting-quartet"], 'mean "string-quartet"?'),
    "a room for nobody": (["--reverb", "hall"], "--reverb does nothing without"),
    "a level for nobody": (["--gain", "3"], "--gain does nothing"),
    "a rate for nobody": (["--sample-rate", "48000"], "--sample-rate does nothing"),
    "a model for nobody": (["--synth-model", "x"], "--synth-model does nothing"),
    "expression for nobody": (["--expression-model", "x"], "--expression-model does"),
    "expression of no model": (
        ["--play", "violin", "--synth-model", "none", "--expression-model", "x"],
        "--expression-model x does nothing with --synth-model none",
    ),
    "two files in one": (["--play", "violin", "-f", "midi,wav", "-o", "x.wav"], "-d"),
}


def files() -> set[str]:
    return {path.name for path in Path().iterdir()}


@pytest.mark.parametrize("reason", REFUSED)
@pytest.mark.parametrize("name", COMMANDS)
def test_what_cannot_act_is_refused_in_one_sentence_before_any_work(
    name: str,
    reason: str,
    capsys: pytest.CaptureFixture[str],
    fake_model: list[tuple[str, str]],
) -> None:
    words, expected = REFUSED[reason]
    assert run([*COMMANDS[name], "--seed", "0", *words]) == 2
    err = capsys.readouterr().err
    assert expected in err
    assert err.count("\n") == 1
    assert fake_model == []
    assert files() == {"solo.mid", "song.mid"}


@pytest.mark.parametrize("option", ["--synth-model", "--expression-model"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_model_is_said_before_the_harmonising_begins(
    name: str,
    option: str,
    capsys: pytest.CaptureFixture[str],
    fake_model: list[tuple[str, str]],
) -> None:
    words = ["--play", "violin", "--seed", "0", option, "no_such_model"]
    assert run([*COMMANDS[name], *words]) == 4
    err = capsys.readouterr().err
    assert "--synth-model none" in err or option == "--expression-model"
    assert fake_model == []
    assert files() == {"solo.mid", "song.mid"}


def test_a_missing_room_is_said_before_the_harmonising_begins(
    capsys: pytest.CaptureFixture[str], fake_model: list[tuple[str, str]]
) -> None:
    words = ["--play", "violin", "--synth-model", "none", "--reverb", "no-such-room"]
    assert run(["harmonize", "solo.mid", "--seed", "0", *words]) != 0
    assert "no-such-room" in capsys.readouterr().err
    assert fake_model == []


def test_nothing_is_loaded_where_all_exists(
    song: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    del song
    monkeypatch.setattr(_synth_models, "load_performer", None)
    words = ["--play", "violin", "--synth-model", "none", "-o", "x.wav"]
    Path("x.wav").touch()
    command = ["harmonize", "solo.mid", "--seed", "0", "--skip-existing"]
    assert run([*command, *words]) == 0


def test_a_result_is_named_by_what_is_heard_of_it() -> None:
    naming = Naming(label="harmonized", formats=("midi",), default_formats=("midi",))
    file, stdout = Destination(), Destination(file="-")
    assert Play().naming(naming, file) == naming
    violin = Play(ensemble="violin")
    assert violin.naming(naming, file).default_formats == ("midi", "wav")
    assert violin.naming(naming, stdout).default_formats == ("wav",)


def test_the_recipe_holds_what_acts() -> None:
    assert Play(reverb="hall").recipe() == {}
    assert Play(ensemble="string-quartet", reverb="hall").recipe() == {
        "play": "string-quartet",
        "synth_model": None,
        "expression_model": None,
        "reverb": "hall",
        "sample_rate": 16_000,
        "gain": 0.0,
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_help_names_every_ensemble_and_format(name: str) -> None:
    command = importlib.import_module(f"musegen.cli.{name}").command
    helps = {param.name: getattr(param, "help", "") for param in command.params}
    assert all(ensemble in helps["play"] for ensemble in ENSEMBLES)
    assert ", ".join(HEARD_FORMATS) in helps["formats"]


def test_names_complete() -> None:
    context = click.Context(click.Command("x"))
    option = click.Option(["--play"])

    def found(incomplete: str) -> list[str]:
        return [str(i.value) for i in complete_ensembles(context, option, incomplete)]

    assert found("string") == ["string-quartet"]
    assert found("alto") == ["alto-saxophone"]
    for name in found(""):
        assert ensemble_named(name).chairs


def test_nothing_of_the_players_is_imported_for_scores() -> None:
    try:
        find_model("coconet_jsb_base")
    except LookupError:
        pytest.skip("the model that ships is not here")
    script = (
        "import sys\n"
        "from musegen.cli.main import run\n"
        "words = ['harmonize', 'solo.mid', '--steps', '1', '--rounds', '0']\n"
        "code = run([*words, '--candidates', '1', '--seed', '0', '-f', 'midi,svg'])\n"
        "print(*sys.modules, file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    modules = done.stderr.split()
    assert "musegen.coconet.predicting" in modules
    assert not [name for name in modules if name.startswith("musegen.midi_ddsp")]
    assert "soundfile" not in modules
