"""What `musegen synth` does with each score: plan, play, mix, write, record.

Options are in `_synth_casting`, `_synth_playing` and `_synth_options`, files beside the
mix in `_synth_files`, the writers of one performance in `_synth_writing`.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from musegen.cli._output import Item, Output
from musegen.cli._paths import Plan, Target, write_file
from musegen.cli._synth_cast import (
    cast_list,
    cast_notices,
    part_facts,
    skipped_facts,
)
from musegen.cli._synth_casting import Casting
from musegen.cli._synth_files import (
    ParameterFile,
    PartFiles,
    plan_part_files,
    read_expression,
    read_parameters,
    recipe_text,
    save_table,
)
from musegen.cli._synth_idle import (
    Heard,
    check_automation,
    idle_expression,
    idle_without_lines,
    refuse_idle,
    refuse_idle_casting,
)
from musegen.cli._synth_models import LoadedModel, load_beside_imports
from musegen.cli._synth_options import Sound, is_given
from musegen.cli._synth_playing import Playing
from musegen.cli._synth_writing import Writers, leave_closed_pipe
from musegen.data.errors import UsageError

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.engine.recipe import RecipeModel
    from musegen.midi_ddsp.mixing.mixing import MixOptions
    from musegen.midi_ddsp.player.sound_fonts import SoundFont
    from musegen.midi_ddsp.synthesizing.casting import SynthesisPlan
    from musegen.midi_ddsp.synthesizing.score_wishes import TickRange
    from musegen.midi_ddsp.synthesizing.synthesis import Synthesis, SynthesisWishes


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
    heard: Heard
    wishes: SynthesisWishes
    content: bytes
    files: list[Path]

    @property
    def plan(self) -> SynthesisPlan:
        """Who plays what."""
        return self.heard.plan


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
            playing.heeded_model, playing.expression_model, device=playing.device
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
        if playing.is_unplayed and playing.model is not None and not self._has_rooms:
            raise playing.idle_with_parameters(f"--model {playing.model}")
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
        model = self._model_of(piece)
        item.set(
            model=model and {"name": model.name, "sha256": model.sha256},
            sample_rate=self._command.sound.sample_rate,
            parts=part_facts(piece.plan, piece.heard.given),
            skipped=skipped_facts(piece.plan, piece.score),
            seconds=round(time.monotonic() - started, 2),
        )
        if plan.sidecar is not None:
            self._write_recipe(piece, plan, item, plan.sidecar)

    # === What is played ===

    def _piece(self, plan: Plan, item: Item) -> _Piece:
        from musegen.data.files import read_bytes, read_score
        from musegen.midi_ddsp.synthesizing.score_wishes import first_frame

        content, _ = read_bytes(plan.source.content(), name=plan.source.name)
        result = read_score(content, name=plan.source.name)
        for notice in result.notices:
            item.notice(notice)
        score, ticks, cast = self._planned(result.score, self._command.casting)
        parameters, files = self._given_parameters(result.score, cast, item)
        heard = Heard(plan=cast, given={key: f.path for key, f in parameters.items()})
        command = self._command
        refuse_idle(heard, command.playing, command.alternatives)
        for notice in cast_notices(cast, score, heard.given):
            item.notice(notice)
        command.output.note(f"{item.name}: {cast_list(cast, heard.given)}")
        piece = _Piece(
            score=score,
            heard=heard,
            wishes=replace(
                self._wishes(first_frame(score, ticks)), parameters=parameters
            ),
            content=content,
            files=files,
        )
        self._read_levels(piece, item)
        return piece

    def _planned(
        self, score: Score, casting: Casting
    ) -> tuple[Score, TickRange | None, SynthesisPlan]:
        """Return the score as it is played, what of it is heard, and who plays."""
        from musegen.midi_ddsp.synthesizing.casting import plan_synthesis, players

        changed, ticks = casting.changed_score(score)
        available = players(self._loaded.performer.instruments)
        plan = plan_synthesis(changed, casting.plan_wishes(), available=available)
        return changed, ticks, plan

    def _given_parameters(
        self, score: Score, plan: SynthesisPlan, item: Item
    ) -> tuple[dict[str, ParameterFile], list[Path]]:
        """Return what sounds in place of performers, by key, and its files."""
        casting, playing = self._command.casting, self._command.playing
        if not plan.parts:
            for notice in idle_without_lines(playing, self._command.alternatives):
                item.notice(notice)
        if playing.parameters is None:
            return {}, []
        parameters, files = read_parameters(
            playing.parameters, plan.keys[: len(plan.parts)]
        )
        if len(parameters) == len(plan.keys):

            def sounding(wishes: Casting) -> object:
                _, _, other = self._planned(score, wishes)
                names = [part.instrument.name for part in other.parts]
                # they choose rooms, and seats where there are several
                return other.keys, names if self._has_rooms or len(names) > 1 else ()

            refuse_idle_casting(casting, playing, sounding)
        return parameters, files

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
        """Read what the user gives of expression and automation."""
        playing = self._command.playing
        keys = piece.plan.keys[: len(piece.plan.parts)]
        if playing.automation is not None:
            from musegen.midi_ddsp.tables.automation_files import read_automation_table

            automation = read_automation_table(playing.automation)
            for notice in check_automation(automation, piece.heard, piece.score):
                item.notice(notice)
            piece.wishes = replace(piece.wishes, automation=automation)
            piece.files.append(playing.automation)
        if playing.expression is not None:
            tables, files = read_expression(playing.expression, keys)
            piece.wishes = replace(piece.wishes, expression=tables)
            piece.files += files
            for notice in idle_expression(tables, piece.heard):
                item.notice(notice)

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
        told = (*synthesis.notices(), *mixer.notices(), *writers.notices())
        for notice in told:
            if notice not in item.notices:  # of an earlier performance
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
        fonts = [self._font.path] if self._font and piece.plan.sound_font_parts else []
        text = recipe_text(
            options=self._command.recipe(),
            seed=self._command.seed,
            plan=plan,
            item=item,
            content=piece.content,
            others=[*piece.files, *self._command.sound.files(), *fonts],
            model=self._model_of(piece),
        )
        write_file(sidecar, text.encode("utf-8"), overwrite=plan.overwrite)

    def _model_of(self, piece: _Piece) -> RecipeModel | None:
        """Return who plays a line, or whose rooms are heard; None where nobody's."""
        from musegen.engine.recipe import RecipeModel

        performer = self._loaded.performer
        if not (piece.heard.played or (self._has_rooms and piece.plan.parts)):
            return None
        return RecipeModel(name=performer.name, sha256=performer.digest)
