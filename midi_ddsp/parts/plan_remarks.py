"""What a plan of parts has to tell: the sentences of its notices.

For `musegen.midi_ddsp.parts.planning` only, which decides; here it is put into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from musegen.data.errors import EmptyScoreError, InputError
from musegen.data.notices import Notice
from musegen.data.part_labels import part_label
from musegen.data.score import Score
from musegen.midi_ddsp.instruments import Instrument
from musegen.midi_ddsp.parts.general_midi import program_name
from musegen.midi_ddsp.parts.plan import SkippedPart, SkipReason
from musegen.midi_ddsp.parts.timing import name_places
from musegen.midi_ddsp.parts.voice_allocation import Allocation

_SKIP_CODES = {
    "empty": "empty-part",
    "drums": "skipped-drums",
    "effect": "skipped-effect",
    "asked": "skipped-part",
}
_MAX_REASONS = 8


@dataclass(slots=True, kw_only=True)
class PlanRemarks:
    """Collects what is skipped and what should be told.

    Args:
        score: Whose parts are planned.
    """

    score: Score
    skipped: list[SkippedPart] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    _reasons: list[str] = field(default_factory=list)

    def label(self, index: int) -> str:
        """Return how a part is called in a message."""
        return part_label(self.score, index)

    def nothing_to_play(self) -> EmptyScoreError:
        """Return the error for a score of which nothing is played."""
        why = "; ".join(self._reasons[:_MAX_REASONS]) or "the score has no parts"
        more = len(self._reasons) - _MAX_REASONS
        rest = f"; and {more} more are not played either" if more > 0 else ""
        return EmptyScoreError(
            f"there is nothing to play: {why}{rest}. Give a score with a pitched part, "
            "or choose an instrument for a part by its number"
        )

    def refuse_drums(self, index: int) -> InputError:
        """Return the error for percussion that is not wanted."""
        return InputError(
            f"{self.label(index)} is percussion, which has no pitch; let percussion be "
            "skipped, or choose an instrument for the part"
        )

    def skip(
        self, index: int, reason: SkipReason, num_notes: int, sentence: str
    ) -> None:
        """Note that nobody plays a part, or some notes of it.

        Args:
            index: The part.
            reason: Why.
            num_notes: How many notes.
            sentence: What follows the part's name: `is percussion`.
        """
        self.skipped.append(
            SkippedPart(part_index=index, reason=reason, num_notes=num_notes)
        )
        words = f"{self.label(index)} {sentence}"
        self._reasons.append(words)
        notice = Notice(code=_SKIP_CODES[reason], message=f"{words}: skipped")
        self.notices.append(notice)

    def skip_effects(
        self, index: int, programs: Iterable[int], num_notes: int, num_all: int
    ) -> None:
        """Note that notes of programs without pitch are not played."""
        names = " and ".join(
            f"{program_name(program)} (program {program})"
            for program in dict.fromkeys(programs)
        )
        which = "" if num_notes == num_all else f", in {num_notes} of {num_all} notes"
        self.skip(
            index, "effect", num_notes, f"is {names}{which}, which nobody here plays"
        )

    def add(self, code: str, message: str, ticks: Sequence[int] = ()) -> None:
        """Add a notice, about notes at some ticks."""
        ordered = sorted(ticks)
        where = f" ({name_places(self.score, ordered)})" if ordered else ""
        place = self.score.bar_beat(ordered[0]) if ordered else None
        self.notices.append(Notice(code=code, message=message + where, place=place))

    def nearest(
        self, index: int, programs: Iterable[int], players: Sequence[Instrument]
    ) -> None:
        """Say who plays programs that no instrument here is; exact ones are silent."""
        exact = {player.gm_program for player in players}
        asked = [p for p in dict.fromkeys(programs) if {p} != exact]
        if asked:
            names = " and ".join(f"{program_name(p)} (program {p})" for p in asked)
            playing = " and ".join(player.name for player in dict.fromkeys(players))
            self.add(
                "nearest-instrument",
                f"{self.label(index)}: {names} is played by the nearest instrument: "
                f"{playing}",
            )

    def voices(self, index: int, allocation: Allocation, *, max_voices: int) -> None:
        """Say that there are chords, and what became of too many notes at once."""
        num_voices = len(allocation.voices)
        if num_voices > 1:
            self.add(
                "chord-voices",
                f"{self.label(index)}: its chords are shared among {num_voices} voices",
            )
        texts = (
            ("pedal-released", allocation.released, "held by the pedal, ended early"),
            ("notes-stopped", allocation.stopped, "ended early"),
            ("notes-left-out", allocation.left_out, "left out"),
        )
        for code, notes, words in texts:
            if notes:
                self.add(
                    code,
                    f"{self.label(index)}: more notes at once than {max_voices} voices "
                    f"can play; {words}: {len(notes)}",
                    [note.tick for note in notes],
                )

    def empty_notes(self, index: int, ticks: Sequence[int]) -> None:
        """Say that notes have no length."""
        self.add(
            "empty-note",
            f"{self.label(index)}: notes of no length, left out: {len(ticks)}",
            ticks,
        )
