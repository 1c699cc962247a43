from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import click
import pytest
from click.testing import CliRunner

from musegen.cli import completion
from musegen.cli._completing import complete_models
from musegen.cli.main import run


@pytest.mark.parametrize("shell", sorted(completion.SHELLS))
def test_the_script_of_each_shell_asks_musegen(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert completion.COMPLETION_VARIABLE in out
    assert f"{shell}_complete" in out


def test_the_scripts_differ() -> None:
    scripts = {completion.completion_script(shell) for shell in completion.SHELLS}
    assert len(scripts) == len(completion.SHELLS)


def test_the_script_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "fish", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["shell"] == "fish"
    assert document["script"] == completion.completion_script("fish")


def test_an_unknown_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err


def test_an_older_click_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "get_completion_class", lambda shell: None)
    result = CliRunner().invoke(completion.command, ["powershell"])
    assert result.exit_code == 2
    assert "click" in result.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script() -> None:
    script = completion.completion_script("bash")
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("musegen do", {"plain,doctor"}),
        ("musegen models p", {"plain,path"}),
        ("musegen completion f", {"plain,fish"}),
        ("musegen doctor --js", {"plain,--json"}),
    ],
)
def test_commands_choices_and_options_complete(words: str, offered: set[str]) -> None:
    environment = {
        **os.environ,
        completion.COMPLETION_VARIABLE: "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-m", "musegen"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert set(done.stdout.split()) == offered
    assert done.stderr == ""


@pytest.fixture
def context() -> click.Context:
    return click.Context(click.Command("probe"))


def test_model_names_complete(
    monkeypatch: pytest.MonkeyPatch, context: click.Context
) -> None:
    engine = ModuleType("musegen.engine.models")
    models = [
        SimpleNamespace(name="coconet-small", summary="Chorales."),
        SimpleNamespace(name="sunmask", summary="Rewriting."),
    ]
    engine.list_models = lambda: models  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "musegen.engine.models", engine)
    items = complete_models(context, click.Option(["--model"]), "co")
    assert [(item.value, item.help) for item in items] == [
        ("coconet-small", "Chorales.")
    ]


@pytest.mark.parametrize("typed", ["./mine", "models/mi", ".", "C:\\models"])
def test_model_folders_complete_as_folders(typed: str, context: click.Context) -> None:
    (item,) = complete_models(context, click.Option(["--model"]), typed)
    assert (item.value, item.type) == (typed, "dir")
