"""Networks are built from what a folder says, and only from their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from musegen.engine.model_folder import WEIGHTS_FILE, ModelFolder
from musegen.engine.weights import load_weights
from musegen.midi_ddsp.generators.building import (
    build_expression_from,
    build_synthesis_from,
)


def test_built_networks_take_the_weights_of_their_folder(
    synthesis_folder: ModelFolder,
    synthesis_network: Any,  # noqa: ANN401 - Keras has no types
    expression_folder: ModelFolder,
    expression_networks: Any,  # noqa: ANN401 - Keras has no types
) -> None:
    synthesis = build_synthesis_from(synthesis_folder.config)
    expression = build_expression_from(expression_folder.config)[0]
    for model, folder, expected in (
        (synthesis, synthesis_folder, synthesis_network),
        (expression, expression_folder, expression_networks[0]),
    ):
        load_weights(model, folder.read(WEIGHTS_FILE))
        for found, weight in zip(model.weights, expected.weights, strict=True):
            np.testing.assert_allclose(
                np.array(found), np.array(weight), rtol=2e-3, atol=1e-6
            )


def test_a_folder_of_another_kind_is_refused(
    synthesis_folder: ModelFolder, expression_folder: ModelFolder
) -> None:
    with pytest.raises(ValueError, match="small_expression is no Synthesis Generator"):
        build_synthesis_from(expression_folder.config)
    with pytest.raises(ValueError, match="small_synthesis is no Expression Generator"):
        build_expression_from(synthesis_folder.config)
