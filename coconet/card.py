"""The card of a Coconet model: its data, its training, its figures, its limits."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from musegen.coconet.presets import PRESETS
from musegen.coconet.training import CoconetTrainingConfig
from musegen.coconet.training_data import CHORALES
from musegen.engine.training_command import (
    command_block,
    preset_options,
    retraining,
)
from musegen.engine.training_facts import TrainingFacts, data_and_licence


def render_card(
    name: str, facts: TrainingFacts[CoconetTrainingConfig], *, measured: str = ""
) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its training.
        measured: Markdown with figures measured after training; may be empty.
    """
    config = facts.config
    mixture = ", ".join(
        f"{kind} {share:g}" for kind, share in config.mask_mixture.items()
    )
    validated = "\n".join(
        f"| {metric.removeprefix('valid/')} | {value:.4f} |"
        for metric, value in sorted(facts.metrics.items())
        if metric.startswith("valid/")
    )
    measured = measured or (
        "Nothing yet beyond the validation of the run: `musegen evaluate coconet`."
    )
    network = config.network.architecture
    optimizer = {"muon": "Muon", "adamw": "AdamW"}[config.optimizer]
    minutes = f"{facts.seconds / 60:.0f}"
    return f"""# {name}

A Coconet model: it fills any hidden part of a four-part score (soprano, alto, tenor,
bass) on a raster of sixteenths, MIDI pitches 36 to 81. Architecture `{network}`,
{facts.num_parameters:,} parameters, stored as float16.

## Data and licence

{data_and_licence(facts.data, facts.start, details=_treated(config))}

## Training

{facts.num_steps} steps of {config.batch_size} crops of {config.crop_steps} sixteenths,
{minutes} minutes; averaged weights of step {facts.best_step}. {optimizer}, peak
learning rate {config.loop.learning_rate:g}, held for {config.loop.hold_share:.0%} of
the steps, then a cosine; precision {config.precision}; seed {config.seed}.
Masks: {mixture}.
{_told_in_training(config)}

Validation, nats a hidden cell, by kind of mask (`lower_voices`: alto, tenor and bass
hidden at once; `told`: metre, phrase ends and onsets known; `loss`: mean over the masks
of the training; `onset`: nats an onset of a note that stays on its pitch):

| masks | nats |
| --- | --- |
{validated}

{_retraining(name, facts)}

Train it further with one command:

{_training_further(name, facts)}

## Measured

{measured}

## Limits

{_limits(facts)}
"""


def _treated(config: CoconetTrainingConfig) -> str:
    return (
        f", training pieces only, transposed by up to {config.max_transposition} "
        "semitones"
    )


def _retraining(name: str, facts: TrainingFacts[CoconetTrainingConfig]) -> str:
    return retraining(
        "musegen train coconet",
        name,
        preset_options(facts.config, _presets(facts), can_set_rate=True),
        data=facts.data,
        start=facts.start,
        takes_config=True,
    )


def _training_further(name: str, facts: TrainingFacts[CoconetTrainingConfig]) -> str:
    words = ("musegen train coconet", "--from", name, *facts.data.options)
    return command_block(
        (*words, "--run", "runs/more", "--steps", "20000", "--export", "more")
    )


def _presets(
    facts: TrainingFacts[CoconetTrainingConfig],
) -> Mapping[str, CoconetTrainingConfig]:
    """The presets; the default one has the network of the model that is trained on."""
    if facts.start is None:
        return PRESETS
    network = facts.config.network
    return {
        **PRESETS,
        "default": dataclasses.replace(PRESETS["default"], network=network),
    }


def _told_in_training(config: CoconetTrainingConfig) -> str:
    planes = config.network.planes
    if not planes:
        return "Nothing is told beside the pitches."
    shares = ", ".join(f"{name} {getattr(config.telling, name):g}" for name in planes)
    return f"Told beside the pitches, share of the crops: {shares}."


def _limits(facts: TrainingFacts[CoconetTrainingConfig]) -> str:
    network = facts.config.network
    if network.writes_rests:
        rests = "it writes rests, which are rare in what it learned"
    else:
        rests = "it cannot write rests"
    told = ", ".join(network.planes) or "nothing"
    is_bach = facts.data.collection == CHORALES and facts.start is None
    knows = "Bach's chorales" if is_bach else "what it was trained on"
    return f"""Four voices on one raster; {rests}. Beside the pitches it can be told:
{told}. It knows {knows} and nothing else."""
