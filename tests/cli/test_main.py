from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType

import click
import pytest

from musegen import __version__
from musegen.cli import main as frame
from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output
from musegen.cli.main import COMMANDS, LazyCommand, run
from musegen.data.errors import FileFormatError, ModelNotFoundError

Body = Callable[[Output], None]
Install = Callable[[Body], None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a command `probe` that runs the given body beside the real ones."""
    monkeypatch.delenv("MUSEGEN_DEBUG", raising=False)

    def put(body: Body) -> None:
        @command_with_examples("probe", examples=["musegen probe"])
        @click.option("--size", type=int, default=1, help="Any number.")
        @machine_options
        def command(size: int, output: Output) -> None:
            """Do what the test says."""
            output.result({"size": size})
            body(output)

        module = ModuleType("musegen.cli.probe")
        module.command = command  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "musegen.cli.probe", module)
        entry = LazyCommand(module="musegen.cli.probe", summary="Probe.")
        monkeypatch.setitem(COMMANDS, "probe", entry)

    yield put


def fails_with(error: BaseException) -> Body:
    def body(output: Output) -> None:
        raise error

    return body


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"musegen {__version__}\n"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_command_with_its_summary(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert run([option]) == 0
    out = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert f"  {name} " in out
        assert entry.summary in out
    assert "\n  Examples:\n    musegen harmonize tune.mid\n" in out


def test_nothing_at_all_shows_the_help_and_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: musegen" in err


@pytest.mark.parametrize(
    ("typed", "meant"), [("harmonise", "harmonize"), ("modles", "models")]
)
def test_a_mistyped_command_is_answered_with_the_one_meant(
    capsys: pytest.CaptureFixture[str], typed: str, meant: str
) -> None:
    assert run([typed]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        f"musegen: there is no command '{typed}'. Did you mean '{meant}'?\n"
        "Try 'musegen --help' for help.\n"
    )


def test_a_command_like_no_other_gets_no_hint(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["zzz"]) == 2
    assert "there is no command 'zzz'.\n" in capsys.readouterr().err


def test_a_mistyped_option_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], install: Install
) -> None:
    install(lambda output: None)
    assert run(["probe", "--siez", "2"]) == 2
    err = capsys.readouterr().err
    assert "--size" in err
    assert err.endswith("Try 'musegen probe --help' for help.\n")


def test_an_unknown_option_of_the_program_is_a_usage_error() -> None:
    assert run(["--nonsense"]) == 2


def test_options_can_be_set_in_the_environment(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
) -> None:
    install(lambda output: None)
    monkeypatch.setenv("MUSEGEN_PROBE_SIZE", "7")
    assert run(["probe", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["size"] == 7


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (FileFormatError("tune.mid: not MIDI"), 1, "musegen: tune.mid: not MIDI\n"),
        (ModelNotFoundError("no model 'x'"), 4, "musegen: no model 'x'\n"),
        (
            OSError(errno.ENOSPC, "full", "a.mid"),
            1,
            "musegen: a.mid: the disk is full: free some space or choose another place "
            "with -d\n",
        ),
        (KeyboardInterrupt(), 130, "\nmusegen: interrupted\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
    ],
)
def test_every_outcome_has_its_exit_code_and_one_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # click replaces it on a closed pipe
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    install(fails_with(error))
    assert run(["probe"]) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", sentence)


def test_some_failed_inputs_are_3(install: Install) -> None:
    def body(output: Output) -> None:
        with output.item("a.mid"):
            pass
        with output.item("b.mid"):
            raise FileFormatError("b.mid: not MIDI")

    install(body)
    assert run(["probe"]) == 3


def test_json_of_a_failed_run_is_still_one_object(
    capsys: pytest.CaptureFixture[str], install: Install
) -> None:
    install(fails_with(ModelNotFoundError("no model 'x'")))
    assert run(["probe", "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "probe"
    assert document["error"]["exit_code"] == 4


def test_an_internal_error_is_one_sentence(
    capsys: pytest.CaptureFixture[str], install: Install
) -> None:
    install(fails_with(KeyError("voice")))
    assert run(["probe"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("musegen: internal error (KeyError: 'voice')")
    assert "--debug" in err
    assert len(err.splitlines()) == 1


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], install: Install
) -> None:
    install(fails_with(KeyError("voice")))
    assert run(["probe", "--debug"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "shown"), [("1", True), ("yes", True), ("0", False), ("", False)]
)
def test_debug_can_come_from_the_environment(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    install: Install,
    value: str,
    shown: bool,
) -> None:
    install(fails_with(FileFormatError("tune.mid: not MIDI")))
    monkeypatch.setenv("MUSEGEN_DEBUG", value)
    assert run(["probe"]) == 1
    assert ("Traceback" in capsys.readouterr().err) is shown


def test_a_usage_error_needs_no_traceback(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSEGEN_DEBUG", "1")
    assert run(["harmonise"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_shell_completion_of_command_names_imports_no_command() -> None:
    script = (
        "import sys; from musegen.cli.main import run; code = run(); "
        "print([m for m in sys.modules if m.startswith('musegen.cli.')]); "
        "sys.exit(code)"
    )
    environment = {
        **os.environ,
        "_MUSEGEN_COMPLETE": "bash_complete",
        "COMP_WORDS": "musegen mo",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0] == "plain,models"
    assert "musegen.cli.models" not in done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("mo", ["models"]), ("d", ["data", "doctor"]), ("--ver", ["--version"])],
)
def test_commands_and_options_complete(typed: str, offered: list[str]) -> None:
    context = click.Context(frame.group, info_name="musegen")
    items = frame.group.shell_complete(context, typed)
    assert [item.value for item in items] == offered


def test_a_mistyped_option_after_a_double_dash_is_a_usage_error() -> None:
    assert run(["--", "--nonsense"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX pipe")
def test_a_closed_pipe_is_replaced_before_python_flushes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        stream.write("never read")
        monkeypatch.setattr(sys, "stdout", stream)
        frame._silence_closed_pipes()
        monkeypatch.undo()
        stream.write("swallowed")


def test_the_process_ends_with_the_code_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["musegen", "nonsense"])
    with pytest.raises(SystemExit) as end:
        frame.main()
    assert end.value.code == 2


def test_the_process_hides_the_warnings_of_libraries_unless_debugged(
    monkeypatch: pytest.MonkeyPatch, install: Install
) -> None:
    install(lambda output: warnings.warn("noise", stacklevel=1))
    monkeypatch.setattr(sys, "argv", ["musegen", "probe"])
    monkeypatch.setattr(sys, "warnoptions", [])
    with pytest.raises(SystemExit) as end:
        frame.main()
    assert end.value.code == 0
    monkeypatch.setenv("MUSEGEN_DEBUG", "1")
    with pytest.raises(SystemExit) as end:
        frame.main()
    assert end.value.code == 1  # this test run makes every warning an error


@pytest.mark.skipif(os.name == "nt", reason="uses a POSIX pipe")
def test_a_reader_that_goes_away_causes_no_complaint() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "musegen", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert complaint == b""


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("utf-8", "a\udcff\u00e9", b"a\xff\xc3\xa9"),
        ("ascii", "a\u00e9", b"a\\xe9"),
    ],
)
def test_any_file_name_can_be_printed(
    monkeypatch: pytest.MonkeyPatch, encoding: str, text: str, expected: bytes
) -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    frame._make_output_robust()
    stream.write(text)
    stream.flush()
    assert buffer.getvalue() == expected


def test_a_stream_without_settings_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    frame._make_output_robust()
    assert sys.stdout is stream
