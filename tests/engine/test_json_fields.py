from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from musegen.engine.json_fields import JsonFields, to_json_text


def fields(**values: object) -> JsonFields:
    return JsonFields(values, where="the file")


def test_each_kind_of_field_is_read() -> None:
    reader = fields(
        a="x", b=3, c={"k": 1}, d=["p", "q"], e=[1, 2], f={"k": "v"}, g=[{}], h=None
    )
    assert reader.text("a") == "x"
    assert reader.integer("b") == 3
    assert reader.mapping("c") == {"k": 1}
    assert reader.texts("d") == ("p", "q")
    assert reader.integers("e") == (1, 2)
    assert reader.text_mapping("f") == {"k": "v"}
    assert reader.mappings("g") == ({},)
    assert reader.optional_integer("h") is None
    assert reader.optional_mapping("absent") == {}
    reader.finish()


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (JsonFields.text, 1, "the file: key must be a string; received int"),
        (JsonFields.integer, True, "the file: key must be an integer; received bool"),
        (JsonFields.integer, 1.0, "the file: key must be an integer; received float"),
        (JsonFields.integer, None, "the file: key must be an integer; received null"),
        (JsonFields.optional_integer, "1", "key must be an integer; received str"),
        (JsonFields.mapping, [], "the file: key must be an object; received list"),
        (JsonFields.optional_mapping, 1, "key must be an object; received int"),
        (JsonFields.texts, "ab", "the file: key must be a list; received str"),
        (JsonFields.texts, ["a", 2], r"the file: key\[1\] must be a string"),
        (JsonFields.integers, ["a"], r"the file: key\[0\] must be an integer"),
        (JsonFields.mappings, [1], r"the file: key\[0\] must be an object"),
        (JsonFields.text_mapping, {"k": 1}, "the file: key.k must be a string"),
    ],
)
def test_a_value_of_another_type_is_refused_by_name(
    read: Callable[[JsonFields, str], Any], value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(fields(key=value), "key")


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ValueError, match="the file lacks the key 'name'"):
        fields().text("name")


def test_a_key_that_may_be_null_may_not_be_absent() -> None:
    with pytest.raises(ValueError, match="lacks the key 'seed'"):
        fields().optional_integer("seed")


def test_unknown_keys_are_named() -> None:
    with pytest.raises(ValueError, match="the file has unknown keys: 'a', 'b'"):
        fields(b=1, a=2).finish()


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="the file is not JSON"):
        JsonFields.parse("{", where="the file")


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a JSON object; received list"):
        JsonFields.parse("[]", where="the file")


def test_text_keeps_order_and_letters() -> None:
    text = to_json_text({"b": "Präludium", "a": [1]})
    assert list(json.loads(text)) == ["b", "a"]
    assert "Präludium" in text
    assert text.endswith("}\n")


def test_text_refuses_what_is_not_standard_json() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json_text({"a": float("nan")})
