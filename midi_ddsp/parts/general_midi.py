"""The 128 programs of General MIDI: what they are called and who plays them here.

For `musegen.midi_ddsp.parts.instrument_choice`. Not for the instruments themselves
(`musegen.midi_ddsp.instruments`).
"""

from __future__ import annotations

_STRINGS = ("violin", "viola", "cello", "double bass")
_LOW_STRINGS = ("double bass", "cello")
_PIPES = ("flute", "clarinet", "bassoon")
_REEDS = ("oboe", "clarinet", "bassoon")
_FREE_REEDS = ("clarinet", "oboe", "bassoon")
_BRASS = ("trumpet", "horn", "trombone", "tuba")
_SAXOPHONES = (
    "alto saxophone",
    "tenor saxophone",
    "soprano saxophone",
    "baritone saxophone",
)
_VOICES = ("flute", "clarinet", "horn", "trombone", "tuba")
_NOBODY: tuple[str, ...] = ()

# A row for each program from 0 on: its name, and who plays it, the likest first; the
# range of the notes decides among them. Nobody: it has no pitch, or is a sound effect.
# Names: the General MIDI specification. The choice is our own: bowed strings for struck
# and plucked ones, pipes and reeds among themselves, choirs from soprano to bass.
_PROGRAMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("acoustic grand piano", _STRINGS),
    ("bright acoustic piano", _STRINGS),
    ("electric grand piano", _STRINGS),
    ("honky-tonk piano", _STRINGS),
    ("electric piano 1", _STRINGS),
    ("electric piano 2", _STRINGS),
    ("harpsichord", _STRINGS),
    ("clavinet", _STRINGS),
    ("celesta", _PIPES),
    ("glockenspiel", _PIPES),
    ("music box", _PIPES),
    ("vibraphone", _PIPES),
    ("marimba", _FREE_REEDS),
    ("xylophone", _FREE_REEDS),
    ("tubular bells", _BRASS),
    ("dulcimer", _STRINGS),
    ("drawbar organ", _PIPES),
    ("percussive organ", _PIPES),
    ("rock organ", _PIPES),
    ("church organ", _PIPES),
    ("reed organ", _FREE_REEDS),
    ("accordion", _FREE_REEDS),
    ("harmonica", _REEDS),
    ("tango accordion", _FREE_REEDS),
    ("acoustic guitar (nylon)", _STRINGS),
    ("acoustic guitar (steel)", _STRINGS),
    ("electric guitar (jazz)", _STRINGS),
    ("electric guitar (clean)", _STRINGS),
    ("electric guitar (muted)", _STRINGS),
    ("overdriven guitar", _SAXOPHONES),
    ("distortion guitar", _SAXOPHONES),
    ("guitar harmonics", _STRINGS),
    ("acoustic bass", _LOW_STRINGS),
    ("electric bass (finger)", _LOW_STRINGS),
    ("electric bass (pick)", _LOW_STRINGS),
    ("fretless bass", _LOW_STRINGS),
    ("slap bass 1", _LOW_STRINGS),
    ("slap bass 2", _LOW_STRINGS),
    ("synth bass 1", _LOW_STRINGS),
    ("synth bass 2", _LOW_STRINGS),
    ("violin", ("violin",)),
    ("viola", ("viola",)),
    ("cello", ("cello",)),
    ("contrabass", ("double bass",)),
    ("tremolo strings", _STRINGS),
    ("pizzicato strings", _STRINGS),
    ("orchestral harp", _STRINGS),
    ("timpani", _LOW_STRINGS),
    ("string ensemble 1", _STRINGS),
    ("string ensemble 2", _STRINGS),
    ("synth strings 1", _STRINGS),
    ("synth strings 2", _STRINGS),
    ("choir aahs", _VOICES),
    ("voice oohs", _VOICES),
    ("synth voice", _VOICES),
    ("orchestra hit", _BRASS),
    ("trumpet", ("trumpet",)),
    ("trombone", ("trombone",)),
    ("tuba", ("tuba",)),
    ("muted trumpet", ("trumpet",)),
    ("French horn", ("horn",)),
    ("brass section", _BRASS),
    ("synth brass 1", _BRASS),
    ("synth brass 2", _BRASS),
    ("soprano sax", ("soprano saxophone",)),
    ("alto sax", ("alto saxophone",)),
    ("tenor sax", ("tenor saxophone",)),
    ("baritone sax", ("baritone saxophone",)),
    ("oboe", ("oboe",)),
    ("English horn", ("oboe", "clarinet")),
    ("bassoon", ("bassoon",)),
    ("clarinet", ("clarinet",)),
    ("piccolo", ("flute",)),
    ("flute", ("flute",)),
    ("recorder", ("flute", "clarinet")),
    ("pan flute", ("flute", "clarinet")),
    ("blown bottle", ("flute", "clarinet")),
    ("shakuhachi", ("flute", "clarinet")),
    ("whistle", ("flute",)),
    ("ocarina", ("flute", "clarinet")),
    ("square lead", _FREE_REEDS),
    ("sawtooth lead", _STRINGS),
    ("calliope lead", _PIPES),
    ("chiff lead", _PIPES),
    ("charang lead", _SAXOPHONES),
    ("voice lead", _VOICES),
    ("fifths lead", _BRASS),
    ("bass and lead", _STRINGS),
    ("new age pad", _STRINGS),
    ("warm pad", _STRINGS),
    ("polysynth pad", _STRINGS),
    ("choir pad", _VOICES),
    ("bowed pad", _STRINGS),
    ("metallic pad", _STRINGS),
    ("halo pad", _VOICES),
    ("sweep pad", _STRINGS),
    ("rain effect", _PIPES),
    ("soundtrack effect", _STRINGS),
    ("crystal effect", _PIPES),
    ("atmosphere effect", _STRINGS),
    ("brightness effect", _STRINGS),
    ("goblins effect", _VOICES),
    ("echoes effect", _STRINGS),
    ("science fiction effect", _STRINGS),
    ("sitar", _STRINGS),
    ("banjo", _STRINGS),
    ("shamisen", _STRINGS),
    ("koto", _STRINGS),
    ("kalimba", _PIPES),
    ("bagpipe", _REEDS),
    ("fiddle", ("violin", "viola")),
    ("shanai", _REEDS),
    ("tinkle bell", _PIPES),
    ("agogo", _NOBODY),
    ("steel drums", _FREE_REEDS),
    ("woodblock", _NOBODY),
    ("taiko drum", _NOBODY),
    ("melodic tom", _NOBODY),
    ("synth drum", _NOBODY),
    ("reverse cymbal", _NOBODY),
    ("guitar fret noise", _NOBODY),
    ("breath noise", _NOBODY),
    ("seashore", _NOBODY),
    ("bird tweet", _NOBODY),
    ("telephone ring", _NOBODY),
    ("helicopter", _NOBODY),
    ("applause", _NOBODY),
    ("gunshot", _NOBODY),
)
NUM_PROGRAMS = len(_PROGRAMS)


def program_name(program: int) -> str:
    """Return what General MIDI calls a program.

    Args:
        program: 0 to 127.

    >>> program_name(48)
    'string ensemble 1'
    """
    return _PROGRAMS[program][0]


def players_of(program: int) -> tuple[str, ...]:
    """Return the names of the instruments that may play a program, the likest first.

    Args:
        program: 0 to 127.

    Returns:
        Names as in `musegen.midi_ddsp.instruments`; none for programs that have no
        pitch or are sound effects.
    """
    return _PROGRAMS[program][1]
