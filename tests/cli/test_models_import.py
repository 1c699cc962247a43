"""`musegen models import` and `export`, with models of our own and recorded ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from musegen.cli.main import run
from musegen.engine.model_folder import (
    ModelFolder,
    NetworkFile,
    open_model_folder,
    write_model_folder,
)

PARITY = Path(__file__).parents[2] / "../shared/parity/coconet"
MIDI_DDSP = PARITY.parent / "midi_ddsp"
Captured = pytest.CaptureFixture[str]


def write(path: Path, *, name: str = "mine") -> ModelFolder:
    return write_model_folder(
        path,
        name=name,
        kind="coconet",
        version="1",
        architecture={},
        licence="CC0",
        summary="One of ours.",
        weights=b"1234",
        networks={
            "network": NetworkFile(file="network.onnx", inputs=("x",), outputs=("y",))
        },
        onnx={"network.onnx": b"56"},
        card="card",
    )


@pytest.fixture
def home(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models folder, beside the working folder's files."""
    monkeypatch.setenv("MUSEGEN_HOME", str(workplace / "home"))
    return workplace / "home" / "models"


@pytest.fixture
def checkpoint(home: Path, workplace: Path) -> Path:
    """A recorded Coconet checkpoint, `released`, in the working folder."""
    if not PARITY.exists():
        pytest.skip("the recorded checkpoints are not beside the repository")
    shutil.copytree(PARITY / "straight_8x16", workplace / "released")
    return Path("released")


def listed(capsys: Captured) -> dict[str, dict[str, Any]]:
    assert run(["models", "list", "--json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    return {model["name"]: model for model in models}


def test_a_checkpoint_becomes_a_model_of_the_list(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    assert run(["models", "import", str(checkpoint)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{home / 'released'}\n"
    assert "use it with --model released" in err
    model = listed(capsys)["released"]
    assert (model["kind"], model["is_shipped"]) == ("coconet", False)
    assert "8 layers of 16 filters" in model["summary"]
    assert run(["models", "info", "released"]) == 0
    assert "imported" in capsys.readouterr().out


def test_midi_ddsp_becomes_a_model_of_the_list(home: Path, capsys: Captured) -> None:
    if not MIDI_DDSP.exists():
        pytest.skip("the recorded checkpoints are not beside the repository")
    command = ["models", "import", str(MIDI_DDSP), "--name", "midi-ddsp-urmp"]
    assert run([*command, "--json"]) == 0
    (output,) = json.loads(capsys.readouterr().out)["outputs"]
    assert output["path"] == str(home / "midi-ddsp-urmp")
    model = listed(capsys)["midi-ddsp-urmp"]
    assert model["kind"] == output["kind"] == "midi_ddsp_original"
    assert model["summary"] == "Imported MIDI-DDSP, 13 instruments"
    assert run(["models", "info", "midi-ddsp-urmp"]) == 0
    assert "4,429,383" in capsys.readouterr().out


def test_half_of_midi_ddsp_is_one_sentence(home: Path, capsys: Captured) -> None:
    if not MIDI_DDSP.exists():
        pytest.skip("the recorded checkpoints are not beside the repository")
    Path("half").mkdir()
    for file in MIDI_DDSP.glob("expression_generator.*"):
        shutil.copy(file, "half")
    assert run(["models", "import", "half"]) == 1
    err = capsys.readouterr().err
    assert "holds the Expression Generator of MIDI-DDSP" in err
    assert err.count("\n") == 1
    assert not home.exists()


def test_a_folder_and_a_name_may_be_given(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    assert run(["models", "import", str(checkpoint), "-o", "out/there"]) == 0
    assert capsys.readouterr().out == "out/there\n"
    assert open_model_folder(Path("out/there")).config.name == "there"
    command = ["models", "import", str(checkpoint), "-o", "other", "--name", "mine"]
    assert run(command) == 0
    assert open_model_folder(Path("other")).config.name == "mine"
    assert run(["models", "import", str(checkpoint), "--name", "cached"]) == 0
    assert open_model_folder(home / "cached").config.name == "cached"


def test_json_tells_what_was_made_and_what_was_noticed(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    (checkpoint / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    assert run(["models", "import", str(checkpoint), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "models import"
    assert document["input"] == "released"
    assert document["status"] == "done"
    (output,) = document["outputs"]
    model = open_model_folder(home / "released")
    assert output == {
        "path": str(home / "released"),
        "name": "released",
        "kind": "coconet",
        "summary": model.config.summary,
        "sha256": model.digest,
    }
    assert {w["code"] for w in document["warnings"]} == {"wrong-checkpoint-pointer"}


def test_notices_are_told_and_quiet_silences_them(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    (checkpoint / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    assert run(["models", "import", str(checkpoint)]) == 0
    assert "note: released: " in capsys.readouterr().err
    assert run(["models", "import", str(checkpoint), "--overwrite", "-q"]) == 0
    assert capsys.readouterr() == (f"{home / 'released'}\n", "")


def test_what_exists_is_kept_without_overwrite(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    write(home / "released", name="released")
    assert run(["models", "import", str(checkpoint)]) == 2
    assert "exists: give another" in capsys.readouterr().err
    assert open_model_folder(home / "released").config.summary == "One of ours."
    assert run(["models", "import", str(checkpoint), "--overwrite"]) == 0
    assert open_model_folder(home / "released").config.summary != "One of ours."


def test_a_name_that_hides_a_shipped_model_is_told(
    checkpoint: Path, home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    from musegen.engine import models

    path = write(Path("packages") / "released", name="released").path
    monkeypatch.setattr(models, "_model_roots", lambda: [(True, path.parent)])
    assert run(["models", "import", str(checkpoint), "--json"]) == 0
    warnings = json.loads(capsys.readouterr().out)["warnings"]
    assert {warning["code"] for warning in warnings} == {"hides-shipped-model"}
    assert run(["models", "import", str(checkpoint), "-o", "x", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == []


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "a b"])
def test_a_name_is_one_word(home: Path, capsys: Captured, name: str) -> None:
    assert run(["models", "import", "x", "--name", name]) == 2
    assert "a name is letters, digits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none", None, "none: no such file or folder"),
        ("song.mid", b"MThd", "holds no model that is known (but song.mid)"),
        ("broken.zip", b"PK\x03\x04", "is a damaged zip"),
        ("weights_manifest.json", b"{", "weights_manifest.json is none or damaged"),
    ],
)
def test_a_wrong_input_is_one_sentence(
    home: Path, capsys: Captured, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    assert run(["models", "import", name]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not home.exists()


def test_an_empty_folder_is_one_sentence(home: Path, capsys: Captured) -> None:
    Path("empty").mkdir()
    assert run(["models", "import", "empty"]) == 1
    assert "empty holds no model that is known (but nothing)" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_one_sentence(
    checkpoint: Path, home: Path, capsys: Captured
) -> None:
    file = checkpoint / "best_model.ckpt.index"
    file.write_bytes(file.read_bytes()[:-7])
    assert run(["models", "import", str(checkpoint)]) == 1
    err = capsys.readouterr().err
    assert "best_model.ckpt.index is no TensorFlow checkpoint or damaged" in err
    assert err.count("\n") == 1


# Exporting


@pytest.mark.parametrize(
    ("options", "target"),
    [([], "mine.zip"), (["-o", "a.ZIP"], "a.ZIP"), (["-o", "in/a"], "in/a")],
)
def test_an_exported_model_comes_back(
    home: Path, capsys: Captured, options: list[str], target: str
) -> None:
    original = write(home / "mine")
    assert run(["models", "export", "mine", *options]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    assert Path(target).is_file() == target.lower().endswith(".zip")
    assert run(["models", "import", target, "-o", "back", "--name", "mine"]) == 0
    assert open_model_folder(Path("back")).digest == original.digest


def test_an_exported_model_is_known_by_its_own_name(
    home: Path, capsys: Captured
) -> None:
    write(home / "mine")
    assert run(["models", "export", "mine", "-o", "a.zip"]) == 0
    shutil.rmtree(home)
    capsys.readouterr()
    assert run(["models", "import", "a.zip"]) == 0
    assert capsys.readouterr().out == f"{home / 'mine'}\n"


@pytest.mark.parametrize("target", ["a.zip", "a"])
def test_an_export_replaces_only_on_demand(
    home: Path, capsys: Captured, target: str
) -> None:
    write(home / "mine")
    assert run(["models", "export", "mine", "-o", target]) == 0
    assert run(["models", "export", "mine", "-o", target]) == 2
    assert f"{target} exists: give another, or --overwrite" in capsys.readouterr().err
    assert run(["models", "export", "mine", "-o", target, "--overwrite"]) == 0


def test_a_zip_is_exported_into_a_folder_that_is_there(
    home: Path, capsys: Captured
) -> None:
    write(home / "mine")
    assert run(["models", "export", "mine", "-o", "no/where/a.zip"]) == 1
    assert "the folder no/where does not exist" in capsys.readouterr().err
    assert not Path("no").exists()


@pytest.mark.parametrize("command", ["export", "import"])
def test_what_is_no_model_is_not_replaced(
    home: Path, capsys: Captured, command: str
) -> None:
    source = write(home / "mine").path
    Path("thesis").mkdir()
    Path("thesis/chapter.tex").write_text("years of work", encoding="utf-8")
    model = "mine" if command == "export" else str(source)
    assert run(["models", command, model, "-o", "thesis", "--overwrite"]) == 1
    assert (
        "thesis is not replaced: it is no model folder and holds 'chapter.tex'"
        in capsys.readouterr().err
    )
    assert Path("thesis/chapter.tex").read_text(encoding="utf-8") == "years of work"
    Path("thesis/chapter.tex").unlink()
    assert run(["models", command, model, "-o", "thesis", "--overwrite"]) == 0
    open_model_folder(Path("thesis")).verify()


def test_export_as_json(home: Path, capsys: Captured) -> None:
    write(home / "mine")
    assert run(["models", "export", "mine", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["command"] == "models export"
    assert document["outputs"] == [
        {"path": "mine.zip", "name": "mine", "kind": "coconet"}
    ]


def test_exporting_an_unknown_model_is_4(home: Path, capsys: Captured) -> None:
    write(home / "mine")
    assert run(["models", "export", "mien"]) == 4
    assert "did you mean 'mine'" in capsys.readouterr().err
