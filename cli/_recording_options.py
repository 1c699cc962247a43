"""Options of the commands that hear recordings, declared once and so spelled the same.

They come to the command as one `Hearing`, which knows what the recipe must hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from musegen.cli._completing import complete_instruments, complete_models
from musegen.cli._numbers import Finite, FiniteRange
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.data.notices import Notice
    from musegen.midi_ddsp.analysis.analysing import AnalysisSettings
    from musegen.midi_ddsp.analysis.harmonic_analysis import ParameterEstimator
    from musegen.midi_ddsp.notes import PlayedNote

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What the user says of hearing; every field is an option."""

    instrument: str | None
    notes: Path | None
    part: int | None
    is_aligned: bool
    min_hz: float | None
    max_hz: float | None
    min_note_s: float | None
    model: str | None

    def settings(self) -> AnalysisSettings:
        """Return the library's settings."""
        from musegen.midi_ddsp.analysis.analysing import AnalysisSettings
        from musegen.midi_ddsp.analysis.segmentation import MIN_NOTE_S
        from musegen.midi_ddsp.instruments import instrument_named

        name = self.instrument
        return AnalysisSettings(
            instrument=None if name is None else instrument_named(name),
            min_hz=self.min_hz,
            max_hz=self.max_hz,
            is_aligned=self.is_aligned,
            min_note_s=MIN_NOTE_S if self.min_note_s is None else self.min_note_s,
        )

    def check(self, *, num_inputs: int) -> None:
        """Refuse options that cannot act.

        Args:
            num_inputs: Recordings that are heard.

        Raises:
            UsageError: One of them has nothing to act on.
        """
        if self.notes is None:
            for option, is_given in (
                ("--part", self.part is not None),
                ("--no-align", not self.is_aligned),
            ):
                if is_given:
                    raise UsageError(
                        f"{option} does nothing without --notes: give the notes, or "
                        f"leave {option} out"
                    )
            return
        if num_inputs > 1:
            raise UsageError(
                f"--notes {self.notes} are the notes of one recording, but there are "
                f"{num_inputs}: run them apart"
            )
        if self.min_hz is not None or self.max_hz is not None:
            raise UsageError(
                "--min-hz and --max-hz do nothing with --notes, which say where the "
                "pitch is: leave them out"
            )
        if self.min_note_s is not None:
            raise UsageError(
                "--min-note-seconds does nothing with --notes, which say what the "
                "notes are: leave it out"
            )

    def read_notes(self) -> tuple[tuple[PlayedNote, ...] | None, tuple[Notice, ...]]:
        """Return the notes that were given, None for none, and what was noticed.

        Raises:
            InputError: The file has no usable part.
            UsageError: It has several and none was chosen.
        """
        if self.notes is None:
            return None, ()
        from musegen.data.files import read_score
        from musegen.midi_ddsp.notes import notes_from_score

        result = read_score(self.notes)
        parts = result.score.parts
        chosen = self.part
        if chosen is None:
            playing = [
                index
                for index, part in enumerate(parts, start=1)
                if part.notes and not part.is_drum
            ]
            if len(playing) > 1:
                named = ", ".join(
                    f"{index} {parts[index - 1].name}".strip() for index in playing
                )
                raise UsageError(
                    f"{self.notes} has {len(playing)} parts with notes ({named}): say "
                    "with --part which of them was recorded"
                )
            chosen = playing[0] if playing else 1
        notes, notices = notes_from_score(result.score, chosen - 1)
        return notes, (*result.notices, *notices)

    def files(self) -> tuple[Path, ...]:
        """Return the files that go in beside the recording."""
        return () if self.notes is None else (self.notes,)

    def estimator(self) -> ParameterEstimator:
        """Return what finds the synthesis parameters."""
        from musegen.midi_ddsp.analysis.estimating import find_estimator

        return find_estimator(self.model)

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return {
            "instrument": self.instrument,
            "notes": None if self.notes is None else str(self.notes),
            "part": self.part,
            "no_align": not self.is_aligned,
            "min_hz": self.min_hz,
            "max_hz": self.max_hz,
            "min_note_seconds": self.min_note_s,
            "model": self.model,
        }


def hearing_options(function: Function) -> Function:
    """Add the options of hearing, passed as one `hearing: Hearing`."""

    @click.option(
        "--instrument",
        metavar="NAME",
        shell_complete=complete_instruments,
        show_default="unknown",
        help="Who plays, as in violin or alto-sax: its range bounds the pitch.",
    )
    @click.option(
        "--notes",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="SCORE",
        show_default="heard",
        help="The notes played, MIDI or MusicXML; they are aligned to the sound.",
    )
    @click.option(
        "--part",
        type=click.IntRange(min=1),
        metavar="NUMBER",
        show_default="the only one",
        help="Which part of --notes was recorded, from 1.",
    )
    @click.option(
        "--no-align", is_flag=True, help="Take the times of --notes as they are."
    )
    @click.option(
        "--min-hz",
        type=Finite(),
        metavar="HZ",
        show_default="the instrument's",
        help="Lowest pitch to look for.",
    )
    @click.option(
        "--max-hz",
        type=Finite(),
        metavar="HZ",
        show_default="the instrument's",
        help="Highest pitch to look for.",
    )
    @click.option(
        "--min-note-seconds",
        "min_note_s",
        type=FiniteRange(min=0.02, max=2.0),
        metavar="SECONDS",
        show_default="0.04",
        help="Take no shorter sound for a note.",
    )
    @click.option(
        "--model",
        metavar="NAME|FOLDER",
        shell_complete=complete_models,
        show_default="ddsp_inference_base; none: closed formulas",
        help="What finds harmonics and noise; none reads them off spectra.",
    )
    @functools.wraps(function)
    def wrapper(
        *args: object,
        instrument: str | None,
        notes: Path | None,
        part: int | None,
        no_align: bool,
        min_hz: float | None,
        max_hz: float | None,
        min_note_s: float | None,
        model: str | None,
        **kwargs: object,
    ) -> object:
        hearing = Hearing(
            instrument=instrument,
            notes=notes,
            part=part,
            is_aligned=not no_align,
            min_hz=min_hz,
            max_hz=max_hz,
            min_note_s=min_note_s,
            model=model,
        )
        return function(*args, hearing=hearing, **kwargs)

    return wrapper  # type: ignore[return-value]
