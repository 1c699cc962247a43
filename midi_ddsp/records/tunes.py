"""Tunes for the virtual player: what one is, those of collections, and their order.

One shape for all, so that a plan (`performances`) need not know where a tune is from.
Those of the user's own scores are in `given_tunes`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from musegen.engine.seeds import generator
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.player import tunes as collected

ALL = "all"
COLLECTIONS = (ALL, *collected.COLLECTIONS)
"""Names that stand for the tunes of music21's corpus; `all` for all of them."""

LEAD_IN_S = 0.15
"""Silence before the first note."""


class Tune(Protocol):
    """One voice that may be played."""

    @property
    def piece(self) -> str:
        """The music; whatever has the same is in the same split."""

    @property
    def name(self) -> str:
        """A name that no other tune has."""

    @property
    def source(self) -> str:
        """Where it is from."""

    @property
    def licence(self) -> str:
        """Of the tune."""

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes at a height drawn from those that suit an instrument.

        Raises:
            PitchRangeError: None does.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedTune:
    """A tune of music21's corpus; tempo and height are drawn.

    Args:
        tune: As the player's collections give it.
    """

    tune: collected.Tune

    @property
    def piece(self) -> str:
        """The chorale; or the title, since several books hold the same tunes."""
        reference = self.tune.reference
        if reference.collection == collected.CHORALES:
            return reference.file
        title = " ".join(re.findall(r"[a-z0-9]+", self.tune.title.lower()))
        return title.removeprefix("the ") or reference.name

    @property
    def name(self) -> str:
        """Its place in the corpus."""
        return self.tune.reference.name

    @property
    def source(self) -> str:
        """Place and title."""
        return self.tune.source

    @property
    def licence(self) -> str:
        """Of music and encoding."""
        return self.tune.licence

    def arranged(
        self, instrument: Instrument, rng: np.random.Generator
    ) -> tuple[PlayedNote, ...]:
        """Return the notes transposed, at a tempo that is drawn.

        Raises:
            PitchRangeError: It spans more than the instrument plays with ease.
        """
        return collected.arrange(self.tune, instrument, rng=rng)


def tunes_in_order(
    names: Sequence[str], given: Sequence[Tune], *, seed: int
) -> Iterator[Tune]:
    """Yield every tune once, in an order drawn from a seed: scores, then collections.

    Args:
        names: `COLLECTIONS`; others are passed over.
        given: Tunes of scores.
        seed: Any integer.

    Raises:
        MissingPackageError: Collections need music21.
    """
    for place in generator(seed, "given").permutation(len(given)):
        yield given[place]
    chosen = [name for name in names if name in collected.COLLECTIONS]
    if ALL in names:
        chosen = list(collected.COLLECTIONS)
    if chosen:
        for tune in collected.iterate_tunes(seed=seed, collections=chosen):
            yield CollectedTune(tune=tune)
