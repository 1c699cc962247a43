"""What `musegen synth` plays with: our models, an imported original, or formulas."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musegen.data.errors import ModelNotFoundError, UsageError

if TYPE_CHECKING:
    from musegen.midi_ddsp.instruments import Instrument
    from musegen.midi_ddsp.synthesizing.performers import Performer

BY_FORMULA = "none"  # as `musegen.midi_ddsp.synthesizing.by_formula.NAME`
ORIGINAL_KIND = "midi_ddsp_original"  # as `original.model.KIND`, which imports NumPy

_OPTIONS = ("--model", "--expression-model")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A performer and what the command must know of it.

    Args:
        performer: Plays lines.
        draws_expression: Whether `--variety` acts.
    """

    performer: Performer
    draws_expression: bool


def load_performer(
    model: str | None,
    expression_model: str | None,
    *,
    device: str = "auto",
    options: tuple[str, str] = _OPTIONS,
) -> LoadedModel:
    """Load what plays.

    Args:
        model: Name or folder; None for ours.
        expression_model: Name or folder; None for ours.
        device: `auto`, `cpu` or `gpu`.
        options: What the command calls those for `model` and `expression_model`.

    Raises:
        ModelError: There is none, or its folder cannot be used.
        UsageError: An option does nothing with this model.
    """
    with _remedy_told(options[0]):
        return _loaded(model, expression_model, device=device, options=options)


def check_model(
    model: str | None,
    expression_model: str | None,
    *,
    device: str = "auto",
    options: tuple[str, str] = _OPTIONS,
) -> tuple[Instrument, ...]:
    """Return what a model plays, by its description: nothing is loaded.

    Args:
        model: See `load_performer`, like the others.
        expression_model: As there.
        device: As there.
        options: As there.

    Raises:
        ModelError: There is none, or its description cannot be used.
        UsageError: As there.
    """
    from musegen.midi_ddsp.instruments import INSTRUMENTS

    with _remedy_told(options[0]):
        if model != BY_FORMULA and (model is None or not _is_original(model)):
            return _learned(model, expression_model)
    _refuse_idle(model, expression_model, device, options)
    if model == BY_FORMULA:
        return INSTRUMENTS
    return tuple(item for item in INSTRUMENTS if item.urmp_id is not None)


def load_beside_imports(
    model: str | None, expression_model: str | None, *, device: str = "auto"
) -> LoadedModel:
    """Load what plays while all that it plays with is imported.

    ONNX Runtime lets go of the interpreter while it makes a network ready, which takes
    as long as a good part of the imports: the first sound comes sooner.

    Args:
        model: See `load_performer`, like the others.
        expression_model: As there.
        device: As there.

    Raises:
        ModelError: As there.
        UsageError: As there.
    """
    from concurrent.futures import ThreadPoolExecutor

    if model != BY_FORMULA:  # first, so that the networks can begin
        import musegen.engine.onnx_predictor
        import musegen.midi_ddsp.generators.model
    with ThreadPoolExecutor(max_workers=1) as pool:
        loading = pool.submit(load_performer, model, expression_model, device=device)
        import musegen.data.midi_reader
        import musegen.midi_ddsp.audio.writing
        import musegen.midi_ddsp.synthesizing.synthesis  # noqa: F401 - read ahead

        return loading.result()


def _loaded(
    model: str | None,
    expression_model: str | None,
    *,
    device: str,
    options: tuple[str, str],
) -> LoadedModel:
    if model == BY_FORMULA:
        from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer

        _refuse_idle(model, expression_model, device, options)
        return LoadedModel(performer=FormulaPerformer(), draws_expression=True)
    if model is not None and _is_original(model):
        from musegen.midi_ddsp.original.performer import OriginalPerformer

        _refuse_idle(model, expression_model, device, options)
        return LoadedModel(
            performer=OriginalPerformer.load(model), draws_expression=False
        )
    from musegen.midi_ddsp.generators.model import (
        DEFAULT_EXPRESSION,
        DEFAULT_SYNTHESIS,
        PerformerModel,
    )

    ours = PerformerModel.load(
        model or DEFAULT_SYNTHESIS,
        expression_model or DEFAULT_EXPRESSION,
        device=device,
    )
    return LoadedModel(performer=ours, draws_expression=True)


def _is_original(model: str) -> bool:
    """Whether a model is an imported original."""
    from musegen.engine.models import find_model

    return find_model(model, checks_files=False).config.kind == ORIGINAL_KIND


def _learned(model: str | None, expression_model: str | None) -> tuple[Instrument, ...]:
    """What two of our models have both learned to play."""
    from musegen.engine.models import find_model
    from musegen.midi_ddsp.generators.described import (
        EXPRESSION_KIND,
        SYNTHESIS_KIND,
        described,
    )
    from musegen.midi_ddsp.generators.model import DEFAULT_EXPRESSION, DEFAULT_SYNTHESIS
    from musegen.midi_ddsp.synthesizing.casting import players

    known = []
    for name, kind in (
        (model or DEFAULT_SYNTHESIS, SYNTHESIS_KIND),
        (expression_model or DEFAULT_EXPRESSION, EXPRESSION_KIND),
    ):
        _, names, _ = described(find_model(name, kind=kind, checks_files=False))
        known.append(names)
    return players([name for name in known[0] if name in known[1]])


@contextlib.contextmanager
def _remedy_told(option: str) -> Iterator[None]:
    """Say what to do where no model is.

    Args:
        option: That names it.
    """
    try:
        yield
    except ModelNotFoundError as error:
        raise ModelNotFoundError(
            f"{error}; import the published one with `musegen models import`, train "
            "your own with `musegen train midi-ddsp`, or let formulas play with "
            f"{option} {BY_FORMULA}"
        ) from error


def _refuse_idle(
    model: str | None,
    expression_model: str | None,
    device: str,
    options: tuple[str, str],
) -> None:
    """Refuse what only our models heed."""
    if expression_model is not None:
        raise UsageError(
            f"{options[1]} {expression_model} does nothing with {options[0]} {model}, "
            "which has its own: leave it out"
        )
    if device == "gpu":
        raise UsageError(
            f"--device gpu does nothing with {options[0]} {model}, which runs on the "
            "processor: leave it out"
        )
