"""`musegen evaluate SCORES`: grade music in four parts by Bach's chorales."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from musegen.cli._grade_tables import grade_table, summary_table, texture_table
from musegen.cli._inputs import SCORE_SUFFIXES, Source, expand_inputs
from musegen.cli._options import command_with_examples, machine_options
from musegen.cli._output import Item, Output
from musegen.data.errors import EmptyScoreError

if TYPE_CHECKING:
    from musegen.data.grading.grade import Grade
    from musegen.data.grading.reading import FourVoices
    from musegen.data.grading.texture import Texture

SPELLINGS = ("key-aware", "naive")
NUM_VOICES = 4
# 351 chorales of music21 with their ties (published: 4.91), and what a test of
# `musegen.data.grading.grade` measures on the standard test split.
BACH_GRADES = """\
Bach's own median: 4.9 as engraved; in windows of 128 sixteenths with --raster
7.6 key-aware and 8.9 naive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graded:
    """One file that was graded."""

    name: str
    voices: FourVoices
    grades: dict[str, tuple[Grade, ...]]


def _voice_names(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    """Split `--voices` and count."""
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(","))
    if len(names) != NUM_VOICES or not all(names):
        raise click.BadParameter(
            f"name {NUM_VOICES} voices with commas between, soprano first, such as "
            f"1,2,3,4; got {value!r}",
            ctx=ctx,
            param=param,
        )
    return names


@command_with_examples(
    "scores",
    examples=[
        "musegen evaluate chorale.mid",
        "musegen evaluate samples/ --window 128 --raster --json",
        "musegen evaluate scores organ.musicxml --voices 1:top,1:bottom,2:top,2:bottom",
    ],
)
@click.argument("scores", nargs=-1, required=True, metavar="SCORES...")
@click.option(
    "--spelling",
    type=click.Choice([*SPELLINGS, "both"]),
    default="both",
    help="How notes are named: by the key, or naively as in published figures.",
)
@click.option(
    "--window",
    "window_steps",
    type=click.IntRange(min=16),
    metavar="STEPS",
    show_default="whole pieces",
    help="Grade adjoining windows of so many sixteenths (128 as published).",
)
@click.option(
    "--raster",
    "is_raster",
    is_flag=True,
    help="Take a repeated note for a held one, as arrays of pitches do.",
)
@click.option(
    "--voices",
    callback=_voice_names,
    metavar="S,A,T,B",
    show_default="the four parts with notes",
    help="Which parts: numbers from 1, names, or 1:top and 1:bottom of one part.",
)
@click.option(
    "--quantize",
    "is_quantized",
    is_flag=True,
    help="Move notes to the nearest sixteenth instead of refusing the file.",
)
@machine_options
def scores_command(
    scores: tuple[str, ...],
    spelling: str,
    window_steps: int | None,
    is_raster: bool,
    voices: tuple[str, ...] | None,
    is_quantized: bool,
    output: Output,
) -> None:
    """Grade scores in four parts by how far they are from Bach's chorales (0 is best).

    Nine distances add up to the grade: of scale degrees, durations, parallels, chords,
    the melodic intervals of each voice, and repetition (Fang et al., "Bach or Mock?",
    2020). A folder stands for all scores in it and below.
    """
    sources = expand_inputs(_with_folders(scores))
    spellings = SPELLINGS if spelling == "both" else (spelling,)
    output.expect(len(sources))
    graded: list[_Graded] = []
    with output.progress("Grading", len(sources)) as advance:
        for source in sources:
            with output.item(source.name) as item:
                found = _grade(
                    source,
                    item,
                    spellings=spellings,
                    voices=voices,
                    window_steps=window_steps,
                    is_raster=is_raster,
                    is_quantized=is_quantized,
                )
                graded.append(found)
                item.set(**_fields(found))
            advance(1)
    if graded:
        _report(graded, spellings, output)


def _with_folders(arguments: Sequence[str]) -> list[str]:
    """Put the scores of a folder, and of those in it, in its place."""
    paths: list[str] = []
    for argument in arguments:
        if not Path(argument).is_dir():
            paths.append(argument)
            continue
        found = sorted(
            path
            for path in Path(argument).rglob("*")
            if path.suffix.lower() in SCORE_SUFFIXES and path.is_file()
        )
        if not found:
            raise EmptyScoreError(
                f"{argument}: no {', '.join(SCORE_SUFFIXES)} file in this folder or "
                "below: name the files, or another folder"
            )
        paths += map(str, found)
    return paths


def _grade(
    source: Source,
    item: Item,
    *,
    spellings: Sequence[str],
    voices: tuple[str, ...] | None,
    window_steps: int | None,
    is_raster: bool,
    is_quantized: bool,
) -> _Graded:
    from musegen.data.files import read_score
    from musegen.data.grading.naming import SPELLING_METHODS
    from musegen.data.grading.reading import grade_voices, read_voices

    result = read_score(source.content(), name=source.name)
    for notice in result.notices:
        item.notice(notice)
    read = read_voices(result.score, voices=voices, is_quantized=is_quantized)
    return _Graded(
        name=source.name,
        voices=read,
        grades={
            method: grade_voices(
                read, spelling=method, window_steps=window_steps, is_raster=is_raster
            )
            for method in SPELLING_METHODS
            if method in spellings
        },
    )


def _fields(graded: _Graded) -> dict[str, object]:
    """Return what JSON says of a file."""
    return {
        "parts": graded.voices.names,
        "sixteenths": len(graded.voices.pitch),
        "grades": {
            method: [_grade_json(grade) for grade in grades]
            for method, grades in graded.grades.items()
        },
        "voice_leading": _texture([graded]),
    }


def _grade_json(grade: Grade) -> dict[str, object]:
    return {"total": grade.total, **dataclasses.asdict(grade)}


def _texture(graded: Sequence[_Graded]) -> Texture:
    from musegen.data.grading.texture import texture

    return texture(
        [item.voices.pitch for item in graded],
        first_phases=[item.voices.first_phase for item in graded],
    )


def _report(
    graded: Sequence[_Graded], spellings: Sequence[str], output: Output
) -> None:
    """Tell the figures of each file and of all together."""
    from musegen.data.grading.bach_texture import BACH_TEXTURE
    from musegen.data.grading.summary import summarize_grades

    all_grades = {
        spelling: [grade for item in graded for grade in item.grades[spelling]]
        for spelling in spellings
    }
    summaries = {
        spelling: summarize_grades(grades) for spelling, grades in all_grades.items()
    }
    rows = [
        (
            item.name,
            {name: summarize_grades(grades) for name, grades in item.grades.items()},
        )
        for item in graded
    ]
    for item in graded:
        for reason in dict.fromkeys(
            grade.failure for grade in item.grades[spellings[0]] if grade.failure
        ):
            output.note(f"{item.name}: no grade, {reason}")
    found = _texture(graded)
    output.result(
        {
            "summary": summaries,
            "voice_leading_of_all": found,
            "voice_leading_of_bach": BACH_TEXTURE,
        },
        human="\n\n".join(
            [
                grade_table(rows),
                summary_table(summaries),
                texture_table(found, BACH_TEXTURE),
                BACH_GRADES,
            ]
        ),
    )
