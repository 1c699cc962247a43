"""What is to be said of a clip file that a run learns from."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from musegen.engine.digests import sha256_of_file
from musegen.engine.run_inputs import TrainingData
from musegen.midi_ddsp.player.sound_fonts import FLUID_LICENCE, UNKNOWN_LICENCE
from musegen.midi_ddsp.player.tunes import LICENCES
from musegen.midi_ddsp.records.clip_reading import open_clips
from musegen.midi_ddsp.records.recordings import NOT_STATED

VIRTUAL_PLAYER = "the virtual player"
WEIGHTS_LICENCE = "Apache-2.0"
_OWN_LICENCES = frozenset(f"{FLUID_LICENCE}; {tune}" for tune in LICENCES.values())
_SILENT = frozenset({NOT_STATED, UNKNOWN_LICENCE})


def describe_clips(path: Path) -> TrainingData:
    """Return what a clip file says of itself, and its digest.

    Args:
        path: Clip file of `musegen data prepare midi-ddsp`.

    Returns:
        Its collection is the virtual player, where that played the first clip. A
        licence of weights is given only where every clip is the player's, of a
        collection of tunes and the usual sound font.

    Raises:
        InputError: There is no such file.
        FileFormatError: It is no clip file.
    """
    with open_clips(path) as clips:
        licences = clips.summary.licences
        is_played = len(clips) > 0 and clips.clip(0).notes_from == "player"
    is_ours = is_played and _OWN_LICENCES.issuperset(licences)
    return TrainingData(
        source=path.name,
        path=path,
        sha256=sha256_of_file(path),
        collection=VIRTUAL_PLAYER if is_played else "",
        licence=_in_words(licences),
        weights_licence=WEIGHTS_LICENCE if is_ours else "",
        options=("--data", path.name),
    )


def _in_words(licences: Collection[str]) -> str:
    if _SILENT.issuperset(licences):
        return ""
    return f"Licences of the clips, as the file states them: {'; '.join(licences)}."
