"""Options of `musegen evaluate coconet`: how they are read and when they are idle."""

from __future__ import annotations

import click
import pytest

from musegen.cli._coconet_options import (
    choose_tasks,
    parse_voice_order,
    parse_voices,
    parse_whole_beats,
    refuse_idle_options,
    tell_what_differs,
)
from musegen.cli._output import Output
from musegen.coconet.protocols import EvaluationConfig, Task
from musegen.data.errors import UsageError

PARAMETER = click.Option(["--it"])
DRAWN = Task(protocol="given-voices", order="random")
IN_TIME = Task(protocol="notewise", order="chronological")


@pytest.fixture
def ctx() -> click.Context:
    """A context of no command in particular."""
    return click.Context(click.Command("coconet"))


@pytest.mark.parametrize(
    ("words", "voices"),
    [("soprano", (0,)), (" Bass,soprano", (0, 3)), ("alto,alto", (1,))],
)
def test_voices_are_read_in_any_order(
    words: str, voices: tuple[int, ...], ctx: click.Context
) -> None:
    assert parse_voices(ctx, PARAMETER, words) == voices


@pytest.mark.parametrize("words", ["", "soprano;bass", "soprano,alto,tenor,bass"])
def test_other_voices_are_refused(words: str, ctx: click.Context) -> None:
    with pytest.raises(click.BadParameter):
        parse_voices(ctx, PARAMETER, words)


def test_letters_give_the_order_of_voices(ctx: click.Context) -> None:
    assert parse_voice_order(ctx, PARAMETER, "sbAT") == (0, 3, 1, 2)
    for wrong in ("", "SAT", "SATBS", "SATX"):
        with pytest.raises(click.BadParameter, match="once"):
            parse_voice_order(ctx, PARAMETER, wrong)


def test_a_context_is_whole_beats(ctx: click.Context) -> None:
    assert parse_whole_beats(ctx, PARAMETER, None) is None
    assert parse_whole_beats(ctx, PARAMETER, 8) == 8
    with pytest.raises(click.BadParameter, match="multiple of 4"):
        parse_whole_beats(ctx, PARAMETER, 6)


def test_protocols_and_orders_that_do_not_meet_are_refused() -> None:
    assert choose_tasks(["notewise"], ["chronological"]) == (IN_TIME,)
    with pytest.raises(UsageError, match=r"--order one-shot does nothing .* notewise"):
        choose_tasks(["given-voices", "notewise"], ["one-shot"])
    with pytest.raises(UsageError, match="--order one-shot does nothing with these"):
        choose_tasks(["notewise"], ["random", "one-shot"])


def test_an_option_is_idle_only_where_it_was_given(ctx: click.Context) -> None:
    source = click.core.ParameterSource
    with ctx:
        ctx.set_parameter_source("draws", source.DEFAULT)
        ctx.set_parameter_source("max_units", source.DEFAULT)
        for name in ("orderings", "given", "voice_order", "context_steps"):
            ctx.set_parameter_source(name, source.DEFAULT)
        refuse_idle_options([IN_TIME], (0,))
        ctx.set_parameter_source("draws", source.COMMANDLINE)
        refuse_idle_options([IN_TIME, DRAWN], (0,))
        with pytest.raises(UsageError, match="--draws does nothing with notewise"):
            refuse_idle_options([IN_TIME], (0,))


def test_remarks_are_made_only_where_something_differs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_what_differs([DRAWN], EvaluationConfig(), Output())
    tell_what_differs([IN_TIME], EvaluationConfig(num_orderings=1), Output())
    assert capsys.readouterr().err == ""
    tell_what_differs([IN_TIME], EvaluationConfig(context_steps=8), Output())
    err = capsys.readouterr().err
    assert "once, not 5 times" in err
    assert "8 steps to either side" in err
