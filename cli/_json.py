"""Plain JSON values from what commands hold: paths, dataclasses, array scalars.

Not a serialiser of scores or configurations; those have their own exact formats.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from enum import Enum
from fractions import Fraction
from pathlib import PurePath


def plain(value: object) -> object:
    """Return a value that `json.dumps` writes as standard JSON.

    Args:
        value: Anything; NaN and infinity become null, as JSON has neither.

    Raises:
        TypeError: The value has no JSON form.
    """
    if isinstance(value, Enum):  # first: an enumeration may be an integer, too
        return plain(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Fraction):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [f.name for f in dataclasses.fields(value)]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # arrays and array scalars, without importing NumPy
        return plain(value.tolist())
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} has no JSON form")
