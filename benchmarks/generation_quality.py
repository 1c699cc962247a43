"""How well our generators keep their word and know how to play: tables for the cards.

    python benchmarks/generation_quality.py
    python benchmarks/generation_quality.py CLIPS --baseline FOLDER --notes MUSICAL

Without clips the virtual player plays some, as for `inference_quality.py`.

Takes of the test split, never trained on. Controls are on a scale on which 0 and 1 are
the 5 % and 95 % quantiles of the instrument's notes.

- Round trip: each control of all notes of a take set to 0, 0.1 ... 1, the others kept,
  and measured again in the parameters: Pearson's r. Notes of 0.1 s and more; vibrato on
  notes of 0.4 s and more (nan: an instrument has none among its takes).
- Re-extraction: true controls asked for, measured again: root mean square error.
- Resynthesis: multi-scale spectral loss between recording and what is played from its
  notes and true controls (logarithms clamped at 1e-5), beside a baseline that is told
  no expression.
- Movement: how much harmonics move from frame to frame inside notes, beside heard ones;
  a model that gives the middle of what it has met moves too little.
- Expression: what is expected of each note, knowing how those before it were played,
  beside each instrument's constant mean of the training split.

Source of the protocols: Wu et al., "MIDI-DDSP", ICLR 2022, tables 1 and 2.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from inference_quality import played
from numpy.typing import NDArray

from musegen.midi_ddsp.expression_scale import ExpressionScale, ExpressionScales
from musegen.midi_ddsp.generators.controls import CONTROL_NAMES, controls_of_units
from musegen.midi_ddsp.generators.expression_model import ExpressionModel
from musegen.midi_ddsp.generators.measuring import (
    PUBLISHED_SIX,
    cut_take,
    expression_errors,
    movement_db,
    player,
    reextraction_errors,
    root_mean_square,
    round_trip,
    scaled_controls,
    spectral_losses,
    true_line,
)
from musegen.midi_ddsp.generators.model import DEFAULT_EXPRESSION, DEFAULT_SYNTHESIS
from musegen.midi_ddsp.generators.synthesis_model import SynthesisModel
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.takes.reading import iterate_takes
from musegen.midi_ddsp.takes.take import Take

INFERENCE_MODEL = "ddsp_inference_base"
_SIX = [CONTROL_NAMES.index(name) for name in PUBLISHED_SIX]
_Errors = NDArray[np.float64]


def takes_of(clips: Path, split: str, *, longest_s: float) -> dict[str, list[Take]]:
    """Return takes by instrument, each cut to its beginning."""
    hearing = InferenceModel.load(INFERENCE_MODEL, num_threads=1)
    found: dict[str, list[Take]] = {}
    for take in iterate_takes(clips, hearing, splits=(split,)):
        if take.notes:
            cut = cut_take(take, longest_s=longest_s) if longest_s else take
            found.setdefault(take.instrument, []).append(cut)
    return dict(sorted(found.items()))


def scales_of(
    scales: ExpressionScales, takes: Mapping[str, Sequence[Take]]
) -> dict[str, ExpressionScale]:
    """Return the scale of each instrument that there are takes of."""
    return {name: scales.for_instrument(name) for name in takes}


def print_row(*cells: object) -> None:
    """Print a row of a table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


def print_round_trip(
    model: SynthesisModel, takes: Mapping[str, Sequence[Take]], *, per_instrument: int
) -> None:
    """Print Pearson's r of each control by instrument."""
    scales = scales_of(model.scales, takes)
    print("\n## Control round trip, Pearson's r\n")
    print_row("instrument", "takes", *PUBLISHED_SIX)
    print_row(*["---"] * (2 + len(PUBLISHED_SIX)))
    rows = []
    for name, some in takes.items():
        chosen = some[:per_instrument]
        row = [
            result.correlation
            for result in round_trip(player(model), chosen, scales[name])
        ]
        rows.append(row)
        print_row(name, len(chosen), *(f"{value:.3f}" for value in row))
    print_row("mean", "", *(f"{value:.3f}" for value in np.nanmean(rows, axis=0)))


def print_reextraction(
    model: SynthesisModel, takes: Mapping[str, Sequence[Take]]
) -> None:
    """Print the error of each control, true ones asked for."""
    flat = [take for some in takes.values() for take in some]
    scales = scales_of(model.scales, takes)
    errors = reextraction_errors(player(model), flat, scales)
    print("\n## Re-extraction, root mean square error\n")
    print_row(*CONTROL_NAMES, "the published six")
    print_row(*["---"] * (len(CONTROL_NAMES) + 1))
    six = float(np.sqrt(np.mean(np.square(errors[:, _SIX]))))
    print_row(*(f"{value:.3f}" for value in root_mean_square(errors)), f"{six:.3f}")


def print_resynthesis(
    models: Mapping[str, SynthesisModel], takes: Mapping[str, Sequence[Take]]
) -> None:
    """Print the spectral loss of each model by instrument."""
    print("\n## Resynthesis from notes and true expression, spectral loss\n")
    print_row("instrument", "takes", *models)
    print_row(*["---"] * (2 + len(models)))
    losses: dict[str, list[_Errors]] = {name: [] for name in models}
    for instrument, some in takes.items():
        for name, model in models.items():
            play = player(model)
            told = model.config.is_told_expression
            losses[name].append(spectral_losses(play, some, is_told_expression=told))
        cells = [f"{losses[name][-1].mean():.3f}" for name in models]
        print_row(instrument, len(some), *cells)
    together = {name: np.concatenate(rows) for name, rows in losses.items()}
    cells = [
        f"{values.mean():.3f} ± {values.std(ddof=1) / np.sqrt(len(values)):.3f}"
        for values in together.values()
    ]
    print_row("all", len(next(iter(together.values()))), *cells)
    names = list(models)
    for name in names[1:]:
        share = 1.0 - together[names[0]].mean() / together[name].mean()
        print(f"\n{names[0]}: {100 * share:.1f} % below {name}")


def print_movement(
    models: Mapping[str, SynthesisModel], takes: Mapping[str, Sequence[Take]]
) -> None:
    """Print how much the levels of each model move, beside those heard."""
    flat = [take for some in takes.values() for take in some]
    heard = np.array([movement_db(take.parameters, take) for take in flat])
    print("\n## Movement of the harmonics from frame to frame, dB\n")
    print_row("heard", *models)
    print_row(*["---"] * (1 + len(models)))
    cells = [f"{heard.mean():.3f}"]
    for model in models.values():
        play, told = player(model), model.config.is_told_expression
        made = [
            movement_db(
                play(true_line(take, is_told_expression=told), take.num_frames), take
            )
            for take in flat
        ]
        cells.append(f"{np.mean(made):.3f} ({np.mean(made / heard):.2f} of it)")
    print_row(*cells)


def constant_mean(scale: ExpressionScale) -> _Errors:
    """Return [9], on the scale: the mean of the notes that the scale was fitted to."""
    means = np.array([[one.mean for one in scale.statistics]])
    return scaled_controls(controls_of_units(means), scale)[0]


def print_expression(model: ExpressionModel, clips: Path, split: str) -> None:
    """Print the error of each control beside that of the constant mean."""
    takes = takes_of(clips, split, longest_s=0.0)
    takes = {name: some for name, some in takes.items() if name in model.instruments}
    scales = scales_of(model.scales, takes)
    means = {name: constant_mean(scales[name]) for name in takes}
    flat = [take for some in takes.values() for take in some]
    errors, truths = expression_errors(model, flat, scales)
    constants = np.concatenate(
        [np.tile(means[take.instrument], (len(take.notes), 1)) for take in flat]
    )
    print("\n## Expression, root mean square error\n")
    print_row("", "notes", *CONTROL_NAMES, "the published six")
    print_row(*["---"] * (len(CONTROL_NAMES) + 3))
    totals = []
    for name, values in (("model", errors), ("constant mean", constants - truths)):
        totals.append(float(np.sqrt(np.mean(np.square(values[:, _SIX])))))
        cells = [f"{value:.3f}" for value in root_mean_square(values)]
        print_row(name, len(values), *cells, f"{totals[-1]:.3f}")
    print(f"\nmodel: {100 * (1 - totals[0] / totals[1]):.1f} % below the constant mean")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", type=Path, nargs="?")
    parser.add_argument("--synthesis", default=DEFAULT_SYNTHESIS)
    parser.add_argument("--baseline")
    parser.add_argument("--expression", default=DEFAULT_EXPRESSION)
    parser.add_argument("--notes", type=Path, help="clips for the expression table")
    parser.add_argument("--split", default="test")
    parser.add_argument("--longest", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--per-instrument", type=int, default=3, metavar="TAKES")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clips = options.clips or played(Path(folder))
        takes = takes_of(clips, options.split, longest_s=options.longest)
    model = SynthesisModel.load(options.synthesis)
    takes = {name: some for name, some in takes.items() if name in model.instruments}
    print(f"{sum(map(len, takes.values()))} takes of the split '{options.split}'")
    models = {"ours": model}
    if options.baseline:
        models["baseline"] = SynthesisModel.load(options.baseline)
    print_resynthesis(models, takes)
    print_movement(models, takes)
    print_reextraction(model, takes)
    print_round_trip(model, takes, per_instrument=options.per_instrument)
    if options.notes:
        expression = ExpressionModel.load(options.expression)
        print_expression(expression, options.notes, options.split)


if __name__ == "__main__":
    main()
