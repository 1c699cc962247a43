from __future__ import annotations

from musegen.data.read_result import ReadResult
from musegen.data.score import Score


def test_result_without_notices_has_an_empty_tuple() -> None:
    assert ReadResult(score=Score(ticks_per_quarter=1)).notices == ()
