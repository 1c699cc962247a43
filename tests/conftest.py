"""What every test shares: a clean environment, and one test per source file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {
    "MPLBACKEND": "Agg",  # pictures without a screen
    "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow greets every import on stderr
    # Threads add in another order each time, and tests run side by side anyway.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}
DISPLAY_VARIABLES = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE")

# Set here and not in a fixture: test modules import the packages that read them.
os.environ.update(ENVIRONMENT)

# A shared machine has pauses of its own, so an example has no time limit. The suite
# draws the same examples each time; `make fuzz` draws others, that find more.
hypothesis.settings.register_profile("fuzz", deadline=None, max_examples=50)
hypothesis.settings.register_profile(
    "musegen", hypothesis.settings.get_profile("fuzz"), derandomize=True
)
hypothesis.settings.load_profile("musegen")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hides the user's own models, settings and terminal from the tests."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
        for name in [*DISPLAY_VARIABLES, *os.environ]:
            if name in DISPLAY_VARIABLES or name.startswith("MUSEGEN_"):
                patch.delenv(name, raising=False)
        yield


def list_source_files() -> list[Path]:
    folders = (init.parent for init in ROOT.glob("*/__init__.py"))
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def has_example(file: Path) -> bool:
    return ">>> " in file.read_text(encoding="utf-8")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that takes a source file once for each file of the package."""
    choices: dict[str, Callable[[Path], bool]] = {
        "source_file": lambda _file: True,
        "file_with_example": has_example,
    }
    for argument, is_chosen in choices.items():
        if argument in metafunc.fixturenames:
            files = [file for file in list_source_files() if is_chosen(file)]
            names = [str(file.relative_to(ROOT)) for file in files]
            metafunc.parametrize(argument, files, ids=names)
