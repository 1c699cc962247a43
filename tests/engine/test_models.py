from __future__ import annotations

import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from musegen.data.errors import ModelFolderError, ModelNotFoundError
from musegen.engine.model_folder import NetworkFile, write_model_folder
from musegen.engine.models import find_model, list_models, user_models_folder


def write(
    folder: Path, name: str, *, kind: str = "coconet", card: str = "card"
) -> Path:
    network = NetworkFile(file="network.onnx", inputs=("x",), outputs=("y",))
    return write_model_folder(
        folder / name,
        name=name,
        kind=kind,
        version="2",
        architecture={},
        licence="CC0",
        summary=f"The model {name}.",
        weights=b"1234",
        networks={"network": network},
        onnx={"network.onnx": b"56"},
        card=card,
    ).path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's models folder: empty, while no model ships."""
    monkeypatch.setenv("MUSEGEN_HOME", str(tmp_path / "home"))
    ship_from(tmp_path / "packages", monkeypatch)
    return tmp_path / "home" / "models"


def ship_from(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model packages lie in `packages`."""

    def find_spec(name: str) -> ModuleSpec | None:
        kind = name.removeprefix("musegen.")
        if kind == "sunmask":
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(packages / kind)]
        return spec

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)


def test_a_description_can_be_read_without_the_files(home: Path) -> None:
    folder = write(home, "one")
    (folder / "network.onnx").write_bytes(b"damaged")
    assert find_model("one", checks_files=False).config.name == "one"
    with pytest.raises(ModelFolderError, match="damaged"):
        find_model("one")


def test_no_model_is_an_empty_list(home: Path) -> None:
    assert list_models() == ()


def test_list_describes_shipped_and_own_models(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "packages" / "coconet" / "models", "shipped")
    write(tmp_path / "packages" / "midi_ddsp" / "models", "violin", kind="midi_ddsp")
    path = write(home, "mine")
    mine, shipped, violin = list_models()
    assert (mine.name, mine.is_shipped) == ("mine", False)
    assert (shipped.name, shipped.is_shipped) == ("shipped", True)
    assert violin.kind == "midi_ddsp"
    assert mine.path == path
    assert mine.version == "2"
    assert mine.licence == "CC0"
    assert mine.summary == "The model mine."
    assert mine.problem == ""
    assert mine.size_bytes == sum(f.stat().st_size for f in path.iterdir())


def test_damaged_folder_is_listed_with_what_is_wrong(home: Path) -> None:
    (home / "broken").mkdir(parents=True)
    (model,) = list_models()
    assert model.name == "broken"
    assert "config.json is missing" in model.problem
    assert model.problem in model.summary
    with pytest.raises(ModelFolderError, match=r"config\.json is missing"):
        find_model("broken")


def test_hidden_folders_and_files_are_no_models(home: Path) -> None:
    (home / ".mine.new").mkdir(parents=True)
    (home / "__pycache__").mkdir()
    (home / "README").write_text("x")
    assert list_models() == ()


def test_model_is_found_by_name(home: Path) -> None:
    path = write(home, "mine")
    assert find_model("mine").path == path
    assert find_model("mine", kind="coconet").config.name == "mine"


def test_model_is_found_by_path(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, "elsewhere")
    monkeypatch.chdir(tmp_path)
    for name_or_path in (
        path,
        str(path),
        "./elsewhere",
        Path("elsewhere"),
        "elsewhere",
    ):
        assert find_model(name_or_path).config.name == "elsewhere"


def test_name_wins_over_a_folder_in_the_working_directory(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, "mine", card="in the cache")
    write(tmp_path, "mine", card="in the working directory")
    monkeypatch.chdir(tmp_path)
    assert find_model("mine").card == "in the cache"
    assert find_model("./mine").card == "in the working directory"


def test_own_model_wins_over_a_shipped_one(home: Path, tmp_path: Path) -> None:
    write(tmp_path / "packages" / "coconet" / "models", "both", card="shipped")
    write(home, "both", card="mine")
    assert find_model("both").card == "mine"


def test_unknown_name_gets_the_nearest_and_the_list(home: Path) -> None:
    write(home, "coconet_jsb_base")
    write(home, "toy")
    with pytest.raises(ModelNotFoundError) as raised:
        find_model("coconet_jsb_bse")
    message = str(raised.value)
    assert "did you mean 'coconet_jsb_base'?" in message
    assert "the models are 'coconet_jsb_base' and 'toy'" in message
    assert raised.value.exit_code == 4


def test_unknown_name_without_any_model(home: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no models are installed"):
        find_model("coconet")


def test_missing_folder_is_no_unknown_name(home: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no model folder runs/x"):
        find_model("runs/x")


def test_model_of_another_kind_is_refused(home: Path) -> None:
    write(home, "violin", kind="midi_ddsp")
    write(home, "toy")
    with pytest.raises(ModelFolderError) as raised:
        find_model("violin", kind="coconet")
    assert "is of kind 'midi_ddsp', but 'coconet' is needed" in str(raised.value)
    assert "the coconet models are 'toy'" in str(raised.value)


def test_damaged_file_is_found_out(home: Path) -> None:
    path = write(home, "mine")
    (path / "network.onnx").write_bytes(b"57")
    with pytest.raises(ModelFolderError, match=r"network\.onnx is damaged"):
        find_model("mine")


def test_home_decides_where_models_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSEGEN_HOME", str(tmp_path))
    assert user_models_folder() == tmp_path / "models"
    monkeypatch.delenv("MUSEGEN_HOME")
    assert user_models_folder().parts[-2:] == ("musegen", "models")


def test_listing_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from musegen.engine.models import list_models\n"
        "list_models()\n"
        "heavy = {'numpy', 'onnx', 'onnxruntime', 'keras', 'musegen.coconet'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
