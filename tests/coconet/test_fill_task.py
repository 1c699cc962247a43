"""What is to be filled, and how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.coconet.fill_task import FillConfig, FillTask
from musegen.coconet.planes import Planes
from musegen.coconet.ranking import RankingConfig


def test_nothing_may_be_free_outside_of_the_phrases() -> None:
    pitch = np.full((8, 4), -1, dtype=np.int16)
    planes = Planes.unknown(8)
    whole = FillTask(
        pitch=pitch, is_free=pitch < 0, planes=planes, phrases=((0, 4), (4, 8))
    )
    assert whole.constraints is None
    with pytest.raises(ValueError, match="no cell may be free outside"):
        FillTask(pitch=pitch, is_free=pitch < 0, planes=planes, phrases=((0, 4),))


def test_what_concerns_a_job_is_passed_on() -> None:
    config = FillConfig(ranking=RankingConfig(num_masks=7), onsets="rule")
    assert config.jobs.num_masks == 7
    assert config.jobs.onsets == "rule"
    assert config.jobs.sampler is config.sampler
    assert config.jobs.refinement is config.refinement
    assert config.jobs.windows is config.windows


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"num_alternatives": 0}, "num_alternatives must be at least 1; received 0"),
        ({"num_alternatives": 5}, "at least num_alternatives; received 4 for 5"),
        ({"batch_items": 0}, "batch_items must be at least 1; received 0"),
        ({"onsets": "loud"}, "onsets must be one of sampled, likeliest, rule"),
    ],
)
def test_a_config_names_the_field_and_the_value(
    changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        FillConfig(**changed)
