"""Which split a piece belongs to: as given, else by the digest of its name.

By piece and never by clip or recording, so that no music of the test is heard in
training, whoever plays it. Another piece more or less moves no other.
"""

from __future__ import annotations

import fnmatch
import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from musegen.data.corpora.chorale_map import Split
from musegen.data.errors import UsageError

SPLITS: tuple[Split, ...] = get_args(Split)
_DIGEST_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRule:
    """How pieces are divided.

    Args:
        train: Share of the pieces, 0 to 1; the three shares sum to 1.
        valid: Likewise.
        test: Likewise.
        valid_pieces: Names, or patterns such as `0[1-3]_*`, that go to `valid`.
        test_pieces: The same for `test`. Where any name is given for a split, nothing
            comes into that split by its digest.

    Raises:
        UsageError: A share is out of its range, or they do not sum to 1.
    """

    train: float = 0.8
    valid: float = 0.1
    test: float = 0.1
    valid_pieces: tuple[str, ...] = ()
    test_pieces: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shares = (self.train, self.valid, self.test)
        if not all(0.0 <= share <= 1.0 for share in shares) or not math.isclose(
            sum(shares), 1.0, abs_tol=1e-6
        ):
            raise UsageError(
                "the shares of train, valid and test are 0 to 1 and sum to 1; got "
                f"{', '.join(f'{share:g}' for share in shares)}"
            )

    def split_of(self, piece: str) -> Split:
        """Return the split of a piece.

        Args:
            piece: Its name; what it is compared by.
        """
        if _matches(piece, self.test_pieces):
            return "test"
        if _matches(piece, self.valid_pieces):
            return "valid"
        test = 0.0 if self.test_pieces else self.test
        valid = 0.0 if self.valid_pieces else self.valid
        total = self.train + valid + test
        place = unit_interval(piece) * total if total > 0.0 else 0.0
        if place < test:
            return "test"
        return "valid" if place < test + valid else "train"

    def check_pieces(self, pieces: Iterable[str]) -> None:
        """Refuse names that no piece has, and pieces named for two splits.

        Raises:
            UsageError: There is one.
        """
        known = sorted(set(pieces))
        for pattern in (*self.valid_pieces, *self.test_pieces):
            if not any(_matches(piece, (pattern,)) for piece in known):
                raise UsageError(
                    f"no piece is called {pattern!r}; there are {_some(known)}"
                )
        for piece in known:
            if _matches(piece, self.valid_pieces) and _matches(piece, self.test_pieces):
                raise UsageError(
                    f"{piece} is named for valid and for test; name it for one"
                )


def unit_interval(name: str) -> float:
    """Return a number in [0, 1) that depends on the name alone, evenly spread.

    >>> unit_interval("01_Jupiter") == unit_interval("01_Jupiter")
    True
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()[:_DIGEST_BYTES]
    bits = int.from_bytes(digest, "big") >> 11  # 53: what a float holds exactly
    return bits / 2**53


def _matches(piece: str, patterns: Sequence[str]) -> bool:
    return any(
        piece == pattern or fnmatch.fnmatchcase(piece, pattern) for pattern in patterns
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")
