"""How the options of `musegen evaluate coconet` are read, and which contradict what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from musegen.data.constants import STEPS_PER_QUARTER
from musegen.data.errors import UsageError
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.cli._output import Output
    from musegen.coconet.protocols import EvaluationConfig, Task

LETTERS = "SATB"


def parse_voices(
    ctx: click.Context, param: click.Parameter, value: str
) -> tuple[int, ...]:
    """Read `soprano,bass` as ascending voices, 0 = soprano; a click callback."""
    from musegen.coconet.config import VOICE_NAMES

    words = [word.strip().lower() for word in value.split(",")]
    for word in words:
        if word not in VOICE_NAMES:
            raise click.BadParameter(
                f"{word!r} is no voice; choose from {', '.join(VOICE_NAMES)}.",
                ctx=ctx,
                param=param,
            )
    voices = tuple(sorted({VOICE_NAMES.index(word) for word in words}))
    if len(voices) == len(VOICE_NAMES):
        raise click.BadParameter(
            "with every voice given nothing is left to predict.", ctx=ctx, param=param
        )
    return voices


def parse_voice_order(
    ctx: click.Context, param: click.Parameter, value: str
) -> tuple[int, ...]:
    """Read `SBAT` as voices in this order, 0 = soprano; a click callback."""
    letters = value.upper()
    if sorted(letters) != sorted(LETTERS):
        raise click.BadParameter(
            f"{value!r} must name each of S, A, T and B once, as in SBAT.",
            ctx=ctx,
            param=param,
        )
    return tuple(LETTERS.index(letter) for letter in letters)


def parse_whole_beats(
    ctx: click.Context, param: click.Parameter, value: int | None
) -> int | None:
    """Refuse a number of steps that is not whole beats; a click callback."""
    if value is not None and value % STEPS_PER_QUARTER:
        raise click.BadParameter(
            f"{value} is not whole beats: give a multiple of {STEPS_PER_QUARTER}.",
            ctx=ctx,
            param=param,
        )
    return value


def choose_tasks(protocols: Sequence[str], orders: Sequence[str]) -> tuple[Task, ...]:
    """Combine `--protocol` and `--order`.

    Args:
        protocols: At least one.
        orders: What was asked for; empty for all that a protocol has.

    Raises:
        UsageError: An order or a protocol would have no influence.
    """
    from musegen.coconet.protocols import parse_tasks

    tasks, idle = parse_tasks(protocols, orders)
    if idle:
        raise UsageError(
            f"--order {' --order '.join(orders)} does nothing with --protocol "
            f"{idle[0]}: choose another order or protocol"
        )
    unused = [order for order in orders if all(task.order != order for task in tasks)]
    if unused:
        raise UsageError(
            f"--order {unused[0]} does nothing with these protocols: leave it out"
        )
    return tasks


def refuse_idle_options(tasks: Sequence[Task], given: Sequence[int]) -> None:
    """Refuse options that were given and cannot act on any task.

    Args:
        tasks: What is measured.
        given: Voices shown by `given-voices`.

    Raises:
        UsageError: There is such an option.
    """
    from musegen.coconet.protocols import GIVEN_VOICES, NOTEWISE

    hides_several = len(given) <= 2  # of four voices
    acts = {
        "orderings": (
            "--orderings",
            any(
                t.is_framewise or (t.protocol, t.order) == (NOTEWISE, "random")
                for t in tasks
            ),
        ),
        "max_units": ("--units", any(t.has_units for t in tasks)),
        "context_steps": ("--context", any(t.has_units for t in tasks)),
        "draws": ("--draws", any(t.has_draws for t in tasks)),
        "given": ("--given", any(t.protocol == GIVEN_VOICES for t in tasks)),
        "voice_order": (
            "--voice-order",
            any(
                t.is_chain_in_time and (t.protocol == NOTEWISE or hides_several)
                for t in tasks
            ),
        ),
    }
    ctx = click.get_current_context()
    for name, (option, can_act) in acts.items():
        source = ctx.get_parameter_source(name)
        if not can_act and source is not ParameterSource.DEFAULT:
            raise UsageError(
                f"{option} does nothing with {'; '.join(map(str, tasks))}: leave it "
                "out, or measure something else with --protocol and --order"
            )


def tell_what_differs(
    tasks: Sequence[Task], config: EvaluationConfig, output: Output
) -> None:
    """Say where less or other is done than the options suggest.

    Args:
        tasks: What is measured.
        config: With these options.
        output: Takes the remarks.
    """
    for task in tasks:
        is_alone = task.num_orderings(config) == 1 < config.num_orderings
        if is_alone and task.protocol == "notewise":
            output.notice(
                Notice(
                    code="one-ordering",
                    message=f"{task}: there is one order of time, so it is measured "
                    f"once, not {config.num_orderings} times",
                )
            )
    if config.context_steps is not None:
        output.notice(
            Notice(
                code="limited-context",
                message=f"the network is given {config.context_steps} steps to either "
                "side of a beat, not whole pieces: these are not the published "
                "protocols",
            )
        )
