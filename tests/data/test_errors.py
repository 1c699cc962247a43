from __future__ import annotations

import inspect
import re

import pytest

from musegen.data import errors
from musegen.data.errors import MissingPackageError, MusegenError

CLASSES: dict[str, type[MusegenError]] = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and issubclass(value, MusegenError)
}


def test_every_exception_of_the_module_is_of_the_tree() -> None:
    exceptions = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and issubclass(value, BaseException)
    ]
    assert set(exceptions) == set(CLASSES.values())


def test_no_error_is_drawn_that_does_not_exist() -> None:
    named = set(re.findall(r"\b\w+Error\b", errors.__doc__ or "")) - {"ValueError"}
    assert named == set(CLASSES)


@pytest.mark.parametrize(
    "line", [x for x in (errors.__doc__ or "").splitlines() if re.search(r"exit \d", x)]
)
def test_exit_code_is_the_drawn_one(line: str) -> None:
    found = re.search(r"(\w+Error).*exit (\d)", line)
    assert found is not None
    assert CLASSES[found[1]].exit_code == int(found[2])


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_what_was_given_wrongly_is_also_a_value_error(name: str) -> None:
    is_given = issubclass(CLASSES[name], errors.InputError | errors.UsageError)
    assert issubclass(CLASSES[name], ValueError) is is_given


def test_missing_package_says_what_to_install() -> None:
    error = MissingPackageError("music21", extra="score", purpose="reading MusicXML")
    assert (error.package, error.extra) == ("music21", "score")
    assert str(error).startswith("reading MusicXML needs the package 'music21'")
    assert 'pip install "musegen[score]"' in str(error)


def test_what_pip_does_not_bring_has_its_own_line() -> None:
    error = MissingPackageError(
        "fluidsynth", extra="player", purpose="playing", install="apt-get install it"
    )
    assert str(error).endswith("is not installed: run  apt-get install it")
