"""Expression in physical units to a scale of about 0 to 1, for each instrument.

A network learns on the scale, a person edits in units; both are one straight line
apart, so more on the one is always more on the other. The statistics are those of the
notes a model was trained on and are stored with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import UsageError
from musegen.engine.json_fields import JsonFields, to_json_text
from musegen.midi_ddsp.expression_units import UNIT_NAMES

# What lies within these quantiles of the training notes spans 0 to 1.
LOW_QUANTILE = 0.05
HIGH_QUANTILE = 0.95

# A range for instruments of which too few notes are known. Our own choice, from the
# anchors of the six controls of Wu et al. (ICLR 2022) where there are any.
NATURAL_RANGES: Mapping[str, tuple[float, float]] = {
    "volume_db": (-60.0, -10.0),
    "volume_fluctuation_db": (0.0, 12.0),
    "peak_position": (0.0, 1.0),
    "vibrato_extent_cents": (0.0, 50.0),
    "vibrato_rate_hz": (4.0, 8.0),
    "vibrato_delay_s": (0.0, 1.0),
    "mean_harmonic": (1.0, 12.0),
    "spectral_centroid_hz": (0.0, 6000.0),
    "attack_noise_db": (-105.0, -45.0),
    "attack_noise_relative_db": (-10.0, 30.0),
    "intonation_cents": (-30.0, 30.0),
}
MIN_NOTES = 20

# A width below this share of the natural one is no range to speak of.
_MIN_WIDTH_SHARE = 0.02
# Rate and delay are 0 where there is no vibrato, which says nothing about them.
_OF_VIBRATO = ("vibrato_rate_hz", "vibrato_delay_s")
_SCHEMA_VERSION = 1

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStatistics:
    """How one control is spread over the notes of an instrument.

    Args:
        low: What is 0 on the scale.
        high: What is 1 on the scale, above `low`.
        mean: Over the notes.
        deviation: Standard deviation over the notes, at least 0.

    Raises:
        ValueError: A number is not finite, or the range is empty.
    """

    low: float
    high: float
    mean: float
    deviation: float

    def __post_init__(self) -> None:
        numbers = (self.low, self.high, self.mean, self.deviation)
        if not (np.isfinite(numbers).all() and self.low < self.high):
            raise ValueError(
                "statistics need finite numbers and low below high; got low "
                f"{self.low}, high {self.high}, mean {self.mean}, deviation "
                f"{self.deviation}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScale:
    """The scale of one instrument.

    Args:
        statistics: One for each name of `UNIT_NAMES`, in that order.
        num_notes: How many notes they were taken from; 0 for the natural ranges.

    Raises:
        ValueError: There are more or fewer statistics than names.
    """

    statistics: tuple[UnitStatistics, ...]
    num_notes: int
    _low: FloatArray = field(init=False, repr=False, compare=False)
    _width: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.statistics) != len(UNIT_NAMES):
            raise ValueError(
                f"a scale has {len(UNIT_NAMES)} statistics; got {len(self.statistics)}"
            )
        low = np.array([one.low for one in self.statistics])
        high = np.array([one.high for one in self.statistics])
        object.__setattr__(self, "_low", low)
        object.__setattr__(self, "_width", high - low)

    def scale(self, values: NDArray[np.floating]) -> FloatArray:
        """Return values in units, [..., 11], on the scale; not clipped."""
        return np.asarray((values - self._low) / self._width)

    def unscale(self, scaled: NDArray[np.floating]) -> FloatArray:
        """Return values on the scale, [..., 11], in units: the inverse of `scale`."""
        return np.asarray(scaled * self._width + self._low)

    def to_fields(self) -> dict[str, object]:
        """Return plain JSON values."""
        controls = {
            name: {
                "low": one.low,
                "high": one.high,
                "mean": one.mean,
                "deviation": one.deviation,
            }
            for name, one in zip(UNIT_NAMES, self.statistics, strict=True)
        }
        return {"num_notes": self.num_notes, "controls": controls}

    @classmethod
    def from_fields(cls, value: object, *, where: str) -> ExpressionScale:
        """Read what `to_fields` gave.

        Raises:
            ValueError: A key is wrong, missing or unknown; it is named.
        """
        fields = JsonFields(value, where=where)
        num_notes = fields.integer("num_notes")
        controls = JsonFields(fields.mapping("controls"), where=f"{where}: controls")
        fields.finish()
        statistics = tuple(
            _statistics_from(controls.mapping(name), where=f"{where}: {name}")
            for name in UNIT_NAMES
        )
        controls.finish()
        return cls(statistics=statistics, num_notes=num_notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScales:
    """The scales of a model: one for each instrument, and one for any other.

    Args:
        by_instrument: By the instrument's name.
        other: For instruments that are not named.
    """

    by_instrument: Mapping[str, ExpressionScale]
    other: ExpressionScale

    def for_instrument(self, name: str) -> ExpressionScale:
        """Return the scale of an instrument, or that for all others."""
        return self.by_instrument.get(name, self.other)

    def to_json(self) -> str:
        """Return JSON text, the same on every machine."""
        instruments = {
            name: scale.to_fields()
            for name, scale in sorted(self.by_instrument.items())
        }
        return to_json_text(
            {
                "schema_version": _SCHEMA_VERSION,
                "instruments": instruments,
                "other": self.other.to_fields(),
            }
        )

    @classmethod
    def from_json(
        cls, text: str, *, where: str = "expression scales"
    ) -> ExpressionScales:
        """Read what `to_json` gave.

        Raises:
            ValueError: It is no JSON, of another version, or a key is wrong.
        """
        fields = JsonFields.parse(text, where=where)
        version = fields.integer("schema_version")
        if version != _SCHEMA_VERSION:
            raise ValueError(
                f"{where} have the version {version}; this musegen knows "
                f"{_SCHEMA_VERSION}: use the musegen that wrote them"
            )
        instruments = fields.mapping("instruments")
        other = ExpressionScale.from_fields(
            fields.mapping("other"), where=f"{where}: other"
        )
        fields.finish()
        return cls(
            by_instrument={
                name: ExpressionScale.from_fields(value, where=f"{where}: {name}")
                for name, value in instruments.items()
            },
            other=other,
        )


def fit_scale(values: NDArray[np.floating]) -> ExpressionScale:
    """Return the scale of notes that were measured.

    A control takes the natural range where fewer than 20 notes say something about it,
    and is widened where the notes hardly differ.

    Args:
        values: [num_notes, 11] in the order of `UNIT_NAMES`, finite.

    Raises:
        UsageError: The shape is another, or a value is NaN or infinite.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 2 or numbers.shape[1] != len(UNIT_NAMES):
        raise UsageError(
            f"a scale is fitted to [notes, {len(UNIT_NAMES)}]; got {numbers.shape}"
        )
    if not np.isfinite(numbers).all():
        raise UsageError("a scale cannot be fitted to NaN or infinity; leave them out")
    has_vibrato = numbers[:, UNIT_NAMES.index("vibrato_rate_hz")] > 0.0
    statistics = []
    for column, name in enumerate(UNIT_NAMES):
        chosen = has_vibrato if name in _OF_VIBRATO else np.full(len(numbers), True)
        statistics.append(_fit_one(numbers[chosen, column], NATURAL_RANGES[name]))
    return ExpressionScale(statistics=tuple(statistics), num_notes=len(numbers))


def fit_scales(
    values: NDArray[np.floating], instruments: Sequence[str]
) -> ExpressionScales:
    """Return a scale for each instrument, and one of all notes for any other.

    Args:
        values: [num_notes, 11] in the order of `UNIT_NAMES`, finite.
        instruments: The instrument's name of each note.

    Raises:
        UsageError: As `fit_scale`, or the lengths differ.
    """
    if len(values) != len(instruments):
        raise UsageError(
            f"each note needs an instrument; got {len(values)} notes and "
            f"{len(instruments)} instruments"
        )
    names = np.array(instruments, dtype=np.str_)
    return ExpressionScales(
        by_instrument={
            str(name): fit_scale(values[names == name]) for name in np.unique(names)
        },
        other=fit_scale(values),
    )


def _fit_one(values: FloatArray, natural: tuple[float, float]) -> UnitStatistics:
    low, high = natural
    if len(values) == 0:
        middle = 0.5 * (low + high)
        return UnitStatistics(low=low, high=high, mean=middle, deviation=0.0)
    if len(values) >= MIN_NOTES:
        least = _MIN_WIDTH_SHARE * (high - low)
        low, high = (
            float(edge) for edge in np.quantile(values, (LOW_QUANTILE, HIGH_QUANTILE))
        )
        missing = max(least - (high - low), 0.0)
        low, high = low - 0.5 * missing, high + 0.5 * missing
    return UnitStatistics(
        low=low, high=high, mean=float(values.mean()), deviation=float(values.std())
    )


def _statistics_from(value: dict[str, Any], *, where: str) -> UnitStatistics:
    fields = JsonFields(value, where=where)
    statistics = UnitStatistics(
        low=_take_number(fields, "low", where),
        high=_take_number(fields, "high", where),
        mean=_take_number(fields, "mean", where),
        deviation=_take_number(fields, "deviation", where),
    )
    fields.finish()
    return statistics


def _take_number(fields: JsonFields, key: str, where: str) -> float:
    number = fields.nullable(key, _number)
    if number is None:
        raise ValueError(f"{where}: {key} must be a number; received null")
    return number


def _number(value: object, *, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{where} must be a number; received {value!r}")
    return float(value)
