"""Single notes of a sound font, as FluidSynth plays them: dry, alone, from any preset.

The raw material of the virtual player. Not for tuning or shaping (`straightening`,
`playing`) and not for finding the file (`sound_fonts`).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from musegen.data.errors import FileFormatError, MissingPackageError
from musegen.engine.quiet import quiet_import

SAMPLER_RATE_HZ = 48_000
"""Above the rate of the recordings (44.1 kHz), so that nothing folds over."""

_VELOCITY = 100
_CHANNEL = 0
INSTALL_LIBRARY = (
    "apt-get install fluidsynth fluid-soundfont-gm  (elsewhere: brew install "
    "fluid-synth, or see fluidsynth.org)"
)
_BEST_INTERPOLATION = 7
_NUM_LOG_LEVELS = 5
_FLUSH_SAMPLES = 16_384
"""What is rendered and thrown away after a note, so that nothing of it is left."""

_BLOCK_SAMPLES = 64
"""FluidSynth's block; a note's first one alone depends on what sounded before."""

_NUMBERS = {"synth.gain": 0.5, "synth.sample-rate": float(SAMPLER_RATE_HZ)}
_COUNTS = {
    "synth.reverb.active": 0,
    "synth.chorus.active": 0,
    "synth.polyphony": 16,
    "synth.cpu-cores": 1,
}


class Sampler:
    """A sound font, loaded; use it in a `with` block or call `close`.

    Args:
        sound_font: An .sf2 or .sf3 file.

    Raises:
        MissingPackageError: pyfluidsynth or the library libfluidsynth is not installed.
        FileFormatError: FluidSynth cannot read the file.
    """

    def __init__(self, sound_font: Path) -> None:
        self._library = import_fluidsynth()
        self._settings: Any = self._library.new_fluid_settings()
        self._synth: Any = None
        for name, number in _NUMBERS.items():
            self._library.fluid_settings_setnum(self._settings, name.encode(), number)
        for name, count in _COUNTS.items():
            self._library.fluid_settings_setint(self._settings, name.encode(), count)
        with (
            without_log(self._library),
            quiet_import(),
        ):  # a helper of its logs on its own
            self._synth = self._library.new_fluid_synth(self._settings)
            self._font = self._library.fluid_synth_sfload(
                self._synth, str(sound_font).encode(), 0
            )
        if self._font < 0:
            self.close()
            raise FileFormatError(
                f"{sound_font} cannot be read as a sound font; give an .sf2 file"
            )
        self._write = self._library.cfunc(
            "fluid_synth_write_float",
            ctypes.c_int,
            ("synth", ctypes.c_void_p, 1),
            ("len", ctypes.c_int, 1),
            ("lbuf", ctypes.c_void_p, 1),
            ("loff", ctypes.c_int, 1),
            ("lincr", ctypes.c_int, 1),
            ("rbuf", ctypes.c_void_p, 1),
            ("roff", ctypes.c_int, 1),
            ("rincr", ctypes.c_int, 1),
        )
        _set_interpolation(self._library, self._synth)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; the sampler is of no use afterwards."""
        if self._synth is not None:
            self._library.delete_fluid_synth(self._synth)
            self._library.delete_fluid_settings(self._settings)
            self._synth = None

    def note(
        self, pitch: int, *, program: int, duration_s: float, bank: int = 0
    ) -> NDArray[np.float32]:
        """Play one note, held to the end, and return its louder side.

        One side, not the sum: the sides of a stereo recording would interfere.

        Args:
            pitch: MIDI note number, 0 to 127.
            program: General MIDI program, from 0.
            duration_s: Length, above 0.
            bank: Bank of the sound font.

        Returns:
            [N], float32, at `SAMPLER_RATE_HZ`; all zeros where the preset is silent.

        Raises:
            FileFormatError: The sound font has no such preset.
        """
        library, synth = self._library, self._synth
        num_samples = round(duration_s * SAMPLER_RATE_HZ)
        num_blocks = -(-num_samples // _BLOCK_SAMPLES) + 1  # the first is left out
        sides = np.zeros((2, num_blocks * _BLOCK_SAMPLES), np.float32)
        with without_log(library):
            library.fluid_synth_system_reset(synth)
            found = library.fluid_synth_program_select(
                synth, _CHANNEL, self._font, bank, program
            )
            if found != 0:
                raise FileFormatError(
                    f"the sound font has no program {program} in bank {bank}; "
                    "give one with the General MIDI programs"
                )
            library.fluid_synth_noteon(synth, _CHANNEL, pitch, _VELOCITY)
            self._render(sides)
            library.fluid_synth_all_sounds_off(synth, _CHANNEL)
            self._render(np.zeros((2, _FLUSH_SAMPLES), np.float32))
        sides = sides[:, _BLOCK_SAMPLES:][:, :num_samples]
        energy = np.sum(np.square(sides, dtype=np.float64), axis=1)
        louder: NDArray[np.float32] = sides[int(energy[1] > 1.001 * energy[0])]
        return louder

    def _render(self, sides: NDArray[np.float32]) -> None:
        """Fill sides [2, N] with what sounds next."""
        left, right = (side.ctypes.data for side in sides)
        self._write(self._synth, sides.shape[1], left, 0, 1, right, 0, 1)


def import_fluidsynth() -> Any:
    """Return the module `fluidsynth`.

    Raises:
        MissingPackageError: It or the library that it binds is not installed.
    """
    try:
        import fluidsynth
    except (ImportError, OSError) as error:
        # The package is there, and does not find the library that it binds.
        lacks_library = "library" in str(error).lower()
        raise MissingPackageError(
            "fluidsynth" if lacks_library else "pyfluidsynth",
            extra="player",
            purpose="playing a sound font",
            install=INSTALL_LIBRARY if lacks_library else None,
        ) from error
    return fluidsynth


def _set_interpolation(library: Any, synth: Any) -> None:
    """Ask for FluidSynth's longest interpolation filter, in all channels."""
    choose = library.cfunc(
        "fluid_synth_set_interp_method",
        ctypes.c_int,
        ("synth", ctypes.c_void_p, 1),
        ("chan", ctypes.c_int, 1),
        ("interp_method", ctypes.c_int, 1),
    )
    choose(synth, -1, _BEST_INTERPOLATION)


@contextmanager
def without_log(library: Any) -> Iterator[None]:
    """Keep FluidSynth, which logs to stderr, silent in a `with` block."""
    set_log = library.cfunc(
        "fluid_set_log_function",
        ctypes.c_void_p,
        ("level", ctypes.c_int, 1),
        ("fun", ctypes.c_void_p, 1),
        ("data", ctypes.c_void_p, 1),
    )
    saved = [set_log(level, None, None) for level in range(_NUM_LOG_LEVELS)]
    try:
        yield
    finally:
        for level, function in enumerate(saved):
            set_log(level, function, None)
