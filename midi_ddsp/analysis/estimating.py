"""Which estimator of synthesis parameters there is: a network, or closed formulas.

For: commands that hear recordings. Not for: what an estimator is
(`musegen.midi_ddsp.analysis.harmonic_analysis`) or training one
(`musegen.midi_ddsp.inference`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from musegen.engine.models import list_models
from musegen.midi_ddsp.analysis.harmonic_analysis import (
    HarmonicEstimator,
    ParameterEstimator,
)
from musegen.midi_ddsp.parameters import SynthesisParameters

if TYPE_CHECKING:
    from musegen.midi_ddsp.inference.model import InferenceModel

Floats = NDArray[np.float32]

DEFAULT_MODEL = "ddsp_inference_base"
NO_MODEL = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEstimator:
    """A model of DDSP Inference as an estimator.

    Args:
        model: Loaded.
    """

    model: InferenceModel

    @property
    def name(self) -> str:
        """What recipes call it."""
        return self.model.name

    @property
    def digest(self) -> str:
        """SHA-256 of what was loaded."""
        return self.model.digest

    def estimate(
        self,
        audio: Floats,
        f0_hz: Floats,
        loudness_db: Floats,
        *,
        instrument: str | None = None,
        advance: Callable[[int], None] | None = None,
    ) -> SynthesisParameters:
        """Return the parameters of a recording.

        Args:
            audio: Mono, 16 kHz, [N].
            f0_hz: 0 where there is no pitch, [T].
            loudness_db: By frame, [T].
            instrument: Name of the instrument, None where unknown.
            advance: Told of the frames just done.

        Raises:
            UsageError: The model must be told the instrument, or does not know it.
        """
        told = 0

        def tell(done: int) -> None:
            nonlocal told
            if advance is not None:
                advance(done - told)
            told = done

        return self.model.infer(audio, f0_hz, loudness_db, instrument or "", tell=tell)


def find_estimator(name: str | None = None) -> ParameterEstimator:
    """Return the estimator of that name.

    Args:
        name: Of a model, or its folder; `none` for closed formulas; None for
            `ddsp_inference_base` where it is installed, else closed formulas.

    Raises:
        ModelNotFoundError: There is no such model.
        ModelFolderError: It is damaged, or of another kind.
    """
    if name is None:
        is_there = any(model.name == DEFAULT_MODEL for model in list_models())
        name = DEFAULT_MODEL if is_there else NO_MODEL
    if name == NO_MODEL:
        return HarmonicEstimator()
    from musegen.midi_ddsp.inference.model import InferenceModel

    return ModelEstimator(model=InferenceModel.load(name, num_threads=1))
