"""The card of an imported Coconet: where it comes from and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from musegen.coconet.config import (
    BROWSER,
    MIN_PITCH,
    NUM_PITCHES,
    PAPER,
    PaperNetworkConfig,
)
from musegen.coconet.paper_plan import count_parameters, layer_plan

LICENCE = "not stated by its source"
_PRESETS = {"paper": PAPER, "browser": BROWSER}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What an import knows of its source.

    Args:
        network: The architecture.
        source_name: Name of the folder or zip.
        weights_name: Name of the checkpoint or manifest in it.
        weights_format: In words: "TensorFlow checkpoint".
        digests: SHA-256 of every file that was read, by name.
        num_passed_over: Variables of training that were left out.
        remarks: Sentences that were told when it was imported.
    """

    network: PaperNetworkConfig
    source_name: str
    weights_name: str
    weights_format: str
    digests: Mapping[str, str]
    num_passed_over: int
    remarks: tuple[str, ...]


def describe_network(network: PaperNetworkConfig) -> str:
    """Return an architecture in a few words: `64 layers of 128 filters`."""
    traits = [
        ("dilated", network.num_dilation_blocks > 0),
        ("depthwise separable", network.use_separable),
    ]
    named = ", ".join(word for word, holds in traits if holds)
    size = f"{len(layer_plan(network))} layers of {network.num_filters} filters"
    return f"{size}, {named}" if named else size


def render_import_card(name: str, facts: ImportFacts) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its source.
    """
    trainable, total = count_parameters(facts.network)
    files = "\n".join(f"| {name} | {sha} |" for name, sha in facts.digests.items())
    remarks = "".join(f"\nRemark: {remark}.\n" for remark in facts.remarks)
    presets = [name for name, config in _PRESETS.items() if config == facts.network]
    retrain = "".join(
        f"\nA network of this shape is trained anew with one command:\n\n"
        f"    musegen train coconet --preset {preset} --run runs/{preset}\n"
        for preset in presets
    )
    return f"""# {name}

A Coconet network that was trained elsewhere and imported: it fills any hidden part of a
four-part score (soprano, alto, tenor, bass) on a raster of sixteenths, MIDI pitches
{MIN_PITCH} to {MIN_PITCH + NUM_PITCHES - 1}. Architecture `paper`,
{describe_network(facts.network)}; {trainable:,} trained parameters,
{total:,} with the statistics of batch norm, stored as float32.

## Where it comes from

{facts.weights_format} `{facts.weights_name}` in `{facts.source_name}`. Taken over as it
was; batch norm is folded into the convolutions of `network.onnx`.
{facts.num_passed_over} variables that only training needs were left out.

| file | SHA-256 |
| --- | --- |
{files}
{remarks}
## Data and licence

The files say neither what the network was trained on nor under which licence the
weights are. Ask who made them before you pass them on.

## Quality

Nothing was measured at import. **Figures of official weights on the test split are no
generalisation**: the announcement of Magenta's model speaks of 306 chorales, which is
the number of training and test pieces of the standard split together, so that it may
have learned the very pieces it would be tested on. For a comparison train a network
anew and measure it with `musegen evaluate coconet`.
{retrain}
## Limits

Four voices, one raster; it cannot write rests or repeated notes, and knows of bars,
metre, keys and phrase ends only what the notes tell.
"""
