from __future__ import annotations

import pytest

from musegen.data.errors import FileFormatError
from musegen.midi_ddsp.records.schema import ClipLayout
from musegen.midi_ddsp.records.summaries import ClipSummary, Remark

SUMMARY = ClipSummary(
    layout=ClipLayout(clip_frames=10, hop_frames=5),
    num_clips=3,
    num_recordings=2,
    licences={"CC0": 3},
    remarks=(Remark(source="a.wav", code="clipped", message="loud"),),
)


def test_json_is_the_inverse() -> None:
    assert ClipSummary.from_json(SUMMARY.to_json()) == SUMMARY


@pytest.mark.parametrize(
    "text", ["[]", "{}", "nonsense", SUMMARY.to_json().replace("num_clips", "count")]
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(FileFormatError, match="prepare them anew"):
        ClipSummary.from_json(text)
