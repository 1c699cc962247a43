"""Repeated fragments by hand, and against a search through all of them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from musegen.data.grading.repeats import repeated_fragments


def onsets_of(symbols: str) -> list[int]:
    return [place for place, sign in enumerate(symbols) if sign != "_"]


def find(symbols: str) -> dict[str, int]:
    return repeated_fragments(symbols, onsets_of(symbols))


def search(symbols: str) -> dict[str, int]:
    """The definition, letter by letter."""
    onsets = onsets_of(symbols)
    counts: dict[str, int] = {}
    for start in onsets:
        for end in range(start + 1, len(symbols) + 1):
            fragment = symbols[start:end]
            places = [p for p in onsets if symbols.startswith(fragment, p)]
            if len(places) > 1 and sum(sign != "_" for sign in fragment) > 1:
                counts[fragment] = len(places)
    return {
        fragment: count
        for fragment, count in counts.items()
        if not any(
            count == other and fragment in longer and fragment != longer
            for longer, other in counts.items()
        )
    }


def test_a_fragment_that_comes_back_is_found_once_in_full() -> None:
    assert find("c_d_e_f_c_d_e_g_") == {"c_d_e_": 2}


def test_a_held_note_may_be_cut_short() -> None:
    assert find("c_d___e_c_d_f_") == {"c_d_": 2}


def test_overlaps_count() -> None:
    assert find("cdcdcd") == {"cd": 3, "cdcd": 2}


def test_one_note_is_no_fragment() -> None:
    assert find("c_c___d_c_") == {}
    assert find("") == {}


@settings(max_examples=30)
@given(st.text("ab_", max_size=24).map(lambda text: ("a" + text) if text else text))
def test_all_fragments_of_the_definition_are_found(symbols: str) -> None:
    assert find(symbols) == search(symbols)


def test_a_voice_that_repeats_one_figure_is_searched_quickly() -> None:
    symbols = "ab" * 512
    found = find(symbols)
    assert found["ab" * 511] == 2
    assert max(found.values()) == 512
