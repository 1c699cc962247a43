"""The card of an imported MIDI-DDSP says where it comes from and whose it may be."""

from __future__ import annotations

from musegen.midi_ddsp.original.importing_card import ImportFacts, render_import_card

FACTS = ImportFacts(
    source_name="weights.zip",
    synthesis_name="synthesis_generator/50000",
    expression_name="expression_generator/5000",
    digests={"synthesis_generator/50000.index": "ab" * 32},
    num_synthesis=4_429_383,
    num_expression=541_062,
    num_reverb=960_000,
    num_passed_over=59,
    instruments=("violin", "tuba"),
    remarks=("another was left",),
)


def test_the_card_says_where_the_weights_come_from() -> None:
    card = render_import_card("released", FACTS)
    assert card.startswith("# released\n")
    for words in (
        "`synthesis_generator/50000` and `expression_generator/5000`",
        "`weights.zip`",
        f"| synthesis_generator/50000.index | {'ab' * 32} |",
        "59 tensors that playing does not need",
        "Remark: another was left.",
        "It plays violin, tuba.",
        "| Synthesis Generator | 4,429,383 |",
        "| Expression Generator | 541,062 |",
        "| rooms, 20 of 3 s | 960,000 |",
    ):
        assert words in card


def test_the_card_leaves_the_licence_open() -> None:
    card = render_import_card("released", FACTS)
    assert "under which licence the\nweights are" in card
    assert "URMP data set" in card
