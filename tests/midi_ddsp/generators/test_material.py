"""Material is what was heard, by split, with the scales of what is learned from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import TrainingError
from musegen.midi_ddsp.expression_scale import fit_scales
from musegen.midi_ddsp.generators import material
from musegen.midi_ddsp.generators.expression_training import played_line
from musegen.midi_ddsp.generators.material import hear_lines, hear_notes
from musegen.midi_ddsp.inference.model import InferenceModel
from musegen.midi_ddsp.takes.take import Take

CLIPS = Path("clips.parquet")


@dataclass(kw_only=True)
class Heard:
    takes: list[Take]
    splits: Collection[str] = ()
    model: str | Path = ""


@pytest.fixture
def heard(
    monkeypatch: pytest.MonkeyPatch, make_take: Callable[..., Take]
) -> Iterator[Heard]:
    """Takes in place of a clip file, and of a model that hears them."""
    heard = Heard(
        takes=[
            make_take(1),
            make_take(2, split="valid"),
            make_take(3, instrument="flute"),
        ]
    )

    def load(name: str | Path, **_options: object) -> str:
        heard.model = name
        return "model"

    def iterate(
        path: Path,
        model: str,
        *,
        splits: Collection[str],
        tell: Callable[[int, int], None] | None,
    ) -> Iterator[Take]:
        assert (path, model) == (CLIPS, "model")
        heard.splits = splits
        for count, take in enumerate(heard.takes, start=1):
            yield take
            if tell is not None:
                tell(count, len(heard.takes))

    monkeypatch.setattr(InferenceModel, "load", load)
    monkeypatch.setattr(material, "iterate_takes", iterate)
    yield heard


def test_lines_go_to_their_splits_and_are_told_of(heard: Heard) -> None:
    told: list[tuple[int, int]] = []
    found = hear_lines(CLIPS, "ears", tell=lambda *count: told.append(count))
    assert [item.line.instrument for item in found.train] == ["violin", "flute"]
    assert [item.num_frames for item in found.valid] == [heard.takes[1].num_frames]
    assert heard.model == "ears"
    assert sorted(heard.splits) == ["train", "valid"]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_scales_are_of_what_is_learned_from(heard: Heard) -> None:
    train = [heard.takes[0], heard.takes[2]]
    names = [take.instrument for take in train for _ in take.notes]
    expected = fit_scales(np.concatenate([take.units for take in train]), names)
    assert hear_lines(CLIPS, "ears").scales == expected
    assert hear_notes(CLIPS, "ears").scales == expected


def test_the_baseline_is_told_nothing(heard: Heard) -> None:
    assert heard.takes
    found = hear_lines(CLIPS, "ears", is_told_expression=False)
    for item in (*found.train, *found.valid):
        assert (item.line.controls == found.train[0].line.controls[0]).all()


def test_notes_are_those_of_the_takes(heard: Heard) -> None:
    found = hear_notes(CLIPS, "ears")
    assert [line.notes for line in found.train] == [
        heard.takes[0].notes,
        heard.takes[2].notes,
    ]
    expected = played_line(heard.takes[1])
    np.testing.assert_array_equal(found.valid[0].controls, expected.controls)


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_split_without_recordings_is_a_sentence(
    heard: Heard, make_take: Callable[..., Take], split: str
) -> None:
    heard.takes = [make_take(1, split="valid" if split == "train" else "train")]
    with pytest.raises(TrainingError, match=f"no recording of the split '{split}'"):
        hear_notes(CLIPS, "ears")
