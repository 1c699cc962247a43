"""How messages call the parts of a score."""

from __future__ import annotations

from musegen.data.score import Score


def part_label(score: Score, index: int) -> str:
    """Return how a part is called in a message: its number from 1 and its name."""
    name = score.parts[index].name.strip()
    return f"part {index + 1} '{name}'" if name else f"part {index + 1}"
