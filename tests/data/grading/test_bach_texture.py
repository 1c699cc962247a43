"""The constants are what the functions measure."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from musegen.data.corpora.jsb_arrays import load_jsb_arrays
from musegen.data.grading.bach_texture import BACH_TEXTURE
from musegen.data.grading.texture import BACH_RANGES, Texture, texture

CHORALES = Path(__file__).parents[3] / "../shared/data/Jsb16thSeparated.npz"


def flat(found: Texture) -> list[float]:
    values = [np.ravel(getattr(found, field.name)) for field in fields(found)]
    return [float(value) for value in np.concatenate(values)]


def test_bach_is_as_measured() -> None:
    if not CHORALES.exists():
        pytest.skip("the arrays of the chorales are not beside the repository")
    arrays = load_jsb_arrays(CHORALES)
    measured = texture(arrays["train"])
    assert flat(BACH_TEXTURE) == pytest.approx(flat(measured), abs=1e-4)
    steps = np.concatenate([piece for pieces in arrays.values() for piece in pieces])
    for voice, limits in enumerate(BACH_RANGES):
        pitches = steps[steps[:, voice] >= 0, voice]
        assert (pitches.min(), pitches.max()) == limits
