from __future__ import annotations

import numpy as np
import pytest

from musegen.data.errors import InputError, UsageError
from musegen.midi_ddsp.expression import CONTROL_NAMES
from musegen.midi_ddsp.expression_units import UNIT_NAMES
from musegen.midi_ddsp.notes import PlayedNote
from musegen.midi_ddsp.presets.expression_presets import (
    MAX_STRENGTH,
    PRESETS,
    PresetChoice,
    apply_presets,
    describe_presets,
    parse_preset,
)
from musegen.midi_ddsp.tables.note_columns import COLUMN_BY_NAME
from musegen.midi_ddsp.tables.note_table import NoteTable, make_note_table

ASKED_FOR = """more-vibrato less-vibrato no-vibrato late-vibrato louder softer
wider-dynamics even-dynamics brighter darker sharper-attack softer-attack swelling
fading louder-at-the-cadence softer-at-the-cadence crescendo diminuendo in-tune"""


def table(*, has_units: bool = True, has_controls: bool = True) -> NoteTable:
    """Six notes of half a second, none of them alike."""
    random = np.random.default_rng(5)
    notes = [
        PlayedNote(pitch=60 + n, onset_s=n / 2, offset_s=n / 2 + 0.5, velocity=70 + n)
        for n in range(6)
    ]
    units = random.uniform(2.0, 9.0, (6, len(UNIT_NAMES)))
    units[:, UNIT_NAMES.index("vibrato_delay_s")] /= 100
    units[:, UNIT_NAMES.index("peak_position")] /= 10
    return make_note_table(
        notes,
        units=units if has_units else None,
        controls=random.uniform(0.2, 0.8, (6, 6)) if has_controls else None,
        instrument="violin",
    )


def changed_names(before: NoteTable, after: NoteTable) -> set[str]:
    assert before.names == after.names
    return {
        name for name in before.names if not np.array_equal(before[name], after[name])
    }


def test_all_presets_are_there_each_with_a_sentence() -> None:
    assert list(PRESETS) == ASKED_FOR.split()
    for preset in PRESETS.values():
        assert preset.meaning.endswith(".")
        assert f"{preset.name} " in describe_presets()
        assert preset.meaning in describe_presets()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_changes_what_it_names_and_nothing_else(name: str) -> None:
    before = table()
    after = apply_presets(before, [PresetChoice(name=name)])
    changed = changed_names(before, after)
    preset = PRESETS[name]
    assert changed
    assert changed <= {*preset.unit_names, *preset.control_names}
    assert preset.unit_names[0] in changed
    assert bool(changed & set(CONTROL_NAMES)) == bool(preset.control_names)


@pytest.mark.parametrize("name", PRESETS)
def test_no_strength_changes_nothing_and_more_changes_more(name: str) -> None:
    before = table()
    column = PRESETS[name].unit_names[0]
    sizes = []
    for strength in (0.0, 0.5, 1.0):
        after = apply_presets(before, [PresetChoice(name=name, strength=strength)])
        sizes.append(np.abs(after[column] - before[column]).sum())
    assert sizes[0] == 0.0
    assert sizes[0] < sizes[1] < sizes[2]
    strongest = apply_presets(before, [PresetChoice(name=name, strength=MAX_STRENGTH)])
    assert all(np.isfinite(strongest[one]).all() for one in UNIT_NAMES)


@pytest.mark.parametrize("name", PRESETS)
def test_a_table_of_published_controls_is_edited_or_refused(name: str) -> None:
    before = table(has_units=False)
    choice = PresetChoice(name=name)
    if PRESETS[name].control_names:
        assert changed_names(before, apply_presets(before, [choice]))
        return
    with pytest.raises(InputError, match=f"the preset {name} acts on"):
        apply_presets(before, [choice])


def test_a_table_without_expression_is_refused_in_a_sentence() -> None:
    plain = table(has_units=False, has_controls=False)
    with pytest.raises(
        InputError,
        match="louder acts on volume_db, attack_noise_db "
        r"\(or of the published model: volume, attack\), and none is there",
    ):
        apply_presets(plain, [PresetChoice(name="louder")])


def test_a_preset_that_the_performer_would_not_hear_is_refused() -> None:
    choices = [PresetChoice(name="louder")]
    apply_presets(table(), choices, read_names=("volume_db",))
    with pytest.raises(InputError, match="this model reads none of these columns"):
        apply_presets(table(), choices, read_names=("vibrato",))


def test_presets_act_one_after_the_other() -> None:
    first, second = PresetChoice(name="louder"), PresetChoice(name="even-dynamics")
    together = apply_presets(table(), [first, second])
    apart = apply_presets(apply_presets(table(), [first]), [second])
    assert changed_names(together, apart) == set()
    back = apply_presets(table(), [first, PresetChoice(name="softer")])
    np.testing.assert_allclose(back["volume_db"], table()["volume_db"])


def test_nothing_goes_beyond_what_a_column_may_say() -> None:
    most = [PresetChoice(name="louder", strength=MAX_STRENGTH)] * 8
    loudest = COLUMN_BY_NAME["volume_db"].highest
    assert apply_presets(table(), most)["volume_db"].tolist() == [loudest] * 6


def test_a_table_without_notes_stays_one() -> None:
    nothing = make_note_table(
        [], units=np.zeros((0, 11)), controls=np.zeros((0, 6)), instrument="violin"
    )
    choices = [PresetChoice(name=name) for name in PRESETS]
    assert apply_presets(nothing, choices).num_notes == 0


@pytest.mark.parametrize(
    ("text", "name", "strength"),
    [
        ("louder", "louder", 1.0),
        (" Louder:0.5 ", "louder", 0.5),
        ("in-tune:0", "in-tune", 0.0),
        ("softer: 2", "softer", 2.0),
    ],
)
def test_a_preset_is_read(text: str, name: str, strength: float) -> None:
    choice = parse_preset(text)
    assert (choice.name, choice.strength) == (name, strength)
    assert parse_preset(str(choice)) == choice


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lauder", "no preset 'lauder'; did you mean 'louder'"),
        ("", "no preset ''"),
        ("louder:", "after the colon stands how strong"),
        ("louder:much", "after the colon stands how strong"),
        ("louder:-1", "the strength of a preset is 0 to 4"),
        ("louder:nan", "the strength of a preset is 0 to 4"),
        ("louder:1e9", "the strength of a preset is 0 to 4"),
    ],
)
def test_what_is_no_preset_is_refused_with_a_list(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse_preset(text)
    assert all(name in str(caught.value) for name in PRESETS)
