"""What a step did or found that the user should hear of, though it is no error.

A notice is data: a stable code, a place in the music and a sentence. The command line
prints it on stderr, puts it in the JSON output and in the sidecar; the library only
returns it.
"""

from __future__ import annotations

from dataclasses import dataclass

from musegen.data.score import BarBeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One remark on an input or a result.

    Args:
        code: Stable, hyphenated, for programs: `unclosed-note`, `transposed-octave`.
        message: One sentence for people.
        place: Bar and beat, where there is one.
    """

    code: str
    message: str
    place: BarBeat | None = None

    def __str__(self) -> str:
        return self.message if self.place is None else f"{self.place}: {self.message}"
