"""What a model folder of our generators says of itself, beside the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from musegen.data.errors import ModelFolderError, UsageError
from musegen.engine.model_folder import ModelFolder
from musegen.midi_ddsp.expression_scale import ExpressionScales
from musegen.midi_ddsp.generators.config import (
    NetworkConfig,
    config_from_json,
    config_to_json,
)
from musegen.midi_ddsp.instruments import instrument_named

SYNTHESIS_KIND = "midi_ddsp_synthesis"
EXPRESSION_KIND = "midi_ddsp_expression"

_INSTRUMENTS = "instruments"
_SCALES = "scales"


def architecture_of(
    config: NetworkConfig, instruments: tuple[str, ...], scales: ExpressionScales
) -> dict[str, Any]:
    """Return what `described` reads."""
    return {
        **config_to_json(config),
        _INSTRUMENTS: list(instruments),
        _SCALES: scales.to_json(),
    }


def network_config(architecture: Mapping[str, Any]) -> NetworkConfig:
    """Return the config of the network alone.

    Raises:
        ValueError: It is none of ours.
    """
    beside = (_INSTRUMENTS, _SCALES)
    return config_from_json(
        {key: value for key, value in architecture.items() if key not in beside}
    )


def described(
    folder: ModelFolder,
) -> tuple[NetworkConfig, tuple[str, ...], ExpressionScales]:
    """Return a model's network, the instruments it learned, and their scales.

    Raises:
        ModelFolderError: The folder says something else.
    """
    architecture = folder.config.architecture
    try:
        names = architecture[_INSTRUMENTS]
        scales = ExpressionScales.from_json(architecture[_SCALES])
        if not isinstance(names, list):
            raise ValueError(f"{_INSTRUMENTS} is no list")
        return network_config(architecture), tuple(map(str, names)), scales
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFolderError(
            f"{folder.path}/config.json describes no generator of MIDI-DDSP "
            f"({error}): fetch the model again or name another"
        ) from error


def known_instrument(name: str, instruments: tuple[str, ...], model: str) -> str:
    """Return an instrument's full name.

    Raises:
        UsageError: There is no such instrument, or the model has not learned it.
    """
    full = instrument_named(name).name
    if full not in instruments:
        raise UsageError(
            f"the model {model} has not learned the {full}: it plays "
            f"{', '.join(instruments)}"
        )
    return full
