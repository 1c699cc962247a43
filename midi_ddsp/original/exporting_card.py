"""The card of generators of the original that were trained here."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musegen.engine.training import TrainingResult
from musegen.midi_ddsp.original.training_config import (
    ExpressionTrainingConfig,
    SynthesisTrainingConfig,
)

_WIDTH = 88  # characters a line


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedHalf:
    """One of the two generators, as its training tells it.

    Args:
        config: The run.
        result: How it ended.
    """

    config: SynthesisTrainingConfig | ExpressionTrainingConfig
    result: TrainingResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFacts:
    """What is known of a trained model.

    Args:
        source: The data in words, licences included.
        licence: Of the weights.
        instruments: Those that were trained on.
        has_rooms: Whether it has rooms, learned with the recordings.
        num_parameters: Of each generator, by its name.
        halves: The runs, by the same names; one that was not trained here is missing.
        measured: Markdown with figures measured after training; may be empty.
    """

    source: str
    licence: str
    instruments: Sequence[str]
    has_rooms: bool
    num_parameters: Mapping[str, int]
    halves: Mapping[str, TrainedHalf]
    measured: str = ""


def render_export_card(name: str, facts: ExportFacts) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its training.
    """
    sizes = "\n".join(
        f"| {part} | {count:,} |" for part, count in facts.num_parameters.items()
    )
    runs = "\n".join(
        _run(part, facts.halves.get(part)) for part in facts.num_parameters
    )
    rooms = (
        "It has a room for each, learned with DDSP Inference."
        if facts.has_rooms
        else "It has no rooms: the recordings were dry, and so is what it plays."
    )
    return f"""# {name}

The two generators of MIDI-DDSP (Wu et al., ICLR 2022), its networks as published,
trained with musegen: notes of one part become six controls a note, these become the
parameters of a synthesizer at 250 Hz, and these become sound at 16 kHz.

{_wrapped(f"It was trained on {', '.join(facts.instruments)}. {rooms}")}

| part | numbers |
| --- | --- |
{sizes}

## Data and licence

{_wrapped(f"Trained on: {facts.source}. The weights are under {facts.licence}.")}

## Training

{runs}

## Measured

{facts.measured or "Nothing yet beyond the validation of the runs."}

## Limits

One voice a part. The pitch stays within a semitone of the written one. Velocity and
controllers are not heard by the networks. The convolutions normalise over the whole
part, so that how a note sounds depends a little on how long the part is, and nothing
can be played before all of it is known. Instruments that it was not trained on sound
like nothing in particular.
"""


def _run(part: str, half: TrainedHalf | None) -> str:
    if half is None:
        return _wrapped(f"- {part}: not trained here.")
    config, state = half.config, half.result.state
    text = (
        f"- {part}: {state.step} steps of {config.batch_size}, "
        f"{state.seconds / 60:.0f} minutes, weights of step {state.best_step}. Adam, "
        f"rate {config.loop.learning_rate:g} times {config.decay:g} every 1000 steps, "
        f"norm clipped at {config.clip_norm:g}, seed {config.seed}"
    )
    if isinstance(config, SynthesisTrainingConfig):
        text += f"; {'with' if config.is_adversarial else 'without'} a discriminator"
    loss = half.result.metrics.get("valid/loss")
    validated = "not measured" if loss is None else f"{loss:.4f}"
    return _wrapped(f"{text}. Validation, pieces never trained on: {validated}.")


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH)
