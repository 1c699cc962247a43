from __future__ import annotations

from pathlib import Path

import pytest

from musegen.engine.precision import PRECISIONS, best_precision


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("flags\t: fpu avx2 amx_bf16", "mixed_bfloat16"),
        ("flags\t: fpu avx512_bf16", "mixed_bfloat16"),
        ("flags\t: fpu avx2 avx512f", "float32"),
        ("", "float32"),
    ],
)
def test_precision_follows_the_processor(
    tmp_path: Path, flags: str, expected: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n{flags}\n")
    assert best_precision(cpu_flags=cpuinfo) == expected
    assert expected in PRECISIONS


def test_a_gpu_trains_in_mixed_precision(tmp_path: Path) -> None:
    assert best_precision(has_gpu=True, cpu_flags=tmp_path) == "mixed_bfloat16"


def test_a_machine_that_does_not_tell_trains_in_single_precision(
    tmp_path: Path,
) -> None:
    assert best_precision(cpu_flags=tmp_path / "absent") == "float32"
