"""Manners of playing: from what ranges the performer draws.

Our own choice. Four styles are wide, and without ties between the controls, so that a
network trained on the result can tell them apart; the fifth, "musical", follows the
notes, so that a network can learn how to play them. Not for the drawing itself
(`performer`, `interpretation_rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

from musegen.data.errors import UsageError

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Ranges, (least, most), of what `NoteExpression` holds; units as there.

    Args:
        name: As users write it.
        independence: Share of the notes' values drawn afresh from the whole range; the
            others stay near the player's habit, which is drawn once a tune.
        legato_share: Share of the notes that grow out of the one before.
        staccato_share: Share of the other notes that are cut short.
        vibrato_share: Share of the notes, of 0.25 s and more, that have vibrato.
        phrase_arc_db: How much louder the middle of a phrase is than its ends.
        follows_notes: Whether rules about the notes decide, within the ranges
            (`interpretation_rules`); the shares of legato and staccato are then not
            read.
    """

    name: str
    independence: float
    legato_share: Range
    staccato_share: Range
    vibrato_share: Range
    phrase_arc_db: Range
    follows_notes: bool = False
    volume_db: Range = (-42.0, -16.0)
    rise_db: Range = (0.0, 10.0)
    fall_db: Range = (0.0, 10.0)
    peak_position: Range = (0.0, 1.0)
    flutter_db: Range = (0.1, 0.8)
    tremolo_db: Range = (0.0, 1.5)
    vibrato_extent_cents: Range = (5.0, 35.0)
    vibrato_rate_hz: Range = (4.5, 7.0)
    vibrato_delay_s: Range = (0.0, 0.25)
    vibrato_growth_s: Range = (0.1, 0.4)
    intonation_cents: Range = (-8.0, 8.0)
    attack_s: Range = (0.02, 0.1)
    attack_noise_db: Range = (-40.0, -14.0)
    attack_noise_decay_s: Range = (0.015, 0.05)
    release_s: Range = (0.06, 0.2)
    noise_db: Range = (-46.0, -26.0)
    brightness_db_per_octave: Range = (-3.0, 1.5)
    glide_s: Range = (0.016, 0.06)
    dip_db: Range = (0.0, 5.0)
    onset_shift_s: Range = (-0.012, 0.012)
    sounding_share: Range = (0.75, 0.97)


_NOTHING = (0.0, 0.0)

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style(
            name="plain",
            independence=0.15,
            legato_share=(0.1, 0.5),
            staccato_share=(0.0, 0.2),
            vibrato_share=(0.0, 0.3),
            phrase_arc_db=(0.0, 3.0),
            rise_db=(0.0, 5.0),
            fall_db=(0.0, 5.0),
            vibrato_extent_cents=(3.0, 15.0),
            intonation_cents=(-4.0, 4.0),
            onset_shift_s=(-0.005, 0.005),
        ),
        Style(
            name="lively",
            independence=0.35,
            legato_share=(0.1, 0.4),
            staccato_share=(0.2, 0.6),
            vibrato_share=(0.2, 0.6),
            phrase_arc_db=(2.0, 7.0),
            attack_s=(0.012, 0.05),
            attack_noise_db=(-30.0, -10.0),
            release_s=(0.05, 0.12),
        ),
        Style(
            name="romantic",
            independence=0.35,
            legato_share=(0.5, 0.9),
            staccato_share=(0.0, 0.1),
            vibrato_share=(0.6, 1.0),
            phrase_arc_db=(3.0, 9.0),
            vibrato_extent_cents=(12.0, 50.0),
            attack_s=(0.04, 0.16),
            glide_s=(0.03, 0.12),
            onset_shift_s=(-0.02, 0.02),
        ),
        Style(
            name="exaggerated",
            independence=0.8,
            legato_share=(0.2, 0.7),
            staccato_share=(0.0, 0.4),
            vibrato_share=(0.5, 0.9),
            phrase_arc_db=_NOTHING,
            volume_db=(-46.0, -14.0),
            rise_db=(0.0, 18.0),
            fall_db=(0.0, 18.0),
            flutter_db=(0.0, 1.5),
            tremolo_db=(0.0, 3.0),
            vibrato_extent_cents=(3.0, 60.0),
            vibrato_rate_hz=(4.5, 7.5),
            intonation_cents=(-20.0, 20.0),
            attack_s=(0.01, 0.2),
            attack_noise_db=(-46.0, -6.0),
            noise_db=(-50.0, -18.0),
            brightness_db_per_octave=(-5.0, 3.0),
            glide_s=(0.016, 0.14),
            dip_db=(0.0, 10.0),
            onset_shift_s=(-0.025, 0.025),
            sounding_share=(0.6, 0.98),
        ),
        Style(
            name="musical",
            independence=0.0,
            legato_share=_NOTHING,
            staccato_share=_NOTHING,
            vibrato_share=(1.0, 1.0),
            phrase_arc_db=(6.0, 9.0),
            follows_notes=True,
            volume_db=(-38.0, -16.0),
            rise_db=(0.0, 8.0),
            fall_db=(0.0, 8.0),
            flutter_db=(0.1, 0.5),
            vibrato_extent_cents=(2.0, 36.0),
            vibrato_rate_hz=(4.6, 6.6),
            vibrato_delay_s=(0.0, 0.3),
            intonation_cents=(-6.0, 6.0),
            attack_s=(0.015, 0.12),
            attack_noise_db=(-36.0, -14.0),
            release_s=(0.05, 0.22),
            noise_db=(-44.0, -28.0),
            brightness_db_per_octave=(-2.5, 1.5),
            onset_shift_s=(-0.01, 0.01),
        ),
    )
}
"""The styles by name."""


def style_named(name: str) -> Style:
    """Return a style.

    Raises:
        UsageError: There is none of that name; the message lists them.
    """
    if name not in STYLES:
        raise UsageError(
            f'there is no style "{name}"; choose one of: {", ".join(STYLES)}'
        )
    return STYLES[name]
