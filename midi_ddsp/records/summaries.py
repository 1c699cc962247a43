"""What a clip file says of its clips as a whole, stored in its metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.records.schema import ClipLayout

CLIPS_KEY = b"musegen.clips"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to know of one recording that was written all the same.

    Args:
        source: The recording.
        code: Stable, hyphenated.
        message: One sentence.
    """

    source: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSummary:
    """What a file says of its clips, beside `RecordMetadata`.

    Args:
        layout: Length, hop and rates.
        num_clips: Rows.
        num_recordings: Recordings they are cut from.
        licences: Clips of each licence.
        remarks: What there is to know of recordings.
    """

    layout: ClipLayout
    num_clips: int
    num_recordings: int
    licences: Mapping[str, int]
    remarks: tuple[Remark, ...] = ()

    def to_json(self) -> str:
        """Return the JSON that `from_json` reads."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> ClipSummary:
        """Read what `to_json` wrote.

        Raises:
            FileFormatError: A key is missing or unknown.
        """
        try:
            values = json.loads(text)
            layout = ClipLayout(**values.pop("layout"))
            remarks = tuple(Remark(**item) for item in values.pop("remarks"))
            return cls(layout=layout, remarks=remarks, **values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise FileFormatError(
                f"the metadata of the clips cannot be read ({error}); prepare them anew"
            ) from error
