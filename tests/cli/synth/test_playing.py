"""`musegen synth`: how lines are played, and the files of each level."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.midi_ddsp.audio.reading import read_audio
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.tables.note_table_files import read_note_table

RATE = 16_000


def test_deterministic_and_variety(sound: Callable[..., np.ndarray]) -> None:
    flat = [
        sound("line.mid", "--dry", *words, seed=seed)
        for words, seed in (
            (("--deterministic",), 1),
            (("--variety", "0"), 1),
            (("--variety", "3"), 1),
        )
    ]
    np.testing.assert_array_equal(flat[0], flat[1])
    assert not np.array_equal(flat[1], flat[2])


def test_presets_act_and_a_wrong_one_lists_all(
    capsys: pytest.CaptureFixture[str],
    synth: Callable[..., int],
    sound: Callable[..., np.ndarray],
    level_db: Callable[[np.ndarray], float],
) -> None:
    loud, full = (
        level_db(sound("line.mid", "--ceiling", "none", *words))
        for words in ((), ("--preset", "softer", "--preset", "darker:0.5"))
    )
    assert full < loud - 4
    assert synth("line.mid", "--preset", "lauder") == 2
    assert "louder-at-the-cadence" in capsys.readouterr().err


def test_expression_goes_out_and_comes_back(
    sound: Callable[..., np.ndarray], level_db: Callable[[np.ndarray], float]
) -> None:
    first = sound("line.mid", "--save-expression", "tune.csv")
    table = read_note_table(Path("tune.csv"))
    assert table.num_notes == 3
    again = sound("line.mid", "--expression", "tune.csv", "--dry", seed=1)
    assert len(again) < len(first)
    Path("edit.csv").write_text("note,volume_db\n2,-70\n")
    edited = sound("line.mid", "--expression", "edit.csv", "--dry")
    middle = slice(RATE * 3 // 10, RATE * 9 // 20)
    assert level_db(edited[middle]) < level_db(again[middle]) - 20


def test_columns_that_the_model_does_not_read_are_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("edit.csv").write_text("note,brightness\n2,0.9\n")
    run(["synth", "line.mid", "--expression", "edit.csv", "--model", "none"])
    assert "does not read these columns" in capsys.readouterr().err


def test_several_parts_have_a_file_each(synth: Callable[..., int]) -> None:
    assert synth("duet.mid", "--save-expression", "take.{part}.csv") == 0
    assert read_note_table(Path("take.high.csv")).num_notes == 2
    Path("take.high.csv").unlink()
    text = Path("take.low.csv").read_text().splitlines()
    Path("take.low.csv").write_text("\n".join(text) + "\n")
    assert synth("duet.mid", "--expression", "take.{part}.csv", "-o", "b.wav") == 0
    np.testing.assert_allclose(
        read_audio(Path("duet.synth.wav")).samples,
        read_audio(Path("b.wav")).samples,
        atol=1e-4,
    )


def test_parameters_go_out_and_come_back(sound: Callable[..., np.ndarray]) -> None:
    pytest.importorskip("pyarrow")
    first = sound("line.mid", "--tuning", "430", "--save-parameters", "p.parquet")
    saved = SynthesisParameters.load("p.parquet")
    assert saved.num_frames == round((0.75 + 1) * 250)
    again = sound("line.mid", "--parameters", "p.parquet", model=None)
    np.testing.assert_array_equal(first, again)


def test_parameters_of_one_part_are_enough(sound: Callable[..., np.ndarray]) -> None:
    pytest.importorskip("pyarrow")
    first = sound("duet.mid", "--save-parameters", "{part}.parquet")
    Path("high.parquet").unlink()
    words = ("--parameters", "{part}.parquet", "--save-expression", "{part}.csv")
    np.testing.assert_array_equal(first, sound("duet.mid", *words))
    assert Path("high.csv").exists() and not Path("low.csv").exists()


def test_automation_moves_inside_notes(
    sound: Callable[..., np.ndarray], level_db: Callable[[np.ndarray], float]
) -> None:
    Path("fade.csv").write_text("time_s,gain_db\n0,0\n0.75,-60\n")
    plain = sound("line.mid", "--dry")
    faded = sound("line.mid", "--dry", "--automation", "fade.csv")
    end = slice(RATE * 6 // 10, RATE * 7 // 10)
    assert level_db(faded[end]) < level_db(plain[end]) - 30


def test_several_performances_have_seeds_of_their_own(
    synth: Callable[..., int], facts: Callable[..., dict[str, Any]]
) -> None:
    found = facts("line.mid", "-n", "2")
    assert [o["seed"] for o in found["outputs"]] == [1, 2]
    assert synth("line.mid", "-o", "second.wav", seed=2) == 0
    second = Path("line.synth.2.wav").read_bytes()
    assert second == Path("second.wav").read_bytes()
