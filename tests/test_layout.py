"""The rules of the tree: one test module a source module, short files, no strays."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
MAX_LINES = 400
MAX_BYTES = 4 * 1024 * 1024
# A path of somebody's machine: a slash that starts a path, and a folder of that name.
MACHINE_PATH = re.compile(r"(?<![\w.~*>})\]-])/(?:work|root|tmp|home|Users)/\w")
MIXED_BAGS = ("utils.py", "util.py", "helpers.py", "misc.py", "common.py")


@functools.cache
def list_own_files() -> tuple[Path, ...]:
    """Every file that is, or is about to be, under version control."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: which files are tracked is not known")
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def is_test_function(node: ast.stmt) -> bool:
    return isinstance(
        node, ast.FunctionDef | ast.AsyncFunctionDef
    ) and node.name.startswith("test_")


def count_test_functions(file: Path) -> int:
    body = ast.parse(file.read_text(encoding="utf-8")).body
    classes = [
        node
        for node in body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    nodes = [*body, *(inner for node in classes for inner in node.body)]
    return sum(map(is_test_function, nodes))


def has_behaviour(tree: ast.Module) -> bool:
    """Whether there is more than imports, names and constants."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If)
        for node in tree.body
    )


def test_source_file_has_a_test_module(source_file: Path) -> None:
    if not has_behaviour(ast.parse(source_file.read_text(encoding="utf-8"))):
        return
    folder = source_file.parent.relative_to(ROOT)
    test_folder = TESTS / ("" if folder == Path("package") else folder)
    stem = source_file.stem.strip("_")
    found = [
        file
        for file in test_folder.glob("test_*.py")
        if re.fullmatch(rf"test_{re.escape(stem)}(_\w+)?", file.stem)
    ]
    assert sum(map(count_test_functions, found)) > 0, (
        f"{source_file.relative_to(ROOT)} has no test: write "
        f"{(test_folder / f'test_{stem}.py').relative_to(ROOT)}"
    )


def test_source_file_is_part_of_the_installed_package(source_file: Path) -> None:
    relative = source_file.relative_to(ROOT)
    package = importlib.import_module("musegen")
    if relative.parts[0] != "package":
        package = importlib.import_module(f"musegen.{relative.parts[0]}")
    assert package.__file__ is not None
    installed = Path(package.__file__).parent.joinpath(*relative.parts[1:])
    assert installed.is_file(), f"{relative}: not in setup.py, or not installed yet"


def test_every_file_in_tests_is_one_that_pytest_collects() -> None:
    strays = [
        str(file.relative_to(ROOT))
        for file in TESTS.rglob("*.py")
        if file.name != "conftest.py"
        and TESTS / "resources" not in file.parents
        and not (file.name.startswith("test_") and count_test_functions(file))
    ]
    assert strays == []


def test_no_python_file_is_longer_than_the_limit() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in list_own_files()
        if file.suffix == ".py"
    }
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_no_module_is_a_bag_of_mixed_things() -> None:
    assert [str(file) for file in list_own_files() if file.name in MIXED_BAGS] == []


@pytest.mark.parametrize(
    ("text", "is_machine_path"),
    [
        ("open('" + "/work" + "/main/x')", True),
        ("file://" + "/home" + "/anna/score.mid", True),
        ("=" + "/tmp" + "/out.mid", True),
        ("docs/" + "work" + "/main", False),
        ("https://example.org" + "/home" + "/page", False),
        ("frame" + "work/" + "tmp/x", False),
    ],
)
def test_machine_paths_are_told_from_others(text: str, is_machine_path: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) is is_machine_path


def test_no_file_carries_a_path_of_some_machine() -> None:
    found = []
    for file in list_own_files():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            text = file.read_bytes().decode("latin-1")
        found += [
            f"{file.relative_to(ROOT)}: {match.group()}"
            for match in MACHINE_PATH.finditer(text)
        ]
    assert found == []


def test_no_file_outside_a_model_is_large() -> None:
    large = [
        str(file.relative_to(ROOT))
        for file in list_own_files()
        if file.stat().st_size > MAX_BYTES
        and not file.relative_to(ROOT).match("*/models/*/*")
    ]
    assert large == []
