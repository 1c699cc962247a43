"""The card of generators of the original that were trained here."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from musegen.engine.run_inputs import StartingModel, TrainingData
from musegen.engine.training import TrainingResult
from musegen.engine.training_facts import data_and_licence
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
        begun_from: Name of the model whose weights it began from; empty for fresh ones.
    """

    config: SynthesisTrainingConfig | ExpressionTrainingConfig
    result: TrainingResult
    begun_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenHalf:
    """One of the two generators, taken from another model as it was.

    Args:
        model: Name of that model.
        told: How it was trained, as that model tells it; may be empty.
    """

    model: str
    told: str = ""


Half = TrainedHalf | TakenHalf


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFacts:
    """What is known of a trained model.

    Args:
        data: What was learned from.
        instruments: Those that were trained on.
        has_rooms: Whether it has rooms, learned with the recordings.
        num_parameters: Of each generator, by its name.
        halves: Where each comes from, by the same names; an untrained one is missing.
        start: The model whose weights the last run began with; None for fresh ones.
        measured: Markdown with figures measured after training; may be empty.
    """

    data: TrainingData
    instruments: Sequence[str]
    has_rooms: bool
    num_parameters: Mapping[str, int]
    halves: Mapping[str, Half]
    start: StartingModel | None = None
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

{data_and_licence(facts.data, facts.start)}

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


def trainings(facts: ExportFacts) -> dict[str, str]:
    """Return how each trained part was trained, in words, for a model that takes it.

    Args:
        facts: Of the training.
    """
    data = f"Data: {facts.data.source} ({', '.join(facts.instruments)})."
    told = {}
    for part, half in facts.halves.items():
        if isinstance(half, TrainedHalf):
            told[part] = f"{_training(half)} {data}"
        else:
            told[part] = half.told or f"As it is in '{half.model}'."
    return told


def _run(part: str, half: Half | None) -> str:
    if half is None:
        name = part.split()[0].lower()
        return _wrapped(
            f"- {part}: the {name} half is untrained, its weights are fresh, and what "
            "it makes means nothing. To train it: `musegen train midi-ddsp --stage "
            f"{name} --preset paper --from`, and this model."
        )
    if isinstance(half, TakenHalf):
        told = half.told or "That model's card says what is known of its training."
        return _wrapped(f"- {part}: taken from '{half.model}' as it was. {told}")
    return _wrapped(f"- {part}: {_training(half)}")


def _training(half: TrainedHalf) -> str:
    config, state = half.config, half.result.state
    text = (
        f"{state.step} steps of {config.batch_size}, "
        f"{state.seconds / 60:.0f} minutes, weights of step {state.best_step}. Adam, "
        f"rate {config.loop.learning_rate:g} times {config.decay:g} every 1000 steps, "
        f"norm clipped at {config.clip_norm:g}, seed {config.seed}"
    )
    if isinstance(config, SynthesisTrainingConfig):
        text += f"; {'with' if config.is_adversarial else 'without'} a discriminator"
    if half.begun_from:
        text += f"; begun from the weights of '{half.begun_from}'"
    loss = half.result.metrics.get("valid/loss")
    validated = "not measured" if loss is None else f"{loss:.4f}"
    return f"{text}. Validation, pieces never trained on: {validated}."


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH)
