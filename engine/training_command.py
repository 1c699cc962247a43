"""The command that trains a model again, found from the config of its run.

A run may have been stopped, changed and resumed, so the words that it was started with
say less than the config that it ended with.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from musegen.engine.run_inputs import StartingModel, TrainingData

Config = Any  # a dataclass of a package of models, with a `loop`

_INDENT = "    "
_WIDTH = 88  # characters a line of a card


def preset_options(
    config: Config,
    presets: Mapping[str, Config],
    *,
    batch_field: str = "batch_size",
    can_set_rate: bool = False,
) -> tuple[str, ...] | None:
    """Return the options that turn a preset into a config.

    Args:
        config: Of the run.
        presets: By the names that `--preset` takes; `default` needs none.
        batch_field: What `--batch-size` changes.
        can_set_rate: Whether the command has `--learning-rate`.

    Returns:
        Words of a command line; None where no preset can be turned into it.
    """
    for name, preset in presets.items():
        if _with_options_of(config, preset, batch_field, can_set_rate) == config:
            words = () if name == "default" else ("--preset", name)
            return (*words, *_changes(config, preset, batch_field))
    return None


def retraining(
    command: str,
    name: str,
    options: tuple[str, ...] | None,
    *,
    data: TrainingData,
    start: StartingModel | None = None,
    takes_config: bool = False,
) -> str:
    """Return the command that trains a model again, introduced, for its card.

    Args:
        command: Its first words: `musegen train coconet`.
        name: Of the model.
        options: What `preset_options` found.
        data: What the model learned from.
        start: The model that it began from.
        takes_config: Whether the command has `--config`, for what no preset trains.
    """
    introduction = "Retrain with one command:"
    if options is None and not takes_config:
        return "No preset trains the same; `config.json` in the run's folder says how."
    if options is None:
        options = ("--config", "config.json")
        introduction = (
            "Retrain with one command, `config.json` being that of the run's folder:"
        )
    begun = () if start is None else ("--from", start.name)
    words = (command, *options, *begun, *data.options)
    block = command_block((*words, "--run", f"runs/{name}", "--export", name))
    return f"{introduction}\n\n{block}"


def command_block(words: Sequence[str]) -> str:
    """Return a command as indented lines of a card, long ones continued.

    Args:
        words: The command, and the words that follow it, quoted where a shell needs it;
            an option and its value stay on one line.
    """
    pairs = [words[0]]
    for word in map(shlex.quote, words[1:]):
        is_value = not word.startswith("--") and pairs[-1].startswith("--")
        if is_value and " " not in pairs[-1]:
            pairs[-1] += f" {word}"
        else:
            pairs.append(word)
    lines = [_INDENT + pairs[0]]
    for pair in pairs[1:]:
        if len(lines[-1]) + len(pair) + len("  \\") > _WIDTH:
            lines[-1] += " \\"
            lines.append(2 * _INDENT + pair)
        else:
            lines[-1] += f" {pair}"
    return "\n".join(lines)


def _with_options_of(
    config: Config, preset: Config, batch_field: str, can_set_rate: bool
) -> Config:
    """Return a preset with all that options could have changed as it is in a config."""
    if type(preset) is not type(config):
        return None
    names = {"minutes", "precision", "seed", batch_field}
    changed = {
        item.name: getattr(config, item.name)
        for item in dataclasses.fields(config)
        if item.name in names
    }
    loop = preset.loop
    if not changed.get("minutes"):  # --steps ends a run that --minutes does not
        loop = dataclasses.replace(loop, num_steps=config.loop.num_steps)
    if can_set_rate:
        loop = dataclasses.replace(loop, learning_rate=config.loop.learning_rate)
    return dataclasses.replace(preset, loop=loop, **changed)


def _changes(config: Config, preset: Config, batch_field: str) -> tuple[str, ...]:
    words: list[str] = []
    minutes = getattr(config, "minutes", 0.0)
    if minutes and minutes != preset.minutes:
        words += ["--minutes", f"{minutes:.10g}"]
    elif not minutes and (
        config.loop.num_steps != preset.loop.num_steps
        or getattr(preset, "minutes", 0.0)
    ):
        words += ["--steps", str(config.loop.num_steps)]
    if getattr(config, batch_field) != getattr(preset, batch_field):
        words += ["--batch-size", str(getattr(config, batch_field))]
    if config.loop.learning_rate != preset.loop.learning_rate:
        words += ["--learning-rate", f"{config.loop.learning_rate:.10g}"]
    if hasattr(config, "precision"):  # the command chooses it by the machine
        words += ["--precision", config.precision]
    if config.seed != preset.seed:
        words += ["--seed", str(config.seed)]
    return tuple(words)
