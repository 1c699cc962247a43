"""Finding the key of a piece from how long each pitch class sounds.

For grading, where the published function does it so. Not for reading a score: a file
says its key itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from musegen.data.spelling import Spelling, key_alter

_LETTERS = "CDEFGAB"
_PITCH_CLASSES = 12

# Aarden-Essen key profiles, from the tonic upward.
_MAJOR_PROFILE = (
    17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587,
    0.291248, 22.062, 0.145624, 8.15494, 0.232998, 4.95122,
)  # fmt: skip
_MINOR_PROFILE = (
    18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362,
    0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623,
)  # fmt: skip

# Which name each tonic has: C, C#, D, Eb, E, F, F#, G, Ab (G# minor), A, Bb, B.
_MAJOR_SHARPS = (0, 7, 2, -3, 4, -1, 6, 1, -4, 3, -2, 5)
_MINOR_SHARPS = (-3, 4, -1, -6, 1, -4, 3, -2, 5, 0, -5, 2)


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key as it was found.

    Args:
        tonic: Pitch class, 0 (C) to 11.
        is_minor: Whether it is minor.
    """

    tonic: int
    is_minor: bool

    @property
    def sharps(self) -> int:
        """Key signature, -6 to 7."""
        return (_MINOR_SHARPS if self.is_minor else _MAJOR_SHARPS)[self.tonic]

    @cached_property
    def scale(self) -> tuple[tuple[str, int], ...]:
        """Letter and accidental of the seven degrees, natural minor for minor."""
        altered = {step: key_alter(step, sharps=self.sharps) for step in _LETTERS}
        first = next(
            place
            for place, step in enumerate(_LETTERS)
            if Spelling(step=step, alter=altered[step], octave=4).pitch % _PITCH_CLASSES
            == self.tonic
        )
        steps = _LETTERS[first:] + _LETTERS[:first]
        return tuple((step, altered[step]) for step in steps)

    def __str__(self) -> str:
        step, alter = self.scale[0]
        name = step + {-1: "b", 0: "", 1: "#"}[alter]
        return f"{name} {'minor' if self.is_minor else 'major'}"


def find_key(weights: Sequence[float] | npt.NDArray[np.float64]) -> Key:
    """Return the key whose profile correlates best with a pitch-class histogram.

    Args:
        weights: (12,) how long each pitch class sounds, C first, in any unit.

    Returns:
        Of equals the higher tonic, then minor; so silence, or all classes alike, give
        B minor.

    Source:
        Pearson correlation with the profiles of Aarden (2003) on the Essen collection,
        the default of music21; so in Fang, Liu, Seetharaman and Pardo, "Bach or Mock?",
        2020.
    """
    histogram = np.asarray(weights, dtype=np.float64)
    centred = histogram - histogram.mean()
    norm = float(np.sqrt((centred**2).sum()))
    correlation = _rotated_profiles() @ centred / (norm or 1.0)
    best = max(
        range(2 * _PITCH_CLASSES),
        key=lambda index: (
            correlation[index],
            index % _PITCH_CLASSES,
            index >= _PITCH_CLASSES,
        ),
    )
    return Key(tonic=best % _PITCH_CLASSES, is_minor=best >= _PITCH_CLASSES)


@lru_cache(maxsize=1)
def _rotated_profiles() -> npt.NDArray[np.float64]:
    """(24, 12): centred profiles of unit length, major keys first, from C upward."""
    rows = []
    for profile in (_MAJOR_PROFILE, _MINOR_PROFILE):
        centred = np.asarray(profile) - np.mean(profile)
        centred /= np.sqrt((centred**2).sum())
        rows += [np.roll(centred, tonic) for tonic in range(_PITCH_CLASSES)]
    return np.stack(rows)
