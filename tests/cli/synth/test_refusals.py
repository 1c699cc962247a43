"""`musegen synth`: what cannot be is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refusal = tuple[tuple[str, ...], str]
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
