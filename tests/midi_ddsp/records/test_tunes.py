from __future__ import annotations

import importlib.util
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from musegen.midi_ddsp.instruments import instrument_named
from musegen.midi_ddsp.player import tunes as collected
from musegen.midi_ddsp.records.tunes import CollectedTune, tunes_in_order

VIOLIN = instrument_named("violin")


def book_tune(title: str, *, collection: str = "airdsAirs") -> CollectedTune:
    reference = collected.TuneReference(collection=collection, file="f", position=3)
    quarter = Fraction(1)
    return CollectedTune(
        tune=collected.Tune(
            reference=reference,
            title=title,
            pitches=(60, 62),
            onsets=(Fraction(0), quarter),
            durations=(quarter, quarter),
        )
    )


def test_the_order_is_drawn() -> None:
    given = [book_tune("a"), book_tune("b")]
    orders = {tuple(tunes_in_order(["x.mid"], given, seed=k)) for k in range(10)}
    assert orders == {tuple(given), tuple(reversed(given))}


def test_the_same_title_is_the_same_piece() -> None:
    assert book_tune("The Lass o' Gowrie").piece == book_tune("Lass O Gowrie.").piece
    assert book_tune("").piece == "f#3"
    assert book_tune("1 (alto)", collection="chorales").piece == "f"
    assert book_tune("x").name == "f#3"
    assert "public domain" in book_tune("x").licence


@pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)
def test_collections_follow_the_scores() -> None:
    given = [book_tune("a"), book_tune("b")]
    names = ["duet.mid", "chorales"]
    tunes = list(islice(tunes_in_order(names, given, seed=1), 4))
    assert all(tune in given for tune in tunes[:2])
    assert all(tune.piece.startswith("bach/") for tune in tunes[2:])
    notes = tunes[2].arranged(VIOLIN, np.random.default_rng(0))
    assert len(notes) >= 8
