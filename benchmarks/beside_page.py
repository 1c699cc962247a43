"""One page with two performances of a score: sound, spectrograms, figures.

For `beside_fluidsynth`. It needs no network and no script.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.analysis.analysis_audio import to_analysis_audio
from musegen.midi_ddsp.analysis.known_pitch import track_known_pitch
from musegen.midi_ddsp.analysis.pitch_spectrogram import pitch_spectrogram
from musegen.midi_ddsp.audio.encoding import encode_audio
from musegen.midi_ddsp.dsp.loudness import loudness_db
from musegen.midi_ddsp.parameters import FRAME_RATE_HZ, SAMPLE_RATE_HZ, hz_to_midi
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.render.analysis_layout import analysis_layout
from musegen.render.analysis_svg import analysis_svg
from musegen.render.analysis_view import AnalysisView, Curves, HeardNote, PitchLevels

Floats = NDArray[np.float32]

HIGHEST_PEAK = 0.98
SOUND_FORMAT, MEDIA_TYPE = "mp3", "audio/mpeg"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 78rem; margin: 2rem auto; }}
audio {{ width: 100%; }}
figure {{ margin: 1rem 0; overflow-x: auto; }}
table {{ border-collapse: collapse; }}
td, th {{ padding: 0.1rem 1rem; border-bottom: 1px solid #ddd; text-align: right; }}
td:first-child {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{words}</p>
{table}
{sides}
</body>
</html>
"""
SIDE = """<h2>{name}</h2>
<p>{words}</p>
<audio controls src="data:{media};base64,{sound}"></audio>
<figure>
{picture}
</figure>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the performances.

    Args:
        name: Above it.
        words: By what and how it was played.
        mix: [N, 2].
        figures: What is measured, with its unit, and its value; NaN is not known.
    """

    name: str
    words: str
    mix: Floats
    figures: Mapping[str, float]


def page_html(
    title: str,
    sides: Sequence[Side],
    lines: Sequence[PlayablePart],
    *,
    sample_rate: int,
    picture_s: float,
) -> str:
    """Return the page.

    Both are brought to one level, that of the softer of the two, so that the ear does
    not take louder for better; the figures are of the levels before.

    Args:
        title: Of the piece.
        sides: At least one.
        lines: What was to be played.
        sample_rate: Of the sound, in Hz.
        picture_s: How much of the piece the spectrograms show, from its start.
    """
    levels = [_rms(side.mix) for side in sides]
    gains = [min(levels) / level if level > 0.0 else 1.0 for level in levels]
    shown = []
    for side, gain in zip(sides, gains, strict=True):
        change = 20.0 * math.log10(gain)
        words = (
            f"{side.words}. Here made softer by {-change:.1f} dB."
            if change
            else (f"{side.words}.")
        )
        shown.append(
            SIDE.format(
                name=html.escape(side.name),
                words=html.escape(words),
                media=MEDIA_TYPE,
                sound=_sound(side.mix * np.float32(gain), sample_rate),
                picture=_picture(side.mix, lines, sample_rate, picture_s),
            )
        )
    played = "; ".join(f"{line.name}: {line.instrument.name}" for line in lines)
    return PAGE.format(
        title=html.escape(title),
        words=html.escape(played),
        sides="".join(shown),
        table=_table(sides),
    )


def _rms(mix: Floats) -> float:
    return (
        float(np.sqrt(np.mean(np.square(mix, dtype=np.float64)))) if mix.size else 0.0
    )


def _sound(mix: Floats, sample_rate: int) -> str:
    peak = float(np.abs(mix).max(initial=0.0))
    limited = mix * np.float32(min(1.0, HIGHEST_PEAK / peak)) if peak > 0.0 else mix
    encoded = encode_audio(limited, sample_rate, format=SOUND_FORMAT)
    return base64.b64encode(encoded.data).decode("ascii")


def _picture(
    mix: Floats, lines: Sequence[PlayablePart], sample_rate: int, picture_s: float
) -> str:
    """Return an SVG: what sounds, over the notes as they are written."""
    mono = to_analysis_audio(mix.mean(axis=1), sample_rate)
    mono = mono[: round(picture_s * SAMPLE_RATE_HZ)]
    duration_s = len(mono) / SAMPLE_RATE_HZ
    found = pitch_spectrogram(mono)
    notes = [n for line in lines for n in line.notes if n.onset_s < duration_s]
    view = AnalysisView(
        title="",
        duration_s=duration_s,
        spectrogram=PitchLevels(
            levels_db=found.levels_db,
            columns_per_s=found.columns_per_s,
            lowest_pitch=found.lowest_pitch,
            rows_per_semitone=found.rows_per_semitone,
        ),
        curves=_curves(mono, lines),
        notes=tuple(
            HeardNote(
                pitch=note.pitch,
                onset_s=note.onset_s,
                offset_s=min(note.offset_s, duration_s),
            )
            for note in notes
        ),
    )
    _, _, drawn = analysis_svg(analysis_layout(view)).decode("utf-8").partition("<svg")
    return f"<svg{drawn}"


def _curves(mono: Floats, lines: Sequence[PlayablePart]) -> Curves:
    """Return loudness, and the pitch where there is one line only."""
    loudness = loudness_db(mono)
    pitch = np.full(len(loudness), np.nan, np.float32)
    confidence = np.zeros(len(loudness), np.float32)
    if len(lines) == 1:
        track = track_known_pitch(mono, SAMPLE_RATE_HZ, lines[0].notes)
        size = min(len(pitch), len(track.f0_hz))
        heard = np.where(track.voiced, hz_to_midi(track.f0_hz), np.nan)
        pitch[:size] = heard[:size]
        confidence[:size] = track.confidence[:size]
    return Curves(
        rate_hz=FRAME_RATE_HZ, pitch=pitch, loudness_db=loudness, confidence=confidence
    )


def _table(sides: Sequence[Side]) -> str:
    """Return the figures, a row for each."""
    head = "".join(f"<th>{html.escape(side.name)}</th>" for side in sides)
    rows = [f"<tr><td></td>{head}</tr>"]
    for name in sides[0].figures:
        cells = "".join(f"<td>{_number(side.figures[name])}</td>" for side in sides)
        rows.append(f"<tr><td>{html.escape(name)}</td>{cells}</tr>")
    return "<table>\n" + "\n".join(rows) + "\n</table>"


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"
