"""Which model plays, and what does nothing with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from musegen.cli import _synth_models as models
from musegen.cli._synth_models import (
    check_model,
    load_beside_imports,
    load_performer,
)
from musegen.data.errors import ModelFolderError, ModelNotFoundError, UsageError
from musegen.midi_ddsp.generators.model import PerformerModel
from musegen.midi_ddsp.original.model import KIND
from musegen.midi_ddsp.original.performer import OriginalPerformer
from musegen.midi_ddsp.synthesizing.by_formula import NAME, FormulaPerformer


def test_names_are_those_of_the_library() -> None:
    assert models.ORIGINAL_KIND == KIND
    assert models.BY_FORMULA == NAME


def test_formulas() -> None:
    loaded = load_performer("none", None)
    assert isinstance(loaded.performer, FormulaPerformer)
    assert loaded.draws_expression


def test_an_imported_original_draws_no_expression(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in = FormulaPerformer()
    monkeypatch.setattr(models, "_is_original", lambda model: model == "imported")
    monkeypatch.setattr(OriginalPerformer, "load", lambda model: stand_in)
    loaded = load_performer("imported", None)
    assert loaded.performer is stand_in
    assert not loaded.draws_expression


def test_ours_is_the_default_and_its_halves_can_be_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, str, str]] = []

    def load(synthesis: str, expression: str, *, device: str) -> FormulaPerformer:
        asked.append((synthesis, expression, device))
        return FormulaPerformer()

    monkeypatch.setattr(models, "_is_original", lambda model: False)
    monkeypatch.setattr(PerformerModel, "load", load)
    load_performer(None, None)
    load_performer("mine", "yours", device="gpu")
    assert asked == [
        ("synthesis_base", "expression_base", "auto"),
        ("mine", "yours", "gpu"),
    ]


@pytest.mark.parametrize("words", [("none", "x", "auto"), ("none", None, "gpu")])
def test_what_does_nothing_is_refused(words: tuple[str, str | None, str]) -> None:
    model, expression_model, device = words
    with pytest.raises(UsageError, match="does nothing with --model none"):
        load_performer(model, expression_model, device=device)


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="--model none"):
        load_performer(str(tmp_path / "nowhere"), None)


def test_what_to_do_where_ours_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*names: str, device: str) -> FormulaPerformer:
        raise ModelNotFoundError(f"there is no model '{names[0]}'")

    monkeypatch.setattr(PerformerModel, "load", load)
    with pytest.raises(ModelNotFoundError, match=r"'synthesis_base'; import .* train"):
        load_performer(None, None)


@pytest.mark.parametrize("model", [None, "none"])
def test_it_is_the_same_beside_imports(
    monkeypatch: pytest.MonkeyPatch, model: str | None
) -> None:
    stand_in = FormulaPerformer()
    monkeypatch.setattr(PerformerModel, "load", lambda *names, device: stand_in)
    loaded = load_beside_imports(model, None, device="cpu" if model is None else "auto")
    assert isinstance(loaded.performer, FormulaPerformer)


def test_what_goes_wrong_beside_imports_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="--model none"):
        load_beside_imports(str(tmp_path / "nowhere"), None)
    with pytest.raises(UsageError, match="does nothing with --model none"):
        load_beside_imports("none", "x")


def names(model: str | None, expression_model: str | None = None) -> list[str]:
    return [item.name for item in check_model(model, expression_model)]


def test_what_is_played_is_known_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(PerformerModel, "load", None)
    assert names("none")[-1] == "baritone saxophone"
    assert "violin" in names(None) and "tuba" not in names(None)
    monkeypatch.setattr(models, "_is_original", lambda model: True)
    assert names("imported")[-1] == "tuba"


def test_wishes_that_no_model_heeds_are_refused_before_anything_is_loaded() -> None:
    with pytest.raises(UsageError, match="--expression-model x does nothing"):
        check_model("none", "x")
    with pytest.raises(ModelNotFoundError, match="--model none"):
        check_model("./nowhere", None)
    with pytest.raises(ModelFolderError, match="midi_ddsp_expression"):
        check_model(None, "synthesis_base")
