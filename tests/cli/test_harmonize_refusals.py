"""Options that say nonsense, or could not act, are refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.cli.main import run
from musegen.data.midi import midi_bytes
from musegen.data.score import Note, Part, Score

TICKS = 480

pytestmark = pytest.mark.usefixtures("workplace", "fake_model")


def write_tune() -> None:
    """Four bars of quarters as tune.mid."""
    notes = tuple(
        Note(onset=i * TICKS, duration=TICKS, pitch=67 + i % 5) for i in range(16)
    )
    score = Score(
        ticks_per_quarter=TICKS, parts=(Part(notes=notes, name="Tune", channel=0),)
    )
    Path("tune.mid").write_bytes(midi_bytes(score))


def harmonize(*arguments: str) -> int:
    return run(
        ["harmonize", "--seed", "0", "--steps", "1", "--rounds", "1", *arguments]
    )


def errors(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on stderr that are no remarks; stdout must be empty."""
    out, err = capsys.readouterr()
    assert out == ""
    assert "internal error" not in err
    return [line for line in err.splitlines() if line and ": note: " not in line]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tune.mid", "--top-p", "0"], 2, ["--top-p"]),
        (["tune.mid", "--top-p", "0.5", "--temperature", "0"], 2, ["--top-p", "leave"]),
        (["tune.mid", "--sampler", "magic"], 2, ["magic", "gibbs"]),
        (["tune.mid", "--candidates", "2", "-n", "3"], 2, ["--candidates", "lower -n"]),
        (["tune.mid", "--given", "tuba"], 2, ["'tuba' is no voice", "soprano"]),
        (["tune.mid", "--given", "alto,alto"], 2, ["twice"]),
        (["tune.mid", "--given", "s,a,t,b"], 2, ["--given", "fewer"]),
        (["tune.mid", "--given", "s,b"], 2, ["plain", "--voice"]),
        (["tune.mid", "--given", "s", "--voice", "1", "--voice", "2"], 2, ["2 lines"]),
        (["tune.mid", "--pin", "alto=C4"], 2, ["alto@3:2=F#4"]),
        (["tune.mid", "--pin", "soprano@1:1=C4"], 2, ["soprano", "nothing"]),
        (["tune.mid", "--pin", "alto@1:1=H9"], 2, ["H9", "no pitch"]),
        (["tune.mid", "--pin", "alto@99:1=C4"], 2, ["bar 99", "bars 1 to 4"]),
        (["tune.mid", "--pin", "alto@x=C4"], 2, ["'x' is no place"]),
        (["tune.mid", "--chord", "1:1"], 2, ["4:1=Am"]),
        (["tune.mid", "--chord", "1:1=Xm"], 2, ["Xm", "no chord"]),
        (["tune.mid", "--range", "alto"], 2, ["tenor=C3..G4"]),
        (["tune.mid", "--range", "alto=G4..C4"], 2, ["lower pitch comes first"]),
        (["tune.mid", "--range", "soprano=C4..G4"], 2, ["soprano", "nothing"]),
        (["tune.mid", "--forbid", "alto"], 2, ["--forbid alto: write voice"]),
        (["tune.mid", "--forbid", "alto=G4..C4"], 2, ["lower pitch comes first"]),
        (["tune.mid", "--forbid", "soprano=C4..G4"], 2, ["soprano", "nothing"]),
        (["tune.mid", "--forbid", "bass=C0..E0"], 2, ["nothing", "only C2..A5"]),
        (["tune.mid", "--chord", "1:1=F#"], 2, ["chord is F#", "soprano", "as G4"]),
        (
            [
                *["tune.mid", "--chord", "1:1=Em", "--range", "alto=G4..B4"],
                *["--range", "tenor=G3..B3", "--pin", "bass@1:1=G2"],
            ],
            2,
            ["bar 1, beat 1: no free voice can sound E", "chord Em"],
        ),
        (
            ["tune.mid", "--no-crossing", "--range", "bass=B4..C5"],
            2,
            ["without crossing", "bar 1, beat 1"],
        ),
        (["tune.mid", "--key", "G"], 2, ["--key", "without --cadence"]),
        (["tune.mid", "--key", "H", "--cadence", "half"], 2, ["'H' is no key"]),
        (["tune.mid", "--phrase-ends", "soon"], 2, ["'soon' is no place"]),
        (["tune.mid", "--phrase-ends", "9:1"], 2, ["bar 9"]),
        (["tune.mid", "--rests", "--model", "deaf"], 2, ["--rests", "deaf"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_words_are_told_and_nothing_is_written(
    arguments: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_tune()
    assert harmonize(*arguments) == code
    line = errors(capsys)[0]
    for word in words:
        assert word in line
    assert {path.name for path in Path().iterdir()} == {"tune.mid"}


def test_steps_are_refused_where_every_cell_takes_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_tune()
    for sampler in ("ancestral", "chronological"):
        assert harmonize("tune.mid", "--sampler", sampler) == 2
        assert "--steps does nothing" in errors(capsys)[0]
