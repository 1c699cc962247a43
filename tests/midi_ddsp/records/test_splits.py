from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.errors import UsageError
from musegen.midi_ddsp.records.splits import SplitRule, unit_interval

NAMES = [f"piece {k}" for k in range(2000)]


def test_shares_are_about_kept_and_all_three_are_there() -> None:
    counts = Counter(SplitRule().split_of(name) for name in NAMES)
    assert counts["train"] / len(NAMES) == pytest.approx(0.8, abs=0.03)
    assert counts["valid"] / len(NAMES) == pytest.approx(0.1, abs=0.03)
    assert counts["test"] / len(NAMES) == pytest.approx(0.1, abs=0.03)


def test_a_split_without_a_share_is_empty() -> None:
    rule = SplitRule(train=0.5, valid=0.5, test=0.0)
    assert "test" not in {rule.split_of(name) for name in NAMES}
    assert {SplitRule(train=0, valid=0, test=1).split_of(name) for name in NAMES} == {
        "test"
    }


@given(st.text(max_size=30))
@settings(max_examples=30)
def test_the_place_of_a_name_is_its_own(name: str) -> None:
    assert 0.0 <= unit_interval(name) < 1.0
    assert unit_interval(name) == unit_interval(name)


def test_a_name_keeps_its_place_between_versions() -> None:
    assert unit_interval("01_Jupiter") == pytest.approx(0.27907, abs=1e-5)


def test_given_pieces_make_up_their_split_alone() -> None:
    rule = SplitRule(test_pieces=("0[12]_*",), valid_pieces=("piece 5",))
    names = [*NAMES, "01_Jupiter", "02_Sonata", "03_Dance"]
    chosen = {
        split: {name for name in names if rule.split_of(name) == split}
        for split in ("valid", "test")
    }
    assert chosen == {"valid": {"piece 5"}, "test": {"01_Jupiter", "02_Sonata"}}


def test_a_name_that_no_piece_has_is_refused() -> None:
    rule = SplitRule(test_pieces=("0[12]_*", "99_*"))
    with pytest.raises(UsageError, match=r"no piece is called '99_\*'; there are 01"):
        rule.check_pieces(["01_Jupiter", "02_Sonata"])


def test_a_piece_of_two_splits_is_refused() -> None:
    rule = SplitRule(test_pieces=("01*",), valid_pieces=("*Jupiter",))
    with pytest.raises(UsageError, match="01_Jupiter is named for valid and for test"):
        rule.check_pieces(["01_Jupiter"])


@pytest.mark.parametrize("shares", [(0.8, 0.1, 0.2), (1.1, -0.1, 0.0)])
def test_shares_that_do_not_sum_to_one_are_refused(
    shares: tuple[float, float, float],
) -> None:
    train, valid, test = shares
    with pytest.raises(UsageError, match="sum to 1; got"):
        SplitRule(train=train, valid=valid, test=test)
