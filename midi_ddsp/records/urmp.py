"""The layout of the URMP recordings: what each of its file names says.

`AuSep_1_vn_01_Jupiter.wav` is part 1, a violin, of piece 01_Jupiter; beside it are
`Notes_1_vn_01_Jupiter.txt`, `F0s_1_vn_01_Jupiter.txt`, `Sco_01_Jupiter.mid` and the mix
`AuMix_01_Jupiter_vn_vc.wav`. The F0s are not used: every frame of our records is
tracked anew, at 250 frames a second.

Source: Li et al., "Creating a Multitrack Classical Music Performance Dataset", 2018.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_PART = re.compile(r"AuSep_(\d+)_([a-z]+)_(\d+)_(.+)", re.IGNORECASE)
_MIX = re.compile(r"AuMix_\d+_.+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class URMPPart:
    """What the name of a separate recording says.

    Args:
        part: Number of the part, from 1.
        key: Of the instrument: `vn`.
        piece: Number and name: `01_Jupiter`.
    """

    part: int
    key: str
    piece: str

    def notes_file(self, audio: Path) -> Path:
        """Return where the notes of a recording stand, there or not."""
        return audio.with_name(f"Notes_{self.part}_{self.key}_{self.piece}.txt")

    def score_file(self, audio: Path) -> Path:
        """Return where the score stands, there or not."""
        return audio.with_name(f"Sco_{self.piece}.mid")


def urmp_part(audio: Path) -> URMPPart | None:
    """Return what the name of a sound file says, None if it is not one of a part.

    >>> urmp_part(Path("AuSep_2_vc_01_Jupiter.wav")).piece
    '01_Jupiter'
    """
    found = _PART.fullmatch(audio.stem)
    if found is None:
        return None
    part, key, number, name = found.groups()
    return URMPPart(part=int(part), key=key.lower(), piece=f"{number}_{name}")


def is_urmp_mix(audio: Path) -> bool:
    """Return whether a sound file is by its name the mix of a piece's parts."""
    return _MIX.fullmatch(audio.stem) is not None
