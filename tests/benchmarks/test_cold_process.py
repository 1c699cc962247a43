"""A command in a process of its own, measured."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


def test_a_command_is_run_and_measured(
    load_benchmark: Callable[[str], ModuleType],
) -> None:
    run = load_benchmark("cold_process").run_cold(["--version"])
    assert run.cpu_s > 0.0
    assert run.wall_s > 0.0
    assert 5.0 < run.peak_mb < 5000.0  # a Python: not kilobytes, not bytes


def test_a_command_that_fails_ends_the_benchmark(
    load_benchmark: Callable[[str], ModuleType],
) -> None:
    with pytest.raises(SystemExit, match="musegen nothing ended with exit code 2"):
        load_benchmark("cold_process").run_cold(["nothing"])


def test_a_recording_of_any_length_is_made(
    load_benchmark: Callable[[str], ModuleType],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    benchmark = load_benchmark("analysis_speed")
    path = tmp_path_factory.mktemp("tune") / "tune.wav"
    assert benchmark.main(["--write", str(path), "--seconds", "1.5"]) == 0
    assert benchmark.duration_s(path) == 1.5
