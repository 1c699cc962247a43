"""The published generators as stages of `musegen train midi-ddsp`.

The presets `paper` and `paper-gan` of the stages synthesis and expression. A model has
both halves; a run trains one, and takes the other from the model that it began from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._output import Output
from musegen.cli._train_stages import (
    PUBLISHED_PRESETS,
    Config,
    Run,
    Stage,
    preset_of,
    stage_named,
    with_batch_and_seed,
)
from musegen.cli._training import telling
from musegen.data.errors import TrainingError, UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.engine.training import TrainingResult
    from musegen.midi_ddsp.original.exporting_stage import Origin
    from musegen.midi_ddsp.takes.take import Take

_ORIGIN_NAME = "begun_from.json"  # in the run's folder, for when it goes on
_STAGE_PREFIX = "original_"  # of the stages in configs of runs


def chosen_stage(name: str, preset: str | None, resumed: Path | None) -> Stage:
    """Return what a command trains: a network of ours, or a published one.

    Args:
        name: One of `STAGES`.
        preset: What was asked for, None for nothing.
        resumed: Folder of the run that goes on; None for a new run.

    Raises:
        UsageError: The run is one of another stage.
    """
    if resumed is None:
        is_published = preset in PUBLISHED_PRESETS.get(name, ())
        return OriginalStage(name) if is_published else stage_named(name)
    half = _published_half(resumed)
    if half is None:
        return stage_named(name)
    if half != name:
        raise UsageError(
            f"{resumed} holds a run of the published generator of the stage {half}, "
            f"and --stage is {name}: resume it with --stage {half}"
        )
    return OriginalStage(half)


def _published_half(run_dir: Path) -> str | None:
    """The half that a run trains; None for a run of ours, and for what is no run."""
    from musegen.engine.training_configs import CONFIG_NAME, read_json_object
    from musegen.midi_ddsp.original.training_config import STAGE_KEY

    try:
        stage = str(read_json_object(run_dir / CONFIG_NAME).get(STAGE_KEY, ""))
    except (OSError, ValueError):  # told when the config is read
        return None
    half = stage.removeprefix(_STAGE_PREFIX)
    return half if half != stage and half in PUBLISHED_PRESETS else None


class OriginalStage:
    """One of the two published generators.

    Args:
        half: `synthesis` or `expression`.
    """

    hears_clips = True
    begins_from_models = True

    def __init__(self, half: str) -> None:
        self.half = half

    def preset(self, name: str) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.original import training_config

        presets: Mapping[str, Config] = (
            training_config.SYNTHESIS_PRESETS
            if self.half == "synthesis"
            else training_config.EXPRESSION_PRESETS
        )
        return preset_of(presets, name, self.half)

    def stored(self, run_dir: Path) -> Config:
        """See `Stage`."""
        from musegen.midi_ddsp.original.training_config import read_run_config

        return read_run_config(run_dir, type(self.preset("paper")))

    def changed(
        self, config: Config, batch_size: int | None, seed: int | None
    ) -> Config:
        """See `Stage`."""
        return with_batch_and_seed(config, batch_size, seed)

    def train(self, run: Run, output: Output) -> TrainingResult:
        """See `Stage`."""
        from musegen.midi_ddsp.original.exporting_stage import export_stage

        origin = _origin(run)
        _tell_of_other_half(self.half, origin, output)
        takes = _heard(run, output)
        config = run.config
        length = None if config.minutes else config.loop.num_steps
        with output.progress("Training", length) as advance:
            network, result = self._trainer()(
                takes["train"],
                takes["valid"],
                config=config,
                run_dir=run.run_dir,
                resume=run.resume,
                progress=telling(output, config, advance, "loss"),
                initial=None if origin is None else origin.tensors[self.half],
            )
        with output.progress("Exporting"):
            export_stage(
                network,
                config=config,
                result=result,
                origin=origin,
                data=run.data_of(len(takes["train"]), "recordings"),
                instruments=_instruments(takes["train"]),
                folder=run.export_dir,
            )
        return result

    def _trainer(self) -> Callable[..., tuple[object, TrainingResult]]:
        if self.half == "synthesis":
            from musegen.midi_ddsp.original import training_synthesis

            return training_synthesis.train_original_synthesis
        from musegen.midi_ddsp.original import training_expression

        return training_expression.train_original_expression


def _heard(run: Run, output: Output) -> dict[str, list[Take]]:
    """The recordings of the splits train and valid that have notes."""
    from musegen.midi_ddsp.inference.model import InferenceModel
    from musegen.midi_ddsp.original.training_batches import slot_of
    from musegen.midi_ddsp.takes.reading import iterate_takes

    takes: dict[str, list[Take]] = {"train": [], "valid": []}
    model = InferenceModel.load(run.inference_model, num_threads=1)
    with output.progress("Hearing the recordings") as advance:
        for take in iterate_takes(
            run.data_path,
            model,
            splits=tuple(takes),
            tell=lambda _done, _all: advance(1),
        ):
            if take.notes:
                slot_of(take)  # said now, not when all have been heard
                takes[take.split].append(take)
    return takes


def _instruments(takes: Sequence[Take]) -> tuple[str, ...]:
    return tuple(sorted({take.instrument for take in takes}))


def _tell_of_other_half(half: str, origin: Origin | None, output: Output) -> None:
    from musegen.midi_ddsp.original.exporting_stage import OTHER_HALF, is_left_untrained

    other = OTHER_HALF[half]
    if is_left_untrained(other, origin):
        message = (
            f"the {other} half of the model stays untrained: afterwards train it with "
            f"--stage {other} --preset paper --from and this run's model"
        )
        output.notice(Notice(code="untrained-half", message=message))
    if half == "synthesis" and origin is not None and origin.rooms is not None:
        message = (
            f"the rooms of '{origin.name}' are left out of the model: it learns to "
            "sound like the recordings without one"
        )
        output.notice(Notice(code="rooms-left-out", message=message))


def _origin(run: Run) -> Origin | None:
    """What the run begins from, or began from; the run's folder keeps it."""
    from musegen.midi_ddsp.original.exporting_stage import read_origin

    path = run.run_dir / _ORIGIN_NAME
    if run.resume:
        return _kept_origin(path)
    if run.begun_from is None:
        path.unlink(missing_ok=True)  # of a run that never began
        return None
    origin = read_origin(run.begun_from)
    run.run_dir.mkdir(parents=True, exist_ok=True)
    kept = {"model": str(origin.path), "digest": origin.digest}
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return origin


def _kept_origin(path: Path) -> Origin | None:
    from musegen.engine.training_configs import read_json_object
    from musegen.midi_ddsp.original.exporting_stage import read_origin

    try:
        kept = read_json_object(path)
        model, digest = Path(kept["model"]), str(kept["digest"])
    except FileNotFoundError:
        return None
    except (KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} does not say what the run began from ({error}): start a new run"
        ) from error
    origin = read_origin(model)
    if origin.digest != digest:
        raise TrainingError(
            f"the run began from the model {model}, which has changed since: put the "
            "model back, or start a new run"
        )
    return origin
