"""Choosing and arranging tunes; the corpus itself only where music21 is installed."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from itertools import islice

import numpy as np
import pytest

from musegen.data.errors import PitchRangeError, UsageError
from musegen.midi_ddsp.instruments import INSTRUMENTS, Instrument, instrument_named
from musegen.midi_ddsp.player.tunes import (
    CHORALES,
    Tune,
    TuneReference,
    arrange,
    iterate_tunes,
    list_tunes,
    load_tune,
)

needs_music21 = pytest.mark.skipif(
    importlib.util.find_spec("music21") is None, reason="music21 is not installed"
)


def make_tune(pitches: tuple[int, ...]) -> Tune:
    return Tune(
        reference=TuneReference(collection="airdsAirs", file="a.abc", position=0),
        title="Test",
        pitches=pitches,
        onsets=tuple(Fraction(index, 2) for index in range(len(pitches))),
        durations=(Fraction(1, 2),) * len(pitches),
    )


@pytest.mark.parametrize("instrument", INSTRUMENTS, ids=lambda item: item.name)
def test_an_arranged_tune_lies_well(instrument: Instrument) -> None:
    tune = make_tune((60, 62, 64, 72, 67, 79))
    notes = arrange(tune, instrument, rng=np.random.default_rng(3))
    assert all(
        instrument.comfortable_lowest_pitch
        <= note.pitch
        <= instrument.comfortable_highest_pitch
        for note in notes
    )
    assert {
        note.pitch - was for note, was in zip(notes, tune.pitches, strict=True)
    } == {notes[0].pitch - 60}
    assert 0.16 <= notes[0].duration_s <= 0.65


def test_what_does_not_fit_into_the_time_is_left_out() -> None:
    tune = make_tune((60, 62) * 50)
    flute = instrument_named("flute")
    notes = arrange(tune, flute, rng=np.random.default_rng(3), longest_s=5.0)
    assert 5 < len(notes) < 100
    assert notes[-1].offset_s <= 5.0


def test_a_tune_too_wide_for_the_instrument_is_refused() -> None:
    with pytest.raises(PitchRangeError, match="spans 48 semitones"):
        arrange(
            make_tune((36, 84)), instrument_named("oboe"), rng=np.random.default_rng(0)
        )


def test_an_unknown_collection_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r'"essen".*oneills1850'):
        list_tunes(["essen"])


@needs_music21
def test_the_corpus_has_the_tunes_that_were_counted() -> None:
    counts = {
        name: len(list_tunes([name]))
        for name in ("oneills1850", "airdsAirs", "ryansMammoth", CHORALES)
    }
    assert counts["airdsAirs"] == 1180
    assert counts["ryansMammoth"] == 1059
    assert counts["oneills1850"] == 2009
    assert counts[CHORALES] == 4 * 377


@needs_music21
def test_the_first_tune_of_o_neill_reads_as_printed() -> None:
    tune = load_tune(list_tunes(["oneills1850"])[0])
    assert tune.title == "The Enchanted Valley"
    assert tune.pitches[:6] == (67, 69, 70, 72, 74, 76)  # G A B-flat c d e
    assert tune.durations[:3] == (Fraction(3, 4), Fraction(1, 4), Fraction(1, 4))


@needs_music21
def test_a_chorale_gives_its_single_voices() -> None:
    voices = list_tunes([CHORALES])[:4]
    means = [np.mean(load_tune(voice).pitches) for voice in voices]
    assert means == sorted(means, reverse=True)


@needs_music21
def test_the_order_depends_on_the_seed_alone() -> None:
    def names(seed: int) -> list[str]:
        tunes = iterate_tunes(seed=seed, collections=["airdsAirs"])
        return [tune.source for tune in islice(tunes, 5)]

    assert names(0) == names(0)
    assert names(0) != names(1)
