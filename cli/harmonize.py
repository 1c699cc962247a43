"""`musegen harmonize`: alto, tenor and bass to a melody."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._inputs import Source, expand_inputs
from musegen.cli._options import (
    command_with_examples,
    device_option,
    format_option,
    machine_options,
    model_option,
    output_options,
    seed_option,
)
from musegen.cli._output import Item, Output, notice_json
from musegen.cli._paths import (
    Destination,
    Naming,
    Plan,
    Target,
    plan_outputs,
    write_file,
    write_target,
)
from musegen.data.errors import MissingPackageError, UsageError

if TYPE_CHECKING:
    from musegen.coconet.harmonizing import HarmonizeConfig, Setting
    from musegen.coconet.predicting import CoconetModel
    from musegen.engine.recipe import Recipe

FORMATS = ("midi", "musicxml", "png", "svg")
NAMING = Naming(label="harmonized", default_formats=("midi",))
DEFAULT_MODEL = "coconet_jsb_base"
CANDIDATES_PER_ALTERNATIVE = 2
MIN_CANDIDATES = 4
# Drafts are drawn hotter than they are polished, so that candidates differ. Measured on
# 32 validation sopranos: at 0.7 the polished voices move about as often as Bach's.
DRAFT_HEAT = 1.4


@command_with_examples(
    "harmonize",
    examples=[
        "musegen harmonize melody.mid",
        "musegen harmonize melody.mid -f midi,musicxml,png -n 3 --seed 7",
        "musegen harmonize song.mid --voice name:Vocals --keep all -o song4.mid",
        "cat melody.mid | musegen harmonize - -o - > four.mid",
    ],
)
@click.argument("melodies", nargs=-1, required=True, metavar="MELODY...")
@click.option(
    "-n",
    "--alternatives",
    type=click.IntRange(1, 64),
    default=1,
    help="How many different settings to write, best first.",
)
@click.option(
    "--voice",
    metavar="VOICE",
    show_default="chosen and said",
    help="The melody: 2 or track:2, channel:3, name:Soprano, top, bottom, 2:top.",
)
@click.option(
    "--keep",
    multiple=True,
    metavar="PART",
    show_default="the melody alone",
    help="Keep another part of the input too, named as in --voice, or all.",
)
@click.option(
    "--beat-level",
    metavar="NOTE",
    show_default="chosen and said",
    help="Note value of one harmony: eighth, quarter, dotted-quarter, half, 3/8, ...",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0.0, 10.0),
    default=0.7,
    help="Lower is safer, higher bolder; 0 takes the likeliest, 1 the model as is.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 4096),
    default=20,
    help="Gibbs steps of the draft.",
)
@click.option(
    "--rounds",
    type=click.IntRange(0, 1024),
    default=12,
    help="Rounds of polishing the voice leading; 0 leaves the draft as it is.",
)
@seed_option
@model_option(default=DEFAULT_MODEL)
@device_option
@format_option(FORMATS, default="midi")
@output_options
@machine_options
def command(
    melodies: tuple[str, ...],
    alternatives: int,
    voice: str | None,
    keep: tuple[str, ...],
    beat_level: str | None,
    temperature: float,
    steps: int,
    rounds: int,
    seed: int,
    model: str,
    device: str,
    formats: tuple[str, ...] | None,
    destination: Destination,
    output: Output,
) -> None:
    """Write alto, tenor and bass to melodies; the melody comes back as it was."""
    sources = expand_inputs(melodies)
    plans = plan_outputs(
        sources,
        destination=destination,
        naming=NAMING,
        formats=formats,
        num_alternatives=alternatives,
    )
    _check_formats(plans)
    config = _config(
        alternatives=alternatives,
        voice=voice,
        keep=keep,
        beat_level=beat_level,
        temperature=temperature,
        steps=steps,
        rounds=rounds,
    )
    output.expect(len(sources))
    run = _Run(config=config, seed=seed, model=model, device=device, output=output)
    for plan in plans:
        with output.item(plan.source.name) as item:
            if plan.is_skipped:
                item.skip("its outputs exist")
                continue
            run.harmonize(plan, item)


def _config(
    *,
    alternatives: int,
    voice: str | None,
    keep: tuple[str, ...],
    beat_level: str | None,
    temperature: float,
    steps: int,
    rounds: int,
) -> HarmonizeConfig:
    from musegen.coconet.harmonizing import HarmonizeConfig
    from musegen.coconet.refinement import RefinementConfig
    from musegen.coconet.sampling import GibbsConfig
    from musegen.data.beat_level import parse_beat_level

    if "all" in keep and len(keep) > 1:
        raise UsageError("--keep all already keeps every part: leave the others out")
    return HarmonizeConfig(
        num_alternatives=alternatives,
        num_candidates=max(MIN_CANDIDATES, CANDIDATES_PER_ALTERNATIVE * alternatives),
        gibbs=GibbsConfig(num_steps=steps, temperature=DRAFT_HEAT * temperature),
        refinement=RefinementConfig(num_rounds=rounds, temperature=temperature),
        voice=voice,
        keep=keep,
        beat_level=None if beat_level is None else parse_beat_level(beat_level),
    )


def _check_formats(plans: Sequence[Plan]) -> None:
    """Refuse what cannot be written before any work is done."""
    formats = {target.format for plan in plans for target in plan.targets}
    for format in sorted(formats - set(FORMATS)):
        raise UsageError(
            f"harmonize writes {', '.join(FORMATS)}, not {format}: change the "
            "extension of -o, or -f"
        )
    if "png" in formats and importlib.util.find_spec("matplotlib") is None:
        raise MissingPackageError("matplotlib", extra="plot", purpose="a PNG picture")


class _Run:
    """What all inputs of one call share; the model is loaded with the first."""

    def __init__(
        self,
        *,
        config: HarmonizeConfig,
        seed: int,
        model: str,
        device: str,
        output: Output,
    ) -> None:
        self.config = config
        self.seed = seed
        self.model_name = model
        self.device = device
        self.output = output
        self._model: CoconetModel | None = None

    def harmonize(self, plan: Plan, item: Item) -> None:
        """Read, harmonise and write one input."""
        from musegen.coconet.harmonizing import harmonize_task, num_forwards
        from musegen.coconet.melody import prepare_melody
        from musegen.data.files import read_score

        started = time.monotonic()
        content = self._content(plan.source)
        read = read_score(content, name=plan.source.name)
        for notice in read.notices:
            item.notice(notice)
        task = prepare_melody(
            read.score, voice=self.config.voice, beat_level=self.config.beat_level
        )
        total = num_forwards(task, self.config)
        with self.output.progress(f"Harmonizing {plan.source.name}", total) as advance:
            result = harmonize_task(
                task,
                model=self._load_model(),
                config=self.config,
                seed=self.seed,
                advance=advance,
            )
        for notice in result.notices:
            item.notice(notice)
        written = self._write(plan, item, result.settings)
        item.set(
            model={
                "name": self._load_model().name,
                "sha256": self._load_model().digest,
            },
            seconds=round(time.monotonic() - started, 2),
        )
        if plan.sidecar is not None:
            recipe = self._recipe(plan, content, item, written)
            write_file(
                plan.sidecar, recipe.to_json().encode("utf-8"), overwrite=plan.overwrite
            )

    def _load_model(self) -> CoconetModel:
        if self._model is None:
            from musegen.coconet.predicting import load_coconet

            self._model = load_coconet(self.model_name, device=self.device)
        return self._model

    def _content(self, source: Source) -> bytes:
        from musegen.data.files import read_bytes

        content, _ = read_bytes(source.content(), name=source.name)
        return content

    def _write(
        self, plan: Plan, item: Item, settings: Sequence[Setting]
    ) -> list[tuple[Target, bytes]]:
        """Make every file, then write them: nothing if one cannot be made."""
        from musegen.cli._score_bytes import score_bytes

        made = []
        with self.output.progress(f"Writing {plan.source.name}"):
            for target in plan.targets:
                if target.index > len(settings):
                    continue  # said by the notice `few-alternatives`
                setting = settings[target.index - 1]
                data, notices = score_bytes(
                    setting.score,
                    target.format,
                    title=plan.source.stem,
                    given_parts=frozenset({0}),
                )
                made.append((target, setting, data))
                if target.index == 1:
                    for notice in notices:
                        item.notice(notice)
        for target, setting, data in made:
            write_target(target, data, plan=plan, output=self.output)
            item.output(target.path, format=target.format, **self._facts(setting))
        return [(target, data) for target, _, data in made]

    def _facts(self, setting: Setting) -> dict[str, object]:
        evaluation = setting.evaluation
        return {
            "rank": setting.rank,
            "seed": self.seed,
            "voices": 4,
            "nats_per_cell": round(evaluation.nats_per_cell, 4),
            "parallel_fifths": evaluation.leading.parallel_fifths,
            "parallel_octaves": evaluation.leading.parallel_octaves,
            "crossings": evaluation.leading.crossings,
        }

    def _recipe(
        self,
        plan: Plan,
        content: bytes,
        item: Item,
        written: Sequence[tuple[Target, bytes]],
    ) -> Recipe:
        from musegen import __version__
        from musegen.engine.digests import sha256_of
        from musegen.engine.recipe import Recipe, RecipeFile, RecipeModel

        config, model = self.config, self._load_model()
        return Recipe(
            musegen_version=__version__,
            command="harmonize",
            options={
                "alternatives": config.num_alternatives,
                "voice": config.voice,
                "keep": list(config.keep),
                "beat_level": None
                if config.beat_level is None
                else str(config.beat_level / 4),
                "temperature": config.refinement.temperature,
                "steps": config.gibbs.num_steps,
                "rounds": config.refinement.num_rounds,
                "model": self.model_name,
                "device": self.device,
                "format": list(dict.fromkeys(t.format for t in plan.targets)),
            },
            seed=self.seed,
            inputs=(RecipeFile(name=_input_name(plan), sha256=sha256_of(content)),),
            model=RecipeModel(name=model.name, sha256=model.digest),
            outputs=tuple(
                RecipeFile(
                    name=target.path.name,
                    sha256=sha256_of(data),
                    facts={"format": target.format, "rank": target.index},
                )
                for target, data in written
                if target.path is not None
            ),
            notices=tuple(notice_json(notice) for notice in item.notices),
            given_parts=(0,),
        )


def _input_name(plan: Plan) -> str:
    """Return the input as seen from the folder of the recipe; a full path stays one."""
    path = plan.source.path
    if path is None or plan.sidecar is None or path.is_absolute():
        return plan.source.name
    try:
        return Path(os.path.relpath(path, plan.sidecar.parent)).as_posix()
    except ValueError:  # another drive
        return plan.source.name
