"""Composing: an empty score in a metre, and only what is heard in the key."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from musegen.coconet.composing import (
    ComposeConfig,
    InKey,
    compose_job,
    drawn_key,
    key_of,
    prepare_composition,
)
from musegen.coconet.config import NUM_PITCHES, BeatNetworkConfig
from musegen.coconet.constraints import CadenceKind
from musegen.coconet.filling import FillConfig
from musegen.coconet.predicting import (
    CoconetModel,
    IsHidden,
    Logits,
    PitchIndex,
    network_of,
)
from musegen.coconet.refinement import RefinementConfig
from musegen.coconet.sampling import GibbsConfig
from musegen.coconet.score_filling import FilledScore
from musegen.coconet.wish_words import parse_chord_wish, parse_pin, parse_range
from musegen.coconet.wishes import Wishes
from musegen.data.errors import UsageError
from musegen.data.grading.keys import Key
from musegen.data.score import KeySignature

Untyped = Any  # options are of many types

G = Key(tonic=7, is_minor=False)
C = Key(tonic=0, is_minor=False)
G_SCALE = (7, 9, 11, 0, 2, 4, 6)
CENTRES = np.array([36, 30, 22, 12])
QUICK = FillConfig(
    sampler=GibbsConfig(num_steps=1, temperature=1.0),
    refinement=RefinementConfig(num_rounds=0),
)


def diatonic(pitch: PitchIndex, is_hidden: IsHidden) -> Logits:
    """Likes the scale of G."""
    del is_hidden
    pitches = np.arange(NUM_PITCHES)
    in_scale = np.isin((pitches + 36) % 12, G_SCALE)
    row = 9.0 * in_scale - 0.1 * np.abs(pitches - CENTRES[:, None])
    return np.broadcast_to(row, (*pitch.shape, NUM_PITCHES)).astype(np.float32)


MODEL = CoconetModel(
    name="diatonic",
    digest="0",
    config=BeatNetworkConfig(writes_rests=False),
    network=network_of(diatonic),
)


def config(**options: Untyped) -> ComposeConfig:
    return ComposeConfig(**{"filling": QUICK, "num_bars": 4, "key": G, **options})


def composed(seed: int = 0, **options: Untyped) -> FilledScore:
    return compose_job(config(**options)).run(model=MODEL, seed=seed)


def test_an_empty_score_has_metre_key_tempo_and_pickup() -> None:
    task = prepare_composition(
        config(metre=(6, 8), tempo_bpm=60.0, pickup_beats=Fraction(1), num_bars=2)
    )
    score = task.score
    assert score.key_signatures == (KeySignature(tick=0, sharps=1),)
    assert score.tempos[0].qpm == 90.0
    assert score.pickup == 240
    assert task.end_tick == 240 + 2 * 6 * 240
    assert task.beat_level.quarters == Fraction(3, 2)
    assert task.is_free.all()
    assert task.grid.end == task.end_tick
    assert "as the metre counts" in task.notices[0].message


def test_a_pickup_is_shorter_than_a_bar() -> None:
    with pytest.raises(UsageError, match="fills a bar of 3/4"):
        prepare_composition(config(metre=(3, 4), pickup_beats=Fraction(3)))


def test_phrases_end_every_four_bars() -> None:
    task = prepare_composition(config(num_bars=6, phrase_ends="auto"))
    steps = np.flatnonzero(task.fermata == 2)
    assert steps.tolist() == [*range(56, 64), *range(88, 96)]
    assert prepare_composition(config()).fermata.max() == 0


def test_results_begin_with_the_tonic_and_are_in_the_key() -> None:
    found = composed()
    (setting,) = found.settings
    assert set(setting.grid[0] % 12) <= {7, 11, 2}
    assert setting.grid[0, 3] % 12 == 7
    index = np.where(setting.grid >= 0, setting.grid - 36, -1).astype(np.int16)
    assert key_of(index) == G
    assert setting.score.parts[0].name == "Soprano"
    assert setting.given_parts == ()


def test_a_chord_of_the_user_begins_instead_of_the_tonic() -> None:
    wishes = Wishes(chords=(parse_chord_wish("1:1=Am"),))
    (setting,) = composed(wishes=wishes).settings
    assert set(setting.grid[0] % 12) <= {9, 0, 4}


# === What gives way ===


def codes(found: FilledScore) -> set[str]:
    return {notice.code for notice in found.notices} - {"beat-level", "another-key"}


@pytest.mark.parametrize(
    "options",
    [
        {"num_bars": 1, "metre": (2, 4)},
        {"num_bars": 1, "metre": (3, 8)},
        {"num_bars": 1, "metre": (6, 8)},
        {"num_bars": 2, "metre": (1, 4)},
        {"num_bars": 2, "beat_level": Fraction(4)},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["authentic", "plagal"])
@pytest.mark.parametrize("is_said", [False, True])
def test_the_tonic_gives_way_to_the_cadence(
    options: dict[str, Untyped], kind: CadenceKind, is_said: bool
) -> None:
    ask = {"wishes": Wishes(cadence=kind)} if is_said else {"cadence": kind}
    found = composed(**options, **ask)
    (setting,) = found.settings
    before = {"authentic": 2, "plagal": 0}[kind]
    assert [p % 12 for p in setting.grid[[0, -1], 3]] == [before, 7]
    assert codes(found) == set()


@pytest.mark.parametrize(
    "wishes",
    [
        Wishes(pins=(parse_pin("alto@1:1=A3"),)),
        Wishes(pins=(parse_pin("bass@1:1=B2"),)),
        Wishes(chords=(parse_chord_wish("1:1.5=C"),)),
        Wishes(ranges=(parse_range("bass=A2..D3"),)),
        Wishes(forbidden=(parse_range("bass=G2..G2"), parse_range("bass=G3..G5"))),
    ],
    ids=str,
)
def test_the_tonic_gives_way_to_what_is_asked_for(wishes: Wishes) -> None:
    assert codes(composed(wishes=wishes)) == set()


@pytest.mark.parametrize(
    ("chord", "last_roots", "code"),
    [
        ("4:3=D7/D", [2, 7], "cadence-shortened"),  # dominant, tonic, a beat each
        ("4:2=C/C", [0, 2, 7], "cadence-shortened"),
        ("4:3=Em/E", [4, 7], "cadence-shortened"),
        ("4:4=Em/E", [4], "cadence-left-out"),
    ],
)
def test_a_default_cadence_gives_way_and_says_so(
    chord: str, last_roots: list[int], code: str
) -> None:
    asked = Wishes(chords=(parse_chord_wish(chord),))
    found = composed(wishes=asked, cadence="authentic")
    (setting,) = found.settings
    roots = [p % 12 for p in setting.grid[::4, 3][-len(last_roots) :]]
    assert roots == last_roots
    assert codes(found) == {code}


def test_what_contradicts_itself_is_refused_as_it_was_asked_for() -> None:
    wishes = Wishes(
        cadence="authentic",
        chords=(parse_chord_wish("4:4=Am"),),
        ranges=(parse_range("bass=C2..E2"),),
    )
    with pytest.raises(
        UsageError, match="for the chord is G B D, while the chord is Am"
    ):
        composed(wishes=wishes, cadence="authentic")
    with pytest.raises(UsageError, match="bar 9"):
        composed(wishes=Wishes(pins=(parse_pin("alto@9:1=C4"),)), cadence="half")


def test_messages_spell_by_the_key() -> None:
    flat = Key(tonic=10, is_minor=False)
    wishes = Wishes(pins=(parse_pin("bass@1:1=D3"), parse_pin("bass@1:1.5=D#3")))
    with pytest.raises(UsageError, match="pinned to Eb3, while the bass is pinned"):
        composed(key=flat, wishes=wishes)


def test_what_is_in_another_key_is_only_a_last_resort() -> None:
    found = composed(key=replace(C, tonic=1))
    assert len(found.settings) == 1
    (notice,) = (n for n in found.notices if n.code == "another-key")
    assert "1 of 1 results are heard in another key than C# major" in notice.message


def test_in_key_keeps_the_key_before_the_rank() -> None:
    job = compose_job(config(filling=replace(QUICK, num_alternatives=2)))
    fillings = InKey(key=G).fill(
        job.task.fill_task(), model=MODEL, config=job.config, seed=1
    )
    assert [one.rank for one in fillings.fillings] == [1, 2]
    assert all(key_of(one.pitch) == G for one in fillings.fillings)
    costs = [one.evaluation.cost for one in fillings.fillings]
    assert costs == sorted(costs)


def test_few_results_are_said() -> None:
    cold = replace(QUICK, sampler=GibbsConfig(num_steps=1, temperature=0.0))
    found = composed(filling=replace(cold, num_alternatives=2))
    assert len(found.settings) == 1
    assert "few-alternatives" in [notice.code for notice in found.notices]


def test_a_stop_gives_the_best_so_far() -> None:
    job = compose_job(config())
    found = job.run(model=MODEL, seed=0, is_stopped=lambda: True)
    assert found.was_stopped
    assert len(found.settings) == 1
    assert "stopped" in [notice.code for notice in found.notices]


def test_the_seed_decides_the_music_and_the_key() -> None:
    grids = [composed(seed).settings[0].grid for seed in (0, 0, 1)]
    assert np.array_equal(grids[0], grids[1])
    assert not np.array_equal(grids[0], grids[2])
    keys = {str(drawn_key(seed)) for seed in range(40)}
    assert len(keys) > 6
    assert drawn_key(3) == drawn_key(3)
    assert all(abs(drawn_key(seed).sharps) <= 3 for seed in range(40))


def test_the_cadence_is_in_the_key() -> None:
    (setting,) = composed(wishes=Wishes(cadence="authentic")).settings
    assert set(setting.grid[-1] % 12) <= {7, 11, 2}
    assert set(setting.grid[-8:, 3] % 12) == {7}
    assert setting.grid[-9, 3] % 12 == 2
