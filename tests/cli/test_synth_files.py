"""Files of parts: named, checked before anything sounds, and read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musegen.cli._inputs import Source
from musegen.cli._output import Item, Output
from musegen.cli._paths import Plan, Target
from musegen.cli._synth_files import (
    ParameterFile,
    PartFiles,
    check_saving,
    plan_part_files,
    read_expression,
    read_parameters,
    recipe_text,
    save_table,
)
from musegen.cli._synth_playing import Playing
from musegen.data.errors import InputError, OutputExistsError, UsageError
from musegen.engine.digests import sha256_of
from musegen.engine.recipe import Recipe, RecipeModel
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.tables.note_table import make_note_table
from musegen.midi_ddsp.tables.note_table_files import read_note_table

PLAIN = Playing(
    model=None,
    expression_model=None,
    deterministic=False,
    variety=1.0,
    tuning=440.0,
    presets=(),
    expression=None,
    save_expression=None,
    automation=None,
    parameters=None,
    save_parameters=None,
    device="auto",
    threads=None,
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tune.mid").write_bytes(b"score")
    return tmp_path


def plan(*formats: str) -> Plan:
    targets = tuple(
        Target(path=Path(f"tune.synth.{format}"), format=format, index=1)
        for format in formats
    )
    return Plan(
        source=Source(name="tune.mid", path=Path("tune.mid")),
        targets=targets,
        sidecar=Path("tune.synth.musegen.json"),
        overwrite=False,
        is_skipped=False,
    )


def planned(
    playing: Playing = PLAIN,
    *formats: str,
    stems: bool = True,
    overwrite: bool = False,
) -> PartFiles:
    whole = replace(plan(*(formats or ("wav",))), overwrite=overwrite)
    return plan_part_files(
        playing,
        whole,
        whole.targets,
        line_keys=("tune", "bass"),
        stem_keys=("tune", "bass", "kit") if stems else (),
    )


def test_stems_stand_beside_each_mix() -> None:
    names = [str(path) for path in planned(PLAIN, "wav", "flac").paths]
    assert names == [
        f"tune.synth.{key}.{suffix}"
        for key in ("tune", "bass", "kit")
        for suffix in ("wav", "flac")
    ]
    assert planned(stems=False).paths == ()


def test_stems_of_a_page_are_sound_files() -> None:
    page = [str(path) for path in planned(PLAIN, "html").paths]
    assert page == [f"tune.synth.{key}.wav" for key in ("tune", "bass", "kit")]
    both = [str(path) for path in planned(PLAIN, "html", "ogg").paths]
    assert both == [f"tune.synth.{key}.ogg" for key in ("tune", "bass", "kit")]


def test_lines_alone_have_tables_and_parameters() -> None:
    playing = replace(
        PLAIN, save_expression="e.{part}.csv", save_parameters="p/{part}.parquet"
    )
    files = planned(playing)
    assert files.expression == {"tune": Path("e.tune.csv"), "bass": Path("e.bass.csv")}
    assert list(files.parameters.values()) == [
        Path("p/tune.parquet"),
        Path("p/bass.parquet"),
    ]


@pytest.mark.parametrize("name", ["tune.synth.{part}.wav", "{part}.mid"])
def test_no_name_is_used_twice(name: str) -> None:
    Path("tune.mid").touch()
    playing = replace(PLAIN, save_expression=name)
    with pytest.raises(UsageError, match="used already"):
        planned(playing)


def test_what_is_read_is_not_written_over() -> None:
    playing = replace(PLAIN, save_expression="e.{part}.csv", expression="e.{part}.csv")
    with pytest.raises(UsageError, match="used already"):
        planned(playing)


def test_what_is_there_is_kept_unless_told() -> None:
    Path("tune.synth.bass.wav").touch()
    with pytest.raises(OutputExistsError, match=r"tune\.synth\.bass\.wav"):
        planned()
    planned(overwrite=True)


@pytest.mark.parametrize(
    ("field", "name"), [("save_expression", "e.ods"), ("save_parameters", "p.csv")]
)
def test_an_extension_that_is_not_written_is_refused(field: str, name: str) -> None:
    with pytest.raises(UsageError, match="the extension is"):
        check_saving(replace(PLAIN, **{field: name}))  # type: ignore[arg-type]


def table() -> bytes:
    made = make_note_table([PlayedNote(pitch=60, onset_s=0.0, offset_s=1.0)])
    save_table(made, Path("made.csv"))
    return Path("made.csv").read_bytes()


def test_tables_are_written_as_their_names_say() -> None:
    pytest.importorskip("pyarrow")
    assert table().startswith(b"note,")
    made = read_note_table(Path("made.csv"))
    save_table(made, Path("made.parquet"))
    assert read_note_table(Path("made.parquet")).notes() == made.notes()


def test_tables_of_some_parts_are_enough() -> None:
    Path("e.bass.csv").write_bytes(table())
    tables, files = read_expression("e.{part}.csv", ["tune", "bass"])
    assert list(tables) == ["bass"] and files == [Path("e.bass.csv")]
    with pytest.raises(InputError, match=r"none of x\.tune\.csv, x\.bass\.csv"):
        read_expression("x.{part}.csv", ["tune", "bass"])
    with pytest.raises(InputError, match="no such file"):
        read_expression("x.csv", ["tune"])


def test_parameters_can_be_played_twice() -> None:
    pytest.importorskip("pyarrow")
    made = SynthesisParameters(
        f0_hz=np.full(9, 440, np.float32),
        amplitude=np.full(9, 0.1, np.float32),
        harmonics=np.ones((9, 1), np.float32),
        noise=np.zeros((9, 2), np.float32),
    )
    made.save("p.parquet")
    files, _ = read_parameters("p.parquet", ["tune"])
    for _ in range(2):
        assert sum(block.num_frames for block in files["tune"]) == 9
    with pytest.raises(InputError):
        ParameterFile(Path("tune.parquet"))


def test_the_recipe_names_and_digests_all_files() -> None:
    item = Item("tune.mid", Output(quiet=True))
    Path("tune.synth.wav").write_bytes(b"sound")
    Path("room.wav").write_bytes(b"room")
    item.output(Path("tune.synth.wav"), format="wav", seed=3)
    text = recipe_text(
        options={"dry": True},
        seed=3,
        plan=plan("wav"),
        item=item,
        content=b"score",
        others=[Path("room.wav")],
        model=RecipeModel(name="ours", sha256="0" * 64),
    )
    recipe = Recipe.from_json(text)
    assert [(file.name, file.sha256) for file in recipe.inputs] == [
        ("tune.mid", sha256_of(b"score")),
        ("room.wav", sha256_of(b"room")),
    ]
    assert recipe.outputs[0].sha256 == sha256_of(b"sound")
    assert recipe.outputs[0].facts == {"format": "wav", "seed": 3}
    assert recipe.options == {"dry": True, "format": ["wav"]}
