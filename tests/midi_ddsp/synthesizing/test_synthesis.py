"""Scores to sound: in time, each line for itself, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musegen.data.errors import InputError, MusegenError
from musegen.data.score import ControlChange, Note, Part, Score, Tempo
from musegen.midi_ddsp.dsp.reverb import ImpulseResponse
from musegen.midi_ddsp.mixing.mixing import Mixer, MixOptions
from musegen.midi_ddsp.parameters import SynthesisParameters
from musegen.midi_ddsp.parts.plan import PlayablePart
from musegen.midi_ddsp.synthesizing.by_formula import FormulaPerformer
from musegen.midi_ddsp.synthesizing.casting import PlanWishes, plan_synthesis
from musegen.midi_ddsp.synthesizing.performers import Performer, PlayingChoices
from musegen.midi_ddsp.synthesizing.score_wishes import (
    TickRange,
    first_frame,
    only_ticks,
)
from musegen.midi_ddsp.synthesizing.synthesis import (
    Synthesis,
    SynthesisWishes,
    tuned_part,
)
from musegen.midi_ddsp.tables.note_table import NoteTable

RATE = 16_000
OPTIONS = MixOptions(ceiling_db=None, is_dry=True)


def part(name: str, *pitches: int, program: int = 40, onset: int = 0) -> Part:
    return Part(
        notes=tuple(
            Note(onset=onset + 240 * i, duration=240, pitch=pitch)
            for i, pitch in enumerate(pitches)
        ),
        name=name,
        program=program,
    )


def score(*parts: Part) -> Score:
    return Score(ticks_per_quarter=480, parts=parts)


DUET = score(part("High", 74, 76, 77), part("Low", 48, 50, program=42))


def synthesis(
    music: Score,
    performer: Performer | None = None,
    *,
    plan_wishes: PlanWishes | None = None,
    **wishes: object,
) -> Synthesis:
    return Synthesis(
        music,
        plan_synthesis(music, plan_wishes or PlanWishes()),
        performer or FormulaPerformer(),
        wishes=SynthesisWishes(**wishes),  # type: ignore[arg-type]
    )


def mixed(
    found: Synthesis,
    options: MixOptions = OPTIONS,
    *,
    num_workers: int = 0,
    advance: Callable[[int], object] | None = None,
) -> np.ndarray:
    mixer = Mixer(options, RATE, num_workers=num_workers)
    return np.concatenate(list(found.mix(mixer, advance=advance)))


def stem(found: Synthesis, key: str) -> np.ndarray:
    pieces: list[np.ndarray] = []

    def tap(piece: np.ndarray) -> None:
        pieces.append(piece.copy())

    for _ in found.mix(Mixer(OPTIONS, RATE, num_workers=0), taps={key: tap}):
        pass
    return np.concatenate(pieces)


def trimmed(samples: np.ndarray) -> np.ndarray:
    return np.asarray(np.trim_zeros(samples, "b"))


# === One line among others ===


def test_a_line_does_not_depend_on_the_others() -> None:
    alone = stem(synthesis(score(DUET.parts[1])), "low")
    for others in (DUET.parts, DUET.parts[::-1]):
        together = stem(synthesis(score(*others)), "low")
        np.testing.assert_array_equal(trimmed(together), trimmed(alone))


def test_parts_of_one_name_do_not_play_alike() -> None:
    twins = synthesis(score(part("Violin", 74, 76), part("Violin", 74, 76)))
    assert twins.keys == ("violin", "violin-2")
    first, second = (line.table["volume_db"] for line in twins.lines)
    assert not np.array_equal(first, second)


def test_the_seed_decides_and_threads_do_not() -> None:
    def sound(seed: int, num_workers: int = 0) -> np.ndarray:
        found = synthesis(DUET, choices=PlayingChoices(seed=seed))
        return mixed(found, num_workers=num_workers)

    np.testing.assert_array_equal(sound(1), sound(1, num_workers=2))
    assert not np.array_equal(sound(1), sound(2))


def test_the_mix_is_the_sum_of_its_stems() -> None:
    options = MixOptions(ceiling_db=None, is_dry=True, is_mono=True)
    whole = mixed(synthesis(DUET), options)[:, 0]
    total = np.zeros(len(whole))
    for key in ("high", "low"):
        one = stem(synthesis(DUET), key)
        total[: len(one)] += one
    np.testing.assert_allclose(whole, total, atol=1e-6)


# === Time ===


def rises(samples: np.ndarray, pitch: int) -> np.ndarray:
    """Times at which the level near a pitch rises above half of its usual one."""
    time = np.arange(len(samples)) / RATE
    turned = samples * np.exp(-2j * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
    window = 80  # 5 ms
    total = np.concatenate([[0], np.cumsum(turned)])
    level = np.abs(total[window:] - total[:-window]) / window
    is_loud = level > 0.5 * np.percentile(level, 95)
    return (np.flatnonzero(np.diff(is_loud.astype(int)) == 1) + window / 2) / RATE


class Whistle(FormulaPerformer):
    """One harmonic and no noise, which is quickly rendered."""

    def parameters(
        self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
    ) -> Iterator[SynthesisParameters]:
        for block in super().parameters(part, table, choices):
            yield replace(
                block,
                harmonics=np.ones((block.num_frames, 1), np.float32),
                noise=np.zeros((block.num_frames, 2), np.float32),
            )


def test_ten_minutes_of_legato_end_on_time() -> None:
    count = 600
    notes = tuple(
        Note(onset=480 * i, duration=560 if i % 4 < 3 else 300, pitch=(60, 84)[i % 2])
        for i in range(count)
    )
    long = Score(
        ticks_per_quarter=480,
        parts=(Part(notes=notes, name="Long", program=73),),
        tempos=(Tempo(tick=0, qpm=60.0),),
    )
    choices = PlayingChoices(is_deterministic=True)
    found = synthesis(long, Whistle(), choices=choices)
    pieces = [np.zeros(0, np.float32)]
    first_wanted, num_samples = round(590 * RATE), 0
    for block in found.lines[0].sound():
        num_samples += len(block)
        if num_samples > first_wanted:
            pieces.append(block)
    late = np.concatenate(pieces)
    end_s = (count - 1) + 300 / 480 + 1.0
    assert num_samples / RATE == pytest.approx(end_s, abs=0.002)
    start_s = (num_samples - len(late)) / RATE
    found_s = rises(late, 84) + start_s
    wanted_s = np.array([float(i) for i in range(1, count, 2) if i > start_s])
    assert len(found_s) == len(wanted_s) >= 5
    np.testing.assert_allclose(found_s, wanted_s, atol=0.01)


def test_an_excerpt_begins_with_its_first_bar() -> None:
    music = score(part("Tune", *range(60, 76)))
    ticks = TickRange(first=1920, last=2880)
    cut = only_ticks(music, ticks)
    whole = stem(synthesis(cut), "tune")
    excerpt = stem(synthesis(cut, first_frame=first_frame(music, ticks)), "tune")
    assert len(excerpt) == len(whole) - 2 * RATE
    assert np.abs(whole[: 2 * RATE - 100]).max() < 1e-3
    assert np.abs(excerpt[: RATE // 4]).max() > 0.01


def test_the_length_is_known_before() -> None:
    found = synthesis(DUET)
    assert found.duration_s == pytest.approx(1.75)
    told: list[int] = []
    sound = mixed(found, advance=told.append)
    assert len(sound) / RATE == pytest.approx(1.75, abs=0.003)
    assert told == [1]


# === Places ===


def loudness(sound: np.ndarray) -> np.ndarray:
    return np.asarray(np.sqrt((sound**2).mean(axis=0)))


def test_players_are_seated_where_the_score_does_not_say() -> None:
    left, right = loudness(mixed(synthesis(score(DUET.parts[0]))))
    assert left == pytest.approx(right)  # alone in the middle
    first, second = (line.pan for line in synthesis(DUET).stems())
    assert isinstance(first, float) and isinstance(second, float)
    assert first == -second < 0  # the violin sits left of the cello


def test_the_score_puts_parts_where_it_wants() -> None:
    right = replace(
        DUET.parts[0], controls=(ControlChange(tick=0, number=10, value=127),)
    )
    sides = loudness(mixed(synthesis(score(right))))
    assert sides[0] < 0.01 * sides[1]


# === What is wished for ===


def test_learned_rooms_are_heard_unless_they_are_not_wanted() -> None:
    class Roomy(FormulaPerformer):
        def room(self, instrument: str) -> ImpulseResponse:
            taps = np.zeros(2 * RATE, np.float32)
            taps[-1] = 0.3 if instrument == "violin" else 0.1
            return ImpulseResponse(taps=taps)

    dry, wet = (
        mixed(synthesis(DUET, Roomy(), has_learned_rooms=wanted))
        for wanted in (False, True)
    )
    assert len(wet) - len(dry) == 2 * RATE - 1
    assert np.abs(wet[len(dry) :]).max() > 0.003


def test_one_line_may_be_given_while_others_are_played() -> None:
    saved: list[SynthesisParameters] = []
    first = synthesis(DUET)
    first.lines[1].tap = saved.append
    plain = mixed(first)
    softer = [replace(b, amplitude=b.amplitude * np.float32(0.5)) for b in saved]
    given = synthesis(DUET, parameters={"low": softer})
    assert [line.is_given for line in given.lines] == [False, True]
    assert loudness(mixed(given)).sum() < loudness(plain).sum()


def test_the_error_of_a_line_is_told() -> None:
    class Broken(FormulaPerformer):
        def expression(self, part: PlayablePart, choices: PlayingChoices) -> NoteTable:
            raise InputError("the violin has no strings")

    with pytest.raises(InputError, match="no strings"):
        mixed(synthesis(DUET, Broken()), num_workers=2)


def test_no_line_runs_far_ahead_of_the_sound() -> None:
    made = 0

    class Counting(FormulaPerformer):
        def parameters(
            self, part: PlayablePart, table: NoteTable, choices: PlayingChoices
        ) -> Iterator[SynthesisParameters]:
            nonlocal made
            for block in super().parameters(part, table, choices):
                made += block.num_frames
                yield block

    long = score(part("Long", *(60 + i % 12 for i in range(240))))
    sound = synthesis(long, Counting()).mix(Mixer(OPTIONS, RATE, num_workers=1))
    for _ in range(5):
        next(sound)
    sound.close()
    assert made < 15 * 250 / 2  # of a minute


# === Sound fonts ===


def font() -> Path:
    from musegen.midi_ddsp.player.sampler import import_fluidsynth
    from musegen.midi_ddsp.player.sound_fonts import find_sound_font

    try:
        import_fluidsynth()
        return find_sound_font().path
    except MusegenError as error:
        pytest.skip(str(error))


KIT = Part(
    notes=(Note(onset=960, duration=120, pitch=38, velocity=120),),
    name="Kit",
    channel=9,
    is_drum=True,
)


def test_drums_sound_at_their_time_beside_a_line() -> None:
    wishes = PlanWishes(drums="fluidsynth")
    music = score(part("High", 74, 76, onset=480), KIT)
    found = synthesis(music, plan_wishes=wishes, sound_font=font())
    assert found.keys == ("high", "kit") and len(found.lines) == 1
    sound = stem(found, "kit")
    begin = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())[0] / RATE
    assert begin == pytest.approx(1.0, abs=0.01)
    cut = synthesis(music, plan_wishes=wishes, sound_font=font(), first_frame=125)
    np.testing.assert_array_equal(stem(cut, "kit"), sound[RATE // 2 :])


def test_drums_alone_need_no_performer() -> None:
    plan = plan_synthesis(score(KIT), PlanWishes(drums="fluidsynth"))
    wishes = SynthesisWishes(sound_font=font())
    found = Synthesis(score(KIT), plan, None, wishes=wishes)
    assert found.lines == ()
    assert np.abs(mixed(found)).max() > 0.005


@pytest.mark.parametrize("tuning_hz", [415.0, 452.0])
def test_the_sound_font_is_tuned_too(tuning_hz: float) -> None:
    organ = replace(part("Organ", 69, 69, 69, program=19), program=19)
    wishes = PlanWishes(unsupported="fluidsynth")

    def pitch(hz: float) -> float:
        found = synthesis(
            score(organ), plan_wishes=wishes, sound_font=font(), tuning_hz=hz
        )
        sound = stem(found, "organ")[:8192] * np.hanning(8192)
        spectrum = np.abs(np.fft.rfft(sound, n=1 << 18))
        near = slice(round(380 / RATE * (1 << 18)), round(480 / RATE * (1 << 18)))
        return float((near.start + spectrum[near].argmax()) * RATE / (1 << 18))

    ratio = pitch(tuning_hz) / pitch(440.0)
    assert 1200 * np.log2(ratio * 440 / tuning_hz) == pytest.approx(0, abs=4)


def test_drums_are_not_tuned() -> None:
    assert tuned_part(KIT, 50.0) is KIT
    assert tuned_part(DUET.parts[0], 0.0) is DUET.parts[0]
