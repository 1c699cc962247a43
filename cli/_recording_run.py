"""What commands on recordings do alike: read, write all or nothing, leave a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musegen.cli._inputs import Source
from musegen.cli._output import Item, Output, notice_json
from musegen.cli._paths import Plan, Target, write_file, write_target

if TYPE_CHECKING:
    from musegen.engine.recipe import RecipeModel
    from musegen.midi_ddsp.analysis.harmonic_analysis import ParameterEstimator
    from musegen.midi_ddsp.audio.reading import Recording

Made = Sequence[tuple[Target, bytes, Mapping[str, object]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingCommand:
    """One call of a command on recordings.

    Args:
        name: `analyse`.
        options: What the recipe records beside the formats.
        seed: As given or drawn; None for a command that draws nothing.
        output: What the user hears.
    """

    name: str
    options: Mapping[str, object]
    seed: int | None
    output: Output


def read_recording(source: Source, item: Item) -> tuple[Recording, bytes]:
    """Return a recording as the models take it, and its bytes; remarks are told.

    Raises:
        InputError: It cannot be read.
        FileFormatError: It is empty, damaged or no sound.
    """
    from musegen.data.files import read_bytes
    from musegen.midi_ddsp.audio.reading import read_audio

    content, name = read_bytes(source.content(), name=source.name)
    recording = read_audio(content, name=name)
    for notice in recording.notices:
        item.notice(notice)
    return recording, content


def write_results(
    command: RecordingCommand,
    plan: Plan,
    item: Item,
    *,
    made: Made,
    inputs: Sequence[tuple[str, bytes]],
    estimator: ParameterEstimator | None,
) -> None:
    """Write every file of an input, which are all made by now, and the recipe.

    Args:
        command: What is recorded.
        plan: Where the files go.
        item: Told of each.
        made: Where, what, and what JSON says of it.
        inputs: Name, as seen from the recipe, and content of each file that went in.
        estimator: What found the parameters; None where nothing was heard.

    Raises:
        OutputError: One cannot be written.
    """
    for target, data, fields in made:
        write_target(target, data, plan=plan, output=command.output)
        item.output(target.path, format=target.format, **fields)
    if plan.sidecar is not None:
        text = _recipe_text(command, plan, item, made, inputs, _model_of(estimator))
        write_file(plan.sidecar, text.encode("utf-8"), overwrite=plan.overwrite)


def _model_of(estimator: ParameterEstimator | None) -> RecipeModel | None:
    from musegen.engine.recipe import RecipeModel

    digest = getattr(estimator, "digest", None)
    if estimator is None or digest is None:
        return None
    return RecipeModel(name=estimator.name, sha256=digest)


def _recipe_text(
    command: RecordingCommand,
    plan: Plan,
    item: Item,
    made: Made,
    inputs: Sequence[tuple[str, bytes]],
    model: RecipeModel | None,
) -> str:
    from musegen import __version__
    from musegen.engine.digests import sha256_of
    from musegen.engine.recipe import Recipe, RecipeFile

    recipe = Recipe(
        musegen_version=__version__,
        command=command.name,
        options={
            **command.options,
            "format": list(dict.fromkeys(target.format for target in plan.targets)),
        },
        seed=command.seed,
        inputs=tuple(
            RecipeFile(name=name, sha256=sha256_of(content)) for name, content in inputs
        ),
        model=model,
        outputs=tuple(
            RecipeFile(
                name=target.path.name,
                sha256=sha256_of(data),
                facts={"format": target.format},
            )
            for target, data, _ in made
            if target.path is not None
        ),
        notices=tuple(notice_json(notice) for notice in item.notices),
    )
    return recipe.to_json()
