"""Bars as an option: `--bars 5-8`."""

from __future__ import annotations

import re

import click

from musegen.render.bar_range import BarRange


class BarRangeType(click.ParamType[BarRange]):
    """Bars by their numbers: `5`, `5-8`, `5-` or `-8`."""

    name = "bars"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> BarRange:
        """Read and check."""
        if isinstance(value, BarRange):
            return value
        match = re.fullmatch(
            r"\s*(\d{0,9})\s*(-?)\s*(\d{0,9})\s*", str(value), re.ASCII
        )
        if match is None or not (match[1] or match[3]):
            self.fail(f"{value!r} names no bars; write 5, 5-8 or 5-.", param, ctx)
        first = int(match[1] or 0)
        last = int(match[3]) if match[3] else None if match[2] else first
        if last is not None and last < first:
            self.fail(f"{value!r} ends before it begins; write 5-8.", param, ctx)
        return BarRange(first=first, last=last)
