"""Names complete."""

from __future__ import annotations

import click

from musegen.cli._completing import complete_instruments, complete_models


def test_names_of_instruments_complete() -> None:
    ctx = click.Context(click.Command("x"))
    items = complete_instruments(ctx, click.Option(["--instrument"]), "alto")
    assert [item.value for item in items] == ["alto-saxophone"]


def test_names_of_models_complete() -> None:
    ctx = click.Context(click.Command("x"))
    items = complete_models(ctx, click.Option(["--model"]), "synthesis")
    assert [item.value for item in items] == ["synthesis_base"]
