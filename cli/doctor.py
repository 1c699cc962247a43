"""`musegen doctor`: check that this installation works, and say what to do if not."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from musegen.cli._errors import EXIT_FAILURE
from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Output, aligned

if TYPE_CHECKING:
    from musegen.cli._health import Check

MARKS = {"ok": "ok", "absent": "-", "failed": "FAILED"}


@command_with_examples("doctor", examples=["musegen doctor", "musegen doctor --json"])
@machine_options
def command(output: Output) -> None:
    """Check that this installation works.

    Ends with exit code 1 if something essential is broken; an optional package that is
    not installed, or a missing GPU, is no fault.
    """
    from musegen.cli._health import Status, examine

    with output.progress("Examining the installation"):
        checks = list(examine())
    failed = [check for check in checks if check.status is Status.FAILED]
    if failed:
        output.report.failure_codes.append(EXIT_FAILURE)
    output.result({"is_healthy": not failed, "checks": checks}, human=_text(checks))
    for check in failed:
        output.note(f"musegen: {check.name}: {check.detail}: {check.remedy}")


def _text(checks: list[Check]) -> str:
    """Return the checks under their headings."""
    parts = []
    for group, members in groupby(checks, key=lambda check: check.group):
        rows = [(MARKS[c.status.value], c.name, _detail(c)) for c in members]
        parts.append(f"{group}\n{aligned(rows)}")
    return "\n\n".join(parts)


def _detail(check: Check) -> str:
    return f"{check.detail} ({check.remedy})" if check.remedy else check.detail
