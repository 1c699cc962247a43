"""The card of an imported MIDI-DDSP: where it comes from, what is not known of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LICENCE = "not stated by its source"
_WIDTH = 88  # characters a line


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFacts:
    """What an import knows of its source.

    Args:
        source_name: Name of the folder or zip.
        synthesis_name: Name of the Synthesis Generator's checkpoint in it.
        expression_name: Name of the Expression Generator's.
        digests: SHA-256 of every file that was read, by name.
        num_synthesis: Numbers of the Synthesis Generator.
        num_expression: Numbers of the Expression Generator.
        num_reverb: Numbers of the rooms.
        num_passed_over: Tensors that playing does not need.
        instruments: Those that it plays.
        remarks: Sentences that were told when it was imported.
    """

    source_name: str
    synthesis_name: str
    expression_name: str
    digests: Mapping[str, str]
    num_synthesis: int
    num_expression: int
    num_reverb: int
    num_passed_over: int
    instruments: Sequence[str]
    remarks: tuple[str, ...] = ()


def render_import_card(name: str, facts: ImportFacts) -> str:
    """Return the card in Markdown.

    Args:
        name: Of the model.
        facts: Of its source.
    """
    files = "\n".join(f"| {file} | {sha} |" for file, sha in facts.digests.items())
    remarks = "".join(f"\nRemark: {remark}.\n" for remark in facts.remarks)
    return f"""# {name}

The two generators of MIDI-DDSP (Wu et al., ICLR 2022) and its rooms, trained elsewhere
and imported: notes of one part become six controls a note, these become the parameters
of a synthesizer at 250 Hz, and these become sound at 16 kHz.

{_wrapped(f"It plays {', '.join(facts.instruments)}.")}

| part | numbers |
| --- | --- |
| Expression Generator | {facts.num_expression:,} |
| Synthesis Generator | {facts.num_synthesis:,} |
| rooms, 20 of 3 s | {facts.num_reverb:,} |

## Where it comes from

TensorFlow checkpoints `{facts.synthesis_name}` and `{facts.expression_name}` in
`{facts.source_name}`, stored as float32 as they were.
{facts.num_passed_over} tensors that playing does not need were left out, such as those
of the network from sound to parameters.

| file | SHA-256 |
| --- | --- |
{files}
{remarks}
## Data and licence

The files say neither what the networks were trained on nor under which licence the
weights are. The official weights were trained on recordings of the URMP data set; the
licence of the program (Apache-2.0) says nothing of that set, whose terms are its own.
Ask who made the weights before you pass them on.

## Quality

Nothing was measured at import. Published figures are those of the paper and hold for
its own weights and data only.

## Limits

One voice a part. The pitch stays within a semitone of the written one. Velocity and
controllers are not heard by the networks. The convolutions normalise over the whole
part, so that how a note sounds depends a little on how long the part is, and nothing
can be played before all of it is known.
"""


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH)
