"""What the filling commands do alike: formats, given parts in colour, recipes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from musegen.cli._fill_command import SCORE_FORMATS, check_formats
from musegen.cli._inputs import Source
from musegen.cli._paths import Destination, Naming, plan_outputs
from musegen.cli.main import run
from musegen.data.errors import UsageError
from musegen.engine.recipe import read_recipe

pytestmark = pytest.mark.usefixtures("song", "fake_model")
QUICK = ["--seed", "0", "--steps", "1", "--rounds", "0"]
COMMANDS = {
    "harmonize": ["harmonize", "solo.mid"],
    "complete": ["complete", "song.mid"],
    "compose": ["compose", "--bars", "2", "--key", "C"],
}


@pytest.mark.parametrize(
    ("name", "file"), [("harmonize", "solo"), ("complete", "song")]
)
def test_a_folder_is_done_again_without_its_results(
    name: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("in").mkdir()
    Path(f"{file}.mid").rename(f"in/{file}.mid")
    for _ in range(2):
        assert run([name, "in", *QUICK, "-d", "in", "--overwrite", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
    assert len(list(Path("in").glob("*.mid"))) == 2
    assert [w["code"] for w in told["warnings"]].count("own-results-left-out") == 1


def test_formats_that_are_not_written_are_refused(workplace: Path) -> None:
    def plans(file: str) -> object:
        return plan_outputs(
            [Source(name="x.mid", path=workplace / "x.mid")],
            destination=Destination(file=file),
            naming=Naming(label="", formats=("midi",), default_formats=("midi",)),
        )

    for name in ("a.mid", "a.musicxml", "a.svg"):
        check_formats(plans(name), command="sing")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"sing writes midi, musicxml, png, .* not"):
        check_formats(plans("a.txt"), command="sing")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_format_is_written_with_its_digest(name: str) -> None:
    pytest.importorskip("matplotlib", reason="the extra 'plot'")
    formats = ",".join(SCORE_FORMATS)
    assert run([*COMMANDS[name], *QUICK, "-f", formats, "-d", "out"]) == 0
    (sidecar,) = Path("out").glob("*.musegen.json")
    recipe = read_recipe(sidecar)
    assert recipe.command == name
    assert [file.facts["format"] for file in recipe.outputs] == list(SCORE_FORMATS)
    assert all(Path("out", file.name).stat().st_size for file in recipe.outputs)


@pytest.mark.parametrize("name", COMMANDS)
def test_json_tells_how_good_a_result_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*COMMANDS[name], *QUICK, "-o", "x.mid", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    (output,) = told["outputs"]
    assert output["voices"] == 4
    assert output["cost"] >= output["nats_per_cell"]
    assert {"grade", "parallel_fifths", "parallel_octaves", "crossings"} <= set(output)
    assert (told["command"], told["status"]) == (name, "done")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_grade_is_that_of_the_written_file(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    half = ["--beat-level", "half"]  # what is ranked takes it for a quarter
    assert run([*COMMANDS[name], *QUICK, *half, "-o", "x.mid", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert run(["evaluate", "x.mid", "--json"]) == 0
    evaluated = json.loads(capsys.readouterr().out)
    (grade,) = evaluated["grades"]["key-aware"]
    assert told["outputs"][0]["grade"] == round(grade["total"], 2)


def test_a_quartet_beside_kept_parts_has_a_grade(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--voice", "1", "--keep", "all", "-o", "x.mid", "--json"]
    assert run(["harmonize", "song.mid", *QUICK, *words]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"][0]["grade"] > 0
    assert run(["evaluate", "x.mid"]) == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_existing_results_are_passed_over(
    name: str, fake_model: list[tuple[str, str]]
) -> None:
    assert run([*COMMANDS[name], *QUICK, "-d", "out"]) == 0
    fake_model.clear()
    assert run([*COMMANDS[name], *QUICK, "-d", "out"]) == 2
    assert run([*COMMANDS[name], *QUICK, "-d", "out", "--skip-existing"]) == 0
    assert fake_model == []


@pytest.mark.parametrize("name", COMMANDS)
def test_result_goes_to_stdout(
    name: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run([*COMMANDS[name], *QUICK, "-o", "x.mid"]) == 0
    capsysbinary.readouterr()
    assert run([*COMMANDS[name], *QUICK, "-o", "-"]) == 0
    assert capsysbinary.readouterr().out == Path("x.mid").read_bytes()


def test_given_parts_are_outlined_by_show(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--given", "soprano,bass", "-o", "x.mid"]
    assert run(["harmonize", "song.mid", *QUICK, *words]) == 0
    capsys.readouterr()
    assert run(["show", "x.mid", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [part["is_given"] for part in told["parts"]] == [True, False, False, True]
