"""Settings that sound: what `--play` does with the results of a command.

The road is that of `musegen synth` (`musegen.midi_ddsp.synthesizing.synthesis`), with
an ensemble in the place of programs. Options are in `_play_options`.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from musegen.cli._interrupt import graceful_interrupt
from musegen.cli._output import Item, Output
from musegen.cli._paths import Plan, Target
from musegen.cli._play_options import Play
from musegen.cli._synth_cast import cast_list
from musegen.cli._synth_files import PartFiles
from musegen.cli._synth_writing import Writers, leave_closed_pipe
from musegen.data.notices import Notice

if TYPE_CHECKING:
    from musegen.data.score import Score
    from musegen.midi_ddsp.synthesizing.casting import SynthesisPlan
    from musegen.midi_ddsp.synthesizing.performers import Performer
    from musegen.midi_ddsp.synthesizing.synthesis import Synthesis

_NO_FILES = PartFiles(stems={}, expression={}, parameters={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A result that shall sound.

    Args:
        score: What is played.
        given_parts: Indices of parts that pages outline.
        targets: The files of its sound, at least one.
    """

    score: Score
    given_parts: frozenset[int]
    targets: tuple[Target, ...]


class SettingPlayer:
    """Plays what a command makes; who plays is loaded as this is made.

    Args:
        play: What is asked for.
        device: `auto`, `cpu` or `gpu`.
        seed: Of every performance: a result sounds alike whatever others there are.
        output: What the user hears of it.

    Raises:
        ModelError: The model cannot be had.
        MusegenError: The room cannot be had.
    """

    def __init__(self, play: Play, *, device: str, seed: int, output: Output) -> None:
        self._play = play
        self._seed = seed
        self._output = output
        self._sound = play.sound
        self._ensemble = play.found_ensemble()
        self.performer: Performer = play.load_performer(device=device)
        """Who plays."""
        rooms = map(self.performer.room, self.performer.instruments)
        self._has_rooms = self._sound.has_learned_rooms(
            knows_rooms=any(room is not None for room in rooms)
        )
        self._mix_options = self._sound.mix_options(has_learned_rooms=self._has_rooms)

    @property
    def facts(self) -> dict[str, object]:
        """What the recipe says of a file of sound."""
        return {
            "ensemble": self._ensemble.name,
            "performer": self.performer.name,
            "performer_sha256": self.performer.digest,
            "seed": self._seed,
        }

    def write(self, plan: Plan, item: Item, heard: Sequence[Heard]) -> bool:
        """Play results and write their sounds: all of them, or none.

        Args:
            plan: Of the input.
            item: Takes what is to be said.
            heard: The results, in order.

        Returns:
            False if the user stopped it: there is no sound then.
        """
        plans = [self._plan(one.score) for one in heard]
        told = [notice for found in plans for notice in found.notices]
        self._tell_cast(item, plans[0])
        try:
            with (
                graceful_interrupt(self._output.note) as is_stopped,
                contextlib.ExitStack() as stack,
            ):
                for one, found in zip(heard, plans, strict=True):
                    told += self._sounded(plan, one, found, stack, is_stopped)
        except _StoppedError:
            message = "the sound was left out: run the command again to hear it"
            item.notice(Notice(code="sound-left-out", message=message))
            return False
        except BrokenPipeError:
            if heard[0].targets[0].path is not None:
                raise
            leave_closed_pipe()  # the listener has heard enough
        for notice in dict.fromkeys(told):
            item.notice(notice)
        return True

    def _plan(self, score: Score) -> SynthesisPlan:
        from musegen.midi_ddsp.synthesizing.casting import players
        from musegen.midi_ddsp.synthesizing.ensembles import plan_ensemble

        return plan_ensemble(
            score, self._ensemble, available=players(self.performer.instruments)
        )

    def _tell_cast(self, item: Item, found: SynthesisPlan) -> None:
        self._output.note(f"{item.name}: {cast_list(found)}")
        item.set(
            performer={"name": self.performer.name, "sha256": self.performer.digest},
            ensemble=self._ensemble.name,
            players=[
                {"part": part.part_index + 1, "instrument": part.instrument.name}
                for part in found.parts
            ],
        )

    def _sounded(
        self,
        plan: Plan,
        heard: Heard,
        found: SynthesisPlan,
        stack: contextlib.ExitStack,
        is_stopped: Callable[[], bool],
    ) -> tuple[Notice, ...]:
        """Sound one result into files that appear as `stack` is left."""
        from musegen.midi_ddsp.mixing.mixing import Mixer

        synthesis = self._synthesis(heard.score, found)
        mixer = Mixer(self._mix_options, self._sound.sample_rate)
        writers = stack.enter_context(
            Writers(
                targets=heard.targets,
                files=_NO_FILES,
                sound=self._sound,
                num_channels=mixer.num_channels,
                overwrite=plan.overwrite,
                output=self._output,
                title=heard.score.title or plan.source.stem,
                score=heard.score,
                given_parts=heard.given_parts,
            )
        )
        name, total_s = f"Playing {plan.source.name}", math.ceil(synthesis.duration_s)
        with (
            self._output.progress(name, total_s) as advance,
            contextlib.closing(synthesis.mix(mixer, advance=advance)) as blocks,
        ):
            for block in blocks:
                if is_stopped():
                    raise _StoppedError
                writers.write(block)
        return (*mixer.notices(), *writers.notices())

    def _synthesis(self, score: Score, found: SynthesisPlan) -> Synthesis:
        from musegen.midi_ddsp.synthesizing.performers import PlayingChoices
        from musegen.midi_ddsp.synthesizing.synthesis import Synthesis, SynthesisWishes

        wishes = SynthesisWishes(
            choices=PlayingChoices(seed=self._seed),
            sample_rate=self._sound.sample_rate,
            has_learned_rooms=self._has_rooms,
            room_gain=self._sound.reverb_gain,
        )
        return Synthesis(score, found, self.performer, wishes=wishes)


class _StoppedError(Exception):
    """The user has heard enough."""
