from __future__ import annotations

import dataclasses

import pytest

from musegen.coconet.config import BROWSER, PAPER, PaperNetworkConfig
from musegen.coconet.importing_card import (
    ImportFacts,
    describe_network,
    render_import_card,
)

FACTS = ImportFacts(
    network=PAPER,
    source_name="coconet-64layers-128filters.zip",
    weights_name="inner/best_model.ckpt",
    weights_format="TensorFlow checkpoint",
    digests={"inner/config": "ab" * 32},
    num_passed_over=387,
    remarks=("the pointer was wrong",),
)


def test_the_card_says_where_the_weights_come_from() -> None:
    card = render_import_card("released", FACTS)
    assert card.startswith("# released\n")
    for words in (
        "TensorFlow checkpoint `inner/best_model.ckpt`",
        "`coconet-64layers-128filters.zip`",
        f"| inner/config | {'ab' * 32} |",
        "387 variables that only training needs",
        "Remark: the pointer was wrong.",
        "9,087,752 trained parameters",
        "9,103,888 with the statistics",
        "MIDI pitches\n36 to 81",
    ):
        assert words in card


def test_the_card_warns_of_figures_on_the_test_split() -> None:
    card = render_import_card("released", FACTS)
    assert "on the test split are no\ngeneralisation" in card
    assert "306 chorales" in card


@pytest.mark.parametrize(
    ("network", "preset"), [(PAPER, "paper"), (BROWSER, "browser"), (None, None)]
)
def test_a_published_shape_names_the_command_that_trains_it(
    network: PaperNetworkConfig | None, preset: str | None
) -> None:
    other = PaperNetworkConfig(num_layers=8)
    facts = dataclasses.replace(FACTS, network=network or other)
    card = render_import_card("x", facts)
    assert (f"musegen train coconet --preset {preset}" in card) == (preset is not None)
    assert ("--preset" in card) == (preset is not None)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (PAPER, "64 layers of 128 filters"),
        (BROWSER, "33 layers of 128 filters, dilated, depthwise separable"),
    ],
)
def test_networks_in_a_few_words(network: PaperNetworkConfig, words: str) -> None:
    assert describe_network(network) == words
