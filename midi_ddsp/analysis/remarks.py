"""What is odd about what was heard in a recording, as notices.

For: whoever hears recordings (`analysing`, `musegen.midi_ddsp.records`). Not for: what
is odd about the samples of a file (`musegen.midi_ddsp.audio.remarks`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from musegen.data.notices import Notice
from musegen.midi_ddsp.analysis.pitch_track import TRACK_RATE_HZ, PitchTrack
from musegen.midi_ddsp.analysis.polyphony import Polyphony, find_polyphony
from musegen.midi_ddsp.analysis.segmentation import stretches_without_note
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SAMPLE_RATE_HZ

# Pitched time without a note below either of these is not spoken of: at the seams of
# clean takes there is a thousandth.
MIN_LEFT_S = 0.1
MIN_LEFT_SHARE = 0.01


def hearing_remarks(
    audio: NDArray[np.float32],
    track: PitchTrack,
    notes: Sequence[PlayedNote],
    *,
    are_given: bool,
    free: PitchTrack | None = None,
) -> tuple[Notice, ...]:
    """Return what there is to say of the pitch and the notes of a recording.

    Args:
        audio: Mono, 16 kHz, [N].
        track: Its pitch.
        notes: What was given or, out of this track, heard.
        are_given: Which of the two.
        free: Its pitch without regard to notes, where that is another track.

    Returns:
        Of `no-pitch`, `no-notes` and `notes-beyond-end` at most one, then maybe
        `pitch-without-note` and `several-notes`, or `other-notes` where the notes
        that were given are all that was looked for.
    """
    if not np.any(audio):
        return ()  # whoever read the file has said that it is silent
    if not track.voiced.any():
        message = "no pitch was heard in it: it has no notes, only loudness and noise"
        return (Notice(code="no-pitch", message=message),)
    found = _few_notes(len(audio) / SAMPLE_RATE_HZ, notes)
    if notes and not are_given:
        found += left_remarks(track.voiced, notes)
    if are_given and free is None:
        return (*found, *_other_notes_remark(audio, track))
    polyphony = find_polyphony(audio, free or track)
    return found if polyphony is None else (*found, polyphony_remark(polyphony))


def polyphony_remark(found: Polyphony) -> Notice:
    """Return what is to be said where several notes sound at once."""
    message = (
        f"several notes seem to sound at once ({found.share:.0%} of the time with a "
        f"pitch, first at {found.first_s:.2f} s), but only one line is heard: give a "
        "recording of one voice, without other players or a long echo"
    )
    return Notice(code="several-notes", message=message)


def left_remarks(
    voiced: NDArray[np.bool_], notes: Sequence[PlayedNote]
) -> tuple[Notice, ...]:
    """Return `pitch-without-note` where more than a trifle became no note.

    Args:
        voiced: Whether there is a pitch, at 250 Hz, [T].
        notes: Heard in it.
    """
    stretches = stretches_without_note(voiced, notes)
    num_frames = int(np.diff(stretches, axis=1).sum())
    if (
        num_frames < MIN_LEFT_S * TRACK_RATE_HZ
        or num_frames < MIN_LEFT_SHARE * voiced.sum()
    ):
        return ()
    which = "1 stretch" if len(stretches) == 1 else f"{len(stretches)} stretches"
    message = (
        f"{which} of pitch became no note, {num_frames / TRACK_RATE_HZ:.2f} s in all, "
        f"first at {stretches[0, 0] / TRACK_RATE_HZ:.2f} s: too short to be one, or "
        "gliding (--min-note-seconds says what is too short)"
    )
    return (Notice(code="pitch-without-note", message=message),)


def _other_notes_remark(
    audio: NDArray[np.float32], track: PitchTrack
) -> tuple[Notice, ...]:
    found = find_polyphony(audio, track)
    if found is None:
        return ()
    message = (
        f"there is more in the sound than the notes given ({found.share:.0%} of the "
        f"time with a pitch, first at {found.first_s:.2f} s): check that they are what "
        "is played, and that only one voice plays"
    )
    return (Notice(code="other-notes", message=message),)


def _few_notes(duration_s: float, notes: Sequence[PlayedNote]) -> tuple[Notice, ...]:
    if not notes:
        message = "a pitch was heard, but for no longer than a moment: it has no notes"
        return (Notice(code="no-notes", message=message),)
    num_late = sum(note.onset_s >= duration_s for note in notes)
    if num_late:
        message = f"{num_late} of the notes begin after the recording's end"
        return (Notice(code="notes-beyond-end", message=message),)
    return ()
