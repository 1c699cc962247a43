"""The stages of `musegen train midi-ddsp`: what differs from network to network.

Those of our own networks; the published ones are `musegen.cli._train_original`. Each
knows its presets, how a preset is changed by options, and how to train and export.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from musegen.cli._output import Output
from musegen.cli._training import telling
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.engine.run_inputs import TrainingData
    from musegen.engine.training import TrainingResult

STAGES = ("inference", "synthesis", "expression")
PRESETS = ("default", "baseline", "gan", "paper", "paper-gan", "tiny")
PUBLISHED_PRESETS: Mapping[str, tuple[str, ...]] = {
    "synthesis": ("paper", "paper-gan"),
    "expression": ("paper",),
}
"""Presets that train another network than ours, by stage."""
DEFAULT_INFERENCE_MODEL = "ddsp_inference_base"

Config = Any  # a dataclass of the stage's own; typed where the stage is
Heard = Any  # the material of the stage
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the command.

    Args:
        config: What is trained, of the stage's own class.
        data: Clips, and what is to be said of them.
        run_dir: Where it runs.
        export_dir: Where the model folder goes.
        resume: Whether it goes on.
        inference_model: What hears the clips, for stages that learn from sound heard.
        begun_from: Model whose weights a new run begins with; None for fresh ones.
    """

    config: Config
    data: TrainingData
    run_dir: Path
    export_dir: Path
    resume: bool
    inference_model: str
    begun_from: str | None = None

    @property
    def data_path(self) -> Path:
        """The file of the clips.

        Raises:
            ValueError: The data has none.
        """
        if self.data.path is None:
            raise ValueError("clips are in a file")
        return self.data.path

    def data_of(self, num: int, what: str) -> TrainingData:
        """Return what is to be said of the data once it is read.

        Args:
            num: Of what was learned from.
            what: That is counted: `clips`.
        """
        source = f"{self.data.source}, pieces of the split train ({num} {what})"
        options = self.data.options
        if self.inference_model != DEFAULT_INFERENCE_MODEL:
            options = (*options, "--inference-model", self.inference_model)
        return dataclasses.replace(self.data, source=source, options=options)


class Stage(Protocol):
    """One network to train."""

    hears_clips: bool
    begins_from_models: bool

    def preset(self, name: str) -> Config:
        """Return the config of a preset.

        Raises:
            UsageError: The stage has none of that name.
        """

    def stored(self, run_dir: Path) -> Config:
        """Return the config of a run."""

    def changed(
        self, config: Config, batch_size: int | None, seed: int | None
    ) -> Config:
        """Return a config with what options say."""

    def train(self, run: Run, output: Output) -> TrainingResult:
        """Train, and export a model folder."""


def stage_named(name: str) -> Stage:
    """Return the stage of `STAGES` that trains a network of ours."""
    stages: dict[str, Stage] = {
        "inference": Inference(),
        "synthesis": Synthesis(),
        "expression": Expression(),
    }
    return stages[name]


def preset_of(presets: Mapping[str, Config], name: str, stage: str) -> Config:
    """Return a preset.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in presets:
        choices = dict.fromkeys((*presets, *PUBLISHED_PRESETS.get(stage, ())))
        raise UsageError(
            f"--stage {stage} has no preset '{name}': choose one of "
            f"{', '.join(choices)}"
        )
    return presets[name]


def with_batch_and_seed(
    config: Config,
    batch_size: int | None,
    seed: int | None,
    *,
    batch_name: str = "batch_size",
) -> Config:
    """Return a config with what options say.

    Args:
        config: Of the preset.
        batch_size: None for the preset's.
        seed: Likewise.
        batch_name: Field of the config that holds the size of a batch.
    """
    changes: dict[str, int] = {}
    if batch_size is not None:
        changes[batch_name] = batch_size
    if seed is not None:
        changes["seed"] = seed
    return dataclasses.replace(config, **changes)


class Inference:
    """DDSP Inference."""

    hears_clips = False
    begins_from_models = False

    def preset(self, name: str) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.inference.presets import PRESETS as CONFIGS

        return preset_of(CONFIGS, name, "inference")

    def stored(self, run_dir: Path) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.inference.training_config import read_run_config

        return read_run_config(run_dir)

    def changed(
        self, config: Config, batch_size: int | None, seed: int | None
    ) -> Config:
        """See `Stage`."""
        return with_batch_and_seed(config, batch_size, seed)

    def train(self, run: Run, output: Output) -> TrainingResult:
        """See `Stage`."""
        from musegen.midi_ddsp.inference.exporting import export_inference
        from musegen.midi_ddsp.inference.record_clips import (
            INSTRUMENT_NAMES,
            read_training_clips,
        )
        from musegen.midi_ddsp.inference.training import train_inference

        config = run.config
        with output.progress("Reading the clips"):
            train = read_training_clips(run.data_path, "train")
            valid = read_training_clips(run.data_path, "valid")
        length = None if config.minutes else config.loop.num_steps
        with output.progress("Training", length) as advance:
            network, result = train_inference(
                train,
                valid,
                config=config,
                run_dir=run.run_dir,
                resume=run.resume,
                progress=telling(output, config, advance, "spectral loss"),
            )
        with output.progress("Exporting"):
            export_inference(
                network,
                config=config,
                result=result,
                data=run.data_of(len(train), "clips"),
                folder=run.export_dir,
                instruments=INSTRUMENT_NAMES,
            )
        return result


class Synthesis:
    """Our Synthesis Generator."""

    hears_clips = True
    begins_from_models = False

    def preset(self, name: str) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.generators.presets import SYNTHESIS_PRESETS

        return preset_of(SYNTHESIS_PRESETS, name, "synthesis")

    def stored(self, run_dir: Path) -> Config:
        """See `Stage`."""
        from musegen.engine.training_configs import read_run_config
        from musegen.midi_ddsp.generators.training_config import (
            SynthesisTrainingConfig,
        )

        return read_run_config(run_dir, SynthesisTrainingConfig.from_json)

    def changed(
        self, config: Config, batch_size: int | None, seed: int | None
    ) -> Config:
        """See `Stage`."""
        return with_batch_and_seed(config, batch_size, seed, batch_name="num_played")

    def train(self, run: Run, output: Output) -> TrainingResult:
        """See `Stage`."""
        from musegen.midi_ddsp.generators.exporting import export_synthesis
        from musegen.midi_ddsp.generators.material import hear_lines
        from musegen.midi_ddsp.generators.synthesis_training import train_synthesis

        config = run.config

        def hear(tell: Tell) -> Heard:
            return hear_lines(
                run.data_path,
                run.inference_model,
                is_told_expression=config.network.is_told_expression,
                tell=tell,
            )

        return _trained_generator(
            run,
            output,
            hear=hear,
            train=train_synthesis,
            export=export_synthesis,
            what="loss",
        )


class Expression:
    """Our Expression Generator."""

    hears_clips = True
    begins_from_models = False

    def preset(self, name: str) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.generators.presets import EXPRESSION_PRESETS

        return preset_of(EXPRESSION_PRESETS, name, "expression")

    def stored(self, run_dir: Path) -> Config:
        """See `Stage`."""
        from musegen.engine.training_configs import read_run_config
        from musegen.midi_ddsp.generators.training_config import (
            ExpressionTrainingConfig,
        )

        return read_run_config(run_dir, ExpressionTrainingConfig.from_json)

    def changed(
        self, config: Config, batch_size: int | None, seed: int | None
    ) -> Config:
        """See `Stage`."""
        return with_batch_and_seed(config, batch_size, seed)

    def train(self, run: Run, output: Output) -> TrainingResult:
        """See `Stage`."""
        from musegen.midi_ddsp.generators.exporting import export_expression
        from musegen.midi_ddsp.generators.expression_training import train_expression
        from musegen.midi_ddsp.generators.material import hear_notes

        def hear(tell: Tell) -> Heard:
            return hear_notes(run.data_path, run.inference_model, tell=tell)

        return _trained_generator(
            run,
            output,
            hear=hear,
            train=train_expression,
            export=export_expression,
            what="RMSE",
        )


def _trained_generator(
    run: Run,
    output: Output,
    *,
    hear: Callable[[Tell], Heard],
    train: Callable[..., tuple[Any, TrainingResult]],
    export: Callable[..., object],
    what: str,
) -> TrainingResult:
    """Hear the clips, train one of our generators on them, and export it."""
    config = run.config
    with output.progress("Hearing the recordings") as advance:
        material = hear(lambda _done, _all: advance(1))
    length = None if config.minutes else config.loop.num_steps
    with output.progress("Training", length) as advance:
        networks, result = train(
            material.train,
            material.valid,
            config=config,
            run_dir=run.run_dir,
            resume=run.resume,
            progress=telling(output, config, advance, what),
        )
    with output.progress("Exporting"):
        export(
            networks,
            config=config,
            result=result,
            data=run.data_of(len(material.train), "recordings"),
            scales=material.scales,
            folder=run.export_dir,
        )
    return result
