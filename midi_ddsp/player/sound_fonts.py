"""Which sound font the virtual player plays, where it is, and under what licence.

Not for playing it (`sampler`).
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from musegen.data.errors import FileFormatError, InputError
from musegen.data.notices import Notice

ENVIRONMENT_VARIABLE = "MUSEGEN_SOUND_FONT"
UNKNOWN_LICENCE = "unknown"
FLUID_LICENCE = "MIT (FluidR3 GM, copyright Frank Wen)"

_FOLDERS = (
    Path("/usr/share/sounds/sf2"),
    Path("/usr/share/soundfonts"),
    Path("/usr/local/share/soundfonts"),
    Path("/opt/homebrew/share/soundfonts"),
)
_PREFERRED = ("FluidR3_GM.sf2",)
_BUNDLED = "TimGM6mb.sf2"
_LICENCES = {
    "fluidr3": FLUID_LICENCE,
    "timgm6mb": "GPL-2 (TimGM6mb, copyright Tim Brechbill)",
}
_INSTALL = (
    "install one with  apt-get install fluid-soundfont-gm  , or name an .sf2 file by "
    f"the option --sound-font or in the environment variable {ENVIRONMENT_VARIABLE}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFont:
    """A sound font file.

    Args:
        path: Where it is.
        licence: As its package states it; `unknown` where the file name says nothing.
        notices: That it is for tests only, or that its licence is unknown.
    """

    path: Path
    licence: str
    notices: tuple[Notice, ...] = ()


def find_sound_font(given: Path | str | None = None) -> SoundFont:
    """Return the sound font to play.

    What is given, or named in `MUSEGEN_SOUND_FONT`, or FluidR3 in the usual folders;
    at last TimGM6mb, which pretty_midi brings along and which is for tests only.

    Raises:
        InputError: None is found; the message says how to install one.
        FileFormatError: The file is not a sound font.
    """
    named = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return describe_sound_font(Path(named).expanduser())
    for path in _usual_places():
        if path.is_file():
            return describe_sound_font(path)
    raise InputError(f"no sound font is on this machine; {_INSTALL}")


def describe_sound_font(path: Path) -> SoundFont:
    """Check that a file is a sound font, and say under what licence it is known.

    Raises:
        InputError: There is no such file.
        FileFormatError: The file is not a sound font.
    """
    if not path.is_file():
        raise InputError(f"there is no sound font {path}; {_INSTALL}")
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] != b"RIFF" or head[8:12] != b"sfbk":
        raise FileFormatError(f"{path} is not a sound font (.sf2 or .sf3); {_INSTALL}")
    known = path.stem.lower().replace("-", "").replace("_", "")
    for stem, licence in _LICENCES.items():
        if known.startswith(stem):
            is_bundled = stem == "timgm6mb"
            remarks = (_tests_only(path),) if is_bundled else ()
            return SoundFont(path=path, licence=licence, notices=remarks)
    return SoundFont(
        path=path,
        licence=UNKNOWN_LICENCE,
        notices=(
            Notice(
                code="unknown-licence",
                message=f"the licence of the sound font {path.name} is not known to us",
            ),
        ),
    )


def _tests_only(path: Path) -> Notice:
    return Notice(
        code="test-sound-font",
        message=f"playing {path.name}, which is for tests only: its strings are "
        f"synthetic and it is under the GPL; for better sound {_INSTALL}",
    )


def _usual_places() -> Iterator[Path]:
    """Yield where a sound font may be, the best first."""
    for name in (*_PREFERRED, _BUNDLED):
        for folder in _FOLDERS:
            yield folder / name
    bundled = bundled_sound_font()
    if bundled is not None:
        yield bundled


def bundled_sound_font() -> Path | None:
    """Return the small sound font inside pretty_midi, if that is installed."""
    found = importlib.util.find_spec("pretty_midi")
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / _BUNDLED
    return path if path.is_file() else None
