"""What is true of every command: its help, its options, its page in the reference."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.types import FloatParamType

from musegen.cli._numbers import Finite
from musegen.cli.main import COMMANDS, run

DOCS = Path(__file__).parent.parent.parent / "docs"
COMMON_OPTIONS = {"--json", "--quiet", "--debug", "--verbose"}
SPELLINGS = {
    "--output": "-o",
    "--output-dir": "-d",
    "--format": "-f",
    "--quiet": "-q",
    "--verbose": "-v",
}


def load(name: str) -> click.Command:
    entry = COMMANDS[name]
    command: click.Command = importlib.import_module(entry.module).command
    return command


def walk(name: str) -> Iterator[tuple[list[str], click.Command]]:
    def inner(
        path: list[str], command: click.Command
    ) -> Iterator[tuple[list[str], click.Command]]:
        yield path, command
        if isinstance(command, click.Group):
            for sub, child in command.commands.items():
                yield from inner([*path, sub], child)

    yield from inner([name], load(name))


every_command = pytest.mark.parametrize("name", sorted(COMMANDS))


@every_command
def test_help_has_a_sentence_and_an_example_that_names_the_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, command in walk(name):
        assert run([*path, "--help"]) == 0
        out = capsys.readouterr().out
        assert command.help
        assert f"musegen {' '.join(path)}" in out[out.index("Example") :]


@every_command
def test_every_option_has_help_text_in_sentences(name: str) -> None:
    for path, command in walk(name):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{path} {parameter.opts}"
                assert parameter.help.endswith((".", ")", "]")), parameter.help


@every_command
def test_what_does_something_has_the_common_options(name: str) -> None:
    for _, command in walk(name):
        if isinstance(command, click.Group):
            continue
        names = {option for param in command.params for option in param.opts}
        assert names >= COMMON_OPTIONS


@every_command
def test_options_are_spelled_alike_everywhere(name: str) -> None:
    for _, command in walk(name):
        for parameter in command.params:
            for option in parameter.opts:
                assert "_" not in option
                if option in SPELLINGS:
                    assert SPELLINGS[option] in parameter.opts


@every_command
def test_every_option_that_takes_a_float_refuses_nan_and_infinity(name: str) -> None:
    for path, command in walk(name):
        for parameter in command.params:
            if isinstance(parameter.type, FloatParamType):
                assert isinstance(parameter.type, Finite), f"{path} {parameter.opts}"


@every_command
def test_the_list_of_commands_says_what_the_command_says(name: str) -> None:
    first = (load(name).help or "").partition("\n")[0]
    assert COMMANDS[name].summary.split()[0] == first.split()[0]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    file = DOCS / "generate_commands.py"
    spec = importlib.util.spec_from_file_location("generate_commands", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_is_current(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0, "run  python docs/generate_commands.py"


def test_the_reference_has_every_command_and_does_not_depend_on_the_terminal(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = generator.reference()
    for name in COMMANDS:
        for path, _ in walk(name):
            assert f"# `musegen {' '.join(path)}`" in page
    monkeypatch.setenv("COLUMNS", "40")
    assert generator.reference() == page


def test_a_stale_or_missing_reference_is_noticed_and_written_anew(
    generator: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generator, "REFERENCE", tmp_path / "commands.md")
    assert generator.main(["--check"]) == 1
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0
    (tmp_path / "commands.md").write_text("old", encoding="utf-8")
    assert generator.main(["--check"]) == 1
