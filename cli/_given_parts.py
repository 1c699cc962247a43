"""Which parts of a score the user gave, as `--given` or the recipe beside it says."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from musegen.cli._inputs import Source
from musegen.cli._output import Item
from musegen.cli._paths import SIDECAR_SUFFIX
from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.data.score import Score
from musegen.render.score_view import find_part

NO_PART = "none"


def given_parts(
    score: Score, source: Source, given: Sequence[str], item: Item
) -> frozenset[int]:
    """Return the parts to outline: those of `--given`, else those of the recipe.

    Args:
        score: Read from `source`.
        source: Where a recipe may lie beside.
        given: Numbers from 1 or names; `none` alone for no part.
        item: Takes the remark on a recipe that cannot be understood.

    Raises:
        UsageError: `none` and a part were given.
        VoiceNotFoundError: A part that was named is not there.
    """
    if given:
        if NO_PART in given and len(given) > 1:
            raise UsageError("--given none contradicts the other --given: use one")
        return frozenset(find_part(score, name) for name in given if name != NO_PART)
    sidecar = None if source.path is None else _sidecar(source.path)
    if sidecar is None:
        return frozenset()
    try:
        recipe = json.loads(sidecar.read_bytes())
        parts = recipe.get("given_parts", []) if isinstance(recipe, dict) else None
    except (OSError, ValueError):
        parts = None
    known = range(len(score.parts))
    if not isinstance(parts, list) or any(
        type(part) is not int or part not in known for part in parts
    ):
        item.notice(
            Notice(
                code="recipe-unreadable",
                message=f"the recipe {sidecar.name} does not say which part was given, "
                "so none is outlined: say it with --given",
            )
        )
        return frozenset()
    return frozenset(parts)


def _sidecar(path: Path) -> Path | None:
    """Return the recipe beside a score; alternatives (`tune.2.mid`) share one."""
    stems = dict.fromkeys([path.stem, re.sub(r"\.\d+$", "", path.stem)])
    candidates = (path.with_name(stem + SIDECAR_SUFFIX) for stem in stems)
    return next((file for file in candidates if file.is_file()), None)
