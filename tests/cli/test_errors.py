from __future__ import annotations

import errno

import click
import pytest

from musegen.cli._errors import EXTRA_OF_PACKAGE, Failure, code_of, describe
from musegen.data import errors as tree
from musegen.data.errors import (
    FileFormatError,
    MissingPackageError,
    ModelNotFoundError,
    MusegenError,
    OutputExistsError,
)


def leaves(root: type[MusegenError]) -> list[type[MusegenError]]:
    return [root, *(leaf for sub in root.__subclasses__() for leaf in leaves(sub))]


@pytest.mark.parametrize("kind", leaves(MusegenError), ids=lambda kind: kind.__name__)
def test_every_error_of_the_tree_keeps_its_sentence_and_its_exit_code(
    kind: type[MusegenError],
) -> None:
    error = (
        MissingPackageError("music21", extra="score", purpose="reading MusicXML")
        if kind is MissingPackageError
        else kind("tune.mid: what was wrong")
    )
    failure = describe(error)
    assert failure.message == str(error)
    assert failure.exit_code == kind.exit_code
    assert not failure.is_internal


def test_the_tree_uses_only_documented_exit_codes() -> None:
    assert {kind.exit_code for kind in leaves(tree.MusegenError)} == {1, 2, 4}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileFormatError("x"), "file-format"),
        (ModelNotFoundError("x"), "model-not-found"),
        (OutputExistsError("x"), "output-exists"),
        (MemoryError(), "memory"),
        (OSError(), "os"),
        (click.UsageError("x"), "usage"),
    ],
)
def test_codes_are_hyphenated_class_names(error: Exception, code: str) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "does not permit"),
        (errno.ENOENT, "no such file"),
        (errno.ENOTDIR, "not a folder"),
        (errno.EISDIR, "is a folder"),
        (errno.EEXIST, "--overwrite"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EMFILE, "too many files"),
        (errno.EIO, "device failed"),
    ],
)
def test_system_errors_name_the_file_and_the_remedy(number: int, words: str) -> None:
    failure = describe(OSError(number, "whatever the system says", "out/tune.mid"))
    assert failure.message.startswith("out/tune.mid: ")
    assert words in failure.message
    assert failure.exit_code == 1
    assert not failure.is_internal


def test_an_unlisted_system_error_keeps_the_systems_words() -> None:
    failure = describe(
        OSError(errno.EXDEV, "Cross-device link", "a.mid", None, "b.mid")
    )
    assert failure.message == "a.mid and b.mid: Cross-device link"


def test_a_system_error_without_a_number_is_told_as_it_is() -> None:
    assert describe(OSError("no soundcard")).message == "no soundcard"


def test_memory_names_what_to_lower() -> None:
    failure = describe(MemoryError())
    assert "not enough memory" in failure.message
    assert failure.exit_code == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), "not valid utf-8 (byte 0)"),
        (UnicodeEncodeError("ascii", "é", 0, 1, "bad"), "PYTHONUTF8=1"),
        (UnicodeError("label too long"), "label too long"),
    ],
)
def test_unicode_errors_say_what_to_do(error: UnicodeError, words: str) -> None:
    assert words in describe(error).message


@pytest.mark.parametrize("package", sorted(EXTRA_OF_PACKAGE))
def test_a_missing_optional_package_names_its_install_line(package: str) -> None:
    failure = describe(ModuleNotFoundError("no", name=f"{package}.inner"))
    assert f'pip install "musegen[{EXTRA_OF_PACKAGE[package]}]"' in failure.message
    assert failure.exit_code == 1
    assert failure.code == "missing-package"


def test_a_missing_module_of_our_own_is_an_internal_error() -> None:
    assert describe(ModuleNotFoundError("no", name="musegen.nowhere")).is_internal
    assert describe(ModuleNotFoundError("no")).is_internal


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_130(error: BaseException) -> None:
    assert describe(error) == Failure(
        code="interrupted", message="interrupted", exit_code=130
    )


def test_a_closed_pipe_needs_no_sentence() -> None:
    failure = describe(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    assert (failure.message, failure.exit_code) == ("", 1)


def test_click_errors_keep_their_words() -> None:
    failure = describe(click.BadParameter("too large", param_hint="--sweeps"))
    assert failure.message == "Invalid value for --sweeps: too large"
    assert failure.exit_code == 2


def test_an_unexpected_error_is_internal_and_one_line() -> None:
    failure = describe(KeyError("voice\n3"))
    assert failure.is_internal
    assert failure.code == "internal"
    assert "KeyError" in failure.message
    assert "--debug" in failure.message
    assert "\n" not in failure.message
    assert "(ZeroDivisionError)" in describe(ZeroDivisionError()).message


def test_a_sentence_is_one_line() -> None:
    assert describe(MusegenError("first\n  second")).message == "first second"


def test_an_error_without_words_is_told_by_its_code() -> None:
    assert describe(FileFormatError()).message == "file-format"
