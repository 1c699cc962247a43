from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from musegen.cli import resynth
from musegen.cli._options import (
    DRAWN_SEED_BELOW,
    MAX_SEED,
    FormatList,
    command_with_examples,
    device_option,
    format_option,
    group_with_examples,
    machine_options,
    model_option,
    output_options,
    seed_option,
)
from musegen.cli._output import Output
from musegen.cli._paths import Destination
from musegen.data.errors import FileFormatError, UsageError

Arguments = dict[str, Any]


class Probe:
    """A command with every shared option, and what it was called with."""

    def __init__(self, body: Callable[[Output], None] | None = None) -> None:
        self.received: Arguments = {}

        @command_with_examples("probe", examples=["musegen probe a.mid"])
        @output_options
        @format_option(["midi", "png", "svg"], default="midi")
        @model_option(default="coconet")
        @device_option
        @seed_option
        @machine_options
        def command(output: Output, **options: object) -> None:
            """Do nothing."""
            self.received = {"output": output, **options}
            logging.getLogger("musegen.probe").info("detail")
            logging.getLogger("musegen.probe").debug("more detail")
            if body is not None:
                body(output)

        self.command = command

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(self.command, list(arguments))


def test_defaults() -> None:
    probe = Probe()
    assert probe.run().exit_code == 0
    assert probe.received["destination"] == Destination()
    assert probe.received["formats"] is None
    assert probe.received["model"] == "coconet"
    assert probe.received["device"] == "auto"
    assert set(probe.received) == {
        "output",
        "destination",
        "formats",
        "model",
        "device",
        "seed",
    }


def test_the_help_shows_examples_and_every_default() -> None:
    text = Probe().run("--help").output
    assert text.index("Do nothing.") < text.index("Example:") < text.index("Options:")
    assert "  musegen probe a.mid\n" in text
    words = " ".join(text.split())
    assert "[default: (named after the input)]" in words
    assert "[default: (the working folder)]" in words
    assert "[default: (midi, or by the extension of -o)]" in words
    assert "[default: (drawn and printed)]" in words


def test_subcommands_show_their_examples() -> None:
    @group_with_examples("things", examples=["musegen things a", "musegen things b"])
    def things() -> None:
        """Handle things."""

    @things.command("a", examples=["musegen things a x"])
    def one() -> None:
        """Handle one."""

    assert "Examples:\n  musegen things a\n  musegen things b\n" in (
        CliRunner().invoke(things, ["--help"]).output
    )
    assert "Example:\n  musegen things a x\n" in (
        CliRunner().invoke(things, ["a", "--help"]).output
    )


def test_output_options_become_one_destination(tmp_path: Path) -> None:
    probe = Probe()
    probe.run("-o", "a.mid", "--overwrite")
    assert probe.received["destination"] == Destination(file="a.mid", overwrite=True)
    probe.run("-d", str(tmp_path), "--skip-existing")
    assert probe.received["destination"] == Destination(
        folder=tmp_path, skip_existing=True
    )


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.touch()
    assert Probe().run("-d", str(file)).exit_code == 2


def test_contradicting_output_options_are_a_usage_error() -> None:
    result = Probe().run("-o", "a.mid", "-d", "folder")
    assert isinstance(result.exception, UsageError)


def test_json_and_a_file_do_not_share_stdout() -> None:
    result = Probe().run("-o", "-", "--json")
    assert isinstance(result.exception, UsageError)
    assert "--json and -o -" in str(result.exception)
    assert Probe().run("-o", "-").exit_code == 0


def test_seed_zero_is_a_seed() -> None:
    probe = Probe()
    result = probe.run("--seed", "0", "--json")
    assert probe.received["seed"] == 0
    assert json.loads(result.stdout)["seed"] == 0
    assert "drawn" not in result.stderr


def test_an_absent_seed_is_drawn_printed_and_recorded() -> None:
    probe = Probe()
    result = probe.run("--json")
    seed = probe.received["seed"]
    assert 0 <= seed < DRAWN_SEED_BELOW
    assert json.loads(result.stdout)["seed"] == seed
    assert result.stderr == f"seed {seed} was drawn; repeat with --seed {seed}\n"


def test_no_seed_is_spoken_of_where_all_is_refused(workplace: Path) -> None:
    (workplace / "a.wav").touch()
    result = CliRunner().invoke(resynth.command, ["a.wav", "-o", "x.xyz"])
    assert isinstance(result.exception, UsageError)
    assert result.stderr == ""


def test_drawn_seeds_differ() -> None:
    probe = Probe()
    seeds = set()
    for _ in range(4):
        probe.run()
        seeds.add(probe.received["seed"])
    assert len(seeds) > 1


@pytest.mark.parametrize("value", ["-1", str(MAX_SEED + 1), "x"])
def test_a_seed_out_of_range_is_a_usage_error(value: str) -> None:
    assert Probe().run("--seed", value).exit_code == 2


def test_quiet_says_nothing_of_the_seed() -> None:
    assert Probe().run("-q").stderr == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("midi", ("midi",)),
        ("png,midi", ("png", "midi")),
        (" SVG , midi,svg", ("svg", "midi")),
    ],
)
def test_formats_are_a_list(text: str, expected: tuple[str, ...]) -> None:
    probe = Probe()
    probe.run("-f", text)
    assert probe.received["formats"] == expected


@pytest.mark.parametrize("text", ["mp3", "midi,", ""])
def test_an_unknown_format_names_the_known_ones(text: str) -> None:
    result = Probe().run("-f", text)
    assert result.exit_code == 2
    assert "choose from midi, png, svg" in result.stderr


def test_formats_may_come_as_a_sequence() -> None:
    assert FormatList(["midi", "png"]).convert(["png"], None, None) == ("png",)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", ["midi", "png", "svg"]),
        ("p", ["png"]),
        ("png,", ["png,midi", "png,svg"]),
        ("png,m", ["png,midi"]),
    ],
)
def test_formats_complete(typed: str, offered: list[str]) -> None:
    formats = FormatList(["midi", "png", "svg"])
    command = click.Command("probe")
    ctx = click.Context(command)
    items = formats.shell_complete(ctx, click.Option(["-f"]), typed)
    assert [item.value for item in items] == offered


def test_an_unknown_device_is_a_usage_error() -> None:
    assert Probe().run("--device", "abacus").exit_code == 2


def test_model_and_device_are_passed_on() -> None:
    probe = Probe()
    probe.run("--model", "mine", "--device", "cpu")
    assert (probe.received["model"], probe.received["device"]) == ("mine", "cpu")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ("coconet",)),
        (["--model", "mine"], ("mine",)),
        (["--model", "mine", "--model", "theirs"], ("mine", "theirs")),
    ],
)
def test_several_models_are_passed_on_where_a_command_takes_them(
    words: list[str], expected: tuple[str, ...]
) -> None:
    received: list[tuple[str, ...]] = []

    @command_with_examples("compare", examples=["musegen compare"])
    @model_option(default="coconet", multiple=True)
    def command(models: tuple[str, ...]) -> None:
        """Compare models."""
        received.append(models)

    assert CliRunner().invoke(command, words).exit_code == 0
    assert received == [expected]
    assert "repeatable" in CliRunner().invoke(command, ["--help"]).output
    assert "repeatable" not in Probe().run("--help").output


def test_json_and_quiet_reach_the_output() -> None:
    probe = Probe()
    probe.run("--json", "-q")
    assert probe.received["output"].is_json
    assert probe.received["output"].is_quiet


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ([], []),
        (["-v"], ["musegen.probe: detail"]),
        (["-vv"], ["musegen.probe: detail", "musegen.probe: more detail"]),
    ],
)
def test_verbose_shows_the_log_and_leaves_no_trace(
    options: list[str], lines: list[str]
) -> None:
    logger = logging.getLogger("musegen")
    before = (logger.level, list(logger.handlers))
    result = Probe().run("--seed", "1", *options)
    assert result.stderr.splitlines() == lines
    assert (logger.level, logger.handlers) == before


def test_the_report_is_the_exit_code_of_the_command() -> None:
    def body(output: Output) -> None:
        with output.item("a.mid"):
            raise FileFormatError("a.mid: not MIDI")

    assert Probe(body).run().exit_code == 1


def test_the_command_is_named_in_the_json() -> None:
    assert json.loads(Probe().run("--json", "--seed", "1").stdout)["command"] == "probe"
