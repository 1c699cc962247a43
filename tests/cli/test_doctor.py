from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from musegen.cli import _health
from musegen.cli._health import Check, Status
from musegen.cli.main import run

Find = Callable[..., None]
OK = Check(group="packages", name="numpy", status=Status.OK, detail="2.4")
ABSENT = Check(
    group="extras",
    name="score",
    status=Status.ABSENT,
    detail="not installed: music21",
    remedy='pip install "musegen[score]"',
)
FAILED = Check(
    group="models",
    name="coconet",
    status=Status.FAILED,
    detail="a digest differs",
    remedy="pip install musegen",
)


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Find:
    def put(*checks: Check) -> None:
        monkeypatch.setattr(_health, "examine", lambda: iter(checks))

    return put


def test_a_healthy_installation_is_0_even_without_extras(
    find: Find, capsys: pytest.CaptureFixture[str]
) -> None:
    find(OK, ABSENT)
    assert run(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert out == (
        "packages\n"
        "ok  numpy  2.4\n"
        "\n"
        "extras\n"
        '-  score  not installed: music21 (pip install "musegen[score]")\n'
    )
    assert err == ""


def test_something_essential_that_is_broken_is_1_and_named(
    find: Find, capsys: pytest.CaptureFixture[str]
) -> None:
    find(OK, FAILED)
    assert run(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert "FAILED  coconet  a digest differs" in out
    assert err == "musegen: coconet: a digest differs: pip install musegen\n"


def test_json_has_every_check(find: Find, capsys: pytest.CaptureFixture[str]) -> None:
    find(OK, FAILED)
    assert run(["doctor", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["is_healthy"] is False
    assert document["checks"][1] == {
        "group": "models",
        "name": "coconet",
        "status": "failed",
        "detail": "a digest differs",
        "remedy": "pip install musegen",
    }


def test_quiet_leaves_the_exit_code(
    find: Find, capsys: pytest.CaptureFixture[str]
) -> None:
    find(FAILED)
    assert run(["doctor", "-q"]) == 1
    assert capsys.readouterr().out == ""


def test_the_real_thing_lists_every_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) in {0, 1}
    document = json.loads(capsys.readouterr().out)
    groups = dict.fromkeys(check["group"] for check in document["checks"])
    assert list(groups) == ["packages", "extras", "models", "machine"]
