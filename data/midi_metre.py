"""How a pickup stands in a MIDI file, which has no word for it: both directions.

Common practice writes the incomplete first bar as a bar of its own, 1/4 at tick 0 and
then 4/4 where bar 1 begins. Where that cannot say it (a pickup of a triplet), or would
say it of a score that has no pickup, a text event in the first track says it in words
as well.
"""

from __future__ import annotations

from fractions import Fraction

from musegen.data.score import Score, TimeSignature

_TAG = "musegen pickup_ticks="
_MAX_DENOMINATOR = 64
_MAX_NUMERATOR = 255


def pickup_from_tag(text: str) -> int | None:
    """Return the pickup in ticks that a text event states, None if it states none."""
    number = text.removeprefix(_TAG)
    if number == text or not (number.isascii() and number.isdigit()):
        return None
    return int(number) if len(number) <= 18 else None


def split_pickup(
    signatures: tuple[TimeSignature, ...],
    *,
    ticks_per_quarter: int,
    stated_pickup: int | None = None,
) -> tuple[int, tuple[TimeSignature, ...]]:
    """Turn the time signatures of a file into a pickup and those of a score.

    A first bar is a pickup when a second signature follows within or right after it and
    the metre it brings has longer bars.

    Args:
        signatures: As in the file, sorted by tick.
        ticks_per_quarter: Resolution.
        stated_pickup: What a text event said, None if there is none; 0 means no pickup.

    Returns:
        Ticks of the pickup (0 for none) and the signatures of the score, in which the
        metre of bar 1 stands at tick 0.
    """
    pickup = stated_pickup
    if pickup is None:
        pickup = _short_first_bar(signatures, ticks_per_quarter)
    if not pickup:
        return 0, signatures
    return pickup, _without_pickup_bar(signatures, pickup)


def _short_first_bar(
    signatures: tuple[TimeSignature, ...], ticks_per_quarter: int
) -> int:
    if len(signatures) < 2 or signatures[0].tick != 0:
        return 0
    first, second = signatures[:2]
    first_bar = first.quarters_per_bar * ticks_per_quarter
    second_bar = second.quarters_per_bar * ticks_per_quarter
    is_short = second.tick <= first_bar and second.tick < second_bar
    return second.tick if is_short else 0


def _without_pickup_bar(
    signatures: tuple[TimeSignature, ...], pickup: int
) -> tuple[TimeSignature, ...]:
    early = [signature for signature in signatures if signature.tick <= pickup]
    later = [signature for signature in signatures if signature.tick > pickup]
    moved = [
        TimeSignature(tick=0, numerator=s.numerator, denominator=s.denominator)
        for s in early[-1:]
    ]
    return (*moved, *later)


def join_pickup(score: Score) -> tuple[tuple[TimeSignature, ...], str]:
    """Return the time signatures to write for a score, and a text event's words.

    Returns:
        Signatures for the file and the text, empty where the signatures say it all.
    """
    signatures = score.time_signatures
    if score.pickup:
        metre = score.time_signature_at(score.pickup)
        later = [s for s in signatures if s.tick > score.pickup]
        short = _signature_of(
            Fraction(score.pickup, score.ticks_per_quarter), metre.denominator
        )
        numerator, denominator = short or (metre.numerator, metre.denominator)
        signatures = (
            TimeSignature(tick=0, numerator=numerator, denominator=denominator),
            TimeSignature(
                tick=score.pickup,
                numerator=metre.numerator,
                denominator=metre.denominator,
            ),
            *later,
        )
    understood, _ = split_pickup(signatures, ticks_per_quarter=score.ticks_per_quarter)
    return signatures, "" if understood == score.pickup else f"{_TAG}{score.pickup}"


def _signature_of(quarters: Fraction, denominator: int) -> tuple[int, int] | None:
    """Return the signature of a bar of that length, None if there is none."""
    while denominator <= _MAX_DENOMINATOR:
        beats = quarters * denominator / 4
        if beats.denominator == 1 and beats <= _MAX_NUMERATOR:
            return int(beats), denominator
        denominator *= 2
    return None
