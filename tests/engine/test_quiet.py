from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from musegen.data.errors import MissingPackageError
from musegen.engine.quiet import import_keras, quiet_import

NOISE = b"greetings from C++\n"


def test_noise_of_a_block_is_swallowed(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_import():
        os.write(2, NOISE)
        print("and from Python", file=sys.__stderr__)
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_noise_of_a_block_that_fails_is_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ImportError, match="libtoy"), quiet_import():
        os.write(2, NOISE)
        raise ImportError("libtoy is missing")
    assert capfd.readouterr().err == NOISE.decode()


@pytest.mark.parametrize(
    ("value", "is_shown"), [("1", True), ("0", False), ("", False)]
)
def test_debugging_shows_the_noise(
    value: str,
    is_shown: bool,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSEGEN_DEBUG", value)
    with quiet_import():
        os.write(2, NOISE)
    assert capfd.readouterr().err == (NOISE.decode() if is_shown else "")


def test_a_process_without_stderr_is_no_fault() -> None:
    code = (
        "import os\nos.close(2)\n"
        "from musegen.engine.quiet import quiet_import\n"
        "with quiet_import():\n    print('done')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert done.stdout == b"done\n"


@pytest.mark.parametrize("missing", ["keras", "tensorflow"])
def test_a_missing_package_names_the_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.split(".")[0] == "keras"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else object()
    )
    with pytest.raises(MissingPackageError, match=rf"'{missing}'.*musegen\[train\]"):
        import_keras()


def test_keras_is_imported_without_a_word() -> None:
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("TensorFlow is not installed")
    code = (
        "from musegen.engine.quiet import import_keras\n"
        "print(import_keras().backend.backend())\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout == "tensorflow\n"
    assert done.stderr == ""
