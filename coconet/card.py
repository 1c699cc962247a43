"""The card of a Coconet model: its data, its training, its figures, its limits."""

from __future__ import annotations

from musegen.coconet.training import CoconetTrainingConfig
from musegen.engine.training_facts import TrainingFacts

LICENCE = "Apache-2.0"


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

Trained on: {facts.source}, training pieces only, transposed by up to
{config.max_transposition} semitones. The music is in the public domain. The encodings
are Margaret Greentree's, distributed with music21 by her permission; they are read from
an installed music21 and are part neither of this model nor of the repository. The
weights are under {LICENCE}.

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

Retrain with one command:

    musegen train coconet --run runs/{name} --export {name}

Train it further with one command:

    musegen train coconet --from {name} --run runs/more --steps 20000 --export more

## Measured

{measured}

## Limits

{_limits(config)}
"""


def _told_in_training(config: CoconetTrainingConfig) -> str:
    planes = config.network.planes
    if not planes:
        return "Nothing is told beside the pitches."
    shares = ", ".join(f"{name} {getattr(config.telling, name):g}" for name in planes)
    return f"Told beside the pitches, share of the crops: {shares}."


def _limits(config: CoconetTrainingConfig) -> str:
    network = config.network
    if network.writes_rests:
        rests = "it writes rests, which are rare in what it learned"
    else:
        rests = "it cannot write rests"
    told = ", ".join(network.planes) or "nothing"
    return f"""Four voices on one raster; {rests}. Beside the pitches it can be told:
{told}. It knows Bach's chorales and nothing else."""
