from __future__ import annotations

import json
from pathlib import Path

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
    Path("duet.mid").write_bytes(midi_bytes(duet()))
    return tmp_path


def show(*arguments: str) -> int:
    return run(["show", *arguments])


def outline_count(file: str) -> int:
    return Path(file).read_text(encoding="utf-8").count('class="note given"')


def recipe(given_parts: object, *, name: str = "duet.musegen.json") -> None:
    Path(name).write_text(json.dumps({"given_parts": given_parts}), encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "outlined"),
    [(["1"], 32), (["bass"], 8), (["1", "Bass"], 40), (["none"], 0), ([], 8)],
)
def test_given_parts_are_outlined(given: list[str], outlined: int) -> None:
    recipe([1])
    options = [word for part in given for word in ("--given", part)]
    assert show("duet.mid", "-o", "a.svg", *options) == 0
    assert outline_count("a.svg") == outlined


def test_part_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--given", "alto") == 2
    assert (
        "no part is called 'alto'; give one number or name of: 1 Soprano, 2 Bass"
        in (capsys.readouterr().err)
    )


def test_none_and_a_part_contradict(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("duet.mid", "--given", "none", "--given", "1") == 2
    assert "--given none contradicts" in capsys.readouterr().err


def test_without_a_recipe_nothing_is_outlined(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show("duet.mid", "-o", "a.svg") == 0
    assert outline_count("a.svg") == 0
    assert capsys.readouterr().err == ""


def test_alternatives_share_a_recipe() -> None:
    Path("duet.mid").rename("duet.2.mid")
    recipe([0])
    assert show("duet.2.mid", "-o", "a.svg") == 0
    assert outline_count("a.svg") == 32


def test_recipe_of_other_commands_says_nothing_of_given_parts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("duet.musegen.json").write_text('{"command": "compose"}', encoding="utf-8")
    assert show("duet.mid", "-o", "a.svg") == 0
    assert outline_count("a.svg") == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"given_parts": 1}', '{"given_parts": [2]}', "\xff"]
)
def test_damaged_recipe_is_told_and_does_no_harm(
    content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("duet.musegen.json").write_bytes(content.encode("latin-1"))
    assert show("duet.mid", "-o", "a.svg") == 0
    assert outline_count("a.svg") == 0
    assert "the recipe duet.musegen.json does not say" in capsys.readouterr().err
    assert show("duet.mid", "-o", "b.svg", "--given", "1") == 0
    assert capsys.readouterr().err == ""
