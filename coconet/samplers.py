"""All samplers by their config: one call for whichever was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from musegen.coconet.ancestral import AncestralConfig, ancestral_sample
from musegen.coconet.ancestral_gibbs import (
    AncestralGibbsConfig,
    ancestral_gibbs_sample,
)
from musegen.coconet.control import Control
from musegen.coconet.drawing import Allowed
from musegen.coconet.predicting import IsHidden, LogitsFunction, PitchIndex
from musegen.coconet.sampling import GibbsConfig, gibbs_sample
from musegen.coconet.upsampling import UpsamplingConfig, upsampling_sample

SamplerConfig = GibbsConfig | AncestralConfig | AncestralGibbsConfig | UpsamplingConfig
_SAMPLERS: dict[type[SamplerConfig], Callable[..., PitchIndex]] = {
    GibbsConfig: gibbs_sample,
    AncestralConfig: ancestral_sample,
    AncestralGibbsConfig: ancestral_gibbs_sample,
    UpsamplingConfig: upsampling_sample,
}


def sample(
    pitch: PitchIndex,
    is_free: IsHidden,
    *,
    logits: LogitsFunction,
    config: SamplerConfig,
    generators: Sequence[np.random.Generator],
    allowed: Allowed | None = None,
    control: Control | None = None,
) -> PitchIndex:
    """Fill free cells with the sampler that a config belongs to; see `gibbs_sample`."""
    sampler = _SAMPLERS[type(config)]
    return sampler(
        pitch,
        is_free,
        logits=logits,
        config=config,
        generators=generators,
        allowed=allowed,
        control=control,
    )
