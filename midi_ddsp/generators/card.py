"""Cards of our generators: data, training, figures, limits."""

from __future__ import annotations

from collections.abc import Mapping

from musegen.engine.training_command import preset_options, retraining
from musegen.engine.training_facts import TrainingFacts, data_and_licence
from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS, SYNTHESIS_PRESETS
from musegen.midi_ddsp.generators.training_config import (
    SynthesisTrainingConfig,
    TrainingConfig,
)
from musegen.midi_ddsp.records.training_data import VIRTUAL_PLAYER


def render_card(
    name: str, facts: TrainingFacts[TrainingConfig], *, measured: str = ""
) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its training.
        measured: Markdown with figures measured after training; may be empty.
    """
    measured = measured or (
        "Nothing yet beyond the validation of the run: "
        "`python benchmarks/generation_quality.py`."
    )
    return f"""# {name}

{_what(facts)}

## Data and licence

{data_and_licence(facts.data)}

## Training

{_how(facts)}

{_retraining(name, facts)}

## Measured

{measured}

## Limits

{_limits(facts)}
"""


def _is_baseline(config: TrainingConfig) -> bool:
    """Whether it is a Synthesis Generator that hears of notes alone."""
    return (
        isinstance(config, SynthesisTrainingConfig)
        and not config.network.is_told_expression
    )


def _retraining(name: str, facts: TrainingFacts[TrainingConfig]) -> str:
    is_synthesis = isinstance(facts.config, SynthesisTrainingConfig)
    stage = "synthesis" if is_synthesis else "expression"
    presets: Mapping[str, TrainingConfig] = (
        SYNTHESIS_PRESETS if is_synthesis else EXPRESSION_PRESETS
    )
    batch_field = "num_played" if is_synthesis else "batch_size"
    return retraining(
        f"musegen train midi-ddsp --stage {stage}",
        name,
        preset_options(facts.config, presets, batch_field=batch_field),
        data=facts.data,
    )


def _judgement(config: SynthesisTrainingConfig) -> str:
    """What a discriminator had to say in it; empty without one."""
    if not config.is_adversarial:
        return ""
    return (
        f"\nFrom step {config.adversarial_from_step} on a discriminator's judgement of "
        f"the levels, weight\n{config.adversarial_weight:g} (least squares and "
        "feature matching, Wu et al., ICLR 2022).\n"
    )


def _what(facts: TrainingFacts[TrainingConfig]) -> str:
    size = f"{facts.num_parameters:,} parameters, stored as float16"
    if _is_baseline(facts.config):
        return (
            "Synthesis Generator that is told nothing of expression, the baseline\n"
            "that ours is compared with: from notes alone, without controls of their\n"
            "expression, to the parameters of the synthesizer, 250 times a second.\n"
            "Dilated convolutions over pairs of frames, norms over one frame's\n"
            f"channels, {size}."
        )
    if isinstance(facts.config, SynthesisTrainingConfig):
        return (
            "Synthesis Generator: from notes and nine controls a note (level, its\n"
            "spread and peak, vibrato, brightness, attack, intonation) to the\n"
            "parameters of the synthesizer, 250 times a second. Dilated convolutions\n"
            f"over pairs of frames, norms over one frame's channels, {size}."
        )
    return (
        "Expression Generator: from notes to how each shall be played, nine controls\n"
        "a note and how far each may be drawn from its mean. Dilated convolutions\n"
        "over the notes, and a recurrent player who remembers how the notes before\n"
        f"were played, {size}."
    )


def _how(facts: TrainingFacts[TrainingConfig]) -> str:
    config, minutes = facts.config, facts.seconds / 60.0
    validated = ", ".join(
        f"{key.removeprefix('valid/')} {value:.3f}"
        for key, value in sorted(facts.metrics.items())
        if key.startswith("valid/")
        and not (key == "valid/promise" and _is_baseline(config))
    )
    begin = (
        f"{facts.num_steps} steps, {minutes:.0f} minutes; averaged weights of step\n"
        f"{facts.best_step}. Peak learning rate {config.loop.learning_rate:g}, seed "
        f"{config.seed}."
    )
    if isinstance(config, SynthesisTrainingConfig) and _is_baseline(config):
        return f"""{begin} Batches of {config.num_played} crops of
{config.crop_frames / 250:g} s as they were played; Muon, precision {config.precision}.

The losses: levels (amplitude, each harmonic, each noise band, absolute differences in
dB against what DDSP Inference heard), and pitch (cross entropy of 161 centred classes,
the vibrato and the intonation to be guessed with it). It is told no controls, so that
none are promised. Validation, pieces never trained on: {validated or "none"}."""
    if isinstance(config, SynthesisTrainingConfig):
        return f"""{begin} Batches of {config.num_played} crops of
{config.crop_frames / 250:g} s as they were played and {config.num_changed} with
controls that nobody played; Muon, precision {config.precision}.

The losses: levels (amplitude, each harmonic, each noise band, absolute differences in
dB against what DDSP Inference heard), pitch (cross entropy of 161 centred classes),
and the promise: controls measured in the output against those asked for, also where
nobody played them.
{_judgement(config)}Validation, pieces never trained on: {validated or "none"}."""
    return f"""{begin} Batches of {config.batch_size} windows of
{config.window_notes} notes, moved by up to {config.max_transposition} semitones; AdamW.

The loss is the likelihood of the controls that were measured in the recordings.
Validation, pieces never trained on (loss: root mean square error on the networks'
scale, the notes before being known): {validated or "none"}."""


def _limits(facts: TrainingFacts[TrainingConfig]) -> str:
    is_imitated = facts.data.collection == VIRTUAL_PLAYER
    if isinstance(facts.config, SynthesisTrainingConfig):
        voices = (
            "These voices imitate a sampled player, not a living one: recorded single\n"
            "notes of a sound font, joined and shaped by rules."
            if is_imitated
            else "It knows the instruments of the recordings that it heard."
        )
        return f"{voices} One voice at a time;\nthe sound is dry and reaches 8 kHz."
    learned = (
        "It has learned the rules and habits of a virtual player, not of people."
        if is_imitated
        else "It has learned the habits of the players that it heard."
    )
    return (
        f"{learned} It\n"
        "decides how a note sounds, not when: onsets and lengths stay as written."
    )
