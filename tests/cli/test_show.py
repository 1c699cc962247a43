from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from musegen.cli.main import run
from musegen.data.midi_writer import midi_bytes
from musegen.data.score import Note, Part, Score

TICKS = 480


def duet() -> Score:
    """Eight bars: a voice in quarters over one in whole notes."""
    lines = {"Soprano": (TICKS, 72), "Bass": (4 * TICKS, 48)}
    return Score(
        ticks_per_quarter=TICKS,
        title="Duet",
        parts=tuple(
            Part(
                name=name,
                channel=channel,
                notes=tuple(
                    Note(
                        onset=onset, duration=length, pitch=pitch + onset // length % 3
                    )
                    for onset in range(0, 32 * TICKS, length)
                ),
            )
            for channel, (name, (length, pitch)) in enumerate(lines.items())
        ),
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a score in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("duet.mid").write_bytes(midi_bytes(duet()))
    return tmp_path


def show(*arguments: str) -> int:
    return run(["show", *arguments])


def test_a_score_alone_is_a_roll_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid") == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[:2] == ["Duet", "S Soprano   B Bass   1 column = a sixteenth"]
    assert any(line.startswith(" C5 │S───") for line in lines)
    assert err == ""
    assert [file.name for file in Path().iterdir()] == ["duet.mid"]


def test_width_of_the_terminal_wraps_the_roll(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    widths = []
    for columns in ("40", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        assert show("duet.mid") == 0
        widths.append(max(map(len, capsys.readouterr().out.splitlines())))
    assert widths[0] <= 40 < widths[1] <= 120


def test_formats_write_pictures_beside_the_reader(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    assert show("duet.mid", "-f", "svg,png,text") == 0
    assert capsys.readouterr().out == "duet.svg\nduet.png\nduet.txt\n"
    assert ElementTree.parse("duet.svg").getroot().tag.endswith("svg")
    assert Path("duet.png").read_bytes().startswith(b"\x89PNG")
    text = Path("duet.txt").read_text(encoding="utf-8")
    assert text.startswith("Duet\n")
    assert text.endswith("\n")


@pytest.mark.parametrize("name", ["a.svg", "a.txt"])
def test_extension_of_the_output_is_its_format(name: str) -> None:
    assert show("duet.mid", "-o", name) == 0
    assert Path(name).read_bytes().startswith(b"<svg" if name == "a.svg" else b"Duet")


def test_folder_for_outputs_gets_svg(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "-d", "new/pictures") == 0
    assert capsys.readouterr().out == f"{Path('new/pictures/duet.svg')}\n"
    assert Path("new/pictures/duet.svg").is_file()


def test_extension_that_is_no_picture_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show("duet.mid", "-o", "a.mid") == 2
    assert "show writes svg, png, text, not midi" in capsys.readouterr().err
    assert not Path("a.mid").exists()


def test_text_and_picture_come_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--text", "-o", "a.svg") == 0
    out = capsys.readouterr().out
    assert out.startswith("Duet\n")
    assert out.endswith("\na.svg\n")


def test_quiet_still_prints_the_roll_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show("duet.mid", "-q") == 0
    assert capsys.readouterr().out.startswith("Duet\n")
    assert show("duet.mid", "-q", "-o", "a.svg") == 0
    assert capsys.readouterr() == ("a.svg\n", "")


def test_bars_choose_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--bars", "5-6", "-o", "a.svg", "--text") == 0
    numbers = capsys.readouterr().out.splitlines()[3].split()
    assert numbers == ["5", "6"]
    assert Path("a.svg").read_text(encoding="utf-8").count('class="note"') == 10


def test_bars_beyond_the_end_are_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--bars", "9") == 2
    assert capsys.readouterr().err == (
        "musegen: duet.mid: bar 9 is not in the score, which has bars 1 to 8; ask for "
        "bars among these\n"
    )


def test_bars_up_to_a_number_begin_with_the_first_there_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show("duet.mid", "--bars", "-2") == 0
    assert capsys.readouterr().out.splitlines()[3].split() == ["1", "2"]


def document(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(capsys.readouterr().out)
    return loaded


def test_json_has_the_facts_and_the_roll(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--json", "--given", "1") == 0
    answer = document(capsys)
    assert answer["command"] == "show"
    assert answer["title"] == "Duet"
    assert answer["bars"] == 8
    assert answer["parts"] == [
        {
            "part": 1,
            "name": "Soprano",
            "notes": 32,
            "is_given": True,
            "is_drum": False,
        },
        {"part": 2, "name": "Bass", "notes": 8, "is_given": False, "is_drum": False},
    ]
    assert answer["text"].startswith("Duet\n")
    assert answer["outputs"] == []


def test_json_names_the_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--json", "-f", "svg") == 0
    answer = document(capsys)
    assert answer["outputs"] == [{"path": "duet.svg", "format": "svg"}]
    assert "text" not in answer


def test_existing_picture_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("duet.svg").write_text("mine", encoding="utf-8")
    assert show("duet.mid", "-f", "svg") == 2
    assert "duet.svg exists" in capsys.readouterr().err
    assert Path("duet.svg").read_text(encoding="utf-8") == "mine"
    assert show("duet.mid", "-f", "svg", "--skip-existing") == 0
    assert Path("duet.svg").read_text(encoding="utf-8") == "mine"
    assert "skipped" in capsys.readouterr().err
    assert show("duet.mid", "-f", "svg", "--overwrite") == 0
    assert Path("duet.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize("option", ["--overwrite", "--skip-existing"])
def test_options_that_cannot_act_on_text_are_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show("duet.mid", option) == 2
    assert f"{option} does nothing" in capsys.readouterr().err


class Pipe:
    """Standard streams that hold bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, content: bytes = b"") -> None:
        self.out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        monkeypatch.setattr(sys, "stdout", self.out)

    def bytes(self) -> bytes:
        self.out.flush()
        buffer = self.out.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue()


def test_picture_can_go_to_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Pipe(monkeypatch)
    assert show("duet.mid", "-o", "-") == 0
    assert ElementTree.fromstring(pipe.bytes()).tag.endswith("svg")


def test_score_can_come_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Pipe(monkeypatch, midi_bytes(duet()))
    assert show("-") == 0
    assert pipe.bytes().startswith(b"Duet\n")


def test_text_and_a_picture_on_stdout_contradict(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show("duet.mid", "--text", "-o", "-") == 2
    assert "--text and -o - would both write to stdout" in capsys.readouterr().err


def test_stream_without_box_characters_gets_ascii(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr(sys, "stdout", stream)
    assert show("duet.mid") == 0
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    assert b"C5 |S---" in buffer.getvalue()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_terminal_gets_colors_unless_told_not_to(
    environment: dict[str, str], is_colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert show("duet.mid") == 0
    assert ("\x1b[38;5;" in terminal.getvalue()) is is_colored


def test_remarks_on_the_file_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    score = Score(ticks_per_quarter=TICKS, parts=duet().parts, pickup=TICKS)
    Path("pickup.mid").write_bytes(midi_bytes(score))
    assert show("pickup.mid", "--json") == 0
    captured = capsys.readouterr()
    assert "musegen: note: pickup.mid: bar 0" in captured.err
    assert [w["code"] for w in json.loads(captured.out)["warnings"]] == ["pickup"]


def test_score_without_title_is_called_after_its_file() -> None:
    score = Score(ticks_per_quarter=TICKS, parts=duet().parts)
    Path("untitled tune.mid").write_bytes(midi_bytes(score))
    assert show("untitled tune.mid", "-o", "a.txt") == 0
    assert Path("a.txt").read_text(encoding="utf-8").startswith("untitled tune\n")


def test_several_scores_are_shown_in_turn(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.mid").write_bytes(b"no score")
    assert show("duet.mid", "bad.mid", "-d", "out") == 3
    out, err = capsys.readouterr()
    assert out == f"{Path('out/duet.svg')}\n"
    assert "bad.mid" in err
    assert "1 done, 0 skipped, 1 failed" in err


def test_score_without_notes_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.mid").write_bytes(
        midi_bytes(Score(ticks_per_quarter=TICKS, parts=(Part(name="A"),)))
    )
    for options in ([], ["-o", "a.svg"]):
        assert show("empty.mid", *options) == 1
        err = capsys.readouterr().err
        assert "empty.mid: the score has no notes" in err
        assert err.count("\n") == 1
    assert not Path("a.svg").exists()


def test_missing_matplotlib_leaves_no_half_of_the_pictures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert show("duet.mid", "-f", "svg,png") == 1
    assert 'pip install "musegen[plot]"' in capsys.readouterr().err
    assert [file.name for file in Path().iterdir()] == ["duet.mid"]


def test_picture_that_leaves_bars_out_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notes = tuple(
        Note(onset=TICKS * 4 * i, duration=TICKS, pitch=60) for i in range(10_000)
    )
    score = Score(ticks_per_quarter=TICKS, parts=(Part(notes=notes),), title="Long")
    Path("long.mid").write_bytes(midi_bytes(score))
    assert show("long.mid", "-o", "a.svg") == 0
    assert "musegen: note: long.mid: svg: the picture shows bars 1 to" in (
        capsys.readouterr().err
    )


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--help") == 0
    out = capsys.readouterr().out
    assert "musegen show tune.harmonized.mid -f svg,png" in out
    assert "--bars" in out
