"""The sizes of the discriminator."""

from __future__ import annotations

import pytest

from musegen.midi_ddsp.adversarial.config import DiscriminatorConfig


def test_it_judges_the_original_by_default() -> None:
    config = DiscriminatorConfig()
    assert (config.num_conditions, config.num_parameters) == (320, 127)
    with pytest.raises(ValueError, match="num_blocks must be at least 1"):
        DiscriminatorConfig(num_blocks=0)
