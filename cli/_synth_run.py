"""What `musegen synth` does with each score: plan, play, mix, write, record.

Options are in `_synth_casting`, `_synth_playing` and `_synth_options`, files beside the
mix in `_synth_files`, the writers of one performance in `_synth_writing`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._output import Item, Output
from musegen.cli._paths import Plan, Target, write_file
from musegen.cli._synth_casting import Casting
from musegen.cli._synth_files import (
    PartFiles,
    plan_part_files,
    read_expression,
    read_parameters,
    recipe_text,
    save_table,
)
from musegen.cli._synth_models import LoadedModel, load_beside_imports
from musegen.cli._synth_options import Sound, is_given
from musegen.cli._synth_playing import Playing
from musegen.cli._synth_writing import Writers, leave_closed_pipe
from musegen.data.errors import UsageError
from musegen.data.notices import Notice
from musegen.render.score_view import printable

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.midi_ddsp.mixing.mixing import MixOptions
    from musegen.midi_ddsp.player.sound_fonts import SoundFont
    from musegen.midi_ddsp.synthesizing.casting import SynthesisPlan
    from musegen.midi_ddsp.synthesizing.synthesis import Synthesis, SynthesisWishes
    from musegen.midi_ddsp.tables.note_table import PartialNoteTable


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthCommand:
    """One call of the command.

    Args:
        casting: Who plays.
        playing: How.
        sound: How it sounds.
        alternatives: How often each score is played.
        seed: As given or drawn.
        output: What the user hears.
    """

    casting: Casting
    playing: Playing
    sound: Sound
    alternatives: int
    seed: int
    output: Output

    def recipe(self) -> dict[str, object]:
        """Return the options of the recipe."""
        return {
            **self.casting.recipe(),
            **self.playing.recipe(),
            **self.sound.recipe(),
            "alternatives": self.alternatives,
        }


@dataclass(slots=True, kw_only=True)
class _Piece:
    """A score that was read and planned."""

    score: Score
    plan: SynthesisPlan
    wishes: SynthesisWishes
    content: bytes
    files: list[Path] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Take:
    """One performance: its number, from 1, its seed, and where it goes."""

    index: int
    seed: int
    targets: list[Target]
    files: PartFiles


class SynthRun:
    """What all inputs of one call share.

    Args:
        command: What is asked for.

    Raises:
        ModelError: The model cannot be had.
        MusegenError: The sound font or the room cannot be had.
    """

    def __init__(self, command: SynthCommand) -> None:
        self._command = command
        self._font: SoundFont | None = command.casting.found_sound_font()
        if self._font is not None:
            for notice in self._font.notices:
                command.output.notice(notice)
        playing = command.playing
        self._loaded: LoadedModel = load_beside_imports(
            playing.model, playing.expression_model, device=playing.device
        )
        if is_given("variety") and not self._loaded.draws_expression:
            raise UsageError(
                f"--variety does nothing with the model {self._loaded.performer.name}, "
                "which never draws expression: leave it out"
            )
        performer = self._loaded.performer
        rooms = (performer.room(name) for name in performer.instruments)
        self._has_rooms = command.sound.has_learned_rooms(
            knows_rooms=any(room is not None for room in rooms)
        )
        self._mix_options: MixOptions = command.sound.mix_options(
            has_learned_rooms=self._has_rooms
        )

    def play(self, plan: Plan, item: Item) -> None:
        """Read, play and write one score; its alternatives one after another."""
        started = time.monotonic()
        piece = self._piece(plan, item)
        takes = self._takes(piece, plan)  # all names are checked before anything sounds
        for take in takes:
            if len(takes) > 1:
                self._command.output.note(
                    f"{item.name}: performance {take.index} has the seed {take.seed}"
                )
            self._perform(piece, plan, item, take)
        performer = self._loaded.performer
        item.set(
            model={"name": performer.name, "sha256": performer.digest},
            sample_rate=self._command.sound.sample_rate,
            parts=_part_facts(piece.plan),
            skipped=_skipped_facts(piece.plan, piece.score),
            seconds=round(time.monotonic() - started, 2),
        )
        if plan.sidecar is not None:
            self._write_recipe(piece, plan, item, plan.sidecar)

    # === What is played ===

    def _piece(self, plan: Plan, item: Item) -> _Piece:
        from musegen.data.files import read_bytes, read_score
        from musegen.midi_ddsp.synthesizing.casting import plan_synthesis, players
        from musegen.midi_ddsp.synthesizing.score_wishes import first_frame

        casting = self._command.casting
        content, _ = read_bytes(plan.source.content(), name=plan.source.name)
        result = read_score(content, name=plan.source.name)
        for notice in result.notices:
            item.notice(notice)
        score, ticks = casting.changed_score(result.score)
        performer = self._loaded.performer
        planned = plan_synthesis(
            score, casting.plan_wishes(), available=players(performer.instruments)
        )
        for notice in planned.notices:
            item.notice(notice)
        self._command.output.note(f"{item.name}: {cast_list(planned)}")
        piece = _Piece(
            score=score,
            plan=planned,
            wishes=self._wishes(first_frame(score, ticks)),
            content=content,
        )
        self._read_levels(piece, item)
        return piece

    def _wishes(self, first_frame: int) -> SynthesisWishes:
        from musegen.midi_ddsp.synthesizing.synthesis import SynthesisWishes

        playing, sound = self._command.playing, self._command.sound
        return SynthesisWishes(
            choices=playing.choices(self._command.seed),
            sample_rate=sound.sample_rate,
            has_learned_rooms=self._has_rooms,
            room_gain=sound.reverb_gain,
            tuning_hz=playing.tuning,
            presets=playing.chosen_presets(),
            sound_font=None if self._font is None else self._font.path,
            first_frame=first_frame,
        )

    def _read_levels(self, piece: _Piece, item: Item) -> None:
        """Read what the user gives of expression, automation and parameters."""
        playing = self._command.playing
        keys = piece.plan.keys[: len(piece.plan.parts)]
        if playing.automation is not None:
            from musegen.midi_ddsp.tables.automation_files import read_automation_table

            automation = read_automation_table(playing.automation)
            piece.wishes = replace(piece.wishes, automation=automation)
            piece.files.append(playing.automation)
        if playing.expression is not None:
            tables, files = read_expression(playing.expression, keys)
            self._tell_unread(tables, item)
            piece.wishes = replace(piece.wishes, expression=tables)
            piece.files += files
        if playing.parameters is not None:
            parameters, files = read_parameters(playing.parameters, keys)
            piece.wishes = replace(piece.wishes, parameters=parameters)
            piece.files += files

    def _tell_unread(self, tables: Mapping[str, PartialNoteTable], item: Item) -> None:
        from musegen.midi_ddsp.synthesizing.line import unread_columns

        performer = self._loaded.performer
        unread = [
            name
            for table in tables.values()
            for name in unread_columns(table, performer.control_names)
        ]
        if unread:
            names = ", ".join(dict.fromkeys(unread))
            item.notice(
                Notice(
                    code="unread-columns",
                    message=f"the model {performer.name} does not read these columns "
                    f"of the expression: {names}",
                )
            )

    # === How it is written ===

    def _takes(self, piece: _Piece, plan: Plan) -> list[_Take]:
        """Name the files of every performance, and check them."""
        command = self._command
        keys = piece.plan.keys
        takes = []
        for index in sorted({target.index for target in plan.targets}):
            targets = [target for target in plan.targets if target.index == index]
            files = plan_part_files(
                command.playing,
                plan,
                targets,
                line_keys=keys[: len(piece.plan.parts)],
                stem_keys=keys if command.sound.stems else (),
            )
            seed = command.seed + index - 1
            takes.append(_Take(index=index, seed=seed, targets=targets, files=files))
        return takes

    def _perform(self, piece: _Piece, plan: Plan, item: Item, take: _Take) -> None:
        from musegen.midi_ddsp.mixing.mixing import Mixer
        from musegen.midi_ddsp.synthesizing.synthesis import Synthesis

        command = self._command
        choices = replace(piece.wishes.choices, seed=take.seed)
        synthesis = Synthesis(
            piece.score,
            piece.plan,
            self._loaded.performer,
            wishes=replace(piece.wishes, choices=choices),
        )
        mixer = Mixer(
            self._mix_options,
            command.sound.sample_rate,
            num_workers=command.playing.threads,
        )
        writers = Writers(
            targets=take.targets,
            files=take.files,
            sound=command.sound,
            num_channels=mixer.num_channels,
            overwrite=plan.overwrite,
            output=command.output,
            title=piece.score.title or plan.source.stem,
            score=piece.score,
        )
        name = f"Playing {plan.source.name}"
        total_s = math.ceil(synthesis.duration_s)
        try:
            with writers, command.output.progress(name, total_s) as advance:
                writers.follow(synthesis)
                for block in synthesis.mix(mixer, taps=writers.taps, advance=advance):
                    writers.write(block)
        except BrokenPipeError:
            if take.targets[0].path is not None:
                raise
            leave_closed_pipe()  # the listener has heard enough
            return
        for notice in (*mixer.notices(), *writers.notices()):
            item.notice(notice)
        self._tell(synthesis, writers, item, take.seed)

    def _tell(
        self, synthesis: Synthesis, writers: Writers, item: Item, seed: int
    ) -> None:
        """Save tables and say what was written."""
        keyed = dict(zip(synthesis.keys, synthesis.lines, strict=False))
        facts = {"seed": seed, "duration_s": round(writers.duration_s, 3)}
        for target in writers.targets:
            item.output(target.path, format=target.format, **facts)
        for key, targets in writers.files.stems.items():
            for target in targets:
                item.output(target.path, format=target.format, part=key, **facts)
        for key, path in writers.files.parameters.items():
            item.output(path, format="parameters", part=key)
        for key, path in writers.files.expression.items():
            if keyed[key].is_given:
                continue  # nobody played the notes
            save_table(keyed[key].table, path)
            item.output(path, format="expression", part=key)

    def _write_recipe(
        self, piece: _Piece, plan: Plan, item: Item, sidecar: Path
    ) -> None:
        from musegen.engine.recipe import RecipeModel

        performer = self._loaded.performer
        fonts = [self._font.path] if self._font and piece.plan.sound_font_parts else []
        text = recipe_text(
            options=self._command.recipe(),
            seed=self._command.seed,
            plan=plan,
            item=item,
            content=piece.content,
            others=[*piece.files, *self._command.sound.files(), *fonts],
            model=RecipeModel(name=performer.name, sha256=performer.digest),
        )
        write_file(sidecar, text.encode("utf-8"), overwrite=plan.overwrite)


def cast_list(plan: SynthesisPlan) -> str:
    """Say who plays what, in a line."""
    cast = [(part.name, part.instrument.name) for part in plan.parts]
    cast += [(part.name, "the sound font") for part in plan.sound_font_parts]
    return "; ".join(f"{printable(name)} by {player}" for name, player in cast)


def _part_facts(plan: SynthesisPlan) -> list[dict[str, object]]:
    """What JSON says of each part that is played."""
    facts: list[dict[str, object]] = []
    for part in plan.parts:
        facts.append(
            {
                "name": part.name,
                "part": part.part_index + 1,
                "voice": part.voice_index + 1,
                "instrument": part.instrument.name,
                "notes": len(part.notes),
            }
        )
    for drums in plan.sound_font_parts:
        facts.append(
            {
                "name": drums.name,
                "part": drums.part_index + 1,
                "instrument": "sound font",
                "notes": len(drums.notes),
            }
        )
    for fact, key in zip(facts, plan.keys, strict=True):
        fact["key"] = key
    return facts


def _skipped_facts(plan: SynthesisPlan, score: Score) -> list[dict[str, object]]:
    """What JSON says of each part that nobody plays."""
    return [
        {
            "name": score.parts[skipped.part_index].name,
            "part": skipped.part_index + 1,
            "reason": skipped.reason,
            "notes": skipped.num_notes,
        }
        for skipped in plan.skipped
    ]
