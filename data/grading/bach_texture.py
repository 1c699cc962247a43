"""Bach's own texture, to set beside that of other music."""

from __future__ import annotations

from musegen.data.grading.texture import Texture

BACH_TEXTURE = Texture(
    num_beats=13807.0,
    fifths_per_1000_beats=2.3177,
    octaves_per_1000_beats=2.1004,
    crossings=(0.0022, 0.0143, 0.0073),
    unisons=(0.0239, 0.012, 0.0421),
    wide=(0.0047, 0.0085, 0.0082),
    outside_range=(0.0, 0.0, 0.0, 0.0),
    leaps=(0.0066, 0.0111, 0.0168, 0.0603),
    largest_leaps=(12, 12, 17, 24),
    repeated_chords=0.204,
    moves=(
        (0.6793, 0.597, 0.6365, 0.8146, 0.8797),
        (0.0004, 0.0009, 0.0024, 0.0001, 0.0037),
        (0.0873, 0.2109, 0.2271, 0.2546, 0.5123),
        (0.0057, 0.0154, 0.02, 0.0024, 0.0403),
    ),
    rests=(0.0013, 0.0017, 0.0021, 0.0022),
)
"""Of 229 chorales.

Source: measured with `musegen.data.grading.texture.texture` on the training split of
Jsb16thSeparated; a test repeats it. Crossings, unisons, spacing, moves and rests agree
with figures published on the same split.
"""
