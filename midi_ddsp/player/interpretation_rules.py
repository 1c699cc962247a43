"""The style "musical": how a note is played follows from the notes around it.

A habit for each control, drawn once a tune; rules, which add to it what the context of
the note asks for; and a little that is only human. Not for styles that draw at random
(`performer`).

Source:
    In the spirit of Friberg, Bresin & Sundberg, "Overview of the KTH rule system for
    musical performance", Advances in Cognitive Psychology 2, 2006: phrase arch, high
    loud, duration contrast, leap and accent rules. Their figures are not used; ours
    are chosen by ear.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.player.note_context import NoteContext
from musegen.midi_ddsp.player.performance import NoteExpression
from musegen.midi_ddsp.player.phrases import phrase_arc
from musegen.midi_ddsp.player.styles import Range, Style

FloatArray = NDArray[np.float64]
Columns = dict[str, FloatArray]

SHORTEST_WITH_VIBRATO_S = 0.35

_HUMAN = 0.05  # standard deviation, as a share of the range
_HABIT = (1.0 / 3.0, 2.0 / 3.0)  # the part of the range where a tune's habit lies
_DEPTH: Range = (0.85, 1.15)  # factor on all rules, drawn once a tune
_SLUR_SEMITONES = (2, 4)  # the widest interval inside a slur, drawn once a tune
_FORGOTTEN_SLURS = 0.04
_CRISP_TUNES = 0.5
_STACCATO_UNTIL_S = 0.3
_STACCATO_SHARE: Range = (0.4, 0.5)
_STACCATO_FROM_SEMITONES = 3
_LOUDNESS_UNIT_DB = 6.0

RULES: dict[str, dict[str, float]] = {
    "volume_db": {
        "height": 2.2,
        "relative_length": 0.9,
        "after_leap": 1.5,
        "contrast": 1.5,
        "passing": -1.5,
        "ends": -2.0,
    },
    "rise_db": {"length": 2.0, "leads_up": 4.0, "after_leap": -1.0, "contrast": -1.0},
    "fall_db": {"length": 1.0, "leads_down": 2.0, "ends": 3.0, "leads_up": -1.5},
    "peak_position": {"length": 0.3, "leads_up": 0.35, "ends": -0.25, "accent": -0.08},
    "tremolo_db": {"length": 0.6, "loudness": 0.15},
    "vibrato_extent_cents": {"length": 22.0, "loudness": 3.0, "height": 3.0},
    "vibrato_rate_hz": {"length": 0.3, "loudness": 0.15, "height": 0.25},
    "vibrato_delay_s": {"length": 0.2},
    "vibrato_growth_s": {"length": 0.2},
    "intonation_cents": {"rising_semitone": 4.5},
    "attack_s": {
        "length": 0.035,
        "after_step": 0.015,
        "accent": -0.012,
        "staccato": -0.012,
    },
    "attack_noise_db": {
        "length": -5.0,
        "after_step": -2.0,
        "accent": 3.0,
        "staccato": 3.0,
    },
    "release_s": {"length": 0.06, "ends": 0.04, "staccato": -0.03},
    "noise_db": {"loudness": -1.5, "height": 1.0},
    "brightness_db_per_octave": {"loudness": 0.5, "accent": 0.3, "ends": -0.3},
    "glide_s": {"length": 0.01, "width": 0.012},
    "dip_db": {"width": 1.0},
    "onset_shift_s": {"begins": 0.004},
    "sounding_share": {
        "length": 0.06,
        "next_is_step": 0.04,
        "next_is_repeated": -0.05,
        "ends": -0.05,
    },
}
"""What each feature of the context adds to each control, in the control's unit.

`accent` sums up leaps and contrasts of duration, `width` is the interval in octaves,
`loudness` the note's volume against the tune's habit in steps of 6 dB, `staccato` 1
where a note is cut short. What is not named follows the habit alone.
"""


def follow_rules(
    context: NoteContext,
    *,
    onsets: FloatArray,
    joinable: NDArray[np.bool_],
    style: Style,
    rng: np.random.Generator,
) -> tuple[Columns, NDArray[np.bool_]]:
    """Play a tune by the rules.

    Args:
        context: The tune.
        onsets: [notes], in seconds.
        joinable: [notes], which notes can grow out of the one before at all.
        style: Within what ranges, and how deep the arch of a phrase is.
        rng: For the habits of the tune, and for what is human.

    Returns:
        Every control but `is_legato`, [notes] each, before instrument and lengths are
        accounted for; and which notes are legato, [notes].
    """
    is_staccato = _choose_staccato(context, rng)
    is_cut = is_staccato | np.append(False, is_staccato[:-1])
    is_legato = _choose_slurs(context, joinable & ~is_cut, rng)
    depth = rng.uniform(*_DEPTH)
    features = _features(context, is_staccato)
    arc = phrase_arc(
        onsets, onsets + context.length_s, rng.uniform(*style.phrase_arc_db)
    )
    columns: Columns = {}
    for field in fields(NoteExpression):  # the volume comes first
        if not hasattr(style, field.name):
            continue
        low, high = getattr(style, field.name)
        habit = low + (high - low) * rng.uniform(*_HABIT)
        wanted = habit + _HUMAN * (high - low) * rng.standard_normal(len(onsets))
        for name, weight in RULES.get(field.name, {}).items():
            wanted = wanted + depth * weight * features[name]
        if field.name == "volume_db":
            wanted = np.clip(wanted + arc, low, high)
            features["loudness"] = (wanted - habit) / _LOUDNESS_UNIT_DB
        columns[field.name] = np.clip(wanted, low, high)
    short = rng.uniform(*_STACCATO_SHARE)
    shares = columns["sounding_share"]
    columns["sounding_share"] = np.where(is_staccato, short, shares)
    for name in ("vibrato_extent_cents", "tremolo_db"):
        is_long = context.length_s >= SHORTEST_WITH_VIBRATO_S
        columns[name] = np.where(is_long, columns[name], 0.0)
    return columns, is_legato


def _features(context: NoteContext, is_staccato: NDArray[np.bool_]) -> Columns:
    """Return what the rules weigh, [notes] each; `loudness` is not known yet."""
    size = np.abs(context.next_interval)
    inside = context.ends == 0.0
    return {
        **{
            name: np.asarray(getattr(context, name), np.float64)
            for name in (
                "length",
                "relative_length",
                "height",
                "begins",
                "ends",
                "after_step",
                "after_leap",
                "contrast",
                "passing",
                "leads_up",
                "leads_down",
                "rising_semitone",
            )
        },
        "accent": context.after_leap + context.contrast,
        "width": np.abs(context.interval) / 12.0,
        "staccato": is_staccato.astype(np.float64),
        "next_is_step": ((size > 0.0) & (size <= 2.0) & inside).astype(np.float64),
        "next_is_repeated": ((size == 0.0) & inside).astype(np.float64),
    }


def _choose_staccato(
    context: NoteContext, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return [notes]: in some tunes, the short notes of even runs with leaps."""
    is_crisp = rng.random() < _CRISP_TUNES
    size = np.abs(context.next_interval)
    jumps = (size >= _STACCATO_FROM_SEMITONES) | (size == 0.0)
    is_short = context.length_s <= _STACCATO_UNTIL_S
    inside = context.ends == 0.0
    chosen: NDArray[np.bool_] = (
        is_short & jumps & inside & context.is_even_run & is_crisp
    )
    return chosen


def _choose_slurs(
    context: NoteContext, joinable: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return [notes]: steps (in some tunes thirds too) inside a phrase are joined."""
    widest = rng.choice(_SLUR_SEMITONES)
    is_kept = rng.random(len(joinable)) >= _FORGOTTEN_SLURS
    is_near = np.abs(context.interval) <= widest
    chosen: NDArray[np.bool_] = joinable & is_near & is_kept & (context.begins == 0.0)
    return chosen
