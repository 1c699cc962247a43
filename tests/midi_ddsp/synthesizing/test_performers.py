"""Whoever plays has every member of the protocol, under the same names."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

from musegen.midi_ddsp.generators.model import PerformerModel
from musegen.midi_ddsp.original.performer import OriginalPerformer
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices

PERFORMERS = (PerformerModel, OriginalPerformer, FormulaPerformer)
MEMBERS = [name for name in vars(Performer) if not name.startswith("_")]


def test_the_protocol_is_what_a_page_needs() -> None:
    assert {"expression", "parameters", "room"} < set(MEMBERS)


@pytest.mark.parametrize("performer", PERFORMERS)
@pytest.mark.parametrize("name", MEMBERS)
def test_a_performer_has_each_member(performer: type[Any], name: str) -> None:
    wanted = vars(Performer)[name]
    fields = {item.name for item in dataclasses.fields(performer)}
    if isinstance(wanted, property):
        found = inspect.getattr_static(performer, name, None)
        assert isinstance(found, property) or name in fields
        return
    parameters = inspect.signature(getattr(performer, name)).parameters
    assert list(parameters) == list(inspect.signature(wanted).parameters)


def test_choices_are_values() -> None:
    assert PlayingChoices() == PlayingChoices(seed=0, variety=1.0)
    assert hash(PlayingChoices(seed=1)) != hash(PlayingChoices(seed=2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        PlayingChoices().seed = 1  # type: ignore[misc]
