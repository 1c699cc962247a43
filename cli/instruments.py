"""`musegen instruments`: who can play, in what range, by which models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output, table

if TYPE_CHECKING:
    from musegen.midi_ddsp.instruments import Instrument

# Of a model's config: the instruments that it has learned.
_LEARNED = "instruments"
_HEADER = ("NAME", "FAMILY", "PROGRAM", "RANGE", "COMFORTABLE", "PLAYED BY")


@command_with_examples(
    "instruments",
    examples=["musegen instruments", "musegen instruments --json"],
)
@machine_options
def command(output: Output) -> None:
    """List the instruments, their ranges, and the models that play them.

    Ranges are written pitches as they sound; programs are those of General MIDI,
    counted from 1.
    """
    from musegen.midi_ddsp.instruments import INSTRUMENTS

    players = _players()
    facts = [_facts(instrument, players) for instrument in INSTRUMENTS]
    output.result(
        {"instruments": facts},
        human=table(_HEADER, [_row(instrument, players) for instrument in INSTRUMENTS]),
    )


def _players() -> dict[str, list[str]]:
    """Return names of models by the instrument they play."""
    from musegen.engine.models import find_model, list_models
    from musegen.midi_ddsp.instruments import INSTRUMENTS

    players: dict[str, list[str]] = {}
    for model in list_models():
        if model.problem:
            continue
        if model.kind == "midi_ddsp_synthesis":
            names = find_model(model.path).config.architecture.get(_LEARNED, [])
        elif model.kind == "midi_ddsp_original":
            names = [item.name for item in INSTRUMENTS if item.urmp_id is not None]
        else:
            continue
        for name in names:
            players.setdefault(str(name), []).append(model.name)
    return players


def _facts(instrument: Instrument, players: dict[str, list[str]]) -> dict[str, object]:
    """Return what JSON says of an instrument."""
    return {
        "name": instrument.name,
        "family": instrument.family,
        "gm_program": instrument.gm_program + 1,
        "lowest_pitch": instrument.lowest_pitch,
        "highest_pitch": instrument.highest_pitch,
        "comfortable_lowest_pitch": instrument.comfortable_lowest_pitch,
        "comfortable_highest_pitch": instrument.comfortable_highest_pitch,
        "models": players.get(instrument.name, []),
    }


def _row(instrument: Instrument, players: dict[str, list[str]]) -> tuple[str, ...]:
    return (
        instrument.name,
        instrument.family,
        str(instrument.gm_program + 1),
        _range_text(instrument.lowest_pitch, instrument.highest_pitch),
        _range_text(
            instrument.comfortable_lowest_pitch, instrument.comfortable_highest_pitch
        ),
        ", ".join(players.get(instrument.name, [])) or "nobody yet",
    )


def _range_text(lowest: int, highest: int) -> str:
    from musegen.data.spelling import pitch_name

    return f"{pitch_name(lowest)} to {pitch_name(highest)}"
