"""Write docs/commands.md from the help of every command.

Run `python docs/generate_commands.py`; a test checks that the file is current, and with
`--check` this script only says so.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from musegen.cli.main import CONTEXT_SETTINGS, PROGRAM, group

REFERENCE = Path(__file__).parent / "commands.md"
WIDTH_CHARACTERS = 88
INTRODUCTION = """\
# Commands

<!-- Written by docs/generate_commands.py; do not edit by hand. -->

What all commands share:

- **stdout is for data, stderr is for words.** The paths of what was written go to
  stdout, remarks and progress to stderr; `-q` leaves only the paths, `-` is standard
  input or output.
- **Nothing is overwritten** without `--overwrite`; `--skip-existing` passes over what
  is there.
- **Exit codes**: 0 done, 1 failure, 2 usage, 3 some inputs failed, 4 model not
  available, 130 interrupted.
- **Environment**: any option can be set by a variable,
  `MUSEGEN_HARMONIZE_TEMPERATURE=0.7` for `musegen harmonize --temperature 0.7`.
  `MUSEGEN_DEBUG=1` shows tracebacks.
- **`--json`** prints exactly one object on stdout. Its first field is `schema_version`,
  now 1; the second is `command`. A run that fails as a whole has `error` with `code`,
  `message` and `exit_code`.

For one input the object is

```json
{"schema_version": 1, "command": "harmonize", "input": "tune.mid", "status": "done",
 "outputs": [{"path": "tune.harmonized.mid", "format": "midi", "seed": 17}],
 "warnings": [{"code": "tempo-changes", "bar": 9, "beat": 1.0, "message": "..."}]}
```

with more fields by command. `status` is `done`, `skipped` (then `reason` says why) or
`failed` (then `error` says why). For several inputs `results` is a list of such
objects, without `schema_version` and `command`, and `counts` has `done`, `skipped` and
`failed`; `warnings` at the top are those of the whole run.
"""


def reference() -> str:
    """Return the whole page."""
    context = _context(group, PROGRAM, None)
    return "\n".join([INTRODUCTION, *_sections(context, depth=2)])


def _sections(context: click.Context, *, depth: int) -> Iterator[str]:
    """Yield the section of a command and those of its subcommands."""
    yield f"{'#' * depth} `{context.command_path}`\n"
    yield f"```text\n{context.get_help().rstrip()}\n```\n"
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            command = context.command.get_command(context, name)
            if command is not None:
                yield from _sections(_context(command, name, context), depth=depth + 1)


def _context(
    command: click.Command, name: str, parent: click.Context | None
) -> click.Context:
    """Return a context whose help does not depend on the terminal."""
    settings = {**CONTEXT_SETTINGS, "max_content_width": WIDTH_CHARACTERS}
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=WIDTH_CHARACTERS,
        **settings,
    )


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` compare it; 1 where it is out of date."""
    text = reference()
    if arguments == ["--check"]:
        is_current = REFERENCE.is_file() and (
            REFERENCE.read_text(encoding="utf-8") == text
        )
        return 0 if is_current else 1
    REFERENCE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
