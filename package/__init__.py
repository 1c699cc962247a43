"""musegen: a command-line toolkit for neural symbolic music.

The subpackages are the folders at the top of the repository: `musegen.data` (scores,
grids, files), `musegen.engine` (running and training networks), `musegen.coconet`,
`musegen.midi_ddsp`, `musegen.sunmask`, `musegen.render` and `musegen.cli`. Importing
this package imports none of them.
"""

from __future__ import annotations

__version__ = "0.1.0"

__all__ = ["__version__"]
