"""Numbers as options: what `float` takes, without NaN and the infinities."""

from __future__ import annotations

import math
from typing import SupportsFloat, SupportsIndex

import click
from click.types import FloatParamType


class Finite(FloatParamType):
    """A number, as the type of an option; in place of `float`."""

    def convert(
        self,
        value: SupportsFloat | SupportsIndex,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read and check."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not finite; write a plain number.", param, ctx)
        return number


class FiniteRange(Finite, click.FloatRange):
    """A number within bounds, as the type of an option; in place of `FloatRange`."""
