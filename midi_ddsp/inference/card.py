"""The card of a model of DDSP Inference: data, training, figures, limits."""

from __future__ import annotations

from musegen.engine.training_command import preset_options, retraining
from musegen.engine.training_facts import TrainingFacts, data_and_licence
from musegen.midi_ddsp.inference.presets import PRESETS
from musegen.midi_ddsp.inference.training_config import InferenceTrainingConfig

_OPTIMIZERS = {"adam": "Adam", "muon": "Muon"}


def render_card(
    name: str, facts: TrainingFacts[InferenceTrainingConfig], *, measured: str = ""
) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its training.
        measured: Markdown with figures measured after training; may be empty.
    """
    config = facts.config
    loss = facts.metrics.get("valid/loss")
    validated = "not measured" if loss is None else f"{loss:.3f}"
    measured = measured or (
        "Nothing yet beyond the validation of the run: "
        "`python benchmarks/inference_quality.py`."
    )
    return f"""# {name}

DDSP Inference: from a recording of one instrument, its f0 and its loudness to the
parameters of the synthesizer, 250 times a second (amplitude, 60 harmonics, 65 noise
bands; f0 is passed through). Architecture `{config.network.architecture}`,
{facts.num_parameters:,} parameters, stored as float16.

## Data and licence

{data_and_licence(facts.data)}

## Training

{facts.num_steps} steps of {config.batch_size} crops of
{config.crop_frames / 250:g} s, {facts.seconds / 60:.0f} minutes; averaged weights of
step {facts.best_step}. {_OPTIMIZERS[config.optimizer]}, peak learning rate
{config.loop.learning_rate:g}, precision {config.precision}, seed {config.seed}; levels
changed by up to {config.max_gain_db:g} dB.

The loss is the multi-scale spectral loss between the recording and the synthesizer's
sound (six sizes, logarithms clamped at 1e-5). Validation, pieces never trained on:
{validated}.

{_retraining(name, facts)}

## Measured

{measured}

## Limits

One voice at a time; f0 must be known. The recording should be dry: a room is taken for
a part of the tone.
"""


def _retraining(name: str, facts: TrainingFacts[InferenceTrainingConfig]) -> str:
    return retraining(
        "musegen train midi-ddsp --stage inference",
        name,
        preset_options(facts.config, PRESETS),
        data=facts.data,
    )
