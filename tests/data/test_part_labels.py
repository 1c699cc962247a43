"""Parts are called by number, and by name where they have one."""

from __future__ import annotations

from musegen.data.part_labels import part_label
from musegen.data.score import Part, Score


def test_numbers_count_from_one_and_names_are_trimmed() -> None:
    score = Score(ticks_per_quarter=480, parts=(Part(name=" Alto "), Part(name="  ")))
    assert part_label(score, 0) == "part 1 'Alto'"
    assert part_label(score, 1) == "part 2"
