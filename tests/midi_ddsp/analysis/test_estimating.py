from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from musegen.data.errors import ModelNotFoundError
from musegen.midi_ddsp.analysis import estimating
from musegen.midi_ddsp.analysis.estimating import ModelEstimator, find_estimator
from musegen.midi_ddsp.analysis.harmonic_analysis import HarmonicEstimator
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.parameters import SynthesisParameters


def test_without_a_model_closed_formulas_serve(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimating, "list_models", lambda: ())
    assert isinstance(find_estimator(), HarmonicEstimator)
    assert isinstance(find_estimator("none"), HarmonicEstimator)


def test_default_model_is_taken_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = SimpleNamespace(name="ddsp_inference_base", digest="0" * 64)
    asked: list[str] = []

    def load(name: str, *, num_threads: int) -> object:
        assert num_threads == 1
        asked.append(name)
        return loaded

    installed = SimpleNamespace(name="ddsp_inference_base")
    monkeypatch.setattr(estimating, "list_models", lambda: (installed,))
    monkeypatch.setattr(InferenceModel, "load", load)
    found = find_estimator()
    assert asked == ["ddsp_inference_base"]
    assert isinstance(found, ModelEstimator)
    assert (found.name, found.digest) == (loaded.name, loaded.digest)


def test_unknown_model_is_named() -> None:
    with pytest.raises(ModelNotFoundError, match="no model 'nobody'"):
        find_estimator("nobody")
    with pytest.raises(ModelNotFoundError):
        find_estimator(str(Path("folder") / "that" / "is" / "not"))


def test_model_is_asked_and_progress_told() -> None:
    frames = np.full(4, 300.0, dtype=np.float32)
    answer = SynthesisParameters(
        f0_hz=frames,
        amplitude=frames,
        harmonics=np.ones((4, 1), dtype=np.float32),
        noise=np.ones((4, 2), dtype=np.float32),
    )
    asked: list[object] = []

    class Model:
        def infer(
            self, *arguments: object, tell: Callable[[int], None]
        ) -> SynthesisParameters:
            asked.append(arguments[-1])
            tell(3)
            tell(4)
            return answer

    told: list[int] = []
    estimator = ModelEstimator(model=Model())  # type: ignore[arg-type]
    found = estimator.estimate(
        frames, frames, frames, instrument="violin", advance=told.append
    )
    assert found is answer
    assert asked == ["violin"]
    assert told == [3, 1]
