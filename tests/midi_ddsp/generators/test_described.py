"""What a folder says beside its weights comes back, or is told to be wrong."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from musegen.data.errors import ModelFolderError, UsageError
from musegen.engine.model_folder import ModelFolder
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.config import (
    ExpressionNetworkConfig,
    SynthesisNetworkConfig,
)
from musegen.midi_ddsp.generators.described import (
    architecture_of,
    described,
    known_instrument,
    network_config,
)


def folder_with(architecture: dict[str, Any]) -> ModelFolder:
    folder = SimpleNamespace(
        path=Path("models/some"), config=SimpleNamespace(architecture=architecture)
    )
    return cast("ModelFolder", folder)


def test_network_instruments_and_scales_come_back(scales: ExpressionScales) -> None:
    for config in (SynthesisNetworkConfig(channels=7), ExpressionNetworkConfig()):
        architecture = architecture_of(config, ("flute", "violin"), scales)
        assert network_config(architecture) == config
        found = described(folder_with(architecture))
        assert found[:2] == (config, ("flute", "violin"))
        assert found[2] == scales


@pytest.mark.parametrize(
    "change",
    [
        {"instruments": None},
        {"instruments": "violin"},
        {"scales": None},
        {"scales": "{}"},
        {"scales": 3},
        {"architecture": "something"},
        {"channels": 0},
        {"surprise": 1},
    ],
    ids=repr,
)
def test_a_folder_that_says_something_else_is_named(
    scales: ExpressionScales, change: dict[str, Any]
) -> None:
    architecture = architecture_of(SynthesisNetworkConfig(), ("violin",), scales)
    changed = {**architecture, **change}
    kept = {key: value for key, value in changed.items() if value is not None}
    with pytest.raises(ModelFolderError, match=r"some/config.json .*fetch the model"):
        described(folder_with(kept))


def test_instruments_are_known_by_other_names() -> None:
    assert known_instrument("vn", ("violin", "horn"), "m") == "violin"
    assert known_instrument("French Horn", ("violin", "horn"), "m") == "horn"


def test_an_instrument_that_was_not_learned_is_a_sentence() -> None:
    with pytest.raises(UsageError, match=r"model m has not learned the tuba: it plays"):
        known_instrument("tuba", ("violin", "horn"), "m")
    with pytest.raises(UsageError, match="no instrument"):
        known_instrument("theremin", ("violin",), "m")
