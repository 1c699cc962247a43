"""Options of filling become configs, and the recipe holds each of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import click
import pytest
from click.testing import CliRunner

from musegen.cli._sampling_options import (
    DEFAULT_STEPS,
    DRAFT_HEAT,
    Reading,
    Sampling,
    reading_options,
    sampling_options,
)
from musegen.cli._wish_options import Asked, wish_options
from musegen.coconet.ancestral import AncestralConfig
from musegen.coconet.ancestral_gibbs import AncestralGibbsConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.schedules import CosineSchedule
from musegen.coconet.upsampling import UpsamplingConfig
from musegen.data.errors import UsageError

COMMANDS = ("harmonize", "complete", "compose")


def read(*arguments: str) -> dict[str, Any]:
    """What a command with all three groups is given."""
    told: dict[str, Any] = {}

    @click.command()
    @reading_options(line="A line", default="chosen")
    @sampling_options
    @wish_options(cadence="none", key="found")
    def command(reading: Reading, sampling: Sampling, asked: Asked) -> None:
        told.update(reading=reading, sampling=sampling, asked=asked)

    outcome = CliRunner().invoke(command, list(arguments))
    if outcome.exception is not None:
        raise outcome.exception
    return told


def sampling(*arguments: str) -> Sampling:
    found = read(*arguments)["sampling"]
    assert isinstance(found, Sampling)
    return found


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gibbs", GibbsConfig),
        ("blocks", GibbsConfig),
        ("upsampling", UpsamplingConfig),
        ("ancestral-gibbs", AncestralGibbsConfig),
        ("ancestral", AncestralConfig),
        ("chronological", AncestralConfig),
    ],
)
def test_every_sampler_has_its_config(name: str, kind: type) -> None:
    words = ["--sampler", name, "--temperature", "0.5", "--top-p", "0.8"]
    config = sampling(*words).fill_config()
    assert isinstance(config.sampler, kind)
    assert config.sampler.temperature == DRAFT_HEAT * 0.5
    assert (config.sampler.top_p, config.refinement.top_p) == (0.8, 0.8)
    assert config.refinement.temperature == 0.5


@pytest.mark.parametrize("name", DEFAULT_STEPS)
def test_drafts_that_are_not_polished_are_drawn_at_the_temperature_asked_for(
    name: str,
) -> None:
    found = sampling("--sampler", name, "--temperature", "1", "--rounds", "0")
    assert found.fill_config().sampler.temperature == 1.0


def test_recipe_says_how_hot_drafts_were_drawn() -> None:
    assert sampling().recipe()["draft_heat"] == DRAFT_HEAT
    assert sampling("--rounds", "0").recipe()["draft_heat"] == 1.0


def test_samplers_of_one_config_differ() -> None:
    def config(name: str) -> object:
        return sampling("--sampler", name).fill_config().sampler

    assert config("gibbs") != config("blocks")
    assert config("ancestral") != config("chronological")


@pytest.mark.parametrize("name", DEFAULT_STEPS)
def test_steps_have_a_default_of_their_own(name: str) -> None:
    assert sampling("--sampler", name).steps == DEFAULT_STEPS[name]
    if DEFAULT_STEPS[name] is not None:
        assert sampling("--sampler", name, "--steps", "7").steps == 7


def test_candidates_grow_with_alternatives() -> None:
    assert sampling().candidates == 2
    assert sampling("-n", "5").candidates == 10
    config = sampling("-n", "3", "--candidates", "3", "--rests").fill_config()
    assert (config.num_alternatives, config.num_candidates) == (3, 3)
    assert config.allow_rests


def test_recipe_of_sampling_has_every_field() -> None:
    found = sampling("--rounds", "3")
    recipe = found.recipe()
    del recipe["draft_heat"]  # follows from the fields
    assert recipe == {f.name: getattr(found, f.name) for f in fields(found)}


def test_recipe_has_words_as_they_were_typed() -> None:
    told = read(
        *["--voice", "2", "--beat-level", "dotted-quarter", "--phrase-ends", "4:3"],
    )
    assert told["reading"].recipe() == {
        "voice": ["2"],
        "beat_level": "3/8",
        "phrase_ends": "4:3",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sampler", "ancestral", "--steps", "3"],
        ["--steps", "1", "--schedule", "cosine"],
        ["--sampler", "blocks", "--steps", "1", "--schedule", "constant"],
        ["--sampler", "upsampling", "--schedule", "steep"],
        ["--temperature", "0", "--top-p", "0.5"],
        ["-n", "3", "--candidates", "2"],
        ["--phrase-ends", "nonsense"],
        ["--beat-level", "nonsense"],
    ],
)
def test_options_that_cannot_act_are_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        read(*arguments)


def test_commands_spell_options_alike() -> None:
    from importlib import import_module

    def options(name: str) -> dict[str, tuple[object, ...]]:
        command = import_module(f"musegen.cli.{name}").command
        return {
            option.opts[0]: (option.opts, option.help)
            for option in command.params
            if isinstance(option, click.Option)
        }

    found = [options(name) for name in COMMANDS]
    shared = set(found[0]) & set(found[1]) & set(found[2])
    assert {"--pin", "--sampler", "--temperature", "--top-p", "--rounds"} <= shared
    for option in shared:
        assert found[0][option] == found[1][option] == found[2][option]


def test_a_schedule_acts_from_two_steps_on() -> None:
    found = sampling("--steps", "2", "--schedule", "cosine").fill_config().sampler
    assert isinstance(found, GibbsConfig)
    assert found.schedule == CosineSchedule()
