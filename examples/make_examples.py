"""Writes the example melodies beside this file; run it after changing one.

The tunes are in the public domain and the encodings are our own, from memory of the
tunes and not from any file.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from musegen.data.midi import write_midi
from musegen.data.score import (
    KeySignature,
    Note,
    Part,
    Score,
    Tempo,
    TextEvent,
    TimeSignature,
)

FOLDER = Path(__file__).parent
TICKS_PER_QUARTER = 480
CHOIR, ORGAN, FLUTE = 52, 19, 73  # General MIDI programs, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tune:
    """One melody.

    Args:
        file: Name without the extension.
        title: Of the score.
        metre: (numerator, denominator).
        sharps: Of the key signature, flats negative.
        is_minor: Mode of the key.
        tempo_qpm: Quarters a minute.
        program: General MIDI program, from 0.
        pickup_quarters: Length of the incomplete first bar.
        unit_quarters: What a length of 1 means in `music`.
        music: Pitch:length, `-` for a rest; a bar a line.
        lyrics: Syllables for the notes in turn; `_` holds the syllable before.
    """

    file: str
    title: str
    metre: tuple[int, int]
    sharps: int
    is_minor: bool = False
    tempo_qpm: float
    program: int
    pickup_quarters: Fraction = Fraction(0)
    unit_quarters: Fraction = Fraction(1)
    music: str
    lyrics: str = ""


TUNES = (
    Tune(
        file="ode_to_joy",
        title="Ode to Joy",
        metre=(4, 4),
        sharps=1,
        tempo_qpm=108,
        program=CHOIR,
        music="""
        B4:1 B4:1 C5:1 D5:1
        D5:1 C5:1 B4:1 A4:1
        G4:1 G4:1 A4:1 B4:1
        B4:1.5 A4:.5 A4:2
        B4:1 B4:1 C5:1 D5:1
        D5:1 C5:1 B4:1 A4:1
        G4:1 G4:1 A4:1 B4:1
        A4:1.5 G4:.5 G4:2
        A4:1 A4:1 B4:1 G4:1
        A4:1 B4:.5 C5:.5 B4:1 G4:1
        A4:1 B4:.5 C5:.5 B4:1 A4:1
        G4:1 A4:1 D4:2
        B4:1 B4:1 C5:1 D5:1
        D5:1 C5:1 B4:1 A4:1
        G4:1 G4:1 A4:1 B4:1
        A4:1.5 G4:.5 G4:2
        """,
        lyrics="""
        Freu- de, schö- ner Göt- ter- fun- ken, Toch- ter aus E- ly- si- um,
        wir be- tre- ten feu- er- trun- ken, Himm- li- sche, dein Hei- lig- tum!
        Dei- ne Zau- ber bin- _ den wie- der, was die _ Mo- de streng ge- teilt;
        al- le Men- schen wer- den Brü- der, wo dein sanf- ter Flü- gel weilt.
        """,
    ),
    Tune(
        file="amazing_grace",
        title="Amazing Grace",
        metre=(3, 4),
        sharps=1,
        tempo_qpm=84,
        program=ORGAN,
        pickup_quarters=Fraction(1),
        music="""
        D4:1
        G4:2 B4:.5 G4:.5
        B4:2 A4:1
        G4:2 E4:1
        D4:2 D4:1
        G4:2 B4:.5 G4:.5
        B4:2 A4:1
        D5:5 B4:1
        D5:2 B4:1
        G4:2 D4:1
        E4:2 G4:.5 E4:.5
        D4:2 D4:1
        G4:2 B4:.5 G4:.5
        B4:2 A4:1
        G4:5
        """,
        lyrics="""
        A- ma- zing _ grace how sweet the sound that saved a _ wretch like me.
        I once was lost but now am _ found, was blind but _ now I see.
        """,
    ),
    Tune(
        file="greensleeves",
        title="Greensleeves",
        metre=(6, 8),
        sharps=0,
        is_minor=True,
        tempo_qpm=96,
        program=FLUTE,
        pickup_quarters=Fraction(1, 2),
        unit_quarters=Fraction(1, 2),
        music="""
        A4:1
        C5:2 D5:1 E5:1.5 F5:.5 E5:1
        D5:2 B4:1 G4:1.5 A4:.5 B4:1
        C5:2 A4:1 A4:1.5 G#4:.5 A4:1
        B4:2 G#4:1 E4:2 A4:1
        C5:2 D5:1 E5:1.5 F5:.5 E5:1
        D5:2 B4:1 G4:1.5 A4:.5 B4:1
        C5:1.5 B4:.5 A4:1 G#4:1.5 F#4:.5 G#4:1
        A4:6
        G5:3 G5:1.5 F#5:.5 E5:1
        D5:2 B4:1 G4:1.5 A4:.5 B4:1
        C5:2 A4:1 A4:1.5 G#4:.5 A4:1
        B4:2 G#4:1 E4:3
        G5:3 G5:1.5 F#5:.5 E5:1
        D5:2 B4:1 G4:1.5 A4:.5 B4:1
        C5:1.5 B4:.5 A4:1 G#4:1.5 F#4:.5 G#4:1
        A4:5
        """,
    ),
)


def score_of(tune: Tune) -> Score:
    """Return a tune as a score of one part."""
    unit_ticks = tune.unit_quarters * TICKS_PER_QUARTER
    notes: list[Note] = []
    tick = 0
    for word in tune.music.split():
        name, _, length = word.partition(":")
        ticks = int(Fraction(length) * unit_ticks)
        if name != "-":
            pitch = _pitch(name)
            notes.append(Note(onset=tick, duration=ticks, pitch=pitch, velocity=88))
        tick += ticks
    return Score(
        ticks_per_quarter=TICKS_PER_QUARTER,
        title=tune.title,
        parts=(
            Part(
                notes=tuple(notes),
                name="Melody",
                program=tune.program,
                channel=0,
                lyrics=_lyrics(tune, notes),
            ),
        ),
        tempos=(Tempo(tick=0, qpm=tune.tempo_qpm),),
        time_signatures=(
            TimeSignature(tick=0, numerator=tune.metre[0], denominator=tune.metre[1]),
        ),
        key_signatures=(
            KeySignature(tick=0, sharps=tune.sharps, is_minor=tune.is_minor),
        ),
        pickup=int(tune.pickup_quarters * TICKS_PER_QUARTER),
    )


def _pitch(name: str) -> int:
    """Return the MIDI pitch of a name like `F#4` (C4 is 60)."""
    step = "C D EF G A B".index(name[0])
    return step + name.count("#") - name.count("b") + 12 * (int(name[-1]) + 1)


def _lyrics(tune: Tune, notes: list[Note]) -> tuple[TextEvent, ...]:
    syllables = tune.lyrics.split()
    if not syllables:
        return ()
    if len(syllables) != len(notes):
        raise ValueError(
            f"{tune.file}: {len(syllables)} syllables for {len(notes)} notes"
        )
    return tuple(
        TextEvent(tick=note.onset, text=syllable)
        for note, syllable in zip(notes, syllables, strict=True)
        if syllable != "_"
    )


def main() -> None:
    """Write every tune."""
    for tune in TUNES:
        write_midi(score_of(tune), FOLDER / f"{tune.file}.mid", overwrite=True)


if __name__ == "__main__":
    main()
