from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.cli._formats import FORMATS
from musegen.cli._inputs import Source, expand_inputs
from musegen.cli._output import Output
from musegen.cli._paths import (
    Destination,
    Naming,
    Plan,
    plan_outputs,
    write_file,
    write_target,
)
from musegen.data.errors import (
    OutputError,
    OutputExistsError,
    UsageError,
)

NAMING = Naming(
    label="harmonized", formats=("midi", "frames-csv"), default_formats=("midi",)
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names: str) -> list[str]:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")
    return list(names)


def plan(
    *names: str,
    formats: tuple[str, ...] | None = None,
    num: int = 1,
    naming: Naming = NAMING,
    **wishes: object,
) -> tuple[Plan, ...]:
    make(*(name for name in names if not Path(name).exists()))
    return plan_outputs(
        expand_inputs(names),
        destination=Destination(**wishes),  # type: ignore[arg-type]
        naming=naming,
        formats=formats,
        num_alternatives=num,
    )


def written(plans: tuple[Plan, ...]) -> list[str]:
    return [path.as_posix() for one in plans for path in one.paths]


# Names


def test_by_default_outputs_are_named_after_the_input_in_the_working_folder() -> None:
    plans = plan("songs/tune.mid")
    assert written(plans) == ["tune.harmonized.mid", "tune.harmonized.musegen.json"]


def test_several_formats_and_alternatives() -> None:
    plans = plan("tune.mid", formats=("midi", "png"), num=2)
    assert written(plans) == [
        "tune.harmonized.1.mid",
        "tune.harmonized.1.png",
        "tune.harmonized.2.mid",
        "tune.harmonized.2.png",
        "tune.harmonized.musegen.json",
    ]
    assert [target.index for target in plans[0].targets] == [1, 1, 2, 2]


def test_a_folder_for_many(tmp_path: Path) -> None:
    plans = plan("a.mid", "b.mid", folder=Path("out/deep"))
    assert written(plans)[0] == "out/deep/a.harmonized.mid"
    assert written(plans)[2] == "out/deep/b.harmonized.mid"


def test_a_command_may_have_no_label_and_no_sidecar() -> None:
    naming = Naming(
        label="", formats=("svg",), default_formats=("svg",), has_sidecar=False
    )
    assert written(plan("a.b.mid", naming=naming)) == ["a.b.svg"]


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_extension_of_o_says_the_format(name: str) -> None:
    for suffix in FORMATS[name].suffixes:
        (one,) = plan("in.tune", file=f"out{suffix.upper()}")
        assert one.targets[0].format == name
        assert written((one,)) == [f"out{suffix.upper()}", "out.musegen.json"]


def test_f_decides_where_the_extension_says_nothing() -> None:
    (one,) = plan("tune.mid", file="out.dat", formats=("png",))
    assert (one.targets[0].format, one.targets[0].path) == ("png", Path("out.dat"))


def test_alternatives_of_o_are_numbered() -> None:
    assert written(plan("tune.mid", file="out.mid", num=2)) == [
        "out.1.mid",
        "out.2.mid",
        "out.musegen.json",
    ]


def test_stdout_has_no_sidecar() -> None:
    (one,) = plan("tune.mid", file="-")
    assert one.paths == ()
    assert one.targets[0].path is None
    assert one.targets[0].format == "midi"


@pytest.mark.skipif(os.name == "nt", reason="there is no /dev/null")
def test_a_device_takes_the_output_and_no_sidecar() -> None:
    (one,) = plan("tune.mid", file="/dev/null", formats=("midi",))
    assert written((one,)) == ["/dev/null"]


@given(
    num=st.integers(1, 5),
    formats=st.lists(st.sampled_from(sorted(FORMATS)), min_size=1, unique=True),
    stems=st.lists(st.sampled_from("abcdef"), min_size=1, unique=True),
)
def test_no_two_outputs_share_a_name(
    num: int, formats: list[str], stems: list[str]
) -> None:
    sources = [Source(name=s, path=Path(f"nowhere/{s}.mid")) for s in stems]
    plans = plan_outputs(
        sources,
        destination=Destination(),
        naming=NAMING,
        formats=formats,
        num_alternatives=num,
    )
    names = written(plans)
    assert len(names) == len(set(names)) == len(stems) * (num * len(formats) + 1)


# Contradictions


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"file": "a.mid", "folder": Path("out")}, "-o a.mid and -d out"),
        ({"overwrite": True, "skip_existing": True}, "use one"),
        ({"file": "-", "skip_existing": True}, "does nothing with -o -"),
        ({"file": ""}, "names no file"),
    ],
)
def test_wishes_that_contradict_one_another_are_refused(
    wishes: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        Destination(**wishes)  # type: ignore[arg-type]


def test_one_file_does_not_hold_several_inputs() -> None:
    with pytest.raises(UsageError, match="2 inputs: use -d"):
        plan("a.mid", "b.mid", file="out.mid")


def test_one_file_does_not_hold_several_formats() -> None:
    with pytest.raises(UsageError, match="2 formats"):
        plan("a.mid", file="out.mid", formats=("midi", "png"))


def test_the_extension_and_f_must_agree() -> None:
    with pytest.raises(UsageError, match=r"out\.png is png, but -f says midi"):
        plan("a.mid", file="out.png", formats=("midi",))
    plan("a.mid", file="out.png", formats=("png",))


@pytest.mark.parametrize("name", ["out", "out.mp4"])
def test_an_extension_without_a_format_needs_f(name: str) -> None:
    with pytest.raises(UsageError, match=r"use one of \.mid, \.midi, \.frames\.csv,"):
        plan("a.mid", file=name)


def test_o_does_not_take_a_folder() -> None:
    Path("out.mid").mkdir()
    with pytest.raises(UsageError, match=r"use -d out\.mid"):
        plan("a.mid", file="out.mid")


def test_stdout_holds_one_result() -> None:
    with pytest.raises(UsageError, match="stdout holds one result"):
        plan("a.mid", file="-", num=2)


def test_a_terminal_gets_no_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(UsageError, match="garble"):
        plan("a.mid", file="-")
    plan("a.mid", file="-", formats=("musicxml",))


def test_two_inputs_never_share_an_output() -> None:
    with pytest.raises(UsageError, match=r"tune\.mid and .*tune\.mid would both"):
        plan("x/tune.mid", "y/tune.mid", folder=Path("out"))


def test_an_output_never_replaces_an_input() -> None:
    with pytest.raises(UsageError, match="is an input and an output"):
        plan("tune.mid", file="tune.mid", overwrite=True)


# What exists


def test_an_existing_output_is_refused() -> None:
    make("tune.harmonized.mid")
    with pytest.raises(OutputExistsError, match=r"^tune\.harmonized\.mid exists"):
        plan("tune.mid")


def test_more_existing_outputs_are_counted() -> None:
    make("tune.harmonized.mid", "tune.harmonized.musegen.json")
    with pytest.raises(OutputExistsError, match=r"\(and 1 more\) exist"):
        plan("tune.mid")


def test_overwrite_allows_it() -> None:
    make("tune.harmonized.mid")
    (one,) = plan("tune.mid", overwrite=True)
    assert one.overwrite
    assert not one.is_skipped


def test_skip_existing_passes_over_what_is_complete() -> None:
    make("a.harmonized.mid", "a.harmonized.musegen.json")
    first, second = plan("a.mid", "b.mid", skip_existing=True)
    assert (first.is_skipped, second.is_skipped) == (True, False)


def test_skip_existing_refuses_what_is_half_there() -> None:
    make("a.harmonized.png")
    with pytest.raises(OutputExistsError, match="neither skipped nor written"):
        plan("a.mid", formats=("midi", "png"), skip_existing=True)


def test_a_folder_in_the_way_is_named() -> None:
    Path("tune.harmonized.mid").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        plan("tune.mid", overwrite=True)


def test_the_folder_of_o_must_exist() -> None:
    with pytest.raises(OutputError, match="nowhere: no such folder"):
        plan("tune.mid", file="nowhere/out.mid")


def test_a_file_where_a_folder_is_needed_is_named() -> None:
    make("file")
    with pytest.raises(OutputError, match="file is a file, not a folder"):
        plan("tune.mid", folder=Path("file/deep"))


def test_stdout_is_not_overwritten_but_files_beside_it_are() -> None:
    with pytest.raises(UsageError, match="--overwrite does nothing with -o -"):
        plan("tune.mid", file="-", overwrite=True)
    (one,) = plan_outputs(
        expand_inputs(["tune.mid"]),
        destination=Destination(file="-", overwrite=True),
        naming=NAMING,
        has_side_files=True,
    )
    assert one.overwrite


def test_checking_a_folder_leaves_nothing_in_it() -> None:
    plan("tune.mid", folder=Path("out/deep"))
    assert [path.name for path in Path().iterdir()] == ["tune.mid"]


def test_a_folder_without_permission_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make("tune.mid")
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(OutputError, match="no permission to write here"):
        plan("tune.mid", folder=Path("out"))


# Writing


def test_a_target_is_written_with_its_folder() -> None:
    (one,) = plan("tune.mid", folder=Path("out/deep"))
    write_target(one.targets[0], b"MThd", plan=one, output=Output())
    assert Path("out/deep/tune.harmonized.mid").read_bytes() == b"MThd"


def test_a_file_that_appeared_meanwhile_is_not_replaced() -> None:
    (one,) = plan("tune.mid")
    make("tune.harmonized.mid")
    with pytest.raises(OutputExistsError):
        write_target(one.targets[0], b"MThd", plan=one, output=Output())
    assert Path("tune.harmonized.mid").read_bytes() == b"x"


def test_overwrite_replaces() -> None:
    make("tune.harmonized.mid")
    (one,) = plan("tune.mid", overwrite=True)
    write_target(one.targets[0], b"MThd", plan=one, output=Output())
    assert Path("tune.harmonized.mid").read_bytes() == b"MThd"


def test_a_target_without_a_path_goes_to_stdout(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    (one,) = plan("tune.mid", file="-")
    write_target(one.targets[0], b"MThd\xff", plan=one, output=Output())
    assert capfdbinary.readouterr().out == b"MThd\xff"


def test_a_folder_that_cannot_be_made_is_named() -> None:
    make("file")
    with pytest.raises(OutputError, match="the folder cannot be made"):
        write_file(Path("file/deep/a.mid"), b"x", overwrite=False)
