"""`musegen synth --expression` with the model that comes along: out, in, and edited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musegen.cli.main import run
from musegen.midi_ddsp.generators.controls import CONTROL_NAMES
from musegen.midi_ddsp.tables.note_table_files import read_note_table


@pytest.fixture
def play(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Calls the command with our model and gives its JSON."""

    def call(*words: str, seed: int = 1) -> dict[str, Any]:
        capsys.readouterr()
        line = ["synth", "line.mid", "--seed", str(seed), "--overwrite", "--json"]
        run([*line, *words])
        return dict(json.loads(capsys.readouterr().out))

    return call


def warnings(found: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in found["warnings"]]


def test_a_saved_table_holds_what_is_read_and_comes_back_without_a_word(
    play: Callable[..., dict[str, Any]],
) -> None:
    play("--save-expression", "a.csv", "-o", "a.wav")
    table = read_note_table(Path("a.csv"))
    assert set(CONTROL_NAMES) < set(table.names)
    assert not {"spectral_centroid_hz", "attack_noise_relative_db"} & set(table.names)
    again = play(
        "--expression", "a.csv", "--save-expression", "b.csv", "-o", "b.wav", seed=1
    )
    assert warnings(again) == []
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    assert warnings(play("--expression", "a.csv", "-o", "c.wav", seed=2)) == []


def test_a_column_of_another_model_is_said_and_the_rest_is_played(
    play: Callable[..., dict[str, Any]],
) -> None:
    Path("edit.csv").write_text("note,volume\n1,-40\n")
    found = play("--expression", "edit.csv")
    assert found["outputs"] and warnings(found) == ["unread-columns"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("volume_db", 500),
        ("vibrato_extent_cents", -10),
        ("vibrato_extent_cents", 5000),
        ("vibrato_rate_hz", 100),
        ("peak_position", 7),
        ("mean_harmonic", -5),
        ("mean_harmonic", 400),
    ],
)
def test_an_impossible_value_is_refused_with_its_place(
    name: str, value: float, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("edit.csv").write_text(f"note,{name}\n2,{value}\n")
    assert run(["synth", "line.mid", "--seed", "1", "--expression", "edit.csv"]) == 1
    place = f"edit.csv: row 2, column '{name}': {value} is out of range"
    assert place in capsys.readouterr().err
    assert not list(Path().glob("*.wav"))


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [
        ("volume_db", 20.0, 6.0),
        ("vibrato_extent_cents", 400.0, 300.0),
        ("vibrato_rate_hz", 15.0, 12.0),
        ("vibrato_delay_s", 9.0, 1.0),
        ("mean_harmonic", 80.0, 60.0),
    ],
)
def test_a_value_that_is_too_much_is_limited_aloud_and_saved_as_played(
    name: str, value: float, most: float, play: Callable[..., dict[str, Any]]
) -> None:
    Path("edit.csv").write_text(f"note,{name}\n2,{value}\n")
    found = play("--expression", "edit.csv", "--save-expression", "out.csv")
    assert "limited-expression" in warnings(found)
    assert read_note_table(Path("out.csv"))[name][1] == most


def test_a_velocity_in_the_table_is_played(
    play: Callable[..., dict[str, Any]],
) -> None:
    play("--save-expression", "plain.csv")
    Path("edit.csv").write_text("note,velocity\n2,20\n")
    found = play("--expression", "edit.csv", "--save-expression", "soft.csv")
    plain, soft = (
        read_note_table(Path(f"{one}.csv"))["volume_db"] for one in ("plain", "soft")
    )
    assert warnings(found) == []
    assert soft[1] < plain[1] - 10
    np.testing.assert_array_equal(soft[[0, 2]], plain[[0, 2]])


def test_an_instrument_in_the_table_does_not_pass_unheard(
    play: Callable[..., dict[str, Any]],
) -> None:
    Path("edit.csv").write_text("note,instrument\n2,flute\n")
    found = play("--expression", "edit.csv", "-n", "2")
    assert warnings(found) == ["unread-instrument"]  # once for both performances
