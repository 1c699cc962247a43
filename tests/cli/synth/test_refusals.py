"""`musegen synth`: what cannot be is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from musegen.cli.main import run

Refusal = tuple[tuple[str, ...], str]
PLAYED = ["harmonize", "line.mid", "-o", "x.wav", "--play"]
REFUSALS: list[Refusal] = [
    (("line.mid", "--dry", "--reverb", "hall"), "--reverb hall does nothing"),
    (("line.mid", "--dry", "--reverb-level", "3"), "--reverb-level does nothing"),
    (("line.mid", "--mono", "--spread", "0.5"), "--spread does nothing"),
    (("line.mid", "--reverb", "cave"), "no room is named"),
    (("line.mid", "--reverb", "learned"), "learned no rooms"),
    (("line.mid", "--ceiling", "3"), "no level"),
    (("line.mid", "--sound-font", "line.mid"), "--sound-font line.mid does nothing"),
    (
        ("line.mid", "--instrument", "oboe", "--unsupported", "skip"),
        "--unsupported skip does nothing",
    ),
    (("line.mid", "--instrument", "lute"), "no instrument"),
    (("line.mid", "--part", "9=violin"), "the parts are: part 1 'Tune'"),
    (("line.mid", "--part", "violin"), "PART=INSTRUMENT"),
    (("line.mid", "--part", "1=oboe", "--part", "1=flute"), "given twice"),
    (("line.mid", "--deterministic", "--variety", "2"), "--variety does nothing"),
    (("line.mid", "--deterministic", "-n", "2"), "leave -n out"),
    (("line.mid", "--expression-model", "x"), "--expression-model x does nothing"),
    (("line.mid", "--device", "gpu"), "--device gpu does nothing"),
    (("line.mid", "--depth", "24", "-f", "mp3"), "--depth 24 does nothing with mp3"),
    (("line.mid", "--depth", "float", "-f", "flac"), "no float"),
    (("line.mid", "--stems", "-o", "-"), "--stems writes files"),
    (("line.mid", "--bars", "7"), "bar 7 is not in the score"),
    (("line.mid", "--bars", "x"), "names no bars"),
    (("line.mid", "--transpose", "100"), "transpose by less"),
    (("line.mid", "--save-expression", "x.txt"), ".csv or .parquet"),
    (("line.mid", "--save-parameters", "x.csv"), ".parquet"),
    (("line.mid", "--save-expression", "line.synth.csv", "-n", "2"), "-n asks for 2"),
    (("duet.mid", "--save-expression", "x.csv"), "x.{part}.csv"),
    (("duet.mid", "--expression", "x.{part}.csv"), "none of"),
    (("line.mid", "--expression", "x.csv"), "no such file"),
    (("line.mid", "duet.mid", "--save-expression", "x.csv"), "run them apart"),
    (
        ("line.mid", "--parameters", "p.parquet", "--preset", "louder"),
        "--preset does nothing with --parameters",
    ),
    (
        ("line.mid", "--parameters", "p.parquet", "--save-expression", "x.csv"),
        "--save-expression does nothing",
    ),
    (("line.mid", "-f", "midi"), "midi"),
    (("line.mid", "-o", "x.mid"), "synth writes wav"),
    (("line.mid", "-o", "x.xyz"), "one of .wav, .flac, .mp3, .ogg, .oga, .html, or"),
    (("line.mid", "-o", "-", "--overwrite"), "--overwrite does nothing with -o -"),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSALS)
def test_what_cannot_be_is_refused_in_a_sentence(
    words: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    synth: Callable[..., int],
) -> None:
    assert synth(*words) in (1, 2)
    out, err = capsys.readouterr()
    assert sentence in err
    assert out == "" and "Traceback" not in err
    assert not [path for path in Path().iterdir() if path.suffix in (".wav", ".tmp")]


@pytest.mark.parametrize(
    "words",
    [
        ("--instrument", "vuvu"),
        ("--part", "1=vuvu"),
        ("--instrument", "double bass"),
        ("--preset", "foo"),
        ("--model", "./nowhere"),
    ],
)
def test_what_there_is_not_is_refused_before_all_else(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("line.synth.wav").touch()  # which would be refused too
    assert run(["synth", "line.mid", *words]) in (2, 4)
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1  # no word of a seed
    assert "exists" not in err


@pytest.mark.parametrize("part", ["7", "0", "channel:9"])
def test_a_part_that_is_not_there_is_wrong_usage(
    part: str, synth: Callable[..., int]
) -> None:
    assert synth("line.mid", "--part", f"{part}=violin") == 2


def test_only_what_the_model_plays_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["synth", "line.mid", "--instrument"], PLAYED):
        assert run([*words, "kazoo"]) == 2
        err = capsys.readouterr().err
        assert "violin" in err and "tuba" not in err and "soprano" not in err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_a_place_that_takes_no_file_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for words in (["-o", "/proc/x.wav"], ["--save-expression", "/proc/x.csv"]):
        assert run(["synth", "line.mid", "--model", "none", *words]) == 1
        out, err = capsys.readouterr()
        assert out == "" and "/proc: no " in err
    assert not list(Path().glob("*.wav"))


def test_a_pipe_and_files_beside_it_can_be_repeated(
    capsysbinary: pytest.CaptureFixture[bytes], synth: Callable[..., int]
) -> None:
    words = ("line.mid", "--save-expression", "z.csv", "-o", "-")
    assert [synth(*words), synth(*words)] == [0, 2]
    assert synth(*words, "--overwrite") == 0
    assert capsysbinary.readouterr().out.startswith(b"RIFF")


def test_files_of_parts_are_not_replaced_unasked(
    capsys: pytest.CaptureFixture[str], synth: Callable[..., int]
) -> None:
    Path("kept.csv").write_text("mine")
    assert synth("line.mid", "--save-expression", "kept.csv") == 2
    assert Path("kept.csv").read_text() == "mine"
    assert "--overwrite" in capsys.readouterr().err
    assert synth("line.mid", "--save-expression", "kept.csv", "--overwrite") == 0
    assert Path("kept.csv").read_text() != "mine"
    Path("a.tune.wav").write_bytes(b"mine")
    assert synth("line.mid", "--stems", "-o", "a.wav") == 2
