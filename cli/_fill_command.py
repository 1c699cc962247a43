"""What harmonize, complete and compose do alike: fill, write, record, be interrupted.

A command says which options it has and makes a `ScoreJob`; the files, the JSON, the
recipe and Ctrl-C are here.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._errors import EXIT_INTERRUPTED
from musegen.cli._interrupt import graceful_interrupt
from musegen.cli._output import Item, Output, notice_json
from musegen.cli._paths import Plan, Target, write_file, write_target
from musegen.cli._play_options import HEARD_FORMATS, Play
from musegen.data.errors import MissingPackageError, UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.cli._play_settings import SettingPlayer
    from musegen.coconet.predicting import CoconetModel
    from musegen.coconet.score_filling import FilledScore, ScoreJob, Setting
    from musegen.data.score import Score
    from musegen.engine.recipe import Recipe, RecipeFile

SCORE_FORMATS = ("midi", "musicxml", "png", "svg")
FORMATS = (*SCORE_FORMATS, *HEARD_FORMATS)
DEFAULT_MODEL = "coconet_jsb_base"
NOBODY = Play()


@dataclass(frozen=True, slots=True, kw_only=True)
class FillCommand:
    """One call of a command that fills scores.

    Args:
        name: `harmonize`.
        options: What the recipe records beside model, device and formats.
        seed: As given or drawn.
        model: Name or folder.
        device: `auto`, `cpu` or `gpu`.
        precision: `auto`, `float32` or `int8`, see `load_predictor`.
        play: Who plays the results, if anybody.
        output: What the user hears.
    """

    name: str
    options: Mapping[str, object]
    seed: int
    model: str
    device: str
    precision: str
    play: Play
    output: Output


def check_formats(plans: Sequence[Plan], *, command: str, play: Play = NOBODY) -> None:
    """Refuse what cannot be written before any work is done.

    Args:
        plans: What will be written.
        command: Its name, for the message.
        play: Who plays, if anybody.

    Raises:
        MissingPackageError: A picture is asked for and nothing can draw it.
        UsageError: A format is not written by these commands, or nobody plays what
            shall sound.
    """
    formats = {target.format for plan in plans for target in plan.targets}
    for format in sorted(formats - set(FORMATS)):
        raise UsageError(
            f"{command} writes {', '.join(FORMATS)}, not {format}: change the "
            "extension of -o, or -f"
        )
    play.check(plans)
    if "png" in formats and importlib.util.find_spec("matplotlib") is None:
        raise MissingPackageError("matplotlib", extra="plot", purpose="a PNG picture")


def run_all(
    command: FillCommand, plans: Sequence[Plan], make_job: Callable[[Score], ScoreJob]
) -> None:
    """Fill every input and write what comes of it; ends with 130 if interrupted.

    Args:
        command: What all inputs share.
        plans: One an input.
        make_job: Makes ready what was read.
    """

    def read(plan: Plan, item: Item) -> tuple[ScoreJob, bytes]:
        from musegen.data.files import read_bytes, read_score

        content, _ = read_bytes(plan.source.content(), name=plan.source.name)
        result = read_score(content, name=plan.source.name)
        for notice in result.notices:
            item.notice(notice)
        return make_job(result.score), content

    run = _Run(command, is_idle=all(plan.is_skipped for plan in plans))
    command.output.expect(len(plans))
    for index, plan in enumerate(plans):
        with command.output.item(plan.source.name) as item:
            if plan.is_skipped:
                item.skip("its outputs exist")
                continue
            run.fill(plan, item, read)
        if run.was_stopped:
            _end_interrupted(command.output, num_left=len(plans) - index - 1)


def run_one(command: FillCommand, plan: Plan, job: ScoreJob) -> None:
    """Fill a score that was not read from a file; ends with 130 if interrupted.

    Args:
        command: What is recorded.
        plan: Where the results go; its source is but a name.
        job: What is filled.
    """
    run = _Run(command, is_idle=plan.is_skipped)
    with command.output.item(plan.source.name) as item:
        if plan.is_skipped:
            item.skip("its outputs exist")
        else:
            run.fill(plan, item, lambda plan, item: (job, None))
    if run.was_stopped:
        _end_interrupted(command.output, num_left=0)


def _end_interrupted(output: Output, *, num_left: int) -> None:
    if num_left:
        more = "1 input was" if num_left == 1 else f"{num_left} inputs were"
        message = f"{more} not begun: name them again to go on"
        output.notice(Notice(code="inputs-left", message=message))
    click.get_current_context().exit(EXIT_INTERRUPTED)


class _Run:
    """What all inputs of one call share; the model is loaded with the first.

    Args:
        command: What is asked for.
        is_idle: Nothing will be filled.

    Raises:
        ModelError: Somebody shall play and cannot be had.
    """

    def __init__(self, command: FillCommand, *, is_idle: bool) -> None:
        self.command = command
        self.output = command.output
        self.was_stopped = False
        self._model: CoconetModel | None = None
        self._player: SettingPlayer | None = None
        if command.play.is_wanted and not is_idle:
            from musegen.cli._play_settings import SettingPlayer

            self._player = SettingPlayer(
                command.play,
                device=command.device,
                seed=command.seed,
                output=command.output,
            )

    def fill(
        self,
        plan: Plan,
        item: Item,
        read: Callable[[Plan, Item], tuple[ScoreJob, bytes | None]],
    ) -> None:
        """Read, fill and write one input."""
        started = time.monotonic()
        job, content = read(plan, item)
        result = self._filled(plan, job)
        for notice in result.notices:
            item.notice(notice)
        self.was_stopped = result.was_stopped
        written = self._write(plan, item, result.settings)
        model = self._load_model()
        item.set(
            model={"name": model.name, "sha256": model.digest},
            seconds=round(time.monotonic() - started, 2),
        )
        if plan.sidecar is not None:
            given = result.settings[0].given_parts
            recipe = self._recipe(plan, content, item, written, given)
            write_file(
                plan.sidecar, recipe.to_json().encode("utf-8"), overwrite=plan.overwrite
            )

    def _filled(self, plan: Plan, job: ScoreJob) -> FilledScore:
        model = self._load_model()
        total = job.num_forwards()
        verb = f"{self.command.name.capitalize().removesuffix('e')}ing"
        name = plan.source.name
        with (
            graceful_interrupt(self.output.note) as is_stopped,
            self.output.progress(f"{verb} {name}", total) as advance,
        ):
            return job.run(
                model=model,
                seed=self.command.seed,
                advance=advance,
                is_stopped=is_stopped,
            )

    def _load_model(self) -> CoconetModel:
        if self._model is None:
            from musegen.coconet.predicting import load_coconet

            self._model = load_coconet(
                self.command.model,
                device=self.command.device,
                precision=self.command.precision,
            )
        return self._model

    def _write(
        self, plan: Plan, item: Item, settings: Sequence[Setting]
    ) -> list[RecipeFile]:
        """Make every file, then write them: nothing if one cannot be made."""
        targets = [t for t in plan.targets if t.index <= len(settings)]
        # those beyond are said by the notice `few-alternatives`
        written: set[Target] = set()
        scores = self._score_bytes(plan, item, settings, targets)
        if self._player is not None:
            written |= self._play(self._player, plan, item, settings, targets)
        for target, data in scores.items():
            write_target(target, data, plan=plan, output=self.output)
            written.add(target)
        facts = [self._facts(setting) for setting in settings]
        files = []
        for target in targets:
            if target in written:
                of_setting = facts[target.index - 1]
                item.output(target.path, format=target.format, **of_setting)
                if plan.sidecar is not None and target.path is not None:
                    files.append(self._recorded(target, target.path))
        return files

    def _score_bytes(
        self,
        plan: Plan,
        item: Item,
        settings: Sequence[Setting],
        targets: Sequence[Target],
    ) -> dict[Target, bytes]:
        """Make what does not sound."""
        from musegen.cli._score_bytes import score_bytes

        made = {}
        with self.output.progress(f"Writing {plan.source.name}"):
            for target in targets:
                if target.format in HEARD_FORMATS:
                    continue
                setting = settings[target.index - 1]
                made[target], notices = score_bytes(
                    setting.score,
                    target.format,
                    title=plan.source.stem,
                    given_parts=frozenset(setting.given_parts),
                )
                if target.index == 1:
                    for notice in notices:
                        item.notice(notice)
        return made

    def _play(
        self,
        player: SettingPlayer,
        plan: Plan,
        item: Item,
        settings: Sequence[Setting],
        targets: Sequence[Target],
    ) -> set[Target]:
        """Write what sounds; nothing once the user stops it."""
        from musegen.cli._play_settings import Heard

        sounds = [target for target in targets if target.format in HEARD_FORMATS]
        heard = [
            Heard(
                score=setting.score,
                given_parts=frozenset(setting.given_parts),
                targets=tuple(t for t in sounds if t.index == index),
            )
            for index, setting in enumerate(settings, start=1)
            if any(target.index == index for target in sounds)
        ]
        if player.write(plan, item, heard):
            return set(sounds)
        self.was_stopped = True
        return set()

    def _recorded(self, target: Target, path: Path) -> RecipeFile:
        """Return what the recipe says of a file."""
        from musegen.engine.digests import sha256_of_file
        from musegen.engine.recipe import RecipeFile

        facts: dict[str, object] = {"format": target.format, "rank": target.index}
        if self._player is not None and target.format in HEARD_FORMATS:
            facts |= self._player.facts
        return RecipeFile(name=path.name, sha256=sha256_of_file(path), facts=facts)

    def _facts(self, setting: Setting) -> dict[str, object]:
        evaluation = setting.evaluation
        return {
            "rank": setting.rank,
            "seed": self.command.seed,
            "voices": int((setting.grid >= 0).any(axis=0).sum()),
            "cost": round(evaluation.cost, 4),
            "nats_per_cell": round(evaluation.nats_per_cell, 4),
            "grade": self._grade(setting),
            "parallel_fifths": evaluation.leading.parallel_fifths,
            "parallel_octaves": evaluation.leading.parallel_octaves,
            "crossings": evaluation.leading.crossings,
        }

    def _grade(self, setting: Setting) -> float | None:
        """The grade of what is written, of its grid where that is more than a quartet.

        The grade that candidates were ranked by knows no bars, takes the harmonic beat
        for a quarter, and so differs from that of the file.
        """
        from musegen.data.grading.reading import written_grade

        if not self.output.is_json or setting.evaluation.grade is None:
            return None  # nobody hears of it, or the score is long: it takes its time
        grade = written_grade(setting.score) or setting.evaluation.grade
        return round(grade.total, 2)

    def _recipe(
        self,
        plan: Plan,
        content: bytes | None,
        item: Item,
        written: Sequence[RecipeFile],
        given_parts: tuple[int, ...],
    ) -> Recipe:
        from musegen import __version__
        from musegen.engine.digests import sha256_of
        from musegen.engine.recipe import Recipe, RecipeFile, RecipeModel

        model = self._load_model()
        inputs = []
        if content is not None:
            name = _input_name(plan)
            inputs.append(RecipeFile(name=name, sha256=sha256_of(content)))
        return Recipe(
            musegen_version=__version__,
            command=self.command.name,
            options={
                **self.command.options,
                **self.command.play.recipe(),
                "model": self.command.model,
                "device": self.command.device,
                "precision": self.command.precision,
                "format": list(dict.fromkeys(t.format for t in plan.targets)),
            },
            seed=self.command.seed,
            inputs=tuple(inputs),
            model=RecipeModel(name=model.name, sha256=model.digest),
            outputs=tuple(written),
            notices=tuple(notice_json(notice) for notice in item.notices),
            given_parts=given_parts,
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
