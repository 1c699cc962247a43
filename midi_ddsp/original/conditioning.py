"""What the original's Synthesis Generator is told of each frame.

From frames of notes and six controls to ten numbers a frame, found by name and not by
place. Where notes stand is `note_rows`: absolutely timed, or as the released code has
them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.note_frames import NoteFrames
from musegen.midi_ddsp.original.layers import Array
from musegen.midi_ddsp.original.synthesis_generator import MIDI_SCALE

CONDITION_NAMES = (*CONTROL_NAMES, "pitch", "onset", "offset", "position")
"""The columns of the conditioning, in the order in which the network reads them."""


def conditioning(frames: NoteFrames, controls: NDArray[np.floating]) -> Array:
    """Return the conditioning of each frame, [T, 10], columns as `CONDITION_NAMES`.

    Args:
        frames: Which note sounds in each of T frames. Those of the released code are
            `row_frames(rows, compat=True)`: rests have flags and only the first 100
            rows positions. Without `compat` only notes have flags, as in the data that
            the weights were trained on, and all of them have positions.
        controls: [T, 6] in the order of `CONTROL_NAMES`, as `expression.spread` gives
            them; they may change within a note.

    Raises:
        ValueError: `controls` has another shape.

    Source:
        Wu et al., "MIDI-DDSP", ICLR 2022, and the released code, version 0.2.6.
    """
    shape = (frames.num_frames, len(CONTROL_NAMES))
    if controls.shape != shape:
        raise ValueError(f"controls of shape {shape} are needed; got {controls.shape}")
    columns = {
        **dict(zip(CONTROL_NAMES, controls.T, strict=True)),
        "pitch": frames.pitch / MIDI_SCALE,
        "onset": frames.onset,
        "offset": frames.offset,
        "position": frames.position,
    }
    return np.stack([columns[name] for name in CONDITION_NAMES], axis=1).astype(
        np.float32
    )
