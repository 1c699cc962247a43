"""`musegen synth --parameters`: what sounds as given, and what cannot act on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.engine.recipe import read_recipe

Synth = Callable[..., int]


@pytest.fixture(autouse=True)
def parameters(synth: Synth) -> None:
    """Parameters of the line, and of both lines of the duet."""
    pytest.importorskip("pyarrow", reason="the extra 'records'")
    assert synth("line.mid", "--save-parameters", "p.parquet") == 0
    words = ("--save-parameters", "{part}.parquet", "-o", "duet.wav")
    assert synth("duet.mid", *words) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--transpose", "5"),
        ("--instrument", "cello"),
        ("--part", "1=cello"),
        ("--speed", "2"),
        ("--bars", "1"),
        ("--out-of-range", "octave"),
        ("--pedal", "ignore"),
        ("--max-voices", "2"),
        ("--tuning", "430"),
        ("--expression-model", "expression_base"),
        ("--device", "cpu"),
        ("--model", "none"),
    ],
)
def test_what_changes_no_sound_is_refused(
    words: tuple[str, str], capsys: pytest.CaptureFixture[str], synth: Synth
) -> None:
    played = ("line.mid", "--parameters", "p.parquet", "-o", "a.wav")
    assert synth(*played, *words, model=None) == 2
    assert f"{words[0]} " in (err := capsys.readouterr().err)
    assert "does nothing with --parameters p.parquet" in err
    assert not Path("a.wav").exists()


def test_notes_are_written_down_where_they_are_known(synth: Synth) -> None:
    from musegen.midi_ddsp.tables.parameter_files import read_header

    spans = read_header(Path("p.parquet")).note_spans
    assert spans is not None
    assert all(start < end for start, end in spans)
    again = ("--parameters", "p.parquet", "--save-parameters", "q.parquet")
    words = ["synth", "line.mid", *again, "-o", "a.wav", "--seed", "1"]
    assert run(words) == 0
    assert read_header(Path("q.parquet")).note_spans is None


def test_no_player_is_named_and_no_model_recorded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["synth", "line.mid", "--parameters", "p.parquet", "-o", "a.wav"]
    assert run([*words, "--seed", "1"]) == 0
    assert capsys.readouterr().err == "line.mid: Tune from p.parquet\n"
    assert read_recipe(Path("a.musegen.json")).model is None


def test_options_act_on_the_parts_that_are_played(
    sound: Callable[..., np.ndarray],
) -> None:
    Path("low.parquet").unlink()
    words = ("duet.mid", "--parameters", "{part}.parquet")
    plain, higher = sound(*words), sound(*words, "--transpose", "12")
    assert not np.array_equal(plain, higher)


def test_nothing_acts_where_every_part_is_given(
    capsys: pytest.CaptureFixture[str], synth: Synth
) -> None:
    words = ("duet.mid", "--parameters", "{part}.parquet", "-o", "a.wav")
    for idle in (("--preset", "softer"), ("--transpose", "12")):
        assert synth(*words, *idle) == 2
        assert f"{idle[0]} does nothing with --param" in capsys.readouterr().err
    assert synth(*words, "--part", "2=violin") == 0  # who sits on the other side


def test_what_says_how_many_lines_there_are_acts(synth: Synth) -> None:
    words = ("chord.mid", "--max-voices", "1")
    assert synth(*words, "--save-parameters", "c.parquet", "-o", "a.wav") == 0
    again = ("--parameters", "c.parquet", "-o", "b.wav")
    assert synth(*words, *again, model=None) == 0
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
