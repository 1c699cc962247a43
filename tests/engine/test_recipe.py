from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musegen.data.errors import FileFormatError
from musegen.engine.recipe import Recipe, RecipeFile, RecipeModel, read_recipe

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)
FILES = st.builds(RecipeFile, name=st.text(), sha256=st.text(), facts=OBJECTS)
RECIPES = st.builds(
    Recipe,
    musegen_version=st.text(),
    command=st.text(),
    arguments=st.lists(st.text(), max_size=3).map(tuple),
    options=OBJECTS,
    seed=st.none() | st.integers(),
    inputs=st.lists(FILES, max_size=2).map(tuple),
    model=st.none()
    | st.builds(RecipeModel, name=st.text(), sha256=st.text(), version=st.text()),
    outputs=st.lists(FILES, max_size=2).map(tuple),
    notices=st.lists(OBJECTS, max_size=2).map(tuple),
    given_parts=st.lists(st.integers(), max_size=3).map(tuple),
    schema_version=st.just(1),
)

FULL = Recipe(
    musegen_version="0.1.0",
    command="harmonize",
    options={"temperature": 0.9},
    seed=0,
    inputs=(RecipeFile(name="tune.mid", sha256="aa"),),
    model=RecipeModel(name="toy", sha256="bb"),
    outputs=(RecipeFile(name="tune.harmonized.mid", sha256="cc", facts={"rank": 1}),),
    given_parts=(0,),
)


@given(RECIPES)
def test_json_and_recipe_are_exact_inverses(recipe: Recipe) -> None:
    text = recipe.to_json()
    assert Recipe.from_json(text) == recipe
    assert Recipe.from_json(text).to_json() == text


def test_recipe_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "tune.harmonized.musegen.json"
    file.write_text(FULL.to_json(), encoding="utf-8")
    assert read_recipe(file) == FULL


def test_seed_zero_is_kept() -> None:
    assert json.loads(FULL.to_json())["seed"] == 0
    assert Recipe.from_json(FULL.to_json()).seed == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r.update(clock=1), "the recipe has unknown keys: 'clock'"),
        (lambda r: r.pop("command"), "lacks the key 'command'"),
        (lambda r: r.update(schema_version=9), "schema version 9"),
        (lambda r: r.update(seed="1"), "seed must be an integer"),
        (
            lambda r: r.update(given_parts=[True]),
            r"given_parts\[0\] must be an integer",
        ),
        (lambda r: r["inputs"][0].pop("sha256"), r"inputs\[0\] lacks the key 'sha256'"),
        (lambda r: r["model"].update(size=1), "model has unknown keys: 'size'"),
        (lambda r: r.update(model="toy"), "model must be a JSON object; received str"),
    ],
)
def test_a_wrong_recipe_is_refused_by_name(
    change: Callable[[dict[str, Any]], object], message: str
) -> None:
    document = json.loads(FULL.to_json())
    change(document)
    with pytest.raises(FileFormatError, match=message):
        Recipe.from_json(json.dumps(document))


def test_a_number_that_json_lacks_is_refused() -> None:
    recipe = Recipe(
        musegen_version="0", command="x", options={"temperature": float("inf")}
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        recipe.to_json()


@pytest.mark.parametrize("content", [b"", b"\xff", b"MThd", b"[]"])
def test_what_is_no_recipe_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "tune.musegen.json"
    file.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"tune\.musegen\.json"):
        read_recipe(file)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"cannot read the recipe .*No such file"):
        read_recipe(tmp_path / "none.musegen.json")
