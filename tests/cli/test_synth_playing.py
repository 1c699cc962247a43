"""The options on how lines are played as one object, and files of parts."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from musegen.cli._synth_playing import Playing, file_of_part, playing_options
from musegen.data.errors import UsageError
from musegen.midi_ddsp.synthesizing.performers import PlayingChoices


def parsed(*words: str) -> Playing:
    found: list[Playing] = []

    @click.command()
    @playing_options
    def command(playing: Playing) -> None:
        playing.check(num_inputs=1, alternatives=1)
        found.append(playing)

    result = CliRunner().invoke(
        command, words, catch_exceptions=False, standalone_mode=False
    )
    assert result.exception is None
    return found[0]


def test_choices() -> None:
    assert parsed().choices(7) == PlayingChoices(seed=7)
    chosen = parsed("--variety", "0.5").choices(3)
    assert chosen == PlayingChoices(seed=3, variety=0.5)
    assert parsed("--deterministic").choices(3).is_deterministic


def test_presets_keep_their_order() -> None:
    playing = parsed("--preset", "louder", "--preset", "more-vibrato:0.5")
    assert [str(p) for p in playing.chosen_presets()] == ["louder", "more-vibrato:0.5"]
    assert playing.recipe()["preset"] == ["louder", "more-vibrato:0.5"]


def test_the_recipe_has_what_the_result_depends_on() -> None:
    recipe = parsed("--save-expression", "x.csv", "--threads", "2").recipe()
    assert not {"save_expression", "threads", "device"} & set(recipe)
    assert recipe["tuning"] == 440.0 and recipe["model"] is None


def test_one_file_holds_one_part() -> None:
    assert file_of_part("--x", "a.csv", "tune", ["tune"]) == Path("a.csv")
    names = ["tune", "bass"]
    assert file_of_part("--x", "a.{part}.csv", "bass", names) == Path("a.bass.csv")
    assert file_of_part("--x", "{part}/a", "bass", names) == Path("bass/a")
    for name, better in (("a.csv", r"a\.{part}\.csv"), ("a", r"a\.{part}")):
        with pytest.raises(UsageError, match=rf"2 parts .*as in {better}"):
            file_of_part("--x", name, "tune", names)


@pytest.mark.parametrize(
    "words",
    [
        ("--variety", "1"),
        ("--deterministic",),
        ("--expression", "e.csv"),
        ("--preset", "louder"),
        ("--save-expression", "e.csv"),
        ("--expression-model", "x"),
        ("--device", "cpu"),
        ("--model", "none"),
    ],
)
def test_given_parameters_leave_nothing_to_play(words: tuple[str, ...]) -> None:
    with pytest.raises(
        UsageError, match=f"{words[0]}.* does nothing with --parameters"
    ):
        parsed("--parameters", "p.parquet", *words)
    parsed("--parameters", "{part}.parquet", *words)


def test_no_model_is_loaded_where_nobody_plays() -> None:
    assert parsed().heeded_model is None
    assert parsed("--parameters", "p.parquet").heeded_model == "none"
    assert parsed("--parameters", "p.parquet", "--model", "m").heeded_model == "m"
    assert parsed("--parameters", "{part}.parquet").heeded_model is None


def test_files_belong_to_one_performance_of_one_score() -> None:
    playing = parsed("--save-expression", "x.{part}.csv")
    with pytest.raises(UsageError, match="there are 3"):
        playing.check(num_inputs=3, alternatives=1)
    with pytest.raises(UsageError, match="-n asks for 2"):
        playing.check(num_inputs=1, alternatives=2)
    with pytest.raises(UsageError, match="leave -n out"):
        parsed("--deterministic").check(num_inputs=1, alternatives=2)
