"""The recipe beside every output: what made it, so that it can be made again.

A recipe is the `.musegen.json` file that `musegen rerun` reads. It holds no clock and
no path beyond what the user typed, so the same command gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musegen.data.errors import FileFormatError
from musegen.engine.json_fields import JsonFields, to_json_text

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeFile:
    """A file that went in or came out.

    Args:
        name: As the user would name it from the recipe's folder.
        sha256: Of its content.
        facts: What else is to be known of it (rank, format), plain JSON.
    """

    name: str
    sha256: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeModel:
    """The model that was used.

    Args:
        name: As in its folder.
        sha256: Of what was loaded.
        version: Of its weights.
    """

    name: str
    sha256: str
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that a result depends on.

    Args:
        musegen_version: Of the package that made it.
        command: `harmonize`.
        arguments: Positional arguments beyond the inputs, in order.
        options: Every option by its long name without dashes, plain JSON.
        seed: As given or drawn; None for a command that draws nothing.
        inputs: Files that went in.
        model: None for a command that uses none.
        outputs: Files that came out.
        notices: What the user was told, as the JSON output has it.
        given_parts: Parts of the outputs that the user gave, counted from 0.
        schema_version: Of this layout.
    """

    musegen_version: str
    command: str
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    inputs: tuple[RecipeFile, ...] = ()
    model: RecipeModel | None = None
    outputs: tuple[RecipeFile, ...] = ()
    notices: tuple[Mapping[str, Any], ...] = ()
    given_parts: tuple[int, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> str:
        """Return the text of the file; `from_json` is the exact inverse.

        Raises:
            TypeError: An option, a fact or a notice has no JSON form.
            ValueError: One of them is NaN or infinite.
        """
        model = self.model
        return to_json_text(
            {
                "schema_version": self.schema_version,
                "musegen_version": self.musegen_version,
                "command": self.command,
                "arguments": list(self.arguments),
                "options": dict(self.options),
                "seed": self.seed,
                "inputs": [_file_json(file) for file in self.inputs],
                "model": None
                if model is None
                else {
                    "name": model.name,
                    "version": model.version,
                    "sha256": model.sha256,
                },
                "outputs": [_file_json(file) for file in self.outputs],
                "notices": [dict(notice) for notice in self.notices],
                "given_parts": list(self.given_parts),
            }
        )

    @classmethod
    def from_json(cls, text: str, *, where: str = "the recipe") -> Recipe:
        """Read the text of a recipe.

        Args:
            text: JSON.
            where: What an error calls it.

        Raises:
            FileFormatError: Not JSON, a key is missing, unknown or of the wrong type,
                or the layout is of another version.
        """
        try:
            return _read_recipe(text, where=where)
        except ValueError as error:
            raise FileFormatError(
                f"{error}: give a .musegen.json file that this version of musegen wrote"
            ) from error


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from its file.

    Raises:
        FileFormatError: It cannot be read or understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileFormatError(f"cannot read the recipe {path} ({reason})") from error
    return Recipe.from_json(text, where=str(path))


def _file_json(file: RecipeFile) -> dict[str, object]:
    facts = {"facts": dict(file.facts)} if file.facts else {}
    return {"name": file.name, "sha256": file.sha256, **facts}


def _read_recipe(text: str, *, where: str) -> Recipe:
    fields = JsonFields.parse(text, where=where)
    schema_version = fields.integer("schema_version")
    if schema_version != SCHEMA_VERSION:
        raise ValueError(
            f"{where} is of schema version {schema_version}, this musegen reads "
            f"{SCHEMA_VERSION}"
        )
    recipe = Recipe(
        musegen_version=fields.text("musegen_version"),
        command=fields.text("command"),
        arguments=fields.texts("arguments"),
        options=fields.mapping("options"),
        seed=fields.optional_integer("seed"),
        inputs=fields.items("inputs", _read_file),
        model=fields.nullable("model", _read_model),
        outputs=fields.items("outputs", _read_file),
        notices=fields.mappings("notices"),
        given_parts=fields.integers("given_parts"),
    )
    fields.finish()
    return recipe


def _read_file(value: object, *, where: str) -> RecipeFile:
    fields = JsonFields(value, where=where)
    file = RecipeFile(
        name=fields.text("name"),
        sha256=fields.text("sha256"),
        facts=fields.optional_mapping("facts"),
    )
    fields.finish()
    return file


def _read_model(value: object, *, where: str) -> RecipeModel:
    fields = JsonFields(value, where=where)
    model = RecipeModel(
        name=fields.text("name"),
        version=fields.text("version"),
        sha256=fields.text("sha256"),
    )
    fields.finish()
    return model
