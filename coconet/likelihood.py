"""What measuring gives: losses of one piece, their sums, and figures of many pieces.

Natural logarithms throughout. Silent cells count as units of loss 0, as in the released
evaluator, and never in accuracies or in figures of sounding units. Not how losses are
measured: `musegen.coconet.evaluation` and `musegen.coconet.given_voices` are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from musegen.coconet.config import NUM_VOICES, VOICE_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """Losses of one piece. A unit is a frame or a cell; a frame has four cells.

    Args:
        units: (unit,), nats of each scored unit, averaged over orderings in probability
            space.
        single_units: (unit,), the same for one ordering: the plain mean over orderings.
        is_silent: (unit,), which units are wholly silent (their loss is 0).
        cell_losses: (cell,), nats, the plain mean over orderings.
        cell_hits: (cell,), share of orderings in which the best guess is right, 0 to 1.
        cell_voices: (cell,), 0 = soprano.
        is_cell_silent: (cell,).
    """

    units: NDArray[np.float64]
    single_units: NDArray[np.float64]
    is_silent: NDArray[np.bool_]
    cell_losses: NDArray[np.float64]
    cell_hits: NDArray[np.float64]
    cell_voices: NDArray[np.int64]
    is_cell_silent: NDArray[np.bool_]

    @property
    def mean(self) -> float:
        """Mean over all units."""
        return float(self.units.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceSums:
    """What one piece adds to the figures: sums and counts, small enough to be logged.

    Args:
        num_units: Units scored.
        num_sounding_units: Those not wholly silent.
        loss: Nats of all units, averaged over orderings in probability space.
        single_loss: Nats of all units under one ordering.
        voice_cells: Sounding cells scored in each voice.
        voice_losses: Nats of these under one ordering.
        voice_hits: How many of these the best guess meets.
    """

    num_units: int
    num_sounding_units: int
    loss: float
    single_loss: float
    voice_cells: tuple[int, ...]
    voice_losses: tuple[float, ...]
    voice_hits: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = {
            len(self.voice_cells),
            len(self.voice_losses),
            len(self.voice_hits),
        }
        if lengths != {NUM_VOICES}:
            raise ValueError(f"each sum of a voice needs {NUM_VOICES} values")

    @property
    def mean(self) -> float:
        """Mean over units, NaN where there is none."""
        return self.loss / self.num_units if self.num_units else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data; `from_json` is the exact inverse."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PieceSums:
        """Read what `to_json` gave.

        Raises:
            TypeError: A key is missing or unknown, or a value is of another type.
            ValueError: A list has another length, or a value is no number.
        """
        fields = dict(data)
        for name, kind in _NUMBERS.items():
            fields[name] = kind(fields[name])
        for name, kind in _LISTS.items():
            fields[name] = tuple(kind(value) for value in fields[name])
        return cls(**fields)


_NUMBERS: Mapping[str, type[int] | type[float]] = {
    "num_units": int,
    "num_sounding_units": int,
    "loss": float,
    "single_loss": float,
}
_LISTS: Mapping[str, type[int] | type[float]] = {
    "voice_cells": int,
    "voice_losses": float,
    "voice_hits": float,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean and its standard error over pieces.

    NaN where there is nothing to average, the error also where there is but one piece.
    """

    mean: float
    standard_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSummary:
    """Sounding cells of one voice, under one ordering.

    Args:
        nats: A cell.
        accuracy: Share of cells that the best guess meets, 0 to 1.
    """

    nats: Figure
    accuracy: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Figures of many pieces.

    Args:
        piece: Mean over pieces of the mean over units: the published figure.
        single_piece: The same for one ordering in place of the average.
        unit: Mean over all units of all pieces.
        sounding_unit: The same without silent units.
        accuracy: Share of sounding cells that the best guess meets, 0 to 1.
        voices: Each voice that was predicted, by its name.
        num_pieces: Pieces with at least one unit.
        num_units: Units.
        num_sounding_units: Units that are not wholly silent.
    """

    piece: Figure
    single_piece: Figure
    unit: Figure
    sounding_unit: Figure
    accuracy: Figure
    voices: Mapping[str, VoiceSummary]
    num_pieces: int
    num_units: int
    num_sounding_units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How another model differs from the first on the same pieces.

    Args:
        nats: Mean over pieces of (other - first), with the standard error of this
            paired difference.
        percent: The difference by the first model's mean; negative is better.
    """

    nats: Figure
    percent: float


def piece_sums(likelihood: Likelihood) -> PieceSums:
    """Add up the losses of a piece."""
    sounds = ~likelihood.is_cell_silent
    voices = likelihood.cell_voices[sounds]

    def by_voice(values: NDArray[np.float64]) -> tuple[float, ...]:
        sums = np.bincount(voices, values[sounds], NUM_VOICES)
        return tuple(float(value) for value in sums)

    counts = np.bincount(voices, minlength=NUM_VOICES)
    return PieceSums(
        num_units=len(likelihood.units),
        num_sounding_units=int((~likelihood.is_silent).sum()),
        loss=float(likelihood.units.sum()),
        single_loss=float(likelihood.single_units.sum()),
        voice_cells=tuple(int(count) for count in counts),
        voice_losses=by_voice(likelihood.cell_losses),
        voice_hits=by_voice(likelihood.cell_hits),
    )


def summarize(pieces: Sequence[PieceSums]) -> Summary:
    """Aggregate as the published tables do (means over pieces), over units and voices.

    Pieces without any unit (nothing was left to predict) are left out.
    """
    scored = [piece for piece in pieces if piece.num_units]
    units = [piece.num_units for piece in scored]
    losses = [piece.loss for piece in scored]
    sounding = [piece.num_sounding_units for piece in scored]
    return Summary(
        piece=mean_over_pieces([piece.mean for piece in scored]),
        single_piece=mean_over_pieces(
            [piece.single_loss / piece.num_units for piece in scored]
        ),
        unit=ratio_over_pieces(losses, units),
        sounding_unit=ratio_over_pieces(losses, sounding),
        accuracy=ratio_over_pieces(
            [sum(piece.voice_hits) for piece in scored],
            [sum(piece.voice_cells) for piece in scored],
        ),
        voices=_voices(scored),
        num_pieces=len(scored),
        num_units=sum(units),
        num_sounding_units=sum(sounding),
    )


def _voices(pieces: Sequence[PieceSums]) -> dict[str, VoiceSummary]:
    summaries = {}
    for voice, name in enumerate(VOICE_NAMES):
        counts = [piece.voice_cells[voice] for piece in pieces]
        if any(counts):
            losses = [piece.voice_losses[voice] for piece in pieces]
            hits = [piece.voice_hits[voice] for piece in pieces]
            summaries[name] = VoiceSummary(
                nats=ratio_over_pieces(losses, counts),
                accuracy=ratio_over_pieces(hits, counts),
            )
    return summaries


def difference(first: Sequence[PieceSums], other: Sequence[PieceSums]) -> Difference:
    """Compare two models on the same pieces, piece by piece.

    Args:
        first: Of the model compared with.
        other: Of the other, in the same order.

    Raises:
        ValueError: Another number of pieces.
    """
    pairs = [
        (one.mean, two.mean)
        for one, two in zip(first, other, strict=True)
        if one.num_units and two.num_units
    ]
    nats = mean_over_pieces([two - one for one, two in pairs])
    base = mean_over_pieces([one for one, _ in pairs]).mean
    percent = 100.0 * nats.mean / base if base else float("nan")
    return Difference(nats=nats, percent=percent)


def mean_over_pieces(values: ArrayLike) -> Figure:
    """Return a mean and std / sqrt(n), std with divisor n.

    Source:
        The released evaluator of Huang et al., ISMIR 2017. With divisor n - 1 the error
        would be larger by 0.7 % at 77 pieces; the published definition is kept.
    """
    array = np.asarray(values, dtype=float)
    if not array.size:
        return Figure(mean=float("nan"), standard_error=float("nan"))
    return Figure(
        mean=float(array.mean()),
        standard_error=(
            float(array.std() / np.sqrt(array.size)) if array.size > 1 else float("nan")
        ),
    )


def ratio_over_pieces(sums: ArrayLike, counts: ArrayLike) -> Figure:
    """Return sum(sums) / sum(counts) and its standard error over pieces.

    The error is that of a ratio estimator to first order, sqrt(sum((s - r c)^2)) /
    sum(c); with equal counts it is that of `mean_over_pieces`.
    """
    top, bottom = np.asarray(sums, dtype=float), np.asarray(counts, dtype=float)
    total = bottom.sum()
    if not total:
        return Figure(mean=float("nan"), standard_error=float("nan"))
    ratio = top.sum() / total
    error = float(np.sqrt(((top - ratio * bottom) ** 2).sum()) / total)
    is_one_piece = int((bottom > 0).sum()) < 2
    return Figure(
        mean=float(ratio), standard_error=float("nan") if is_one_piece else error
    )
