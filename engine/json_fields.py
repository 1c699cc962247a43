"""Reading a JSON object field by field: wrong, missing and unknown keys are named.

For the small files of the engine (`config.json`, recipes). Not a schema language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

Item = TypeVar("Item")


class JsonFields:
    """The fields of one JSON object, each taken once.

    Args:
        value: What `json.loads` gave; must be an object.
        where: What the messages call it, for example `config.json` or `files[2]`.

    Raises:
        ValueError: `value` is no object. Every method raises it, too, with the key's
            name, where the field is absent or of another type.
    """

    def __init__(self, value: object, *, where: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where} must be a JSON object; received {_kind(value)}")
        self._rest: dict[str, Any] = dict(value)
        self._where = where

    @classmethod
    def parse(cls, text: str, *, where: str) -> JsonFields:
        """Read JSON text whose top level is an object."""
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{where} is not JSON ({error})") from error
        return cls(value, where=where)

    def __contains__(self, key: str) -> bool:
        """Whether a field is there that nobody took yet."""
        return key in self._rest

    def text(self, key: str) -> str:
        """Take a string."""
        return self._take(key, str, "a string")

    def integer(self, key: str) -> int:
        """Take an integer; true and false are none."""
        return self._take(key, int, "an integer")

    def optional_integer(self, key: str) -> int | None:
        """Take an integer or null; the key must be there."""
        return self.nullable(key, self._typed(int, "an integer"))

    def mapping(self, key: str) -> dict[str, Any]:
        """Take an object as it is."""
        value: dict[str, Any] = self._take(key, dict, "an object")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of strings."""
        return self.items(key, self._typed(str, "a string"))

    def integers(self, key: str) -> tuple[int, ...]:
        """Take a list of integers."""
        return self.items(key, self._typed(int, "an integer"))

    def text_mapping(self, key: str) -> dict[str, str]:
        """Take an object whose values are strings."""
        check = self._typed(str, "a string")
        return {
            name: check(value, where=f"{self._where}: {key}.{name}")
            for name, value in self.mapping(key).items()
        }

    def items(self, key: str, read: Callable[..., Item]) -> tuple[Item, ...]:
        """Take a list, each item through `read(item, where=...)`."""
        values: list[Any] = self._take(key, list, "a list")
        return tuple(
            read(value, where=f"{self._where}: {key}[{index}]")
            for index, value in enumerate(values)
        )

    def mappings(self, key: str) -> tuple[dict[str, Any], ...]:
        """Take a list of objects as they are."""
        return self.items(key, self._typed(dict, "an object"))

    def optional_mapping(self, key: str) -> dict[str, Any]:
        """Take an object; an absent key is an empty one."""
        return self.mapping(key) if key in self._rest else {}

    def nullable(self, key: str, read: Callable[..., Item]) -> Item | None:
        """Take null, or a value through `read(value, where=...)`."""
        value = self._take(key, object, "a value")
        return None if value is None else read(value, where=f"{self._where}: {key}")

    def finish(self) -> None:
        """Refuse what nobody took."""
        if self._rest:
            raise ValueError(f"{self._where} has unknown keys: {_names(self._rest)}")

    def _take(self, key: str, kind: type[Item], what: str) -> Item:
        if key not in self._rest:
            raise ValueError(f"{self._where} lacks the key '{key}'")
        value = self._rest.pop(key)
        return self._typed(kind, what)(value, where=f"{self._where}: {key}")

    @staticmethod
    def _typed(kind: type[Item], what: str) -> Callable[..., Item]:
        def check(value: object, *, where: str) -> Item:
            if (
                kind is not object and type(value) is not kind
            ):  # exactly: True is an int to isinstance
                raise ValueError(f"{where} must be {what}; received {_kind(value)}")
            return cast(Item, value)

        return check


def to_json_text(document: Mapping[str, object]) -> str:
    """Return a document as JSON text that is the same on every machine.

    Args:
        document: Plain JSON values; keys keep their order.

    Raises:
        TypeError: A value has no JSON form.
        ValueError: A number is NaN or infinite.
    """
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _names(keys: Iterable[str]) -> str:
    return ", ".join(f"'{key}'" for key in sorted(keys))


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__
