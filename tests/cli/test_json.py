from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.cli._json import plain


class Colour(Enum):
    RED = "red"


class Level(int, Enum):
    HIGH = 3


@dataclass(frozen=True)
class Box:
    path: Path
    size: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("a") / "b.mid", str(Path("a/b.mid"))),
        (Fraction(1, 4), 0.25),
        (Box(Path("a"), 2), {"path": "a", "size": 2}),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (np.float32(0.5), 0.5),
        (np.array([[1, 2]]), [[1, 2]]),
        ({1: (True, None)}, {"1": [True, None]}),
        (iter("ab"), ["a", "b"]),
        (math.nan, None),
        (-math.inf, None),
        (np.float64("nan"), None),
    ],
)
def test_values_have_plain_json_forms(value: object, expected: object) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize("value", [b"bytes", object(), Box])
def test_values_without_a_json_form_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        plain(value)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_plain_values_are_standard_json(value: object) -> None:
    text = json.dumps(plain(value), allow_nan=False)
    assert plain(json.loads(text)) == plain(value)
